//! Spellings, shifts and the calendar.

#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn shifted(text: &str, days: i32) -> Option<String> {
    ClinicalDate::parse(text, 2026).map(|date| date.shifted(days))
}

#[test]
fn every_spelling_is_shifted_and_written_as_it_was() {
    let cases = [
        ("03/14/2024", 20, "04/03/2024"),
        ("3/14/2024", 20, "4/3/2024"),
        ("3/14/24", -14, "2/29/24"),
        ("3-14-24", 1, "3-15-24"),
        ("2024-03-14", 20, "2024-04-03"),
        ("2024/12/31", 1, "2025/01/01"),
        ("14.03.2024", 20, "03.04.2024"),
        ("28/3/2024", 5, "2/4/2024"),
        ("20240314", 20, "20240403"),
        ("03142024", 20, "04032024"),
        ("20240314102200", 1, "20240315102200"),
        ("20240314T1022Z", 1, "20240315T1022Z"),
        ("2024-03-14T10:22:00Z", 1, "2024-03-15T10:22:00Z"),
        ("03/14/2024 10:22 AM", 1, "03/15/2024 10:22 AM"),
        ("3/14/24 at 0830", 1, "3/15/24 at 0830"),
        ("March 14, 2024", 20, "April 3, 2024"),
        ("March 14th, 2024", 8, "March 22nd, 2024"),
        ("MARCH 14TH 2024", 7, "MARCH 21ST 2024"),
        ("mar 14", 20, "apr 3"),
        ("Mar. 14, 2024", 20, "Apr. 3, 2024"),
        ("14 March 2024", 20, "3 April 2024"),
        ("14-MAR-2024", 20, "03-APR-2024"),
        ("05-MAR-24", 20, "25-MAR-24"),
        ("14MAR2024", 20, "03APR2024"),
        ("the 14th of March", 8, "the 22nd of March"),
        ("March '24", 30, "April '24"),
        ("March 2024", 30, "April 2024"),
        ("Sept 3, 1999", 30, "Oct 3, 1999"),
        ("March", 30, "April"),
        ("3/14", 20, "4/3"),
        ("03/2024", 30, "04/2024"),
        ("Thursday, March 14, 2024", 1, "Friday, March 15, 2024"),
        ("Thu 3/14", 1, "Fri 3/15"),
        ("Monday", 9, "Wednesday"),
        ("March 3-5, 2024", 10, "March 13-15, 2024"),
        ("March 30-31, 2024", 1, "March 31-April 1, 2024"),
        ("March 3rd to 5th", 1, "March 4th to 6th"),
    ];
    for (text, days, expected) in cases {
        assert_eq!(shifted(text, days).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_readable_date_is_not_guessed() {
    for text in [
        "",
        "Christmas",
        "13/32/2024",
        "02/30/2024",
        "March 32",
        "fourteenth",
        "1234567",
        "tomorrow",
        "2024",
        "99/99",
    ] {
        assert!(ClinicalDate::parse(text, 2026).is_none(), "{text}");
    }
}

#[test]
fn a_year_of_two_digits_is_the_latest_possible() {
    let year = |text| ClinicalDate::parse(text, 2026).unwrap().year();
    assert_eq!(year("3/14/26"), Some(2026));
    assert_eq!(year("3/14/27"), Some(1927));
    assert_eq!(year("14-Mar-99"), Some(1999));
    assert_eq!(year("3/14"), None);
}

proptest! {
    #[test]
    fn days_count_up_and_weekdays_follow(days in -200_000i32..200_000) {
        let epoch = Civil::new(1970, 1, 1).unwrap();
        let day = epoch.plus(days);
        prop_assert_eq!(day.days(), i64::from(days));
        prop_assert_eq!(Civil::new(day.year, day.month, day.day), Some(day));
        prop_assert_eq!(day.plus(1).weekday(), (day.weekday() + 1) % 7);
        prop_assert!(day.plus(1) > day);
    }

    #[test]
    fn intervals_stay_and_the_way_back_leads_home(
        first in -20_000i32..20_000, gap in 0i32..5_000, shift in -365i32..=365, form in 0usize..4,
    ) {
        let write = |day: Civil| match form {
            0 => format!("{:02}/{:02}/{:04}", day.month, day.day, day.year),
            1 => format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
            2 => format!("{} {}, {}", civil::month_name(day.month), day.day, day.year),
            _ => format!("{:02}-{}-{}", day.day, civil::month_name(day.month).get(..3).unwrap(), day.year),
        };
        let start = Civil::new(1970, 1, 1).unwrap().plus(first);
        let (start, end) = (write(start), write(start.plus(gap)));
        let civil = |text: &str| ClinicalDate::parse(text, 2026).unwrap().civil().unwrap();
        let (moved_start, moved_end) = (shifted(&start, shift).unwrap(), shifted(&end, shift).unwrap());
        prop_assert_eq!(civil(&moved_end).days() - civil(&moved_start).days(), i64::from(gap));
        prop_assert_eq!(shifted(&moved_start, -shift).unwrap(), start);
        prop_assert_eq!(shifted(&moved_end, -shift).unwrap(), end);
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), shift in -365i32..=365) {
        let _ = shifted(&text, shift);
    }

    #[test]
    fn arbitrary_date_like_text_never_panics(text in "([0-9]{1,4}|Mar|march|Thu|[ /,.'\\-]|th|T|:){0,8}", shift in -365i32..=365) {
        let _ = shifted(&text, shift);
    }
}
