//! A day without its year, `3/14`: read as one where the context says so, and not as a ratio, a score or a dose.

use super::calendar;
use super::clock;
use super::date::{Found, is_date_cue, is_date_label};
use super::date_numeric::{continues, separator};
use crate::segment::Segment;
use crate::term::Flags;

/// Reads `3/14` where something says that it is a day.
pub(super) fn month_and_day(
    segment: &Segment<'_>,
    index: usize,
    sign: u8,
    first: u32,
    second: u32,
    after_date: bool,
) -> Option<Found> {
    let lengths =
        (1..=2).contains(&segment.digits(index)) && (1..=2).contains(&segment.digits(index + 2));
    if !lengths || !calendar::is_day_of_month(first, second) {
        return None;
    }
    let labelled = is_date_label(segment, index);
    if sign != b'/' {
        let leading = segment.digits(index) == 2 && segment.digits(index + 2) == 2;
        let found = Found::day(index + 3, 0.75, "month and day after a date label");
        return (labelled && sign == b'-' && (leading || segment.sign(index - 1, b':')))
            .then_some(found);
    }
    let next = segment.flags(index + 3);
    let cue = is_date_cue(segment, index);
    if !labelled
        && (next.has(Flags::MEASURE) || next.has(Flags::UNIT) && !segment.is(index + 3, "us"))
    {
        return None;
    }
    let event = index > 0 && segment.flags(index - 1).has(Flags::DATE_VERB)
        || follows_short_form(segment, index)
        || first != second && imaged(segment, index);
    let measured = !labelled && !event && measured(segment, index);
    let week = index >= 2 && segment.is(index - 1, "of") && segment.is(index - 2, "week");
    let same_month = range_in_month(segment, index + 3, first, second);
    let cued = ["on", "since", "dated"]
        .iter()
        .any(|cue| index > 0 && segment.is(index - 1, cue));
    let entry = is_entry(segment, index);
    let strong =
        labelled || entry || event || week || same_month || cued || weekday_before(segment, index);
    if measured && (!strong || matches!(second, 5 | 6 | 10)) {
        return None;
    }
    if !strong && second <= 4 && first < second {
        return None;
    }
    let end = clock::after_time(segment, index + 3);
    let timed = end > index + 3;
    let confidence = match () {
        () if labelled => 0.95,
        () if strong || timed => 0.9,
        () if cue || after_date => 0.8,
        () if next.has(Flags::DATE_NOUN) || weekday_before(segment, index) => 0.8,
        () if second > 12 && index > 0 && segment.flags(index - 1).has(Flags::DATE_NOUN) => 0.75,
        () if leading_zero(segment, index) => 0.75,
        () if entry => 0.7,
        () if range_follows(segment, index + 3) => 0.75,
        () if opens_line(segment, index) => 0.7,
        () => return None,
    };
    let shared = shared_month(segment, end, first, second);
    Some(Found::day(shared, confidence, "month and day in a date context").time(timed))
}

/// Returns the index after `-18` in `3/14-18`.
fn shared_month(segment: &Segment<'_>, index: usize, month: u32, day: u32) -> usize {
    let joined = separator(segment, index) == Some(b'-') && !continues(segment, index + 2, b'-');
    match segment.number(index + 1) {
        Some(last) if joined && last > day && calendar::is_day_of_month(month, last) => index + 2,
        _ => index,
    }
}

/// Returns true if a study stands one or two words before: `EKG 3/4`, `CT head 3/4`.
fn imaged(segment: &Segment<'_>, index: usize) -> bool {
    (1..=2).any(|steps| {
        index
            .checked_sub(steps)
            .is_some_and(|at| segment.flags(at).has(Flags::STUDY))
    }) && index > 0
        && segment.sign_at(index - 1) == 0
}

/// Returns true for `5/09` and `03/18`: no score and no dose is written with a zero in front.
fn leading_zero(segment: &Segment<'_>, index: usize) -> bool {
    let zero = |at: usize| segment.digits(at) == 2 && segment.word_at(at).starts_with('0');
    zero(index + 2) || zero(index)
}

/// Returns true behind `f/u`, `d/c`, `s/p`.
fn follows_short_form(segment: &Segment<'_>, index: usize) -> bool {
    const FORMS: [(&str, &str); 4] = [("f", "u"), ("d", "c"), ("s", "p"), ("d", "t")];
    index >= 3
        && segment.sign(index - 2, b'/')
        && FORMS
            .iter()
            .any(|(one, other)| segment.is(index - 3, one) && segment.is(index - 1, other))
}

/// Returns true for the days of a course: `3/4: admitted. 3/5: cath.`
fn is_entry(segment: &Segment<'_>, index: usize) -> bool {
    let colon = segment.sign(index + 3, b':') && !segment.touches(index + 4);
    let before = index.checked_sub(1).map_or(b'.', |at| segment.sign_at(at));
    colon && matches!(before, b'.' | b':' | b';' | b',') && !segment.touches(index)
}

/// Returns true if `-3/9` follows `3/4`.
fn range_in_month(segment: &Segment<'_>, index: usize, month: u32, day: u32) -> bool {
    let joins =
        segment.sign(index, b'-') || segment.is(index, "to") || segment.is(index, "through");
    joins
        && segment.number(index + 1) == Some(month)
        && segment.sign(index + 2, b'/')
        && segment
            .number(index + 3)
            .is_some_and(|last| last > day && calendar::is_day_of_month(month, last))
}

fn measured(segment: &Segment<'_>, index: usize) -> bool {
    (index.saturating_sub(6)..index).any(|at| segment.flags(at).has(Flags::MEASURE))
}

fn weekday_before(segment: &Segment<'_>, index: usize) -> bool {
    let steps = if index > 0 && matches!(segment.sign_at(index - 1), b',' | b'.' | b'(') {
        2
    } else {
        1
    };
    index >= steps && segment.flags(index - steps).has(Flags::WEEKDAY)
}

fn range_follows(segment: &Segment<'_>, index: usize) -> bool {
    let joins =
        segment.sign(index, b'-') || segment.is(index, "to") || segment.is(index, "through");
    let day = segment
        .number(index + 1)
        .filter(|month| (1..=12).contains(month));
    joins
        && day.is_some()
        && segment.sign(index + 2, b'/')
        && segment
            .number(index + 3)
            .is_some_and(|last| last > 10 && last <= 31)
}

/// Returns true for `3/14: stable` and `3/14 - seen` at the start of a line, and for `(3/14)`.
fn opens_line(segment: &Segment<'_>, index: usize) -> bool {
    let next = segment.sign_at(index + 3);
    let starts = segment.token(index).is_some_and(|token| token.line_start);
    let bracketed = index > 0 && segment.sign(index - 1, b'(') && next == b')';
    let entry = starts
        && (next == b':'
            || next == b'-'
                && segment
                    .token(index + 3)
                    .is_some_and(|token| token.space_before));
    bracketed || entry
}
