//! Civil dates.

use covenant_govern::{Date, DateError};
use proptest::prelude::*;

const DAY_MS: i64 = 86_400_000;

/// The calendar the slow way: one day after another, with the rule of leap years written out.
#[test]
fn ten_thousand_years_of_days_follow_each_other() {
    let lengths = |year: u32| {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        [
            31,
            if leap { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ]
    };
    let mut days = Date::new(1, 1, 1).unwrap().days();
    for year in 1..=9999_u32 {
        for (month, length) in lengths(year).into_iter().enumerate() {
            let of = |day: u8| {
                Date::new(
                    u16::try_from(year).unwrap(),
                    u8::try_from(month + 1).unwrap(),
                    day,
                )
            };
            for day in 1..=length {
                let date = of(day).unwrap();
                assert_eq!((date.days(), Date::from_days(days)), (days, Some(date)));
                days += 1;
            }
            assert_eq!(of(length + 1), Err(DateError::DoesNotExist));
            assert_eq!(of(0), Err(DateError::DoesNotExist));
        }
    }
    assert_eq!(Date::from_days(days), None, "there is no year 10000");
    assert_eq!(Date::new(9999, 12, 31).unwrap().plus_days(1), None);
    assert_eq!(Date::new(1, 1, 1).unwrap().plus_days(-1), None);
}

#[test]
fn known_days_have_their_known_numbers() {
    let cases = [
        ("1970-01-01", 0),
        ("1969-12-31", -1),
        ("2000-02-29", 11_016),
        ("2026-03-01", 20_513),
        ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896),
    ];
    for (text, days) in cases {
        let date: Date = text.parse().unwrap();
        assert_eq!((date.days(), date.to_string().as_str()), (days, text));
    }
}

#[test]
fn a_day_begins_at_midnight_utc_and_ends_before_the_next() {
    let day: Date = "2026-03-01".parse().unwrap();
    assert_eq!(Date::from_ms(day.start_ms()), day);
    assert_eq!(Date::from_ms(day.start_ms() + DAY_MS - 1), day);
    assert_eq!(Date::from_ms(day.start_ms() - 1).to_string(), "2026-02-28");
    assert_eq!(Date::from_ms(-1).to_string(), "1969-12-31");
    assert_eq!(Date::from_ms(i64::MIN).to_string(), "0001-01-01");
    assert_eq!(Date::from_ms(i64::MAX).to_string(), "9999-12-31");
}

#[test]
fn other_spellings_and_days_that_do_not_exist_are_refused() {
    for text in [
        "",
        "2026-3-1",
        "2026/03/01",
        "26-03-01",
        "2026-03-01 ",
        "+026-03-01",
        "2026-03-0x",
        "2026-03-01T00:00:00Z",
        "٢٠٢٦-٠٣-٠١",
    ] {
        assert_eq!(text.parse::<Date>(), Err(DateError::Spelling), "{text}");
    }
    for text in [
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "0000-01-01",
        "2026-99-99",
    ] {
        assert_eq!(text.parse::<Date>(), Err(DateError::DoesNotExist), "{text}");
    }
    assert!("2000-02-29".parse::<Date>().is_ok());
    assert!(serde_json::from_str::<Date>("\"2026-02-29\"").is_err());
    assert!(serde_json::from_str::<Date>("20260301").is_err());
}

proptest! {
    #[test]
    fn text_days_and_order_agree(one in -719_162_i64..=2_932_896, other in -719_162_i64..=2_932_896) {
        let (first, second) = (Date::from_days(one).unwrap(), Date::from_days(other).unwrap());
        prop_assert_eq!(first.cmp(&second), one.cmp(&other));
        prop_assert_eq!(second.days_since(first), other - one);
        prop_assert_eq!(first.plus_days(other - one), Some(second));
        prop_assert_eq!(first.to_string().parse::<Date>(), Ok(first));
        let json = serde_json::to_string(&first).unwrap();
        prop_assert_eq!(serde_json::from_str::<Date>(&json).unwrap(), first);
    }

    #[test]
    fn reading_never_panics(text in ".{0,12}", ms: i64) {
        let _ = text.parse::<Date>();
        let _ = Date::from_ms(ms).plus_days(ms);
    }
}
