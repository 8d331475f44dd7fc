//! Weekdays that mean one particular day, and holidays.

use super::span;
use crate::candidate::{Candidate, Priority};
use crate::finding::Reason;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::Case;

/// Proposes a weekday or holiday that starts at `index`.
pub(super) fn propose(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let flags = segment.flags(index);
    if flags.has(Flags::WEEKDAY) && is_particular(segment, index) {
        out.push(span(
            segment,
            index,
            index + 1,
            Kind::Weekday,
            0.8,
            Priority::Pattern,
            Reason::rule("particular weekday"),
        ));
    }
    if flags.has(Flags::HOLIDAY)
        && let Some(end) = holiday(segment, index)
    {
        out.push(span(
            segment,
            index,
            end,
            Kind::Holiday,
            0.85,
            Priority::Pattern,
            Reason::rule("holiday"),
        ));
    }
}

fn is_particular(segment: &Segment<'_>, index: usize) -> bool {
    let Some(token) = segment.token(index) else {
        return false;
    };
    let short = token.len() <= 5;
    if token.case == Case::Lower && short || is_recurring(segment, index) {
        return false;
    }
    let date_follows = {
        let at = index + 1 + usize::from(matches!(segment.sign_at(index + 1), b',' | b'.'));
        segment.flags(at).has(Flags::MONTH)
            || segment.digits(at) > 0
                && (segment.sign(at + 1, b'/') || segment.flags(at + 1).has(Flags::MONTH))
    };
    if date_follows {
        return true;
    }
    let cue = index > 0
        && segment.flags(index - 1).has(Flags::PARTICULAR)
        && !segment.is(index - 1, "to");
    let part_of_day = ["morning", "afternoon", "evening", "night", "at", "am", "pm"]
        .iter()
        .any(|word| segment.is(index + 1, word));
    if short && !matches!(token.case, Case::Title | Case::Upper) {
        return false;
    }
    cue || !short && (part_of_day || token.case == Case::Title)
}

/// Returns true for `every Monday`, `Monday through Friday`, `Monday, Wednesday and Friday`.
fn is_recurring(segment: &Segment<'_>, index: usize) -> bool {
    let before = |steps: usize| {
        index
            .checked_sub(steps)
            .map_or(Flags::NONE, |at| segment.flags(at))
    };
    if before(1).has(Flags::RECURRING)
        || before(2).has(Flags::RECURRING) && before(1).has(Flags::NUMBER)
    {
        return true;
    }
    let joins = |at: usize| {
        matches!(segment.sign_at(at), b',' | b'-' | b'/' | b'&')
            || ["and", "or", "to", "through", "thru", "until"]
                .iter()
                .any(|word| segment.is(at, word))
    };
    let run = |at: fn(usize, usize) -> Option<usize>| {
        let reached = (1..=3)
            .find(|steps| !at(index, *steps).is_some_and(joins))
            .and_then(|steps| at(index, steps));
        reached.is_some_and(|at| segment.flags(at).has(Flags::WEEKDAY) && at.abs_diff(index) > 1)
    };
    run(|index, steps| index.checked_add(steps)) || run(|index, steps| index.checked_sub(steps))
}

/// Holidays by their words; the first word of each carries [`Flags::HOLIDAY`].
const HOLIDAYS: &[&[&str]] = &[
    &["christmas", "eve"],
    &["christmas", "day"],
    &["christmas"],
    &["xmas"],
    &["thanksgiving", "day"],
    &["thanksgiving"],
    &["easter", "sunday"],
    &["easter", "monday"],
    &["easter"],
    &["halloween"],
    &["hanukkah"],
    &["chanukah"],
    &["ramadan"],
    &["passover"],
    &["diwali"],
    &["juneteenth"],
    &["kwanzaa"],
    &["memorial", "day"],
    &["labor", "day"],
    &["labour", "day"],
    &["veterans", "day"],
    &["presidents", "day"],
    &["columbus", "day"],
    &["independence", "day"],
    &["boxing", "day"],
    &["groundhog", "day"],
    &["flag", "day"],
    &["patriot", "day"],
    &["earth", "day"],
    &["indigenous", "peoples", "day"],
    &["valentine", "s", "day"],
    &["valentines", "day"],
    &["mother", "s", "day"],
    &["mothers", "day"],
    &["father", "s", "day"],
    &["fathers", "day"],
    &["new", "year", "s", "eve"],
    &["new", "year", "s", "day"],
    &["new", "years", "eve"],
    &["new", "years", "day"],
    &["new", "year", "s"],
    &["new", "years"],
    &["lunar", "new", "year"],
    &["chinese", "new", "year"],
    &["good", "friday"],
    &["black", "friday"],
    &["cyber", "monday"],
    &["ash", "wednesday"],
    &["palm", "sunday"],
    &["fourth", "of", "july"],
    &["cinco", "de", "mayo"],
    &["yom", "kippur"],
    &["rosh", "hashanah"],
    &["st", "patrick", "s", "day"],
    &["saint", "patrick", "s", "day"],
    &["st", "patricks", "day"],
    &["martin", "luther", "king", "day"],
    &["martin", "luther", "king", "jr", "day"],
    &["mlk", "day"],
    &["mardi", "gras"],
    &["eid", "al", "fitr"],
    &["eid", "al", "adha"],
    &["eid"],
    &["purim"],
    &["pentecost"],
];

fn holiday(segment: &Segment<'_>, index: usize) -> Option<usize> {
    let capital = segment.token(index)?.case != Case::Lower;
    let lone_lower = |words: &[&str]| {
        words.len() == 1
            && !capital
            && !matches!(
                words,
                ["christmas" | "xmas" | "thanksgiving" | "halloween" | "easter"]
            )
    };
    HOLIDAYS
        .iter()
        .filter(|words| !lone_lower(words))
        .filter_map(|words| after_words(segment, index, words))
        .max()
}

/// Returns the index after `words` at `index`, apostrophes and stops between them left out.
fn after_words(segment: &Segment<'_>, index: usize, words: &[&str]) -> Option<usize> {
    let mut at = index;
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            at += usize::from(matches!(segment.sign_at(at), b'\'' | b'.' | b'-'));
            at += usize::from(segment.sign_at(at) == b'\'');
        }
        if !segment.is(at, word) {
            return None;
        }
        at += 1;
    }
    Some(at)
}
