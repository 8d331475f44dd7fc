//! Dates in figures: `03/14/2024`, `3-14-24`, `2024-03-14T08:30`, `20240314`, `03/2024`, and `3/14` where the context
//! says that it is a day and not a ratio, a score or a dose.

use super::calendar;
use super::clock;
use super::date::{Found, is_date_cue, is_date_label};
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::Shape;

/// Reads a date in figures that starts at `index`.
pub(super) fn read(segment: &Segment<'_>, index: usize, after_date: bool) -> Option<Found> {
    if in_chain(segment, index) {
        return None;
    }
    if segment.digits(index) >= 6 {
        return compact(segment, index);
    }
    if segment.token(index)?.shape == Shape::Mixed {
        return compact_with_time(segment, index);
    }
    let first = segment.number(index)?;
    let sign = separator(segment, index + 1)?;
    let second = segment.number(index + 2)?;
    if separator(segment, index + 3) == Some(sign) && segment.token(index + 4)?.has_digit() {
        return whole(segment, index, sign, first, second);
    }
    if continues(segment, index + 3, sign) {
        return None;
    }
    month_and_year(segment, index, sign, first, second)
        .or_else(|| month_and_day(segment, index, sign, first, second, after_date))
}

/// Returns the sign between two parts if the token at `index` is one that joins what is before and after it.
fn separator(segment: &Segment<'_>, index: usize) -> Option<u8> {
    let sign = segment.sign_at(index);
    (matches!(sign, b'/' | b'-' | b'.') && segment.touches(index) && segment.touches(index + 1))
        .then_some(sign)
}

/// Returns true if the token stands inside a longer chain of figures, such as a version or a telephone number.
fn in_chain(segment: &Segment<'_>, index: usize) -> bool {
    if !segment.touches(index) || index < 2 {
        return false;
    }
    match segment.sign_at(index - 1) {
        // A range: `3/10-3/14`.
        b'-' => {
            segment.touches(index - 1)
                && segment
                    .token(index - 2)
                    .is_some_and(|token| token.has_digit())
                && !segment.sign(index + 1, b'/')
        }
        b'/' | b'.' => {
            segment.touches(index - 1)
                && segment
                    .token(index - 2)
                    .is_some_and(|token| token.has_digit() || token.len() == 1)
        }
        b':' => segment.touches(index - 1) && segment.digits(index - 2) > 0,
        b'$' | b'#' | b'+' | b'*' => true,
        _ => false,
    }
}

/// Returns true if the figures go on after `index`, so that what was read is not all of it.
fn continues(segment: &Segment<'_>, index: usize, sign: u8) -> bool {
    let next = segment.sign_at(index);
    if !segment.touches(index) || !segment.touches(index + 1) {
        return false;
    }
    let digits = segment
        .token(index + 1)
        .is_some_and(|token| token.has_digit());
    match next {
        b'-' => digits && sign == b'-',
        b'/' | b'.' => digits,
        b'%' => true,
        _ => segment
            .token(index)
            .is_some_and(|token| token.shape != Shape::Sign),
    }
}

/// Reads three parts.
fn whole(segment: &Segment<'_>, index: usize, sign: u8, first: u32, second: u32) -> Option<Found> {
    let third = segment.token(index + 4)?;
    let text = segment.word(third);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let last: u32 = text.get(..digits)?.parse().ok()?;
    let year_first = segment.digits(index) == 4;
    if third.shape == Shape::Mixed {
        // `2024-03-14T08:30`
        let hour = text.get(digits..)?.strip_prefix(['T', 't'])?;
        let year_last = digits == 4
            && (calendar::is_date(last, first, second) || calendar::is_date(last, second, first));
        let valid =
            (year_first && calendar::is_date(first, second, last) || year_last) && hour.len() <= 6;
        let end = match clock::after_minutes(segment, index + 5) {
            Some(end) => end,
            None => index + 5,
        };
        return valid.then(|| Found::day(end, 0.97, "calendar date").time(end > index + 5));
    }
    if continues(segment, index + 5, sign) {
        return None;
    }
    let found = if year_first {
        (digits <= 2 && calendar::is_date(first, second, last)).then_some(0.97)
    } else if segment.digits(index) > 2 || segment.digits(index + 2) > 2 {
        None
    } else {
        let real = calendar::is_date(last, first, second) || calendar::is_date(last, second, first);
        match digits {
            4 if real => Some(0.97),
            2 if real && sign == b'.' => Some(0.7),
            2 if real => Some(0.93),
            _ => None,
        }
    };
    let confidence = match found {
        Some(confidence) => confidence,
        // A day that does not exist is still meant as one where the label says so.
        None if is_date_label(segment, index)
            && matches!(digits, 2 | 4)
            && !continues(segment, index + 5, sign) =>
        {
            0.7
        }
        None => return None,
    };
    if segment.flags(index + 5).has(Flags::UNIT) && digits == 2 && !segment.is(index + 5, "x") {
        return None;
    }
    let end = clock::after_time(segment, index + 5);
    Some(Found::day(end, confidence, "calendar date").time(end > index + 5))
}

/// Reads `03/2024`, `2024-03` after a label, `03/26` after `exp`.
fn month_and_year(
    segment: &Segment<'_>,
    index: usize,
    sign: u8,
    first: u32,
    second: u32,
) -> Option<Found> {
    let month = Found {
        kind: Kind::Month,
        ..Found::day(index + 3, 0.9, "month and year")
    };
    let unit = segment
        .flags(index + 3)
        .has(Flags::UNIT.and(Flags::MEASURE))
        && !segment.flags(index + 3).has(Flags::DATE_CUE);
    match (segment.digits(index), segment.digits(index + 2)) {
        (1 | 2, 4) if (1..=12).contains(&first) && (1900..=2119).contains(&second) && !unit => {
            match sign {
                b'/' => Some(month),
                b'-' | b'.' if segment.digits(index) == 2 => Some(month),
                _ => is_date_cue(segment, index).then_some(month),
            }
        }
        // `2010-12` may be a span of years, `2019-05` cannot.
        (4, 2) if (1..=12).contains(&second) && (1900..=2119).contains(&first) => {
            let span_of_years =
                second > first % 100 || sign != b'-' || !(1980..2050).contains(&first);
            (is_date_label(segment, index) || !span_of_years && !unit).then_some(month)
        }
        (1 | 2, 2) if (1..=12).contains(&first) && second > 31 && sign == b'/' => {
            is_date_cue(segment, index).then_some(Found {
                confidence: 0.75,
                ..month
            })
        }
        _ => None,
    }
}

/// Reads `3/14` where something says that it is a day.
fn month_and_day(
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
        || first != second && imaged(segment, index);
    let measured = !labelled && !event && measured(segment, index);
    let week = index >= 2 && segment.is(index - 1, "of") && segment.is(index - 2, "week");
    let same_month = range_in_month(segment, index + 3, first, second);
    let cued = ["on", "since", "dated"]
        .iter()
        .any(|cue| index > 0 && segment.is(index - 1, cue));
    let strong = labelled || event || week || same_month || cued || weekday_before(segment, index);
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
        () if leading_zero(segment, index) => 0.7,
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

/// Returns true for `5/09`: no score and no dose is written with a zero in front.
fn leading_zero(segment: &Segment<'_>, index: usize) -> bool {
    segment.digits(index + 2) == 2 && segment.word_at(index + 2).starts_with('0')
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

/// Reads `20240314T081500Z`.
fn compact_with_time(segment: &Segment<'_>, index: usize) -> Option<Found> {
    let (date, time) = segment.word_at(index).split_at_checked(8)?;
    let clock = time.strip_prefix(['T', 't'])?.trim_end_matches(['Z', 'z']);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let valid = digits(date)
        && calendar::is_compact_date(date)
        && matches!(clock.len(), 4 | 6)
        && digits(clock);
    valid.then(|| Found::day(index + 1, 0.95, "compact date and time").time(true))
}

/// Reads `20240314`, `20240314083000`, and after a date label `03142024`, `031424`.
fn compact(segment: &Segment<'_>, index: usize) -> Option<Found> {
    let token = segment.token(index)?;
    let text = segment.word(token);
    if continues(segment, index + 1, b'-')
        || segment.touches(index) && segment.sign_at(index - 1) == b'-'
    {
        return None;
    }
    let labelled = is_date_label(segment, index);
    let year_first = text.get(..8).is_some_and(calendar::is_compact_date);
    let clock = |from: usize| {
        let part = |from: usize| {
            text.get(from..from + 2)
                .and_then(|part| part.parse::<u32>().ok())
        };
        part(from).is_some_and(|hour| hour < 24) && part(from + 2).is_none_or(|minute| minute < 60)
    };
    match text.len() {
        8 if year_first => Some(Found::day(
            index + 1,
            if labelled { 0.97 } else { 0.75 },
            "compact date",
        )),
        12 | 14 if year_first && clock(8) => {
            Some(Found::day(index + 1, 0.85, "compact date and time").time(true))
        }
        8 | 6 if labelled && calendar::is_compact_american_date(text) => Some(Found::day(
            index + 1,
            0.85,
            "compact date after a date label",
        )),
        _ => None,
    }
}
