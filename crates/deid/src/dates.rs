//! Dates as clinicians write them: read, shifted by days, written back in the same way.
//!
//! What the detector found as a date is read here; text that is not one of the spellings below is `None`, and its
//! owner removes it rather than guess. Numbers are month before day unless only day before month exists. Calendar:
//! proleptic Gregorian.

mod civil;
mod lex;
mod read;

pub use civil::Civil;

use civil::{days_in_month, month_name, weekday_name};

/// Where a date without a year is placed for counting: a leap year, so that every day of a month exists.
const YEAR_IF_NONE: i32 = 2024;
/// Where a month without a day is placed.
const DAY_IF_NONE: u8 = 15;

/// A date with the way it is written.
///
/// ```
/// use covenant_deid::dates::ClinicalDate;
///
/// let admitted = ClinicalDate::parse("Thu, March 14th, 2024", 2026).ok_or("a date")?;
/// assert_eq!(admitted.year(), Some(2024));
/// assert_eq!(admitted.shifted(-20), "Fri, February 23rd, 2024");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct ClinicalDate {
    year: Option<i32>,
    month: Option<u8>,
    /// One day, or the first and last of days that share a month.
    days: Vec<u8>,
    weekday: Option<u8>,
    pieces: Vec<Piece>,
}

/// One piece of a written date.
#[derive(Clone, PartialEq)]
enum Piece {
    /// Stands as it is: separators, a clock time.
    Literal(String),
    Year {
        digits: usize,
    },
    MonthNumber {
        padded: bool,
    },
    MonthName(Letters),
    Day {
        /// Which of the days.
        index: usize,
        padded: bool,
    },
    /// st, nd, rd, th after the day.
    Ordinal {
        index: usize,
        large: bool,
    },
    Weekday(Letters),
}

/// How a name of a month or weekday is written.
#[derive(Clone, Copy, PartialEq)]
struct Letters {
    short: bool,
    case: LetterCase,
}

#[derive(Clone, Copy, PartialEq)]
enum LetterCase {
    Title,
    Large,
    Small,
}

impl ClinicalDate {
    /// Reads a date. A year of two digits is the latest such year up to `latest_year`.
    pub fn parse(text: &str, latest_year: i32) -> Option<ClinicalDate> {
        read::date(text, latest_year)
    }

    /// Returns the year, where one is written.
    pub fn year(&self) -> Option<i32> {
        self.year
    }

    /// Returns the day, where the date is a single whole one.
    pub fn civil(&self) -> Option<Civil> {
        match self.days.as_slice() {
            [day] => Civil::new(self.year?, self.month?, *day),
            _ => None,
        }
    }

    /// Returns the date so many days later (earlier where negative), written in the same way.
    pub fn shifted(&self, days: i32) -> String {
        let year = self.year.unwrap_or(YEAR_IF_NONE);
        let placed = |day: u8| {
            self.month
                .and_then(|month| Civil::new(year, month, day.min(days_in_month(year, month))))
        };
        let written = if self.days.is_empty() {
            &[DAY_IF_NONE][..]
        } else {
            &self.days
        };
        let shifted: Vec<Civil> = written
            .iter()
            .filter_map(|day| placed(*day))
            .map(|day| day.plus(days))
            .collect();
        let weekday = match shifted.first() {
            Some(first) if self.days.len() == 1 && self.year.is_some() => first.weekday(),
            _ => shifted_weekday(self.weekday.unwrap_or_default(), days),
        };
        let mut out = String::new();
        for piece in &self.pieces {
            write_piece(piece, &shifted, weekday, &mut out);
        }
        out
    }
}

/// Silent: a date is PHI.
impl std::fmt::Debug for ClinicalDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClinicalDate({} pieces)", self.pieces.len())
    }
}

fn shifted_weekday(weekday: u8, days: i32) -> u8 {
    // The remainder is 0 to 6.
    u8::try_from((i32::from(weekday) + days).rem_euclid(7)).unwrap_or_default()
}

fn write_piece(piece: &Piece, days: &[Civil], weekday: u8, out: &mut String) {
    let first = days.first();
    match (piece, first) {
        (Piece::Literal(text), _) => out.push_str(text),
        (Piece::Weekday(letters), _) => out.push_str(&letters.write(weekday_name(weekday))),
        (Piece::Year { digits: 2 }, Some(day)) => {
            out.push_str(&format!("{:02}", day.year.rem_euclid(100)))
        }
        (Piece::Year { .. }, Some(day)) => out.push_str(&format!("{:04}", day.year)),
        (Piece::MonthNumber { padded }, Some(day)) => push_number(day.month, *padded, out),
        (Piece::MonthName(letters), Some(day)) => {
            out.push_str(&letters.write(month_name(day.month)))
        }
        (Piece::Day { index, padded }, Some(first)) => {
            let Some(day) = days.get(*index) else { return };
            if day.month != first.month {
                out.push_str(month_name(day.month));
                out.push(' ');
            }
            push_number(day.day, *padded, out);
        }
        (Piece::Ordinal { index, large }, _) => {
            let ending = days.get(*index).map_or("", |day| ordinal_ending(day.day));
            out.push_str(&if *large {
                ending.to_uppercase()
            } else {
                ending.to_owned()
            });
        }
        (_, None) => {}
    }
}

fn push_number(number: u8, padded: bool, out: &mut String) {
    let text = if padded {
        format!("{number:02}")
    } else {
        number.to_string()
    };
    out.push_str(&text);
}

fn ordinal_ending(day: u8) -> &'static str {
    match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

impl Letters {
    fn write(self, name: &str) -> String {
        let name: String = if self.short {
            name.chars().take(3).collect()
        } else {
            name.to_owned()
        };
        match self.case {
            LetterCase::Title => name,
            LetterCase::Large => name.to_uppercase(),
            LetterCase::Small => name.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests;
