//! Which days exist.

/// Years a clinical record can mention.
const YEARS: std::ops::RangeInclusive<u32> = 1850..=2119;

/// Returns true if `year` can stand in a record.
pub(super) fn is_year(year: u32) -> bool {
    YEARS.contains(&year)
}

/// Returns true if the month has that day in some year.
pub(super) fn is_day_of_month(month: u32, day: u32) -> bool {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Returns true if the day exists; a year below 100 stands for its two last digits.
pub(super) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = if year < 100 {
        year.is_multiple_of(4)
    } else {
        is_year(year)
            && year.is_multiple_of(4)
            && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    is_day_of_month(month, day)
        && (year < 100 || is_year(year))
        && (month != 2 || day != 29 || leap)
}

/// Reads eight digits as year, month, day.
pub(super) fn is_compact_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u32>().ok())
    };
    match (part(0, 4), part(4, 6), part(6, 8)) {
        (Some(year), Some(month), Some(day)) => year >= 1880 && is_date(year, month, day),
        _ => false,
    }
}

/// Reads eight digits as month, day, year.
pub(super) fn is_compact_american_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u32>().ok())
    };
    match (
        part(0, 2),
        part(2, 4),
        digits.get(4..).and_then(|year| year.parse().ok()),
    ) {
        (Some(month), Some(day), Some(year)) => is_date(year, month, day),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(is_date(2024, 2, 29) && is_date(24, 2, 29) && is_date(2000, 2, 29));
        assert!(!is_date(2023, 2, 29) && !is_date(1900, 2, 29) && !is_date(2024, 4, 31));
        assert!(
            !is_date(2024, 13, 1)
                && !is_date(2024, 0, 1)
                && !is_date(2024, 1, 0)
                && !is_date(3024, 1, 1)
        );
    }

    #[test]
    fn compact_dates_are_read_in_their_order() {
        assert!(
            is_compact_date("20240314")
                && !is_compact_date("03142024")
                && !is_compact_date("20241402")
        );
        assert!(is_compact_american_date("03142024") && is_compact_american_date("031424"));
        assert!(!is_compact_american_date("20240314"));
    }
}
