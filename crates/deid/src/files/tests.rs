//! Stand-ins, codes and the date shift.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;

use super::surrogate::Surrogates;
use super::*;
use crate::dates::ClinicalDate;
use crate::screener::tests::{Labels, key};

fn run(profile: &Profile, patient: Option<&str>, text: &str) -> FileOutput {
    let key = key();
    let mut profile = profile.clone();
    profile.as_of_year = Some(2026);
    let job = FileJob {
        detector: Detector::standard(),
        profile: &profile,
        key: &key,
        patient,
    };
    job.run_with(&Labels, Phi::new(text)).unwrap()
}

/// Returns the stand-in for one value of a patient.
fn stand_in(patient: &str, kind: Kind, value: &str) -> Option<String> {
    let key = key();
    Surrogates::new(Keyed::new(&key, patient)).of(kind.class(), kind, value, Some(2026))
}

/// Letters as A or a, digits as 9, the rest as it is.
fn shape(text: &str) -> String {
    let sort = |char: char| match char {
        _ if char.is_numeric() => '9',
        _ if char.is_uppercase() => 'A',
        _ if char.is_alphabetic() => 'a',
        _ => char,
    };
    text.chars().map(sort).collect()
}

#[test]
fn a_stand_in_is_stable_within_a_patient_and_another_for_the_next() {
    for (kind, value) in [
        (Kind::Person, "Ellen Marsh"),
        (Kind::Mrn, "A-471122"),
        (Kind::City, "Dayton"),
        (Kind::Email, "e@x.com"),
    ] {
        let here = stand_in("p1", kind, value);
        assert_eq!(here, stand_in("p1", kind, value), "{value}");
        let elsewhere = (2..6).map(|patient| stand_in(&format!("p{patient}"), kind, value));
        assert!(elsewhere.into_iter().any(|other| other != here), "{value}");
    }
}

#[test]
fn a_surname_is_one_surname_in_every_spelling() {
    let name = |text| stand_in("p", Kind::Person, text).unwrap();
    let whole = name("Ellen Marsh");
    let (given, surname) = whole.split_once(' ').unwrap();
    assert_eq!(name("Marsh"), surname);
    assert_eq!(name("Marsh, Ellen"), format!("{surname}, {given}"));
    assert_eq!(
        name("MARSH, ELLEN"),
        format!("{surname}, {given}").to_uppercase()
    );
    assert_eq!(name("ellen marsh"), whole.to_lowercase());
    let middle = name("Ellen Q. Marsh Jr.");
    assert!(
        middle.starts_with(given)
            && middle.ends_with(&format!("{surname} Jr."))
            && !middle.contains(" Q.")
    );
    assert_eq!(
        shape(&name("Ellen J. van der Marsh")),
        shape(&format!("{given} X. {surname}"))
    );
}

#[test]
fn a_stand_in_has_the_gender_the_name_tells() {
    for (name, list) in [
        ("Mary", &lists::FEMALE),
        ("Robert", &lists::MALE),
        ("Zlata", &lists::FEMALE),
        ("Ennio", &lists::MALE),
    ] {
        let stand_in = stand_in("p", Kind::Person, &format!("{name} Marsh")).unwrap();
        assert!(
            list.iter().any(|given| stand_in.starts_with(given)),
            "{name}: {stand_in}"
        );
        assert!(!stand_in.contains(name));
    }
}

#[test]
fn stand_ins_have_the_shape_of_the_value_and_are_nobodys() {
    let is = |kind: Kind, value: &str| stand_in("p", kind, value).unwrap();
    assert!(is(Kind::Phone, "(937) 555-0142").contains("90) 555-01"));
    assert!(is(Kind::Phone, "+1 937.278.4411 x12").contains(".555.01"));
    assert!(is(Kind::Phone, "278-4411").starts_with("555-01"));
    assert!(is(Kind::Ssn, "219-09-9999").starts_with("000-"));
    assert_ne!(is(Kind::SsnLast4, "9999"), "9999");
    assert!(is(Kind::Zip, "45402-1234").starts_with("00"));
    assert!(is(Kind::Email, "ellen.marsh@clinic.com").ends_with("@example.org"));
    assert!(is(Kind::Url, "https://clinic.com/ellen").starts_with("https://example.org/"));
    assert!(is(Kind::Ip, "10.1.2.3").starts_with("192.0.2."));
    assert!(is(Kind::Ip, "fe80::1").starts_with("2001:db8::"));
    assert!(is(Kind::Facility, "Cedar Valley Medical Center").ends_with(" Medical Center"));
    assert!(is(Kind::County, "Marsh County").ends_with(" County"));
    for (kind, value) in [
        (Kind::Mrn, "00482913"),
        (Kind::Mbi, "1EG4-TE5-MK73"),
        (Kind::Plate, "ABC 1234"),
        (Kind::Phone, "(937) 555-0142"),
        (Kind::Ssn, "219-09-9999"),
        (Kind::Zip, "45402-1234"),
        (Kind::Initials, "E.M."),
        (Kind::UserName, "emarsh9"),
        (Kind::Vin, "1HGCM82633A004352"),
        (Kind::Phone, "1-937-278-4411"),
        (Kind::Phone, "1-800-FLOWERS"),
        (Kind::Zip, "K1A 0B1"),
    ] {
        let stand_in = is(kind, value);
        assert_eq!(shape(&stand_in), shape(value), "{value}");
        assert_ne!(stand_in, value);
    }
    let street = is(Kind::Street, "1200 Elm Tree Street, Apt 4B");
    assert!(
        street.contains(" Street, Apt ") && !street.contains("Elm") && !street.contains("1200"),
        "{street}"
    );
    assert!(is(Kind::PoBox, "P.O. Box 4471").starts_with("P.O. Box "));
}

#[test]
fn an_age_has_no_stand_in_but_the_group() {
    assert_eq!(stand_in("p", Kind::Age90, "93"), None);
    let out = run(&surrogates(), None, "aged: 93!");
    assert_eq!(out.text.get(), "aged: 90 or older!");
}

#[test]
fn what_cannot_be_read_as_a_date_is_removed() {
    let out = run(&surrogates(), None, "born: Eastertide; born: 13/45/2024!");
    assert_eq!(out.text.get(), "born: [DATE]; born: [DATE]!");
}

#[test]
fn codes_are_labelled_and_come_back() {
    let text =
        "name: Ellen Marsh; mrn: 4711; [NAME_7KQ4_M3PX_9TDW] [NAME_1_7KQ4]; ELLEN MARSH? name: Bo!";
    let out = run(&codes(), Some("p"), text);
    assert_eq!(
        out.label,
        Some("coded data: not de-identified without an expert (164.514(c))")
    );
    assert!(!out.text.get().contains("[NAME_7KQ4_M3PX_9TDW]"));
    let (back, report) = restore(out.text.get(), &out.map);
    assert_eq!(
        back,
        text.replace("Ellen Marsh", "ELLEN MARSH"),
        "the last spelling stands"
    );
    assert_eq!(
        (
            report.restored[&Class::Name],
            report.lookalikes,
            report.never_issued
        ),
        (3, 1, 0)
    );
    assert_eq!(out.text.get(), run(&codes(), Some("p"), text).text.get());
    let other = run(&codes(), Some("q"), text);
    assert!(
        out.map
            .tokens()
            .all(|(code, _)| other.map.original(code).is_none())
    );
    let (_, report) = restore(other.text.get(), &out.map);
    assert_eq!(report.never_issued, 5);
}

#[test]
fn safe_harbor_leaves_years_and_three_digits_and_no_code() {
    let text = "name: Ellen Marsh; born: 3/14/1950; born: May 3; zip: 02139; zip: 03601; aged: 93; perhaps: emarsh9!";
    let out = run(&Profile::safe_harbor_files(), None, text);
    let expected = "name: [NAME]; born: 1950; born: [DATE]; zip: 021; zip: 000; aged: 90 or older; perhaps: [NAME]!";
    assert_eq!(out.text.get(), expected);
    assert!(out.map.is_empty() && out.label.is_none());
}

proptest! {
    #[test]
    fn dates_of_a_patient_move_by_one_offset_that_is_never_none(patient in "[a-z0-9]{0,12}") {
        let key = key();
        let days = Surrogates::new(Keyed::new(&key, &patient)).shift_days();
        prop_assert!((-365..=365).contains(&days) && days != 0);
        let text = "born: 03/14/1950; born: 2024-02-28; born: March 1, 2024!";
        let out = run(&surrogates(), Some(&patient), text);
        let moved: Vec<String> = out.text.get().trim_end_matches('!').split("; ").map(|part| part.replace("born: ", "")).collect();
        let day = |text: &str| ClinicalDate::parse(text, 2026).unwrap().civil().unwrap().days();
        prop_assert_eq!(day(&moved[0]) - day("03/14/1950"), i64::from(days));
        prop_assert_eq!(day(&moved[2]) - day(&moved[1]), 2);
        prop_assert_eq!(shape(&moved[0]), "99/99/9999");
        prop_assert_eq!(shape(&moved[1]), "9999-99-99");
    }

    #[test]
    fn a_stand_in_never_is_the_value_and_never_panics(value in "\\PC{1,24}", position in any::<prop::sample::Index>()) {
        let kind = Kind::ALL[position.index(Kind::ALL.len())];
        let stand_in = stand_in("p", kind, &value);
        if stand_in.as_ref() == Some(&value) {
            let fixed = kind.class() == Class::Date || !value.chars().any(char::is_alphanumeric);
            let words = crate::words::words(&value);
            let kept = words.iter().all(|(start, end)| {
                let word = value[*start..*end].to_lowercase();
                lists::STREET_WORDS.contains(&word.as_str()) || ["jr", "sr", "md", "do", "pa", "np", "rn", "ii", "iv"].contains(&word.as_str())
            });
            prop_assert!(fixed || kept, "{:?} {}", kind, value);
        }
    }

    #[test]
    fn what_was_coded_is_restored(text in "((name|mrn): [A-Z][a-z]{2,5}[;!] |\\[NAME_[34679C]{4}_[347C]{4}_[9C]{4}\\]|[ -~]{0,6}){0,6}") {
        let out = run(&codes(), Some("p"), &text);
        let (back, report) = restore(out.text.get(), &out.map);
        prop_assert_eq!(report.never_issued, 0);
        prop_assert_eq!(back.to_lowercase(), text.to_lowercase());
    }
}
