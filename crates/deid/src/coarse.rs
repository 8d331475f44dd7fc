//! Generalising: what of a value may stay.

use covenant_detect::{Class, Kind};

use crate::Profile;
use crate::dates::ClinicalDate;
use crate::screener::Found;
use crate::words::words;
use crate::zip3;

/// Returns what a value is generalised to, given the text that comes after it; `None` where nothing of it may stay.
pub(crate) fn coarse(
    class: Class,
    kind: Kind,
    value: &str,
    after: &str,
    profile: &Profile,
) -> Option<String> {
    match class {
        Class::Date => year_text(value, profile),
        Class::Age => Some(age_over_89(after).to_owned()),
        Class::Location if kind == Kind::Zip => zip3::generalize(value),
        _ => None,
    }
}

/// What stands for every age over 89: "90 or older", and "90+" where a unit or a sex follows, so that it reads in
/// "a 90+-year-old woman", "90+ yo", "90+F", "90+ years old" as in "aged 90 or older" and "Age: 90 or older".
fn age_over_89(after: &str) -> &'static str {
    const FOLLOWS: [&str; 16] = [
        "y", "yo", "yr", "yrs", "year", "years", "yof", "yom", "yold", "f", "m", "female", "male",
        "woman", "man", "old",
    ];
    let glued = after.starts_with(|next: char| next.is_alphanumeric() || "-/'’".contains(next));
    let rest = after.trim_start_matches([' ', '\u{a0}', '-']);
    let end = rest
        .find(|next: char| !next.is_alphanumeric())
        .unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    let unit = FOLLOWS.iter().any(|unit| word.eq_ignore_ascii_case(unit));
    if glued || unit { "90+" } else { "90 or older" }
}

/// Returns the year a date says; a bare year says itself.
fn year(value: &str, as_of_year: i32) -> Option<i32> {
    match value.parse() {
        Ok(year) if value.len() == 4 => Some(year),
        _ => ClinicalDate::parse(value, as_of_year)?.year(),
    }
}

/// The earliest year anyone living, or lately living, was born in.
const EARLIEST_BIRTH: i32 = 1850;
/// What says that a year is that of a birth, among the three words in front of it.
const BIRTH_WORDS: [&str; 6] = ["birth", "birthdate", "birthday", "birthyear", "born", "dob"];

/// Finds bare years that say an age over 89 ("born in 1925"). A bare year is no finding of its own, but where dates
/// are generalised, all elements indicative of such an age have to go (164.514(b)(2)(i)(C)).
pub(crate) fn birth_years<'t>(
    text: &'t str,
    profile: &Profile,
) -> impl Iterator<Item = Found> + use<'t> {
    // Where nobody says which year it is, any year of birth may be one of 90 years ago.
    let over_89 = EARLIEST_BIRTH..=profile.as_of_year.map_or(i32::MAX, |year| year - 90);
    let words = words(text);
    let word = |at: (usize, usize)| text.get(at.0..at.1).unwrap_or_default();
    let is_birth = |at: &(usize, usize)| BIRTH_WORDS.contains(&word(*at).to_lowercase().as_str());
    let found = words.iter().enumerate().filter(|(position, at)| {
        let year = word(**at);
        let says_age =
            year.len() == 4 && year.parse().is_ok_and(|year: i32| over_89.contains(&year));
        let before = words
            .get(position.saturating_sub(3)..*position)
            .unwrap_or_default();
        says_age && before.iter().any(is_birth)
    });
    let found: Vec<Found> = found
        .map(|(_, (start, end))| Found {
            start: *start,
            end: *end,
            class: Class::Date,
            kind: Kind::Date,
            unsure: false,
        })
        .collect();
    found.into_iter()
}

/// A year that may be that of a birth 90 years ago says an age over 89 and is put together with all before it
/// (164.514(b)(2)(i)(C)). Where nobody says which year it is, nothing of the date stays.
fn year_text(value: &str, profile: &Profile) -> Option<String> {
    let as_of_year = profile.as_of_year?;
    let year = year(value, as_of_year)?;
    let last_of_group = as_of_year - 90;
    Some(if year <= last_of_group {
        format!("{last_of_group} or earlier")
    } else {
        year.to_string()
    })
}

/// What stands where a value was removed for good.
pub(crate) fn marker(class: Class) -> String {
    format!("[{class}]")
}

/// Returns the digits a number is generalised to: a year, 90 for an age over 89, the first three digits of a ZIP
/// code; else 0.
pub(crate) fn coarse_number(class: Class, kind: Kind, value: &str, profile: &Profile) -> String {
    let coarse = match class {
        Class::Age => Some("90".to_owned()),
        Class::Date => coarse(class, kind, value, "", profile),
        Class::Location if kind == Kind::Zip => {
            zip3::generalize(value).map(|prefix| format!("{prefix}00"))
        }
        _ => None,
    };
    let number = coarse.and_then(|text| {
        text.split(' ')
            .next()
            .map(|first| first.trim_start_matches('0').to_owned())
    });
    number
        .filter(|number| !number.is_empty())
        .unwrap_or_else(|| "0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_that_says_an_age_over_89_is_put_with_all_before_it() {
        let profile = Profile::builder("p").as_of_year(2026).build();
        let year = |text| coarse(Class::Date, Kind::Date, text, "", &profile);
        assert_eq!(year("03/14/2024").as_deref(), Some("2024"));
        assert_eq!(year("03/14/1937").as_deref(), Some("1937"));
        assert_eq!(year("03/14/1936").as_deref(), Some("1936 or earlier"));
        assert_eq!(year("March 3, 1912").as_deref(), Some("1936 or earlier"));
        assert_eq!(year("March 3"), None);
    }

    #[test]
    fn a_bare_year_of_birth_over_89_years_ago_is_found() {
        let profile = Profile::builder("p").as_of_year(2026).build();
        let text = "Born in 1925, or year of birth: 1936; born 1937; the house dates from 1925; DOB 1850, dob 1849";
        let found: Vec<&str> = birth_years(text, &profile)
            .filter_map(|at| text.get(at.start..at.end))
            .collect();
        assert_eq!(found, ["1925", "1936", "1850"]);
        assert_eq!(
            coarse(Class::Date, Kind::Date, "1925", "", &profile).as_deref(),
            Some("1936 or earlier")
        );
    }

    #[test]
    fn without_a_year_to_judge_by_nothing_of_a_date_stays() {
        let profile = Profile::safe_harbor();
        for date in ["03/14/2024", "March 3, 1912", "1990"] {
            assert_eq!(coarse(Class::Date, Kind::Date, date, "", &profile), None);
        }
        let text = "Born in 1990.";
        assert_eq!(birth_years(text, &profile).count(), 1);
    }

    #[test]
    fn an_age_over_89_reads_in_the_words_it_stands_in() {
        for (after, text) in [
            ("-year-old woman", "90+"),
            (" year old", "90+"),
            (" - year - old", "90+"),
            (" yo female", "90+"),
            (" y/o", "90+"),
            ("yo", "90+"),
            ("F with", "90+"),
            (" F with", "90+"),
            ("/M", "90+"),
            (" years old", "90+"),
            (" YEARS OF AGE", "90+"),
            ("th birthday", "90+"),
            ("", "90 or older"),
            (", presents", "90 or older"),
            (" and lives alone", "90 or older"),
            (". Female.", "90 or older"),
            (" with cough", "90 or older"),
            ("\nSex: F", "90 or older"),
        ] {
            assert_eq!(age_over_89(after), text, "{after:?}");
        }
    }

    #[test]
    fn numbers_are_generalised_to_numbers() {
        let mut profile = Profile::safe_harbor();
        profile.as_of_year = Some(2026);
        let number = |class, kind, text| coarse_number(class, kind, text, &profile);
        assert_eq!(number(Class::Age, Kind::Age90, "97"), "90");
        assert_eq!(number(Class::Date, Kind::Date, "20240314"), "2024");
        assert_eq!(number(Class::Location, Kind::Zip, "10025"), "10000");
        assert_eq!(number(Class::Location, Kind::Zip, "10225"), "0");
        assert_eq!(number(Class::Mrn, Kind::Mrn, "4711"), "0");
    }
}
