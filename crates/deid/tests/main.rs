//! Screening with the detector that ships: the cases of `testdata/deid/screen.toml`, and the laws over notes made of
//! invented people.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use covenant_deid::{Plan, Profile, Refusal, Restorer, Screener, TokenMap, Tokens, TypedRule};
use covenant_detect::{Class, Detector};
use covenant_formats::json::{Json, Limits, parse};
use covenant_seal::{DataKey, Error, HashKey, Phi, Random};
use proptest::prelude::*;
use serde::Deserialize;

struct Fixed;

impl Random for Fixed {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Error> {
        buffer.fill(9);
        Ok(())
    }
}

fn tokens() -> Tokens {
    Tokens::new(
        Arc::new(HashKey::from(DataKey::generate(&Fixed).unwrap())),
        "app",
    )
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    r#in: String,
    out: Option<String>,
    refused: Option<String>,
    #[serde(default)]
    gone: Vec<String>,
    #[serde(default)]
    treatments: BTreeMap<String, String>,
    #[serde(default)]
    safe_harbor: bool,
    #[serde(default)]
    json: bool,
}

/// Screens texts as one request.
fn screen(profile: &Profile, tokens: &mut Tokens, texts: &[&str]) -> Result<Vec<String>, Refusal> {
    let mut screener = Screener::new(Detector::standard(), profile, tokens);
    for text in texts {
        screener.learn(Phi::new(text))?;
    }
    texts
        .iter()
        .map(|text| Ok(screener.text(Phi::new(text))?.into_inner()))
        .collect()
}

fn screen_json(profile: &Profile, tokens: &mut Tokens, text: &str) -> Result<String, Refusal> {
    let value = parse(text.as_bytes(), Limits::default()).unwrap();
    let mut screener = Screener::new(Detector::standard(), profile, tokens);
    let screened = screener.document(Phi::new(value), &Plan::Json(TypedRule::Data))?;
    Ok(screened.get().to_string())
}

fn restored(map: TokenMap, text: &str) -> String {
    let mut restorer = Restorer::new(Arc::new(map));
    let mut out = restorer.push(text);
    out.push_str(&restorer.finish());
    out
}

/// Writes the tokens of a text as `{CLASS ordinal}`.
fn readable(map: &TokenMap, text: &str) -> String {
    map.tokens().fold(text.to_owned(), |text, (token, _)| {
        let inner = token.trim_matches(['[', ']']);
        let (numbered, _) = inner.rsplit_once('_').unwrap();
        let (word, ordinal) = numbered.rsplit_once('_').unwrap();
        text.replace(token, &format!("{{{word} {ordinal}}}"))
    })
}

#[test]
fn every_case_leaves_as_expected() {
    let cases: Cases = toml::from_str(include_str!("../../../testdata/deid/screen.toml")).unwrap();
    for case in cases.case {
        let rows = case
            .treatments
            .iter()
            .map(|(subject, treatment)| (subject.as_str(), treatment.as_str()));
        let mut profile = match case.safe_harbor {
            true => Profile::safe_harbor(),
            false => Profile::from_table("case", rows).unwrap(),
        };
        profile.as_of_year = Some(2026);
        profile.check_gateway().unwrap();
        let mut tokens = tokens();
        let screened = match case.json {
            true => screen_json(&profile, &mut tokens, &case.r#in),
            false => screen(&profile, &mut tokens, &[&case.r#in]).map(|mut out| out.remove(0)),
        };
        let map = tokens.map();
        let screened = screened
            .map(|out| readable(&map, &out))
            .map_err(|refusal| refusal.to_string());
        for gone in &case.gone {
            assert!(
                !screened.as_ref().unwrap().contains(gone),
                "{}: {screened:?}",
                case.name
            );
        }
        match (case.out, case.refused) {
            (Some(out), _) => assert_eq!(screened, Ok(out), "{}", case.name),
            (_, Some(refused)) => assert_eq!(screened, Err(refused), "{}", case.name),
            _ => assert!(screened.is_ok(), "{}", case.name),
        }
    }
}

#[test]
fn a_person_named_in_one_text_is_known_by_surname_in_the_others() {
    let profile = Profile::builder("p").build();
    let texts = [
        "What dose should Marsh get?",
        "Patient: Ellen Marsh, seen for COPD.",
        "Is Marsh allergic? Does she have Marsh disease?",
    ];
    let mut tokens = tokens();
    let out = screen(&profile, &mut tokens, &texts).unwrap();
    let out: Vec<String> = out
        .iter()
        .map(|text| readable(&tokens.map(), text))
        .collect();
    assert_eq!(out[1], "Patient: {NAME 1}, seen for COPD.");
    assert!(out[2].starts_with("Is {NAME 2} allergic?"), "{out:?}");
    assert_eq!(out[0], "What dose should {NAME 2} get?");
}

#[test]
fn errors_and_debug_carry_no_value() {
    let profile = Profile::builder("p").build();
    let mut tokens = tokens();
    let refusal =
        screen_json(&profile, &mut tokens, r#"{"Ellen Marsh":{"mrn":482913}}"#).unwrap_err();
    assert!(
        !format!("{refusal} {refusal:?}").contains("Marsh")
            && !format!("{refusal:?}").contains("482913")
    );
    let mut screener = Screener::new(Detector::standard(), &profile, &mut tokens);
    let out = screener.text(Phi::new("e.marsh@example.com")).unwrap();
    assert_eq!(format!("{out:?}"), "Screened(p)");
    assert!(!format!("{tokens:?} {:?}", tokens.map()).contains("marsh"));
}

/// Names that are in no list of ours.
fn person() -> impl Strategy<Value = String> {
    let given = prop::sample::select(vec![
        "Ottoline", "Bram", "Xochitl", "Ngozi", "Ellen", "Samuel", "Ilse", "Karen",
    ]);
    let surname = prop::sample::select(vec![
        "Marsh",
        "Okafor",
        "Whitfield",
        "Tarn-Hale",
        "Qvist",
        "Abrantes",
        "Li",
    ]);
    (given, surname).prop_map(|(given, surname)| format!("{given} {surname}"))
}

fn sentence() -> impl Strategy<Value = String> {
    prop_oneof![
        person().prop_map(|name| format!("Patient: {name}\n")),
        (person(), 1u8..13, 1u8..29)
            .prop_map(|(name, month, day)| format!("Seen by Dr. {name} on {month}/{day}/2024. ")),
        "[0-9]{8}".prop_map(|number| format!("MRN: {number}; ")),
        "[2-9][0-9]{2}-555-01[0-9]{2}".prop_map(|number| format!("Call {number}. ")),
        (person(), "[a-z]{3,6}")
            .prop_map(|(name, user)| format!("{name} <{user}@example.org> wrote. ")),
        person().prop_map(|name| format!("Mrs. {name} agrees. ")),
        Just("Continue lisinopril 10 mg daily. BP 132/84.\n".to_owned()),
        Just("[NAME_1_7KQ4] said name 2 7kq4's. ".to_owned()),
        (1u32..9999).prop_map(|number| format!("{number} Elm Street, Dayton, OH 45402. ")),
    ]
}

fn note() -> impl Strategy<Value = String> {
    prop::collection::vec(sentence(), 1..8).prop_map(|sentences| sentences.concat())
}

/// What the detector still finds outside the tokens of the map.
fn left(map: &TokenMap, text: &str) -> Vec<String> {
    let mut tokens: Vec<(usize, usize)> = map
        .tokens()
        .flat_map(|(token, _)| {
            text.match_indices(token)
                .map(|(start, token)| (start, start + token.len()))
        })
        .collect();
    tokens.sort_unstable();
    let outside = |start: usize, end: usize| {
        let mut outside = String::new();
        for (at, char) in text[start..end].char_indices() {
            if !tokens
                .iter()
                .any(|(from, to)| (*from..*to).contains(&(start + at)))
            {
                outside.push(char);
            }
        }
        outside
    };
    let found = Detector::standard().detect(text).into_iter();
    found
        .map(|finding| outside(finding.start, finding.end))
        .filter(|left| left.chars().any(char::is_alphanumeric))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_finding_survives_and_all_of_it_comes_back(note in note()) {
        let profile = Profile::builder("everything").build();
        let mut tokens = tokens();
        let out = screen(&profile, &mut tokens, &[&note]).unwrap().remove(0);
        let map = tokens.map();
        prop_assert_eq!(left(&map, &out), Vec::<String>::new(), "{}", out);
        for finding in Detector::standard().detect(&note).iter().filter(|finding| !finding.is_unsure()) {
            let value = &note[finding.start..finding.end];
            prop_assert!(value.len() < 4 || !out.contains(value), "{} in {}", value, out);
        }
        prop_assert_eq!(restored(map, &out), note);
    }

    #[test]
    fn an_appended_history_keeps_its_numbers(first in note(), second in note(), third in note()) {
        let profile = Profile::builder("everything").build();
        let (mut short, mut long) = (tokens(), tokens());
        screen(&profile, &mut short, &[&first, &second]).unwrap();
        screen(&profile, &mut long, &[&first, &second, &third]).unwrap();
        let long = long.map();
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
        for (token, original) in short.map().tokens() {
            prop_assert_eq!(long.original(token).map(plain), Some(plain(original)));
        }
    }

    #[test]
    fn json_stays_json_with_the_same_numbers_and_comes_back(notes in prop::collection::vec(note(), 1..3), number in any::<i32>()) {
        let profile = Profile::builder("everything").class(Class::Date, covenant_deid::Treatment::Keep).build();
        let notes: Vec<Json> = notes.into_iter().map(Json::from).collect();
        let body = covenant_formats::json::object([("notes", notes.into()), ("count", i64::from(number % 100).into())]);
        let mut tokens = tokens();
        let out = screen_json(&profile, &mut tokens, &body.to_string()).unwrap();
        let sent = parse(out.as_bytes(), Limits::default()).unwrap();
        prop_assert_eq!(sent.get("count"), body.get("count"));
        let mut restorer = Restorer::json_string(Arc::new(tokens.map()));
        let mut back = restorer.push(&out);
        back.push_str(&restorer.finish());
        prop_assert_eq!(back, body.to_string());
    }
}
