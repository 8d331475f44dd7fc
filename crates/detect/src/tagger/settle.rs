//! How what the tagger found is settled with what the rules proposed.

use crate::candidate::{Candidate, Priority};
use crate::class::Class;
use crate::finding::{LEARNED, Reason};
use crate::kind::Kind;
use crate::lexicon::Sort;
use crate::names::View;
use crate::token::{Case, Shape};

use super::feature::around;
use super::history::History;
use super::label::Tag;
use super::{Span, teaches};

/// What a rule proposed without proof goes where the chance of anything is at most this.
const DROPPED_UPTO: f32 = 0.04;

/// What a rule merely proposed: the tagger may see another extent or another class.
fn is_soft(candidate: &Candidate) -> bool {
    match candidate.kind.class() {
        Class::Name => candidate.priority < Priority::Validated,
        Class::Location | Class::Org | Class::Date => candidate.priority == Priority::Lexicon,
        _ => false,
    }
}

/// What a rule is so sure of that the tagger does not doubt it.
fn is_sure(candidate: &Candidate) -> bool {
    candidate.priority == Priority::Validated
        || candidate.priority == Priority::Labelled && candidate.confidence >= 0.9
}

/// Removes what a rule proposed at a unit that the model takes for nothing.
pub(super) fn doubt(view: &View<'_>, at: usize, chance: f32, out: &mut Vec<Candidate>) {
    let Some(unit) = view.unit(at) else { return };
    if chance <= DROPPED_UPTO {
        out.retain(|candidate| {
            is_sure(candidate) || !(unit.start..unit.end).contains(&candidate.start)
        });
    }
}

/// Puts a span beside what the rules proposed: what they confirmed stays, what they merely proposed gives way or
/// gives its extent.
pub(super) fn settle(
    view: &View<'_>,
    history: &mut History,
    mut span: Span,
    out: &mut Vec<Candidate>,
) {
    span.from = after_ruled(view, &span, out);
    if span.tag == Tag::Place {
        span.to = before_state(view, &span);
    }
    if matches!(span.tag, Tag::Name | Tag::Organisation) {
        span.to = before_ordinary(view, &span);
    }
    let units = view.unit(span.from).zip(view.unit(span.to.wrapping_sub(1)));
    let Some((first, last)) = units.filter(|_| span.from < span.to) else {
        return;
    };
    let digits = || {
        view.segment
            .text
            .get(first.start..last.end)
            .is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_digit()))
    };
    if span.tag == Tag::Number && !digits() {
        return;
    }
    if matches!(span.tag, Tag::Name | Tag::Place | Tag::Organisation) {
        for at in span.from..span.to {
            if view.unit(at).is_some_and(teaches) {
                history.learn(around(&history.atoms, at, 0).word, span.tag);
            }
        }
    }
    let mut found = Candidate {
        start: first.start,
        end: last.end,
        kind: kind_of(view, &span),
        confidence: span.chance,
        reason: Reason::rule(LEARNED),
        // Beside what a rule saw in the shape, only what sticks out is the tagger's.
        priority: Priority::Lexicon,
    };
    let overlaps =
        |other: &Candidate, found: &Candidate| other.start < found.end && found.start < other.end;
    let ruled = out
        .iter()
        .any(|other| overlaps(other, &found) && !is_soft(other));
    if ruled && matches!(span.tag, Tag::Day | Tag::Number) {
        return;
    }
    out.retain(|other| {
        if !overlaps(other, &found) || !is_soft(other) {
            return true;
        }
        if other.kind.class() == found.kind.class() {
            found.kind = other.kind;
            found.reason = other.reason;
            found.priority = found.priority.max(other.priority);
            found.confidence = found.confidence.max(other.confidence);
        }
        found.start = found.start.min(other.start);
        found.end = found.end.max(other.end);
        false
    });
    out.push(found);
}

/// Returns where a span begins after what a rule saw in the shape of its first units: after the street the city.
fn after_ruled(view: &View<'_>, span: &Span, out: &[Candidate]) -> usize {
    let mut from = span.from;
    while let Some(unit) = view.unit(from).filter(|_| from < span.to) {
        let ruled = |other: &&Candidate| {
            !is_soft(other) && other.start <= unit.start && unit.start < other.end
        };
        let inside = out.iter().any(|other| ruled(&other));
        if !inside && (from == span.from || unit.shape != Shape::Sign) {
            break;
        }
        from += 1;
    }
    from
}

/// Returns the end of a name before the ordinary words that follow it: `Is Marsh allergic?`
fn before_ordinary(view: &View<'_>, span: &Span) -> usize {
    let capital = view.is_capital(span.from);
    let ordinary = |at: usize| {
        view.unit(at).is_some_and(|unit| {
            let weights = unit.weights;
            unit.is_word()
                && unit.case == Case::Lower
                && weights.common() > 0
                && weights.given().max(weights.surname()) < 4
                && !weights.any(&[
                    Sort::Particle,
                    Sort::FacilityHead,
                    Sort::WeakFacilityHead,
                    Sort::OrgHead,
                    Sort::WeakOrgHead,
                ])
        })
    };
    let mut to = span.to;
    while capital && to > span.from + 1 && ordinary(to - 1) {
        to -= 1;
    }
    to
}

/// Returns the end of a place before its state: `Dayton, OH 45402` is a city, a state and a ZIP code.
fn before_state(view: &View<'_>, span: &Span) -> usize {
    let is_state = |at: usize| view.any(at, &[Sort::State, Sort::StateCode]);
    (span.from + 1..span.to)
        .find(|at| view.is_sign(*at, b',') && is_state(at + 1))
        .unwrap_or(span.to)
}

fn kind_of(view: &View<'_>, span: &Span) -> Kind {
    let units = || (span.from..span.to).filter_map(|at| view.unit(at));
    match span.tag {
        Tag::Name if units().all(|unit| unit.shape == Shape::Sign || unit.is_initial()) => {
            Kind::Initials
        }
        Tag::Name if units().any(|unit| unit.shape == Shape::Mixed || unit.first == b'_') => {
            Kind::UserName
        }
        Tag::Name => Kind::Person,
        Tag::Place => match units().next() {
            Some(unit) if unit.shape == Shape::Number && span.to == span.from + 1 => Kind::Zip,
            Some(unit) if unit.shape != Shape::Word => Kind::Street,
            _ if units().any(|unit| unit.weights.is(Sort::StreetSuffix)) => Kind::Street,
            _ => Kind::City,
        },
        Tag::Organisation => {
            let care = units().any(|unit| {
                unit.weights
                    .any(&[Sort::FacilityHead, Sort::Facility, Sort::FacilityWord])
            });
            if care {
                Kind::Facility
            } else {
                Kind::Organisation
            }
        }
        Tag::Day => Kind::Date,
        Tag::Number => Kind::OtherId,
    }
}
