//! What the request said: a value of the answer that was in the request, in any spelling, is not invented.

use std::collections::HashSet;
use std::sync::OnceLock;

use covenant_detect::{Class, Detector};
use covenant_formats::json::Json;
use covenant_seal::{Phi, Zeroizing};

/// The words and numbers of a request. Built when the first finding of an answer asks for it.
pub(crate) struct Known {
    request: Phi<Json>,
    detector: Detector,
    spellings: OnceLock<Spellings>,
    dates: OnceLock<HashSet<Day>>,
}

/// The request in forms that spelling does not change. PHI, wiped on drop.
struct Spellings {
    /// Every text in lower case, words apart by one space, texts by a line break.
    words: Zeroizing<String>,
    /// Every text as letters and digits alone.
    compact: Zeroizing<String>,
    /// Every text as digits alone.
    digits: Zeroizing<String>,
}

impl Known {
    /// Keeps the request, as the caller sent it.
    pub(crate) fn new(request: Phi<Json>, detector: Detector) -> Known {
        Known {
            request,
            detector,
            spellings: OnceLock::new(),
            dates: OnceLock::new(),
        }
    }

    /// Says whether a value of this class was in the request.
    pub(crate) fn contains(&self, class: Class, value: &str) -> bool {
        let spellings = self
            .spellings
            .get_or_init(|| Spellings::of(self.request.expose()));
        let words = Zeroizing::new(words_of(value));
        if words.trim().is_empty() {
            return true;
        }
        if spellings.words.contains(words.as_str()) {
            return true;
        }
        match class {
            Class::Name | Class::Org | Class::Location => spellings.has_every_word(&words),
            Class::Date => spellings.has_compact(value) || self.has_date(value),
            Class::Phone | Class::Fax => {
                spellings.has_digits(value) || spellings.has_compact(value)
            }
            _ => spellings.has_compact(value),
        }
    }

    fn has_date(&self, value: &str) -> bool {
        let Some(day) = Day::parse(value) else {
            return false;
        };
        let dates = self.dates.get_or_init(|| {
            let mut dates = HashSet::new();
            each_text(self.request.expose(), &mut |text| {
                let found = self.detector.detect(text);
                let spans = found.iter().filter(|finding| finding.class == Class::Date);
                dates.extend(
                    spans.filter_map(|finding| Day::parse(text.get(finding.start..finding.end)?)),
                );
            });
            dates
        });
        dates.iter().any(|known| known.covers(day))
    }
}

impl Spellings {
    fn of(request: &Json) -> Spellings {
        let mut words = Zeroizing::new(String::new());
        let mut compact = Zeroizing::new(String::new());
        let mut digits = Zeroizing::new(String::new());
        each_text(request, &mut |text| {
            words.push_str(&words_of(text));
            words.push('\n');
            compact.extend(compact_of(text));
            compact.push('\n');
            digits.extend(text.chars().filter(char::is_ascii_digit));
            digits.push('\n');
        });
        Spellings {
            words,
            compact,
            digits,
        }
    }

    /// Names may be turned round or shortened; each of their words must have been there.
    fn has_every_word(&self, words: &str) -> bool {
        let mut long = words
            .split_whitespace()
            .filter(|word| word.chars().count() > 1)
            .peekable();
        long.peek().is_some() && long.all(|word| self.words.contains(&format!(" {word} ")))
    }

    /// Ids may be grouped in another way. Short ones would be found by chance.
    fn has_compact(&self, value: &str) -> bool {
        let compact = Zeroizing::new(compact_of(value).collect::<String>());
        compact.len() >= 5
            && compact.bytes().any(|byte| byte.is_ascii_digit())
            && self.compact.contains(compact.as_str())
    }

    /// Telephone numbers may have gained or lost their country code.
    fn has_digits(&self, value: &str) -> bool {
        let digits: Zeroizing<String> =
            Zeroizing::new(value.chars().filter(char::is_ascii_digit).collect());
        let from = digits.len().saturating_sub(10);
        digits
            .get(from..)
            .is_some_and(|digits| digits.len() >= 7 && self.digits.contains(digits))
    }
}

/// Calls `each` with every string, key and number of a value.
pub(crate) fn each_text(value: &Json, each: &mut dyn FnMut(&str)) {
    match value {
        Json::String(text) => each(text),
        Json::Number(number) => each(number.as_str()),
        Json::Array(elements) => elements.iter().for_each(|element| each_text(element, each)),
        Json::Object(object) => {
            for (key, element) in object.iter() {
                each(key);
                each_text(element, each);
            }
        }
        Json::Null | Json::Bool(_) => {}
    }
}

/// Returns the words of a text in lower case, each between spaces; a possessive ending is left off.
fn words_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for word in
        text.split(|char: char| !char.is_alphanumeric() && !matches!(char, '\'' | '\u{2019}'))
    {
        let word = word.trim_matches(['\'', '\u{2019}']);
        let word = word
            .strip_suffix("'s")
            .or_else(|| word.strip_suffix("\u{2019}s"))
            .unwrap_or(word);
        if !word.is_empty() {
            out.extend(word.chars().flat_map(char::to_lowercase));
            out.push(' ');
        }
    }
    out
}

fn compact_of(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|char| char.is_alphanumeric())
        .flat_map(char::to_lowercase)
}

/// A day or part of one, as far as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Day {
    year: Option<u16>,
    month: u8,
    day: Option<u8>,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

impl Day {
    /// Reads the usual American and ISO spellings.
    fn parse(text: &str) -> Option<Day> {
        let parts: Vec<&str> = text
            .split(|char: char| !char.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .collect();
        let mut numbers = Vec::new();
        let mut month = None;
        for part in parts.iter().take(6) {
            let digits = part.trim_end_matches(|char: char| char.is_ascii_alphabetic());
            if let Ok(number) = digits.parse::<u16>() {
                numbers.push(number);
            } else if let Some(index) = MONTHS
                .iter()
                .position(|name| part.to_ascii_lowercase().starts_with(name))
            {
                month = Some(u8::try_from(index + 1).ok()?);
            }
        }
        match (month, numbers.as_slice()) {
            (Some(month), [year]) if *year > 31 => Some(Day {
                year: Some(*year),
                month,
                day: None,
            }),
            (Some(month), [day]) => Some(Day {
                year: None,
                month,
                day: u8::try_from(*day).ok(),
            }),
            (Some(month), [day, year, ..]) => Some(Day {
                year: Some(full_year(*year)),
                month,
                day: u8::try_from(*day).ok(),
            }),
            (Some(month), []) => Some(Day {
                year: None,
                month,
                day: None,
            }),
            (None, [year, month, day, ..]) if *year > 31 => Day::of(*year, *month, *day),
            (None, [month, day, year, ..]) => Day::of(full_year(*year), *month, *day),
            (None, [month, day]) => Day::of(0, *month, *day).map(|date| Day { year: None, ..date }),
            _ => None,
        }
    }

    fn of(year: u16, month: u16, day: u16) -> Option<Day> {
        let month = u8::try_from(month)
            .ok()
            .filter(|month| (1..=12).contains(month))?;
        let day = u8::try_from(day)
            .ok()
            .filter(|day| (1..=31).contains(day))?;
        Some(Day {
            year: Some(year),
            month,
            day: Some(day),
        })
    }

    /// Says whether this day says all that `other` says.
    fn covers(self, other: Day) -> bool {
        self.month == other.month
            && (other.day.is_none() || self.day == other.day)
            && (other.year.is_none() || self.year.is_none() || self.year == other.year)
    }
}

fn full_year(year: u16) -> u16 {
    match year {
        0..=29 => year + 2000,
        30..=99 => year + 1900,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use covenant_formats::json::{Limits, parse};

    fn known(text: &str) -> Known {
        Known::new(
            Phi::new(parse(text.as_bytes(), Limits::default()).unwrap()),
            Detector::standard().clone(),
        )
    }

    #[test]
    fn values_of_the_request_are_known_in_any_spelling() {
        let known = known(
            r#"{"m":[{"t":"SMITH-VANCE, Marlow (MRN 447-1902), phone +1 (212) 555-0187, ssn 123 45 6789"}],"n":8812345}"#,
        );
        for (class, value) in [
            (Class::Name, "Marlow Smith-Vance"),
            (Class::Name, "Mr. Vance".trim_start_matches("Mr. ")),
            (Class::Name, "Vance's"),
            (Class::Mrn, "4471902"),
            (Class::Phone, "212-555-0187"),
            (Class::Phone, "212.555.0187"),
            (Class::Ssn, "123-45-6789"),
            (Class::Mrn, "8812345"),
        ] {
            assert!(known.contains(class, value), "{value}");
        }
        for (class, value) in [
            (Class::Name, "Marla Vance"),
            (Class::Name, "Al"),
            (Class::Mrn, "4471903"),
            (Class::Phone, "212-555-0188"),
            (Class::Ssn, "6789-1"),
        ] {
            assert!(!known.contains(class, value), "{value}");
        }
    }

    #[test]
    fn dates_are_compared_as_days() {
        let day = |text| Day::parse(text).unwrap();
        assert_eq!(day("3/4/2025"), day("March 4, 2025"));
        assert_eq!(day("2025-03-04"), day("4 Mar 25"));
        assert!(day("March 4, 2025").covers(day("3/4")));
        assert!(day("March 4th, 2025").covers(day("March 2025")));
        assert!(!day("3/4/2025").covers(day("3/5/2025")));
        assert!(!day("3/4/2025").covers(day("3/4/2024")));
        assert_eq!(Day::parse("Tuesday"), None);
    }
}
