//! The `covenant` command.
//!
//! A door: it reads arguments and files, calls the rooms below and prints what they say. `main` is one match; each
//! command has a file in `commands`.

mod arguments;
mod clock;
mod commands;
mod documents;
mod exit;
mod highlight;
mod reach;
mod sealed_map;
mod terminal;

use arguments::{Cli, Command};
use clap::Parser as _;
use commands::{
    app, baa, content, decision, deid, detect, evaluate, init, keys, ledger, model, operator,
    policy, quickstart, serve, status, vendor,
};
use exit::Outcome;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(say_where));
    match run(Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("covenant: {}", terminal::visible(&failure.message));
            }
            failure.exit.into()
        }
    }
}

/// A panic's own message may quote what was being read, which may be about a patient: only its place is said.
fn say_where(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(|place| format!(" at {}:{}", place.file(), place.line()));
    eprintln!(
        "covenant: a fault of our own{}; please report it",
        place.unwrap_or_default()
    );
}

fn run(cli: Cli) -> Outcome {
    let globals = &cli.globals;
    match cli
        .command
        .unwrap_or_else(|| Command::Quickstart(quickstart::Arguments::default()))
    {
        Command::Quickstart(arguments) => quickstart::run(arguments, globals),
        Command::Init(arguments) => init::run(arguments, globals),
        Command::Serve(arguments) => serve::run(arguments, globals),
        Command::Status(arguments) => status::run(arguments, globals),
        Command::Detect(arguments) => detect::run(&arguments, globals),
        Command::Evaluate(arguments) => evaluate::run(&arguments, globals),
        Command::Deid(arguments) => deid::run(&arguments, globals),
        Command::Restore(arguments) => deid::restore(&arguments, globals),
        Command::Vendor(command) => vendor::run(command, globals),
        Command::Baa(command) => baa::run(command, globals),
        Command::Model(command) => model::run(command, globals),
        Command::Decision(command) => decision::run(command, globals),
        Command::App(command) => app::run(command, globals),
        Command::Operator(command) => operator::run(command, globals),
        Command::Policy(command) => policy::run(command, globals),
        Command::Ledger(command) => ledger::run(command, globals),
        Command::Content(command) => content::run(command, globals),
        Command::Keys(command) => keys::run(command, globals),
    }
}
