//! Places below state level: cities, counties and landmarks. Street lines and ZIP codes have their own recogniser.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::learned::Carried;
use super::org::Place;
use super::setting::{self, Setting};
use super::unit::Unit;
use super::view::{Phrase, View};

/// Returns the place that begins at the unit at `index`, if one does.
pub(crate) fn find(view: &View<'_>, carried: &Carried, index: usize) -> Option<Place> {
    view.unit(index)
        .filter(|unit| unit.is_capital() && unit.len() > 1)?;
    let setting = setting::of(view, index);
    landmark(view, index, setting)
        .or_else(|| before_state(view, index, setting))
        .or_else(|| city(view, carried, index, setting))
}

/// Words that no name of a landmark begins with.
const NO_LANDMARK: [Sort; 6] = [
    Sort::Calendar,
    Sort::Title,
    Sort::Role,
    Sort::Verb,
    Sort::PublicBody,
    Sort::Function,
];

/// "Cook County", "Logan Airport", "Golden Gate Park".
fn landmark(view: &View<'_>, index: usize, setting: Setting) -> Option<Place> {
    let plain_start = view.starts_sentence(index) && view.weights(index).common() >= 6;
    if view.any(index, &NO_LANDMARK) || plain_start {
        return None;
    }
    let mut at = index;
    let mut distinct = false;
    while at < index + 4 && view.is_capital(at) {
        let head = view
            .phrase(at, |weights| weights.is(Sort::LandmarkHead))
            .filter(|_| at > index);
        if let Some(head) = head {
            let more = view
                .phrase(head.end, |weights| weights.is(Sort::LandmarkHead))
                .filter(|_| view.is_capital(head.end));
            return with_head(
                view,
                index..at,
                more.map_or(head.end, |more| more.end),
                distinct,
                setting,
            );
        }
        let weights = view.weights(at);
        distinct |=
            weights == Weights::default() || weights.common() <= 5 || weights.is(Sort::County);
        at = view.past_dot_if_short(at + 1);
        at += usize::from(view.is_tight(at, b'-'));
    }
    None
}

/// Heads that are plain words too.
const WEAK_HEADS: [&str; 13] = [
    "district", "station", "square", "tower", "towers", "village", "camp", "pier", "terminal",
    "bridge", "dam", "ridge", "grove",
];

fn with_head(
    view: &View<'_>,
    name: std::ops::Range<usize>,
    end: usize,
    distinct: bool,
    setting: Setting,
) -> Option<Place> {
    let head = name.end;
    if view.is_one_of(head, &["county", "parish", "township", "borough"]) {
        let known = view
            .phrase(name.start, |weights| weights.is(Sort::County))
            .is_some_and(|phrase| phrase.end == head);
        let confidence = match setting {
            _ if known => 0.92,
            Setting::None | Setting::Study => return None,
            _ if distinct => 0.8,
            _ => return None,
        };
        return Some(place(
            end,
            Kind::County,
            confidence,
            "name of a county",
            setting,
        ));
    }
    // "Palm Beach", "Fort Bragg": the whole is a known place.
    if view
        .phrase(name.start, |weights| weights.place() >= 4)
        .is_some_and(|phrase| phrase.end >= end)
    {
        return None;
    }
    let confidence = match setting {
        Setting::Home => 0.8,
        Setting::Preposition | Setting::Care | Setting::Work
            if distinct && !view.is_one_of(head, &WEAK_HEADS) =>
        {
            0.7
        }
        Setting::Preposition if distinct => 0.6,
        _ => return None,
    };
    Some(place(
        end,
        Kind::Landmark,
        confidence,
        "landmark with a name",
        setting,
    ))
}

/// Sorts that make a phrase larger than a city, or no place at all.
const LARGE: [Sort; 6] = [
    Sort::State,
    Sort::Country,
    Sort::PublicBody,
    Sort::Calendar,
    Sort::People,
    Sort::NotName,
];

/// A city by list and context.
fn city(view: &View<'_>, carried: &Carried, index: usize, setting: Setting) -> Option<Place> {
    let Some(phrase) = view.phrase(index, |weights| weights.place() >= 1) else {
        let unknown = setting == Setting::Home && is_unknown(view, index);
        return unknown.then(|| {
            place(
                index + 1,
                Kind::City,
                0.7,
                "name where somebody lives",
                setting,
            )
        });
    };
    let weights = phrase.weights;
    let famous = weights.place() >= 9 && setting == Setting::Home;
    if weights.any(&LARGE) && phrase.words == 1 && !famous || is_part_of_term(view, phrase.end) {
        return None;
    }
    let points = size(phrase) + around(view, carried, index, phrase.end, setting)
        - doubt(view, index, phrase, setting);
    let confidence = match points {
        ..5 => return None,
        5 => 0.5,
        6 => 0.65,
        7..9 => 0.8,
        _ => 0.92,
    };
    Some(place(
        phrase.end,
        Kind::City,
        confidence,
        "known place",
        setting,
    ))
}

/// "Denver Developmental test", "Boston's": the city is part of something else.
fn is_part_of_term(view: &View<'_>, end: usize) -> bool {
    let Some(next) = view
        .unit(end)
        .filter(|next| next.is_word() && !next.line_start)
    else {
        return false;
    };
    let disease = next.weights.is(Sort::DiseaseHead)
        && next.case == Case::Lower
        && !view.is_one_of(end, &["area", "region"]);
    disease || view.unit(end - 1).is_some_and(Unit::is_possessive)
}

/// How much the list says.
fn size(phrase: Phrase) -> i32 {
    let people = match phrase.weights.place() {
        9.. => 4,
        6..9 => 3,
        3..6 => 2,
        _ => 1,
    };
    people + 2 * i32::from(phrase.words > 1)
}

/// Words after a city that say that it is one.
const LOCALITY: [&str; 15] = [
    "warehouse",
    "store",
    "plant",
    "area",
    "office",
    "clinic",
    "facility",
    "campus",
    "location",
    "branch",
    "site",
    "region",
    "metro",
    "hospital",
    "suburbs",
];

/// How much the context says.
fn around(view: &View<'_>, carried: &Carried, index: usize, end: usize, setting: Setting) -> i32 {
    let before = setting::preposition_before(view, index);
    let is = |words: &[&str]| before.is_some_and(|at| view.is_one_of(at, words));
    let inside = is(&["in", "near", "outside", "around", "within", "into"]);
    let from = is(&["from", "to", "of", "leaving"]);
    let named = before.is_some_and(|at| {
        view.is_one_of(at, &["of"])
            && at > 0
            && view.is_one_of(at - 1, &["city", "town", "county", "village", "borough"])
    });
    let points = match setting {
        _ if named => 5,
        Setting::Home if inside || from => 5,
        Setting::Care if inside => 4,
        Setting::None if after_place(view, carried, index) => 4,
        Setting::Home => 3,
        Setting::Preposition | Setting::Work if inside => 3,
        Setting::Preposition if is(&["from"]) => 3,
        Setting::Care if from || is(&["at"]) => 2,
        _ => 0,
    };
    let article = view.is_one_of(index.wrapping_sub(1), &["the", "a", "an"]);
    if view.is_one_of(end, &LOCALITY) && setting >= Setting::Preposition {
        points + 4
    } else {
        points - 4 * i32::from(article)
    }
}

/// How much speaks for something else.
fn doubt(view: &View<'_>, index: usize, phrase: Phrase, setting: Setting) -> i32 {
    let (weights, end, single) = (phrase.weights, phrase.end, phrase.words == 1);
    let next = view.weights(end);
    let another = view
        .unit(end)
        .is_some_and(|next| next.is_capital() && !next.line_start);
    let capital_next = another && !next.any(&[Sort::Calendar, Sort::State, Sort::Country]);
    let acronym = view
        .unit(index)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() <= 3 && weights.place() < 9);
    let term = [
        Sort::Medical,
        Sort::Department,
        Sort::Eponym,
        Sort::Drug,
        Sort::FacilityHead,
        Sort::WeakFacilityHead,
        Sort::Role,
    ];
    let person = weights.given().max(weights.surname()) >= 8 && weights.place() < 9;
    3 * i32::from(weights.common() >= 6)
        + 2 * i32::from(single && weights.any(&term))
        + 2 * i32::from(single && person)
        + 2 * i32::from(single && capital_next)
        + 2 * i32::from(view.is_shouted(index) || acronym)
        + 3 * i32::from(setting == Setting::Study)
        + 4 * i32::from(view.is_tight(end, b'-'))
}

/// "Fairfield, CT", "Springfield, Illinois": what stands before a state is a place.
fn before_state(view: &View<'_>, index: usize, setting: Setting) -> Option<Place> {
    let known_end = view
        .phrase(index, |weights| weights.place() >= 1)
        .map(|phrase| phrase.end);
    let mut end = known_end.unwrap_or(index + 1);
    while end < index + 4
        && view.unit(end).is_some_and(|unit| {
            unit.is_capital() && !unit.line_start && !unit.weights.is(Sort::State)
        })
    {
        end = view.past_dot_if_short(end + 1);
    }
    let weights = view.weights(index);
    if !view.is_sign(end, b',')
        || weights.any(&[Sort::Title, Sort::Role, Sort::Calendar, Sort::Function])
    {
        return None;
    }
    let state = view
        .unit(end + 1)
        .filter(|unit| unit.is_word() && !unit.line_start)?;
    let code = state.weights.is(Sort::StateCode) && state.case == Case::Upper && state.len() == 2;
    let whole = view
        .phrase(end + 1, |weights| weights.is(Sort::State))
        .is_some()
        && state.is_capital();
    let known = known_end == Some(end);
    let acronym = view
        .unit(index)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() <= 4)
        && !view.is_shouted(index);
    let large = [Sort::State, Sort::Country, Sort::People, Sort::Medical];
    let larger = (index..end).any(|at| view.any(at, &large))
        && known_end.is_none_or(|known| known == index + 1);
    let headed = view.any(end - 1, &[Sort::FacilityHead, Sort::OrgHead, Sort::State]);
    let plain = weights.common() >= 6 || weights.is(Sort::StreetSuffix);
    if !(code || whole) || acronym || larger || !known && (headed || plain) {
        return None;
    }
    if code
        && state.weights.is(Sort::Credential)
        && !is_state_not_degree(view, index, end, known, setting)
    {
        return None;
    }
    let confidence = if known || setting >= Setting::Preposition {
        0.95
    } else {
        0.75
    };
    Some(Place {
        context: "state after",
        ..place(end, Kind::City, confidence, "place before a state", setting)
    })
}

/// "John Smith, MD" and "Smith, PA" are clinicians, "Towson, MD" is a place.
fn is_state_not_degree(
    view: &View<'_>,
    index: usize,
    end: usize,
    known: bool,
    setting: Setting,
) -> bool {
    let weights = view.weights(index);
    let zip = view
        .unit(end + 2)
        .is_some_and(|unit| unit.shape == Shape::Number && unit.len() == 5);
    let before = setting::preposition_before(view, index);
    let inside =
        before.is_some_and(|at| view.is_one_of(at, &["in", "from", "near", "of", "to", "outside"]));
    let surname = weights.given().max(weights.surname()) >= 8;
    zip || !surname && (inside && setting != Setting::Study || known && weights.place() >= 5)
}

fn is_unknown(view: &View<'_>, index: usize) -> bool {
    let unit = view.unit(index);
    unit.is_some_and(|unit| unit.len() >= 4 && unit.case == Case::Title && !unit.is_possessive())
        && view.weights(index) == Weights::default()
}

/// "St. Mary's Hospital, Dallas": right after a facility and a comma, or another place and "or".
fn after_place(view: &View<'_>, carried: &Carried, index: usize) -> bool {
    let last = carried.last_place;
    let joins = |at: usize| {
        [b',', b'(', b'-']
            .iter()
            .any(|sign| view.is_sign(at, *sign))
            || view.is_one_of(at, &["in", "and", "or"])
    };
    last > 0 && last < index && index <= last + 2 && (last..index).all(joins)
}

fn place(end: usize, kind: Kind, confidence: f32, rule: &'static str, setting: Setting) -> Place {
    Place {
        end,
        kind,
        confidence,
        rule,
        context: setting.name(),
        keep_possessive: false,
    }
}
