//! Facilities and organisations: a head noun with a name before it, a known name, or what the context says.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::run::{self, Head, Run};
use super::setting::{self, Setting};
use super::unit::Unit;
use super::view::View;

/// A place or organisation that was decided for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Index after the last unit.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) confidence: f32,
    pub(crate) rule: &'static str,
    pub(crate) context: &'static str,
    /// The possessive ending belongs to the name ("St. Mary's").
    pub(crate) keep_possessive: bool,
}

/// What was decided about a run of words.
pub(crate) enum Verdict {
    Found(Place),
    /// It is a public body or an entry of a list of links: no name up to here.
    Skip(usize),
    None,
}

/// Returns what is decided about the words from the unit at `index` on.
pub(crate) fn find(view: &View<'_>, index: usize) -> Verdict {
    let Some(unit) = view.unit(index) else {
        return Verdict::None;
    };
    let numbered = unit.shape == Shape::Mixed && unit.first.is_ascii_digit();
    let camel = unit.is_word() && unit.case == Case::Mixed;
    if !(unit.is_capital() || numbered || camel) {
        return Verdict::None;
    }
    if let Some(office) = office(view, index) {
        return Verdict::Found(office);
    }
    if !may_begin(view, index) {
        return Verdict::None;
    }
    let setting = setting::of(view, index);
    let run = run::read(view, index);
    if run.head.is_some()
        && (is_public(view, &run) || setting == Setting::Study || is_listed(view, &run))
    {
        return Verdict::Skip(run.end);
    }
    let found = headed(&run, setting)
        .or_else(|| known(view, index, setting))
        .or_else(|| unheaded(view, &run, setting));
    found.map_or(Verdict::None, Verdict::Found)
}

/// "Dr. Smith's Office".
fn office(view: &View<'_>, index: usize) -> Option<Place> {
    view.unit(index)
        .filter(|unit| unit.weights.is(Sort::Title))?;
    let first = view.past_dot(index + 1);
    let mut at = first;
    while at < first + 4
        && view
            .unit(at)
            .is_some_and(|unit| unit.is_capital() && !unit.is_possessive())
    {
        at = view.past_dot(at + 1);
    }
    view.unit(at)
        .filter(|unit| unit.is_capital() && unit.is_possessive())?;
    (view.is_capital(at + 1)
        && view.is_one_of(at + 1, &["office", "clinic", "practice", "surgery"]))
    .then_some(Place {
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
    let abbreviated = view
        .unit(index)
        .is_some_and(|unit| !unit.space_before && !unit.line_start)
        && view.is_sign(index.wrapping_sub(1), b'.');
    let first = view.is_one_of(index, &["first"]) && view.is_capital(index + 1);
    if abbreviated || weights.is(Sort::Function) && !weights.is(Sort::FacilityWord) && !first {
        return false;
    }
    if view
        .phrase(index, |weights| weights.is(Sort::Facility))
        .is_some_and(|phrase| phrase.words > 1)
    {
        return true;
    }
    let known = weights.any(&[Sort::FacilityWord, Sort::Facility, Sort::Insurer]);
    if weights.any(&[Sort::Calendar, Sort::Credential, Sort::NotName, Sort::Verb]) && !known {
        return false;
    }
    if weights.any(&[Sort::Title, Sort::Role, Sort::Relation])
        && !(weights.is(Sort::FacilityWord) && weights.common() < 8)
        && !run::is_saint(view, index)
    {
        return false;
    }
    let public = view.phrase(index, |weights| {
        weights.any(&[Sort::PublicBody, Sort::Maker])
    });
    if public.is_some_and(|phrase| {
        phrase.words > 1 || !weights.any(&[Sort::Facility, Sort::Employer, Sort::Insurer])
    }) {
        return false;
    }
    let plain_start =
        view.starts_sentence(index) && weights.common() >= 6 && !weights.is(Sort::FacilityWord);
    !plain_start && weights.common() < 13
}

/// A run with a head noun.
fn headed(run: &Run, setting: Setting) -> Option<Place> {
    let head = run.head?;
    if run.shouted && !run.known && setting < Setting::Preposition {
        return None;
    }
    let confidence = match (head, setting) {
        (Head::Facility, Setting::None) if run.distinct => 0.75,
        (Head::Facility, Setting::None) if run.generic && run.whole_line => 0.65,
        (Head::Facility, _) if run.distinct => 0.92,
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
        (Head::Organisation, Setting::None) if run.distinct && !run.academic => 0.6,
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
        run.end,
        kind,
        confidence,
        "head noun with a name",
        setting,
    ))
}

const NATIONAL: [&str; 14] = [
    "american",
    "national",
    "international",
    "world",
    "european",
    "federal",
    "us",
    "global",
    "united",
    "royal",
    "canadian",
    "british",
    "german",
    "australian",
];
const BODIES: [&str; 31] = [
    "institute",
    "institutes",
    "association",
    "society",
    "foundation",
    "college",
    "academy",
    "network",
    "organization",
    "initiative",
    "register",
    "registry",
    "program",
    "survey",
    "library",
    "department",
    "administration",
    "agency",
    "council",
    "consortium",
    "alliance",
    "coalition",
    "services",
    "service",
    "health",
    "center",
    "bank",
    "insurance",
    "hospice",
    "libraries",
    "corporation",
];

/// "American … Association", "National Institute of …": bodies that name nobody.
fn is_public(view: &View<'_>, run: &Run) -> bool {
    let has = |words: &[&str]| (run.start..run.end).any(|at| view.is_one_of(at, words));
    let department = (run.start..run.end)
        .any(|at| view.is_one_of(at, &["department"]) && view.is_one_of(at + 1, &["of"]));
    department || has(&NATIONAL) && has(&BODIES)
}

/// An entry in a list of links: "- Boston Children's Hospital: Cleft Lip - …".
fn is_listed(view: &View<'_>, run: &Run) -> bool {
    let dash = |at: usize| {
        view.is_sign(at, b'-')
            && view
                .unit(at)
                .is_some_and(|unit| unit.space_before && !unit.line_start)
    };
    let titled = view.is_sign(run.end, b':')
        && view.is_capital(run.end + 1)
        && !view.unit(run.start).is_some_and(|unit| unit.line_start);
    let goes_on = dash(run.end)
        || view.is_capital(run.end)
        || view.is_sign(run.end, b':')
        || view.is_sign(run.end, b'(');
    titled || run.start > 0 && dash(run.start - 1) && goes_on
}

/// A known facility, insurer or employer without a head noun.
fn known(view: &View<'_>, index: usize, setting: Setting) -> Option<Place> {
    let wanted = |weights: Weights| weights.any(&[Sort::Facility, Sort::Insurer, Sort::Employer]);
    let mut phrase = view.phrase(index, wanted)?;
    // "Cedars-Sinai": a second name right after belongs to it.
    if view.is_tight(phrase.end, b'-') {
        phrase = view.phrase(phrase.end + 1, wanted).unwrap_or(phrase);
    }
    let (end, single) = (phrase.end, phrase.words == 1);
    let next = view.weights(end);
    let disease =
        next.is(Sort::DiseaseHead) && view.unit(end).is_some_and(|unit| unit.case == Case::Lower);
    if disease && !view.is_one_of(end, &["case", "unit", "test", "therapy", "grade"])
        || view.is_shouted(index) && single
    {
        return None;
    }
    let belongs = [
        Sort::Department,
        Sort::Calendar,
        Sort::Facility,
        Sort::FacilityHead,
        Sort::WeakFacilityHead,
        Sort::Medical,
    ];
    let continues = view
        .unit(end)
        .is_some_and(|unit| unit.is_capital() && !unit.line_start);
    if single && continues && !next.any(&belongs) && next.place() < 6 {
        return None;
    }
    let person = phrase.weights.given() >= 8 || phrase.weights.surname() >= 9;
    let plain = single && (phrase.weights.common() >= 4 || person);
    if phrase.weights.is(Sort::Facility) {
        let confidence = match setting {
            Setting::Care | Setting::Work if !(plain && is_in(view, index)) => 0.92,
            Setting::Home | Setting::Preposition if !(plain || single && is_in(view, index)) => {
                0.75
            }
            Setting::None if !single && !view.starts_sentence(index) => 0.6,
            _ => return None,
        };
        return Some(place(
            end,
            Kind::Facility,
            confidence,
            "known facility",
            setting,
        ));
    }
    let confidence = match setting {
        Setting::Work => 0.85,
        Setting::Care | Setting::Home | Setting::Preposition
            if !(plain || single && is_in(view, index)) =>
        {
            0.75
        }
        Setting::None if phrase.weights.is(Sort::Insurer) && !plain => 0.7,
        _ => return None,
    };
    Some(place(
        end,
        Kind::Organisation,
        confidence,
        "known organisation",
        setting,
    ))
}

/// A preposition that a name of an organisation of one word seldom follows.
fn is_in(view: &View<'_>, index: usize) -> bool {
    setting::preposition_before(view, index)
        .is_some_and(|at| view.is_one_of(at, &["in", "of", "with", "on", "for", "by"]))
}

/// Words that are no name of an organisation even where care was given.
const NO_PLACE: [Sort; 14] = [
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
    Sort::Function,
    Sort::Role,
];

/// Unknown words where care was given or somebody works: "seen at Lakeside", "works at Brightfield".
fn unheaded(view: &View<'_>, run: &Run, setting: Setting) -> Option<Place> {
    if run.head.is_some() || run.shouted || run.words == 0 || run.words > 4 || is_public(view, run)
    {
        return None;
    }
    let before = setting::preposition_before(view, run.start)?;
    let saint = run::is_saint(view, run.start);
    let weights = view.weights(run.start);
    let acronym = run.words == 1
        && view
            .unit(run.start)
            .is_some_and(|unit| unit.case == Case::Upper && unit.len() <= 3);
    let usable =
        run.distinct && !acronym && !(run.start..run.end).any(|at| view.any(at, &NO_PLACE));
    let at = view.is_one_of(before, &["at"]);
    let person = weights.given() >= 5 || weights.common() > 3;
    let (kind, confidence) = match setting {
        Setting::Care if saint && view.is_one_of(before, &["at", "to", "from", "in", "by"]) => {
            (Kind::Facility, 0.88)
        }
        Setting::Preposition if saint && view.is_one_of(before, &["at", "to", "from"]) => {
            (Kind::Facility, 0.7)
        }
        Setting::Care if at && usable => (Kind::Facility, 0.7),
        Setting::Care
            if usable
                && !person
                && view.is_one_of(before, &["to"])
                && is_admission(view, before) =>
        {
            (Kind::Facility, 0.65)
        }
        Setting::Work if usable && (at || view.is_one_of(before, &["for", "by"])) => {
            (Kind::Organisation, 0.7)
        }
        _ => return None,
    };
    let keep_possessive = (saint || setting == Setting::Work)
        && view.unit(run.end - 1).is_some_and(Unit::is_possessive);
    Some(Place {
        keep_possessive,
        ..place(
            run.end,
            kind,
            confidence,
            "name after what was done there",
            setting,
        )
    })
}

fn is_admission(view: &View<'_>, before: usize) -> bool {
    let words = [
        "admitted",
        "transferred",
        "presented",
        "taken",
        "discharged",
        "airlifted",
        "rushed",
        "transported",
    ];
    (before.saturating_sub(3)..before).any(|at| view.is_one_of(at, &words))
}

fn place(end: usize, kind: Kind, confidence: f32, rule: &'static str, setting: Setting) -> Place {
    Place {
        end,
        kind,
        confidence,
        rule,
        context: setting.name(),
        keep_possessive: true,
    }
}
