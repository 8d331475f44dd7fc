//! Which candidates of a step become findings where they overlap.
//!
//! From left to right: of those that start together the stronger, then the longer, then the surer. A stronger candidate that starts
//! inside a weaker one cuts it in two. Nothing a candidate covered is given up: what sticks out stays a finding.

use crate::candidate::Candidate;
use crate::segment::Segment;

/// Leaves in `candidates` what becomes a finding: sorted, not overlapping, starting in the tokens to be decided.
pub(crate) fn resolve(segment: &Segment<'_>, candidates: &mut Vec<Candidate>) {
    let from = segment
        .token(segment.decide.start)
        .map_or(usize::MAX, |token| token.start)
        .max(segment.taken);
    let upto = segment
        .decide
        .end
        .checked_sub(1)
        .and_then(|last| segment.token(last))
        .map_or(0, |token| token.end);
    let text = segment.text;
    candidates.retain(|candidate| {
        let inside = (from..upto).contains(&candidate.start) && candidate.start < candidate.end;
        inside
            && text
                .get(candidate.start..candidate.end)
                .is_some_and(|span| span.chars().any(char::is_alphanumeric))
    });
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_by(|one, other| {
        let by_strength = other
            .priority
            .cmp(&one.priority)
            .then(other.end.cmp(&one.end));
        one.start
            .cmp(&other.start)
            .then(by_strength)
            .then(other.confidence.total_cmp(&one.confidence))
    });
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut waiting: Vec<Candidate> = candidates.drain(..).rev().collect();
    while let Some(candidate) = waiting.pop() {
        let Some(last) = kept.last_mut().filter(|last| candidate.start < last.end) else {
            kept.push(candidate);
            continue;
        };
        if candidate.priority > last.priority && candidate.start > last.start {
            let rest = Candidate {
                start: candidate.end,
                ..*last
            };
            last.end = candidate.start;
            trim(text, last);
            push_rest(text, rest, &mut waiting);
            kept.push(candidate);
        } else {
            let rest = Candidate {
                start: last.end,
                ..candidate
            };
            push_rest(text, rest, &mut waiting);
        }
    }
    kept.retain(|candidate| candidate.start < candidate.end);
    *candidates = kept;
}

/// Queues what is left of a clipped candidate, if a letter or digit is left, in its place.
fn push_rest(text: &str, mut rest: Candidate, waiting: &mut Vec<Candidate>) {
    trim(text, &mut rest);
    if rest.start >= rest.end {
        return;
    }
    let place = waiting.partition_point(|other| other.start > rest.start);
    waiting.insert(place, rest);
}

/// Takes signs and white space off both ends.
fn trim(text: &str, candidate: &mut Candidate) {
    let Some(span) = text.get(candidate.start..candidate.end) else {
        candidate.end = candidate.start;
        return;
    };
    let outside = |c: char| !c.is_alphanumeric();
    candidate.start += span.len() - span.trim_start_matches(outside).len();
    candidate.end -= span.len() - span.trim_end_matches(outside).len();
    candidate.end = candidate.end.max(candidate.start);
}
