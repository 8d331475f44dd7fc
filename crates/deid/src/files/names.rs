//! Stand-ins for names of people: part by part, so that a patient's surname stays one surname in every spelling.

use super::lists::{EITHER, FEMALE, MALE, SURNAMES};
use super::scramble::{Keyed, scramble};

/// Endings of a name that say nothing of who it is.
const SUFFIXES: [&str; 12] = [
    "ii", "iii", "iv", "jr", "sr", "md", "rn", "do", "np", "pa", "phd", "esq",
];
/// Parts of family names that would stand in for nothing.
const PARTICLES: [&str; 14] = [
    "al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "la", "le", "van", "von",
];

/// What a word of a name is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Given,
    Surname,
    Initial,
    Suffix,
    Particle,
}

/// Returns the stand-in for a name, of the same gender as far as the name tells it, and of the same shape.
pub(super) fn person(keyed: Keyed<'_>, value: &str) -> String {
    let words = words(value);
    let parts = parts(value, &words);
    let mut out = String::with_capacity(value.len() + 8);
    let (mut from, mut behind_particle) = (0, false);
    for ((start, end), part) in words.iter().zip(parts) {
        let word = value.get(*start..*end).unwrap_or_default();
        let between = value.get(from..*start).unwrap_or_default();
        from = *end;
        // A particle goes, with the space behind it.
        if !behind_particle {
            out.push_str(between);
        }
        behind_particle = part == Part::Particle;
        if !behind_particle {
            out.push_str(&stand_in(keyed, word, part));
        }
    }
    out.push_str(value.get(from..).unwrap_or_default());
    out
}

/// Returns a name for addresses and the like.
pub(super) fn handle(keyed: Keyed<'_>, value: &str) -> String {
    let mut choices = keyed.choices("handle", &value.to_lowercase());
    let given = choices.one(&EITHER).unwrap_or("Robin");
    let surname = choices.one(&SURNAMES).unwrap_or("Walden");
    format!("{given}.{surname}{}", choices.below(90) + 10).to_lowercase()
}

/// Words with their apostrophes: O'Brien is one.
fn words(value: &str) -> Vec<(usize, usize)> {
    let belongs = |char: char| char.is_alphanumeric() || matches!(char, '\'' | '’');
    let mut words = Vec::new();
    let mut from = 0;
    while let Some(offset) = value
        .get(from..)
        .and_then(|rest| rest.find(char::is_alphanumeric))
    {
        let start = from + offset;
        let rest = value.get(start..).unwrap_or_default();
        let word = rest
            .split(|char| !belongs(char))
            .next()
            .unwrap_or(rest)
            .trim_end_matches(['\'', '’']);
        words.push((start, start + word.len()));
        from = start + word.len();
    }
    words
}

/// Says what each word is: the last is the surname, or those before a comma.
fn parts(value: &str, words: &[(usize, usize)]) -> Vec<Part> {
    let word = |position: usize| {
        words
            .get(position)
            .and_then(|(start, end)| value.get(*start..*end))
            .unwrap_or_default()
    };
    let plain = |position: usize| {
        let word = word(position).to_lowercase();
        let initial = word.chars().count() == 1;
        let particle = PARTICLES.contains(&word.as_str()) && position + 1 < words.len();
        match (
            SUFFIXES.contains(&word.as_str()) && position > 0,
            particle,
            initial,
        ) {
            (true, ..) => Some(Part::Suffix),
            (_, true, _) => Some(Part::Particle),
            (.., true) => Some(Part::Initial),
            _ => None,
        }
    };
    let whole: Vec<usize> = (0..words.len())
        .filter(|position| plain(*position).is_none())
        .collect();
    let comma = value.find(',').unwrap_or(0);
    let before_comma =
        |position: &usize| words.get(*position).is_some_and(|(_, end)| *end <= comma);
    let given_follows = whole.iter().any(|position| !before_comma(position));
    let surname = |position: usize| match whole.as_slice() {
        [only] => *only == position && !is_given(word(position)),
        _ if comma > 0 && given_follows => before_comma(&position),
        [.., last] => *last == position || is_hyphenated_to(value, words, position, *last),
        [] => false,
    };
    let part = |position| {
        plain(position).unwrap_or(if surname(position) {
            Part::Surname
        } else {
            Part::Given
        })
    };
    (0..words.len()).map(part).collect()
}

fn is_hyphenated_to(value: &str, words: &[(usize, usize)], position: usize, last: usize) -> bool {
    let ends = words.get(position).map(|(_, end)| *end);
    let starts = words.get(last).map(|(start, _)| *start);
    position + 1 == last
        && ends
            .zip(starts)
            .and_then(|(end, start)| value.get(end..start))
            == Some("-")
}

fn stand_in(keyed: Keyed<'_>, word: &str, part: Part) -> String {
    let plain = word.to_lowercase();
    let list: &[&str] = match part {
        Part::Given => given_names_like(&plain),
        Part::Surname => &SURNAMES,
        Part::Initial => return scramble(word, &mut keyed.choices("initial", &plain)),
        Part::Suffix | Part::Particle => return word.to_owned(),
    };
    let purpose = if part == Part::Given {
        "given"
    } else {
        "surname"
    };
    let mut choices = keyed.choices(purpose, &plain);
    let first = choices.one(list).unwrap_or("Robin");
    let chosen = if first.eq_ignore_ascii_case(word) {
        choices.one(&EITHER).unwrap_or("Robin")
    } else {
        first
    };
    in_case_of(word, chosen)
}

/// Names of the gender the name is known for, or that its ending tells.
fn given_names_like(plain: &str) -> &'static [&'static str] {
    let known = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(plain));
    if known(&FEMALE)
        || plain.ends_with(['a', 'á'])
        || plain.ends_with("lyn")
        || plain.ends_with("ette")
    {
        &FEMALE
    } else if known(&MALE) || plain.ends_with('o') || plain.ends_with("us") {
        &MALE
    } else {
        &EITHER
    }
}

fn is_given(word: &str) -> bool {
    let known = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(word));
    known(&FEMALE) || known(&MALE) || known(&EITHER)
}

/// Writes `text` in the case of `like`: all large, all small, or as it is.
pub(super) fn in_case_of(like: &str, text: &str) -> String {
    let letters = || like.chars().filter(|char| char.is_alphabetic());
    if letters().count() > 1 && letters().all(char::is_uppercase) {
        text.to_uppercase()
    } else if letters().all(char::is_lowercase) {
        text.to_lowercase()
    } else {
        text.to_owned()
    }
}
