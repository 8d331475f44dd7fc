//! Realistic stand-ins, by kind.

use covenant_detect::{Class, Kind};

use super::lists::{ORGANISATION_WORDS, STREET_WORDS, STREETS, SURNAMES, TOWNS};
use super::names::{handle, in_case_of, person};
use super::scramble::{Choices, Keyed, scramble};
use crate::dates::ClinicalDate;
use crate::tokens::fold;

/// The most days dates are shifted by, forward or back.
const MOST_DAYS: i32 = 365;
/// Area codes that are reserved and in use nowhere.
const AREA_CODES: [&str; 8] = ["290", "390", "490", "590", "690", "790", "890", "990"];

/// Makes the stand-ins of one patient.
pub(super) struct Surrogates<'a> {
    keyed: Keyed<'a>,
}

impl<'a> Surrogates<'a> {
    pub(super) fn new(keyed: Keyed<'a>) -> Surrogates<'a> {
        Surrogates { keyed }
    }

    pub(super) fn keyed(&self) -> Keyed<'a> {
        self.keyed
    }

    /// Returns how many days this patient's dates are shifted by: -365 to 365, never 0.
    pub(super) fn shift_days(&self) -> i32 {
        let choice =
            i32::try_from(self.keyed.choices("date-shift", "").below(2 * 365)).unwrap_or_default();
        if choice < MOST_DAYS {
            choice - MOST_DAYS
        } else {
            choice - MOST_DAYS + 1
        }
    }

    /// Returns the stand-in for a value; `None` where it cannot be read as what it is.
    pub(super) fn of(
        &self,
        class: Class,
        kind: Kind,
        value: &str,
        latest_year: Option<i32>,
    ) -> Option<String> {
        let mut choices = self.keyed.choices(kind.as_str(), &fold(value));
        Some(match kind {
            Kind::Person => person(self.keyed, value),
            Kind::Street | Kind::PoBox => street(value, &mut choices),
            Kind::City => in_case_of(value, choices.one(&TOWNS)?),
            Kind::County => county(value, &mut choices)?,
            Kind::Zip if is_of_digits(value) => zip(value, &mut choices),
            Kind::Landmark => in_case_of(value, &format!("{} Point", choices.one(&SURNAMES)?)),
            _ => match class {
                Class::Org => organisation(value, kind, &mut choices)?,
                Class::Date => ClinicalDate::parse(value, latest_year?)?.shifted(self.shift_days()),
                // No other age stands for an age: the settler writes the group.
                Class::Age => return None,
                Class::Phone | Class::Fax if is_of_digits(value) => phone(value, &mut choices),
                Class::Email => format!("{}@example.org", handle(self.keyed, value)),
                Class::Url => url(value, &mut choices),
                Class::Ip => ip(value, &mut choices),
                Class::Ssn if is_of_digits(value) => ssn(value, &mut choices),
                _ => scramble(value, &mut choices),
            },
        })
    }
}

/// Tells whether a number is written with digits alone, but for the mark of an extension.
fn is_of_digits(value: &str) -> bool {
    let mut words = value
        .split(|char: char| !char.is_alphabetic())
        .filter(|word| !word.is_empty());
    let extension =
        words.all(|word| ["x", "ext", "extension"].contains(&word.to_lowercase().as_str()));
    extension
        && value
            .chars()
            .all(|char| !char.is_numeric() || char.is_ascii_digit())
}

/// 1200 Elm Street, Apt 4B: numbers of the same length, another name, the same kinds of street and unit.
fn street(value: &str, choices: &mut Choices<'_>) -> String {
    let mut named = false;
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let word_length = rest
            .find(|char: char| !char.is_alphanumeric())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_length.max(first.len_utf8()));
        rest = after;
        let plain = word.to_lowercase();
        if word_length == 0 {
            out.push_str(word);
        } else if word.chars().any(char::is_numeric) {
            out.push_str(&scramble(word, choices));
        } else if STREET_WORDS.contains(&plain.as_str()) {
            out.push_str(word);
        } else if !named || word.chars().count() == 1 {
            let stand_in = if named {
                scramble(word, choices)
            } else {
                choices.one(&STREETS).unwrap_or("Orchard").to_owned()
            };
            out.push_str(&in_case_of(word, &stand_in));
            named = true;
        } else {
            // The name had more words than its stand-in.
            rest = rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
    out
}

fn county(value: &str, choices: &mut Choices<'_>) -> Option<String> {
    let sort = ["county", "parish", "precinct", "borough"]
        .into_iter()
        .find(|sort| value.to_lowercase().ends_with(sort));
    let town = choices.one(&TOWNS)?;
    Some(
        match sort.and_then(|sort| value.get(value.len() - sort.len()..)) {
            Some(sort) => format!("{} {sort}", in_case_of(value, town)),
            None => in_case_of(value, town),
        },
    )
}

/// ZIP codes that begin with 000 to 004 are nobody's.
fn zip(value: &str, choices: &mut Choices<'_>) -> String {
    let mut position = 0;
    let digit = |char: char| {
        if !char.is_ascii_digit() {
            return char;
        }
        position += 1;
        match position {
            1 | 2 => '0',
            3 => char::from_digit(u32::try_from(choices.below(5)).unwrap_or(0), 10).unwrap_or('0'),
            _ => choices.digit(),
        }
    };
    value.chars().map(digit).collect()
}

/// Another name with what says which sort of organisation it is.
fn organisation(value: &str, kind: Kind, choices: &mut Choices<'_>) -> Option<String> {
    let lower = value.to_lowercase();
    let sort = ORGANISATION_WORDS
        .iter()
        .find(|sort| lower.ends_with(&sort.to_lowercase()));
    let other = if kind == Kind::Facility {
        "Hospital"
    } else {
        "Group"
    };
    let name = choices.one(&SURNAMES)?;
    Some(in_case_of(
        value,
        &format!("{name} {}", sort.unwrap_or(&other)),
    ))
}

/// Numbers of the 555-01xx range, in the writing of the value; an extension is another of the same length.
fn phone(value: &str, choices: &mut Choices<'_>) -> String {
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    let country = usize::from(digits.len() >= 11 && digits.first() == Some(&'1'));
    let area = AREA_CODES
        .get(choices.below(AREA_CODES.len()))
        .copied()
        .unwrap_or("290");
    let line = format!("55501{:02}", choices.below(100));
    let number = match digits.len() - country {
        0..=6 => return scramble(value, choices),
        7..=9 => line,
        _ => format!("{area}{line}"),
    };
    let mut stand_in = digits
        .iter()
        .take(country)
        .copied()
        .chain(number.chars())
        .collect::<Vec<_>>()
        .into_iter();
    let digit = |char: char| match char.is_ascii_digit() {
        true => stand_in.next().unwrap_or_else(|| choices.digit()),
        false => char,
    };
    value.chars().map(digit).collect()
}

fn url(value: &str, choices: &mut Choices<'_>) -> String {
    let scheme = value
        .find("://")
        .and_then(|end| value.get(..end + 3))
        .unwrap_or_default();
    let place: String = (0..6).map(|_| choices.digit()).collect();
    format!("{scheme}example.org/{place}")
}

/// Addresses set aside for documentation.
fn ip(value: &str, choices: &mut Choices<'_>) -> String {
    match value.contains(':') {
        true => format!("2001:db8::{:x}", 1 + choices.below(65_534)),
        false => format!("192.0.2.{}", 1 + choices.below(254)),
    }
}

/// Numbers with the area 000, which was never given; the last four alone are four other digits.
fn ssn(value: &str, choices: &mut Choices<'_>) -> String {
    if value.chars().filter(char::is_ascii_digit).count() < 9 {
        return scramble(value, choices);
    }
    let mut position = 0;
    let digit = |char: char| {
        position += usize::from(char.is_ascii_digit());
        match char.is_ascii_digit() {
            true if position <= 3 => '0',
            true => choices.digit(),
            false => char,
        }
    };
    value.chars().map(digit).collect()
}
