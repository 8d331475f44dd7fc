//! Boxes, ZIP codes, roads with a mile marker, coordinates.

use super::span;
use super::value;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape, Token};

/// Proposes a box that starts at `index`: `P.O. Box 123`, `POB 12`, `RR 2 Box 45`.
pub(super) fn post_box(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let stop = |at: usize| at + usize::from(segment.sign(at, b'.'));
    let word = segment.word_at(index);
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    let at = if is("pob") || is("po") || is("pobox") {
        stop(index + 1)
    } else if is("p") {
        let o = stop(index + 1);
        if !segment.is(o, "o") {
            return;
        }
        stop(o + 1)
    } else if is("post") && segment.is(index + 1, "office") {
        index + 2
    } else if is("rr") || is("hc") || is("rfd") || is("psc") || is("cmr") || is("unit") {
        let number = index + 1 + usize::from(segment.sign(index + 1, b'#'));
        if segment.digits(number) == 0 {
            return;
        }
        number + 1 + usize::from(segment.sign(number + 1, b','))
    } else {
        return;
    };
    let boxed = segment.is(at, "box");
    if !boxed && !is("pob") && !is("pobox") {
        return;
    }
    let number = at + usize::from(boxed) + usize::from(segment.sign(at + usize::from(boxed), b'#'));
    if segment
        .token(number)
        .is_some_and(|token| token.has_digit() && token.len() <= 8)
    {
        let value = value::read(segment, number, false);
        let reason = Reason::rule("post office box");
        out.push(span(
            segment,
            index,
            value.upto,
            Kind::PoBox,
            0.96,
            Priority::Validated,
            reason,
        ));
    }
}

/// Proposes the ZIP code at `index`. `after_place` says that a street or city was found just before it.
pub(super) fn zip(
    segment: &Segment<'_>,
    index: usize,
    after_place: bool,
    out: &mut Vec<Candidate>,
) {
    if !(3..=5).contains(&segment.digits(index)) || value::is_inside(segment, index) {
        return;
    }
    if segment.digits(index) != 5 {
        let second = segment.token(index + 1).filter(|next| {
            next.space_before && (2..=3).contains(&next.len()) && next.case != Case::Lower
        });
        let ends = second
            .is_some_and(|second| second.shape == Shape::Number || second.case == Case::Upper);
        if labelled_zip(segment, index) {
            let reason = Reason::rule("ZIP code").context("ZIP label");
            out.push(span(
                segment,
                index,
                index + 1 + usize::from(ends),
                Kind::Zip,
                0.85,
                Priority::Labelled,
                reason,
            ));
        }
        return;
    }
    let four = segment.sign(index + 1, b'-')
        && segment.touches(index + 1)
        && segment.touches(index + 2)
        && segment.digits(index + 2) == 4;
    let end = if four { index + 3 } else { index + 1 };
    let more = segment.touches(end)
        && segment.touches(end + 1)
        && matches!(segment.sign_at(end), b'-' | b'/' | b'.' | b',')
        && segment.token(end + 1).is_some_and(Token::has_digit);
    if more || segment.flags(end).has(Flags::UNIT) || segment.word_at(index) < "00501" {
        return;
    }
    let (confidence, context) = match () {
        () if labelled_zip(segment, index) => (0.97, "ZIP label"),
        () if after_state(segment, index) => (0.95, "after a state"),
        () if after_place => (0.75, "after a place"),
        () if four && segment.word_at(index) > "00999" && !segment.touches(end) => {
            (0.7, "five and four digits")
        }
        () => return,
    };
    let reason = Reason::rule("ZIP code").context(context);
    out.push(span(
        segment,
        index,
        end,
        Kind::Zip,
        confidence,
        Priority::Labelled,
        reason,
    ));
}

fn labelled_zip(segment: &Segment<'_>, index: usize) -> bool {
    let mut at = index;
    for _ in 0..6 {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if ["zip", "zipcode", "postal", "postcode", "postalcode", "zip5"]
            .iter()
            .any(|word| segment.is(before, word))
        {
            return true;
        }
        let sign = matches!(
            segment.sign_at(before),
            b':' | b'"' | b'\'' | b'=' | b'_' | b'.' | b'(' | b'-' | b'#' | b'|' | b'>'
        );
        if !sign
            && !["code", "is", "was", "of"]
                .iter()
                .any(|word| segment.is(before, word))
        {
            return false;
        }
        at = before;
    }
    false
}

fn after_state(segment: &Segment<'_>, index: usize) -> bool {
    let Some(mut at) = index.checked_sub(1) else {
        return false;
    };
    for _ in 0..2 {
        if matches!(segment.sign_at(at), b',' | b'.' | b'-') && at > 0 {
            at -= 1;
        }
    }
    let Some(token) = segment
        .token(at)
        .filter(|_| segment.flags(at).has(Flags::STATE))
    else {
        return false;
    };
    match token.len() {
        2 if ["aa", "ae", "ap"].iter().any(|word| segment.is(at, word)) => {
            at > 0
                && ["apo", "fpo", "dpo"]
                    .iter()
                    .any(|word| segment.is(at - 1, word))
        }
        2 => token.case == Case::Upper || at > 0 && segment.sign(at - 1, b','),
        1 => false,
        _ => token.case != Case::Lower || at > 0 && segment.sign(at - 1, b','),
    }
}

/// Proposes a postal code of Canada or the United Kingdom in two parts: `K1A 0B1`, `SW1A 1AA`.
pub(super) fn foreign_code(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let Some(first) = segment
        .token(index)
        .filter(|token| (2..=4).contains(&token.len()) && token.case != Case::Lower)
    else {
        return;
    };
    let Some(second) = segment
        .token(index + 1)
        .filter(|token| token.len() == 3 && token.shape == Shape::Mixed && token.space_before)
    else {
        return;
    };
    let shape = |token: &Token| -> String {
        segment
            .word(token)
            .bytes()
            .map(|byte| {
                if byte.is_ascii_digit() {
                    '9'
                } else if byte.is_ascii_uppercase() {
                    'A'
                } else {
                    '?'
                }
            })
            .collect()
    };
    let (head, tail) = (shape(first), shape(second));
    let canada = head == "A9A" && tail == "9A9";
    let kingdom = matches!(
        head.as_str(),
        "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A"
    ) && tail == "9AA";
    if (canada || kingdom) && !value::is_inside(segment, index) && !segment.touches(index + 2) {
        let reason = Reason::rule("postal code of another country");
        out.push(span(
            segment,
            index,
            index + 2,
            Kind::Zip,
            0.7,
            Priority::Pattern,
            reason,
        ));
    }
}

/// Proposes a place along a road: `I-95 at mile marker 112`, `mile marker 12`.
pub(super) fn mile_marker(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let from_road = after_road(segment, index);
    let at = from_road.map_or(index, |at| {
        at + usize::from(matches!(segment.sign_at(at), b','))
    });
    let at = at
        + usize::from(
            from_road.is_some()
                && ["at", "near", "around", "by"]
                    .iter()
                    .any(|word| segment.is(at, word)),
        );
    let marker =
        if segment.is(at, "mile") && (segment.is(at + 1, "marker") || segment.is(at + 1, "post")) {
            at + 2
        } else if segment.is(at, "milepost")
            || (segment.is(at, "mm") || segment.is(at, "mp")) && from_road.is_some()
            || segment.is(at, "mile") && from_road.is_some()
        {
            at + 1
        } else {
            return;
        };
    let number = marker + usize::from(segment.sign(marker, b'#'));
    if segment.digits(number) > 0 {
        let tenth = segment.sign(number + 1, b'.')
            && segment.touches(number + 1)
            && segment.touches(number + 2)
            && segment.digits(number + 2) > 0;
        let end = if tenth { number + 3 } else { number + 1 };
        out.push(span(
            segment,
            index,
            end,
            Kind::Landmark,
            0.85,
            Priority::Pattern,
            Reason::rule("road with mile marker"),
        ));
    }
}

/// Reads `I-95`, `Interstate 80`, `US Route 1`, `Highway 61 North`.
fn after_road(segment: &Segment<'_>, index: usize) -> Option<usize> {
    let road = segment.flags(index).has(Flags::ROAD) || segment.word_at(index) == "I";
    let mut at = index + 1;
    at += usize::from(segment.flags(at).has(Flags::ROAD));
    at += usize::from(segment.sign(at, b'-'));
    let number = road && (1..=3).contains(&segment.digits(at));
    let at = at + 1;
    number.then(|| at + usize::from(segment.flags(at).has(Flags::DIRECTION)))
}

/// Proposes a pair of coordinates precise enough to point at a house: `40.7128, -74.0060`.
pub(super) fn coordinates(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let decimal = |at: usize, most: u32| {
        let whole = segment.number(at).is_some_and(|degrees| degrees <= most);
        let point =
            segment.sign(at + 1, b'.') && segment.touches(at + 1) && segment.touches(at + 2);
        (whole && point && segment.digits(at + 2) >= 4).then_some(at + 3)
    };
    let Some(mut at) = decimal(index, 90).filter(|_| !value::is_inside(segment, index)) else {
        return;
    };
    while at < index + 6
        && (segment.word_at(at) == "°"
            || matches!(segment.word_at(at), "N" | "S" | "," | "/" | ";" | "-"))
    {
        at += 1;
    }
    if let Some(mut end) = decimal(at, 180).filter(|_| at > index + 3) {
        end += usize::from(segment.word_at(end) == "°");
        end += usize::from(matches!(segment.word_at(end), "W" | "E"));
        out.push(span(
            segment,
            index,
            end,
            Kind::Landmark,
            0.85,
            Priority::Pattern,
            Reason::rule("coordinates"),
        ));
    }
}
