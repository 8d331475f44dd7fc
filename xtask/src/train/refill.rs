//! Other values in the places of the identifiers of a note, in the same form: so that the tagger learns the places
//! and not the values.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use covenant_detect::Class;

use super::marked::Part;
use crate::lexicon::csv;

/// Words in names that stay what they are.
const KEPT: [&str; 34] = [
    "van", "von", "de", "del", "della", "der", "den", "la", "le", "el", "al", "bin", "ibn", "bint",
    "abu", "da", "dos", "di", "du", "ten", "ter", "st", "jr", "sr", "ii", "iii", "iv", "mac", "y",
    "and", "of", "baby", "boy", "girl",
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Values by sort, from public lists.
pub(crate) struct Values {
    given: Vec<String>,
    surnames: Vec<String>,
    cities: Vec<String>,
    hospitals: Vec<String>,
}

impl Values {
    /// Reads the lists of names, cities and hospitals.
    pub(crate) fn read(data: &Path) -> Result<Values> {
        let names = |file: &str, most: usize| -> Result<Vec<String>> {
            let text = std::fs::read_to_string(data.join("gazetteers/names").join(file))?;
            let names = text
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            Ok(names.take(most).map(title).collect())
        };
        let column = |file: &str, index: usize| -> Result<Vec<String>> {
            let rows = csv::rows(&std::fs::read_to_string(
                data.join("gazetteers").join(file),
            )?);
            Ok(rows
                .into_iter()
                .skip(1)
                .filter_map(|row| row.get(index).cloned())
                .collect())
        };
        let mut given = names("dist.female.first", 4000)?;
        given.extend(names("dist.male.first", 1200)?);
        let hospitals = column("hospitals/hospital-data.csv", 1)?;
        Ok(Values {
            given,
            surnames: names("dist.all.last", 60_000)?,
            cities: column("places/us_cities.csv", 3)?,
            hospitals: hospitals
                .iter()
                .map(|name| {
                    name.split_whitespace()
                        .map(title)
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect(),
        })
    }
}

/// Refills notes; the same numbers come out every time.
pub(crate) struct Refill<'v> {
    values: &'v Values,
    random: u64,
    /// What a word of this note became.
    became: HashMap<String, String>,
}

impl<'v> Refill<'v> {
    pub(crate) fn new(values: &'v Values, seed: u64) -> Refill<'v> {
        Refill {
            values,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            became: HashMap::new(),
        }
    }

    /// Returns the parts with other values.
    pub(crate) fn note(&mut self, parts: &[Part]) -> Vec<Part> {
        self.became.clear();
        let other = |part: &Part| match part {
            Part::Text(text) => Part::Text(text.clone()),
            Part::Value { class, kind, value } => Part::Value {
                class: *class,
                kind: kind.clone(),
                value: self.value(*class, kind, value),
            },
        };
        parts.iter().map(other).collect()
    }

    /// Returns the parts with tokens of the gateway in place of most values: they identify nobody.
    pub(crate) fn tokens(&mut self, parts: &[Part]) -> Vec<Part> {
        let mut ordinal = 0;
        let other = |part: &Part| match part {
            Part::Value { class, .. } if self.chance(70) => {
                ordinal += 1;
                let check: String = (0..4).map(|_| self.check_letter()).collect();
                Part::Text(format!("[{class}_{ordinal}_{check}]"))
            }
            part => part.clone(),
        };
        parts.iter().map(other).collect()
    }

    fn check_letter(&mut self) -> char {
        let letters = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        letters
            .get(self.below(letters.len()))
            .copied()
            .map_or('A', char::from)
    }

    fn value(&mut self, class: Class, kind: &str, value: &str) -> String {
        match (class, kind) {
            (Class::Name, "initials" | "user_name")
            | (Class::Email | Class::Url | Class::Age, _) => value.to_owned(),
            (Class::Name, _) => self.name(value),
            (Class::Location, "city") if self.chance(60) => {
                let city = self.pick(|values| &values.cities, false);
                cased_like(&city, value)
            }
            (Class::Location, "street" | "county" | "landmark") => self.words(value, 50),
            (Class::Org, "facility") if self.chance(35) => {
                let hospital = self.pick(|values| &values.hospitals, false);
                cased_like(&hospital, value)
            }
            (Class::Org, _) => self.words(value, 40),
            (Class::Location, _) => self.digits(value),
            (Class::Date, _) => self.date(value),
            _ => self.digits(value),
        }
    }

    /// Other words for those of a name; surnames where surnames stand.
    fn name(&mut self, value: &str) -> String {
        let inverted = value.contains([',', '^']);
        let count = runs(value).len();
        let mut place = 0;
        let keep = self.chance(15);
        map_runs(value, |run| {
            place += 1;
            let lower = run.to_lowercase();
            if keep || KEPT.contains(&lower.as_str()) || !run.chars().any(char::is_alphabetic) {
                return run.to_owned();
            }
            if run.chars().count() == 1 {
                let letter = self.letter();
                return cased_like(&letter, run);
            }
            if let Some(known) = self.became.get(&lower) {
                return cased_like(known, run);
            }
            let given = if inverted {
                place > 1
            } else {
                place == 1 && count > 1 || count == 1 && self.chance(40)
            };
            let other = self.one_name(given);
            self.became.insert(lower, other.clone());
            cased_like(&other, run)
        })
    }

    fn one_name(&mut self, given: bool) -> String {
        let list = |values: &'v Values| {
            if given {
                &values.given
            } else {
                &values.surnames
            }
        };
        let name = self.pick(list, true);
        if !self.chance(18) {
            return name;
        }
        // A name of no list: the head of one and the tail of another.
        let other = self.pick(list, false);
        let head: String = name
            .chars()
            .take(name.chars().count().div_ceil(2))
            .collect();
        let tail: String = other.chars().skip(other.chars().count() / 2).collect();
        head + &tail
    }

    /// Other words for some words of a street or an organisation, other digits.
    fn words(&mut self, value: &str, share: u64) -> String {
        const HEADS: [&str; 50] = [
            "street",
            "st",
            "avenue",
            "ave",
            "road",
            "rd",
            "drive",
            "dr",
            "lane",
            "ln",
            "court",
            "ct",
            "boulevard",
            "blvd",
            "hospital",
            "clinic",
            "center",
            "centre",
            "medical",
            "health",
            "the",
            "of",
            "for",
            "and",
            "county",
            "school",
            "church",
            "university",
            "college",
            "inc",
            "llc",
            "apt",
            "unit",
            "suite",
            "north",
            "south",
            "east",
            "west",
            "pharmacy",
            "high",
            "elementary",
            "community",
            "regional",
            "memorial",
            "general",
            "care",
            "group",
            "associates",
            "family",
            "department",
        ];
        let digits = self.digits(value);
        map_runs(&digits, |run| {
            let lower = run.to_lowercase();
            let title = run.chars().next().is_some_and(char::is_uppercase);
            let plain = HEADS.contains(&lower.as_str())
                || run.chars().count() < 4
                || !title
                || run.chars().any(|c| c.is_ascii_digit());
            if plain || !self.chance(share) {
                return run.to_owned();
            }
            let other = self.pick(|values| &values.surnames, true);
            cased_like(&other, run)
        })
    }

    fn date(&mut self, value: &str) -> String {
        if self.chance(40) {
            return value.to_owned();
        }
        map_runs(value, |run| {
            let lower = run.to_lowercase();
            if let Some(month) = MONTHS
                .iter()
                .position(|month| *month == lower || lower.len() == 3 && month.starts_with(&lower))
            {
                let other = MONTHS
                    .iter()
                    .cycle()
                    .nth(month + 1 + self.below(11))
                    .unwrap_or(&"may");
                let other: String = other
                    .chars()
                    .take(if lower.len() == 3 { 3 } else { 9 })
                    .collect();
                return cased_like(&title(&other), run);
            }
            if !run.bytes().all(|byte| byte.is_ascii_digit()) {
                return run.to_owned();
            }
            match run.len() {
                1 => (1 + self.below(9)).to_string(),
                2 if run.starts_with('0') => format!("0{}", 1 + self.below(9)),
                2 if run < "13" => format!("{:02}", 10 + self.below(3)),
                2 => format!("{}", 13 + self.below(16)),
                4 if run.starts_with("19") || run.starts_with("20") => {
                    (1935 + self.below(91)).to_string()
                }
                _ => run.to_owned(),
            }
        })
    }

    /// Other digits for digits, and other capitals beside them.
    fn digits(&mut self, value: &str) -> String {
        if self.chance(25) {
            return value.to_owned();
        }
        map_runs(value, |run| {
            if !run.chars().any(|c| c.is_ascii_digit()) {
                return run.to_owned();
            }
            let changed = run.chars().enumerate().map(|(at, c)| match c {
                '0'..='9' => char::from(
                    b'0' + u8::try_from(self.below(if at == 0 { 9 } else { 10 })).unwrap_or(0)
                        + u8::from(at == 0),
                ),
                'A'..='Z' if self.chance(50) => {
                    char::from(b'A' + u8::try_from(self.below(26)).unwrap_or(0))
                }
                other => other,
            });
            changed.collect()
        })
    }

    fn pick(&mut self, list: impl FnOnce(&'v Values) -> &'v Vec<String>, skewed: bool) -> String {
        let list = list(self.values);
        let mut at = self.below(list.len());
        if skewed {
            // The lists begin with the most usual.
            at = at * self.below(1000) / 1000;
        }
        list.get(at).cloned().unwrap_or_default()
    }

    fn letter(&mut self) -> String {
        char::from(b'A' + u8::try_from(self.below(26)).unwrap_or(0)).to_string()
    }

    fn chance(&mut self, of_hundred: u64) -> bool {
        self.next() % 100 < of_hundred
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    fn next(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}

fn title(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(chars.flat_map(char::to_lowercase))
            .collect()
    })
}

/// Writes `text` in capitals or small letters where `like` is.
fn cased_like(text: &str, like: &str) -> String {
    let letters = || like.chars().filter(|c| c.is_alphabetic());
    if letters().count() > 1 && letters().all(char::is_uppercase) {
        text.to_uppercase()
    } else if letters().all(char::is_lowercase) {
        text.to_lowercase()
    } else {
        text.to_owned()
    }
}

/// Returns the runs of letters and digits.
fn runs(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .collect()
}

/// Replaces every run of letters and digits.
fn map_runs(text: &str, mut replace: impl FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            out += &replace(&run);
            run.clear();
        }
        out.push(c);
    }
    if !run.is_empty() {
        out += &replace(&run);
    }
    out
}
