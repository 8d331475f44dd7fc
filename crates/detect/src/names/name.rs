//! How a person's name is written: parts, initials, particles, hyphens, nicknames, suffixes, "Last, First M.".
//!
//! Form alone; whether the words make a name is decided in [`super::person`].

use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::context::{Cue, STRONG, TITLE};
use super::unit::Unit;
use super::view::View;

/// The most parts a name has.
const MOST_PARTS: usize = 6;

/// A possible name: how it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Name {
    /// Index of the first unit.
    pub(crate) start: usize,
    /// Index after the last unit.
    pub(crate) end: usize,
    /// Index of the first and last whole word (not initials, particles or suffixes).
    pub(crate) first: Option<usize>,
    pub(crate) last: Option<usize>,
    pub(crate) words: usize,
    pub(crate) initials: usize,
    /// Words joined to the one before by a hyphen.
    pub(crate) joined: usize,
    /// "Last, First".
    pub(crate) inverted: bool,
}

impl Name {
    /// Returns the number of parts; words joined by a hyphen are one.
    pub(crate) fn parts(&self) -> usize {
        (self.words + self.initials).saturating_sub(self.joined)
    }
}

/// Sorts of words that are never part of a name.
pub(crate) const BLOCKING: [Sort; 9] = [
    Sort::Calendar,
    Sort::Country,
    Sort::State,
    Sort::People,
    Sort::PublicBody,
    Sort::Maker,
    Sort::Drug,
    Sort::NotName,
    Sort::FacilityHead,
];

/// Reads the longest name that begins at `index`.
pub(crate) fn read(view: &View<'_>, index: usize, cue: Cue) -> Option<Name> {
    let lower = view.unit(index)?.case == Case::Lower && particles(view, index).is_none();
    let mut name = Name {
        start: index,
        end: index,
        ..Name::default()
    };
    let mut at = index;
    for _ in 0..MOST_PARTS {
        let Some(next) = part(view, &mut name, at, lower, cue) else {
            break;
        };
        at = next;
        if view
            .unit(at.saturating_sub(1))
            .is_some_and(Unit::is_possessive)
        {
            break;
        }
        at = joint(view, &mut name, at);
    }
    if !lower {
        invert(view, &mut name, cue);
    }
    suffix(view, &mut name);
    drop_plain_end(view, &mut name);
    (name.end > name.start).then_some(name)
}

/// Reads one part of a name at `at`; returns the index after it.
fn part(view: &View<'_>, name: &mut Name, at: usize, lower: bool, cue: Cue) -> Option<usize> {
    let unit = view.unit(at).filter(|unit| unit.is_word())?;
    if at > name.start && unit.line_start && unit.weights.given() < 3 && unit.weights.surname() < 3
    {
        return None;
    }
    if unit.is_initial() {
        if !is_initial_of_name(view, name, at, cue) {
            return None;
        }
        let end = view.past_dot(at + 1);
        name.initials += 1;
        // The full stop belongs to an initial, and to the sentence where the sentence ends: both is harmless.
        name.end = end;
        return Some(end);
    }
    // "seen by Dr. A. He said …"
    let sentence = unit.weights.is(Sort::Function) && name.words == 0 && name.initials > 0;
    if sentence || is_suffix(view, at) && at > name.start {
        return None;
    }
    if let Some(end) = compound(view, at)
        .or_else(|| saint(view, at).filter(|_| at > name.start || cue.points >= TITLE))
    {
        name.first = name.first.or(Some(at));
        name.last = Some(end - 1);
        name.words += 1;
        name.end = end;
        return Some(end);
    }
    if let Some(end) = particles(view, at) {
        return (at > name.start || cue.points > 0 || unit.is_capital()).then_some(end);
    }
    if is_name_word(view, at, lower, name.words + name.initials, cue) {
        name.first = name.first.or(Some(at));
        name.last = Some(at);
        name.words += 1;
        name.end = at + 1;
        return Some(at + 1);
    }
    None
}

/// Not "A" and "I" as words.
fn is_initial_of_name(view: &View<'_>, name: &Name, at: usize, cue: Cue) -> bool {
    let dotted = view.is_tight(at + 1, b'.') || cue.points >= TITLE;
    let shouted_article = view.text(at) == "I" && name.words < 2;
    if name.words + name.initials == 0 {
        dotted
    } else {
        dotted || !shouted_article
    }
}

/// Passes a hyphen, or quotes and brackets around a nickname, between parts.
fn joint(view: &View<'_>, name: &mut Name, at: usize) -> usize {
    let next = view.unit(at + 1);
    if view.is_tight(at, b'-')
        && next.is_some_and(|unit| unit.is_word() && !unit.space_before && unit.case != Case::Lower)
    {
        name.joined += usize::from(name.words > 0);
        return at + 1;
    }
    let quote = view.unit(at).filter(|unit| {
        matches!(unit.first, b'"' | b'(' | b'\'') && unit.shape == Shape::Sign && unit.space_before
    });
    if let (Some(quote), 1) = (quote, name.words) {
        let close = if quote.first == b'(' {
            b')'
        } else {
            quote.first
        };
        let nick = next.is_some_and(|unit| unit.is_capital() && !unit.weights.is(Sort::Function));
        let after = view
            .unit(at + 3)
            .is_some_and(|unit| unit.is_capital() && unit.weights.surname() >= 1);
        if nick && after && view.is_sign(at + 2, close) {
            name.words += 1;
            return at + 3;
        }
    }
    at
}

/// Returns the index after a run of particles that a name word follows.
fn particles(view: &View<'_>, at: usize) -> Option<usize> {
    let mut end = at;
    while end < at + 3 && is_particle(view, end) {
        end = view.past_dot(end + 1);
        end += usize::from(view.is_tight(end, b'-'));
    }
    let next = view.unit(end)?;
    (end > at && (next.is_capital() || next.case == Case::Mixed) && !next.is_initial())
        .then_some(end)
}

fn is_particle(view: &View<'_>, at: usize) -> bool {
    let other = [
        "st", "e", "y", "do", "af", "ten", "santa", "san", "mac", "el", "la", "le", "da",
    ];
    let unit = view.unit(at);
    let capital = |unit: &Unit| {
        unit.case != Case::Lower && (view.is_one_of(at, &other) || unit.weights.given() >= 7)
    };
    unit.is_some_and(|unit| unit.weights.is(Sort::Particle) && !capital(unit))
        && !view.is_one_of(
            at,
            &[
                "st", "e", "y", "do", "af", "ten", "santa", "san", "mac", "op", "des",
            ],
        )
}

/// "Young-ho", "Min-ji": a given name of two syllables, the second in lower case.
fn compound(view: &View<'_>, at: usize) -> Option<usize> {
    let second = view.unit(at + 2).filter(|unit| {
        unit.is_word() && unit.case == Case::Lower && !unit.space_before && unit.len() <= 6
    })?;
    if !view.is_capital(at) || !view.is_tight(at + 1, b'-') || second.weights.is(Sort::Function) {
        return None;
    }
    let listed = view
        .phrase(at, |weights| weights.given() >= 1)
        .is_some_and(|phrase| phrase.end == at + 3);
    let surname = view
        .unit(at + 3)
        .is_some_and(|unit| unit.is_capital() && unit.weights.surname() >= 5 && unit.len() <= 5);
    (listed || surname && second.weights.common() <= 3 && view.unit(at)?.len() <= 6)
        .then_some(at + 3)
}

/// "St. John" as a surname.
fn saint(view: &View<'_>, at: usize) -> Option<usize> {
    let next = view.past_dot(at + 1);
    (matches!(view.text(at), "St" | "Saint" | "ST")
        && view
            .unit(next)
            .is_some_and(|unit| unit.is_capital() && unit.weights.given() >= 3))
    .then_some(next + 1)
}

fn is_suffix(view: &View<'_>, at: usize) -> bool {
    matches!(
        view.text(at),
        "Jr" | "Sr" | "JR" | "SR" | "jr" | "II" | "III" | "IV" | "Jnr"
    )
}

/// Jr., Sr., II, III after a name, with or without a comma.
fn suffix(view: &View<'_>, name: &mut Name) {
    if name.words == 0
        || view.unit(name.end - 1).is_some_and(Unit::is_possessive)
        || name.parts() < 2
    {
        return;
    }
    let at = name.end + usize::from(view.is_sign(name.end, b','));
    if is_suffix(view, at) {
        name.end = view.past_dot(at + 1);
    }
}

/// "Smith, John A.", "DOE, JANE": a surname, a comma and a given name that is no sentence of its own.
fn invert(view: &View<'_>, name: &mut Name, cue: Cue) {
    if name.words == 0 || name.parts() > 1 || name.initials > 0 || !view.is_sign(name.end, b',') {
        return;
    }
    let (Some(first), Some(last)) = (name.first, name.last) else {
        return;
    };
    let given = name.end + 1;
    let Some(unit) = view
        .unit(given)
        .filter(|unit| unit.is_capital() && !unit.line_start)
    else {
        return;
    };
    let surname = view.weights(last);
    let listed = unit.weights.given() >= 3 && unit.weights.common() <= 6 && is_free(unit.weights);
    let announced = cue.points >= 4
        && surname.surname() >= 5
        && unit.weights == Weights::default()
        && view.likeness(given) >= 0;
    let is_given = if unit.is_initial() {
        view.is_tight(given + 1, b'.') && surname.surname() >= 5
    } else {
        listed || announced && !super::context::is_credential(view, given)
    };
    let is_surname =
        surname.surname() >= 1 && surname.surname() + 2 >= surname.given() && surname.common() <= 6
            || surname == Weights::default();
    let two_places = unit.weights.place() >= 9 && surname.place() >= 5;
    if !is_given
        || !is_surname
        || view.any(first, &BLOCKING)
        || two_places
        || view.is_inflected(last)
    {
        return;
    }
    name.inverted = true;
    name.words += usize::from(!unit.is_initial());
    name.initials += usize::from(unit.is_initial());
    name.end = if unit.is_initial() {
        view.past_dot(given + 1)
    } else {
        given + 1
    };
    let middle = name.end;
    let Some(unit) = view
        .unit(middle)
        .filter(|unit| unit.is_capital() && unit.space_before && !unit.line_start)
    else {
        return;
    };
    if unit.is_initial() {
        name.end = view.past_dot(middle + 1);
    } else if unit.weights.given() >= 5
        && unit.weights.given() > unit.weights.surname()
        && is_free(unit.weights)
    {
        name.end = middle + 1;
    }
}

/// Returns true if no list says that the word is something else, or it is a very usual given name.
pub(crate) fn is_free(weights: Weights) -> bool {
    !weights.any(&BLOCKING) || (weights.given() >= 10 && !weights.any(&[Sort::NotName, Sort::Drug]))
}

/// Returns true if the unit can be a whole word of a name.
fn is_name_word(view: &View<'_>, at: usize, lower: bool, words: usize, cue: Cue) -> bool {
    let Some(unit) = view.unit(at) else {
        return false;
    };
    if unit.len() < 2 {
        return false;
    }
    if lower {
        return unit.case == Case::Lower && is_lower_name_word(view, at, words, cue);
    }
    let weights = unit.weights;
    let named = weights.given().max(weights.surname());
    if !unit.is_capital()
        || weights.is(Sort::Function)
            && named < 9
            && !(cue.points >= TITLE && words == 0)
            && !(words > 0 && weights.surname() >= 6)
    {
        return false;
    }
    // Names of months, states and drugs stay names where they are good given names ("April", "Georgia", "Virginia").
    let announced = words > 0 || cue.points >= STRONG || weights.given() >= 8;
    // "ANA" is a body, "Ana" a name.
    let acronym =
        unit.case == Case::Title && unit.len() <= 4 && named >= 5 && weights.is(Sort::PublicBody);
    let never =
        weights.any(&[Sort::NotName, Sort::Drug]) || weights.is(Sort::PublicBody) && !acronym;
    if weights.any(&BLOCKING) && !acronym && (named < 5 || never || !announced) {
        return false;
    }
    let trade = [
        Sort::Title,
        Sort::Department,
        Sort::Medical,
        Sort::Role,
        Sort::Relation,
        Sort::Verb,
    ];
    let titled = cue.points >= TITLE && words == 0 && !weights.is(Sort::Title);
    if weights.any(&trade) && named < 7 && !titled && !(words > 0 && weights.surname() >= 4) {
        return false;
    }
    if unit.case == Case::Upper
        && unit.len() <= 4
        && named < 5
        && !(cue.points >= STRONG && view.is_shouted(at))
    {
        return false;
    }
    if weights.is(Sort::Credential) && unit.case == Case::Upper && named < 7 {
        return false;
    }
    let heads = [
        Sort::DiseaseHead,
        Sort::OrgHead,
        Sort::WeakOrgHead,
        Sort::WeakFacilityHead,
        Sort::LandmarkHead,
        Sort::StreetSuffix,
    ];
    !(named < 6 && (weights.common() >= 7 || weights.any(&heads))
        || named == 0 && view.is_inflected(at))
}

fn is_lower_name_word(view: &View<'_>, at: usize, words: usize, cue: Cue) -> bool {
    let weights = view.weights(at);
    if view.unit(at).map_or(0, Unit::len) < 3 && weights.surname() < 6 {
        return false;
    }
    let other = [
        Sort::Medical,
        Sort::Role,
        Sort::Relation,
        Sort::DiseaseHead,
        Sort::Department,
        Sort::Verb,
        Sort::Function,
    ];
    let most = if words == 0 { 4 } else { 7 };
    if weights.any(&BLOCKING) || weights.any(&other) || weights.common() > most {
        return false;
    }
    match words {
        0 if cue.points >= 8 => {
            weights.common() == 0 && !view.is_inflected(at) || weights.given() >= 6
        }
        0 if cue.points >= 5 => {
            let known = weights.given() >= 4 || weights.surname() >= 6;
            weights.common() <= 1 && (known || view.likeness(at) >= 2)
        }
        0 => weights.given() >= 8 && weights.common() == 0 && weights.place() <= 3,
        _ => {
            weights.surname() >= 3 && weights.common() <= 1
                || cue.points >= 8 && weights.common() <= 1 && !view.is_inflected(at)
                || cue.points >= 5 && weights.surname() >= 7
                || cue.points >= STRONG && weights == Weights::default() && view.likeness(at) > 0
        }
    }
}

/// Takes a plain word off the end that merely follows the name.
fn drop_plain_end(view: &View<'_>, name: &mut Name) {
    let (Some(first), Some(last)) = (name.first, name.last) else {
        return;
    };
    if name.words < 2 || name.inverted || last == first || last + 1 != name.end {
        return;
    }
    let weights = view.weights(last);
    let plain = weights.given() == 0
        && weights.surname() <= 2
        && (weights.common() >= 5 || view.is_inflected(last));
    if plain {
        name.end = last;
        name.words -= 1;
        name.last = (first..last)
            .rev()
            .find(|at| view.unit(*at).is_some_and(Unit::is_word));
    }
}
