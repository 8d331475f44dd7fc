//! What comes back from what models write, in whatever pieces it arrives.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::shape::LONGEST_CHARS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    map: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    r#in: String,
    out: Option<String>,
    #[serde(default)]
    json: bool,
    #[serde(default)]
    never_issued: u32,
}

fn cases() -> (Arc<TokenMap>, Vec<Case>) {
    let cases: Cases =
        toml::from_str(include_str!("../../../../testdata/deid/restore.toml")).unwrap();
    let mut map = TokenMap::new();
    for (token, original) in cases.map {
        map.insert(token, &original);
    }
    (Arc::new(map), cases.case)
}

fn restorer(map: &Arc<TokenMap>, json: bool) -> Restorer {
    if json {
        Restorer::json_string(Arc::clone(map))
    } else {
        Restorer::new(Arc::clone(map))
    }
}

fn whole(mut restorer: Restorer, text: &str) -> (String, RestoreReport) {
    let mut out = restorer.push(text);
    out.push_str(&restorer.finish());
    (out, restorer.report().clone())
}

#[test]
fn every_case_comes_back_as_expected_whole_and_char_by_char() {
    let (map, cases) = cases();
    assert!(cases.len() > 15);
    for case in cases {
        let expected = case.out.as_deref().unwrap_or(&case.r#in);
        let (out, report) = whole(restorer(&map, case.json), &case.r#in);
        assert_eq!(out, expected, "{}", case.name);
        assert_eq!(report.never_issued, case.never_issued, "{}", case.name);
        let mut slow = restorer(&map, case.json);
        let mut out: String = case
            .r#in
            .chars()
            .map(|char| slow.push(&char.to_string()))
            .collect();
        out.push_str(&slow.finish());
        assert_eq!(out, expected, "char by char: {}", case.name);
        assert_eq!(slow.report(), &report, "char by char: {}", case.name);
    }
}

#[test]
fn nothing_is_held_where_no_token_can_start() {
    let (map, _) = cases();
    for text in [
        "",
        "Hello",
        "Hello, world. ",
        "a [x",
        "x\\y",
        "NAMED",
        "[NAME_1_7KQ4] ",
        "&z",
        "zN",
    ] {
        let mut restorer = restorer(&map, false);
        restorer.push(text);
        assert_eq!(restorer.held(), 0, "{text}");
    }
    let mut json = restorer(&map, true);
    json.push("a\\n");
    assert_eq!(json.held(), 0);
    json.push("\\u00");
    assert_eq!(json.held(), 1);
}

#[test]
fn counts_are_by_class() {
    let (map, _) = cases();
    let (_, report) = whole(
        restorer(&map, false),
        "[NAME_1_7KQ4] NAME_2_9CDF MRN_1_4G7H [TEXT_1_6QRT] [MRN_7_4G7H]",
    );
    assert_eq!(
        report.restored,
        BTreeMap::from([(Class::Name, 2), (Class::Mrn, 1)])
    );
    assert_eq!((report.lookalikes, report.never_issued), (1, 1));
}

#[test]
fn a_map_is_silent_and_survives_its_bytes() {
    let (map, _) = cases();
    assert_eq!(format!("{map:?}"), "TokenMap(6)");
    let bytes = map.to_bytes();
    assert!(TokenMap::from_bytes(&bytes).unwrap() == *map);
    for damaged in [
        &bytes[1..],
        &bytes[..bytes.len() - 1],
        b"CVM1\0\0\0\x09x",
        b"",
    ] {
        assert!(TokenMap::from_bytes(damaged).is_err());
    }
}

fn model_text() -> impl Strategy<Value = String> {
    let (map, cases) = cases();
    let tokens: Vec<String> = map.tokens().map(|(token, _)| token.to_owned()).collect();
    let inputs: Vec<String> = cases.into_iter().map(|case| case.r#in).collect();
    let mangled = (prop::sample::select(tokens), 0u8..7).prop_map(|(token, how)| match how {
        0 => token.to_lowercase(),
        1 => token
            .replace('_', "\\_")
            .replace('[', "\\[")
            .replace(']', "\\]"),
        2 => token.trim_matches(['[', ']']).to_owned(),
        3 => token.replace('_', " "),
        4 => token.replace('[', "\\u005b").replace('_', "\\u005f"),
        5 => token[..token.len() / 2].to_owned(),
        _ => token,
    });
    let fragment = prop_oneof![3 => mangled, 1 => prop::sample::select(inputs), 2 => "[ -~é\\n]{0,6}", 1 => "[\\\\u0-9\\[\\]_&#;N]{0,6}"];
    prop::collection::vec(fragment, 0..8).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_what_the_whole_gives(
        text in model_text(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12), json: bool,
    ) {
        let (map, _) = cases();
        let chars: Vec<char> = text.chars().collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(chars.len() + 1)).collect();
        cuts.push(chars.len());
        cuts.sort_unstable();
        let mut chunked = restorer(&map, json);
        let (mut out, mut from) = (String::new(), 0);
        for cut in cuts {
            let chunk: String = chars[from..cut].iter().collect();
            out.push_str(&chunked.push(&chunk));
            prop_assert!(chunked.held() <= LONGEST_CHARS);
            from = cut;
        }
        out.push_str(&chunked.finish());
        let (expected, report) = whole(restorer(&map, json), &text);
        prop_assert_eq!(out, expected);
        prop_assert_eq!(chunked.report(), &report);
        prop_assert_eq!(chunked.held(), 0);
    }

    #[test]
    fn text_without_tokens_passes_unchanged(text in "[^0-9]{0,40}", json: bool) {
        let (map, _) = cases();
        prop_assert_eq!(whole(restorer(&map, json), &text).0, text);
    }

    #[test]
    fn arbitrary_bytes_are_no_map_or_one_that_survives(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let marked = [b"CVM1".as_slice(), &bytes].concat();
        for bytes in [&bytes, &marked] {
            if let Ok(map) = TokenMap::from_bytes(bytes) {
                prop_assert!(TokenMap::from_bytes(&map.to_bytes()).unwrap() == map);
            }
        }
    }
}
