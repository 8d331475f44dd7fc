//! `covenant operator`: people who may change the register, read content back and look after keys.

use crate::arguments::Globals;
use crate::clock::Span;
use crate::commands::register;
use crate::exit::Outcome;
use crate::reach::{self, change};
use clap::{Args, Subcommand};
use covenant_access::Role;
use covenant_server::admin::{Change, Recovery};

/// Operators.
#[derive(Subcommand)]
pub(crate) enum Operator {
    /// Add an operator; the key is shown once
    Add(Add),
    /// List the operators
    List,
    /// Keys of an operator
    #[command(subcommand)]
    Key(Key),
    /// Give an operator whose keys are lost a new one; the machine's owner alone can
    ///
    /// Needs no operator's key. It is done on this machine, by the owner of the data directory, with the key-encryption
    /// key at hand, whether the server runs or not. The operator's other keys are revoked, and the recovery is an entry
    /// of its own in the ledger that `covenant status` shows from then on.
    Recover(Recover),
    /// Stop an operator at once
    Disable {
        /// The operator's name
        name: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// Keys of an operator.
#[derive(Subcommand)]
pub(crate) enum Key {
    /// A fresh key, shown once; the others stay good for the overlap
    Rotate {
        /// The operator's name
        name: String,
        /// How long the old keys stay good, such as 24h
        #[arg(long, value_name = "SPAN", default_value = "24h")]
        overlap: Span,
        /// When the fresh key expires, such as 365d
        #[arg(long, value_name = "SPAN")]
        expires: Option<Span>,
        #[command(flatten)]
        why: register::Why,
    },
    /// End a key at once
    Revoke {
        /// The operator's name
        name: String,
        /// The first eight characters after covop_, as `operator list` prints them
        prefix: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// An operator.
#[derive(Args)]
pub(crate) struct Add {
    /// The name that is recorded as the who of every change, such as r.ames
    name: String,
    /// A role: privacy-officer, security-officer, auditor, administrator, ai-developer, ...
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// When the key expires, such as 365d
    #[arg(long, value_name = "SPAN")]
    key_expires: Option<Span>,
    #[command(flatten)]
    why: register::Why,
}

/// A recovery.
#[derive(Args)]
pub(crate) struct Recover {
    /// The name of an operator there is, as `operator list` prints it
    name: String,
    /// Why, naming no patient; recorded
    #[arg(long, value_name = "WORDS")]
    reason: String,
    /// When the new key expires, such as 365d
    #[arg(long, value_name = "SPAN")]
    expires: Option<Span>,
}

/// Runs the command.
pub(crate) fn run(command: Operator, globals: &Globals) -> Outcome {
    match command {
        Operator::Add(Add {
            name,
            roles,
            key_expires,
            why,
        }) => {
            let key_expires_in_ms = key_expires.map(|span| span.ms);
            change(
                globals,
                Change::OperatorAdd {
                    name,
                    roles,
                    key_expires_in_ms,
                },
                why,
            )
        }
        Operator::List => register::list(globals, "operator"),
        Operator::Key(Key::Rotate {
            name,
            overlap,
            expires,
            why,
        }) => {
            let expires_in_ms = expires.map(|span| span.ms);
            change(
                globals,
                Change::OperatorKeyRotate {
                    name,
                    overlap_ms: overlap.ms,
                    expires_in_ms,
                },
                why,
            )
        }
        Operator::Key(Key::Revoke { name, prefix, why }) => {
            change(globals, Change::OperatorKeyRevoke { name, prefix }, why)
        }
        Operator::Recover(Recover {
            name,
            reason,
            expires,
        }) => {
            let recovery = Recovery {
                name,
                why: reason,
                expires_in_ms: expires.map(|span| span.ms),
            };
            reach::recover(globals, recovery)
        }
        Operator::Disable { name, why } => change(globals, Change::OperatorDisable { name }, why),
    }
}
