//! Codes that start with letters behind a label: `WH-88812`, plates, user names.

use super::ids;
use super::label_table::Need;
use super::labels::{Hit, Labels};
use super::span;
use super::value;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

/// Proposes a code that starts with a word: `WH-88812` behind a label, letters alone behind a colon, a prefixed number.
pub(super) fn propose_word(
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
    let glued = segment.touches(index + 1)
        && matches!(segment.sign_at(index + 1), b'-' | b'_' | b'.' | b'/' | b'*');
    if glued && segment.sign(index + 1, b'/') && ids::is_resource(segment, index) {
        return;
    }
    if glued {
        ids::propose(labels, segment, index, carried, listed, out);
    }
    let before = index.checked_sub(1).map_or(0, |at| segment.sign_at(at));
    let marked = matches!(before, b':' | b'#' | b'=' | b'"' | b'>' | b'|' | b'\'')
        || index > 0
            && segment
                .flags(index - 1)
                .has(Flags::MARK.and(Flags::LABEL_END));
    if !marked && carried.is_none() {
        return;
    }
    let Some(hit) = labels
        .before(segment, index, carried)
        .filter(|hit| hit.marked || hit.label.need != Need::Mark)
    else {
        return;
    };
    match hit.label.kind {
        Kind::UserName => user_name(segment, index, &hit, out),
        Kind::Plate => plate(segment, index, &hit, out),
        Kind::DriversLicense
        | Kind::Mbi
        | Kind::Account
        | Kind::Passport
        | Kind::TailNumber
        | Kind::ProfessionalLicense => {
            spaced(segment, index, &hit, out);
        }
        _ => {
            letters(segment, index, &hit, out);
            spaced(segment, index, &hit, out);
        }
    }
}

/// A plate may be letters and figures apart: `ABC 1234`, `CA 7XYZ123`.
fn plate(segment: &Segment<'_>, index: usize, hit: &Hit, out: &mut Vec<Candidate>) {
    let Some(token) = segment
        .token(index)
        .filter(|token| token.case == Case::Upper || token.has_digit())
    else {
        return;
    };
    let next = segment
        .token(index + 1)
        .filter(|next| next.has_digit() && next.len() <= 7 && next.space_before);
    let value = value::read(segment, index, false);
    let state = segment.flags(index).has(Flags::STATE) && token.len() == 2;
    let (from, upto) = match next {
        Some(_) if value.parts == 1 && state && segment.digits(index + 1) == 0 => {
            (index + 1, index + 2)
        }
        Some(_) if value.parts == 1 && token.len() <= 4 => (index, index + 2),
        _ if value.digits > 0 || hit.colon && value.letters >= 4 && value.letters <= 8 => {
            (index, value.upto)
        }
        _ => return,
    };
    if from == index || !state {
        let reason = Reason::rule("labelled plate").context(hit.label.name);
        out.push(span(
            segment,
            from,
            upto,
            Kind::Plate,
            0.88,
            Priority::Labelled,
            reason,
        ));
    }
}

/// A short capital prefix and a number after a space: `S 1234567`, `N 123AB`.
fn spaced(segment: &Segment<'_>, index: usize, hit: &Hit, out: &mut Vec<Candidate>) {
    let Some(token) = segment.token(index) else {
        return;
    };
    let skip = Flags::STATE.and(Flags::CONNECTOR);
    let state = token.len() == 2 && segment.flags(index).has(skip);
    let next = value::read(segment, index + 1, false);
    let prefix = token.case == Case::Upper
        && token.len() <= 4
        && next.digits >= 5
        && segment.flags(index) == Flags::NONE;
    let short = matches!(token.case, Case::Upper | Case::Title) && token.len() <= 2 || prefix;
    let number = segment
        .token(index + 1)
        .is_some_and(|next| next.has_digit() && next.space_before);
    if short && !state && number && next.digits >= 3 && !value::is_quantity(segment, &next) {
        let reason = Reason::rule("labelled number").context(hit.label.name);
        out.push(span(
            segment,
            index,
            next.upto,
            hit.label.kind,
            0.85,
            Priority::Labelled,
            reason,
        ));
    }
}

/// Letters alone count behind a colon, where the label asks for a number and no word of the language is likely.
fn letters(segment: &Segment<'_>, index: usize, hit: &Hit, out: &mut Vec<Candidate>) {
    let value = value::read(segment, index, false);
    let Some(token) = segment.token(index) else {
        return;
    };
    let code =
        token.case == Case::Upper && value.letters >= 6 && value.digits == 0 && value.parts == 1;
    let last = segment
        .token(value.upto)
        .is_none_or(|next| next.shape == Shape::Sign || next.line_start);
    let wanted = matches!(
        hit.label.kind,
        Kind::MemberId
            | Kind::GroupNumber
            | Kind::Policy
            | Kind::Session
            | Kind::Medicaid
            | Kind::Biometric
    );
    if code && last && wanted && hit.marked && segment.flags(index) == Flags::NONE {
        let reason = Reason::rule("labelled code of letters").context(hit.label.name);
        out.push(span(
            segment,
            index,
            value.upto,
            hit.label.kind,
            0.65,
            Priority::Labelled,
            reason,
        ));
    }
}

/// `username: jroe82`, `login = jane.roe`.
fn user_name(segment: &Segment<'_>, index: usize, hit: &Hit, out: &mut Vec<Candidate>) {
    let value = value::read(segment, index, false);
    let whole = value::with_dots(segment, value);
    let role = [
        "admin",
        "administrator",
        "root",
        "guest",
        "system",
        "user",
        "unknown",
    ]
    .iter()
    .any(|word| segment.is(index, word));
    let last = !role
        && segment.token(whole.upto).is_none_or(|next| {
            !matches!(next.shape, Shape::Word | Shape::Mixed) || next.space_before
        });
    let unusual = whole.digits > 0 || whole.parts > 1;
    let plain_word = !unusual && (segment.flags(index) != Flags::NONE || whole.letters < 4);
    if hit.label.kind == Kind::UserName
        && last
        && whole.len() >= 3
        && (hit.colon || whole.digits > 0)
        && !plain_word
    {
        let reason = Reason::rule("labelled user name").context(hit.label.name);
        out.push(span(
            segment,
            index,
            whole.upto,
            Kind::UserName,
            0.85,
            Priority::Labelled,
            reason,
        ));
    }
}
