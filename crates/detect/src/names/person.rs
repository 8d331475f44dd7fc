//! People: how a name is written, and whether the words and the context make one.

use crate::candidate::Priority;
use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::context::{self, Cue, STRONG};
use super::learned::Carried;
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
    first: Option<usize>,
    last: Option<usize>,
    words: usize,
    initials: usize,
    /// Words joined to the one before by a hyphen.
    joined: usize,
    /// "Last, First".
    inverted: bool,
}

/// A name that was decided for.
pub(crate) struct Found {
    /// Index after the last unit.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) confidence: f32,
    pub(crate) rule: &'static str,
    pub(crate) context: &'static str,
    pub(crate) weight: f32,
    pub(crate) priority: Priority,
}

/// Returns the person that begins at the unit at `index`, if one does.
pub(crate) fn find(view: &View<'_>, carried: &Carried, index: usize, cue: Cue) -> Option<Found> {
    let unit = view.unit(index).filter(|unit| unit.is_word())?;
    if unit.case == Case::Lower && !may_be_lower(view, index, unit) {
        return None;
    }
    let name = shorten(view, read(view, index, cue)?);
    if name.words == 0 {
        return initials(view, name, cue);
    }
    judge(view, carried, name, cue)
}

/// A cheap test that spares most words in lower case the rest.
fn may_be_lower(view: &View<'_>, index: usize, unit: &Unit) -> bool {
    let weights = unit.weights;
    (weights.given() >= 3 || weights.surname() >= 3 || weights == Weights::default())
        && weights.common() <= 4
        && index > 0
        || is_particle(view, index)
}

/// Reads the longest name that begins at `index`.
pub(crate) fn read(view: &View<'_>, index: usize, cue: Cue) -> Option<Name> {
    let lower = view.unit(index)?.case == Case::Lower && !is_particle(view, index);
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
    invert(view, &mut name, lower);
    suffix(view, &mut name);
    (name.end > name.start).then_some(name)
}

/// Reads one part of a name at `at`; returns the index after it.
fn part(view: &View<'_>, name: &mut Name, at: usize, lower: bool, cue: Cue) -> Option<usize> {
    let unit = view.unit(at).filter(|unit| unit.is_word())?;
    if at > name.start && unit.line_start && unit.weights.given() < 3 && unit.weights.surname() < 3
    {
        return None;
    }
    if unit.is_initial() && !is_particle(view, at) {
        if is_not_initial(view, name, at) {
            return None;
        }
        let end = view.past_dot(at + 1);
        name.initials += 1;
        // The full stop belongs to an initial, and to the sentence where the sentence ends: both is harmless.
        name.end = end;
        return Some(end);
    }
    if at > name.start || name.words == 0 {
        if let Some(end) = particles(view, at) {
            return (at > name.start || cue.points > 0 || view.unit(at)?.is_capital())
                .then_some(end);
        }
    }
    if is_name_word(view, at, lower, name.words, cue) {
        name.first = name.first.or(Some(at));
        name.last = Some(at);
        name.words += 1;
        name.end = at + 1;
        return Some(at + 1);
    }
    None
}

/// "Type A", "vitamin B", "Stage I": a letter after a word that is no given name; "A" and "I" as words.
fn is_not_initial(view: &View<'_>, name: &Name, at: usize) -> bool {
    if name.words == 0 && name.initials == 0 {
        let dotted = view.is_tight(at + 1, b'.');
        return !dotted;
    }
    let alone = !view.is_tight(at + 1, b'.');
    alone && matches!(view.text(at), "I") && name.words < 2
}

/// Hyphen, or quotes and brackets around a nickname, between parts.
fn joint(view: &View<'_>, name: &mut Name, at: usize) -> usize {
    if view.is_tight(at, b'-')
        && view
            .unit(at + 1)
            .is_some_and(|unit| unit.is_word() && !unit.space_before && unit.case != Case::Lower)
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
        let nick = view
            .unit(at + 1)
            .is_some_and(|unit| unit.is_capital() && unit.weights.given() >= 1);
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
        if view.is_tight(end, b'-') {
            end += 1;
        }
    }
    let next = view.unit(end)?;
    (end > at && (next.is_capital() || (next.case == Case::Mixed)) && !next.is_initial())
        .then_some(end)
}

fn is_particle(view: &View<'_>, at: usize) -> bool {
    view.weights(at).is(Sort::Particle)
        && !matches!(
            view.lower(at).as_str(),
            "st" | "e" | "y" | "do" | "af" | "ten" | "santa" | "san" | "mac"
        )
}

/// Jr., Sr., II, III after a name, with or without a comma.
fn suffix(view: &View<'_>, name: &mut Name) {
    if name.words == 0 || view.unit(name.end - 1).is_some_and(Unit::is_possessive) {
        return;
    }
    let at = if view.is_sign(name.end, b',') {
        name.end + 1
    } else {
        name.end
    };
    if view.unit(at).is_some_and(Unit::is_word)
        && matches!(
            view.text(at),
            "Jr" | "Sr" | "JR" | "SR" | "jr" | "II" | "III" | "IV" | "Jnr"
        )
        && (name.words + name.initials) > 1
    {
        name.end = view.past_dot(at + 1);
    }
}

/// "Smith, John A.", "DOE, JANE": a surname, a comma and a given name that is no sentence of its own.
fn invert(view: &View<'_>, name: &mut Name, lower: bool) {
    if lower
        || name.words == 0
        || name.words > 2
        || name.initials > 0
        || !view.is_sign(name.end, b',')
    {
        return;
    }
    let (Some(first), Some(last)) = (name.first, name.last) else {
        return;
    };
    let given = name.end + 1;
    let Some(unit) = view.unit(given).filter(|unit| unit.is_capital()) else {
        return;
    };
    let surname = view.weights(last);
    let is_given = if unit.is_initial() {
        view.is_tight(given + 1, b'.') && surname.surname() >= 5
    } else {
        unit.weights.given() >= 3 && is_free(unit.weights)
    };
    let is_surname =
        surname.surname() >= 1 && surname.surname() + 2 >= surname.given() && surname.common() <= 6
            || (surname == Weights::default());
    // "Johnson, Robert Smith" is a list; "Johnson, Robert A." and "Johnson, Robert" are names.
    if !is_given
        || !is_surname
        || view.weights(first).any(&BLOCKING)
        || unit.weights.place() >= 9 && surname.place() >= 5
    {
        return;
    }
    name.inverted = true;
    name.words += usize::from(!unit.is_initial());
    name.end = view
        .past_dot(given + usize::from(unit.is_initial()))
        .max(given + 1);
    let middle = name.end;
    if let Some(unit) = view
        .unit(middle)
        .filter(|unit| unit.is_capital() && unit.space_before)
    {
        if unit.is_initial() {
            name.end = view.past_dot(middle + 1);
        } else if unit.weights.given() >= 5
            && unit.weights.given() > unit.weights.surname()
            && is_free(unit.weights)
        {
            name.end = middle + 1;
        }
    }
}

/// Sorts of words that are never part of a name.
const BLOCKING: [Sort; 9] = [
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

fn is_free(weights: Weights) -> bool {
    !weights.any(&BLOCKING) || (weights.given() >= 10 && !weights.any(&[Sort::NotName, Sort::Drug]))
}

/// Returns true if the unit can be a whole word of a name.
fn is_name_word(view: &View<'_>, at: usize, lower: bool, words: usize, cue: Cue) -> bool {
    let Some(unit) = view.unit(at) else {
        return false;
    };
    let weights = unit.weights;
    let named = weights.given().max(weights.surname());
    if unit.len() < 2 {
        return false;
    }
    if lower {
        return unit.case == Case::Lower && is_lower_name_word(view, at, words, cue);
    }
    if !unit.is_capital() {
        return false;
    }
    // Names of months, states and drugs stay names where they are good given names ("April", "Georgia", "Virginia").
    if weights.any(&BLOCKING)
        && !(named >= 5
            && !weights.any(&[Sort::NotName, Sort::Drug, Sort::PublicBody])
            && (words > 0 || cue.points >= STRONG || weights.given() >= 8))
    {
        return false;
    }
    if weights.any(&[
        Sort::Title,
        Sort::Department,
        Sort::Medical,
        Sort::Role,
        Sort::Relation,
    ]) && named < 7
        && !(words > 0 && weights.surname() >= 4)
    {
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
    if weights.common() >= 7 && named < 6 {
        return false;
    }
    if weights.any(&[
        Sort::DiseaseHead,
        Sort::OrgHead,
        Sort::LandmarkHead,
        Sort::StreetSuffix,
    ]) && named < 6
    {
        return false;
    }
    true
}

fn is_lower_name_word(view: &View<'_>, at: usize, words: usize, cue: Cue) -> bool {
    let weights = view.weights(at);
    let unit_len = view.unit(at).map_or(0, Unit::len);
    if unit_len < 3 && weights.surname() < 6 {
        return false;
    }
    if weights.any(&BLOCKING)
        || weights.any(&[
            Sort::Medical,
            Sort::Role,
            Sort::Relation,
            Sort::DiseaseHead,
            Sort::Department,
            Sort::Verb,
        ])
    {
        return false;
    }
    match words {
        0 if cue.points >= 8 => {
            weights.common() == 0 || (weights.given() >= 6 && weights.common() <= 4)
        }
        0 if cue.points >= 5 => {
            weights.common() <= 1 && (weights.given() >= 4 || weights.surname() >= 6)
        }
        0 => weights.given() >= 8 && weights.common() == 0 && weights.place() <= 3,
        _ => {
            weights.surname() >= 3 && weights.common() <= 1
                || (cue.points >= STRONG && weights == Weights::default())
        }
    }
}

/// Takes a plain word off the end that merely follows the name.
fn shorten(view: &View<'_>, mut name: Name) -> Name {
    if name.words >= 2 && !name.inverted {
        if let (Some(first), Some(last)) = (name.first, name.last) {
            let weights = view.weights(last);
            let tail = weights.given() == 0
                && weights.surname() <= 2
                && weights.common() >= 5
                && last + 1 == name.end;
            if tail && last > first {
                name.end = last;
                name.words -= 1;
                name.last = (first..last)
                    .rev()
                    .find(|at| view.unit(*at).is_some_and(Unit::is_word));
            }
        }
    }
    name
}

/// Initials alone: "J.D.", "Dr. J.", "patient A.B.".
fn initials(view: &View<'_>, name: Name, cue: Cue) -> Option<Found> {
    if cue.points < 5 || name.initials == 0 {
        return None;
    }
    if name.initials == 1 && cue.points < context::TITLE && !view.is_tight(name.start + 1, b'.') {
        return None;
    }
    Some(Found {
        end: name.end,
        kind: Kind::Initials,
        confidence: 0.8,
        rule: "initials",
        context: cue.name,
        weight: 0.0,
        priority: Priority::Labelled,
    })
}

/// Decides whether a name as written is one.
fn judge(view: &View<'_>, carried: &Carried, name: Name, cue: Cue) -> Option<Found> {
    if is_something_else(view, &name, cue) {
        return None;
    }
    let (first, last) = (name.first?, name.last?);
    let after = if view.unit(name.end - 1).is_some_and(Unit::is_possessive) {
        Cue::NONE
    } else {
        context::after(view, name.end)
    };
    let groups = (name.words + name.initials).saturating_sub(name.joined);
    let lexical = if groups >= 2 {
        several(view, &name, first, last)
    } else {
        single(view, first)
    };
    let learnt = learnt(view, carried, &name, first, last);
    let mut points = lexical + cue.points + after.points + learnt;
    if view
        .unit(first)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() > 1)
        && view.is_shouted(first)
    {
        points -= 2;
    }
    if carried.last_person > 0
        && carried.last_person + 2 >= first
        && is_list(view, carried.last_person, first)
    {
        points += 3;
    }
    let context = if learnt > 0 && cue.points == 0 {
        "named earlier"
    } else if cue.points > 0 {
        cue.name
    } else {
        after.name
    };
    if groups == 1 && cue.points <= 0 && learnt == 0 && view.weights(first).given() < 5 {
        return None;
    }
    let rule = match (groups, learnt > 0) {
        (1, true) => "repeated name",
        (1, false) => "single name",
        _ => "full name",
    };
    let priority = if cue.points >= STRONG {
        Priority::Labelled
    } else {
        Priority::Lexicon
    };
    let weight = (view
        .weights(first)
        .given()
        .max(view.weights(last).surname())) as f32
        / 15.0;
    Some(Found {
        end: name.end,
        kind: Kind::Person,
        confidence: confidence(points)?,
        rule,
        context,
        weight,
        priority,
    })
}

/// Rough steps from points to confidence; under five points it is not proposed at all.
fn confidence(points: i32) -> Option<f32> {
    match points {
        ..5 => None,
        5 => Some(0.5),
        6 => Some(0.62),
        7..9 => Some(0.75),
        9..11 => Some(0.88),
        11..14 => Some(0.93),
        _ => Some(0.97),
    }
}

/// What the words say of a name of several parts.
fn several(view: &View<'_>, name: &Name, first: usize, last: usize) -> i32 {
    let given = view.weights(first);
    let surname = view.weights(last);
    if name.words - name.joined.min(name.words) <= 1 && name.initials > 0 {
        // "John P.", "J. Smith", "Smith J."
        let weights = view.weights(first);
        let dotted = view.is_sign(name.end - 1, b'.');
        let best = weights.given().max(weights.surname());
        let base = match best {
            9.. => 7,
            6..9 => 6,
            3..6 => 4,
            1..3 => 1,
            _ => 0,
        };
        let common = if weights.common() >= 5 { 3 } else { 0 };
        let proper = if weights.any(&[Sort::Medical, Sort::Eponym, Sort::DiseaseHead])
            && weights.given() < 8
        {
            4
        } else {
            0
        };
        let bare = if dotted || first > name.start { 0 } else { 2 };
        return base - common - proper - bare;
    }
    let front = if name.inverted {
        view.weights(name.end.saturating_sub(1)).given().max(3)
    } else {
        given.given()
    };
    let back = if name.inverted {
        given.surname()
    } else {
        surname.surname()
    };
    let mut points = match front {
        9.. => 4,
        5..9 => 3,
        3..5 => 2,
        1..3 => 0,
        _ => -1,
    };
    points += match back {
        7.. => 4,
        3..7 => 3,
        1..3 => 2,
        _ if surname == Weights::default() => 2,
        _ => 0,
    };
    points -= common_cost(given, given.given());
    points -= common_cost(surname, surname.surname());
    if given.any(&[Sort::Eponym]) && given.given() < 8 && surname.any(&[Sort::Eponym]) {
        points -= 3;
    }
    if given.place() >= 5 && given.given() < 8 {
        points -= 2;
    }
    if given.any(&BLOCKING) || surname.any(&BLOCKING) {
        points -= 2;
    }
    if name.inverted {
        points += 1;
    }
    points
}

fn common_cost(weights: Weights, named: u32) -> i32 {
    let common = weights.common();
    let surplus = common.saturating_sub(named / 2);
    match surplus {
        0..3 => 0,
        3..5 => 1,
        5..7 => 3,
        _ => 5,
    }
}

/// What the word says of a name of one word.
fn single(view: &View<'_>, at: usize) -> i32 {
    let weights = view.weights(at);
    let mut points = match (weights.given(), weights.surname()) {
        (9.., _) => 4,
        (_, 9..) | (5..9, _) => 3,
        (_, 5..9) | (3..5, _) => 2,
        (0, 0) => i32::from(weights.common() == 0),
        _ => 1,
    };
    points -= common_cost(weights, weights.given().max(weights.surname()));
    if weights.any(&[Sort::Eponym, Sort::Medical, Sort::Drug, Sort::Department]) {
        points -= 3;
    }
    if weights.any(&[
        Sort::Calendar,
        Sort::State,
        Sort::Country,
        Sort::People,
        Sort::Facility,
        Sort::PublicBody,
    ]) {
        points -= 4;
    }
    if weights.place() >= 8 && weights.given() < 9 {
        points -= 2;
    }
    if weights.is(Sort::Proper) && weights.given() < 8 {
        points -= 1;
    }
    if view.starts_sentence(at) && weights.common() >= 4 {
        points -= 3;
    }
    points
}

/// What earlier mentions say.
fn learnt(view: &View<'_>, carried: &Carried, name: &Name, first: usize, last: usize) -> i32 {
    let known = |at: usize| view.unit(at).is_some_and(|unit| carried.knows(unit.key));
    if !known(first) && !known(last) {
        return 0;
    }
    let weights = view.weights(first);
    if name.words == 1 && name.initials == 0 && view.starts_sentence(first) && weights.common() >= 5
    {
        3
    } else {
        6
    }
}

/// "Ann, Bob and Carla": only commas and "and" since the last name.
fn is_list(view: &View<'_>, from: usize, to: usize) -> bool {
    from < to
        && (from..to).all(|at| {
            view.is_sign(at, b',')
                || view.is_sign(at, b'&')
                || matches!(view.lower(at).as_str(), "and" | "or")
        })
}

/// Eponyms, streets, counties, institutions: capitals that are part of something else.
fn is_something_else(view: &View<'_>, name: &Name, cue: Cue) -> bool {
    let titled = cue.points >= context::TITLE;
    let possessive = view.unit(name.end - 1).is_some_and(Unit::is_possessive);
    let next = view.weights(name.end);
    let next_is_word = view.unit(name.end).is_some_and(Unit::is_word);
    if !titled
        && next_is_word
        && next.is(Sort::DiseaseHead)
        && !(next.is(Sort::Verb) && !possessive)
    {
        let full = name.words >= 2 && view.weights(name.start).given() >= 5;
        if !(full && possessive) {
            return true;
        }
    }
    if !titled
        && view
            .phrase(name.start, |weights| weights.is(Sort::NotName))
            .is_some_and(|phrase| phrase.words > 1 && phrase.end >= name.end)
    {
        // "Jane Doe" is a phrase for somebody unknown, unless the text gives it to a patient as a name.
        let doe = view.lower(name.end - 1).as_str() == "doe"
            && (cue.points >= 4 || context::after(view, name.end).points >= 3);
        if !doe {
            return true;
        }
    }
    // "Duane-radial ray syndrome"
    if view.is_tight(name.end, b'-')
        && view
            .unit(name.end + 1)
            .is_some_and(|unit| !unit.space_before && unit.case == Case::Lower)
        && !titled
    {
        return true;
    }
    // "Doctor Visits", "Baby Book": plain words with a capital.
    let first = view.weights(name.start);
    let word_title = titled
        && !view.is_sign(name.start.wrapping_sub(1), b'.')
        && !matches!(
            view.lower(name.start.wrapping_sub(1)).as_str(),
            "dr" | "mr" | "mrs" | "ms"
        );
    if (word_title || !titled && cue.points < 7)
        && name.words == 1
        && name.initials == 0
        && first.common() >= 7
        && first.given().max(first.surname()) < 9
    {
        return true;
    }
    let eponym = |words: usize| {
        view.phrase(name.start, |weights| weights.is(Sort::Eponym))
            .is_some_and(|phrase| phrase.words >= words)
    };
    if cue.points < 4 && eponym(2) {
        return true;
    }
    let capital = view.unit(name.end).is_some_and(Unit::is_capital);
    if capital
        && !titled
        && next.any(&[Sort::StreetSuffix, Sort::LandmarkHead, Sort::DiseaseHead])
        && !next.any(&[Sort::Title])
    {
        return true;
    }
    // "Wilson-Mikity syndrome", "Smith et al."
    matches!(view.lower(name.end).as_str(), "et") && view.lower(name.end + 1).as_str() == "al"
}

/// Returns the keys of the words of a name that are worth remembering.
pub(crate) fn lessons<'a>(
    view: &'a View<'_>,
    start: usize,
    end: usize,
) -> impl Iterator<Item = u64> + 'a {
    view.units
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .filter(|unit| {
            unit.is_word()
                && unit.len() > 2
                && unit.weights.common() <= 8
                && !unit.weights.is(Sort::Particle)
        })
        .map(|unit| unit.key)
}
