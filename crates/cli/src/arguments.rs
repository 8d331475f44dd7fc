//! The command line: one tree, in the words of the trade.

use crate::commands::{
    app, baa, content, decision, deid, detect, evaluate, init, keys, ledger, model, operator,
    policy, quickstart, serve, status, vendor,
};
use crate::terminal::Colour;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The trust layer between healthcare and AI: it stands between an app and a model, takes out what
/// identifies a patient, refuses what no agreement covers, and keeps a log that proves it.
#[derive(Parser)]
#[command(
    name = "covenant",
    version,
    help_template = include_str!("help.txt"),
    after_help = include_str!("examples.txt"),
    disable_help_subcommand = true,
    subcommand_required = false,
    max_term_width = 110,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where the options that every command understands stand in a command's help: after its own.
const EVERYWHERE: &str = "With every command";

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(crate) struct Globals {
    /// The configuration; otherwise ./covenant.toml, then ./covenant-data/covenant.toml
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "FILE",
        env = "COVENANT_CONFIG",
        hide_env = true
    )]
    pub(crate) config: Option<PathBuf>,
    /// A file that holds the operator's key and that nobody else can read, for commands that change something
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "FILE",
        env = "COVENANT_OPERATOR_KEY_FILE",
        hide_env = true
    )]
    pub(crate) operator_key_file: Option<PathBuf>,
    /// For people (text) or for a script (json)
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) format: Format,
    /// Whether to colour: auto, always or never
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "WHEN",
        default_value = "auto",
        alias = "colour",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) color: Colour,
}

/// The shape of what goes to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON: one object, or one a line.
    Json,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the whole way of a note to a model, on invented data
    Quickstart(quickstart::Arguments),
    /// Write covenant.toml, a key, a data directory and the first operator
    Init(init::Arguments),
    /// Run the gateway
    Serve(serve::Arguments),
    /// Say what runs, what is secured and what is not
    Status(status::Arguments),
    /// Find what identifies a patient
    Detect(detect::Arguments),
    /// Score the detector on texts whose identifiers are marked
    Evaluate(evaluate::Arguments),
    /// Take out what identifies a patient, or put tokens in its place
    Deid(deid::Arguments),
    /// Put the originals back
    Restore(deid::RestoreArguments),
    /// Who runs models
    #[command(subcommand)]
    Vendor(vendor::Vendor),
    /// Business associate agreements (45 CFR 164.504(e))
    #[command(subcommand)]
    Baa(baa::Baa),
    /// Models an app may name, and where they run
    #[command(subcommand)]
    Model(model::Model),
    /// De-identified routes opened by a named person (45 CFR 164.514)
    #[command(subcommand)]
    Decision(decision::Decision),
    /// Applications, their purposes and keys
    #[command(subcommand)]
    App(app::App),
    /// People who may change the register
    #[command(subcommand)]
    Operator(operator::Operator),
    /// Cedar policies: check, explain, show, set, remove
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Verify, show, prove, export, checkpoint, cosign
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Read back what was sealed, which is recorded, or hold it
    #[command(subcommand)]
    Content(content::Content),
    /// Rewrap, rotate and shred keys
    #[command(subcommand)]
    Keys(keys::Keys),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_command() {
        let help = include_str!("help.txt");
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(
                help.lines()
                    .any(|line| line.trim_start().starts_with(&format!("{name} "))),
                "{name}"
            );
        }
    }
}
