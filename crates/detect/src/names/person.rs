//! People: whether the words of a name and the context make one.

use crate::candidate::Priority;
use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::Case;

use super::context::{self, Cue, STRONG, TITLE};
use super::learned::Carried;
use super::name::{self, BLOCKING, Name};
use super::unit::Unit;
use super::view::View;

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

/// Returns the person that begins at the unit at `index`, if one does; `cue` is what stands before.
pub(crate) fn find(view: &View<'_>, carried: &Carried, index: usize, cue: Cue) -> Option<Found> {
    view.unit(index).filter(|unit| unit.is_word())?;
    let name = name::read(view, index, cue)?;
    if name.words == 0 {
        return initials(view, &name, cue);
    }
    judge(view, carried, &name, cue)
}

/// Initials alone: "J.D.", "Dr. J.", "patient A.B.".
fn initials(view: &View<'_>, name: &Name, cue: Cue) -> Option<Found> {
    if cue.points < 5 || name.initials == 0 || context::is_credential(view, name.start) {
        return None;
    }
    if name.initials == 1 && cue.points < TITLE && !view.is_tight(name.start + 1, b'.') {
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
fn judge(view: &View<'_>, carried: &Carried, name: &Name, cue: Cue) -> Option<Found> {
    if is_something_else(view, name, cue) {
        return None;
    }
    let (first, last) = (name.first?, name.last?);
    let possessive = view.unit(name.end - 1).is_some_and(Unit::is_possessive);
    let after = if possessive
        && view
            .unit(name.end)
            .is_some_and(|next| next.case == Case::Lower)
    {
        Cue {
            points: 1 + i32::from(name.parts() > 1),
            name: "possessive",
        }
    } else if possessive {
        Cue::NONE
    } else {
        context::after(view, name.end)
    };
    let learnt = learnt(view, carried, name, first, last);
    let several = name.parts() >= 2;
    let alone = cue.points <= 0 && learnt == 0;
    if !several
        && alone
        && view.weights(first).given() < 5
        && (name.joined > 0 || after.name == "verb after")
    {
        return None;
    }
    let weights = view.weights(first);
    // "Patient: Uhm, …" is talk, "Patient: Smith" is a name.
    if !several
        && learnt == 0
        && cue.name == "role label"
        && weights.given().max(weights.surname()) < 3
    {
        return None;
    }
    let mut points = if several {
        full(view, name, first, last)
    } else {
        single(view, first)
    };
    points += form(view, name, first);
    points += i32::from(several && cue.name == "preposition");
    points += cue.points + after.points + learnt;
    let shouted = view
        .unit(first)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() > 1)
        && view.is_shouted(first);
    points -= 2 * i32::from(shouted);
    points += 3 * i32::from(carried.last_person > 0 && is_list(view, carried.last_person, first));
    let context = match (cue.points > 0, learnt > 0) {
        (true, _) => cue.name,
        (false, true) => "named earlier",
        (false, false) => after.name,
    };
    let rule = match (several, learnt > 0) {
        (false, true) => "repeated name",
        (false, false) => "single name",
        (true, _) => "full name",
    };
    let priority = if cue.points >= STRONG {
        Priority::Labelled
    } else {
        Priority::Lexicon
    };
    #[expect(clippy::cast_precision_loss, reason = "0 to 15")]
    let weight = view
        .weights(first)
        .given()
        .max(view.weights(last).surname()) as f32
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

/// What the place of the name in its line says: alone in it, or before the colon of a speaker.
fn form(view: &View<'_>, name: &Name, first: usize) -> i32 {
    let starts_line = view.unit(name.start).is_some_and(|unit| unit.line_start)
        || name.start == 0 && view.segment.starts_line;
    let ends_line = view
        .unit(name.end)
        .map_or(view.segment.complete, |unit| unit.line_start);
    let weights = view.weights(first);
    if starts_line
        && ends_line
        && name.parts() >= 2
        && (weights.given() >= 1 || view.weights(name.end - 1).surname() >= 3)
    {
        return 2;
    }
    if starts_line && view.is_sign(name.end, b':') && weights.given() >= 5 && weights.common() <= 3
    {
        return 3;
    }
    0
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
fn full(view: &View<'_>, name: &Name, first: usize, last: usize) -> i32 {
    if name.words - name.joined.min(name.words) <= 1 && name.initials > 0 {
        return with_initials(view, name, first);
    }
    let (front, back) = if name.inverted {
        (name.end - 1, first)
    } else {
        (first, last)
    };
    let (given, surname) = (view.weights(front), view.weights(back));
    let mut points = match given.given() {
        9.. => 4,
        5..9 => 3,
        3..5 => 2,
        1..3 => 0,
        // "Taylor", "Jackson": surnames that are given names too.
        _ if given.surname() >= 3 && given.common() <= 3 && !given.is(Sort::Eponym) => 1,
        _ => view.likeness(front) - 1,
    };
    points += match surname.surname() {
        7.. => 4,
        3..7 => 3,
        1..3 => 2,
        _ if surname == Weights::default() => 1 + view.likeness(back),
        _ => 0,
    };
    points -= common_cost(given, given.given()) + common_cost(surname, surname.surname());
    if given.is(Sort::Eponym) && given.given() < 8 && surname.is(Sort::Eponym) {
        points -= 3;
    }
    if given.place() >= 5 && given.given() < 8 {
        points -= 2;
    }
    if given.any(&BLOCKING) || surname.any(&BLOCKING) {
        points -= 2;
    }
    let inside = !view.starts_sentence(name.start) && !view.is_shouted(name.start);
    // "Hanne I. Kreutzmann": nothing else is written so.
    let middle = (first + 1..last)
        .any(|at| view.unit(at).is_some_and(Unit::is_initial) && view.is_tight(at + 1, b'.'));
    points
        + (1 + i32::from(given.given() >= 5)) * i32::from(name.inverted)
        + i32::from(inside)
        + 2 * i32::from(middle)
}

/// "John P.", "J. Smith", "Smith J."
fn with_initials(view: &View<'_>, name: &Name, first: usize) -> i32 {
    let weights = view.weights(first);
    let base = match weights.given().max(weights.surname()) {
        9.. => 7,
        6..9 => 6,
        3..6 => 4,
        1..3 => 1,
        _ => view.likeness(first),
    };
    // "J. Whitaker" as against "E. Coli": nothing but a name, or letters like one.
    let leads = first > name.start
        && view.is_tight(name.start + 1, b'.')
        && !weights.any(&[Sort::Proper, Sort::Medical, Sort::DiseaseHead]);
    let leads =
        leads && (weights.surname() >= 2 || view.likeness(first) > 0) && weights.common() == 0;
    let common = if weights.common() >= 5 { 3 } else { 0 };
    let medicine =
        weights.any(&[Sort::Medical, Sort::Eponym, Sort::DiseaseHead]) && weights.given() < 8;
    let bare = !view.is_sign(name.end - 1, b'.') && first == name.start;
    base + 2 * i32::from(leads) - common - 4 * i32::from(medicine) - 2 * i32::from(bare)
}

/// What it costs that a word is also one of ordinary English or of medicine.
fn common_cost(weights: Weights, named: u32) -> i32 {
    match weights.common().saturating_sub(named / 2) {
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
        (0, 0) => view.likeness(at),
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
    if view.is_one_of(at.wrapping_sub(1), &["the", "a", "an"]) {
        points -= 4;
    }
    let strong = weights.given() >= 8 && weights.common() <= 2 && weights.place() < 9;
    let case = view.unit(at).map_or(Case::None, |unit| unit.case);
    let after_capital = at > 0 && view.is_capital(at - 1) && !view.starts_sentence(at - 1);
    if view.starts_sentence(at) {
        points -= 3 * i32::from(weights.common() >= 4);
    } else if case == Case::Title && strong && !after_capital {
        points += 2;
    } else if case == Case::Lower
        && weights.given() >= 10
        && view.is_one_of(at - 1, &["with", "from", "by", "told", "and", "to"])
    {
        points += 1;
    }
    points
}

/// What earlier mentions say.
fn learnt(view: &View<'_>, carried: &Carried, name: &Name, first: usize, last: usize) -> i32 {
    let known = |at: usize| view.unit(at).is_some_and(|unit| carried.knows(unit.key));
    if !known(first) && !known(last) {
        return 0;
    }
    let word_at_start =
        name.parts() == 1 && view.starts_sentence(first) && view.weights(first).common() >= 5;
    if word_at_start { 3 } else { 6 }
}

/// "Ann, Bob and Carla": only commas and "and" since the last name.
fn is_list(view: &View<'_>, from: usize, to: usize) -> bool {
    from < to
        && to <= from + 2
        && (from..to).all(|at| {
            view.is_sign(at, b',') || view.is_sign(at, b'&') || view.is_one_of(at, &["and", "or"])
        })
}

/// Eponyms, streets, counties, institutions: capitals that are part of something else.
fn is_something_else(view: &View<'_>, name: &Name, cue: Cue) -> bool {
    let titled = cue.points >= TITLE;
    if is_plain_word(view, name, cue)
        || view.is_one_of(name.end, &["et"]) && view.is_one_of(name.end + 1, &["al"])
    {
        return true;
    }
    if titled {
        return false;
    }
    if name.parts() == 1 && context::is_credential(view, name.start) {
        return true;
    }
    is_phrase(view, name, cue)
        || is_eponym(view, name, cue)
        || is_hyphenated(view, name)
        || is_followed_by_head(view, name)
}

/// "Doctor Visits", "Baby Book": plain words with a capital.
fn is_plain_word(view: &View<'_>, name: &Name, cue: Cue) -> bool {
    let weights = view.weights(name.start);
    let before = name.start.wrapping_sub(1);
    let short_title =
        view.is_sign(before, b'.') || view.is_one_of(before, &["dr", "mr", "mrs", "ms"]);
    let weak = if cue.points >= TITLE {
        !short_title
    } else {
        cue.points < 7
    };
    weak && name.parts() == 1
        && (weights.common() >= 5 && weights.given().max(weights.surname()) < 6
            || weights.common() >= 7 && weights.given().max(weights.surname()) < 9)
}

/// "Good Morning", "Rose Bengal"; "Jane Doe" as a phrase for somebody unknown.
fn is_phrase(view: &View<'_>, name: &Name, cue: Cue) -> bool {
    let phrase = view.phrase(name.start, |weights| weights.is(Sort::NotName));
    let whole = phrase.is_some_and(|phrase| phrase.words > 1 && phrase.end >= name.end);
    // A text may still give it to a patient as a name.
    let given = view.is_one_of(name.end - 1, &["doe"])
        && (cue.points >= 4 || context::after(view, name.end).points >= 3);
    let facility = view.phrase(name.start, |weights| weights.is(Sort::Facility));
    let known = cue.points < STRONG
        && facility.is_some_and(|phrase| phrase.words > 1 && phrase.end >= name.end);
    known || whole && !given
}

/// "Crohn's disease", "Jackson-Pratt drain", "Miller Fisher".
fn is_eponym(view: &View<'_>, name: &Name, cue: Cue) -> bool {
    let next = view.weights(name.end);
    let possessive = view.unit(name.end - 1).is_some_and(Unit::is_possessive);
    let given = view.weights(name.start).given();
    let disease =
        |at: usize| view.unit(at).is_some_and(Unit::is_word) && view.any(at, &[Sort::DiseaseHead]);
    if disease(name.end)
        && (possessive || !next.is(Sort::Verb))
        && !(name.parts() >= 2 && given >= 5 && possessive)
    {
        return true;
    }
    // "Williams-Beuren region duplication syndrome"
    if name.joined > 0 && cue.points < 4 && (name.end + 1..name.end + 4).any(disease) {
        return true;
    }
    let phrase = view.phrase(name.start, |weights| weights.is(Sort::Eponym));
    cue.points < 4 && phrase.is_some_and(|phrase| phrase.words > 1)
}

/// "Duane-radial ray syndrome".
fn is_hyphenated(view: &View<'_>, name: &Name) -> bool {
    view.is_tight(name.end, b'-')
        && view
            .unit(name.end + 1)
            .is_some_and(|unit| !unit.space_before && unit.case == Case::Lower)
}

/// "Lincoln Street", "Jackson County", "Wilson Disease".
fn is_followed_by_head(view: &View<'_>, name: &Name) -> bool {
    let heads = [
        Sort::StreetSuffix,
        Sort::LandmarkHead,
        Sort::DiseaseHead,
        Sort::FacilityHead,
        Sort::OrgHead,
    ];
    view.unit(name.end).is_some_and(|unit| {
        unit.is_capital()
            && !unit.line_start
            && unit.weights.any(&heads)
            && !unit.weights.is(Sort::Title)
    })
}

/// Returns the keys of the words of a name that are worth remembering.
pub(crate) fn lessons<'a>(
    view: &'a View<'_>,
    start: usize,
    end: usize,
) -> impl Iterator<Item = u64> + 'a {
    let units = view.units.get(start..end).unwrap_or_default();
    let worth = |unit: &&Unit| {
        unit.is_word()
            && unit.len() > 2
            && unit.weights.common() <= 8
            && !unit.weights.is(Sort::Particle)
    };
    units.iter().filter(worth).map(|unit| unit.key)
}
