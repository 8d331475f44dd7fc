//! Runs of capitalised words with a head noun: how the name of a facility or an organisation is written.

use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::view::View;

/// The most words a name of an organisation has.
const MOST_WORDS: usize = 9;

/// Words that tell one "… Hospital" from another only in their town: "City Hospital", "Children's Hospital".
const GENERIC: [&str; 28] = [
    "city",
    "county",
    "general",
    "community",
    "university",
    "children",
    "regional",
    "memorial",
    "municipal",
    "state",
    "veterans",
    "women",
    "district",
    "central",
    "downtown",
    "north",
    "south",
    "east",
    "west",
    "northern",
    "southern",
    "metropolitan",
    "metro",
    "va",
    "first",
    "family",
    "central",
    "valley",
];

/// Capitalised words, the head noun among them if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    /// Index of the first unit.
    pub(crate) start: usize,
    /// Index after the last unit.
    pub(crate) end: usize,
    pub(crate) words: usize,
    pub(crate) head: Option<Head>,
    /// A word that tells this one from others of its sort.
    pub(crate) distinct: bool,
    /// A saint or a known facility is among the words.
    pub(crate) known: bool,
    pub(crate) generic: bool,
    /// A university or college.
    pub(crate) academic: bool,
    /// It stands alone in its line.
    pub(crate) whole_line: bool,
    /// Capitals mean nothing here.
    pub(crate) shouted: bool,
}

/// What a head noun heads, and whether it does so by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Facility,
    WeakFacility,
    Organisation,
    WeakOrganisation,
}

/// Reads capitalised words, connectors and head nouns from the unit at `index` on.
pub(crate) fn read(view: &View<'_>, index: usize) -> Run {
    let mut run = Run {
        start: index,
        end: index,
        shouted: view.is_shouted(index),
        ..Run::default()
    };
    let mut headed_end = None;
    let mut at = index;
    while run.words < MOST_WORDS {
        if let Some((end, head)) = head_in(view, index, at) {
            run.words += 1;
            run.academic |= view.is_one_of(at, &["university", "college", "univ"]);
            at = view.past_dot_if_short(end);
            if let Some(end) = tail(view, at).or_else(|| city_after(view, at)) {
                run.distinct = true;
                at = end;
            }
            run.head = Some(head);
            headed_end = Some(at);
            continue;
        }
        if run.head.is_some() && !is_head_ahead(view, at) {
            break;
        }
        let Some(end) = word(view, &mut run, at) else {
            break;
        };
        run.end = end;
        if run.head.is_some() {
            headed_end = headed_end.max(Some(end));
        }
        at = join(view, end);
    }
    run.end = headed_end.unwrap_or(run.end);
    let starts = view.unit(index).is_some_and(|unit| unit.line_start);
    run.whole_line = starts
        && view
            .unit(run.end)
            .map_or(view.segment.complete, |unit| unit.line_start);
    run
}

/// A head noun inside a run: not its first word, unless it is "University of …" or "Church of …".
fn head_in(view: &View<'_>, start: usize, at: usize) -> Option<(usize, Head)> {
    let (end, head) = head(view, at)?;
    let of = view.is_one_of(end, &["of"])
        && view.is_capital(end + 1 + usize::from(view.is_one_of(end + 1, &["the", "our"])));
    let leads = view.is_one_of(
        at,
        &["university", "church", "college", "hospital", "children"],
    );
    (at > start || of && leads && view.is_capital(at)).then_some((end, head))
}

/// Reads one word of a run; returns the index after it.
fn word(view: &View<'_>, run: &mut Run, at: usize) -> Option<usize> {
    let unit = view.unit(at)?;
    let starts = at == run.start;
    if !starts && unit.line_start && run.words < 2 {
        return None;
    }
    let numbered = unit.shape == Shape::Mixed && starts;
    let street = run.words == 1
        && view.unit(run.start)?.shape == Shape::Mixed
        && unit.weights.is(Sort::StreetSuffix);
    if !unit.is_capital() && !numbered && !street && unit.case != Case::Mixed {
        return None;
    }
    if !starts
        && view.any(at, &[Sort::Calendar, Sort::Credential, Sort::Function])
        && !unit.weights.is(Sort::FacilityWord)
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
                run.head = Some(head);
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
    run.generic |= view.is_one_of(at, &GENERIC);
    Some(view.past_dot_if_short(at + 1))
}

/// "St. Mary", "Saint Luke", "Mt. Sinai".
pub(crate) fn is_saint(view: &View<'_>, at: usize) -> bool {
    view.is_capital(at)
        && view.is_one_of(at, &["st", "saint", "mt", "mount", "ste"])
        && view
            .unit(view.past_dot(at + 1))
            .is_some_and(|next| next.is_capital() && next.len() > 1 && !next.line_start)
}

/// A word that makes a name of its own of "… Hospital": a proper name or an unknown word, not one of medicine.
fn is_distinct(view: &View<'_>, at: usize) -> bool {
    let weights = view.weights(at);
    let medicine = [
        Sort::Department,
        Sort::Medical,
        Sort::DiseaseHead,
        Sort::People,
        Sort::Drug,
        Sort::Verb,
        Sort::Role,
    ];
    if weights.any(&medicine) && !weights.is(Sort::Facility)
        || view.is_inflected(at) && weights.place() < 3 && weights.surname() < 3
    {
        return false;
    }
    let named = weights.given().max(weights.surname()).max(weights.place());
    let common = weights.common();
    weights == Weights::default() && view.unit(at).is_some_and(|unit| unit.len() > 1)
        || (common <= 3 && named > 0)
        || (common <= 5 && (named >= 4 || weights.is(Sort::FacilityWord)))
        || (common <= 7 && named >= 8)
        || (weights.is(Sort::FacilityWord) && common <= 6)
        || weights.any(&[Sort::Employer, Sort::Insurer])
}

/// Returns the index after a hyphen, "and", "of" or "&" that capitalised words follow.
fn join(view: &View<'_>, at: usize) -> usize {
    if view.is_tight(at, b'-') && view.unit(at + 1).is_some_and(|unit| !unit.space_before) {
        return at + 1;
    }
    if !view.is_sign(at, b'&') && !view.is_one_of(at, &["of", "and", "for", "de", "del", "la"]) {
        return at;
    }
    let next = at + 1 + usize::from(view.is_one_of(at + 1, &["the", "our", "la", "los"]));
    if view.is_capital(next) { next } else { at }
}

/// "of Philadelphia", "of the Sacred Heart", "for Special Surgery" after a head noun.
fn tail(view: &View<'_>, at: usize) -> Option<usize> {
    if !view.is_one_of(at, &["of", "for"]) {
        return None;
    }
    let first = at + 1 + usize::from(view.is_one_of(at + 1, &["the", "our"]));
    let mut at = first;
    while at < first + 3
        && view.is_capital(at)
        && !view.any(
            at,
            &[
                Sort::Calendar,
                Sort::PublicBody,
                Sort::Function,
                Sort::Title,
            ],
        )
    {
        if at > first
            && (head(view, at).is_some() || view.unit(at).is_some_and(|unit| unit.line_start))
        {
            break;
        }
        at = view.past_dot_if_short(at + 1);
        at += usize::from(view.is_tight(at, b'-'));
    }
    (at > first).then_some(at)
}

/// "Children's Hospital Boston".
fn city_after(view: &View<'_>, at: usize) -> Option<usize> {
    let unit = view
        .unit(at)
        .filter(|unit| unit.is_capital() && !unit.line_start)?;
    let phrase = view.phrase(at, |weights| weights.place() >= 6)?;
    let other = [
        Sort::FacilityHead,
        Sort::WeakFacilityHead,
        Sort::Department,
        Sort::Calendar,
    ];
    (unit.weights.place() >= 6 && !unit.weights.any(&other)).then_some(phrase.end)
}

fn is_head_ahead(view: &View<'_>, at: usize) -> bool {
    view.is_capital(at) && (at..at + 3).any(|at| view.is_capital(at) && head(view, at).is_some())
}

/// Returns the head noun at `at`: the index after it, and what it heads.
fn head(view: &View<'_>, at: usize) -> Option<(usize, Head)> {
    let unit = view.unit(at).filter(|unit| {
        unit.is_word() && (unit.weights.any(&HEADS) || unit.weights.is(Sort::Begins))
    })?;
    let phrase = view.phrase(at, |weights| weights.any(&HEADS))?;
    let weights = phrase.weights;
    let head = if weights.is(Sort::FacilityHead) {
        Head::Facility
    } else if weights.is(Sort::OrgHead) {
        Head::Organisation
    } else if weights.is(Sort::WeakFacilityHead) {
        Head::WeakFacility
    } else {
        Head::WeakOrganisation
    };
    // "Lakeside clinic": the head noun of a facility may be written in lower case.
    (unit.is_capital()
        || head == Head::Facility && view.unit(at).is_some_and(|unit| unit.case == Case::Lower))
    .then_some((phrase.end, head))
}

const HEADS: [Sort; 4] = [
    Sort::FacilityHead,
    Sort::WeakFacilityHead,
    Sort::OrgHead,
    Sort::WeakOrgHead,
];
