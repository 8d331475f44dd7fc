//! The answer is inspected: what the model made up is judged by class, with the tokens of the request still in it.
//!
//! Tokens are not findings: what they stand for is the caller's own and comes back after this. What was in the
//! request is not invented either. Of the rest, direct identifiers are taken out, and names that come with them;
//! dates, ages, places and organisations stay and are flagged. A route may ask for more.

mod cursor;
mod known;
mod lane;
mod spans;

use std::collections::BTreeMap;
use std::sync::Arc;

use covenant_deid::{RestoreReport, TokenMap};
use covenant_detect::{Class, Detector, Finding};
use covenant_govern::{Feature, public_numbers};

use crate::opaque::Opaque;

pub(crate) use cursor::Constraint;
pub(crate) use known::Known;
pub(crate) use lane::{Broken, Lane, Writing};

/// What an answer is inspected with; shared by all its texts.
pub(crate) struct Inspector {
    pub(crate) detector: Detector,
    pub(crate) known: Known,
    pub(crate) map: Arc<TokenMap>,
    /// Wraps what only the vendor can read.
    pub(crate) opaque: Opaque,
    /// Whatever identifies and was not in the request goes.
    pub(crate) strict: bool,
    /// Findings the detector is unsure of stay, flagged.
    pub(crate) keep_unsure: bool,
    pub(crate) tally: Tally,
}

/// What was seen in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Made up and taken out.
    pub(crate) removed: BTreeMap<Class, u32>,
    /// Made up, left in and flagged.
    pub(crate) kept: BTreeMap<Class, u32>,
    /// Given back to the caller.
    pub(crate) restored: BTreeMap<Class, u32>,
    /// Looked like tokens and were never issued.
    pub(crate) never_issued: u32,
    /// Fields of the answer that no table knows, taken out.
    pub(crate) dropped: u32,
    /// Parts of the request that left without being screened.
    unscreened: BTreeMap<Feature, u32>,
    /// A direct identifier that was not in the request has been seen: names now go too.
    identifiers_seen: bool,
}

/// What is done with one finding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was in the request.
    Known,
    /// It stays and is flagged.
    Flag,
    /// It is taken out.
    Remove,
}

impl Inspector {
    /// Looks at a text before anything of the answer goes out: names are judged by what comes with them anywhere.
    pub(crate) fn preview(&mut self, text: &str) {
        if !self.sees_identifiers() {
            self.look_ahead(text);
        }
    }

    /// Looks for direct identifiers that were not in the request, so that names before them can be judged.
    fn look_ahead(&mut self, text: &str) {
        let found = spans::outside_tokens(text, self.detector.detect(text));
        let made_up = found
            .iter()
            .filter(|finding| is_identifier(finding.class))
            .any(|finding| {
                let value = text.get(finding.start..finding.end).unwrap_or_default();
                self.verdict(finding, value) == Verdict::Remove
            });
        self.tally.identifiers_seen |= made_up;
    }

    /// Says whether a direct identifier that was not in the request has been seen.
    fn sees_identifiers(&self) -> bool {
        self.tally.identifiers_seen
    }

    /// Judges a finding and counts it.
    pub(crate) fn judge(&mut self, finding: &Finding, value: &str) -> Verdict {
        let verdict = self.verdict(finding, value);
        let counts = match verdict {
            Verdict::Known => return verdict,
            Verdict::Flag => &mut self.tally.kept,
            Verdict::Remove => &mut self.tally.removed,
        };
        *counts.entry(finding.class).or_default() += 1;
        self.tally.identifiers_seen |= verdict == Verdict::Remove && is_identifier(finding.class);
        verdict
    }

    fn verdict(&self, finding: &Finding, value: &str) -> Verdict {
        let class = finding.class;
        if matches!(class, Class::Phone | Class::Fax) && is_public(value) {
            return Verdict::Flag;
        }
        if self.known.contains(class, value) {
            return Verdict::Known;
        }
        let removed = match class {
            Class::Name => self.tally.identifiers_seen,
            Class::Date | Class::Age | Class::Location | Class::Org => false,
            _ => true,
        };
        let unsure_stays = self.keep_unsure && finding.is_unsure();
        if (removed && !unsure_stays) || self.strict {
            Verdict::Remove
        } else {
            Verdict::Flag
        }
    }

    /// Counts what a text gave back.
    fn add_restored(&mut self, report: &RestoreReport) {
        for (class, count) in &report.restored {
            *self.tally.restored.entry(*class).or_default() += count;
        }
        self.tally.never_issued += report.never_issued;
    }
}

impl Tally {
    /// Begins the tally of an answer to a request of which these parts left unscreened.
    pub(crate) fn beside(unscreened: BTreeMap<Feature, u32>) -> Tally {
        Tally {
            unscreened,
            ..Tally::default()
        }
    }

    /// Returns what the caller is told, as `removed-name=1, kept-date=2`; empty when there is nothing to tell.
    pub(crate) fn flags(&self) -> String {
        let mut flags: Vec<String> = self
            .unscreened
            .iter()
            .map(|(feature, count)| format!("not-screened-{feature}={count}"))
            .collect();
        for (word, counts) in [("removed", &self.removed), ("kept", &self.kept)] {
            for (class, count) in counts {
                flags.push(format!(
                    "{word}-{}={count}",
                    class.as_str().to_ascii_lowercase().replace('_', "-")
                ));
            }
        }
        if self.never_issued > 0 {
            flags.push(format!("never-issued={}", self.never_issued));
        }
        if self.dropped > 0 {
            flags.push(format!("dropped-fields={}", self.dropped));
        }
        flags.join(", ")
    }

    /// Returns everything the model made up, by class.
    pub(crate) fn invented(&self) -> BTreeMap<Class, u32> {
        let mut invented = self.removed.clone();
        for (class, count) in &self.kept {
            *invented.entry(*class).or_default() += count;
        }
        invented
    }
}

/// Says whether a class identifies a person by itself.
fn is_identifier(class: Class) -> bool {
    !matches!(
        class,
        Class::Name | Class::Date | Class::Age | Class::Location | Class::Org
    )
}

/// Numbers that everybody may call. A list that cannot be read makes no number public.
fn is_public(value: &str) -> bool {
    public_numbers::Table::shipped().is_ok_and(|table| table.contains(value))
}
