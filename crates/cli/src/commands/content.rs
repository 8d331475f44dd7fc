//! `covenant content`: read back what was sealed, or keep it past its time. Both are authorised and recorded.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::{Failure, Outcome};
use crate::reach::{self, change};
use clap::{Args, Subcommand};
use covenant_access::Purpose;
use covenant_server::admin::{Change, HoldCovers};
use std::path::PathBuf;

/// Sealed content.
#[derive(Subcommand)]
pub(crate) enum Content {
    /// Write one sealed prompt, answer or map to standard output; the reading is recorded first
    Read {
        /// The payload's id, as `ledger show` prints it
        id: String,
        /// What it is read for
        #[arg(long)]
        purpose: Purpose,
        /// Why, naming no patient; recorded
        #[arg(long, value_name = "WORDS")]
        why: String,
    },
    /// Place a legal hold: what it covers is neither expired nor shredded until it is released
    Hold(Hold),
    /// Release a legal hold
    Release {
        /// The name of the hold
        id: String,
        #[command(flatten)]
        why: register::Why,
    },
    /// Seal one payload anew under a fresh key
    Reencrypt {
        /// The payload's id, as `ledger show` prints it
        id: String,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        why: register::Why,
    },
}

/// A legal hold.
#[derive(Args)]
pub(crate) struct Hold {
    /// The name of the hold, such as a case number; it names no patient
    id: String,
    #[command(flatten)]
    covers: Covers,
    #[command(flatten)]
    why: register::Why,
}

/// What a hold covers.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Covers {
    /// One payload, by id
    #[arg(long, value_name = "ID")]
    payload: Option<String>,
    /// Every payload of a request, by its x-request-id
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Every payload about a patient: a file that holds the reference, as sent in X-Covenant-Patient
    #[arg(long, value_name = "FILE")]
    patient: Option<PathBuf>,
    /// Every payload
    #[arg(long)]
    everything: bool,
}

/// Runs the command.
pub(crate) fn run(command: Content, globals: &Globals) -> Outcome {
    match command {
        Content::Read { id, purpose, why } => reach::read_content(
            globals,
            Change::ContentRead { id, purpose },
            &register::Why::of(&why),
        ),
        Content::Hold(Hold { id, covers, why }) => {
            let covers = covers.read()?;
            change(globals, Change::HoldPlace { id, covers }, why)
        }
        Content::Release { id, why } => change(globals, Change::HoldRelease { id }, why),
        Content::Reencrypt { id, dry_run, why } => {
            change(globals, Change::PayloadReencrypt { id, dry_run }, why)
        }
    }
}

impl Covers {
    fn read(self) -> Result<HoldCovers, Failure> {
        if let Some(file) = &self.patient {
            return Ok(HoldCovers::Patient(
                reach::text_input(file)?.trim().to_owned().into(),
            ));
        }
        Ok(match (self.payload, self.request) {
            (Some(id), _) => HoldCovers::Payload(id),
            (None, Some(id)) => HoldCovers::Request(id),
            (None, None) => HoldCovers::Everything,
        })
    }
}
