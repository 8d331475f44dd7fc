//! The treatments a finding can be given.

use std::fmt;
use std::str::FromStr;

/// What is done with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// The whole request is refused.
    Block,
    /// The value is removed; what stood there is named by its class and does not come back.
    Redact,
    /// The value becomes a numbered token (in files: a keyed code) and comes back on return.
    Pseudonymize,
    /// The value passes as it is.
    Keep,
    /// The value becomes a realistic stand-in of the same kind and shape; only for data that leaves for good.
    Surrogate,
    /// The value becomes coarser: a date its year, an age over 89 "90 or older" ("90+" before a
    /// unit, as in "90+-year-old"), a ZIP code three digits.
    Generalize,
}

impl Treatment {
    /// Every treatment.
    pub const ALL: [Treatment; 6] = [
        Treatment::Block,
        Treatment::Redact,
        Treatment::Pseudonymize,
        Treatment::Keep,
        Treatment::Surrogate,
        Treatment::Generalize,
    ];

    /// Returns the name used in tables, output and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Block => "block",
            Treatment::Redact => "redact",
            Treatment::Pseudonymize => "pseudonymize",
            Treatment::Keep => "keep",
            Treatment::Surrogate => "surrogate",
            Treatment::Generalize => "generalize",
        }
    }
}

/// A word that names no treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown treatment; expected block, redact, pseudonymize, keep, surrogate or generalize")]
pub struct UnknownTreatment;

impl FromStr for Treatment {
    type Err = UnknownTreatment;

    fn from_str(text: &str) -> Result<Treatment, UnknownTreatment> {
        Treatment::ALL
            .into_iter()
            .find(|treatment| treatment.as_str() == text)
            .ok_or(UnknownTreatment)
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
