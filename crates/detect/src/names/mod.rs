//! Names of people, places and facilities, from the lexicon and the context.

use crate::candidate::Candidate;
use crate::segment::Segment;

/// What is carried forward through a text: names seen earlier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {}

/// Proposes names, places and facilities.
pub(crate) struct NameTagger {}

impl NameTagger {
    pub(crate) fn new() -> Self {
        NameTagger {}
    }

    /// Proposes candidates that start in one of the tokens of `segment.decide`.
    pub(crate) fn tag(&self, _segment: &Segment<'_>, _carried: &mut Carried, _out: &mut Vec<Candidate>) {}
}
