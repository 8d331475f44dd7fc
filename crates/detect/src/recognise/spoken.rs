//! Numbers as they are dictated: `two oh two five five five oh one four three`, `nineteen eighty`.

use super::labels::{Hit, Labels};
use super::span;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;

/// Digits a dictated number has at least.
const LEAST: usize = 7;

fn is_digit(segment: &Segment<'_>, index: usize) -> bool {
    segment.flags(index).has(Flags::DIGIT)
}

fn is_pause(segment: &Segment<'_>, index: usize) -> bool {
    matches!(segment.sign_at(index), b',' | b'-' | b'.')
        || segment.is(index, "dash")
        || segment.is(index, "hyphen")
}

/// Proposes the dictated number that starts at `index`. `before` is the end of the last finding.
pub(super) fn propose(
    labels: &Labels,
    segment: &Segment<'_>,
    index: usize,
    carried: Option<Hit>,
    before: Option<(Kind, usize)>,
    out: &mut Vec<Candidate>,
) {
    let previous = index
        .checked_sub(1)
        .map(|at| at - usize::from(at > 0 && is_pause(segment, at)));
    let inside = previous.is_some_and(|at| is_digit(segment, at));
    let rest =
        before.filter(|(_, end)| inside && previous.is_some_and(|at| segment.end(at) == *end));
    if inside && rest.is_none() {
        return;
    }
    let mut digits = 0;
    let mut at = index;
    let mut end = index;
    while is_digit(segment, at) {
        digits += 1;
        end = at + 1;
        at = end + usize::from(is_pause(segment, end));
    }
    let kind = match (rest, labels.before(segment, index, carried)) {
        (Some((kind, _)), _) => kind,
        _ if digits < LEAST => return,
        (None, Some(hit)) => hit.label.kind,
        (None, None) => match digits {
            9 => Kind::Ssn,
            10 | 11 | 7 => Kind::Phone,
            _ => Kind::OtherId,
        },
    };
    out.push(span(
        segment,
        index,
        end,
        kind,
        0.8,
        Priority::Pattern,
        Reason::rule("dictated digits"),
    ));
}

/// Returns the index after a year in words at `index`: `nineteen eighty`, `nineteen oh five`, `two thousand and ten`,
/// `twenty twenty-four`.
pub(super) fn after_year(segment: &Segment<'_>, index: usize) -> Option<usize> {
    let number = |at: usize| {
        if segment.flags(at).has(Flags::NUMBER) {
            segment.value(at)
        } else {
            0
        }
    };
    let pair = |at: usize| match number(at) {
        10..=19 => Some(at + 1),
        20..=90 => {
            let ones = at + 1 + usize::from(segment.sign(at + 1, b'-'));
            Some(if (1..=9).contains(&number(ones)) {
                ones + 1
            } else {
                at + 1
            })
        }
        _ => None,
    };
    if segment.is(index, "nineteen") || segment.is(index, "twenty") {
        let next = index + 1;
        if segment.is(next, "oh") || segment.is(next, "o") {
            return (1..=9).contains(&number(next + 1)).then_some(next + 2);
        }
        return pair(next);
    }
    if segment.is(index, "two") && segment.is(index + 1, "thousand") {
        let next = index + 2 + usize::from(segment.is(index + 2, "and"));
        let ones = (1..=9).contains(&number(next)).then_some(next + 1);
        return Some(ones.or_else(|| pair(next)).unwrap_or(index + 2));
    }
    None
}
