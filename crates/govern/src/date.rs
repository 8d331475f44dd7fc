//! A civil date with exact arithmetic. Time of day and time zones are not here: agreements and decisions are
//! dated in days, and a day is a day of UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of the proleptic Gregorian calendar, years 0001 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Why a text or a triple of numbers is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The text is not `YYYY-MM-DD`.
    #[error("a date is written YYYY-MM-DD")]
    Spelling,
    /// The calendar has no such day, month or year.
    #[error("this date does not exist in the calendar")]
    DoesNotExist,
}

/// The first and the last day a [`Date`] can hold, in days since 1970-01-01.
const DAY_RANGE: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;
const MS_PER_DAY: i64 = 86_400_000;

impl Date {
    /// Returns the date of a year (1 to 9999), month (1 to 12) and day.
    ///
    /// # Errors
    /// [`DateError::DoesNotExist`] when the calendar has no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Date, DateError> {
        let exists = (1..=9999).contains(&year) && (1..=days_in_month(year, month)).contains(&day);
        if exists {
            Ok(Date { year, month, day })
        } else {
            Err(DateError::DoesNotExist)
        }
    }

    /// Returns the date of a moment in milliseconds since the Unix epoch, in UTC; moments before year 1 or
    /// after year 9999 give the first or the last date.
    #[must_use]
    pub fn from_ms(at_ms: i64) -> Date {
        Date::clamped(at_ms.div_euclid(MS_PER_DAY))
    }

    /// Returns the date that many days after 1970-01-01, when it lies in the years 1 to 9999.
    #[must_use]
    pub fn from_days(days: i64) -> Option<Date> {
        DAY_RANGE.contains(&days).then(|| civil_from_days(days))
    }

    /// Returns the days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i64 {
        days_from_civil(self)
    }

    /// Returns the date `days` later (earlier when negative), when it lies in the years 1 to 9999.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Option<Date> {
        Date::from_days(self.days().checked_add(days)?)
    }

    /// Returns the days from `earlier` to this date: negative when this date comes first.
    #[must_use]
    pub fn days_since(self, earlier: Date) -> i64 {
        self.days() - earlier.days()
    }

    /// Returns the first moment of this day in milliseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn start_ms(self) -> i64 {
        self.days() * MS_PER_DAY
    }

    /// Returns the year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Returns the month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// Returns the day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    fn clamped(days: i64) -> Date {
        civil_from_days(days.clamp(*DAY_RANGE.start(), *DAY_RANGE.end()))
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Date, DateError> {
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return Err(DateError::Spelling);
        };
        let year = number(&[y1, y2, y3, y4])?;
        let month = number(&[m1, m2])?;
        let day = number(&[d1, d2])?;
        Date::new(
            year,
            u8::try_from(month).unwrap_or(0),
            u8::try_from(day).unwrap_or(0),
        )
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn number(digits: &[u8]) -> Result<u16, DateError> {
    digits.iter().try_fold(0_u16, |sum, digit| {
        if digit.is_ascii_digit() {
            Ok(sum * 10 + u16::from(digit - b'0'))
        } else {
            Err(DateError::Spelling)
        }
    })
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day comes last, in eras of 400 years
/// (146,097 days), over which the Gregorian calendar repeats.
fn days_from_civil(date: Date) -> i64 {
    let month = i64::from(date.month);
    let year = i64::from(date.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(date.day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`]; `days` lies in [`DAY_RANGE`].
fn civil_from_days(days: i64) -> Date {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date {
        year: narrow(year),
        month: narrow(month),
        day: narrow(day),
    }
}

/// INVARIANT: within [`DAY_RANGE`] year, month and day fit their types, so the fallback is never taken.
fn narrow<T: TryFrom<i64> + Default>(value: i64) -> T {
    T::try_from(value).unwrap_or_default()
}
