//! Numbers behind a label, and numbers whose prefix says what they are (`MRN-448291`, `Patient/88213`).

use super::check;
use super::label_table::{Need, QUOTED};
use super::labels::{Hit, Label, Labels};
use super::span;
use super::value::{self, Value};
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

/// Proposes the number that starts at `index`, if a label stands before or after it.
pub(super) fn propose(
    labels: &Labels,
    segment: &Segment<'_>,
    index: usize,
    carried: Option<Hit>,
    listed: Option<Kind>,
    out: &mut Vec<Candidate>,
) {
    if value::is_inside(segment, index) {
        return;
    }
    let value = value::read(segment, index, false);
    if value.digits == 0 || segment.sign(value.upto, b'@') {
        return;
    }
    if let Some(hit) = labels.before(segment, index, carried) {
        labelled(segment, value, hit, out);
        return;
    }
    if let Some(label) = labels
        .after(segment, value.upto)
        .filter(|_| value.len() >= 4)
    {
        push(segment, value, label.kind, 0.85, label.name, out);
    } else if let Some(kind) = listed.filter(|kind| is_list_kind(*kind) && value.len() >= 4) {
        if !value::is_quantity(segment, &value) && !value::is_figure(segment, &value) {
            push(segment, value, kind, 0.75, "listed after another", out);
        }
    } else if let Some(label) = prefixed(labels, segment, value) {
        push(segment, value, label.kind, 0.8, "prefix of the number", out);
    }
}

/// Kinds whose numbers come in lists (`lots A123, B456`).
fn is_list_kind(kind: Kind) -> bool {
    use crate::class::Class;
    !matches!(
        kind.class(),
        Class::Name
            | Class::Location
            | Class::Org
            | Class::Date
            | Class::Age
            | Class::Phone
            | Class::Fax
    ) && !matches!(kind, Kind::Email | Kind::Url)
}

fn labelled(segment: &Segment<'_>, value: Value, hit: Hit, out: &mut Vec<Candidate>) {
    let kind = hit.label.kind;
    let value = match kind {
        Kind::Ssn => value::in_three_groups(segment, value)
            .unwrap_or_else(|| value::with_groups(segment, value)),
        Kind::Court | Kind::Specimen | Kind::Serial | Kind::Lot => {
            value::read(segment, value.from, true)
        }
        Kind::Donor | Kind::Imei => value::with_numbers(segment, value),
        Kind::Session => value::with_dots(segment, value),
        _ if takes_groups(kind) => value::with_groups(segment, value),
        _ => value,
    };
    if !is_plausible(segment, &value, &hit) {
        return;
    }
    let text = segment
        .text
        .get(segment.start(value.from)..segment.end(value.upto - 1))
        .unwrap_or_default();
    let (kind, valid) = checked(kind, text, &value, &hit);
    let reason = Reason::rule("labelled number").context(hit.label.name);
    let (confidence, priority) = match (valid, hit.marked || hit.label.need == Need::Nothing) {
        (true, _) => (0.98, Priority::Validated),
        (false, true) => (0.9, Priority::Labelled),
        (false, false) => (0.7, Priority::Labelled),
    };
    out.push(span(
        segment, value.from, value.upto, kind, confidence, priority, reason,
    ));
}

fn takes_groups(kind: Kind) -> bool {
    use Kind::{Account, Card, Imei, Mbi, Medicaid, MemberId, Mrn, Npi, Policy, Ssn};
    matches!(
        kind,
        Account | Card | Imei | Mbi | Medicaid | MemberId | Mrn | Npi | Policy | Ssn | Kind::Check
    ) || matches!(
        kind,
        Kind::DriversLicense | Kind::ProfessionalLicense | Kind::Passport
    )
}

/// Returns true if the value can be what the label says.
fn is_plausible(segment: &Segment<'_>, value: &Value, hit: &Hit) -> bool {
    let sure = hit.label.need == Need::Nothing || hit.marked;
    if value::is_quantity(segment, value)
        && (value.len() <= 4 || !sure && value.letters == 0 && value.digits < 7)
    {
        return false;
    }
    if hit.label.name == QUOTED
        && !(segment.sign(value.from.saturating_sub(1), b'"') && value.digits >= 4)
    {
        return false;
    }
    if value::is_counted(segment, value) || value.digits < 2 && value.len() < 5 {
        return false;
    }
    let strict = hit.label.need != Need::Nothing;
    if value::is_figure(segment, value) && (strict || value.digits < 5) {
        return false;
    }
    if hit.carried && value.len() < 4 {
        return false;
    }
    match hit.label.need {
        Need::Nothing => value.len() >= if hit.marked || hit.colon { 2 } else { 3 },
        Need::Mark if hit.marked || hit.last_digits => {
            let least = if hit.colon && !is_common(hit.label) {
                3
            } else {
                4
            };
            value.len() >= least && (hit.colon || !is_year(segment, value))
        }
        Need::Mark => speaks_for_itself(value, hit),
        Need::Colon => hit.colon && value.len() >= 3,
    }
}

/// Returns true if a value is long or odd enough to need no sign between it and its label.
fn speaks_for_itself(value: &Value, hit: &Hit) -> bool {
    use crate::class::Class;
    let named = matches!(
        hit.label.kind.class(),
        Class::HealthPlan | Class::Account | Class::License | Class::Vehicle
    );
    let device = hit.label.kind.class() == Class::Device;
    let odd = value.letters > 0 || value.parts > 1;
    match value.len() {
        0..5 => false,
        5 => value.digits >= 4 && hit.direct && (odd || named),
        _ => {
            value.digits >= 4 && (hit.direct || value.letters > 0)
                || named && hit.direct && value.digits >= 3
                // `lot HG4XK2`
                || device && hit.direct && value.digits >= 2 && value.letters >= 2
        }
    }
}

/// Labels that are words of any note: what follows them must be longer to be believed.
fn is_common(label: Label) -> bool {
    matches!(
        label.kind,
        Kind::OtherId
            | Kind::RecordId
            | Kind::Encounter
            | Kind::Order
            | Kind::Specimen
            | Kind::Police
    )
}

fn is_year(segment: &Segment<'_>, value: &Value) -> bool {
    value.parts == 1
        && value.letters == 0
        && segment
            .number(value.from)
            .is_some_and(|year| (1900..2100).contains(&year))
}

/// Checks what can be checked; returns the kind as it turned out and whether the check held.
fn checked(kind: Kind, text: &str, value: &Value, hit: &Hit) -> (Kind, bool) {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match kind {
        Kind::Ssn if value.digits == 4 || hit.last_digits && value.digits < 9 => {
            (Kind::SsnLast4, false)
        }
        Kind::Ssn => (kind, value.letters == 0 && check::is_ssn(&digits)),
        Kind::Npi => (kind, value.letters == 0 && check::is_npi(&digits)),
        Kind::Dea => (kind, check::is_dea(&plain)),
        Kind::Mbi | Kind::MemberId if check::is_mbi(plain.as_bytes()) => (Kind::Mbi, true),
        Kind::Card => (kind, value.letters == 0 && check::is_card(&digits)),
        Kind::Vin => (kind, check::is_vin(&plain)),
        Kind::Imei => (kind, value.letters == 0 && check::is_imei(&digits)),
        _ => (kind, false),
    }
}

fn push(
    segment: &Segment<'_>,
    value: Value,
    kind: Kind,
    confidence: f32,
    context: &'static str,
    out: &mut Vec<Candidate>,
) {
    let reason = Reason::rule("identifying number").context(context);
    out.push(span(
        segment,
        value.from,
        value.upto,
        kind,
        confidence,
        Priority::Labelled,
        reason,
    ));
}

/// Reads the prefix of `MRN-448291`, `enc_2024_0012`, `PT12345`.
fn prefixed(labels: &Labels, segment: &Segment<'_>, value: Value) -> Option<Label> {
    let token = segment.token(value.from)?;
    let other = |kind| Label {
        kind,
        need: Need::Nothing,
        name: "prefix of the number",
    };
    let of = |flags: Flags| flags.has(Flags::ID_PREFIX).then_some(other(Kind::OtherId));
    match token.shape {
        Shape::Word => {
            let glued = segment.touches(value.from + 1)
                && matches!(segment.sign_at(value.from + 1), b'-' | b'_');
            let shouted = token.case == Case::Upper || segment.sign(value.from + 1, b'_');
            if !glued || !shouted || value.digits < 3 {
                return None;
            }
            let kind = labels
                .ending_at(segment, value.from)
                .map(|(label, _)| other(label.kind));
            let prefix = of(segment.flags(value.from))?;
            Some(kind.unwrap_or(prefix))
        }
        Shape::Mixed if token.case == Case::Upper || token.case == Case::Title => {
            let word = segment.word(token);
            let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
            let rest = word.get(letters..)?;
            let enough = value.digits >= if letters > 2 { 4 } else { 5 };
            let term = segment.terms.of(word.get(..letters)?.as_bytes());
            if letters < 2 || !enough || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            of(segment.terms.flags(term))
        }
        _ => None,
    }
}

/// Resources of FHIR whose reference holds an id: `Patient/88213`.
const RESOURCES: [&str; 26] = [
    "patient",
    "practitioner",
    "encounter",
    "observation",
    "condition",
    "medicationrequest",
    "procedure",
    "diagnosticreport",
    "coverage",
    "claim",
    "relatedperson",
    "person",
    "documentreference",
    "appointment",
    "organization",
    "location",
    "device",
    "group",
    "specimen",
    "servicerequest",
    "immunization",
    "allergyintolerance",
    "careplan",
    "practitionerrole",
    "medication",
    "communication",
];

pub(super) fn is_resource(segment: &Segment<'_>, index: usize) -> bool {
    let word = segment.word_at(index);
    RESOURCES
        .iter()
        .any(|resource| word.eq_ignore_ascii_case(resource))
}

/// Proposes the id of a resource reference: what stands at `index` behind `Patient/`.
pub(super) fn propose_reference(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let slash = index >= 2
        && segment.sign(index - 1, b'/')
        && segment.touches(index)
        && segment.touches(index - 1);
    if !slash || !is_resource(segment, index - 2) {
        return;
    }
    let value = value::read(segment, index, false);
    if value.digits >= 1 && value.len() >= 2 {
        let reason = Reason::rule("reference to a record");
        out.push(span(
            segment,
            index,
            value.upto,
            Kind::RecordId,
            0.85,
            Priority::Labelled,
            reason,
        ));
    }
}
