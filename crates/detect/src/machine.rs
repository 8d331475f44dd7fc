//! The one machine both [`crate::Detector::detect`] and [`crate::Stream`] run.
//!
//! # Why pieces and whole give the same findings
//!
//! Four stages, each of which decides from a bounded stretch *cut to that bound*, so that having more text at hand
//! changes nothing:
//!
//! 1. The normaliser decides each escape from the next [`normalise::LOOKAHEAD`] (12) characters.
//! 2. Segments end at line breaks (and in long paragraphs at sentences). Whether a line break ends a segment is
//!    decided from the next [`CUT_LOOKAHEAD`] (16) characters; other cuts look at no more.
//! 3. A token holds at most [`TOKEN_CHARS`] (48) characters; a longer run is cut into several.
//! 4. A step takes the next few undecided tokens (those that start within [`STEP_CHARS`] of the first) and shows the
//!    recognisers the segment up to [`LOOKAHEAD_CHARS`] (64) characters after the first of them, in whole tokens.
//!    State is carried forward from step to step only.
//!
//! A stage with less than its bound at hand waits, unless the text has ended. So the sequence of decisions is a
//! function of the text alone. What waits is at most 64 characters of look-ahead, 16 for an open line break and 12
//! for an open escape: [`HELD_CHARS`](crate::HELD_CHARS) = 96 covers the 92 and the character that ends a token.
//!
//! A finding is final when its step is done: later candidates that start inside it are clipped to what sticks out. A
//! finding never goes past what its step could see; a longer identifier (a web address of 300 characters) is found
//! in adjoining pieces of one kind, each settled and reported as it is decided. Who wants one value joins them: a
//! stream cannot, for the end may be any number of characters away.
//!
//! The cost of a step does not depend on the length of the segment, so pushing four characters at a time costs what
//! pushing the whole costs, plus scanning an unfinished token again.

use crate::LOOKAHEAD_CHARS;
use crate::candidate::Candidate;
use crate::detector::Rules;
use crate::finding::Finding;
use crate::names::Carried;
use crate::normalise::{Map, Place};
use crate::recognise::Memory;
use crate::resolve;
use crate::scan::Scan;
use crate::segment::Segment;

/// Tokens that start within this many characters of the first undecided one are decided together.
pub(crate) const STEP_CHARS: usize = 12;
/// The longest token, in characters.
pub(crate) const TOKEN_CHARS: usize = 48;
/// How far the decision whether a line break ends the segment may look.
pub(crate) const CUT_LOOKAHEAD: usize = 16;

/// Normalised text as far as it is known.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) text: &'t str,
    pub(crate) map: &'t Map,
    /// The end of what was taken into `text`.
    pub(crate) known: Place,
    /// No more text follows.
    pub(crate) last: bool,
}

/// What a step decides and may look at.
#[derive(Clone, Copy)]
struct Seen {
    /// Index after the tokens to be decided.
    upto: usize,
    /// Index after the tokens that are whole before the limit.
    tokens: usize,
    /// End of the segment, if it lies before the limit.
    end: Option<usize>,
}

/// State between two pieces of text. Offsets are those of the normalised buffer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    scan: Scan,
    /// Index of the first undecided token.
    next: usize,
    /// Bytes of the segment that are inside a finding already.
    taken: usize,
    ordinal: u64,
    pub(crate) carried: Carried,
    memory: Memory,
    /// End of the last finding in the original text.
    found_to: usize,
    candidates: Vec<Candidate>,
}

impl Machine {
    /// Decides all that can be decided and appends the findings to `out`.
    pub(crate) fn advance(&mut self, rules: &Rules, source: Source<'_>, out: &mut Vec<Finding>) {
        loop {
            self.scan.advance(&rules.terms, source);
            self.decide(rules, source, out);
            if !self.segment_is_done() || !self.next_segment(rules, source) {
                break;
            }
        }
    }

    /// Returns the original offset before which nothing can change any more.
    pub(crate) fn settled(&self, source: Source<'_>) -> usize {
        let open = match self.scan.tokens.get(self.next) {
            Some(token) => source.map.start(self.scan.start + token.start).raw,
            None if self.scan.at >= source.text.len() => source.known.raw,
            None => source.map.start(self.scan.at).raw,
        };
        open.max(self.found_to)
    }

    /// Returns the offset of the buffer before which nothing is needed any more.
    pub(crate) fn needed_from(&self) -> usize {
        self.scan.start
    }

    /// Tells that the buffer lost its first `normal` bytes.
    pub(crate) fn drained(&mut self, normal: usize) {
        self.scan.drained(normal);
    }

    fn segment_is_done(&self) -> bool {
        self.scan.end.is_some() && self.next >= self.scan.tokens.len()
    }

    fn decide(&mut self, rules: &Rules, source: Source<'_>, out: &mut Vec<Finding>) {
        loop {
            while self
                .scan
                .tokens
                .get(self.next)
                .is_some_and(|token| token.start < self.taken)
            {
                self.next += 1;
            }
            let Some(from) = self.scan.extents.get(self.next) else {
                return;
            };
            let limit = from.start + LOOKAHEAD_CHARS;
            if self.scan.end.is_none() && self.scan.clear <= limit {
                return;
            }
            let ahead = self.scan.extents.get(self.next..).unwrap_or_default();
            let step = ahead
                .iter()
                .take_while(|extent| extent.start < from.start + STEP_CHARS)
                .count();
            let seen = ahead
                .iter()
                .take_while(|extent| extent.end <= limit)
                .count();
            let seen = Seen {
                upto: self.next + step.min(seen).max(1),
                tokens: self.next + seen.max(1),
                // An end past the limit is not seen, even if the text at hand goes so far.
                end: self
                    .scan
                    .end
                    .filter(|end| end.reach <= limit)
                    .map(|end| end.at),
            };
            self.step(rules, source, seen, out);
        }
    }

    fn step(&mut self, rules: &Rules, source: Source<'_>, seen: Seen, out: &mut Vec<Finding>) {
        let scan = &self.scan;
        let tokens = scan.tokens.get(..seen.tokens).unwrap_or_default();
        let end = seen
            .end
            .or_else(|| tokens.last().map(|token| scan.start + token.end));
        let segment = Segment {
            text: source
                .text
                .get(scan.start..end.unwrap_or(scan.start))
                .unwrap_or_default(),
            tokens,
            decide: self.next..seen.upto,
            taken: self.taken,
            starts_line: scan.starts_line,
            glued: scan.glued,
            complete: seen.end.is_some(),
            ordinal: self.ordinal,
            terms: &rules.terms,
        };
        self.candidates.clear();
        rules
            .patterns
            .propose(&segment, &self.memory, &mut self.candidates);
        rules
            .names
            .tag(&segment, &mut self.carried, &mut self.candidates);
        #[cfg(feature = "training")]
        place_recorded(&mut self.carried, scan.start, source);
        resolve::resolve(&segment, &mut self.candidates);
        self.memory.remember(&segment, &self.candidates);
        for candidate in &self.candidates {
            self.taken = self.taken.max(candidate.end);
            let start = source
                .map
                .start(scan.start + candidate.start)
                .raw
                .max(self.found_to);
            let end = source.map.end(scan.start + candidate.end).raw;
            if start < end {
                self.found_to = end;
                out.push(finding(candidate, start, end));
            }
        }
        self.next = seen.upto;
    }

    /// Goes on to the next segment; returns false if there is no text for one yet.
    fn next_segment(&mut self, rules: &Rules, source: Source<'_>) -> bool {
        let text = source
            .text
            .get(self.scan.start..self.scan.at)
            .unwrap_or_default();
        if !self.scan.tokens.is_empty() {
            let count = self.scan.tokens.len();
            let segment = Segment {
                text,
                tokens: &self.scan.tokens,
                decide: count..count,
                taken: self.taken,
                starts_line: self.scan.starts_line,
                glued: self.scan.glued,
                complete: true,
                ordinal: self.ordinal,
                terms: &rules.terms,
            };
            rules.patterns.segment_ends(&segment, &mut self.memory);
            self.ordinal += 1;
        }
        self.scan.next_segment();
        self.next = 0;
        self.taken = 0;
        self.scan.at < source.text.len()
    }
}

fn finding(candidate: &Candidate, start: usize, end: usize) -> Finding {
    Finding {
        start,
        end,
        class: candidate.kind.class(),
        kind: candidate.kind,
        basis: candidate.kind.basis(),
        confidence: candidate.confidence,
        reason: candidate.reason,
    }
}

/// Says of the units that were recorded where they lie in the original text.
#[cfg(feature = "training")]
fn place_recorded(carried: &mut Carried, start: usize, source: Source<'_>) {
    let recorded = carried.tags.recorded.iter_mut().flatten();
    for unit in recorded.rev().take_while(|unit| unit.raw == (0, 0)) {
        unit.raw = (
            source.map.start(start + unit.start).raw,
            source.map.end(start + unit.end).raw,
        );
    }
}
