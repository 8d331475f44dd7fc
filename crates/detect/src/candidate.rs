//! What a recogniser proposes, before overlaps are resolved and offsets are mapped back to the text as given.

use crate::finding::Reason;
use crate::kind::Kind;

/// How strong the evidence is; the stronger candidate wins where two overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// A lexicon and its context speak for it.
    Lexicon,
    /// The shape speaks for it.
    Pattern,
    /// A label or cue next to it says what it is.
    Labelled,
    /// A check digit, a number plan or a calendar confirms it.
    Validated,
}

/// A span of a segment that a recogniser takes for an identifier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// First byte in the normalised text of the segment.
    pub(crate) start: usize,
    /// Byte after the span in the normalised text of the segment.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) confidence: f32,
    pub(crate) reason: Reason,
    pub(crate) priority: Priority,
}
