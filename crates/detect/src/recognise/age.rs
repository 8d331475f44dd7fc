//! Ages of 90 and over: the number alone is the span.

use super::span;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

const OLDEST: u32 = 125;

/// Proposes an age that starts at `index`.
pub(super) fn propose(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let Some(token) = segment.token(index) else {
        return;
    };
    match token.shape {
        Shape::Number => figures(segment, index, out),
        Shape::Mixed => glued(segment, index, out),
        Shape::Word => words(segment, index, out),
        Shape::Sign => {}
    }
}

fn push(segment: &Segment<'_>, start: usize, end: usize, out: &mut Vec<Candidate>) {
    let reason = Reason::rule("age of 90 or over");
    out.push(Candidate {
        start,
        end,
        kind: Kind::Age90,
        confidence: 0.93,
        reason,
        priority: Priority::Validated,
    });
    debug_assert!(segment.text.get(start..end).is_some());
}

fn figures(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let old = segment
        .number(index)
        .is_some_and(|age| (90..=OLDEST).contains(&age));
    let part = segment.touches(index)
        && index >= 2
        && matches!(
            segment.sign_at(index - 1),
            b'.' | b'/' | b':' | b'$' | b'>' | b'<'
        )
        && segment.touches(index - 1);
    if !old || part || is_general(segment, index, index + 1) {
        return;
    }
    let stated = age_before(segment, index) && !is_measured(segment, index + 1);
    if says_age(segment, index + 1)
        || stated
        || is_apposition(segment, index)
        || is_said(segment, index, index + 1)
    {
        push(segment, segment.start(index), segment.end(index), out);
    }
}

/// `92yo`, `95y`, `92F`, `90th birthday`.
fn glued(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let word = segment.word_at(index);
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let Some((figure, tail)) = word.split_at_checked(digits) else {
        return;
    };
    let old = figure
        .parse::<u32>()
        .is_ok_and(|age| (90..=OLDEST).contains(&age));
    if !old || is_general(segment, index, index + 1) {
        return;
    }
    let is = |words: &[&str]| words.iter().any(|word| tail.eq_ignore_ascii_case(word));
    let short = is(&["y", "yr", "yrs"])
        && (says_old(segment, index + 1)
            || age_before(segment, index)
            || is_sex(segment, index + 1))
        || is(&["y"])
            && matches!(segment.sign_at(index + 1), b'/' | b'.')
            && segment.is(index + 2, "o");
    let sex = matches!(tail, "F" | "M") && introduces(segment, index);
    let birthday = is(&["th", "st", "nd", "rd"]) && segment.is(index + 1, "birthday");
    let year = is(&["year", "years", "yr", "yrs"]) && says_old(segment, index + 1);
    if is(&["yo", "yof", "yom", "yof", "yold"]) || short || sex || birthday || year {
        let start = segment.start(index);
        push(segment, start, start + digits, out);
    }
}

/// `ninety-two year old`, `one hundred and two years old`.
fn words(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let Some((age, end)) = number_in_words(segment, index) else {
        return;
    };
    let inside =
        segment.touches(index) && index >= 2 && segment.flags(index - 2).has(Flags::NUMBER);
    if !(90..=OLDEST).contains(&age) || inside || is_general(segment, index, end) {
        return;
    }
    if says_age(segment, end) || age_before(segment, index) || is_said(segment, index, end) {
        out.push(span(
            segment,
            index,
            end,
            Kind::Age90,
            0.93,
            Priority::Validated,
            Reason::rule("age of 90 or over in words"),
        ));
    }
}

/// Returns true for `Jane Roe, 95, presents`.
fn is_apposition(segment: &Segment<'_>, index: usize) -> bool {
    let commas = index >= 2 && segment.sign(index - 1, b',') && segment.sign(index + 1, b',');
    let person = [
        "patient",
        "man",
        "woman",
        "gentleman",
        "lady",
        "mother",
        "father",
        "grandmother",
        "grandfather",
        "widow",
    ];
    let named = |at: usize| {
        let title = segment
            .token(at)
            .is_some_and(|token| token.case == Case::Title && token.shape == Shape::Word);
        title && !segment.flags(at).has(Flags::MEASURE)
            || person.iter().any(|word| segment.is(at, word))
    };
    commas
        && named(index - 2)
        && segment
            .token(index + 2)
            .is_some_and(|token| token.shape == Shape::Word)
}

/// Returns true for `she is 94 and lives alone`, `the patient is now ninety-two.`
fn is_said(segment: &Segment<'_>, index: usize, end: usize) -> bool {
    let Some(mut at) = index.checked_sub(1) else {
        return false;
    };
    at -= usize::from(segment.is(at, "now") && at > 0);
    let copula = ["is", "was", "s", "turns"]
        .iter()
        .any(|word| segment.is(at, word));
    at -= usize::from(segment.is(at, "s") && at > 0);
    let people = [
        "he",
        "she",
        "patient",
        "pt",
        "mother",
        "father",
        "grandmother",
        "grandfather",
        "wife",
        "husband",
    ];
    let somebody = at > 0 && people.iter().any(|word| segment.is(at - 1, word));
    let closes = match segment.token(end) {
        None => segment.complete,
        Some(token) if token.shape == Shape::Sign => {
            matches!(token.first, b'.' | b',' | b';')
                && !(segment.touches(end) && segment.touches(end + 1))
        }
        Some(_) => ["and", "but", "with", "today"]
            .iter()
            .any(|word| segment.is(end, word)),
    };
    copula && somebody && closes
}

fn number_in_words(segment: &Segment<'_>, index: usize) -> Option<(u32, usize)> {
    let value = |at: usize| {
        if segment.flags(at).has(Flags::NUMBER) {
            segment.value(at)
        } else {
            0
        }
    };
    let hundred = |at: usize| segment.is(at, "hundred");
    let (mut number, mut at) = match value(index) {
        90 => (90, index + 1),
        1 if hundred(index + 1) => (100, index + 2),
        100 if hundred(index) && index > 0 && segment.flags(index - 1).has(Flags::DETERMINER) => {
            (100, index + 1)
        }
        _ => return None,
    };
    let joined = at + usize::from(segment.sign(at, b'-') || segment.is(at, "and"));
    let ones = value(joined);
    let most = if number == 90 { 9 } else { 25 };
    if (1..=most).contains(&ones) && !segment.is(joined, "second") {
        number += ones;
        at = joined + 1;
    }
    Some((number, at))
}

/// Returns true if an age stands before: `year old`, `y/o`, `y.o.`, `years of age`, `yo`.
fn says_age(segment: &Segment<'_>, index: usize) -> bool {
    let mut at = index + usize::from(segment.sign(index, b'-') && segment.touches(index));
    let word = segment.word_at(at);
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if is("yo") || is("yof") || is("yom") {
        return true;
    }
    let years = is("year") || is("years") || is("yr") || is("yrs") || is("y");
    if !years {
        return is_sex(segment, at) && introduces(segment, index.saturating_sub(1));
    }
    at += 1;
    let bracketed = index >= 2 && segment.sign(index - 2, b'(') && segment.sign(at, b')');
    says_old(segment, at) || is_sex(segment, at) || bracketed
}

/// Reads what comes after `year`: `old`, `-old`, `/o`, `.o.`, `of age`.
fn says_old(segment: &Segment<'_>, index: usize) -> bool {
    let at = index + usize::from(matches!(segment.sign_at(index), b'-' | b'/' | b'.' | b'\''));
    segment.is(at, "old")
        || segment.is(at, "o")
        || segment.is(at, "olds")
        || segment.is(at, "of") && segment.is(at + 1, "age")
}

fn is_sex(segment: &Segment<'_>, index: usize) -> bool {
    [
        "F",
        "M",
        "female",
        "male",
        "woman",
        "man",
        "lady",
        "gentleman",
    ]
    .iter()
    .any(|word| segment.word_at(index) == *word)
}

/// Returns true if what stands before `index` introduces a patient: the start of a line, `a`, `the`, `is`.
fn introduces(segment: &Segment<'_>, index: usize) -> bool {
    let Some(token) = segment.token(index) else {
        return false;
    };
    if token.line_start || index == 0 {
        return true;
    }
    let before = index - 1;
    segment.flags(before).has(Flags::DETERMINER)
        || [
            "is", "was", "pt", "patient", "for", "this", "elderly", "old", "with",
        ]
        .iter()
        .any(|word| segment.is(before, word))
        || matches!(segment.sign_at(before), b'.' | b',' | b':' | b'(')
}

/// Returns true for `age 92`, `aged: 92`, `"age": 92`, `Age/Sex: 92`, `turned 92`.
fn age_before(segment: &Segment<'_>, index: usize) -> bool {
    let mut at = index;
    for _ in 0..7 {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if ["age", "aged", "turned", "turning", "ages"]
            .iter()
            .any(|word| segment.is(before, word))
        {
            return true;
        }
        let sign = matches!(
            segment.sign_at(before),
            b':' | b'"' | b'\'' | b'=' | b'/' | b'-' | b'(' | b'|' | b'*'
        );
        let filler = [
            "is",
            "was",
            "of",
            "sex",
            "gender",
            "at",
            "at",
            "approximately",
            "about",
            "years",
            "in",
            "yrs",
        ]
        .iter()
        .any(|word| segment.is(before, word));
        if !(sign || filler) {
            return false;
        }
        at = before;
    }
    false
}

/// Returns true if the words around speak of people in general: `over 90`, `90 and older`, `85-95`.
fn is_general(segment: &Segment<'_>, index: usize, end: usize) -> bool {
    let compares = |at: usize| {
        segment.flags(at).has(Flags::COMPARISON) || matches!(segment.sign_at(at), b'>' | b'<')
    };
    let before = (1..=3).any(|steps| {
        index
            .checked_sub(steps)
            .is_some_and(|at| compares(at) && !segment.is(at, "old"))
    });
    let range_before = index >= 2
        && (segment.sign(index - 1, b'-')
            || segment.is(index - 1, "to")
            || segment.is(index - 1, "and"))
        && segment.digits(index - 2) > 0;
    let range_after =
        (segment.sign(end, b'-') || segment.is(end, "to")) && segment.digits(end + 1) > 0;
    let after = (0..=5).any(|steps| {
        let joins = ["and", "or"]
            .iter()
            .any(|word| segment.is(end + steps, word));
        joins
            && ["older", "over", "above", "up", "younger", "beyond", "more"]
                .iter()
                .any(|word| segment.is(end + steps + 1, word))
    });
    before || range_before || range_after || after || segment.sign(end, b'+')
}

/// Returns true if the number is a vital sign or a share.
fn is_measured(segment: &Segment<'_>, index: usize) -> bool {
    let flags = segment.flags(index);
    let age = flags.has(Flags::AGE);
    segment.sign(index, b'%')
        || segment.sign(index, b'/') && segment.digits(index + 1) > 0
        || flags.has(Flags::UNIT) && !age
        || ["months", "days", "weeks", "hours", "minutes"]
            .iter()
            .any(|word| segment.is(index, word))
        || segment.token(index).is_some_and(|token| {
            token.case == Case::None && segment.sign(index, b'.') && segment.digits(index + 1) > 0
        })
}
