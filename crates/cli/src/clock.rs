//! The clock and spans of time, as people write them.

use covenant_govern::Date;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Today, UTC.
pub(crate) fn today() -> Date {
    Date::from_ms(now_ms())
}

/// A span of time such as `90d`, `24h`, `30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Milliseconds.
    pub(crate) ms: i64,
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Span, &'static str> {
        const EXPECTED: &str = "expected a number and a unit: s, m, h or d, such as 90d";
        let (number, unit) =
            text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
        let unit_ms: i64 = match unit {
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(EXPECTED),
        };
        let number: u32 = number.parse().map_err(|_| EXPECTED)?;
        i64::from(number)
            .checked_mul(unit_ms)
            .map(|ms| Span { ms })
            .ok_or(EXPECTED)
    }
}

/// A moment in UTC, as `2026-03-01 09:30:12`.
pub(crate) fn moment(at_ms: i64) -> String {
    let seconds = at_ms.rem_euclid(86_400_000) / 1000;
    format!(
        "{} {:02}:{:02}:{:02}",
        Date::from_ms(at_ms),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_write_them() {
        assert_eq!(
            "90d".parse(),
            Ok(Span {
                ms: 90 * 86_400_000
            })
        );
        assert_eq!("24h".parse(), Ok(Span { ms: 86_400_000 }));
        for wrong in ["", "d", "12", "-3d", "1y", "é"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment(1_772_357_412_000), "2026-03-01 09:30:12");
    }
}
