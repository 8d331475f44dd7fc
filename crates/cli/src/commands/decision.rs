//! `covenant decision`: a named person opens a de-identified route, until a day.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::{Failure, Outcome};
use crate::reach::change;
use clap::{Args, Subcommand};
use covenant_govern::{Date, Determined, Feature, Method, RouteDecision};
use covenant_server::admin::Change;

/// Decisions that open a de-identified route.
#[derive(Subcommand)]
pub(crate) enum Decision {
    /// Open a de-identified route to a vendor without an agreement
    Add(Add),
    /// List the decisions and whether each holds today
    List,
    /// Show one decision
    Show {
        /// The decision's id
        id: String,
    },
    /// Close the route at once
    Revoke {
        /// The decision's id
        id: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// A decision. Without --expert the method is Safe Harbor in full, 45 CFR 164.514(b)(2).
#[derive(Args)]
#[command(after_help = "Example:
  covenant decision add summaries-2026 --vendor acme --model gpt --accepted-by 'R. Ames' \\
      --accepted-miss-rate 0.02 --reason 'the pilot of the summaries' --expires 2026-12-31
The measured miss rate is in docs/DETECTION.md.")]
pub(crate) struct Add {
    /// The id, such as summaries-2026
    id: String,
    /// The vendor's id, as `vendor list` prints it
    #[arg(long, value_name = "ID")]
    vendor: String,
    /// The alias of the model; * for every model of the vendor
    #[arg(long, value_name = "ALIAS")]
    model: String,
    /// The id of an expert's determination, 45 CFR 164.514(b)(1)
    #[arg(long, value_name = "ID", requires = "expert_expires")]
    expert: Option<String>,
    /// The last day the determination holds, YYYY-MM-DD
    #[arg(long, value_name = "DATE", requires = "expert")]
    expert_expires: Option<Date>,
    /// What the determination says of a class, such as DATE=keep or LOCATION.city=keep; the rest stays Safe Harbor
    #[arg(long, value_name = "CLASS=TREATMENT", requires = "expert", value_parser = treatment)]
    expert_treatment: Vec<(String, String)>,
    /// A direct identifier that the determination names as kept
    #[arg(long, value_name = "CLASS", requires = "expert_treatment")]
    expert_keeps: Vec<String>,
    /// Who accepts what the detector misses, by name
    #[arg(long, value_name = "NAME")]
    accepted_by: String,
    /// The share of mentions missed that is accepted, 0 to 1, as published with the detector
    #[arg(long, value_name = "RATE")]
    accepted_miss_rate: f64,
    /// Why the route is opened, naming no patient
    #[arg(long, value_name = "WORDS")]
    reason: String,
    /// The last day it holds, YYYY-MM-DD; at most a year from today
    #[arg(long, value_name = "DATE")]
    expires: Date,
    /// A feature the determination names beyond plain text
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<Feature>,
}

/// Runs the command.
pub(crate) fn run(command: Decision, globals: &Globals) -> Outcome {
    match command {
        Decision::Add(add) => {
            let why = register::Why::of(&add.reason);
            let decision = add.read()?;
            change(globals, Change::DecisionAdd { decision }, why)
        }
        Decision::List => register::list(globals, "decision"),
        Decision::Show { id } => register::show(globals, "decision", &id),
        Decision::Revoke { id, why } => change(globals, Change::DecisionRevoke { id }, why),
    }
}

/// The table of a determination; absent where it names no treatment.
fn determined(
    rows: Vec<(String, String)>,
    keeps_direct: Vec<String>,
) -> Result<Option<Determined>, Failure> {
    if rows.is_empty() {
        return Ok(None);
    }
    let mut table = Determined {
        keeps_direct,
        ..Determined::default()
    };
    for (class, treatment) in rows {
        if table.treatments.insert(class.clone(), treatment).is_some() {
            let words = format!("--expert-treatment names {class} twice");
            return Err(Failure::usage(words));
        }
    }
    Ok(Some(table))
}

fn treatment(text: &str) -> Result<(String, String), String> {
    let (class, treatment) = text
        .split_once('=')
        .ok_or("expected CLASS=TREATMENT, such as DATE=keep")?;
    Ok((class.to_owned(), treatment.to_owned()))
}

impl Add {
    fn read(self) -> Result<RouteDecision, Failure> {
        let determined = determined(self.expert_treatment, self.expert_keeps)?;
        let method = match (self.expert, self.expert_expires) {
            (Some(id), Some(expires)) => Method::Expert {
                id,
                expires,
                determined,
            },
            _ => Method::SafeHarbor,
        };
        Ok(RouteDecision {
            id: self.id,
            vendor: self.vendor,
            model: self.model,
            method,
            accepted_by: self.accepted_by,
            accepted_miss_rate: self.accepted_miss_rate,
            reason: self.reason,
            made: crate::clock::today(),
            expires: self.expires,
            features: self.features,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_determination_is_written_class_by_class_and_each_once() {
        let rows = |texts: &[&str]| -> Vec<(String, String)> {
            texts.iter().map(|text| treatment(text).unwrap()).collect()
        };
        let read = |texts: &[&str]| determined(rows(texts), Vec::new());
        assert!(matches!(read(&[]), Ok(None)));
        let Ok(Some(table)) = read(&["DATE=keep", "LOCATION.city=keep"]) else {
            unreachable!("two rows make a table")
        };
        assert_eq!(table.check(), Ok(()));
        assert_eq!(table.treatment("DATE.weekday"), Some("keep"));
        assert!(read(&["DATE=keep", "DATE=redact"]).is_err());
        assert!(treatment("DATE").is_err());
    }
}
