//! Facilities and organisations: a head noun with capitalised words before it, a known name, or what the context says.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::setting::{self, Setting};
use super::view::View;

/// The most words a name of an organisation has.
const MOST_WORDS: usize = 9;

/// A place or organisation that was decided for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Index of the first unit.
    pub(crate) start: usize,
    /// Index after the last unit.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) confidence: f32,
    pub(crate) rule: &'static str,
    pub(crate) context: &'static str,
    /// The possessive ending belongs to the name ("St. Mary's").
    pub(crate) keep_possessive: bool,
}

/// Capitalised words, the head noun among them if there is one.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    start: usize,
    end: usize,
    words: usize,
    /// Index after the head noun, and what it heads.
    head: Option<(usize, Head)>,
    /// A word that tells this one from others of its sort.
    distinct: bool,
    /// A saint, a known facility or a place is among the words.
    known: bool,
    generic: bool,
    shouted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Facility,
    WeakFacility,
    Organisation,
    WeakOrganisation,
}

/// Returns the facility or organisation that begins at the unit at `index`, if one does.
pub(crate) fn find(view: &View<'_>, index: usize) -> Option<Place> {
    let unit = view.unit(index)?;
    let numbered = unit.shape == Shape::Mixed && unit.first.is_ascii_digit();
    if !unit.is_capital() && !numbered && !is_camel(view, index) {
        return None;
    }
    if let Some(office) = office(view, index) {
        return Some(office);
    }
    if !may_begin(view, index) {
        return None;
    }
    let setting = setting::of(view, index);
    let run = run(view, index);
    headed(view, &run, setting)
        .or_else(|| known(view, index, setting))
        .or_else(|| unheaded(view, &run, setting))
}

fn is_camel(view: &View<'_>, index: usize) -> bool {
    view.unit(index)
        .is_some_and(|unit| unit.is_word() && unit.case == Case::Mixed)
}

/// "Dr. Smith's Office".
fn office(view: &View<'_>, index: usize) -> Option<Place> {
    view.unit(index)
        .filter(|unit| unit.weights.is(Sort::Title))?;
    let mut at = view.past_dot(index + 1);
    let first = at;
    while at < first + 4
        && view
            .unit(at)
            .is_some_and(|unit| unit.is_capital() && !unit.is_possessive())
    {
        at = view.past_dot(at + 1);
    }
    let owner = view
        .unit(at)
        .filter(|unit| unit.is_capital() && unit.is_possessive())?;
    let head = view
        .unit(at + 1)
        .filter(|unit| unit.is_capital() && owner.is_word())?;
    let _ = head;
    matches!(
        view.lower(at + 1).as_str(),
        "office" | "clinic" | "practice" | "surgery"
    )
    .then_some(Place {
        start: index,
        end: at + 2,
        kind: Kind::Facility,
        confidence: 0.85,
        rule: "practice of a named clinician",
        context: "title before",
        keep_possessive: false,
    })
}

/// Words a name of an organisation does not begin with.
fn may_begin(view: &View<'_>, index: usize) -> bool {
    let weights = view.weights(index);
    if view
        .unit(index)
        .is_some_and(|unit| !unit.space_before && !unit.line_start)
        && view.is_sign(index.wrapping_sub(1), b'.')
    {
        return false;
    }
    if view
        .phrase(index, |weights| weights.is(Sort::Facility))
        .is_some_and(|phrase| phrase.words > 1)
    {
        return true;
    }
    if weights.any(&[Sort::Calendar, Sort::Credential, Sort::NotName, Sort::Verb])
        && !weights.any(&[Sort::FacilityWord, Sort::Facility, Sort::Insurer])
    {
        return false;
    }
    if weights.any(&[Sort::Title, Sort::Role, Sort::Relation])
        && !(weights.is(Sort::FacilityWord) && weights.common() < 8)
    {
        return false;
    }
    if view
        .phrase(index, |weights| {
            weights.any(&[Sort::PublicBody, Sort::Maker])
        })
        .is_some_and(|phrase| {
            phrase.words > 1 || !weights.any(&[Sort::Facility, Sort::Employer, Sort::Insurer])
        })
    {
        return false;
    }
    let starts = view.starts_sentence(index);
    !(starts && weights.common() >= 6 && !weights.is(Sort::FacilityWord)) && weights.common() < 13
}

/// Reads capitalised words, connectors and head nouns.
fn run(view: &View<'_>, index: usize) -> Run {
    let mut run = Run {
        start: index,
        end: index,
        shouted: view.is_shouted(index),
        ..Run::default()
    };
    let mut at = index;
    while run.words < MOST_WORDS {
        if at > index || is_saint(view, index) {
            if let Some((end, head)) = head(view, at).filter(|_| at > index) {
                run.head = Some((end, head));
                run.end = end;
                run.words += 1;
                at = end;
                if let Some(end) = tail(view, at).or_else(|| city_after(view, at)) {
                    run.distinct = true;
                    run.end = end;
                    run.head = Some((end, head));
                    at = end;
                }
                continue;
            }
        }
        let Some(end) = word(view, &mut run, at) else {
            break;
        };
        run.end = end;
        at = join(view, end, run.head.is_some());
        if run.head.is_some() && !is_head_ahead(view, at) {
            break;
        }
    }
    if let Some((end, _)) = run.head {
        run.end = end;
    }
    run
}

/// Reads one word of a run; returns the index after it.
fn word(view: &View<'_>, run: &mut Run, at: usize) -> Option<usize> {
    let unit = view.unit(at)?;
    let starts = at == run.start;
    if !starts && (unit.line_start && run.words < 2) {
        return None;
    }
    if run.head.is_some() && !is_head_ahead(view, at) {
        return None;
    }
    let numbered = unit.shape == Shape::Mixed && starts;
    if !unit.is_capital()
        && !numbered
        && !is_camel(view, at)
        && !(numbered_before(view, run) && unit.weights.is(Sort::StreetSuffix))
    {
        return None;
    }
    let weights = unit.weights;
    if !starts
        && weights.any(&[Sort::Calendar, Sort::Credential])
        && !weights.is(Sort::FacilityWord)
    {
        return None;
    }
    run.words += 1;
    if let Some(phrase) = view.phrase(at, |weights| weights.is(Sort::Facility)) {
        run.known = true;
        run.distinct = true;
        if phrase.words > 1 {
            // "Stanford Health" is known, "Health Care" is the head noun of "Stanford Health Care".
            if let Some((end, head)) = head(view, phrase.end - 1) {
                run.head = Some((end, head));
                return Some(end);
            }
            return Some(phrase.end);
        }
    }
    if is_saint(view, at) {
        run.known = true;
        run.distinct = true;
        return Some(view.past_dot(at + 1) + 1);
    }
    run.distinct |= is_distinct(view, at);
    run.generic |= matches!(
        view.lower(at).as_str(),
        "city"
            | "county"
            | "general"
            | "community"
            | "university"
            | "children"
            | "regional"
            | "memorial"
            | "municipal"
            | "state"
            | "veterans"
            | "women"
            | "district"
            | "central"
            | "downtown"
            | "north"
            | "south"
            | "east"
            | "west"
            | "northern"
            | "southern"
            | "metropolitan"
            | "metro"
            | "va"
            | "first"
            | "family"
    );
    Some(view.past_dot_if_short(at + 1))
}

fn numbered_before(view: &View<'_>, run: &Run) -> bool {
    run.words == 1
        && view
            .unit(run.start)
            .is_some_and(|unit| unit.shape == Shape::Mixed)
}

/// "St. Mary", "Saint Luke", "Mt. Sinai".
fn is_saint(view: &View<'_>, at: usize) -> bool {
    view.unit(at).is_some_and(|unit| unit.is_capital())
        && matches!(
            view.lower(at).as_str(),
            "st" | "saint" | "mt" | "mount" | "ste"
        )
        && view
            .unit(view.past_dot(at + 1))
            .is_some_and(|next| next.is_capital() && next.len() > 1)
}

/// A word that makes a name of its own of "… Hospital": a proper name or an unknown word, not one of medicine.
fn is_distinct(view: &View<'_>, at: usize) -> bool {
    let weights = view.weights(at);
    if weights.any(&[
        Sort::Department,
        Sort::Medical,
        Sort::DiseaseHead,
        Sort::People,
        Sort::Drug,
        Sort::Verb,
        Sort::Role,
    ]) && !weights.is(Sort::Facility)
    {
        return false;
    }
    let named = weights.given().max(weights.surname()).max(weights.place());
    weights == Weights::default()
        || (weights.common() <= 3 && named > 0)
        || (weights.common() <= 5 && (named >= 4 || weights.is(Sort::FacilityWord)))
        || (weights.common() <= 7 && named >= 8)
        || weights.is(Sort::FacilityWord) && weights.common() <= 6
}

/// Returns the index after a hyphen, "and", "of" or "&" that capitalised words follow.
fn join(view: &View<'_>, at: usize, headed: bool) -> usize {
    if view.is_tight(at, b'-') && view.unit(at + 1).is_some_and(|unit| !unit.space_before) {
        return at + 1;
    }
    let next = if view.is_sign(at, b'&')
        || (!headed
            && matches!(
                view.lower(at).as_str(),
                "of" | "and" | "for" | "de" | "del" | "la"
            )) {
        at + 1
    } else {
        at
    };
    let next = if next > at && matches!(view.lower(next).as_str(), "the" | "our" | "la" | "los") {
        next + 1
    } else {
        next
    };
    if next > at && view.unit(next).is_some_and(|unit| unit.is_capital()) {
        next
    } else {
        at
    }
}

/// "of Philadelphia", "of the Sacred Heart", "for Special Surgery" after a head noun.
fn tail(view: &View<'_>, at: usize) -> Option<usize> {
    if !matches!(view.lower(at).as_str(), "of" | "for") {
        return None;
    }
    let mut at = at + 1;
    if matches!(view.lower(at).as_str(), "the" | "our") {
        at += 1;
    }
    let first = at;
    while at < first + 3
        && view.unit(at).is_some_and(|unit| {
            unit.is_capital() && !unit.weights.any(&[Sort::Calendar, Sort::PublicBody])
        })
    {
        at = view.past_dot_if_short(at + 1);
        if view.is_tight(at, b'-') {
            at += 1;
        }
    }
    (at > first).then_some(at)
}

/// "Children's Hospital Boston".
fn city_after(view: &View<'_>, at: usize) -> Option<usize> {
    let unit = view
        .unit(at)
        .filter(|unit| unit.is_capital() && !unit.line_start)?;
    let phrase = view.phrase(at, |weights| weights.place() >= 6)?;
    (unit.weights.place() >= 6 && !unit.weights.any(&[Sort::FacilityHead, Sort::Department]))
        .then_some(phrase.end)
}

fn is_head_ahead(view: &View<'_>, at: usize) -> bool {
    (at..at + 3)
        .any(|at| head(view, at).is_some() && view.unit(at).is_some_and(|unit| unit.is_capital()))
        && view.unit(at).is_some_and(|unit| unit.is_capital())
}

/// Returns the head noun at `at`: the index after it, and what it heads.
fn head(view: &View<'_>, at: usize) -> Option<(usize, Head)> {
    let unit = view.unit(at).filter(|unit| unit.is_word())?;
    let capital = unit.is_capital();
    if let Some(phrase) = view.phrase(at, |weights| weights.is(Sort::FacilityHead)) {
        let end = view.past_dot_if_short(phrase.end);
        let strong = is_strong_facility(view, at, phrase.words);
        if capital || (strong && is_spoken(view, at)) {
            return Some((
                end,
                if strong {
                    Head::Facility
                } else {
                    Head::WeakFacility
                },
            ));
        }
    }
    let phrase = view
        .phrase(at, |weights| weights.is(Sort::OrgHead))
        .filter(|_| capital)?;
    let strong = is_strong_organisation(view, at);
    Some((
        phrase.end,
        if strong {
            Head::Organisation
        } else {
            Head::WeakOrganisation
        },
    ))
}

/// Head nouns that are written in lower case after a name: "Lakeside clinic", "UCLA med center".
fn is_spoken(view: &View<'_>, at: usize) -> bool {
    matches!(
        view.lower(at).as_str(),
        "hospital"
            | "hosp"
            | "clinic"
            | "pharmacy"
            | "med"
            | "medical"
            | "cancer"
            | "surgery"
            | "urgent"
            | "rehab"
            | "nursing"
            | "dialysis"
            | "health"
            | "hospice"
            | "infirmary"
    )
}

fn is_strong_facility(view: &View<'_>, at: usize, words: usize) -> bool {
    let lower = view.lower(at);
    if words >= 2 {
        return !matches!(
            lower.as_str(),
            "family"
                | "internal"
                | "physical"
                | "home"
                | "behavioral"
                | "skilled"
                | "memory"
                | "senior"
                | "pain"
                | "mental"
                | "blood"
                | "health"
        ) || matches!(
            view.lower(at + words - 1).as_str(),
            "center"
                | "centre"
                | "clinic"
                | "hospital"
                | "system"
                | "systems"
                | "associates"
                | "network"
                | "group"
                | "services"
                | "partners"
        );
    }
    matches!(
        lower.as_str(),
        "hospital"
            | "hospitals"
            | "hosp"
            | "hospice"
            | "clinic"
            | "clinics"
            | "infirmary"
            | "sanatorium"
            | "sanitarium"
            | "pharmacy"
            | "pharmacies"
            | "drugstore"
            | "apothecary"
            | "surgicenter"
            | "polyclinic"
            | "healthcare"
    )
}

fn is_strong_organisation(view: &View<'_>, at: usize) -> bool {
    matches!(
        view.lower(at).as_str(),
        "school"
            | "schools"
            | "high"
            | "middle"
            | "elementary"
            | "preschool"
            | "academy"
            | "college"
            | "university"
            | "seminary"
            | "daycare"
            | "church"
            | "cathedral"
            | "chapel"
            | "synagogue"
            | "mosque"
            | "ministries"
            | "monastery"
            | "inc"
            | "llc"
            | "corp"
            | "corporation"
            | "llp"
            | "pllc"
            | "credit"
            | "police"
            | "sheriff"
            | "fire"
            | "correctional"
            | "detention"
            | "penitentiary"
            | "library"
            | "brewery"
            | "bakery"
            | "diner"
            | "funeral"
            | "unified"
            | "battalion"
            | "regiment"
            | "squadron"
            | "brigade"
            | "law"
            | "ymca"
            | "homeless"
            | "plumbing"
            | "roofing"
            | "industries"
            | "manufacturing"
            | "logistics"
            | "insurance"
            | "bank"
            | "community"
            | "shelter"
            | "jail"
            | "prison"
    )
}

/// A run with a head noun.
fn headed(view: &View<'_>, run: &Run, setting: Setting) -> Option<Place> {
    let (end, head) = run.head?;
    if run.shouted && !run.known && setting < Setting::Preposition || is_public(view, run) {
        return None;
    }
    let cared = setting >= Setting::Preposition;
    let confidence = match (head, setting) {
        (_, Setting::Study) => return None,
        (Head::Facility, Setting::None) if is_listed(view, run, end) => return None,
        (Head::Facility, _) if run.distinct => {
            if cared {
                0.92
            } else {
                0.75
            }
        }
        (Head::Facility, Setting::Care | Setting::Home | Setting::Work) if run.generic => 0.75,
        (Head::Facility, Setting::Preposition) if run.generic => 0.62,
        (Head::WeakFacility, Setting::Care) if run.distinct => 0.85,
        (Head::WeakFacility, _) if run.known => 0.75,
        (Head::WeakFacility, Setting::Preposition | Setting::Work) if run.distinct => 0.65,
        (Head::Organisation, Setting::Work | Setting::Home | Setting::Care)
            if run.distinct || run.generic =>
        {
            0.88
        }
        (Head::Organisation, Setting::Preposition) if run.distinct => 0.7,
        (Head::Organisation, Setting::None) if run.distinct => 0.6,
        (Head::WeakOrganisation, Setting::Work) if run.distinct => 0.8,
        (Head::WeakOrganisation, Setting::Care) if run.distinct => 0.6,
        _ => return None,
    };
    let kind = if matches!(head, Head::Facility | Head::WeakFacility) {
        Kind::Facility
    } else {
        Kind::Organisation
    };
    Some(place(
        run.start,
        end,
        kind,
        confidence,
        "head noun with a name",
        context_name(setting),
    ))
}

/// An entry in a list of links: "- Boston Children's Hospital: Cleft Lip - …".
fn is_listed(view: &View<'_>, run: &Run, end: usize) -> bool {
    let dash = |at: usize| {
        view.is_sign(at, b'-')
            && view
                .unit(at)
                .is_some_and(|unit| unit.space_before && !unit.line_start)
    };
    view.is_sign(end, b':') && view.unit(end + 1).is_some_and(|unit| unit.is_capital())
        || run.start > 0
            && dash(run.start - 1)
            && (dash(end) || view.unit(end).is_some_and(|unit| unit.is_capital()))
}

/// "American … Association", "National Institute of …": bodies that name nobody.
fn is_public(view: &View<'_>, run: &Run) -> bool {
    let first = view.lower(run.start);
    let _ = first;
    let national = (run.start..run.end).any(|at| {
        matches!(
            view.lower(at).as_str(),
            "american"
                | "national"
                | "international"
                | "world"
                | "european"
                | "federal"
                | "us"
                | "global"
                | "united"
                | "royal"
                | "canadian"
                | "british"
        )
    });
    let public = (run.start..run.end).any(|at| {
        matches!(
            view.lower(at).as_str(),
            "institute"
                | "institutes"
                | "association"
                | "society"
                | "foundation"
                | "college"
                | "academy"
                | "network"
                | "organization"
                | "initiative"
                | "register"
                | "registry"
                | "program"
                | "survey"
                | "library"
                | "department"
                | "administration"
                | "agency"
                | "council"
                | "consortium"
                | "alliance"
                | "coalition"
                | "services"
                | "service"
                | "health"
                | "center"
                | "bank"
                | "insurance"
                | "hospice"
        )
    });
    national && public
}

/// A known facility, insurer or employer without a head noun.
fn known(view: &View<'_>, index: usize, setting: Setting) -> Option<Place> {
    let wanted = |weights: Weights| weights.any(&[Sort::Facility, Sort::Insurer, Sort::Employer]);
    let mut phrase = view.phrase(index, wanted)?;
    // "Cedars-Sinai", "NYU Langone": a second name right after belongs to it.
    if view.is_tight(phrase.end, b'-') {
        if let Some(more) = view.phrase(phrase.end + 1, wanted) {
            phrase = more;
        }
    }
    let end = phrase.end;
    let next = view.weights(end);
    let next_lower = view.unit(end).is_some_and(|unit| unit.case == Case::Lower);
    if next.is(Sort::DiseaseHead)
        && next_lower
        && !matches!(
            view.lower(end).as_str(),
            "case" | "unit" | "test" | "therapy" | "grade"
        )
        || view.is_shouted(index) && phrase.words == 1
    {
        return None;
    }
    let capital_next = view
        .unit(end)
        .is_some_and(|unit| unit.is_capital() && !unit.line_start);
    if capital_next
        && phrase.words == 1
        && !next.any(&[
            Sort::Department,
            Sort::Calendar,
            Sort::Facility,
            Sort::FacilityHead,
            Sort::Medical,
        ])
        && next.place() < 6
    {
        return None;
    }
    let person = phrase.weights.given() >= 8 || phrase.weights.surname() >= 9;
    if phrase.weights.is(Sort::Facility) {
        let confidence = match setting {
            Setting::Care | Setting::Work => 0.92,
            Setting::Home | Setting::Preposition
                if phrase.words > 1 || !person && phrase.weights.common() < 5 =>
            {
                0.75
            }
            Setting::None if phrase.words > 1 && !view.starts_sentence(index) => 0.6,
            _ => return None,
        };
        return Some(place(
            index,
            end,
            Kind::Facility,
            confidence,
            "known facility",
            context_name(setting),
        ));
    }
    let plain = phrase.words == 1 && (phrase.weights.common() >= 4 || person);
    let confidence = match setting {
        Setting::Work => 0.85,
        Setting::Care | Setting::Home | Setting::Preposition
            if !plain && !(phrase.words == 1 && is_in(view, index)) =>
        {
            0.75
        }
        Setting::None if phrase.weights.is(Sort::Insurer) && !plain => 0.7,
        _ => return None,
    };
    Some(place(
        index,
        end,
        Kind::Organisation,
        confidence,
        "known organisation",
        context_name(setting),
    ))
}

/// Unknown words where care was given or somebody works: "seen at Lakeside", "works at Brightfield".
fn unheaded(view: &View<'_>, run: &Run, setting: Setting) -> Option<Place> {
    let preposition = setting::preposition_before(view, run.start).map(|at| view.lower(at));
    let preposition = preposition.as_ref().map_or("", |lower| lower.as_str());
    if run.shouted || run.words == 0 || run.words > 4 || is_public(view, run) {
        return None;
    }
    let saint = is_saint(view, run.start);
    let weights = view.weights(run.start);
    let blocked = (run.start..run.end).any(|at| {
        view.weights(at).any(&[
            Sort::Department,
            Sort::Medical,
            Sort::Drug,
            Sort::Calendar,
            Sort::PublicBody,
            Sort::Maker,
            Sort::State,
            Sort::Country,
            Sort::People,
            Sort::Title,
            Sort::Credential,
            Sort::Relation,
        ])
    });
    let short = view
        .unit(run.start)
        .is_some_and(|unit| unit.case == Case::Upper && unit.len() <= 3)
        && run.words == 1;
    let kind_confidence = match setting {
        Setting::Care if saint && matches!(preposition, "at" | "to" | "from" | "in" | "by") => {
            (Kind::Facility, 0.88)
        }
        Setting::Preposition if saint && matches!(preposition, "at" | "to" | "from") => {
            (Kind::Facility, 0.7)
        }
        Setting::Care if preposition == "at" && run.distinct && !blocked && !short => {
            (Kind::Facility, 0.7)
        }
        Setting::Care
            if matches!(preposition, "to")
                && run.distinct
                && !blocked
                && !short
                && weights.given() < 5
                && weights.common() <= 3
                && is_admission(view, run.start) =>
        {
            (Kind::Facility, 0.65)
        }
        Setting::Work
            if matches!(preposition, "at" | "for" | "by") && run.distinct && !blocked && !short =>
        {
            (Kind::Organisation, 0.7)
        }
        _ => return None,
    };
    let keep = saint
        && view
            .unit(run.end - 1)
            .is_some_and(super::unit::Unit::is_possessive);
    Some(Place {
        keep_possessive: keep,
        ..place(
            run.start,
            run.end,
            kind_confidence.0,
            kind_confidence.1,
            "name after what was done there",
            context_name(setting),
        )
    })
}

fn is_in(view: &View<'_>, index: usize) -> bool {
    setting::preposition_before(view, index)
        .is_some_and(|at| matches!(view.lower(at).as_str(), "in" | "of" | "with" | "on"))
}

fn is_admission(view: &View<'_>, index: usize) -> bool {
    (index.saturating_sub(4)..index).any(|at| {
        matches!(
            view.lower(at).as_str(),
            "admitted"
                | "transferred"
                | "presented"
                | "taken"
                | "discharged"
                | "airlifted"
                | "rushed"
                | "transported"
        )
    })
}

fn context_name(setting: Setting) -> &'static str {
    match setting {
        Setting::None | Setting::Study => "",
        Setting::Preposition => "preposition before",
        Setting::Care => "care given there",
        Setting::Work => "work or school",
        Setting::Home => "home or travel",
    }
}

fn place(
    start: usize,
    end: usize,
    kind: Kind,
    confidence: f32,
    rule: &'static str,
    context: &'static str,
) -> Place {
    Place {
        start,
        end,
        kind,
        confidence,
        rule,
        context,
        keep_possessive: true,
    }
}
