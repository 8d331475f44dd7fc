//! Street lines with house number and unit, and streets without a number.

use super::span;
use super::value;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape, Token};

/// Words a street name has at most between number and suffix.
const NAME_WORDS: usize = 5;

/// Proposes a street line that starts with the house number at `index`.
pub(super) fn street(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let Some(token) = segment.token(index) else {
        return;
    };
    let house = match token.shape {
        Shape::Number => token.len() <= 6,
        Shape::Mixed => {
            token.len() <= 6
                && token.first.is_ascii_digit()
                && !value::is_counted(segment, &value::read(segment, index, false))
        }
        Shape::Word => token.case == Case::Title && segment.value(index) <= 20,
        Shape::Sign => false,
    };
    if !house
        || value::is_inside(segment, index)
        || segment.touches(index) && matches!(segment.sign_at(index - 1), b'$' | b':' | b'.')
    {
        return;
    }
    let mut at = index + 1;
    if segment.sign(at, b'-')
        && segment.touches(at)
        && segment.touches(at + 1)
        && segment.digits(at + 1) > 0
    {
        at += 2;
    }
    if segment.is(at, "1") && segment.sign(at + 1, b'/') && segment.is(at + 2, "2") {
        at += 3;
    }
    let found = rural(segment, at)
        .or_else(|| foreign(segment, at))
        .or_else(|| name_and_suffix(segment, at, token.shape == Shape::Word));
    if let Some((end, confidence)) = found {
        let end = after_unit(segment, end);
        let reason = Reason::rule("house number, street and suffix");
        out.push(span(
            segment,
            index,
            end,
            Kind::Street,
            confidence,
            Priority::Pattern,
            reason,
        ));
    }
}

/// Reads `Highway 61`, `N County Road 12`, `US Hwy 31`, `State Route 9`.
fn rural(segment: &Segment<'_>, index: usize) -> Option<(usize, f32)> {
    let mut at = index + usize::from(segment.flags(index).has(Flags::DIRECTION));
    let mut roads = 0;
    while roads < 3
        && (segment.flags(at).has(Flags::ROAD)
            || roads > 0 && segment.is(at, "road")
            || segment.flags(at).has(Flags::STATE) && segment.token(at)?.case != Case::Lower)
    {
        roads += 1;
        at += 1 + usize::from(segment.sign(at + 1, b'.') || segment.sign(at + 1, b'-'));
    }
    let capital = segment.token(index)?.case != Case::Lower;
    let number = segment
        .token(at)
        .is_some_and(|token| token.has_digit() && token.len() <= 5);
    let decimal = segment.sign(at + 1, b'.')
        && segment.touches(at + 1)
        && segment.touches(at + 2)
        && segment.digits(at + 2) > 0;
    // `Cr 1.1` is creatinine, `CR 12` a county road; `County` alone is no road.
    let alone = roads == 1
        && ["highway", "hwy", "route", "rte", "interstate"]
            .iter()
            .all(|word| !segment.is(index, word));
    let short = alone
        && (segment.token(index)?.case != Case::Upper
            || segment.is(index, "state")
            || segment.is(index, "county"));
    (roads > 0 && capital && number && !decimal && !short).then_some((at + 1, 0.85))
}

/// Reads `Rue de Rivoli`, `Calle Mayor`, `Via della Rosa`: the suffix goes first.
fn foreign(segment: &Segment<'_>, index: usize) -> Option<(usize, f32)> {
    let named = [
        "Rue", "Calle", "Via", "Avenida", "Rua", "Camino", "Paseo", "Carrer", "Viale",
    ]
    .contains(&segment.word_at(index));
    let mut at = index + 1;
    let mut end = None;
    while named && at < index + 5 {
        let word = segment.word_at(at);
        if [
            "de", "del", "la", "des", "du", "della", "di", "los", "las", "do", "da",
        ]
        .contains(&word)
        {
            at += 1;
        } else if segment.token(at).is_some_and(|token| {
            token.case == Case::Title && token.space_before && !token.line_start
        }) {
            at += 1;
            end = Some(at);
        } else {
            break;
        }
    }
    end.map(|end| (end, 0.75))
}

/// Reads the words up to a street suffix; returns the index after it and the confidence.
fn name_and_suffix(segment: &Segment<'_>, index: usize, number_word: bool) -> Option<(usize, f32)> {
    let mut found = None;
    let mut lower = false;
    let mut words = 0;
    let mut at = index;
    while words <= NAME_WORDS {
        let Some(token) = segment.token(at).filter(|token| !token.line_start) else {
            break;
        };
        if token.shape == Shape::Sign {
            let glue =
                matches!(token.first, b'.' | b'\'' | b'-') && words > 0 && !token.space_before;
            if !glue || found.is_some() && token.first != b'.' {
                break;
            }
            at += 1;
            continue;
        }
        let flags = segment.flags(at);
        let strong = flags.has(Flags::STREET);
        if words > 0 && (strong || flags.has(Flags::STREET_WEAK)) && token.case != Case::Mixed {
            let confidence = suffix_confidence(segment, at, strong, lower, number_word)?;
            found = Some((at + 1, confidence));
            if strong {
                break;
            }
        } else if found.is_some() || !is_name_word(segment, at, token) {
            break;
        }
        lower |= token.case == Case::Lower && !flags.has(Flags::STREET.and(Flags::STREET_WEAK));
        words += 1;
        at += 1;
    }
    found
}

/// A word of the language may be a weak suffix, so what comes before it must look like a name.
fn suffix_confidence(
    segment: &Segment<'_>,
    at: usize,
    strong: bool,
    lower: bool,
    number_word: bool,
) -> Option<f32> {
    let token = segment.token(at)?;
    let capital = token.case != Case::Lower;
    match (strong, lower) {
        (true, false) if capital => Some(if number_word { 0.8 } else { 0.93 }),
        (true, _) if !number_word => Some(0.8),
        (false, false) if capital => Some(if number_word { 0.65 } else { 0.8 }),
        (false, _)
            if !number_word
                && ["st", "dr", "ct", "pl", "court", "place"]
                    .iter()
                    .any(|word| segment.is(at, word)) =>
        {
            let ends = segment.token(at + 1).is_none_or(|next| {
                next.shape == Shape::Sign || segment.flags(at + 1).has(Flags::BUILDING_UNIT)
            });
            ends.then_some(0.65)
        }
        _ => None,
    }
}

fn is_name_word(segment: &Segment<'_>, at: usize, token: &Token) -> bool {
    let flags = segment.flags(at);
    if flags.has(Flags::DIRECTION) {
        return true;
    }
    match token.shape {
        Shape::Word => {
            let measured = flags.has(Flags::UNIT.and(Flags::MEASURE)) && token.case != Case::Title;
            !flags.has(Flags::FUNCTION) && !measured && token.len() > 1
                || token.len() == 1 && token.case == Case::Title
        }
        Shape::Mixed => {
            let word = segment.word(token);
            ["st", "nd", "rd", "th"].iter().any(|end| {
                word.len() > 2
                    && word
                        .get(word.len() - 2..)
                        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
            })
        }
        _ => false,
    }
}

/// Returns the index after a stop, a direction and a unit that follow a street: `St., NW, Apt. 4B`, `#12`.
fn after_unit(segment: &Segment<'_>, index: usize) -> usize {
    let mut end = index;
    let mut at = index + usize::from(segment.sign(index, b'.') && segment.touches(index));
    if segment.flags(at).has(Flags::DIRECTION)
        && segment
            .token(at)
            .is_some_and(|token| token.case != Case::Lower)
    {
        at += 1;
        end = at;
        at += usize::from(segment.sign(at, b'.') && segment.touches(at));
    }
    let mut next = at + usize::from(segment.sign(at, b','));
    let room = segment.is(next, "room") || segment.is(next, "rm");
    let named = segment.flags(next).has(Flags::BUILDING_UNIT) && !room;
    next += usize::from(named);
    next += usize::from(named && segment.sign(next, b'.'));
    let hash = segment.sign(next, b'#');
    next += usize::from(hash);
    let Some(token) = segment.token(next).filter(|_| named || hash) else {
        return end;
    };
    let short = token.len() <= 6
        && (token.has_digit()
            || token.len() == 1 && token.case == Case::Title
            || token.len() == 2 && token.case == Case::Upper);
    if !short || token.line_start {
        return end;
    }
    let letter =
        segment.sign(next + 1, b'-') && segment.touches(next + 1) && segment.touches(next + 2);
    if letter { next + 3 } else { next + 1 }
}

/// Proposes a street without a number: `Elm Street`, `Martin Luther King Boulevard`.
pub(super) fn named_street(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    const SUFFIXES: [&str; 12] = [
        "Street",
        "Avenue",
        "Boulevard",
        "Road",
        "Lane",
        "Ave",
        "Rd",
        "Blvd",
        "Parkway",
        "Drive",
        "Pkwy",
        "Turnpike",
    ];
    let suffix = (1..=3).find(|steps| segment.flags(index + steps).has(Flags::STREET));
    let Some(at) = suffix.map(|steps| index + steps) else {
        return;
    };
    let capital = |at: usize| {
        segment.token(at).is_some_and(|token| {
            let ordinal =
                at == index && token.shape == Shape::Mixed && is_name_word(segment, at, token);
            let word =
                matches!(token.case, Case::Title | Case::Mixed) && token.shape == Shape::Word;
            ordinal || word && token.len() > 1
        })
    };
    let house = [
        "Hospital",
        "Clinic",
        "Medical",
        "Pharmacy",
        "School",
        "Church",
        "Center",
        "Elementary",
        "Bank",
    ];
    if house.contains(&segment.word_at(at + 1)) {
        return;
    }
    let name = (index..at).all(|at| capital(at) && !segment.flags(at).has(Flags::FUNCTION))
        && !segment.flags(index).has(Flags::STREET);
    if name
        && SUFFIXES.contains(&segment.word_at(at))
        && (index + 1..=at).all(|at| segment.token(at).is_some_and(|token| token.space_before))
    {
        let reason = Reason::rule("street by its suffix");
        out.push(span(
            segment,
            index,
            at + 1,
            Kind::Street,
            0.7,
            Priority::Pattern,
            reason,
        ));
    }
}

/// Proposes a unit that opens a line of its own below a street: `Apt 4B`.
pub(super) fn unit_line(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let named = ["apt", "apartment", "suite", "ste", "unit"]
        .iter()
        .any(|word| segment.is(index, word));
    let sure = segment.is(index, "apt") || segment.is(index, "apartment");
    let capital = sure
        || segment
            .token(index)
            .is_some_and(|token| token.line_start && token.case != Case::Lower);
    let end = after_unit(segment, index);
    let closes = sure
        || segment
            .token(end)
            .is_none_or(|token| token.line_start || token.is_sign(b','));
    if named && capital && closes && end > index + 1 {
        out.push(span(
            segment,
            index,
            end,
            Kind::Street,
            0.75,
            Priority::Pattern,
            Reason::rule("unit of a building"),
        ));
    }
}
