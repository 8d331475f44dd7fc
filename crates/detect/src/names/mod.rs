//! Names of people, places, facilities and organisations, from the lexicon and the context.
//!
//! A word is never a name because a list says so. The lexicon gives each word weights, the context gives points, and
//! a rule decides: [`person`] adds points, [`org`] and [`place`] look for a head noun and for what happened there,
//! [`field`] and [`table`] read labels, JSON keys, column headers and HL7 fields, [`sign`] small signs. Names learnt
//! with confidence are carried forward.

mod context;
mod field;
mod label;
mod learned;
mod name;
mod org;
mod person;
mod place;
mod run;
mod setting;
mod sign;
mod table;
#[cfg(test)]
mod tests;
mod unit;
mod view;

pub(crate) use self::learned::Carried;
pub(crate) use self::unit::Unit;
pub(crate) use self::view::View;

use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::lexicon::{Lexicon, Sort};
use crate::segment::Segment;
use crate::tagger::Tagger;

use context::Cue;
use field::Bound;
use label::Field;
use table::Cell;

/// From this confidence the words of a name are remembered.
const LEARN_FROM: f32 = 0.75;
/// Cues from this many points on make a person of what could be a place.
const PERSON_FIRST: i32 = 6;

/// Proposes names, places and facilities.
pub(crate) struct NameTagger {
    lexicon: Lexicon,
    tagger: Tagger,
}

impl NameTagger {
    pub(crate) fn new() -> Self {
        NameTagger {
            lexicon: Lexicon::shipped(),
            tagger: Tagger::shipped(),
        }
    }

    pub(crate) fn with_tagger(tagger: Tagger) -> Self {
        NameTagger {
            lexicon: Lexicon::shipped(),
            tagger,
        }
    }

    /// Proposes candidates that start in one of the tokens of `segment.decide`.
    pub(crate) fn tag(
        &self,
        segment: &Segment<'_>,
        carried: &mut Carried,
        out: &mut Vec<Candidate>,
    ) {
        let mut units = std::mem::take(&mut carried.units);
        units.extend(segment, &self.lexicon);
        let view = View {
            segment,
            units: &units.list,
            lexicon: &self.lexicon,
        };
        if carried.ordinal != Some(segment.ordinal) {
            carried.start_segment(segment.ordinal);
            carried.table.start(&view, segment.starts_line);
        }
        carried.done = carried.done.max(segment.taken);
        let to = units.index_of(segment.decide.end);
        while carried.passed < to {
            let index = carried.passed;
            carried.passed += 1;
            let cell = carried.table.pass(&view, index);
            if view
                .unit(index)
                .is_some_and(|unit| unit.start >= carried.done)
            {
                decide(&view, carried, index, cell, out);
            }
        }
        self.tagger.tag(&view, to, &mut carried.tags, out);
        if segment.complete && segment.decide.end >= segment.tokens.len() {
            end_segment(&view, carried);
        }
        carried.units = units;
    }
}

/// What was decided for a unit, before it becomes a candidate.
struct Decision {
    end: usize,
    keep_possessive: bool,
    kind: Kind,
    confidence: f32,
    reason: Reason,
    priority: Priority,
}

fn decide(
    view: &View<'_>,
    carried: &mut Carried,
    index: usize,
    cell: Option<Cell>,
    out: &mut Vec<Candidate>,
) {
    let Some(unit) = view.unit(index) else { return };
    let Some(decision) = decision(view, carried, index, cell) else {
        return;
    };
    let Some(last) = view.unit(decision.end - 1) else {
        return;
    };
    let end = if decision.keep_possessive {
        last.full_end
    } else {
        last.end
    };
    let Decision {
        kind,
        confidence,
        reason,
        priority,
        ..
    } = decision;
    out.push(Candidate {
        start: unit.start,
        end,
        kind,
        confidence,
        reason,
        priority,
    });
    carried.done = end;
    match kind {
        Kind::Person | Kind::Initials => carried.last_person = decision.end,
        Kind::City | Kind::Facility | Kind::Organisation => carried.last_place = decision.end,
        _ => {}
    }
    let taught = confidence >= LEARN_FROM || confidence > 0.6 && decision.end > index + 1;
    if kind == Kind::Person && taught {
        for key in person::lessons(view, index, decision.end) {
            carried.learn(key);
        }
    }
}

fn decision(
    view: &View<'_>,
    carried: &mut Carried,
    index: usize,
    cell: Option<Cell>,
) -> Option<Decision> {
    if let Some(decision) = labelled(view, carried, index, cell) {
        return Some(decision);
    }
    if !view.unit(index)?.may_begin_a_name() {
        return None;
    }
    let cue = context::before(view, index);
    if cue.points < PERSON_FIRST
        && let Some(end) = skipped(view, index)
    {
        carried.done = view
            .unit(end - 1)
            .map_or(carried.done, |unit| unit.full_end);
        return None;
    }
    if cue.points >= PERSON_FIRST
        && let Some(found) = person::find(view, carried, index, cue)
    {
        return Some(person_decision(found));
    }
    match org::find(view, index) {
        org::Verdict::Found(found) => return Some(place_decision(found)),
        org::Verdict::Skip(end) => {
            carried.done = view
                .unit(end - 1)
                .map_or(carried.done, |unit| unit.full_end);
            return None;
        }
        org::Verdict::None => {}
    }
    if let Some(found) = place::find(view, carried, index) {
        return Some(place_decision(found));
    }
    if let Some(found) = sign::find(view, carried, index) {
        return Some(Decision {
            end: found.end,
            keep_possessive: false,
            kind: found.kind,
            confidence: found.confidence,
            reason: Reason::rule(found.rule),
            priority: Priority::Pattern,
        });
    }
    person::find(view, carried, index, cue).map(person_decision)
}

/// Returns the end of a phrase of several words that names a state, a country, a public body, a people or a disease.
fn skipped(view: &View<'_>, index: usize) -> Option<usize> {
    let unit = view.unit(index).filter(|unit| unit.is_capital())?;
    if !unit.weights.is(Sort::Begins) {
        return None;
    }
    let large = view
        .phrase(index, |weights| {
            weights.any(&[
                Sort::State,
                Sort::Country,
                Sort::PublicBody,
                Sort::People,
                Sort::Eponym,
                Sort::NotName,
                Sort::Maker,
            ]) && weights.place() < 9
        })
        .filter(|phrase| phrase.words > 1)?;
    let doe = large.weights.is(Sort::NotName) && view.is_one_of(large.end - 1, &["doe"]);
    let named = doe
        || view
            .phrase(index, |weights| {
                weights.any(&[
                    Sort::Facility,
                    Sort::Employer,
                    Sort::Insurer,
                    Sort::FacilityHead,
                ]) || weights.place() >= 4
            })
            .is_some_and(|phrase| phrase.end > large.end);
    let headed = large
        .weights
        .any(&[Sort::State, Sort::Country, Sort::People])
        && view.unit(large.end).is_some_and(|next| next.is_capital());
    (!named && !headed).then_some(large.end)
}

/// Labels, columns and fields of messages.
fn labelled(
    view: &View<'_>,
    carried: &Carried,
    index: usize,
    cell: Option<Cell>,
) -> Option<Decision> {
    let (field, bound, rule) = match cell {
        Some(Cell::MessageName) => {
            return Some(field_decision(
                Field::Name,
                table::message_name(view, index),
                "name field of a message",
            ));
        }
        Some(Cell::MessageField(field)) => (field, Bound::Cell(b'^'), "field of a message"),
        Some(Cell::Column(field, _)) if view.is_sign(index.wrapping_sub(1), b'"') => {
            (field, Bound::Closing(b'"'), "column of a table")
        }
        Some(Cell::Column(field, delimiter)) => {
            (field, Bound::Cell(delimiter), "column of a table")
        }
        None => {
            let open = carried
                .open_label
                .filter(|_| index == 0)
                .map(|field| (field, Bound::Plain));
            let (field, bound) = open.or_else(|| field::before(view, index))?;
            (field, bound, "labelled field")
        }
    };
    if field == Field::Role {
        let cue = Cue {
            points: PERSON_FIRST,
            name: "role label",
        };
        return person::find(view, carried, index, cue)
            .filter(|_| bound != Bound::Plain)
            .map(person_decision);
    }
    Some(field_decision(
        field,
        field::value(view, index, field, bound)?,
        rule,
    ))
}

fn field_decision(field: Field, end: usize, rule: &'static str) -> Decision {
    let kind = field.kind();
    let keep_possessive = matches!(kind, Kind::Facility | Kind::Organisation);
    Decision {
        end,
        keep_possessive,
        kind,
        confidence: 0.93,
        reason: Reason::rule(rule).context("label before"),
        priority: Priority::Labelled,
    }
}

fn person_decision(found: person::Found) -> Decision {
    let reason = Reason::rule(found.rule).weight(found.weight);
    let reason = if found.context.is_empty() {
        reason
    } else {
        reason.context(found.context)
    };
    Decision {
        end: found.end,
        keep_possessive: false,
        kind: found.kind,
        confidence: found.confidence,
        reason,
        priority: found.priority,
    }
}

fn place_decision(found: org::Place) -> Decision {
    let reason = Reason::rule(found.rule);
    let reason = if found.context.is_empty() {
        reason
    } else {
        reason.context(found.context)
    };
    Decision {
        end: found.end,
        keep_possessive: found.keep_possessive,
        kind: found.kind,
        confidence: found.confidence,
        reason,
        priority: Priority::Lexicon,
    }
}

/// What the segment leaves for the next: a closing ("Thanks,"), a label alone, the header of a table.
fn end_segment(view: &View<'_>, carried: &mut Carried) {
    let count = view.units.len();
    carried.table.end(view, count);
    let closing = |at: usize| {
        matches!(
            view.lower(at).as_str(),
            "thanks"
                | "thank"
                | "sincerely"
                | "regards"
                | "best"
                | "cheers"
                | "yours"
                | "respectfully"
                | "cordially"
                | "warmly"
                | "love"
        )
    };
    let words = view.units.iter().filter(|unit| unit.is_word()).count();
    carried.after_closing = words > 0
        && words <= 4
        && (0..count.min(3)).any(closing)
        && !view.is_sign(count.wrapping_sub(1), b'?');
    carried.open_label = None;
    if view.is_sign(count.wrapping_sub(1), b':') && count <= 6 {
        carried.open_label = label::Label::ending(view, count - 1)
            .field(false)
            .filter(|field| *field != Field::Role);
    }
}
