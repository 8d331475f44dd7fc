//! [`Screened`]: proof that a value went through a profile, and the report of what that did.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use covenant_detect::{Basis, Class, Kind};
use covenant_formats::json::Json;

use crate::Treatment;

/// A value from which a profile's treatments have removed what was found and may not pass.
///
/// Only [`crate::Screener`] makes one. `Debug` says the profile, not the value.
#[derive(Clone)]
pub struct Screened<T> {
    value: T,
    profile: String,
    report: Report,
}

impl<T> Screened<T> {
    pub(crate) fn new(value: T, profile: &str, report: Report) -> Screened<T> {
        Screened {
            value,
            profile: profile.to_owned(),
            report,
        }
    }

    /// Returns the value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Gives the value up, and with it the proof.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the name of the profile that was applied.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Returns what was found and done.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Screened<Json> {
    /// Writes the value as compact JSON.
    pub fn to_bytes(&self) -> Screened<Vec<u8>> {
        let mut bytes = Vec::new();
        self.value.write(&mut bytes);
        Screened {
            value: bytes,
            profile: self.profile.clone(),
            report: self.report.clone(),
        }
    }
}

impl<T> std::fmt::Debug for Screened<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Screened({})", self.profile)
    }
}

/// What was found and what was done with it: mentions counted by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything found, kept or not.
    pub found: BTreeMap<Class, u32>,
    /// Removed: tokens and redactions.
    pub removed: BTreeMap<Class, u32>,
    /// Passed as it is.
    pub kept: BTreeMap<Class, u32>,
    /// Made coarser.
    pub generalised: BTreeMap<Class, u32>,
    /// Findings the detector was unsure of.
    pub unsure: u32,
    /// Texts of the caller that looked like tokens and were replaced.
    pub lookalikes: u32,
    /// What was done, by which rule.
    pub notes: Vec<Note>,
}

/// One treatment given to one class: how often and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The class.
    pub class: Class,
    /// What was done.
    pub treatment: Treatment,
    /// The paragraph the finding rests on; for what is kept, the rule by which it passes.
    pub citation: String,
    /// How often.
    pub count: u32,
}

impl Report {
    /// Counts one finding and what was done with it.
    pub(crate) fn count(&mut self, class: Class, treatment: Treatment, citation: &str) {
        *self.found.entry(class).or_default() += 1;
        let by_class = match treatment {
            Treatment::Keep => &mut self.kept,
            Treatment::Generalize => &mut self.generalised,
            Treatment::Block
            | Treatment::Redact
            | Treatment::Pseudonymize
            | Treatment::Surrogate => &mut self.removed,
        };
        *by_class.entry(class).or_default() += 1;
        let same = |note: &&mut Note| {
            note.class == class && note.treatment == treatment && note.citation == citation
        };
        match self.notes.iter_mut().find(same) {
            Some(note) => note.count += 1,
            None => self.notes.push(Note {
                class,
                treatment,
                citation: citation.to_owned(),
                count: 1,
            }),
        }
    }
}

/// Returns the paragraph a kind rests on, as it is cited.
pub(crate) fn paragraph(basis: Basis) -> &'static str {
    static CITED: LazyLock<BTreeMap<Basis, String>> = LazyLock::new(|| {
        let bases = Kind::ALL.iter().map(|kind| kind.basis());
        bases.map(|basis| (basis, basis.to_string())).collect()
    });
    CITED.get(&basis).map_or("", String::as_str)
}
