//! Dates in figures: `03/14/2024`, `3-14-24`, `2024-03-14T08:30`, `20240314`, `03/2024`. A day without
//! its year is [`super::short_date`]'s.

use super::calendar;
use super::clock;
use super::date::{Found, is_date_cue, is_date_label};
use super::short_date;
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
        .or_else(|| short_date::month_and_day(segment, index, sign, first, second, after_date))
}

/// Returns the sign between two parts if the token at `index` is one that joins what is before and after it.
pub(super) fn separator(segment: &Segment<'_>, index: usize) -> Option<u8> {
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
pub(super) fn continues(segment: &Segment<'_>, index: usize, sign: u8) -> bool {
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
