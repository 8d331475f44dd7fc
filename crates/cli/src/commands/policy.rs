//! `covenant policy`: what the policies say, and why something is allowed or denied.

use crate::arguments::Globals;
use crate::commands::{explain, register};
use crate::exit::{Failure, Outcome};
use crate::reach::{self, change};
use clap::{Args, Subcommand};
use covenant_access::Purpose;
use covenant_server::admin::Change;
use std::path::PathBuf;

/// Cedar policies and the minimum-necessary table.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Check policy files against the schema, and against those in force, without putting them in force
    Check {
        /// Files in Cedar; the policies in force when none is named
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say whether an app may send to a model for a purpose today, and which policies and papers decide it
    Explain(Explain),
    /// Print the policies in force
    Show {
        /// One file of the set
        name: Option<String>,
    },
    /// Put a policy file in force; it joins the shipped set, or replaces the file of that name
    Set {
        /// A file in Cedar
        file: PathBuf,
        #[command(flatten)]
        why: register::Why,
    },
    /// Take a policy file out of force
    Remove {
        /// The file's name
        name: String,
        #[command(flatten)]
        why: register::Why,
    },
    /// The minimum-necessary table: what is done with each class under each purpose
    #[command(subcommand)]
    MinimumNecessary(MinimumNecessary),
}

/// A question to the policies.
#[derive(Args)]
pub(crate) struct Explain {
    /// The application that would ask
    #[arg(
        long,
        required_unless_present = "operator",
        conflicts_with = "operator"
    )]
    pub(crate) app: Option<String>,
    /// The operator who would ask
    #[arg(long)]
    pub(crate) operator: Option<String>,
    /// The model, by alias
    #[arg(long, required_unless_present = "action")]
    pub(crate) model: Option<String>,
    /// The purpose; the application's default when absent
    #[arg(long)]
    pub(crate) purpose: Option<Purpose>,
    /// Also the policies that do not bear on the answer
    #[arg(long)]
    pub(crate) all: bool,
    /// What an operator would do, such as ReadContent or ChangeRegister
    #[arg(long)]
    pub(crate) action: Option<String>,
}

/// The minimum-necessary table.
#[derive(Subcommand)]
pub(crate) enum MinimumNecessary {
    /// Print the table in force
    Show,
    /// Put another table in force
    Set {
        /// The table, in TOML
        file: PathBuf,
        #[command(flatten)]
        why: register::Why,
    },
    /// Put the shipped table in force again
    Reset {
        #[command(flatten)]
        why: register::Why,
    },
}

/// Runs the command.
pub(crate) fn run(command: Policy, globals: &Globals) -> Outcome {
    match command {
        Policy::Check { files } => explain::check(&files, globals),
        Policy::Explain(question) => explain::explain(&question, globals),
        Policy::Show { name } => explain::show(name.as_deref(), globals),
        Policy::Set { file, why } => {
            let name = file.file_name().and_then(|name| name.to_str());
            let name = name
                .ok_or_else(|| Failure::usage("the policy file's name is not UTF-8"))?
                .to_owned();
            let source = reach::text_input(&file)?;
            change(globals, Change::PolicySet { name, source }, why)
        }
        Policy::Remove { name, why } => change(globals, Change::PolicyRemove { name }, why),
        Policy::MinimumNecessary(command) => run_table(command, globals),
    }
}

fn run_table(command: MinimumNecessary, globals: &Globals) -> Outcome {
    match command {
        MinimumNecessary::Show => explain::show_table(globals),
        MinimumNecessary::Set { file, why } => {
            let source = reach::text_input(&file)?;
            change(globals, Change::MinimumNecessarySet { source }, why)
        }
        MinimumNecessary::Reset { why } => change(globals, Change::MinimumNecessaryReset, why),
    }
}
