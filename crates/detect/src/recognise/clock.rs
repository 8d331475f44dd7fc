//! A clock time that directly follows a date belongs to its span.

use crate::segment::Segment;
use crate::term::Flags;
use crate::token::Shape;

/// Zones written after a time.
const ZONES: [&str; 18] = [
    "z", "utc", "gmt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "akst", "hst", "et",
    "ct", "pt", "bst", "cet",
];

/// Returns the index after a time that starts at `at` (with `at`, `@` or a comma before it), or `at` if there is none.
pub(super) fn after_time(segment: &Segment<'_>, at: usize) -> usize {
    let mut index = at;
    let mut announced = false;
    // `04/Mar/2024:08:15:12`
    if is_colon(segment, at)
        && segment.touches(at + 1)
        && segment.digits(at + 1) == 2
        && is_colon(segment, at + 2)
    {
        return after_minutes(segment, at + 2).unwrap_or(at);
    }
    if segment.sign(index, b',') {
        index += 1;
    }
    if segment.sign(index, b'@') || segment.is(index, "at") || segment.is(index, "T") {
        announced = true;
        index += 1;
    }
    if segment.is(index, "approximately")
        || segment.is(index, "about")
        || segment.is(index, "around")
    {
        index += 1;
    }
    match time(segment, index, announced) {
        Some(end) => end,
        None => at,
    }
}

/// Reads a time at `index`; a bare `0830` only counts where it was announced.
fn time(segment: &Segment<'_>, index: usize, announced: bool) -> Option<usize> {
    let token = segment.token(index)?;
    // `3/4/24 1422`: the date before is whole, so that four more digits are no part of it.
    let after_year = index >= 5
        && segment.digits(index - 1) >= 2
        && segment.sign(index - 2, b'/')
        && segment.sign(index - 4, b'/');
    let word = segment.word(token);
    match token.shape {
        Shape::Mixed => is_clock_word(word).then(|| after_zone(segment, index + 1)),
        Shape::Number if token.len() <= 2 => {
            if !word.parse::<u32>().is_ok_and(|hour| hour <= 24) {
                return None;
            }
            if is_colon(segment, index + 1) {
                return after_minutes(segment, index + 1);
            }
            after_half(segment, index + 1).map(|end| after_zone(segment, end))
        }
        Shape::Number if token.len() == 4 => {
            let hours = segment.is(index + 1, "hrs")
                || segment.is(index + 1, "hours")
                || segment.is(index + 1, "h");
            let valid = word.get(..2)?.parse::<u32>().ok()? <= 24
                && word.get(2..)?.parse::<u32>().ok()? < 60;
            let bare = after_year && !is_year(word) && ends(segment, index + 1);
            (valid && (announced || hours || bare)).then(|| index + 1 + usize::from(hours))
        }
        _ => None,
    }
}

fn is_year(word: &str) -> bool {
    matches!(word.get(..2), Some("19" | "20"))
}

/// Returns true if nothing at `index` makes the number before it a quantity.
fn ends(segment: &Segment<'_>, index: usize) -> bool {
    let counted = segment.flags(index).has(Flags::UNIT) || segment.sign(index, b'%');
    let glued = segment.touches(index)
        && segment.touches(index + 1)
        && matches!(segment.sign_at(index), b'-' | b'/' | b'.');
    !counted && !glued
}

fn is_colon(segment: &Segment<'_>, index: usize) -> bool {
    segment.touches(index) && segment.sign(index, b':')
}

/// Reads `:30`, `:30:15.250` and what follows them; `index` is that of the first colon.
pub(super) fn after_minutes(segment: &Segment<'_>, index: usize) -> Option<usize> {
    let mut at = index;
    let mut parts = 0;
    while parts < 2 && is_colon(segment, at) && segment.touches(at + 1) {
        let token = segment.token(at + 1)?;
        let word = segment.word(token);
        if !word.get(..2)?.bytes().all(|byte| byte.is_ascii_digit()) || word.get(..1)? > "5" {
            return None;
        }
        at += 2;
        parts += 1;
        if token.shape == Shape::Mixed {
            return is_clock_tail(word.get(2..)?).then(|| after_zone(segment, at));
        }
        if token.len() != 2 {
            return None;
        }
    }
    if parts == 0 {
        return None;
    }
    if segment.touches(at)
        && segment.sign(at, b'.')
        && segment.touches(at + 1)
        && segment.token(at + 1)?.has_digit()
    {
        at += 2;
    }
    let at = after_half(segment, at).unwrap_or(at);
    Some(after_zone(segment, at))
}

/// Reads `am`, `p.m.`, `hrs`.
fn after_half(segment: &Segment<'_>, index: usize) -> Option<usize> {
    let word = segment.word_at(index);
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if is("am") || is("pm") || is("hrs") || is("hr") || is("h") || is("hours") || is("noon") {
        return Some(index + 1);
    }
    let dotted =
        (is("a") || is("p")) && segment.sign(index + 1, b'.') && segment.is(index + 2, "m");
    dotted.then_some(index + 3)
}

fn after_zone(segment: &Segment<'_>, index: usize) -> usize {
    let word = segment.word_at(index);
    if ZONES.iter().any(|zone| word.eq_ignore_ascii_case(zone)) {
        return index + 1;
    }
    let sign = segment.sign(index, b'+') || segment.sign(index, b'-');
    let apart = segment.token(index).is_some_and(|token| token.space_before)
        && segment.digits(index + 1) != 4;
    if !sign || apart || !segment.touches(index + 1) {
        return index;
    }
    match segment.digits(index + 1) {
        4 => index + 2,
        2 if is_colon(segment, index + 2)
            && segment.touches(index + 3)
            && segment.digits(index + 3) == 2 =>
        {
            index + 4
        }
        _ => index,
    }
}

/// `8am`, `0830h`, `8pm`.
fn is_clock_word(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    matches!(digits, 1 | 2 | 4) && word.get(digits..).is_some_and(is_clock_tail)
}

fn is_clock_tail(tail: &str) -> bool {
    ["am", "pm", "h", "hrs", "hr", "z", "a", "p"]
        .iter()
        .any(|half| tail.eq_ignore_ascii_case(half))
}
