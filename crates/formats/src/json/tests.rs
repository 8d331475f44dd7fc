//! Laws of the reader and writer, held against `serde_json` where the two agree on what is JSON.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    text: Option<String>,
    hex: Option<String>,
    written: Option<String>,
    error: Option<String>,
    depth: Option<usize>,
    nodes: Option<usize>,
}

#[test]
fn every_case_is_written_back_or_refused_as_expected() {
    let source = include_str!("../../../../testdata/json/cases.toml");
    let cases: Cases = toml::from_str(source).unwrap();
    assert!(cases.case.len() > 25);
    for case in cases.case {
        let bytes = match (&case.text, &case.hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(hex)) => unhex(hex),
            _ => panic!("{}: text or hex", case.name),
        };
        let usual = Limits::default();
        let limits = Limits {
            depth: case.depth.unwrap_or(usual.depth),
            nodes: case.nodes.unwrap_or(usual.nodes),
        };
        let expected = match (case.error, case.written) {
            (Some(error), _) => Err(error),
            (None, Some(written)) => Ok(written),
            (None, None) => Ok(String::from_utf8(bytes.clone()).unwrap()),
        };
        let read = parse(&bytes, limits)
            .map(|json| json.to_string())
            .map_err(|error| error.to_string());
        assert_eq!(read, expected, "{}", case.name);
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn nesting_is_bounded_whatever_the_limits_say() {
    let deep = "[".repeat(1_000_000);
    let unbounded = Limits {
        depth: usize::MAX,
        nodes: usize::MAX,
    };
    assert_eq!(
        parse(deep.as_bytes(), unbounded).unwrap_err().kind,
        JsonErrorKind::TooDeep
    );
    let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(
        parse(deepest.as_bytes(), unbounded).unwrap().to_string(),
        deepest
    );
}

#[test]
fn debug_shows_the_shape_and_no_content() {
    let json = parse(br#"{"Ellen":["Marsh",4711,null]}"#, Limits::default()).unwrap();
    assert_eq!(format!("{json:?}"), "object(1)");
    assert_eq!(format!("{:?}", json.get("Ellen").unwrap()), "array(3)");
    assert_eq!(
        format!("{:?}", json.get("Ellen").unwrap().as_array()),
        "Some([string(5), number(4), null])"
    );
}

#[test]
fn objects_keep_their_order_through_changes() {
    let mut json = parse(br#"{"c":1,"a":2,"b":3}"#, Limits::default()).unwrap();
    let object = json.as_object_mut().unwrap();
    assert_eq!(object.insert("a", Json::Null), Some(2.into()));
    assert_eq!(object.insert("d", true.into()), None);
    assert_eq!(object.remove("c"), Some(1.into()));
    assert_eq!(object.keys().collect::<Vec<_>>(), ["a", "b", "d"]);
    assert_eq!(json.to_string(), r#"{"a":null,"b":3,"d":true}"#);
}

#[test]
fn entries_with_a_repeated_key_are_no_object() {
    let twice = vec![
        ("a".to_owned(), Json::Null),
        ("b".to_owned(), Json::Null),
        ("a".to_owned(), Json::Null),
    ];
    assert_eq!(Object::from_entries(twice), Err(2));
    let last_stands: Object = [("a", Json::Null), ("b", Json::Null), ("a", true.into())]
        .into_iter()
        .collect();
    assert_eq!(
        Json::from(last_stands).to_string(),
        r#"{"a":true,"b":null}"#
    );
}

#[test]
fn paths_lead_to_their_values() {
    let mut json = parse(br#"{"messages":[{"content":"x"}]}"#, Limits::default()).unwrap();
    let steps = [
        Step::Key("messages".into()),
        Step::Index(0),
        Step::Key("content".into()),
    ];
    assert_eq!(json.at(&steps).and_then(Json::as_str), Some("x"));
    *json.at_mut(&steps).unwrap() = "y".into();
    assert_eq!(
        json.at(&[]).unwrap().to_string(),
        r#"{"messages":[{"content":"y"}]}"#
    );
    assert_eq!(json.at(&steps[1..]), None);
}

#[test]
fn numbers_are_read_as_they_are_written() {
    assert_eq!(Number::parse("1.50").unwrap().as_str(), "1.50");
    assert_eq!(Number::parse("1.50").unwrap().as_f64(), Some(1.5));
    assert_eq!(Number::parse("1e2").unwrap().as_i64(), None);
    assert_eq!(Number::from(-7).as_i64(), Some(-7));
    assert_eq!(Number::parse("1e999").unwrap().as_f64(), None);
    for wrong in ["", "01", "+1", "1.", ".5", "1e", "0x1", "1 ", "Infinity"] {
        assert!(Number::parse(wrong).is_none(), "{wrong}");
    }
}

/// Values whose keys differ, of every kind, with text that needs every sort of escape.
fn any_json() -> impl Strategy<Value = Json> {
    let text = prop_oneof![any::<String>(), "[\\x01-\\x7f\"\\\\/é😀\\u{e000}]{0,12}"]
        .prop_map(|text| text.replace('\0', "\u{1}"));
    let number = prop_oneof![
        any::<i64>().prop_map(Json::from),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?"
            .prop_map(|text| Json::Number(Number::parse(&text).unwrap())),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        number,
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        let fields = prop::collection::vec((text.clone(), inner.clone()), 0..20);
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(Json::Array),
            fields.prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(json in any_json()) {
        let text = json.to_string();
        let mut bytes = Vec::new();
        json.write(&mut bytes);
        prop_assert_eq!(text.as_bytes(), &bytes);
        prop_assert_eq!(parse(&bytes, Limits::default()).unwrap(), json);
    }

    #[test]
    fn a_peer_reads_the_same_document(json in any_json()) {
        let ours = json.to_string();
        let peer: serde_json::Value = serde_json::from_str(&ours).unwrap();
        for theirs in [peer.to_string(), serde_json::to_string_pretty(&peer).unwrap()] {
            let read = parse(theirs.as_bytes(), Limits::default()).unwrap();
            let again: serde_json::Value = serde_json::from_str(&read.to_string()).unwrap();
            prop_assert_eq!(&again, &peer);
        }
    }

    #[test]
    fn what_a_peer_refuses_is_refused(text in "[\\[\\]{}\",:0-9a-eE.\\-\\\\u ntrfals]{0,24}") {
        if let Ok(json) = parse(text.as_bytes(), Limits::default()) {
            let peer: serde_json::Value = serde_json::from_str(&text).unwrap();
            let again: serde_json::Value = serde_json::from_str(&json.to_string()).unwrap();
            prop_assert_eq!(peer, again);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = parse(&bytes, Limits::default()) {
            prop_assert!(error.offset <= bytes.len());
        }
    }

    #[test]
    fn a_damaged_document_is_refused_or_still_json(json in any_json(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = json.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = parse(&bytes, Limits::default()) {
            prop_assert_eq!(parse(read.to_string().as_bytes(), Limits::default()).unwrap(), read);
        }
    }

    #[test]
    fn escaped_text_is_text_between_quotes(text in any::<String>()) {
        let text = text.replace('\0', "");
        let mut escaped = String::new();
        escape_into(&text, &mut escaped);
        let read = parse(format!("\"{escaped}\"").as_bytes(), Limits::default()).unwrap();
        prop_assert_eq!(read.as_str(), Some(text.as_str()));
    }
}
