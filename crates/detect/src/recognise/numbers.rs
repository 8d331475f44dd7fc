//! Numbers known by their own shape and check digit: social security, Medicare, DEA, card, vehicle, equipment.

use super::check;
use super::groups::Groups;
use super::span;
use super::value::{self, Value};
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

/// Proposes the number that starts at the digits at `index`.
pub(super) fn propose(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    if value::is_inside(segment, index) {
        return;
    }
    let Some(token) = segment.token(index) else {
        return;
    };
    if token.shape == Shape::Number {
        let groups = Groups::read(segment, index);
        social_security(segment, index, &groups, out);
        card(segment, index, &groups, out);
        bare(segment, index, &groups, out);
    }
    code(segment, index, out);
}

fn social_security(segment: &Segment<'_>, index: usize, groups: &Groups, out: &mut Vec<Candidate>) {
    let signs = (groups.sign(1), groups.sign(2));
    if !groups.are(&[3, 2, 4]) || signs.0 != signs.1 || !matches!(signs.0, b'-' | b'.' | b' ') {
        return;
    }
    let valid = check::is_ssn(groups.digits(0, 3));
    if signs.0 == b' ' && !valid {
        return;
    }
    let (confidence, priority) = match (valid, signs.0) {
        (true, b'-') => (0.95, Priority::Validated),
        (true, _) => (0.8, Priority::Pattern),
        _ => (0.75, Priority::Pattern),
    };
    let reason = Reason::rule("social security number");
    out.push(span(
        segment,
        index,
        groups.upto(2),
        Kind::Ssn,
        confidence,
        priority,
        reason,
    ));
}

fn card(segment: &Segment<'_>, index: usize, groups: &Groups, out: &mut Vec<Candidate>) {
    let counts = 1..=groups.len().min(5);
    for count in counts.rev() {
        let sizes_fit = match count {
            1 => (13..=19).contains(&groups.size(0)),
            3 => groups.are(&[4, 6, 5]) || groups.are(&[4, 6, 4]),
            4 => groups.are(&[4, 4, 4, 4]),
            5 => groups.are(&[4, 4, 4, 4, 3]),
            _ => false,
        };
        if sizes_fit && !groups.is_glued(count) && check::is_card(groups.digits(0, count)) {
            let reason = Reason::rule("payment card number").context("check digit and issuer");
            out.push(span(
                segment,
                index,
                groups.upto(count - 1),
                Kind::Card,
                0.93,
                Priority::Validated,
                reason,
            ));
            return;
        }
        if sizes_fit && count == 4 {
            let reason = Reason::rule("four groups of four digits");
            out.push(span(
                segment,
                index,
                groups.upto(3),
                Kind::Card,
                0.7,
                Priority::Pattern,
                reason,
            ));
            return;
        }
    }
}

/// A long number that nothing explains: too long for a measurement, so it is taken for a number of somebody.
fn bare(segment: &Segment<'_>, index: usize, groups: &Groups, out: &mut Vec<Candidate>) {
    let size = groups.size(0);
    let next = groups.upto(0);
    let glued = groups.is_glued(1)
        || segment.touches(next)
            && !matches!(
                segment.sign_at(next),
                b'.' | b','
                    | b';'
                    | b')'
                    | b'"'
                    | b'\''
                    | b'?'
                    | b'!'
                    | b':'
                    | b'|'
                    | b'<'
                    | b']'
                    | b'^'
            );
    let comma = segment.touches(next) && segment.touches(next + 1) && segment.digits(next + 1) > 0;
    if !(7..=20).contains(&size) || glued || comma || explained(segment, index, next) {
        return;
    }
    let digits = groups.digits(0, 1);
    let (kind, confidence, rule) = match size {
        10 if check::is_npi(digits) => {
            (Kind::Npi, 0.75, "ten digits with a provider's check digit")
        }
        10 if check::is_nanp(digits) => (Kind::Phone, 0.65, "ten digits of the numbering plan"),
        9 if check::is_ssn(digits) => (Kind::Ssn, 0.6, "nine digits"),
        15 if check::is_imei(digits) => (Kind::Imei, 0.7, "fifteen digits with a check digit"),
        _ if digits.ends_with("00000") => return,
        _ => (Kind::OtherId, 0.55, "long number without a unit"),
    };
    out.push(span(
        segment,
        index,
        next,
        kind,
        confidence,
        Priority::Pattern,
        Reason::rule(rule),
    ));
}

/// Returns true if a code system, a currency or a unit explains the number.
fn explained(segment: &Segment<'_>, index: usize, next: usize) -> bool {
    if segment.flags(next).has(Flags::UNIT) || segment.sign(next, b'%') {
        return true;
    }
    (1..=4).any(|steps| {
        let Some(at) = index.checked_sub(steps) else {
            return false;
        };
        is_code(segment, at) || matches!(segment.sign_at(at), b'$' | b'<' | b'~') && steps == 1
    })
}

/// A code without a label, `JH-998877`, `#88213`: unsure, because models and compounds are written so too.
pub(super) fn unlabelled(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    if value::is_inside(segment, index) {
        return;
    }
    let value = value::read(segment, index, false);
    let Some(token) = segment.token(index).filter(|_| value.digits >= 4) else {
        return;
    };
    let hash = is_marked(segment, index, value.digits);
    let prefix = segment
        .word(token)
        .bytes()
        .take_while(u8::is_ascii_uppercase)
        .count();
    let shaped =
        (1..=5).contains(&prefix) && value.letters <= 6 && value.digits >= 5 && value.len() <= 18;
    if !(shaped || hash && value.letters <= 4) {
        return;
    }
    let lower = (index..value.upto).any(|at| {
        segment
            .token(at)
            .is_some_and(|token| matches!(token.case, Case::Lower | Case::Mixed))
    });
    let coded = is_code(segment, index)
        || (1..=3).any(|steps| {
            index
                .checked_sub(steps)
                .is_some_and(|at| is_code(segment, at))
        });
    let births = segment
        .token(index)
        .is_some_and(|token| token.first == b'G' && segment.word(token).contains('P'));
    if lower || coded || births || value::is_quantity(segment, &value) {
        return;
    }
    if segment.touches(value.upto)
        && matches!(segment.sign_at(value.upto), b'@' | b':' | b'^' | b'=')
    {
        return;
    }
    let confidence = if hash { 0.62 } else { 0.55 };
    out.push(span(
        segment,
        index,
        value.upto,
        Kind::OtherId,
        confidence,
        Priority::Pattern,
        Reason::rule("code without a label"),
    ));
}

/// Returns true behind `#`, `#:`, `No.:`, `number`, where no label says a number of what.
fn is_marked(segment: &Segment<'_>, index: usize, digits: usize) -> bool {
    let mut at = index;
    for _ in 0..3 {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        match segment.sign_at(before) {
            b'#' => return true,
            b':' | b'.' => at = before,
            0 => {
                let word = segment.flags(before).has(Flags::MARK)
                    && segment.token(before).is_some_and(|token| token.len() > 1);
                let no = segment.is(before, "no") || segment.is(before, "nos");
                return word && digits >= 5 && (!no || at < index);
            }
            _ => return false,
        }
    }
    false
}

/// Returns true for `CPT`, `ICD10`, `chr7`.
fn is_code(segment: &Segment<'_>, at: usize) -> bool {
    if segment.flags(at).has(Flags::CODE) {
        return true;
    }
    let word = segment.word_at(at);
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let term = segment
        .terms
        .of(word.get(..letters).unwrap_or_default().as_bytes());
    letters > 1 && letters < word.len() && segment.terms.flags(term).has(Flags::CODE)
}

/// Proposes a code of letters and digits that starts at `index`: Medicare, DEA, vehicle, an object's UUID.
pub(super) fn code(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    if value::is_inside(segment, index) {
        return;
    }
    let value = value::read(segment, index, false);
    if segment.word_at(index).starts_with("eyJ") && value.len() >= 16 {
        let token = value::with_dots(segment, value);
        let reason = Reason::rule("signed token");
        out.push(span(
            segment,
            index,
            token.upto,
            Kind::Session,
            0.85,
            Priority::Pattern,
            reason,
        ));
        return;
    }
    if value.letters == 0 || value.digits == 0 || value.len() < 9 {
        return;
    }
    let text = segment
        .text
        .get(segment.start(index)..segment.end(value.upto - 1))
        .unwrap_or_default();
    let (kind, confidence, rule) = match shape(segment, &value, text) {
        Some(found) => found,
        None => return,
    };
    out.push(span(
        segment,
        index,
        value.upto,
        kind,
        confidence,
        Priority::Validated,
        Reason::rule(rule),
    ));
}

fn shape(segment: &Segment<'_>, value: &Value, text: &str) -> Option<(Kind, f32, &'static str)> {
    let upper = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    match value.len() {
        15..=34 if upper && value.parts == 1 && check::is_iban(text) => Some((
            Kind::Account,
            0.95,
            "international bank account number with its check digits",
        )),
        11 if upper && (value.parts == 1 || is_mbi_hyphened(text)) => {
            let plain: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
            check::is_mbi(&plain).then_some((Kind::Mbi, 0.95, "Medicare beneficiary identifier"))
        }
        9 if upper && value.parts == 1 && value.letters <= 2 => {
            check::is_dea(text).then_some((Kind::Dea, 0.92, "DEA number with its check digit"))
        }
        17 if upper && value.parts == 1 => {
            check::is_vin(text).then_some((Kind::Vin, 0.95, "vehicle number with its check digit"))
        }
        32 if is_uuid(text) => Some((Kind::RecordId, 0.85, "universally unique identifier")),
        _ => None,
    }
    .filter(|_| {
        !(1..=2).any(|steps| {
            value
                .from
                .checked_sub(steps)
                .is_some_and(|at| segment.flags(at).has(Flags::CODE))
        })
    })
}

fn is_mbi_hyphened(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 13 && bytes.get(4) == Some(&b'-') && bytes.get(8) == Some(&b'-')
}

fn is_uuid(text: &str) -> bool {
    let sizes = [8, 4, 4, 4, 12];
    let parts = text.split('-');
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.len() == 36
        && parts.clone().count() == 5
        && parts
            .zip(sizes)
            .all(|(part, size)| part.len() == size && hex(part))
}

/// Proposes a masked number that starts at `index` with `X` or `*`: `XXX-XX-1234`, `***-**-1234`.
pub(super) fn masked(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    if value::is_inside(segment, index)
        || index > 0 && segment.touches(index) && segment.sign(index - 1, b'*')
    {
        return;
    }
    let mut at = index;
    let mut mask = 0;
    while let Some(token) = segment.token(at) {
        if at > index && token.space_before && !(segment.digits(at) == 4 && segment.complete) {
            break;
        }
        let word = segment.word(token);
        if token.shape == Shape::Sign && matches!(token.first, b'*' | b'-') {
            mask += usize::from(token.first == b'*');
        } else if token.shape == Shape::Word
            && word.bytes().all(|byte| matches!(byte, b'X' | b'x'))
            && (2..=12).contains(&word.len())
        {
            mask += word.len();
        } else {
            break;
        }
        at += 1;
    }
    let Some(token) = segment
        .token(at)
        .filter(|token| at > index && !token.space_before)
    else {
        return;
    };
    let social = mask == 5 && token.len() == 4;
    if token.shape != Shape::Number || !(2..=6).contains(&token.len()) || mask < 3 {
        return;
    }
    let phone = segment.sign(at - 1, b'-') && token.len() == 4 && mask == 6;
    let (kind, rule) = if phone {
        (Kind::Phone, "masked telephone number")
    } else if social {
        (Kind::SsnLast4, "masked social security number")
    } else {
        (Kind::Account, "masked number")
    };
    out.push(span(
        segment,
        index,
        at + 1,
        kind,
        0.85,
        Priority::Labelled,
        Reason::rule(rule),
    ));
}

/// Proposes `XXXX1234`, a masked number in one word.
pub(super) fn masked_word(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let word = segment.word_at(index);
    let mask = word
        .bytes()
        .take_while(|byte| matches!(byte, b'X' | b'x'))
        .count();
    let digits = word.get(mask..).unwrap_or_default();
    let upper = segment
        .token(index)
        .is_some_and(|token| token.case == Case::Upper);
    if mask >= 3
        && (2..=6).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (upper || mask >= 4)
    {
        out.push(span(
            segment,
            index,
            index + 1,
            Kind::Account,
            0.75,
            Priority::Labelled,
            Reason::rule("masked number"),
        ));
    }
}
