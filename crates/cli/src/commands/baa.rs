//! `covenant baa`: business associate agreements, from draft to end.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::{Failure, Outcome};
use crate::reach::change;
use clap::{Args, Subcommand};
use covenant_govern::{Agreement, Date, Feature};
use covenant_server::admin::Change;
use std::path::PathBuf;

/// Business associate agreements.
#[derive(Subcommand)]
pub(crate) enum Baa {
    /// Draft an agreement; a draft permits nothing
    Draft(Draft),
    /// Record that it was signed; it is in force from its effective date
    Sign(Sign),
    /// Record that it ended, or ends on a later day; it permits nothing from that day on
    Terminate(Terminate),
    /// List the agreements and how each stands today
    List,
    /// Show one agreement
    Show {
        /// The agreement's id
        id: String,
    },
}

/// A draft.
#[derive(Args)]
#[command(after_help = "Example:
  covenant baa draft acme-2026 --vendor acme --service '*' --model '*' --effective 2026-01-01
and, once both have signed it:
  covenant baa sign acme-2026 --by 'R. Ames' --on 2025-12-18 --document acme-2026.pdf")]
pub(crate) struct Draft {
    /// The id, such as acme-2026
    id: String,
    /// The vendor's id, as `vendor list` prints it
    #[arg(long, value_name = "ID")]
    vendor: String,
    /// A service it covers, as the vendor names it; * for all
    #[arg(long = "service", value_name = "SERVICE", required = true)]
    services: Vec<String>,
    /// A model it covers, by the vendor's name; * for all
    #[arg(long = "model", value_name = "MODEL", required = true)]
    models: Vec<String>,
    /// A feature it names, such as stored-state or web-search; what is not named is not covered
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<Feature>,
    /// The first day of its term, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    effective: Date,
    /// The last day of its term, YYYY-MM-DD; without one it runs until it is terminated
    #[arg(long, value_name = "DATE")]
    expires: Option<Date>,
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

/// A signature.
#[derive(Args)]
pub(crate) struct Sign {
    /// The agreement's id
    id: String,
    /// Who signed for us, by name
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The day of the last signature, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    on: Date,
    /// The signed document; its SHA-256 is recorded, the file itself stays where it is
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    why: register::Why,
}

/// An end.
#[derive(Args)]
pub(crate) struct Terminate {
    /// The agreement's id
    id: String,
    /// The first day on which it no longer holds, YYYY-MM-DD (UTC): today or before ends it at once, a later day leaves it in
    /// force until then; a day once recorded can be brought forward, not put off
    #[arg(long, value_name = "DATE")]
    on: Date,
    /// Why it is ended, naming no patient
    #[arg(long = "reason", value_name = "WORDS")]
    reason: String,
}

/// Runs the command.
pub(crate) fn run(command: Baa, globals: &Globals) -> Outcome {
    match command {
        Baa::Draft(draft) => {
            let (agreement, why) = draft.read();
            change(globals, Change::AgreementDraft { agreement }, why)
        }
        Baa::Sign(sign) => {
            let document_digest = digest(&sign.document)?;
            let signed = Change::AgreementSign {
                id: sign.id,
                by: sign.by,
                on: sign.on,
                document_digest,
            };
            change(globals, signed, sign.why)
        }
        Baa::Terminate(end) => {
            let why = register::Why::of(&end.reason);
            change(
                globals,
                Change::AgreementTerminate {
                    id: end.id,
                    on: end.on,
                    reason: end.reason,
                },
                why,
            )
        }
        Baa::List => register::list(globals, "agreement"),
        Baa::Show { id } => register::show(globals, "agreement", &id),
    }
}

impl Draft {
    fn read(self) -> (Agreement, register::Why) {
        let mut agreement = Agreement::draft(&self.id, &self.vendor, self.effective);
        agreement.services = self.services;
        agreement.models = self.models;
        agreement.features = self.features;
        agreement.expires = self.expires;
        agreement.notes = self.notes;
        (agreement, self.why)
    }
}

fn digest(document: &std::path::Path) -> Result<String, Failure> {
    let bytes = std::fs::read(document)
        .map_err(|error| Failure::cannot_open(format!("{}: {error}", document.display())))?;
    Ok(covenant_seal::hex(&covenant_seal::sha256(&bytes)))
}
