//! Dates: what the two readers (figures and words) share, and how they are asked.

use super::{date_numeric, date_words};
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::Shape;

/// A date that was read; it starts at the token that was asked about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Index of the token after it.
    pub(super) end: usize,
    pub(super) kind: Kind,
    pub(super) confidence: f32,
    pub(super) rule: &'static str,
    pub(super) priority: Priority,
}

impl Found {
    pub(super) fn day(end: usize, confidence: f32, rule: &'static str) -> Found {
        Found {
            end,
            kind: Kind::Date,
            confidence,
            rule,
            priority: Priority::Validated,
        }
    }

    /// Returns the same with a clock time in it, if it has one.
    pub(super) fn time(self, timed: bool) -> Found {
        if timed && self.kind == Kind::Date {
            Found {
                kind: Kind::DateTime,
                ..self
            }
        } else {
            self
        }
    }
}

/// Proposes the date that starts at `index`, if one does. `after_date` says that a date and a comma go before.
pub(super) fn propose(
    segment: &Segment<'_>,
    index: usize,
    after_date: bool,
    out: &mut Vec<Candidate>,
) {
    let Some(token) = segment.token(index) else {
        return;
    };
    let found = match token.shape {
        Shape::Number => date_words::day_first(segment, index)
            .or_else(|| date_numeric::read(segment, index, after_date)),
        Shape::Mixed => date_words::day_first(segment, index)
            .or_else(|| date_words::month_first(segment, index))
            .or_else(|| date_numeric::read(segment, index, after_date)),
        Shape::Word => date_words::month_first(segment, index)
            .or_else(|| date_words::day_first(segment, index)),
        Shape::Sign => None,
    };
    if let Some(found) = found {
        out.push(super::span(
            segment,
            index,
            found.end,
            found.kind,
            found.confidence,
            found.priority,
            Reason::rule(found.rule),
        ));
    }
}

/// Returns true if the word before `index` says that a date follows.
pub(super) fn is_date_label(segment: &Segment<'_>, index: usize) -> bool {
    let mut at = index;
    for _ in 0..6 {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        let flags = segment.flags(before);
        if flags.has(Flags::DATE_LABEL) || is_date_word(segment, before) {
            return true;
        }
        let joins = matches!(
            segment.sign_at(before),
            b':' | b'=' | b'-' | b'(' | b'"' | b'\'' | b'.' | b'*' | b'_' | b'/' | b')'
        );
        let filler = ["is", "was", "of", "on", "time", "the", "as"]
            .iter()
            .any(|word| segment.is(before, word));
        if !(joins || filler) {
            return false;
        }
        at = before;
    }
    false
}

/// `birthDate`, `admitdate`, `effectiveDateTime`.
fn is_date_word(segment: &Segment<'_>, index: usize) -> bool {
    let word = segment.word_at(index).as_bytes();
    let ends = |with: &[u8]| {
        word.len() >= with.len()
            && word
                .iter()
                .rev()
                .zip(with.iter().rev())
                .all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    word.len() <= 40 && (ends(b"date") || ends(b"datetime") || ends(b"dateofbirth"))
}

/// Returns true if the word before `index` makes a date likely.
pub(super) fn is_date_cue(segment: &Segment<'_>, index: usize) -> bool {
    let mut at = index;
    for _ in 0..2 {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if segment
            .flags(before)
            .has(Flags::DATE_CUE.and(Flags::DATE_LABEL))
        {
            return true;
        }
        if !(matches!(segment.sign_at(before), b'(' | b':' | b'"')
            || segment.flags(before).has(Flags::DETERMINER))
        {
            return false;
        }
        at = before;
    }
    false
}
