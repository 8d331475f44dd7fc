//! Labelled fields: "Patient name:", `"patient_name":`, `<family>`, `employer=`; what the label announces and how far
//! the value goes.

use crate::kind::Kind;
use crate::lexicon::{Sort, Weights};
use crate::token::{Case, Shape};

use super::view::View;

/// What a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A name and nothing else ("Patient name:", a column `last_name`).
    Name,
    /// A role that a name may follow ("Attending:").
    Role,
    UserName,
    City,
    County,
    Facility,
    Organisation,
}

impl Field {
    /// Returns the kind of a value of the field.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Field::Name | Field::Role => Kind::Person,
            Field::UserName => Kind::UserName,
            Field::City => Kind::City,
            Field::County => Kind::County,
            Field::Facility => Kind::Facility,
            Field::Organisation => Kind::Organisation,
        }
    }
}

/// The most words of a label.
const LABEL_WORDS: usize = 4;
/// The most units of a value.
const VALUE_UNITS: usize = 14;
/// How far back an array may begin.
const ARRAY_UNITS: usize = 16;

/// Words of a label run together in lower case: `patientname` of "Patient Name", `patient_name`, `patientName`.
pub(crate) struct Label {
    bytes: [u8; 64],
    len: usize,
}

impl Label {
    /// Reads the label that ends before the unit at `end`.
    pub(crate) fn ending(view: &View<'_>, end: usize) -> Label {
        let mut from = end;
        let mut words = 0;
        while let Some(at) = from.checked_sub(1) {
            let Some(unit) = view.unit(at) else { break };
            let joins = unit.shape == Shape::Sign
                && matches!(unit.first, b'_' | b'-' | b'\'')
                && !unit.space_before
                && words > 0;
            if !(unit.is_word() || unit.shape == Shape::Mixed && words > 0 || joins)
                || (unit.is_word() && words == LABEL_WORDS)
            {
                break;
            }
            words += usize::from(unit.is_word());
            from = at;
            if unit.line_start {
                break;
            }
        }
        Label::between(view, from, end)
    }

    /// Runs the words from `from` to `end` together.
    pub(crate) fn between(view: &View<'_>, from: usize, end: usize) -> Label {
        let mut label = Label {
            bytes: [0; 64],
            len: 0,
        };
        for at in from..end {
            if view.unit(at).is_some_and(|unit| unit.is_word()) {
                label.push(view.text(at));
            }
        }
        label
    }

    fn push(&mut self, word: &str) {
        for byte in word.bytes().filter(u8::is_ascii_alphabetic) {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte.to_ascii_lowercase();
                self.len += 1;
            }
        }
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }

    /// Returns what the label announces.
    pub(crate) fn field(&self) -> Option<Field> {
        let label = self.as_str();
        if let Some(field) = WHOLE.iter().find(|(ending, field)| {
            label
                .strip_suffix(ending)
                .is_some_and(|front| is_qualifier(front, *field, ending.len()))
        }) {
            return Some(field.1);
        }
        let stem = label
            .strip_suffix("name")
            .or_else(|| label.strip_suffix("names"))?;
        if let Some(field) = NAMED.iter().find(|(ending, _)| stem.ends_with(ending)) {
            return field.1;
        }
        Some(Field::Name)
    }
}

/// Words before the end of a label that leave its meaning: "referring hospital", "patient city".
fn is_qualifier(front: &str, field: Field, length: usize) -> bool {
    const OF_PLACES: [&str; 20] = [
        "",
        "referring",
        "admitting",
        "primary",
        "preferred",
        "current",
        "treating",
        "birth",
        "home",
        "patient",
        "performing",
        "sending",
        "receiving",
        "local",
        "nameof",
        "your",
        "my",
        "the",
        "outpatient",
        "transferring",
    ];
    match field {
        Field::City | Field::County | Field::Facility | Field::Organisation => {
            OF_PLACES.contains(&front)
        }
        _ => front.is_empty() || length > 4,
    }
}

/// Labels by their end; the first that fits counts.
const WHOLE: [(&str, Field); 84] = [
    ("username", Field::UserName),
    ("userhandle", Field::UserName),
    ("screenname", Field::UserName),
    ("loginid", Field::UserName),
    ("login", Field::UserName),
    ("handle", Field::UserName),
    ("lastfirst", Field::Name),
    ("lastnamefirstname", Field::Name),
    ("family", Field::Name),
    ("given", Field::Name),
    ("surname", Field::Name),
    ("alias", Field::Name),
    ("aka", Field::Name),
    ("patientis", Field::Name),
    ("patient", Field::Role),
    ("pt", Field::Role),
    ("client", Field::Role),
    ("provider", Field::Role),
    ("physician", Field::Role),
    ("doctor", Field::Role),
    ("attending", Field::Role),
    ("pcp", Field::Role),
    ("surgeon", Field::Role),
    ("assistant", Field::Role),
    ("anesthesiologist", Field::Role),
    ("anesthesia", Field::Role),
    ("cardiologist", Field::Role),
    ("oncologist", Field::Role),
    ("radiologist", Field::Role),
    ("pathologist", Field::Role),
    ("consultant", Field::Role),
    ("resident", Field::Role),
    ("fellow", Field::Role),
    ("nurse", Field::Role),
    ("rn", Field::Role),
    ("therapist", Field::Role),
    ("pharmacist", Field::Role),
    ("clinician", Field::Role),
    ("author", Field::Role),
    ("scribe", Field::Role),
    ("signature", Field::Role),
    ("signed", Field::Role),
    ("signedby", Field::Role),
    ("dictatedby", Field::Role),
    ("referredby", Field::Role),
    ("orderedby", Field::Role),
    ("collectedby", Field::Role),
    ("reviewedby", Field::Role),
    ("performedby", Field::Role),
    ("subscriber", Field::Role),
    ("guarantor", Field::Role),
    ("insured", Field::Role),
    ("policyholder", Field::Role),
    ("beneficiary", Field::Role),
    ("emergencycontact", Field::Role),
    ("contact", Field::Role),
    ("contactperson", Field::Role),
    ("nextofkin", Field::Role),
    ("nok", Field::Role),
    ("mother", Field::Role),
    ("father", Field::Role),
    ("spouse", Field::Role),
    ("guardian", Field::Role),
    ("caregiver", Field::Role),
    ("witness", Field::Role),
    ("interpreter", Field::Role),
    ("recipient", Field::Role),
    ("sender", Field::Role),
    ("attn", Field::Role),
    ("city", Field::City),
    ("town", Field::City),
    ("hometown", Field::City),
    ("birthplace", Field::City),
    ("placeofbirth", Field::City),
    ("county", Field::County),
    ("facility", Field::Facility),
    ("hospital", Field::Facility),
    ("pharmacy", Field::Facility),
    ("employer", Field::Organisation),
    ("school", Field::Organisation),
    ("insurer", Field::Organisation),
    ("insurancecompany", Field::Organisation),
    ("payer", Field::Organisation),
    ("workplace", Field::Organisation),
];

/// What stands before "name" where it is no person's.
const NAMED: [(&str, Option<Field>); 44] = [
    ("facility", Some(Field::Facility)),
    ("hospital", Some(Field::Facility)),
    ("clinic", Some(Field::Facility)),
    ("pharmacy", Some(Field::Facility)),
    ("practice", Some(Field::Facility)),
    ("employer", Some(Field::Organisation)),
    ("company", Some(Field::Organisation)),
    ("school", Some(Field::Organisation)),
    ("organization", Some(Field::Organisation)),
    ("organisation", Some(Field::Organisation)),
    ("business", Some(Field::Organisation)),
    ("agency", Some(Field::Organisation)),
    ("insurer", Some(Field::Organisation)),
    ("payer", Some(Field::Organisation)),
    ("city", Some(Field::City)),
    ("county", Some(Field::County)),
    ("user", Some(Field::UserName)),
    ("drug", None),
    ("medication", None),
    ("brand", None),
    ("generic", None),
    ("trade", None),
    ("file", None),
    ("product", None),
    ("test", None),
    ("lab", None),
    ("procedure", None),
    ("host", None),
    ("domain", None),
    ("class", None),
    ("type", None),
    ("plan", None),
    ("group", None),
    ("event", None),
    ("model", None),
    ("tool", None),
    ("function", None),
    ("system", None),
    ("device", None),
    ("study", None),
    ("state", None),
    ("country", None),
    ("street", None),
    ("code", None),
];

/// Returns what the label before the unit at `index` announces, and whether the value stands in quotes.
pub(crate) fn before(view: &View<'_>, index: usize) -> Option<(Field, bool)> {
    let mut at = index.checked_sub(1)?;
    let mut quoted = false;
    while view.is_sign(at, b'*') || view.is_sign(at, b'_') && view.unit(at)?.space_before {
        at = at.checked_sub(1)?;
    }
    if view.is_sign(at, b'"') {
        quoted = true;
        at = at.checked_sub(1)?;
        if view.is_sign(at, b',') {
            at = array_start(view, at)?;
        }
        if view.is_sign(at, b'[') {
            at = at.checked_sub(1)?;
        }
    }
    if view.is_sign(at, b'>') && view.is_tight(at, b'>') && index == at + 1 {
        return Some((Label::ending(view, at).field()?, true));
    }
    if !(view.is_sign(at, b':') || view.is_sign(at, b'=')) {
        return None;
    }
    while at > 0
        && (view.is_sign(at - 1, b'"') || view.is_sign(at - 1, b'*') || view.is_sign(at - 1, b')'))
    {
        at -= 1;
    }
    if view.is_sign(at, b')') {
        // "Name (last, first):"
        let open = (at.saturating_sub(8)..at)
            .rev()
            .find(|at| view.is_sign(*at, b'('))?;
        at = open;
    }
    let field = Label::ending(view, at).field()?;
    Some((field, quoted))
}

fn array_start(view: &View<'_>, from: usize) -> Option<usize> {
    let lowest = from.saturating_sub(ARRAY_UNITS);
    for at in (lowest..from).rev() {
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
///
/// `quoted` values go to the closing quote; `cell_end` is the sign that ends a cell of a table.
pub(crate) fn value(
    view: &View<'_>,
    index: usize,
    field: Field,
    quoted: bool,
    cell_end: Option<u8>,
) -> Option<usize> {
    if field == Field::UserName {
        return user_name(view, index);
    }
    let mut at = index;
    let mut end = None;
    let mut words = 0;
    while at < index + VALUE_UNITS {
        let Some(unit) = view.unit(at) else { break };
        if at > index && unit.line_start || ends_value(view, at, field, quoted, cell_end, words) {
            break;
        }
        if unit.is_word() {
            // "Name: John Smith DOB: …", "Sex: …": the next label begins here.
            if at > index && is_label_ahead(view, at)
                || words > 0 && !quoted && cell_end.is_none() && is_after_value(view, at, field)
            {
                break;
            }
            words += 1;
            end = Some(at + 1);
        } else if unit.first == b'.' && unit.shape == Shape::Sign && end == Some(at) {
            end = if view.unit(at - 1).is_some_and(|unit| unit.is_initial()) {
                Some(at + 1)
            } else {
                end
            };
        } else if unit.shape != Shape::Sign
            && matches!(
                field,
                Field::Name | Field::Role | Field::City | Field::County
            )
        {
            break;
        } else if unit.shape != Shape::Sign {
            end = Some(at + 1);
        }
        at += 1;
    }
    let end = end?;
    is_value(view, index, end, field, words, quoted || cell_end.is_some()).then_some(end)
}

fn ends_value(
    view: &View<'_>,
    at: usize,
    field: Field,
    quoted: bool,
    cell_end: Option<u8>,
    words: usize,
) -> bool {
    let Some(unit) = view.unit(at).filter(|unit| unit.shape == Shape::Sign) else {
        return false;
    };
    if unit.first == b'"' {
        return true;
    }
    if quoted {
        return false;
    }
    if cell_end == Some(unit.first) {
        return true;
    }
    match unit.first {
        b';' | b'|' | b'(' | b')' | b'[' | b'<' | b'>' | b'{' | b'}' | b'=' | b':' | b'/'
        | b'#' | b'?' | b'!' | b'^' => true,
        // "Name: Smith, John": the comma of an inverted name.
        b',' => {
            !(matches!(field, Field::Name | Field::Role)
                && words <= 2
                && view.unit(at + 1).is_some_and(|next| {
                    next.is_word()
                        && (next.weights.given() >= 2
                            || next.is_initial()
                            || next.weights == Weights::default())
                        && !super::context::is_credential(view, at + 1)
                        && next.case != Case::Lower
                }))
        }
        b'.' => !view.unit(at.wrapping_sub(1)).is_some_and(|unit| {
            unit.is_initial() || unit.weights.is(Sort::Title) || unit.len() <= 2
        }),
        b'-' => unit.space_before,
        _ => false,
    }
}

/// A word or two and a colon: the next label on the same line.
fn is_label_ahead(view: &View<'_>, at: usize) -> bool {
    (1..=2).any(|steps| {
        view.is_sign(at + steps, b':')
            && (at..at + steps).all(|at| view.unit(at).is_some_and(|unit| unit.is_word()))
    }) || matches!(
        view.text(at),
        "DOB" | "MRN" | "SSN" | "DOS" | "Age" | "AGE" | "Sex" | "SEX" | "Gender"
    )
}

/// Words that end a value outside quotes.
fn is_after_value(view: &View<'_>, at: usize, field: Field) -> bool {
    let Some(unit) = view.unit(at) else {
        return true;
    };
    let weights = unit.weights;
    let organisation = matches!(field, Field::Facility | Field::Organisation);
    if unit.case == Case::Lower {
        let connects = matches!(
            view.lower(at).as_str(),
            "of" | "and"
                | "for"
                | "the"
                | "de"
                | "la"
                | "van"
                | "von"
                | "der"
                | "del"
                | "bin"
                | "al"
        ) || organisation && weights.any(&[Sort::FacilityHead, Sort::OrgHead]);
        return !connects
            && (weights.common() >= 4
                || weights.any(&[Sort::Verb, Sort::Medical, Sort::Role])
                || view
                    .unit(at.wrapping_sub(1))
                    .is_some_and(|before| before.is_capital()));
    }
    !organisation && weights.any(&[Sort::Credential, Sort::Calendar]) && weights.given() < 6
}

fn is_value(
    view: &View<'_>,
    index: usize,
    end: usize,
    field: Field,
    words: usize,
    bounded: bool,
) -> bool {
    let first = view.weights(index);
    let lower = view.lower(index);
    if words == 0
        || words > 8
        || matches!(
            lower.as_str(),
            "unknown"
                | "none"
                | "na"
                | "n"
                | "not"
                | "see"
                | "deferred"
                | "same"
                | "self"
                | "refused"
                | "withheld"
                | "anonymous"
                | "tbd"
                | "pending"
                | "yes"
                | "no"
                | "redacted"
                | "removed"
                | "null"
                | "true"
                | "false"
                | "string"
                | "the"
                | "this"
                | "other"
                | "as"
                | "per"
                | "private"
                | "commercial"
                | "unemployed"
                | "retired"
                | "disabled"
                | "name"
                | "patient"
                | "required"
                | "optional"
                | "test"
        )
    {
        return false;
    }
    if first.any(&[Sort::PublicBody, Sort::Maker, Sort::Drug, Sort::Department]) && !bounded
        || view
            .phrase(index, |weights| weights.is(Sort::NotName))
            .is_some_and(|phrase| phrase.end >= end && phrase.words > 1)
    {
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
            words <= 4
                && !first.any(&[Sort::State, Sort::Country])
                && (bounded && first.common() < 9
                    || capital && (first.place() >= 1 || first == Weights::default()))
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
fn user_name(view: &View<'_>, index: usize) -> Option<usize> {
    let mut end = index + usize::from(view.is_sign(index, b'@'));
    while end < index + VALUE_UNITS {
        let unit = view.unit(end)?;
        let joins = unit.shape == Shape::Sign
            && matches!(unit.first, b'_' | b'.' | b'-')
            && view
                .unit(end + 1)
                .is_some_and(|next| !next.space_before && next.shape != Shape::Sign);
        if end > index && unit.space_before || unit.shape == Shape::Sign && !joins {
            break;
        }
        end += 1;
        if view.unit(end).is_none() {
            break;
        }
    }
    let first = view.weights(index);
    let words = !matches!(
        view.lower(index).as_str(),
        "unknown" | "none" | "null" | "the" | "is" | "not" | "your" | "and" | "or"
    );
    (end > index && words && !(end == index + 1 && first.common() >= 6)).then_some(end)
}
