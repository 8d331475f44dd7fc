//! De-identifying texts that leave for good: surrogates, date shift, generalising, keyed codes.
//!
//! What stands in place of a value is derived from it under a key, within a patient: the same patient, value and
//! key give the same stand-in in every file, so records of one patient still fit together, and files of two patients
//! do not. That is why a code here is not what the gateway's numbered tokens are, and is labelled: see [`CODED`].
//!
//! Surrogates do not come back; a text that is to be restored wants codes ([`codes`]) and the map of the run.

mod code;
mod lists;
mod names;
mod scramble;
mod surrogate;

#[cfg(test)]
mod tests;

use covenant_detect::{Class, Detector, Kind};
use covenant_seal::{HashKey, Phi};

use crate::screener::{Finder, Screener, Scribe};
use crate::tokens::{Word, fold};
use crate::{Profile, Refusal, RestoreReport, Screened, TokenMap, Treatment};
use scramble::Keyed;
use surrogate::Surrogates;

/// What output with keyed codes is labelled with.
pub const CODED: &str = "coded data: not de-identified without an expert (164.514(c))";

/// Returns the profile in which everything becomes a realistic stand-in and dates are shifted.
pub fn surrogates() -> Profile {
    Profile::builder("surrogate")
        .everything(Treatment::Surrogate)
        .build()
}

/// Returns the profile in which everything becomes a keyed code that can be restored.
pub fn codes() -> Profile {
    Profile::builder("pseudonymize")
        .everything(Treatment::Pseudonymize)
        .build()
}

/// Returns the profile in which everything is removed.
pub fn redacted() -> Profile {
    Profile::builder("redact")
        .everything(Treatment::Redact)
        .build()
}

/// How texts are de-identified.
#[derive(Clone, Copy)]
pub struct FileJob<'a> {
    /// What finds.
    pub detector: &'a Detector,
    /// What is done with what was found.
    pub profile: &'a Profile,
    /// What stand-ins, codes and the date shift are derived under: whoever has it can link them.
    pub key: &'a HashKey,
    /// Whose texts these are, in words of the caller; without it all texts count as one patient's.
    pub patient: Option<&'a str>,
}

/// What came of a text.
pub struct FileOutput {
    /// The text, and the report of what was found and done.
    pub text: Screened<String>,
    /// Code to original, where there are codes. PHI.
    pub map: TokenMap,
    /// What the output has to be labelled with, where it holds codes.
    pub label: Option<&'static str>,
}

impl FileJob<'_> {
    /// De-identifies one text.
    ///
    /// # Errors
    /// Refuses what the profile blocks, and text that does not settle.
    pub fn run(&self, text: Phi<&str>) -> Result<FileOutput, Refusal> {
        self.run_with(self.detector, text)
    }

    fn run_with(&self, finder: &dyn Finder, text: Phi<&str>) -> Result<FileOutput, Refusal> {
        let keyed = Keyed::new(self.key, self.patient.unwrap_or_default());
        let mut scribe = FileScribe {
            surrogates: Surrogates::new(keyed),
            map: TokenMap::new(),
            year: self.profile.as_of_year,
        };
        let text = Screener::with_scribe(finder, self.profile, &mut scribe).text(text)?;
        let map = scribe.map;
        let label = (!map.is_empty()).then_some(CODED);
        Ok(FileOutput { text, map, label })
    }
}

/// Puts originals back for the codes of a map; code-like strings that are not in it stay and are counted.
pub fn restore(text: &str, map: &TokenMap) -> (String, RestoreReport) {
    let mut out = String::with_capacity(text.len());
    let mut report = RestoreReport::default();
    let mut from = 0;
    for (start, end, word) in code::codes(text) {
        let written = text.get(start..end).unwrap_or_default();
        let Some(original) = map.original(written) else {
            report.never_issued += 1;
            continue;
        };
        out.push_str(text.get(from..start).unwrap_or_default());
        out.push_str(original);
        from = end;
        match word {
            Word::Class(class) => *report.restored.entry(class).or_default() += 1,
            Word::Text => report.lookalikes += 1,
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, report)
}

/// Writes codes and surrogates.
struct FileScribe<'a> {
    surrogates: Surrogates<'a>,
    map: TokenMap,
    year: Option<i32>,
}

impl Scribe for FileScribe<'_> {
    fn token(&mut self, word: Word, value: &str) -> String {
        let code = self.code(word, value);
        self.map.insert(code.clone(), value);
        code
    }

    /// A code comes from the value alone, so every value has one.
    fn find(&self, word: Word, value: &str) -> Option<String> {
        Some(self.code(word, value))
    }

    fn surrogate(&mut self, class: Class, kind: Kind, value: &str) -> Option<String> {
        self.surrogates.of(class, kind, value, self.year)
    }

    fn lookalikes(&self, text: &str) -> Vec<(usize, usize)> {
        code::codes(text)
            .into_iter()
            .map(|(start, end, _)| (start, end))
            .collect()
    }
}

impl FileScribe<'_> {
    fn code(&self, word: Word, value: &str) -> String {
        let value = if word == Word::Text {
            value.to_owned()
        } else {
            fold(value)
        };
        code::code(self.surrogates.keyed(), word, &value)
    }
}
