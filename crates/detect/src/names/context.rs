//! What stands before and after a possible name, and how much it speaks for a person.
//!
//! Points are rough log-odds; [`super::person`] adds them to what the lexicon says of the words themselves.

use crate::lexicon::Sort;
use crate::token::{Case, Shape};

use super::view::View;

/// How much the context speaks for a person, and what in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cue {
    pub(crate) points: i32,
    pub(crate) name: &'static str,
}

impl Cue {
    pub(crate) const NONE: Cue = Cue {
        points: 0,
        name: "",
    };

    const fn new(points: i32, name: &'static str) -> Cue {
        Cue { points, name }
    }
}

/// From this many points a name may stand in lower case.
pub(crate) const STRONG: i32 = 6;
/// Points of a title right before the name.
pub(crate) const TITLE: i32 = 9;

/// Returns what stands before the unit at `index`.
pub(crate) fn before(view: &View<'_>, index: usize) -> Cue {
    let Some(mut at) = index.checked_sub(1) else {
        return Cue::NONE;
    };
    while at > 0
        && view.unit(at).is_some_and(|unit| {
            matches!(unit.first, b'"' | b'\'' | b'(' | b'[' | b'*') && unit.shape == Shape::Sign
        })
    {
        at -= 1;
    }
    let Some(unit) = view.unit(at) else {
        return Cue::NONE;
    };
    if unit.is_word() {
        let in_brackets = view.is_sign(index - 1, b'(');
        if in_brackets && unit.weights.is(Sort::Department) && unit.case != Case::Lower {
            return Cue::new(4, "department before");
        }
        return word_before(view, at);
    }
    match unit.first {
        b'.' if at > 0 && is_title(view, at - 1) => title(view, at - 1),
        b'.' if at > 0 && view.lower(at - 1).as_str() == "pt" => Cue::new(6, "patient before"),
        b'.' if at > 0 && matches!(view.lower(at - 1).as_str(), "ref" | "attn" | "re") => {
            Cue::new(4, "reference before")
        }
        b',' | b'-' | b'|' => comma_before(view, at),
        b':' => colon_before(view, at),
        b'@' => Cue::NONE,
        _ => Cue::NONE,
    }
}

/// Forms of address that are hardly ever anything else, in lower case too.
const SHORT_TITLES: [&str; 6] = ["dr", "mr", "mrs", "ms", "drs", "prof"];
/// Titles that are plain words too.
const WORDY_TITLES: [&str; 16] = [
    "principal",
    "specialist",
    "coach",
    "officer",
    "deputy",
    "judge",
    "justice",
    "attorney",
    "col",
    "major",
    "don",
    "sr",
    "trooper",
    "detective",
    "corporal",
    "general",
];

/// Returns true if the unit is a form of address.
fn is_title(view: &View<'_>, index: usize) -> bool {
    let Some(unit) = view.unit(index).filter(|unit| unit.weights.is(Sort::Title)) else {
        return false;
    };
    if unit.case == Case::Lower || view.text(index) == "MS" {
        // "MS" in capitals is a disease, a degree or a salt of morphine.
        return view.is_one_of(index, &SHORT_TITLES)
            && (unit.case == Case::Lower || view.is_shouted(index));
    }
    !(view.is_one_of(index, &WORDY_TITLES) && view.starts_sentence(index))
}

/// How much the form of address at `index` says.
fn title(view: &View<'_>, index: usize) -> Cue {
    let points = if view.is_one_of(index, &SHORT_TITLES) {
        12
    } else if view.is_one_of(index, &WORDY_TITLES) {
        STRONG
    } else {
        TITLE
    };
    Cue::new(points, "title before")
}

fn word_before(view: &View<'_>, at: usize) -> Cue {
    if is_title(view, at) {
        return title(view, at);
    }
    let weights = view.weights(at);
    let lower = view.lower(at);
    match lower.as_str() {
        "named" | "called" | "aka" | "nicknamed" | "alias" => return named(view, at),
        "name" => return Cue::new(7, "name label"),
        "is" | "was" | "are" | "'s" => return name_is(view, at),
        "said" | "says" | "asked" | "told" | "calls" | "call" | "texted" | "emailed"
            if view.unit(at).is_some_and(|unit| unit.case == Case::Lower) =>
        {
            return Cue::new(2, "speech");
        }
        "me" if view.is_one_of(at.wrapping_sub(1), &["call", "calls", "called"]) => {
            return Cue::new(8, "named");
        }
        "i'm" | "im" | "am" => return Cue::new(5, "introduction"),
        "dear" | "hi" | "hello" | "hey" => return Cue::new(5, "greeting"),
        "thanks" | "regards" | "sincerely" | "cheers" | "love" if view.starts_sentence(at) => {
            return Cue::new(4, "closing");
        }
        "thank" => return Cue::NONE,
        "cc" | "attn" | "signed" | "dictated" | "transcribed" | "authored" => {
            return Cue::new(5, "signature label");
        }
        "by" => return by(view, at),
        "patient" | "pt" | "pts" | "client" | "decedent" | "veteran" | "inmate"
            if !view.unit(at).is_some_and(|unit| unit.is_possessive()) =>
        {
            return Cue::new(6, "patient before");
        }
        "like" | "similar" | "with" | "to" | "for" | "from" | "of" | "told" | "and" | "per"
        | "saw" | "met" | "spoke" | "under" | "asked" | "ask" | "contact" | "w" | "that"
        | "than" | "on" | "when" | "says" | "said" => {
            return preposition(view, at);
        }
        _ => {}
    }
    if view.unit(at).is_some_and(|unit| unit.is_possessive()) {
        return Cue::NONE;
    }
    if weights.is(Sort::Relation) {
        return Cue::new(6, "relative before");
    }
    if weights.is(Sort::Role) {
        return Cue::new(5, "role before");
    }
    if is_descriptor(view, at) {
        return Cue::new(4, "description before");
    }
    if weights.is(Sort::Credential)
        && view
            .unit(at)
            .is_some_and(|unit| unit.case == Case::Upper && unit.len() > 1)
        && !matches!(lower.as_str(), "or" | "do" | "pa" | "ma")
    {
        return Cue::new(2, "credential before");
    }
    Cue::NONE
}

/// "a 12-year-old named", "her son, called": of a person; genes and germs are called something too.
fn named(view: &View<'_>, at: usize) -> Cue {
    let person = (at.saturating_sub(6)..at).any(|at| {
        is_descriptor(view, at)
            || view.weights(at).any(&[Sort::Relation, Sort::Role])
            || matches!(
                view.lower(at).as_str(),
                "someone" | "person" | "he" | "she" | "guy" | "kid" | "i" | "friend"
            )
    });
    match (person, view.lower(at).as_str()) {
        (true, "named" | "aka" | "alias" | "nicknamed") => Cue::new(8, "named"),
        (true, _) => Cue::new(4, "named"),
        (false, "named") => Cue::new(3, "named"),
        _ => Cue::NONE,
    }
}

/// "my name is", "patient is", "this is", "daughter is".
fn name_is(view: &View<'_>, at: usize) -> Cue {
    let Some(before) = at.checked_sub(1) else {
        return Cue::NONE;
    };
    let weights = view.weights(before);
    match view.lower(before).as_str() {
        "name" | "names" => Cue::new(9, "name is"),
        "this" | "i" => Cue::new(4, "introduction"),
        "pt" | "patient" => Cue::new(5, "patient before"),
        _ if weights.any(&[Sort::Relation, Sort::Role]) => Cue::new(4, "role before"),
        _ => Cue::NONE,
    }
}

/// "seen by", "signed by": any verb in the past before "by".
fn by(view: &View<'_>, at: usize) -> Cue {
    let verb = at.checked_sub(1).map(|before| view.lower(before));
    match verb.as_ref().map_or("", |verb| verb.as_str()) {
        "signed" | "dictated" | "authored" | "transcribed" | "cosigned" | "verified"
        | "scribed" | "entered" => Cue::new(7, "signature"),
        "seen" | "done" | "read" | "written" | "given" | "taken" | "driven" | "referred"
        | "evaluated" | "examined" | "treated" | "prescribed" | "ordered" | "performed"
        | "reviewed" | "admitted" | "consulted" | "diagnosed" | "noted" | "recommended"
        | "accompanied" | "brought" | "interviewed" | "followed" | "operated" | "supervised"
        | "assisted" | "approved" | "called" | "told" | "placed" | "completed" | "requested"
        | "discharged" | "managed" | "counseled" | "obtained" | "documented" | "checked"
        | "confirmed" | "visited" | "contacted" | "informed" | "advised" | "raised" | "adopted"
        | "assessed" | "collected" | "administered" | "attended" | "rx'd" | "ref'd"
        | "translated" | "interpreted" | "faxed" | "sent" => Cue::new(4, "seen by"),
        "caused" | "characterized" | "produced" | "transmitted" | "affected" | "infected"
        | "made" | "encoded" => Cue::NONE,
        _ => Cue::new(1, "by"),
    }
}

fn preposition(view: &View<'_>, at: usize) -> Cue {
    let back = |steps: usize| at.checked_sub(steps).map(|before| view.lower(before));
    let one = back(1);
    let one = one.as_ref().map_or("", |lower| lower.as_str());
    let lower = view.lower(at);
    match (one, lower.as_str()) {
        (
            "spoke" | "talked" | "met" | "discussed" | "speaking" | "meet" | "married" | "lives",
            "with" | "to",
        ) => Cue::new(4, "spoke with"),
        (
            "prescribed" | "according" | "given" | "call" | "belongs" | "administered" | "told"
            | "sent" | "fax" | "note" | "message",
            "to" | "for",
        ) => Cue::new(2, "to a person"),
        (
            "case" | "records" | "record" | "file" | "chart" | "care" | "history" | "mother"
            | "father" | "daughter" | "son" | "wife" | "husband" | "supervision",
            "of" | "for",
        ) => Cue::new(3, "record of"),
        (
            "patient" | "patients" | "someone" | "male" | "female" | "man" | "woman" | "case"
            | "case," | "males" | "females",
            "like",
        ) => Cue::new(4, "patient like"),
        (
            "notes" | "appointment" | "referral" | "prescription" | "results" | "letter" | "appt"
            | "labs" | "visit",
            "for" | "with" | "to",
        ) => Cue::new(3, "record of"),
        (_, "told" | "saw" | "met" | "asked" | "ask" | "contact" | "per" | "spoke") => {
            Cue::new(2, "spoke with")
        }
        (_, "similar") => Cue::new(2, "patient like"),
        ("referred" | "refer" | "transferred", "to") => Cue::new(2, "to a person"),
        _ => Cue::new(0, "preposition"),
    }
}

/// A comma, dash or bar before: "a 72-year-old male, Robert B."; "Ann, Bob and Carla".
fn comma_before(view: &View<'_>, at: usize) -> Cue {
    let Some(mut before) = at.checked_sub(1) else {
        return Cue::NONE;
    };
    before = if view.is_sign(before, b'.') {
        before.saturating_sub(1)
    } else {
        before
    };
    let weights = view.weights(before);
    if is_descriptor(view, before) {
        return Cue::new(5, "description before");
    }
    if view.is_sign(at, b',') && weights.any(&[Sort::Relation, Sort::Role]) {
        return Cue::new(5, "role before");
    }
    match view.lower(before).as_str() {
        "hi" | "hello" | "hey" | "morning" | "afternoon" | "evening" | "thanks" | "sincerely"
        | "regards" | "welcome" | "sorry" | "wishes" => Cue::new(5, "greeting"),
        "so" | "well" | "okay" | "alright" | "now" | "yes" | "no" | "yeah" | "right" => {
            Cue::new(2, "address")
        }
        _ => Cue::NONE,
    }
}

/// Words that describe a person: "male", "F", "10-year-old", "yo".
pub(crate) fn is_descriptor(view: &View<'_>, at: usize) -> bool {
    let Some(unit) = view.unit(at) else {
        return false;
    };
    if unit.shape == Shape::Mixed {
        let text = view.lower(at);
        return ["yo", "y", "yof", "yom", "f", "m", "yr"].iter().any(|end| {
            text.as_str().strip_suffix(end).is_some_and(|digits| {
                digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty()
            })
        });
    }
    match view.lower(at).as_str() {
        "male" | "female" | "man" | "woman" | "boy" | "girl" | "gentleman" | "lady" | "child"
        | "old" | "yo" | "aged" | "teen" | "teenager" | "toddler" | "newborn" | "adult"
        | "infant" => true,
        "m" | "f" => {
            unit.case != Case::Lower
                && at.checked_sub(1).is_some_and(|before| {
                    view.unit(before).is_some_and(|unit| {
                        unit.shape != Shape::Word
                            || matches!(view.lower(before).as_str(), "old" | "yo" | "y" | "yr")
                    })
                })
        }
        _ => false,
    }
}

fn colon_before(view: &View<'_>, at: usize) -> Cue {
    let Some(label) = at.checked_sub(1) else {
        return Cue::NONE;
    };
    if view.is_one_of(label, &["name", "names"]) {
        return Cue::new(7, "name label");
    }
    if view.is_one_of(
        label,
        &[
            "by",
            "cc",
            "attn",
            "to",
            "from",
            "re",
            "signed",
            "signature",
            "author",
            "dictated",
            "contact",
        ],
    ) {
        return Cue::new(4, "name label");
    }
    // "Doctor: …" also begins what a speaker says.
    if view.any(label, &[Sort::Relation, Sort::Role]) {
        Cue::new(4, "role label")
    } else {
        Cue::NONE
    }
}

/// Returns what stands after the name whose last unit is before `end`.
pub(crate) fn after(view: &View<'_>, end: usize) -> Cue {
    let Some(unit) = view.unit(end) else {
        return Cue::NONE;
    };
    if unit.shape == Shape::Sign {
        return match unit.first {
            b',' => after_comma(view, end + 1),
            b'(' => after_bracket(view, end + 1),
            _ => Cue::NONE,
        };
    }
    if is_credential(view, end) {
        return Cue::new(7, "credential after");
    }
    let shouted = unit.case == Case::Upper && view.is_shouted(end);
    if (unit.case == Case::Lower || shouted) && unit.weights.is(Sort::Verb) {
        return verb_after(view, end);
    }
    if is_age(view, end) {
        return Cue::new(4, "age after");
    }
    Cue::NONE
}

/// Verbs that only people do.
const PERSONAL: [&str; 28] = [
    "lives",
    "denies",
    "denied",
    "reports",
    "reported",
    "states",
    "stated",
    "says",
    "said",
    "works",
    "smokes",
    "drinks",
    "complains",
    "endorses",
    "endorsed",
    "wants",
    "wanted",
    "feels",
    "thinks",
    "called",
    "calls",
    "asked",
    "asks",
    "told",
    "declines",
    "declined",
    "refuses",
    "verbalized",
];

fn verb_after(view: &View<'_>, verb: usize) -> Cue {
    if view.is_one_of(verb, &PERSONAL) {
        return Cue::new(3, "verb of a person after");
    }
    // "is a pleasant 60 y/o", "is 40 years old"
    let is = view.is_one_of(verb, &["is", "was"]);
    if is && (verb + 1..verb + 5).any(|at| is_age(view, at)) {
        return Cue::new(5, "age after");
    }
    Cue::new(2, "verb after")
}

fn after_comma(view: &View<'_>, at: usize) -> Cue {
    if is_credential(view, at) {
        return Cue::new(7, "credential after");
    }
    match view.lower(at).as_str() {
        "who" | "whom" | "whose" => Cue::new(4, "who"),
        "aged" | "age" | "dob" | "born" | "mrn" | "seen" | "diagnosed" | "admitted" | "treated"
        | "presented" | "presents" => Cue::new(3, "record follows"),
        "a" | "an" | "my" | "his" | "her" | "our" | "the"
            if view.weights(at + 1).any(&[Sort::Relation, Sort::Role]) || is_age(view, at + 1) =>
        {
            Cue::new(4, "description after")
        }
        _ if is_age(view, at) => Cue::new(4, "age after"),
        _ => Cue::NONE,
    }
}

fn after_bracket(view: &View<'_>, at: usize) -> Cue {
    match view.lower(at).as_str() {
        "mrn" | "dob" | "ssn" | "age" | "aged" | "phone" | "id" | "he" | "she" | "they" | "pt"
        | "patient" | "cell" | "tel" | "email" => Cue::new(4, "record follows"),
        _ if view.weights(at).any(&[Sort::Relation, Sort::Role]) => Cue::new(3, "role after"),
        _ if is_age(view, at) => Cue::new(3, "age after"),
        _ => Cue::NONE,
    }
}

/// A degree or credential written as such: upper case, and not a word that merely is one too.
pub(crate) fn is_credential(view: &View<'_>, at: usize) -> bool {
    let Some(unit) = view.unit(at) else {
        return false;
    };
    let as_such = unit.case == Case::Upper
        || unit.case == Case::Mixed
        || (unit.is_initial()
            && view.is_tight(at + 1, b'.')
            && view
                .unit(at + 2)
                .is_some_and(|next| next.is_initial() && !next.space_before));
    if unit.is_initial() {
        let pair = (view.text(at), view.text(at + 2));
        return as_such
            && matches!(
                pair,
                ("M", "D") | ("D", "O") | ("R", "N") | ("P", "A") | ("N", "P") | ("J", "D")
            );
    }
    as_such && unit.is_word() && unit.weights.is(Sort::Credential)
}

/// "67", "67yo", "67-year-old", "a 67 y/o".
fn is_age(view: &View<'_>, at: usize) -> bool {
    let Some(unit) = view.unit(at) else {
        return false;
    };
    match unit.shape {
        Shape::Number => {
            unit.len() <= 3
                && matches!(
                    view.lower(at + 1).as_str(),
                    "y" | "yo" | "year" | "years" | "yr" | "yrs" | "month" | "months" | "m" | "f"
                )
                || (unit.len() <= 3
                    && view.is_sign(at + 1, b'-')
                    && matches!(view.lower(at + 2).as_str(), "year" | "yr" | "month" | "y"))
        }
        Shape::Mixed => is_descriptor(view, at),
        _ => false,
    }
}
