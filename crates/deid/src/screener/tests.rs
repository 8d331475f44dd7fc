//! The laws of screening, with a finder whose answers are known.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

use std::sync::Arc;

use covenant_detect::{Class, Kind};
use covenant_formats::json::{Json, Limits, Path, object, parse};
use covenant_seal::{DataKey, HashKey, Phi, Random};
use proptest::prelude::*;

use super::piece::{Finder, Found};
use super::*;
use crate::{OnTyped, Restorer, TokenMap, Treatment, UnsurePolicy};

/// Random bytes that are always the same.
struct Fixed;

impl Random for Fixed {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), covenant_seal::Error> {
        buffer.fill(7);
        Ok(())
    }
}

pub(crate) fn key() -> Arc<HashKey> {
    Arc::new(HashKey::from(DataKey::generate(&Fixed).unwrap()))
}

/// Finds what stands behind a label up to a mark, and words that begin with `Qu` wherever they stand.
pub(crate) struct Labels;

const LABELS: [(&str, Class, Kind); 7] = [
    ("name: ", Class::Name, Kind::Person),
    ("mrn: ", Class::Mrn, Kind::Mrn),
    ("born: ", Class::Date, Kind::Date),
    ("zip: ", Class::Location, Kind::Zip),
    ("aged: ", Class::Age, Kind::Age90),
    ("perhaps: ", Class::Name, Kind::UserName),
    // A label that takes in whatever stands behind it, tokens too.
    ("dr. ", Class::Name, Kind::Person),
];

impl Finder for Labels {
    fn find(&self, text: &str) -> Vec<Found> {
        let lower = text.to_ascii_lowercase();
        let mut found = Vec::new();
        for (label, class, kind) in LABELS {
            for (at, _) in lower.match_indices(label) {
                let start = at + label.len();
                let end = start
                    + text[start..]
                        .find([';', '\n', '!'])
                        .unwrap_or(text.len() - start);
                found.push(Found {
                    start,
                    end,
                    class,
                    kind,
                    unsure: kind == Kind::UserName,
                });
            }
        }
        for (start, _) in text.match_indices("Qu") {
            let end = start
                + text[start..]
                    .find(|char: char| !char.is_alphanumeric())
                    .unwrap_or(text.len() - start);
            if !text[..start].ends_with(char::is_alphanumeric) {
                found.push(Found {
                    start,
                    end,
                    class: Class::Name,
                    kind: Kind::Person,
                    unsure: false,
                });
            }
        }
        found.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
        let mut reached = 0;
        found.retain(|found| {
            found.start < found.end && found.start >= reached && {
                reached = found.end;
                true
            }
        });
        found
    }
}

fn everything() -> Profile {
    Profile::builder("everything").build()
}

/// Screens texts as one request, learning from all first.
fn screen(profile: &Profile, tokens: &mut Tokens, texts: &[&str]) -> Result<Vec<String>, Refusal> {
    let mut screener = Screener::with(&Labels, profile, tokens);
    for text in texts {
        screener.learn(Phi::new(text))?;
    }
    texts
        .iter()
        .map(|text| Ok(screener.text(Phi::new(text))?.into_inner()))
        .collect()
}

fn screened(texts: &[&str]) -> (Vec<String>, TokenMap) {
    let mut tokens = Tokens::new(key(), "app");
    let out = screen(&everything(), &mut tokens, texts).unwrap();
    (out, tokens.map())
}

fn restored(map: &TokenMap, text: &str) -> String {
    let mut restorer = Restorer::new(Arc::new(map.clone()));
    let mut out = restorer.push(text);
    out.push_str(&restorer.finish());
    out
}

fn token(word: &str, ordinal: u32) -> String {
    let mut tokens = Tokens::new(key(), "app");
    let word = crate::tokens::Word::all()
        .find(|known| known.as_str() == word)
        .unwrap();
    for number in 1..ordinal {
        tokens.token(word, &number.to_string());
    }
    tokens.token(word, "last").to_owned()
}

#[test]
fn values_are_numbered_by_first_appearance_and_come_back() {
    let (out, map) =
        screened(&["Name: Ellen Marsh; mrn: 4711; name: Bo Tarn; name: ellen  marsh; ok"]);
    let (first, second, mrn) = (token("NAME", 1), token("NAME", 2), token("MRN", 1));
    assert_eq!(
        out[0],
        format!("Name: {first}; mrn: {mrn}; name: {second}; name: {first}; ok")
    );
    assert_eq!(map.original(&first), Some("ellen  marsh"));
    assert_eq!(map.len(), 3);
}

#[test]
fn the_spelling_that_appears_last_is_restored_even_where_it_has_no_label() {
    let (out, map) = screened(&["name: ELLEN MARSH;", "Did Ellen Marsh come?"]);
    assert_eq!(out[1], format!("Did {} come?", token("NAME", 1)));
    assert_eq!(restored(&map, &out[1]), "Did Ellen Marsh come?");
}

#[test]
fn a_value_found_later_is_replaced_earlier() {
    let (out, _) = screened(&[
        "Ellen Marsh called about 4711-22.",
        "name: Ellen Marsh; mrn: 4711-22!",
    ]);
    assert_eq!(
        out[0],
        format!("{} called about {}.", token("NAME", 1), token("MRN", 1))
    );
}

#[test]
fn text_that_looks_like_a_token_comes_back_as_the_caller_wrote_it() {
    let issued = token("NAME", 1);
    let mangled = issued
        .trim_matches(['[', ']'])
        .replace('_', " ")
        .to_lowercase();
    let text = format!("name: Ellen Marsh; my {issued} and {mangled}s, \\[NAME\\_9\\_9K99\\]");
    let (out, map) = screened(&[&text]);
    assert!(
        !out[0].contains(&format!("my {issued}"))
            && !out[0].contains(&mangled)
            && !out[0].contains("9K99")
    );
    assert!(out[0].starts_with(&format!(
        "name: {issued}; my {} and {}s, ",
        token("TEXT", 1),
        token("TEXT", 2)
    )));
    assert_eq!(restored(&map, &out[0]), text);
}

#[test]
fn what_shows_only_beside_a_token_is_found_by_looking_again() {
    // "dr. " takes the whole name in; the token ends at the mark and the rest is looked at again.
    let (out, map) = screened(&["dr. Ellen; Qux Dr. Quy!"]);
    assert_eq!(restored(&map, &out[0]), "dr. Ellen; Qux Dr. Quy!");
    assert!(
        !out[0].contains("Qu") && !out[0].contains("Ellen"),
        "{out:?}"
    );
}

#[test]
fn a_value_split_over_parts_is_one_value() {
    let profile = everything();
    let mut tokens = Tokens::new(key(), "app");
    let mut screener = Screener::with(&Labels, &profile, &mut tokens);
    let parts = ["na", "me: Ellen ", "", "Marsh; and Q", "ux too; name: Bo"];
    let phi: Vec<Phi<&str>> = parts.into_iter().map(Phi::new).collect();
    let out: Vec<String> = screener
        .texts(&phi)
        .unwrap()
        .into_iter()
        .map(Screened::into_inner)
        .collect();
    let (ellen, qux) = (token("NAME", 1), token("NAME", 2));
    assert_eq!(
        out,
        [
            "na",
            &format!("me: {ellen}"),
            "",
            &format!("; and {qux}"),
            &format!(" too; name: {}", token("NAME", 3))
        ]
    );
    assert_eq!(restored(&tokens.map(), &out.concat()), parts.concat());
}

#[test]
fn treatments_are_given_by_class_and_kind_and_counted() {
    let profile = Profile::builder("mixed")
        .class(Class::Name, Treatment::Redact)
        .kind(Kind::Zip, Treatment::Generalize)
        .class(Class::Date, Treatment::Keep)
        .class(Class::Age, Treatment::Generalize)
        .citation("164.502(b)")
        .build();
    let mut tokens = Tokens::new(key(), "app");
    let mut screener = Screener::with(&Labels, &profile, &mut tokens);
    let text =
        "name: Ellen Marsh; born: 3/14/1950; zip: 02139; aged: 93; mrn: 4711; perhaps: emarsh9!";
    let out = screener.text(Phi::new(text)).unwrap();
    let mrn = token("MRN", 1);
    assert_eq!(
        out.get(),
        &format!(
            "name: [NAME]; born: 3/14/1950; zip: 021; aged: 90 or older; mrn: {mrn}; perhaps: [NAME]!"
        )
    );
    let report = out.report();
    assert_eq!(
        (
            report.found[&Class::Name],
            report.removed[&Class::Name],
            report.unsure
        ),
        (2, 2, 1)
    );
    assert_eq!(
        (report.kept[&Class::Date], report.generalised[&Class::Age]),
        (1, 1)
    );
    let kept = report
        .notes
        .iter()
        .find(|note| note.treatment == Treatment::Keep)
        .unwrap();
    assert_eq!((kept.citation.as_str(), kept.count), ("164.502(b)", 1));
    assert_eq!(out.profile(), "mixed");
}

#[test]
fn unsure_findings_pass_only_where_the_profile_says_so() {
    let text = ["perhaps: emarsh9!"];
    let keep = Profile::builder("keep").unsure(UnsurePolicy::Keep).build();
    assert_eq!(
        screen(&keep, &mut Tokens::new(key(), "app"), &text).unwrap(),
        text
    );
    assert_ne!(
        screen(&everything(), &mut Tokens::new(key(), "app"), &text).unwrap(),
        text
    );
}

#[test]
fn a_blocked_class_refuses_with_its_place_and_no_value() {
    let profile = Profile::builder("strict")
        .class(Class::Mrn, Treatment::Block)
        .build();
    let mut tokens = Tokens::new(key(), "app");
    let mut body = object([(
        "messages",
        vec![object([("content", "mrn: 4711".into())])].into(),
    )]);
    let path = Path::root();
    let mut screener = Screener::with(&Labels, &profile, &mut tokens);
    let refusal = screener
        .json(&mut body, &mut path.clone(), TypedRule::Data)
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "MRN found at messages[0].content: this route blocks it"
    );
}

#[test]
fn a_finder_that_never_rests_is_refused() {
    struct Restless;
    impl Finder for Restless {
        fn find(&self, text: &str) -> Vec<Found> {
            let start = text.rfind(['a', 'b']);
            start
                .map(|start| Found {
                    start,
                    end: start + 1,
                    class: Class::Name,
                    kind: Kind::Person,
                    unsure: false,
                })
                .into_iter()
                .collect()
        }
    }
    let profile = everything();
    let mut tokens = Tokens::new(key(), "app");
    let refused = Screener::with(&Restless, &profile, &mut tokens)
        .text(Phi::new("a b a b a b a b a b"))
        .unwrap_err();
    assert!(matches!(refused, Refusal::Unsettled { passes: 4, .. }));
}

fn json(text: &str) -> Json {
    parse(text.as_bytes(), Limits::default()).unwrap()
}

fn screen_json(profile: &Profile, text: &str, rule: TypedRule) -> Result<String, Refusal> {
    let mut tokens = Tokens::new(key(), "app");
    let mut value = json(text);
    Screener::with(&Labels, profile, &mut tokens)
        .document(
            Phi::new(std::mem::replace(&mut value, Json::Null)),
            &Plan::Json(rule),
        )
        .map(|out| out.get().to_string())
}

#[test]
fn json_values_are_found_by_their_field_names_and_stay_json() {
    let name = token("NAME", 1);
    let cases = [
        (
            r#"{"name":"Ellen Marsh","ok":[true,null,7]}"#,
            format!(r#"{{"name":"{name}","ok":[true,null,7]}}"#),
        ),
        (
            r#"{"surname_rank":"Xy"}"#,
            r#"{"surname_rank":"Xy"}"#.to_owned(),
        ),
        (
            r#"{"last_name":" Zsófi "}"#,
            format!(r#"{{"last_name":" {name} "}}"#),
        ),
        (
            r#"{"phone":"unknown"}"#,
            r#"{"phone":"unknown"}"#.to_owned(),
        ),
        (
            r#"{"Qux":{"a":"Qux"}}"#,
            format!(r#"{{"{name}":{{"a":"{name}"}}}}"#),
        ),
        (
            r#"[{"type":"MRN","value":"A 1"}]"#,
            format!(r#"[{{"type":"MRN","value":"{}"}}]"#, token("MRN", 1)),
        ),
        (
            r#"{"phones":["5551000199"],"phone":["5550100199"]}"#,
            format!(
                r#"{{"phones":["5551000199"],"phone":["{}"]}}"#,
                token("PHONE", 1)
            ),
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(
            screen_json(&everything(), input, TypedRule::Data).unwrap(),
            expected,
            "{input}"
        );
    }
}

#[test]
fn a_token_cannot_stand_where_its_type_cannot() {
    let refused = |text: &str, rule| {
        screen_json(&everything(), text, rule)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(r#"{"mrn":4711}"#, TypedRule::Data),
        "MRN found at mrn: a token cannot stand in a number"
    );
    let schema = r#"{"properties":{"who":{"enum":["name: Qux"]}}}"#;
    assert_eq!(
        refused(schema, TypedRule::Schema),
        "NAME found at properties.who.enum[0]: a token cannot stand in an enum"
    );
    let key = r#"{"properties":{"Quentin Marsh":{}}}"#;
    assert_eq!(
        refused(key, TypedRule::Schema),
        "NAME found at properties.*: a token cannot stand in a key of a schema"
    );
    let schema = r#"{"a":{"pattern":"^Qux$"}}"#;
    assert_eq!(
        refused(schema, TypedRule::Schema),
        "NAME found at a.pattern: a token cannot stand in a pattern"
    );
    let twice = refused(
        r#"{"name: Ellen Marsh":1,"name: ellen marsh":2}"#,
        TypedRule::Data,
    );
    assert!(twice.contains("two keys"), "{twice}");
}

#[test]
fn a_number_known_from_a_text_is_known_as_a_number() {
    let mut tokens = Tokens::new(key(), "app");
    let profile = everything();
    let mut screener = Screener::with(&Labels, &profile, &mut tokens);
    let body = object([("a", 47_110_022.into()), ("b", "mrn: 47110022".into())]);
    let refusal = screener
        .document(Phi::new(body), &Plan::Json(TypedRule::Data))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "MRN found at a: a token cannot stand in a number"
    );
}

#[test]
fn typed_values_are_generalised_where_the_profile_says_so() {
    let profile = Profile::builder("g")
        .on_typed(OnTyped::Generalize)
        .as_of_year(2026)
        .build();
    let out = |text: &str, rule| screen_json(&profile, text, rule).unwrap();
    assert_eq!(
        out(r#"{"mrn":4711,"dob":20240314,"n":1.50}"#, TypedRule::Data),
        r#"{"mrn":0,"dob":2024,"n":1.50}"#
    );
    assert_eq!(
        out(r#"{"enum":["Qux","x"]}"#, TypedRule::Schema),
        r#"{"enum":["[NAME]","x"]}"#
    );
}

#[test]
fn schemas_keep_their_words_and_tokens_stand_in_descriptions() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string","description":"as for Qux","default":"Qux"}},"required":["a"]}"#;
    let name = token("NAME", 1);
    assert_eq!(
        screen_json(&everything(), schema, TypedRule::Schema).unwrap(),
        schema.replace("Qux", &name)
    );
}

#[test]
fn a_document_is_screened_by_its_plan_and_nothing_else_passes() {
    let plan = Plan::Object(vec![
        ("model".into(), Plan::AsIs),
        (
            "messages".into(),
            Plan::Each(Box::new(Plan::Joined(Box::new(Plan::Object(vec![
                ("role".into(), Plan::AsIs),
                (
                    "content".into(),
                    Plan::Each(Box::new(Plan::Object(vec![("text".into(), Plan::Text)]))),
                ),
                ("arguments".into(), Plan::JsonText(TypedRule::Data)),
            ]))))),
        ),
    ]);
    let body = r#"{"model":"Qux","messages":[{"role":"user","content":[{"text":"name: Ellen "},{"text":"Marsh"}],
        "arguments":"{\"name\": \"Ellen Marsh\"}"},{"role":"user","arguments":"not json, Qux"}]}"#;
    let mut tokens = Tokens::new(key(), "app");
    let profile = everything();
    let mut screener = Screener::with(&Labels, &profile, &mut tokens);
    let out = screener.document(Phi::new(json(body)), &plan).unwrap();
    let (ellen, qux) = (token("NAME", 1), token("NAME", 2));
    let expected = format!(
        r#"{{"model":"Qux","messages":[{{"role":"user","content":[{{"text":"name: {ellen}"}},{{"text":""}}],"arguments":"{{\"name\":\"{ellen}\"}}"}},{{"role":"user","arguments":"not json, {qux}"}}]}}"#
    );
    assert_eq!(out.get().to_string(), expected);
    assert_eq!(out.to_bytes().get(), expected.as_bytes());

    for (body, message) in [
        (
            r#"{"model":"m","stop":"Qux"}"#,
            "the value at stop (string) is not planned for",
        ),
        (
            r#"{"messages":"Qux"}"#,
            "the value at messages (string) is not planned for",
        ),
        (
            r#"{"messages":[{"content":[{"text":["Qux"]}]}]}"#,
            "the value at messages[0].content[0].text (array) is not planned for",
        ),
    ] {
        let mut tokens = Tokens::new(key(), "app");
        let mut screener = Screener::with(&Labels, &profile, &mut tokens);
        assert_eq!(
            screener
                .document(Phi::new(json(body)), &plan)
                .unwrap_err()
                .to_string(),
            message
        );
    }
}

#[test]
fn arguments_that_hold_nothing_stay_byte_for_byte() {
    let plan = Plan::Object(vec![("arguments".into(), Plan::JsonText(TypedRule::Data))]);
    let mut tokens = Tokens::new(key(), "app");
    let profile = everything();
    let body = object([("arguments", "{ \"dose\" : 1.50 }".into())]);
    let out = Screener::with(&Labels, &profile, &mut tokens)
        .document(Phi::new(body.clone()), &plan)
        .unwrap();
    assert_eq!(out.get(), &body);
}

/// Fragments a text is made of: values behind labels, unlabelled values, tokens in all spellings, brackets.
fn fragment() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("Ellen Marsh".to_owned()),
        Just("Bo Tarn-Hale".to_owned()),
        Just("4711-22-99".to_owned()),
        Just("(555) 010-0199".to_owned()),
        Just("Quill".to_owned()),
        "[A-Z][a-z]{2,6}( [A-Z][a-z]{3,6})?",
    ];
    let label = prop_oneof![
        Just("name: "),
        Just("mrn: "),
        Just("dr. "),
        Just(""),
        Just("Name:  "),
        Just("born: ")
    ];
    let close = prop_oneof![
        Just("; "),
        Just("\n"),
        Just("! "),
        Just("]; "),
        Just("'s; "),
        Just("\\; ")
    ];
    let open = prop_oneof![
        Just(""),
        Just("["),
        Just("\\"),
        Just("\\["),
        Just("_"),
        Just("&#91;")
    ];
    let lookalike = (
        "(NAME|name|MRN|HEALTH_PLAN|TEXT)",
        0u32..4,
        "[347KQW]{4}",
        "[_ \\-]|\\\\_|",
        any::<bool>(),
    )
        .prop_map(|(word, ordinal, check, between, brackets)| {
            let token = format!("{word}{between}{ordinal}{between}{check}");
            if brackets {
                format!("[{token}]")
            } else {
                token
            }
        });
    let issued = ("(NAME|MRN|TEXT)", 1u32..4).prop_map(|(word, ordinal)| token(&word, ordinal));
    prop_oneof![
        4 => (label, open, value, close).prop_map(|(label, open, value, close)| format!("{label}{open}{value}{close}")),
        1 => lookalike,
        1 => issued,
        1 => "[ -~éß😀\\n]{0,8}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..10).prop_map(|fragments| fragments.concat())
}

/// The parts of a screened text that are not tokens, each in place of its tokens a blank.
fn removable_left(text: &str) -> Vec<String> {
    let ours: Vec<(usize, usize)> = crate::lookalike::lookalikes(text);
    let left = Labels.find(text).into_iter().flat_map(|found| {
        let mut from = found.start;
        let mut left = Vec::new();
        for (start, end) in ours
            .iter()
            .filter(|(start, end)| *end > found.start && *start < found.end)
        {
            left.push(text[from.min(*start)..*start].to_owned());
            from = *end;
        }
        left.push(text[from.min(found.end)..found.end].to_owned());
        left
    });
    left.filter(|left| left.chars().any(char::is_alphanumeric))
        .collect()
}

/// Texts in which values that share a token are spelled alike everywhere.
fn spelled_alike(texts: &[String]) -> bool {
    let mut tokens = Tokens::new(key(), "app");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let Ok(out) = screen(&everything(), &mut tokens, &texts) else {
        return false;
    };
    let map = tokens.map();
    let whole = out.concat();
    map.tokens().all(|(token, original)| {
        let spelled = texts.concat().matches(original).count();
        whole.matches(token).count() <= spelled
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_was_screened_is_restored(texts in prop::collection::vec(text(), 1..4)) {
        prop_assume!(spelled_alike(&texts));
        let pieces: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (out, map) = screened(&pieces);
        for (out, text) in out.iter().zip(&texts) {
            prop_assert_eq!(&restored(&map, out), text);
        }
    }

    #[test]
    fn no_finding_survives(texts in prop::collection::vec(text(), 1..4)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut tokens = Tokens::new(key(), "app");
        let Ok(out) = screen(&everything(), &mut tokens, &texts) else { return Ok(()) };
        for text in &out {
            prop_assert_eq!(removable_left(text), Vec::<String>::new(), "in {}", text);
        }
    }

    #[test]
    fn known_values_stand_nowhere(texts in prop::collection::vec(text(), 1..4)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut tokens = Tokens::new(key(), "app");
        let Ok(out) = screen(&everything(), &mut tokens, &texts) else { return Ok(()) };
        for value in ["Ellen Marsh", "Bo Tarn-Hale", "4711-22-99", "(555) 010-0199", "Quill"] {
            let found = texts.iter().any(|text| Labels.find(text).iter().any(|found| &text[found.start..found.end] == value));
            let word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
            for text in out.iter().filter(|_| found) {
                for (at, _) in text.match_indices(value) {
                    let beside = word(text[..at].chars().next_back()) || word(text[at + value.len()..].chars().next());
                    prop_assert!(beside, "{} in {}", value, text);
                }
            }
        }
    }

    #[test]
    fn an_appended_history_keeps_its_numbers(history in prop::collection::vec(text(), 1..4), more in prop::collection::vec(text(), 1..3)) {
        let longer: Vec<&str> = history.iter().chain(&more).map(String::as_str).collect();
        let history: Vec<&str> = history.iter().map(String::as_str).collect();
        let (mut short, mut long) = (Tokens::new(key(), "app"), Tokens::new(key(), "app"));
        if screen(&everything(), &mut short, &history).is_err() || screen(&everything(), &mut long, &longer).is_err() {
            return Ok(());
        }
        let long = long.map();
        for (token, original) in short.map().tokens() {
            let then = long.original(token).map(crate::tokens::fold);
            prop_assert_eq!(then, Some(crate::tokens::fold(original)), "{}", token);
        }
    }

    #[test]
    fn no_text_of_the_caller_is_taken_for_a_token(text in text()) {
        let (out, map) = match std::panic::catch_unwind(|| screened(&[&text])) { Ok(done) => done, Err(_) => return Ok(()) };
        let mut restorer = Restorer::new(Arc::new(map));
        restorer.push(&out[0]);
        restorer.finish();
        prop_assert_eq!(restorer.report().never_issued, 0);
    }

    #[test]
    fn distinct_values_have_distinct_tokens(values in prop::collection::vec("[A-Ca-c ]{1,4}", 1..12)) {
        let mut tokens = Tokens::new(key(), "app");
        let issued: Vec<String> = values.iter().map(|value| tokens.token_for(Class::Name, value)).collect();
        for (first, one) in values.iter().zip(&issued) {
            for (second, other) in values.iter().zip(&issued) {
                prop_assert_eq!(crate::tokens::fold(first) == crate::tokens::fold(second), one == other);
            }
        }
    }

    #[test]
    fn screened_json_is_json_of_the_same_shape_and_comes_back(fields in prop::collection::vec(("[a-z_]{1,8}|name|mrn|Quill", text()), 0..6)) {
        let body: covenant_formats::json::Object = fields.iter().map(|(key, text)| (key.as_str(), Json::from(text.as_str()))).collect();
        let body = Json::from(body);
        prop_assume!(spelled_alike(&[body.to_string()]) && spelled_alike(&fields.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>()));
        let mut tokens = Tokens::new(key(), "app");
        let profile = everything();
        let screened = Screener::with(&Labels, &profile, &mut tokens).document(Phi::new(body.clone()), &Plan::Json(TypedRule::Data));
        let Ok(out) = screened else { return Ok(()) };
        let source = String::from_utf8(out.to_bytes().into_inner()).unwrap();
        let sent = parse(source.as_bytes(), Limits::default()).unwrap();
        prop_assert_eq!(sent.as_object().unwrap().len(), body.as_object().unwrap().len());
        let mut restorer = Restorer::json_string(Arc::new(tokens.map()));
        let mut back = restorer.push(&source);
        back.push_str(&restorer.finish());
        let back = parse(back.as_bytes(), Limits::default()).unwrap();
        prop_assert_eq!(crate::tokens::fold(&back.to_string()), crate::tokens::fold(&body.to_string()));
    }
}
