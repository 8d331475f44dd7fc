#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::inspect::{Known, Tally};
use crate::opaque::Opaque;
use covenant_deid::Tokens;
use covenant_detect::{Class, Detector, HELD_CHARS};
use covenant_formats::json::{Json, Limits, parse};
use covenant_seal::{DataKey, HashKey, Phi, SystemRandom};
use proptest::prelude::*;

/// An inspector that knows one name, one address in two lines and a request, and the tokens of the two.
fn inspector(request: &str) -> (Inspector, [String; 2]) {
    let key = Arc::new(HashKey::from(DataKey::generate(&SystemRandom).unwrap()));
    let mut tokens = Tokens::new(Arc::clone(&key), "app");
    let issued = [
        tokens.token_for(Class::Name, "Marlow \"Low\" Vance"),
        tokens.token_for(Class::HealthPlan, "XQ\n4471902"),
    ];
    let detector = Detector::standard().clone();
    let inspector = Inspector {
        known: Known::new(Phi::new(Json::from(request)), detector.clone()),
        detector,
        map: Arc::new(tokens.map()),
        opaque: Opaque {
            key,
            app: "app".into(),
            vendor: "acme".into(),
        },
        strict: false,
        keep_unsure: false,
        tally: Tally::default(),
    };
    (inspector, issued)
}

/// Sends a text through a lane in pieces that end at the given places.
fn through(
    text: &str,
    cuts: &[usize],
    writing: &Writing,
    inspector: &mut Inspector,
) -> Result<String, Broken> {
    let mut lane = Lane::new(inspector, writing.clone());
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    let mut from = 0;
    let mut ends: Vec<usize> = cuts
        .iter()
        .map(|cut| cut % (chars.len() + 1))
        .chain([chars.len()])
        .collect();
    ends.sort_unstable();
    for end in ends {
        let piece: String = chars[from..end].iter().collect();
        out.push_str(&lane.push(&piece, inspector)?);
        from = end;
    }
    out.push_str(&lane.finish(inspector)?);
    assert_eq!(out, lane.released());
    Ok(out)
}

fn whole(text: &str, request: &str) -> (String, Tally) {
    let (mut inspector, tokens) = inspector(request);
    let text = text
        .replace("NAME_TOKEN", &tokens[0])
        .replace("PLAN_TOKEN", &tokens[1]);
    let out = through(&text, &[], &Writing::Plain, &mut inspector).unwrap();
    (out, inspector.tally)
}

#[test]
fn what_was_asked_comes_back_and_what_was_made_up_is_judged_by_class() {
    for (text, request, expected) in [
        ("Dear NAME_TOKEN,", "", "Dear Marlow \"Low\" Vance,"),
        ("plan PLAN_TOKEN", "", "plan XQ\n4471902"),
        ("SSN 219-09-9999", "", "SSN [removed by Covenant: SSN]"),
        (
            "SSN 219-09-9999",
            "her ssn is 219 09 9999",
            "SSN 219-09-9999",
        ),
        (
            "mail a.b@example.com",
            "",
            "mail [removed by Covenant: EMAIL]",
        ),
        (
            "mail A.B@Example.com",
            "a.b@example.com",
            "mail A.B@Example.com",
        ),
        ("call 988 now", "", "call 988 now"),
        ("on March 4, 2025 she left", "", "on March 4, 2025 she left"),
    ] {
        assert_eq!(whole(text, request).0, expected);
    }
}

#[test]
fn made_up_names_go_when_made_up_identifiers_stand_with_them() {
    let (alone, tally) = whole("Mrs. Ellen Marsh will see you when you come in.", "");
    assert!(alone.contains("Ellen Marsh"), "{alone}");
    assert_eq!(tally.kept.get(&Class::Name), Some(&1));
    let (with_id, tally) = whole("MRN: 4471902 belongs to Mrs. Ellen Marsh.", "");
    assert!(
        !with_id.contains("4471902") && !with_id.contains("Marsh"),
        "{with_id}"
    );
    assert_eq!(tally.flags(), "removed-name=1, removed-mrn=1");
}

#[test]
fn a_strict_route_takes_out_whatever_was_not_asked() {
    let (mut strict, _) = inspector("");
    strict.strict = true;
    let out = through(
        "She left on March 4, 2025.",
        &[],
        &Writing::Plain,
        &mut strict,
    )
    .unwrap();
    assert_eq!(out, "She left on [removed by Covenant: DATE].");
}

#[test]
fn text_in_json_is_escaped_and_numbers_cannot_be_taken_out() {
    let (mut inspector, tokens) = inspector("");
    let writing = Writing::Json(None);
    let text = format!("{{\"to\": \"{}\", \"plan\": \"{}\"}}", tokens[0], tokens[1]);
    let out = through(&text, &[], &writing, &mut inspector).unwrap();
    let json = parse(out.as_bytes(), Limits::default()).unwrap();
    assert_eq!(
        json.get("to").and_then(Json::as_str),
        Some("Marlow \"Low\" Vance")
    );
    assert_eq!(json.get("plan").and_then(Json::as_str), Some("XQ\n4471902"));
    let out = through(
        r#"{"note":"SSN 219-09-9999"}"#,
        &[],
        &writing,
        &mut inspector,
    )
    .unwrap();
    assert_eq!(out, r#"{"note":"SSN [removed by Covenant: SSN]"}"#);
    let broken = through(
        r#"{"patient":{"ssn": 219099999}}"#,
        &[],
        &writing,
        &mut inspector,
    );
    assert_eq!(
        broken.map_err(|broken| broken.path.to_string()),
        Err("patient.ssn".into())
    );
}

#[test]
fn text_is_held_back_as_little_as_it_must_be() {
    let (mut inspector, tokens) = inspector("");
    let sentence = format!(
        "The patient, {0}, was seen by phone. Health plan {1}. Date of admission unknown; the device and account \
         were not given. Mr {0} lives at 12 North Main Street Apartment 5, Springfield, IL 62704 and {1}. ",
        tokens[0], tokens[1]
    );
    let runs = format!(
        "{} {}{}",
        "a".repeat(300),
        "NAME ".repeat(80),
        "health plan ".repeat(40)
    );
    let mut lane = Lane::new(&inspector, Writing::Plain);
    for char in (sentence.repeat(4) + &runs).chars() {
        lane.push(&char.to_string(), &mut inspector).unwrap();
        assert!(
            lane.held() <= HELD_CHARS,
            "{} characters are held",
            lane.held()
        );
    }
}

/// Texts of prose, tokens and made-up identifiers.
fn said() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("NAME_TOKEN".to_owned()),
        Just("PLAN_TOKEN".to_owned()),
        Just("name_token".to_owned()),
        Just("SSN 219-09-9999".to_owned()),
        Just("ellen.marsh@example.com".to_owned()),
        Just("(212) 555-0187".to_owned()),
        Just("Mrs. Ellen Marsh".to_owned()),
        Just("on March 4, 2025".to_owned()),
        Just("[NAME_9_7KQ4]".to_owned()),
        Just("\n\n".to_owned()),
        Just("{\"a\": \"b\\n\"}".to_owned()),
        "[a-zA-Z ,.\\[\\]_é漢]{0,12}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn the_cuts_change_nothing(text in said(), cuts in prop::collection::vec(any::<usize>(), 0..40), json in any::<bool>()) {
        let writing = if json { Writing::Json(None) } else { Writing::Plain };
        let (mut one, tokens) = inspector("");
        let text = text.replace("NAME_TOKEN", &tokens[0]).replace("PLAN_TOKEN", &tokens[1]);
        let mut other = Inspector {
            detector: one.detector.clone(),
            known: Known::new(Phi::new(Json::Null), one.detector.clone()),
            map: Arc::clone(&one.map),
            opaque: one.opaque.clone(),
            tally: Tally::default(),
            ..one
        };
        let whole = through(&text, &[], &writing, &mut one);
        let pieces = through(&text, &cuts, &writing, &mut other);
        prop_assert_eq!(&whole, &pieces);
        if whole.is_ok() {
            prop_assert_eq!(one.tally, other.tally);
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_held_back_further_than_promised(text in said(), tail in "[a-z0-9./?=_-]{0,140}", word in prop::sample::select(vec!["NAME ", "health plan ", "see https://", "mail ", "at 12 North ", ""])) {
        let (mut inspector, tokens) = inspector("");
        let text = text.replace("NAME_TOKEN", &tokens[0]).replace("PLAN_TOKEN", &tokens[1]);
        let mut lane = Lane::new(&inspector, Writing::Plain);
        for char in format!("{text} {word}{tail} {text} {word}{tail}").chars() {
            lane.push(&char.to_string(), &mut inspector).unwrap();
            prop_assert!(lane.held() <= HELD_CHARS, "{} held", lane.held());
        }
    }
}
