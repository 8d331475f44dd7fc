//! Dates with a month in words: `March 14th, 2024`, `14 Mar 2024`, `14Mar24`, `the fourteenth of March`,
//! `March 14-18`, `Mar '24`, `on the 14th`.

use super::calendar;
use super::clock;
use super::date::{Found, is_date_cue, is_date_label};
use super::misspelt;
use super::month_alone::{self, is_verb};
use super::spoken;
use crate::candidate::Priority;
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape, Token};

/// Reads a date that starts with a month at `index`.
pub(super) fn month_first(segment: &Segment<'_>, index: usize) -> Option<Found> {
    let token = segment.token(index)?;
    if token.shape == Shape::Mixed {
        return glued(segment, index).or_else(|| misread(segment, index));
    }
    if !segment.flags(index).has(Flags::MONTH) {
        return misread(segment, index);
    }
    if segment.touches(index) && matches!(segment.sign_at(index - 1), b'@' | b'_' | b'\\') {
        return None;
    }
    let month = segment.value(index);
    let after = after_stop(segment, index + 1, token);
    with_day(segment, index, month, after)
        .or_else(|| with_year(segment, index, month, after))
        .or_else(|| month_alone::alone(segment, index, month))
}

/// Returns the index after the stop of an abbreviation.
fn after_stop(segment: &Segment<'_>, index: usize, month: &Token) -> usize {
    index + usize::from(month.len() <= 5 && segment.touches(index) && segment.sign(index, b'.'))
}

/// A day of the month at some index.
struct Day {
    number: u32,
    end: usize,
    ordinal: bool,
}

/// Reads `14`, `14th`, `fourteenth`, `twenty-first`, `the 14th`.
fn day(segment: &Segment<'_>, index: usize) -> Option<Day> {
    let token = segment.token(index)?;
    let word = segment.word(token);
    match token.shape {
        Shape::Number if token.len() <= 2 => {
            let number = word.parse().ok().filter(|day| (1..=31).contains(day))?;
            Some(Day {
                number,
                end: index + 1,
                ordinal: false,
            })
        }
        Shape::Mixed => {
            let digits = word.bytes().take_while(u8::is_ascii_digit).count();
            let suffix = word.get(digits..)?;
            let ordinal = ["st", "nd", "rd", "th"]
                .iter()
                .any(|end| suffix.eq_ignore_ascii_case(end));
            let number = word
                .get(..digits)?
                .parse()
                .ok()
                .filter(|day| (1..=31).contains(day))?;
            (ordinal && digits <= 2).then_some(Day {
                number,
                end: index + 1,
                ordinal: true,
            })
        }
        Shape::Word if segment.flags(index).has(Flags::NUMBER) => {
            let tens = segment.value(index);
            let joined = index + 1 + usize::from(segment.sign(index + 1, b'-'));
            let ones = segment.value(joined);
            let compound = matches!(tens, 20 | 30)
                && (1..=9).contains(&ones)
                && segment.flags(joined).has(Flags::NUMBER);
            let (number, last) = if compound {
                (tens + ones, joined)
            } else {
                (tens, index)
            };
            let ordinal = is_ordinal_word(segment.word_at(last));
            ((1..=31).contains(&number) && (ordinal || number > 9)).then_some(Day {
                number,
                end: last + 1,
                ordinal,
            })
        }
        _ => None,
    }
}

fn is_ordinal_word(word: &str) -> bool {
    let tail = word.get(word.len().saturating_sub(2)..).unwrap_or("");
    ["th", "st", "nd", "rd"]
        .iter()
        .any(|end| tail.eq_ignore_ascii_case(end))
}

fn with_day(segment: &Segment<'_>, index: usize, month: u32, after: usize) -> Option<Found> {
    let joined = is_join(segment, after);
    let the = usize::from(segment.is(after, "the"));
    let start = if joined {
        after + 1
    } else {
        after + the + usize::from(segment.sign(after, b','))
    };
    let first = day(segment, start).filter(|day| calendar::is_day_of_month(month, day.number))?;
    if is_part_of_more(segment, first.end) {
        return None;
    }
    let last = range(segment, month, &first);
    let (end, year) = after_year(segment, last, joined);
    let lower = segment.token(index)?.case == Case::Lower;
    let doubtful = is_verb(month) && !year && !first.ordinal && !is_date_cue(segment, index);
    if doubtful && (lower || segment.flags(first.end).has(Flags::UNIT)) {
        return None;
    }
    let timed = clock::after_time(segment, end);
    Some(
        Found::day(
            timed,
            if year { 0.98 } else { 0.93 },
            "month and day in words",
        )
        .time(timed > end),
    )
}

/// Returns true if the token at `index` is `-`, `/` or `.` and glues what is before and after it.
fn is_join(segment: &Segment<'_>, index: usize) -> bool {
    matches!(segment.sign_at(index), b'-' | b'/' | b'.')
        && segment.touches(index)
        && segment.touches(index + 1)
}

/// Returns true if a number that ends before `index` goes on: `5:30`, `5.5`, `5%`.
fn is_part_of_more(segment: &Segment<'_>, index: usize) -> bool {
    segment.touches(index)
        && (segment.sign(index, b'%')
            || matches!(segment.sign_at(index), b':' | b'.')
                && segment.touches(index + 1)
                && segment.digits(index + 1) > 0)
}

/// Returns the index after further days of the same month: `-18`, `to 18`, `and 15`.
fn range(segment: &Segment<'_>, month: u32, first: &Day) -> usize {
    let mut end = first.end;
    let mut before = first.number;
    for _ in 0..3 {
        let to = ["to", "through", "thru", "and", "until"]
            .iter()
            .any(|word| segment.is(end, word));
        let dash = matches!(segment.sign_at(end), b'-' | b'&');
        // `March 4, 5 and 6`
        let listed = segment.sign(end, b',')
            && day(segment, end + 1).is_some_and(|next| {
                segment.is(next.end, "and") && day(segment, next.end + 1).is_some()
                    || segment.sign(next.end, b'&')
            });
        if !(to || dash || listed) {
            break;
        }
        let Some(next) = day(segment, end + 1) else {
            break;
        };
        let counted = segment.flags(next.end).has(Flags::UNIT) && !next.ordinal;
        let other_month = segment.flags(next.end).has(Flags::MONTH);
        let later = next.number > before && calendar::is_day_of_month(month, next.number);
        if !later
            || counted
            || other_month
            || is_part_of_more(segment, next.end)
            || is_join(segment, next.end)
        {
            break;
        }
        before = next.number;
        end = next.end;
    }
    end
}

/// Returns the index after a year at `index` and whether there is one.
fn after_year(segment: &Segment<'_>, index: usize, joined: bool) -> (usize, bool) {
    let mut at = index;
    let glued = is_join(segment, at);
    if glued || segment.sign(at, b',') || segment.is(at, "of") || segment.is(at, "in") {
        at += 1;
    }
    let apostrophe = segment.sign(at, b'\'');
    at += usize::from(apostrophe);
    let two = segment.digits(at) == 2
        && (apostrophe
            || glued && joined
            || segment.sign(index, b',') && ends_phrase(segment, at + 1)
            || at == index && ends_phrase(segment, at + 1));
    if !apostrophe && let Some(end) = spoken::after_year(segment, at) {
        return (end, true);
    }
    let four = segment.number(at).is_some_and(calendar::is_year) && segment.digits(at) == 4;
    let more = is_part_of_more(segment, at + 1) && !(four && segment.sign(at + 1, b':'));
    if (two || four) && !more {
        (at + 1, true)
    } else {
        (index, false)
    }
}

/// Returns true if nothing at `index` makes the number before it a quantity.
fn ends_phrase(segment: &Segment<'_>, index: usize) -> bool {
    match segment.token(index) {
        None => true,
        Some(token) if token.shape == Shape::Sign => {
            matches!(token.first, b',' | b'.' | b';' | b')' | b'"')
        }
        Some(_) => segment.is(index, "at"),
    }
}

fn with_year(segment: &Segment<'_>, index: usize, month: u32, after: usize) -> Option<Found> {
    let (end, found) = after_year(segment, after, true);
    if !found {
        return None;
    }
    let token = segment.token(index)?;
    let certain = segment.digits(end - 1) == 4 || token.case != Case::Lower;
    let verb = is_verb(month) && token.case == Case::Lower && segment.digits(end - 1) != 4;
    (certain && !verb).then_some(Found {
        kind: Kind::Month,
        ..Found::day(end, 0.95, "month and year in words")
    })
}

/// Reads a date that starts with a day (or a year) at `index`.
pub(super) fn day_first(segment: &Segment<'_>, index: usize) -> Option<Found> {
    if in_chain(segment, index) {
        return None;
    }
    if segment.digits(index) == 4 {
        return year_first(segment, index);
    }
    let token = segment.token(index)?;
    let Some(first) = day(segment, index) else {
        return if token.shape == Shape::Mixed {
            glued(segment, index)
        } else {
            None
        };
    };
    let mut end = first.end;
    let mut last = first.number;
    let joins = matches!(segment.sign_at(end), b'-' | b'&')
        || ["to", "through", "and"]
            .iter()
            .any(|word| segment.is(end, word));
    if joins && let Some(next) = day(segment, end + 1).filter(|next| next.number > last) {
        last = next.number;
        end = next.end;
    }
    let of = segment.is(end, "of");
    let month_at = if of {
        end + 1 + usize::from(segment.is(end + 1, "the") || segment.is(end + 1, "this"))
    } else if matches!(segment.sign_at(end), b'-' | b'/' | b'.' | b',') {
        end + 1
    } else {
        end
    };
    if let Some(found) = day_and_month(segment, index, last, month_at, of || first.ordinal) {
        return Some(found);
    }
    if first.ordinal && end == first.end {
        day_alone(segment, index, end)
    } else {
        None
    }
}

fn in_chain(segment: &Segment<'_>, index: usize) -> bool {
    if index < 2 || !segment.touches(index) {
        return false;
    }
    let sign = segment.sign_at(index - 1);
    let glued =
        segment.touches(index - 1) && segment.token(index - 2).is_some_and(Token::has_digit);
    matches!(sign, b'.' | b'/' | b':' | b'-') && glued || sign == b'$'
}

fn day_and_month(
    segment: &Segment<'_>,
    index: usize,
    day: u32,
    at: usize,
    sure: bool,
) -> Option<Found> {
    let token = segment.token(at)?;
    let month = if segment.flags(at).has(Flags::MONTH) {
        segment.value(at)
    } else {
        let year_follows = segment.digits(at + 1) == 4
            || segment.sign(at + 1, b',') && segment.digits(at + 2) == 4;
        misspelt::month(segment.word(token)).filter(|_| year_follows)?
    };
    if !calendar::is_day_of_month(month, day) {
        return None;
    }
    let joined = segment.touches(at);
    let (end, year) = after_year(segment, after_stop(segment, at + 1, token), joined);
    let end = if year { end } else { at + 1 };
    let verb = is_verb(month) && token.case == Case::Lower && !sure;
    let listed = !year && !sure && index > 0 && segment.flags(index - 1).has(Flags::CODE);
    if verb && !year
        || listed
        || token.len() == 3 && token.case == Case::Lower && !year && !joined && !sure
    {
        return None;
    }
    let timed = clock::after_time(segment, end);
    Some(
        Found::day(
            timed,
            if year { 0.98 } else { 0.9 },
            "day and month in words",
        )
        .time(timed > end),
    )
}

/// `2024-Mar-14`, `2024 March 14`.
fn year_first(segment: &Segment<'_>, index: usize) -> Option<Found> {
    segment
        .number(index)
        .filter(|year| calendar::is_year(*year))?;
    let at = index
        + 1
        + usize::from(matches!(
            segment.sign_at(index + 1),
            b'-' | b'/' | b',' | b'.'
        ));
    if !segment.flags(at).has(Flags::MONTH)
        || segment.token(at)?.case == Case::Lower && !segment.touches(at)
    {
        return None;
    }
    let next = after_stop(segment, at + 1, segment.token(at)?);
    let next = next + usize::from(is_join(segment, next) || segment.sign(next, b','));
    let found = day(segment, next)
        .filter(|day| calendar::is_day_of_month(segment.value(at), day.number))?;
    let end = clock::after_time(segment, found.end);
    Some(Found::day(end, 0.95, "year, month and day").time(end > found.end))
}

/// `on the 14th`, where no noun makes it the fourteenth of something.
fn day_alone(segment: &Segment<'_>, index: usize, end: usize) -> Option<Found> {
    let the = index >= 2 && segment.is(index - 1, "the");
    let cue = the
        && [
            "on", "since", "until", "till", "by", "from", "dated", "through",
        ]
        .iter()
        .any(|cue| segment.is(index - 2, cue));
    let part_of_day = index >= 3
        && segment.is(index - 1, "the")
        && segment.is(index - 2, "of")
        && ["morning", "evening", "night", "afternoon", "early", "week"]
            .iter()
            .any(|part| segment.is(index - 3, part));
    if !cue && !part_of_day && !is_date_label(segment, index) {
        return None;
    }
    let closes = match segment.token(end) {
        None => segment.complete,
        Some(token) if token.shape == Shape::Sign => {
            matches!(token.first, b'.' | b',' | b';' | b')')
        }
        Some(_) => {
            ["at", "he", "she", "they", "we", "for", "with", "of"]
                .iter()
                .any(|word| segment.is(end, word))
                && !segment.is(end, "of")
                || segment.is(end, "of")
                    && ["this", "last", "next"]
                        .iter()
                        .any(|word| segment.is(end + 1, word))
        }
    };
    closes.then(|| Found {
        priority: Priority::Pattern,
        ..Found::day(end, 0.7, "day of the month")
    })
}

/// `14Mar2024`, `14MAR24`, `Mar2024`, `Mar14`.
fn glued(segment: &Segment<'_>, index: usize) -> Option<Found> {
    let word = segment.word_at(index);
    let digit = |byte: &u8| byte.is_ascii_digit();
    let bytes = word.as_bytes();
    let before = bytes.iter().take_while(|byte| digit(byte)).count();
    let letters = bytes
        .iter()
        .skip(before)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let rest = word.get(before + letters..)?;
    let term = segment
        .terms
        .of(word.get(before..before + letters)?.as_bytes());
    if !segment.terms.flags(term).has(Flags::MONTH)
        || !rest.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let month = u32::from(segment.terms.value(term));
    let first: Option<u32> = word.get(..before)?.parse().ok();
    let last: Option<u32> = rest.parse().ok();
    match (first, rest.len(), last) {
        (Some(day), 0, _) if before <= 2 && calendar::is_day_of_month(month, day) => {
            let (end, year) = after_year(segment, index + 1, true);
            year.then(|| Found::day(end, 0.9, "day and month in one word"))
        }
        (Some(day), 2 | 4, Some(year)) if before <= 2 && calendar::is_date(year, month, day) => {
            // `04MAR2024:08:15`
            let colon = segment.touches(index + 1)
                && segment.sign(index + 1, b':')
                && segment.digits(index + 2) == 2;
            let glued = if colon {
                clock::after_minutes(segment, index + 3)
            } else {
                None
            };
            let end = glued.unwrap_or_else(|| clock::after_time(segment, index + 1));
            Some(Found::day(end, 0.97, "day, month and year in one word").time(end > index + 1))
        }
        (None, 4, Some(year)) if calendar::is_year(year) => Some(Found {
            kind: Kind::Month,
            ..Found::day(index + 1, 0.9, "month and year in one word")
        }),
        (None, 1 | 2, Some(day)) if calendar::is_day_of_month(month, day) => {
            let (end, year) = after_year(segment, index + 1, true);
            (year || is_date_cue(segment, index))
                .then(|| Found::day(end, 0.85, "month and day in one word"))
        }
        _ => None,
    }
}

/// `Janurary 5, 2024`, `0ctober 3, 2019`: a word that is nearly a month, where day and year (or a cue) stand with it.
fn misread(segment: &Segment<'_>, index: usize) -> Option<Found> {
    let follows = segment.token(index + 1).is_some_and(Token::has_digit)
        || matches!(segment.sign_at(index + 1), b'.' | b',')
            && segment.token(index + 2).is_some_and(Token::has_digit);
    if !follows {
        return None;
    }
    let month = misspelt::month(segment.word_at(index))?;
    let after = index + 1 + usize::from(matches!(segment.sign_at(index + 1), b'.' | b','));
    if let Some(first) =
        day(segment, after).filter(|day| calendar::is_day_of_month(month, day.number))
    {
        let (end, year) = after_year(segment, range(segment, month, &first), false);
        let sure = year || first.ordinal || is_date_cue(segment, index);
        return (sure && !is_part_of_more(segment, first.end))
            .then(|| Found::day(end, 0.85, "misspelt month and day"));
    }
    let (end, year) = after_year(segment, after, true);
    (year && segment.digits(end - 1) == 4).then(|| Found {
        kind: Kind::Month,
        ..Found::day(end, 0.8, "misspelt month and year")
    })
}
