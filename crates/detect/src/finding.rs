//! A finding: where, what, on which basis, how sure, and why. Never the value itself.

use std::fmt;

use crate::class::Class;
use crate::kind::{Basis, Kind};

/// A finding below this confidence is unsure, and the route decides what happens to it.
pub const UNSURE_BELOW: f32 = 0.6;

/// One identifier found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// First byte of the identifier in the text as given; on a character boundary.
    pub start: usize,
    /// Byte after the identifier; on a character boundary.
    pub end: usize,
    /// What sort of identifier it is.
    pub class: Class,
    /// What exactly it is.
    pub kind: Kind,
    /// Why it counts as an identifier.
    pub basis: Basis,
    /// How sure the detector is, 0 to 1.
    pub confidence: f32,
    /// What made the detector say so.
    pub reason: Reason,
}

impl Finding {
    /// Returns true if the confidence is below [`UNSURE_BELOW`].
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.confidence < UNSURE_BELOW
    }
}

/// The rule of what the learned tagger found by itself.
pub(crate) const LEARNED: &str = "learned tagger";

/// Why a span was found. Holds names of rules and labels only, so that it can be logged and shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The rule that matched, in words.
    pub rule: &'static str,
    /// The context that spoke for it: a label, a title, a cue.
    pub context: Option<&'static str>,
    /// The weight the lexicon gave, where one was asked.
    pub weight: Option<f32>,
}

impl Reason {
    /// Returns a reason with a rule alone.
    pub(crate) fn rule(rule: &'static str) -> Reason {
        Reason {
            rule,
            context: None,
            weight: None,
        }
    }

    /// Returns the same reason with the context that spoke for it.
    pub(crate) fn context(self, context: &'static str) -> Reason {
        Reason {
            context: Some(context),
            ..self
        }
    }

    /// Returns the same reason with the weight of a lexicon.
    pub(crate) fn weight(self, weight: f32) -> Reason {
        Reason {
            weight: Some(weight),
            ..self
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule)?;
        if let Some(context) = self.context {
            write!(f, "; {context}")?;
        }
        if let Some(weight) = self.weight {
            write!(f, "; lexicon weight {weight:.2}")?;
        }
        Ok(())
    }
}
