//! `covenant keys`: rewrap under another key-encryption key, rotate the log key, shred.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::Outcome;
use crate::reach::{self, change};
use clap::{Args, Subcommand};
use covenant_server::admin::Change;
use std::path::PathBuf;

/// Keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Say where the key-encryption key lies, and whether what rests counts as secured
    Status,
    /// Wrap every key under another key-encryption key; what is sealed stays as it is
    Rewrap(Rewrap),
    /// Begin a fresh log key; the old one is kept to read what it sealed
    RotateLog {
        #[command(flatten)]
        why: register::Why,
    },
    /// Destroy the key of everything kept about one patient
    ShredSubject(ShredSubject),
    /// Destroy the key of one sealed prompt, answer or map
    ShredPayload(ShredPayload),
}

/// Another key-encryption key.
#[derive(Args)]
pub(crate) struct Rewrap {
    /// The file of the new key; made when it does not exist
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    why: register::Why,
}

/// A patient to forget.
#[derive(Args)]
pub(crate) struct ShredSubject {
    /// A file that holds the reference, as sent in X-Covenant-Patient; - for standard input
    #[arg(value_name = "FILE")]
    reference: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    why: register::Why,
}

/// A payload to forget.
#[derive(Args)]
pub(crate) struct ShredPayload {
    /// The payload's id, as `ledger show` prints it
    id: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    why: register::Why,
}

/// Runs the command.
pub(crate) fn run(command: Keys, globals: &Globals) -> Outcome {
    match command {
        Keys::Status => super::status::keys(globals),
        Keys::Rewrap(rewrap) => {
            let new_key_file = std::path::absolute(rewrap.new_key_file)?;
            change(
                globals,
                Change::KeysRewrap {
                    new_key_file,
                    dry_run: rewrap.dry_run,
                },
                rewrap.why,
            )
        }
        Keys::RotateLog { why } => change(globals, Change::LogKeyRotate, why),
        Keys::ShredSubject(shred) => {
            let reference = reach::text_input(&shred.reference)?.trim().to_owned();
            change(
                globals,
                Change::ShredSubject {
                    reference: reference.into(),
                    dry_run: shred.dry_run,
                },
                shred.why,
            )
        }
        Keys::ShredPayload(ShredPayload { id, dry_run, why }) => {
            change(globals, Change::ShredPayload { id, dry_run }, why)
        }
    }
}
