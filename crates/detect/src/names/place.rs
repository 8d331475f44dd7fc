//! Places below state level: cities, counties and landmarks. Street lines and ZIP codes have their own recogniser.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::learned::Carried;
use super::org::Place;
use super::setting::{self, Setting};
use super::view::View;

/// Returns the place that begins at the unit at `index`, if one does.
pub(crate) fn find(view: &View<'_>, carried: &Carried, index: usize) -> Option<Place> {
    view.unit(index).filter(|unit| unit.is_capital())?;
    let setting = setting::of(view, index);
    landmark(view, index, setting).or_else(|| city(view, carried, index, setting))
}

/// "Cook County", "Logan Airport", "Golden Gate Park"; "Lake Tahoe", "Fort Bragg".
fn landmark(view: &View<'_>, index: usize, setting: Setting) -> Option<Place> {
    if view.weights(index).any(&[
        Sort::Calendar,
        Sort::Title,
        Sort::Role,
        Sort::Verb,
        Sort::PublicBody,
    ]) || view.starts_sentence(index) && view.weights(index).common() >= 6
    {
        return None;
    }
    let mut at = index;
    let mut distinct = false;
    while at < index + 4 && view.unit(at).is_some_and(|unit| unit.is_capital()) {
        if at > index {
            if let Some(phrase) = view.phrase(at, |weights| weights.is(Sort::LandmarkHead)) {
                let more = view
                    .phrase(phrase.end, |weights| weights.is(Sort::LandmarkHead))
                    .filter(|_| view.unit(phrase.end).is_some_and(|unit| unit.is_capital()));
                let end = more.map_or(phrase.end, |more| more.end);
                return place_of_head(view, index, at, end, distinct, setting);
            }
        }
        let weights = view.weights(at);
        distinct |=
            weights == Weights::default() || weights.common() <= 5 || weights.is(Sort::County);
        at = view.past_dot_if_short(at + 1);
        if view.is_tight(at, b'-') {
            at += 1;
        }
    }
    None
}

fn place_of_head(
    view: &View<'_>,
    index: usize,
    head: usize,
    end: usize,
    distinct: bool,
    setting: Setting,
) -> Option<Place> {
    let lower = view.lower(head);
    let county = matches!(
        lower.as_str(),
        "county" | "parish" | "township" | "borough" | "precinct"
    );
    let known = county
        && view
            .phrase(index, |weights| weights.any(&[Sort::County]))
            .is_some_and(|phrase| phrase.end == head);
    if county && lower.as_str() != "precinct" {
        let confidence = if known {
            0.92
        } else if setting >= Setting::Preposition && distinct {
            0.8
        } else {
            return None;
        };
        return Some(place(
            index,
            end,
            Kind::County,
            confidence,
            "name of a county",
            setting,
        ));
    }
    if view
        .phrase(index, |weights| weights.place() >= 4)
        .is_some_and(|phrase| phrase.end >= end)
    {
        return None;
    }
    let physical = !matches!(
        lower.as_str(),
        "district"
            | "station"
            | "square"
            | "tower"
            | "towers"
            | "village"
            | "camp"
            | "pier"
            | "terminal"
            | "bridge"
            | "dam"
            | "ridge"
            | "grove"
    );
    let confidence = match setting {
        Setting::Home => 0.8,
        Setting::Preposition | Setting::Care | Setting::Work if distinct && physical => 0.7,
        Setting::Preposition if distinct => 0.6,
        _ => return None,
    };
    Some(place(
        index,
        end,
        Kind::Landmark,
        confidence,
        "landmark with a name",
        setting,
    ))
}

/// A city by list and context, or any name before a comma and a state.
fn city(view: &View<'_>, carried: &Carried, index: usize, setting: Setting) -> Option<Place> {
    let unit = view.unit(index)?;
    let phrase = view.phrase(index, |weights| weights.place() >= 1);
    if let Some(place) = before_state(view, index, phrase.map(|phrase| phrase.end), setting) {
        return Some(place);
    }
    let phrase = match phrase {
        Some(phrase) => phrase,
        None if setting == Setting::Home && is_unknown(view, index) => {
            return Some(place(
                index,
                index + 1,
                Kind::City,
                0.7,
                "name where somebody lives",
                setting,
            ));
        }
        None => return None,
    };
    let weights = phrase.weights;
    if weights.any(&[
        Sort::State,
        Sort::Country,
        Sort::PublicBody,
        Sort::Calendar,
        Sort::People,
        Sort::NotName,
    ]) && phrase.words == 1
        && !(weights.place() >= 9 && setting == Setting::Home)
    {
        return None;
    }
    let end = phrase.end;
    let next = view.weights(end);
    let touched = view
        .unit(end)
        .is_some_and(|next| next.is_word() && !next.line_start);
    if touched
        && (next.is(Sort::DiseaseHead)
            && view.unit(end).is_some_and(|next| next.case == Case::Lower)
            && !matches!(view.lower(end).as_str(), "area")
            || view.unit(end - 1).is_some_and(|last| last.is_possessive()))
    {
        return None;
    }
    let capital_next = view
        .unit(end)
        .is_some_and(|next| next.is_capital() && !next.line_start)
        && !next.any(&[Sort::Calendar, Sort::State, Sort::Country]);
    let size = weights.place();
    let named = weights.given().max(weights.surname());
    let preposition = setting::preposition_before(view, index).map(|at| view.lower(at));
    let preposition = preposition.as_ref().map_or("", |lower| lower.as_str());
    let inside = matches!(
        preposition,
        "in" | "near" | "outside" | "around" | "within" | "into"
    );
    let from = matches!(preposition, "from" | "to" | "of" | "leaving");
    let shouted =
        view.is_shouted(index) || (unit.case == Case::Upper && unit.len() <= 3 && size < 9);
    let mut points: i32 = match size {
        9.. => 4,
        6..9 => 3,
        3..6 => 2,
        _ => 1,
    };
    points += i32::from(phrase.words > 1) * 2;
    points += match setting {
        Setting::Home if inside || from => 5,
        Setting::Home => 3,
        Setting::Care if inside => 4,
        Setting::Care if from || preposition == "at" => 2,
        Setting::Preposition if inside => 3,
        Setting::Preposition if preposition == "from" => 3,
        Setting::Work if inside => 3,
        Setting::None if after_place(view, carried, index) => 4,
        Setting::None if preposition.is_empty() && view.is_sign(index.wrapping_sub(1), b',') => 0,
        _ => 0,
    };
    if weights.common() >= 6 {
        points -= 3;
    }
    if weights.any(&[
        Sort::Medical,
        Sort::Department,
        Sort::Eponym,
        Sort::Drug,
        Sort::FacilityHead,
        Sort::Role,
    ]) && phrase.words == 1
    {
        points -= 2;
    }
    if named >= 8 && size < 9 && phrase.words == 1 {
        points -= 2;
    }
    if shouted {
        points -= 2;
    }
    let locality = matches!(
        view.lower(end).as_str(),
        "area"
            | "office"
            | "clinic"
            | "facility"
            | "campus"
            | "location"
            | "branch"
            | "site"
            | "region"
            | "metro"
            | "hospital"
            | "suburbs"
    );
    if locality && setting >= Setting::Preposition {
        points += 4;
    } else if matches!(
        view.lower(index.wrapping_sub(1)).as_str(),
        "the" | "a" | "an"
    ) {
        points -= 4;
    }
    if view.is_tight(end, b'-') {
        points -= 4;
    }
    if capital_next && phrase.words == 1 {
        points -= 2;
    }
    if setting == Setting::Study {
        points -= 3;
    }
    let confidence = match points {
        ..5 => return None,
        5 => 0.5,
        6 => 0.65,
        7..9 => 0.8,
        _ => 0.92,
    };
    Some(place(
        index,
        end,
        Kind::City,
        confidence,
        "known place",
        setting,
    ))
}

/// "Fairfield, CT", "Springfield, Illinois": what stands before a state is a place.
fn before_state(
    view: &View<'_>,
    index: usize,
    known_end: Option<usize>,
    setting: Setting,
) -> Option<Place> {
    let mut end = known_end.unwrap_or(index + 1).max(index + 1);
    while end < index + 4
        && view.unit(end).is_some_and(|unit| {
            unit.is_capital() && !unit.line_start && !unit.weights.is(Sort::State)
        })
    {
        end = view.past_dot_if_short(end + 1);
    }
    if !view.is_sign(end, b',')
        || view
            .weights(index)
            .any(&[Sort::Title, Sort::Role, Sort::Calendar])
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
    let acronym = view
        .unit(index)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() <= 4)
        && !view.is_shouted(index);
    let large = (index..end).any(|at| {
        view.weights(at)
            .any(&[Sort::State, Sort::Country, Sort::People, Sort::Medical])
    }) && known_end.is_none_or(|known| known == index + 1);
    if acronym || large {
        return None;
    }
    let last = view.weights(end - 1);
    let known = known_end.is_some_and(|known| known == end);
    let credential = state.weights.is(Sort::Credential);
    // "John Smith, PA" is a clinician, "Wright, PA" could be either.
    if credential
        && !known
        && setting < Setting::Preposition
        && !view
            .unit(end + 2)
            .is_some_and(|unit| unit.shape == Shape::Number && unit.len() == 5)
    {
        return None;
    }
    if !(code || whole)
        || last.any(&[Sort::FacilityHead, Sort::OrgHead, Sort::State]) && !known
        || view.weights(index).common() >= 9 && !known
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
        ..place(
            index,
            end,
            Kind::City,
            confidence,
            "place before a state",
            setting,
        )
    })
}

fn is_unknown(view: &View<'_>, index: usize) -> bool {
    let weights = view.weights(index);
    view.unit(index)
        .is_some_and(|unit| unit.len() >= 4 && unit.case == Case::Title && !unit.is_possessive())
        && weights == Weights::default()
}

/// "St. Mary's Hospital, Dallas": right after a facility and a comma, or another place and "or".
fn after_place(view: &View<'_>, carried: &Carried, index: usize) -> bool {
    let last = carried.last_place;
    last > 0
        && last < index
        && index <= last + 2
        && (last..index).all(|at| {
            view.is_sign(at, b',')
                || view.is_sign(at, b'(')
                || view.is_sign(at, b'-')
                || matches!(view.lower(at).as_str(), "in" | "and" | "or")
        })
}

fn place(
    start: usize,
    end: usize,
    kind: Kind,
    confidence: f32,
    rule: &'static str,
    setting: Setting,
) -> Place {
    let context = match setting {
        Setting::Home => "home or travel",
        Setting::None | Setting::Study => "",
        _ => "preposition before",
    };
    Place {
        start,
        end,
        kind,
        confidence,
        rule,
        context,
        keep_possessive: false,
    }
}
