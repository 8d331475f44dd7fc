//! `covenant vendor`: who runs models, and what they say about themselves.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::Outcome;
use crate::reach::change;
use clap::{Args, Subcommand};
use covenant_server::admin::Change;

/// Vendors in the register.
#[derive(Subcommand)]
pub(crate) enum Vendor {
    /// Add a vendor
    Add(Add),
    /// List the vendors, with red flags
    List,
    /// Show one vendor
    Show {
        /// The vendor's id
        id: String,
    },
    /// Remove a vendor nothing refers to
    Remove {
        /// The vendor's id
        id: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// A vendor.
#[derive(Args)]
#[command(after_help = "Example:
  covenant vendor add acme --name 'Acme AI, Inc.' --claim HIPAA-ready
Next: covenant baa draft, covenant model add")]
pub(crate) struct Add {
    /// The id, such as acme
    id: String,
    /// The name, as in the agreement
    #[arg(long, value_name = "WORDS")]
    name: String,
    /// What the vendor's marketing says, such as "HIPAA-ready"; it is held against the facts and permits nothing
    #[arg(long = "claim", value_name = "WORDS")]
    claims: Vec<String>,
    /// Remarks for people
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true
    )]
    notes: String,
    #[command(flatten)]
    why: register::Why,
}

/// Runs the command.
pub(crate) fn run(command: Vendor, globals: &Globals) -> Outcome {
    match command {
        Vendor::Add(add) => {
            let vendor = covenant_govern::Vendor {
                id: add.id,
                name: add.name,
                claims: add.claims,
                notes: add.notes,
            };
            change(globals, Change::VendorAdd { vendor }, add.why)
        }
        Vendor::List => register::list(globals, "vendor"),
        Vendor::Show { id } => register::show(globals, "vendor", &id),
        Vendor::Remove { id, why } => change(globals, Change::VendorRemove { id }, why),
    }
}
