//! Values of labelled fields: where the label is that announces them, and how far they go.

use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::context;
use super::label::{Field, Label};
use super::unit::Unit;
use super::view::View;

/// The most units of a value.
const VALUE_UNITS: usize = 14;
/// How far back an array may begin.
const ARRAY_UNITS: usize = 16;

/// What ends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The line, a sign, the next label: the value stands in plain text.
    Plain,
    /// A closing quote or the bracket of the next tag.
    Closing(u8),
    /// The sign between the cells of a table.
    Cell(u8),
}

/// Returns what the label before the unit at `index` announces, and what ends its value.
pub(crate) fn before(view: &View<'_>, index: usize) -> Option<(Field, Bound)> {
    if view.unit(index)?.shape == Shape::Sign {
        return None;
    }
    let mut at = index.checked_sub(1)?;
    while view.is_sign(at, b'*') {
        at = at.checked_sub(1)?;
    }
    if view.is_tight(at, b'>') && index == at + 1 {
        return Some((Label::ending(view, at).field(true)?, Bound::Closing(b'<')));
    }
    let mut bound = Bound::Plain;
    if view.is_sign(at, b'"') {
        bound = Bound::Closing(b'"');
        at = at.checked_sub(1)?;
        if view.is_sign(at, b',') {
            at = array_start(view, at)?;
        }
        if view.is_sign(at, b'[') {
            at = at.checked_sub(1)?;
        }
    }
    if !(view.is_sign(at, b':') || view.is_sign(at, b'=')) {
        return None;
    }
    while at > 0 && (view.is_sign(at - 1, b'"') || view.is_sign(at - 1, b'*')) {
        at -= 1;
    }
    if at > 0 && view.is_sign(at - 1, b')') {
        // "Name (last, first):"
        at = (at.saturating_sub(8)..at)
            .rev()
            .find(|at| view.is_sign(*at, b'('))?;
    }
    Some((Label::ending(view, at).field(bound != Bound::Plain)?, bound))
}

fn array_start(view: &View<'_>, from: usize) -> Option<usize> {
    for at in (from.saturating_sub(ARRAY_UNITS)..from).rev() {
        let unit = view.unit(at)?;
        if unit.shape == Shape::Sign {
            match unit.first {
                b'[' => return Some(at),
                b':' | b'{' | b'}' | b']' => return None,
                _ => {}
            }
        }
    }
    None
}

/// Returns the index after the value of a field that begins at `index`, if it is one.
pub(crate) fn value(view: &View<'_>, index: usize, field: Field, bound: Bound) -> Option<usize> {
    if field == Field::UserName {
        return user_name(view, index);
    }
    let mut end = None;
    let mut words = 0;
    for at in index..index + VALUE_UNITS {
        let Some(unit) = view.unit(at) else { break };
        if at > index && (unit.line_start || is_next_cell(view, at, bound))
            || ends_value(view, at, field, bound, words)
        {
            break;
        }
        if unit.is_word() {
            if at > index
                && (is_label_ahead(view, at)
                    || words > 0 && bound == Bound::Plain && is_after_value(view, at, field))
            {
                break;
            }
            words += 1;
            end = Some(at + 1);
        } else if unit.shape != Shape::Sign {
            if field.is_of_words() {
                break;
            }
            end = Some(at + 1);
        } else if unit.first == b'.'
            && end == Some(at)
            && view.unit(at - 1).is_some_and(Unit::is_initial)
        {
            end = Some(at + 1);
        }
    }
    let end = end?;
    is_value(view, index, end, field, words, bound).then_some(end)
}

/// Cells between tabs: white space is no unit.
fn is_next_cell(view: &View<'_>, at: usize, bound: Bound) -> bool {
    bound == Bound::Cell(b'\t') && view.is_tab_before(at)
}

fn ends_value(view: &View<'_>, at: usize, field: Field, bound: Bound, words: usize) -> bool {
    let Some(unit) = view.unit(at).filter(|unit| unit.shape == Shape::Sign) else {
        return false;
    };
    match bound {
        Bound::Closing(sign) => return unit.first == sign || unit.first == b'"',
        Bound::Cell(sign) if unit.first == sign => return true,
        _ => {}
    }
    match unit.first {
        b'"' | b';' | b'|' | b'(' | b')' | b'[' | b'<' | b'>' | b'{' | b'}' | b'=' | b':'
        | b'/' | b'#' | b'?' | b'!' | b'^' => true,
        b',' => !(field.is_of_people() && words <= 2 && is_given_after_comma(view, at)),
        b'.' => !view.unit(at.wrapping_sub(1)).is_some_and(|unit| {
            unit.is_initial() || unit.weights.is(Sort::Title) || unit.len() <= 2
        }),
        b'-' => unit.space_before,
        _ => false,
    }
}

/// "Name: Smith, John": the comma of an inverted name.
fn is_given_after_comma(view: &View<'_>, comma: usize) -> bool {
    let Some(next) = view
        .unit(comma + 1)
        .filter(|next| next.is_word() && !next.line_start)
    else {
        return false;
    };
    let like = next.weights.given() >= 2 || next.is_initial() || next.weights == Weights::default();
    let case = next.case != Case::Lower
        || view
            .unit(comma.wrapping_sub(1))
            .is_some_and(|before| before.case == Case::Lower);
    like && case && !context::is_credential(view, comma + 1)
}

/// A word or two and a colon: the next label on the same line.
fn is_label_ahead(view: &View<'_>, at: usize) -> bool {
    let words = |steps: usize| (at..at + steps).all(|at| view.unit(at).is_some_and(Unit::is_word));
    let label = |steps: usize| {
        view.is_sign(at + steps, b':')
            && words(steps)
            && (steps == 1 || view.weights(at).given() < 5)
    };
    (1..=2).any(label)
        || matches!(
            view.text(at),
            "DOB" | "MRN" | "SSN" | "DOS" | "Age" | "AGE" | "Sex" | "SEX" | "Gender"
        )
}

/// Words that end a value in plain text.
fn is_after_value(view: &View<'_>, at: usize, field: Field) -> bool {
    let Some(unit) = view.unit(at) else {
        return true;
    };
    let weights = unit.weights;
    let organisation = !field.is_of_words();
    if unit.case == Case::Lower {
        let connects = view.is_one_of(
            at,
            &[
                "of", "and", "for", "the", "de", "la", "van", "von", "der", "del", "bin", "al",
            ],
        );
        let heads = [
            Sort::FacilityHead,
            Sort::WeakFacilityHead,
            Sort::OrgHead,
            Sort::WeakOrgHead,
        ];
        let plain = weights.common() >= 4 || weights.any(&[Sort::Verb, Sort::Medical, Sort::Role]);
        let case_changes = view.unit(at.wrapping_sub(1)).is_some_and(Unit::is_capital);
        return !(connects || organisation && weights.any(&heads)) && (plain || case_changes);
    }
    !organisation && weights.any(&[Sort::Credential, Sort::Calendar]) && weights.given() < 6
}

/// Values that say that there is none.
const NO_VALUE: [&str; 32] = [
    "unknown",
    "none",
    "na",
    "n",
    "not",
    "see",
    "deferred",
    "same",
    "self",
    "refused",
    "withheld",
    "anonymous",
    "tbd",
    "pending",
    "redacted",
    "removed",
    "null",
    "true",
    "false",
    "string",
    "private",
    "commercial",
    "unemployed",
    "retired",
    "disabled",
    "name",
    "patient",
    "required",
    "optional",
    "test",
    "other",
    "per",
];

fn is_value(
    view: &View<'_>,
    index: usize,
    end: usize,
    field: Field,
    words: usize,
    bound: Bound,
) -> bool {
    let bounded = bound != Bound::Plain;
    let first = view.weights(index);
    let function = first.is(Sort::Function)
        && first.given().max(first.surname()) < 6
        && (!bounded || words == 1);
    if words == 0 || words > 8 || function || view.is_one_of(index, &NO_VALUE) {
        return false;
    }
    let body = [Sort::PublicBody, Sort::Maker, Sort::Drug, Sort::Department];
    let phrase = view
        .phrase(index, |weights| weights.is(Sort::NotName))
        .is_some_and(|phrase| phrase.end >= end && phrase.words > 1);
    if first.any(&body) && !bounded || phrase && !view.is_one_of(end - 1, &["doe"]) {
        return false;
    }
    let capital = view.unit(index).is_some_and(|unit| {
        unit.is_capital() || unit.case == Case::Mixed || unit.shape != Shape::Word
    });
    match field {
        Field::Name => {
            words <= 6 && (capital || bounded || first.common() <= 4 || first.given() >= 6)
        }
        Field::Role => false,
        Field::City | Field::County => {
            let like = bounded && first.common() < 9
                || capital
                    && (first.place() >= 1
                        || first == Weights::default()
                        || first.is(Sort::County));
            words <= 4 && like && !first.any(&[Sort::State, Sort::Country])
        }
        Field::Facility | Field::Organisation => {
            capital
                && !first.any(&[Sort::PublicBody, Sort::Department, Sort::Medical])
                && (bounded || first.common() <= 8)
        }
        Field::UserName => true,
    }
}

/// Letters, digits, full stops, hyphens and underscores without white space.
pub(crate) fn user_name(view: &View<'_>, index: usize) -> Option<usize> {
    let mut end = index + usize::from(view.is_sign(index, b'@'));
    while end < index + VALUE_UNITS {
        let Some(unit) = view.unit(end) else { break };
        let joins = unit.shape == Shape::Sign && matches!(unit.first, b'_' | b'.' | b'-');
        let goes_on = view
            .unit(end + 1)
            .is_some_and(|next| !next.space_before && next.shape != Shape::Sign);
        if end > index && unit.space_before || unit.shape == Shape::Sign && !(joins && goes_on) {
            break;
        }
        end += 1;
    }
    let plain = end == index + 1 && view.weights(index).common() >= 6;
    let none = [
        "unknown", "none", "null", "the", "is", "not", "your", "and", "or",
    ];
    (end > index && !plain && !view.is_one_of(index, &none)).then_some(end)
}
