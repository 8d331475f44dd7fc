//! Days of the Gregorian calendar and the arithmetic on them.

/// Names of the months, January first.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Names of the weekdays, Monday first.
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Civil {
    /// Returns the day, where it exists.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Civil> {
        let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Civil { year, month, day })
    }

    /// Returns the day so many days later.
    pub fn plus(self, days: i32) -> Civil {
        Civil::from_days(self.days() + i64::from(days))
    }

    /// Returns the days since 1970-01-01. Years are counted from March, so that a leap day ends its year.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    fn from_days(days: i64) -> Civil {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u8::try_from(number).unwrap_or(1);
        Civil {
            year: i32::try_from(year).unwrap_or_default(),
            month: small(month),
            day: small(day),
        }
    }

    /// Returns the weekday, Monday 0.
    pub(super) fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday; the remainder is 0 to 6.
        u8::try_from((self.days() + 3).rem_euclid(7)).unwrap_or_default()
    }
}

/// Silent: a date is PHI.
impl std::fmt::Debug for Civil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Civil")
    }
}

pub(super) fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0
            && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) =>
        {
            29
        }
        2 => 28,
        _ => 31,
    }
}

pub(super) fn month_name(month: u8) -> &'static str {
    MONTHS
        .get(usize::from(month).wrapping_sub(1))
        .unwrap_or(&"")
}

pub(super) fn weekday_name(weekday: u8) -> &'static str {
    WEEKDAYS.get(usize::from(weekday)).unwrap_or(&"")
}

/// Returns the month a word names (`march`, `Mar`, `Sept`) and whether it is cut short.
pub(super) fn month_of(word: &str) -> Option<(u8, bool)> {
    named(word, &MONTHS, &[("sept", 8)]).map(|(position, short)| (position + 1, short))
}

/// Returns the weekday a word names (`monday`, `Mon`, `Thurs`), Monday 0, and whether it is cut short.
pub(super) fn weekday_of(word: &str) -> Option<(u8, bool)> {
    named(
        word,
        &WEEKDAYS,
        &[("tues", 1), ("weds", 2), ("thur", 3), ("thurs", 3)],
    )
}

fn named(word: &str, names: &[&str], others: &[(&str, u8)]) -> Option<(u8, bool)> {
    let word = word.to_ascii_lowercase();
    if let Some((_, position)) = others.iter().find(|(other, _)| *other == word) {
        return Some((*position, true));
    }
    let position = names.iter().position(|name| {
        let name = name.to_ascii_lowercase();
        name == word || (word.len() == 3 && name.starts_with(&word))
    })?;
    let short = names
        .get(position)
        .is_some_and(|name| name.len() > word.len());
    Some((u8::try_from(position).ok()?, short))
}
