//! The law of the way out, over generated conversations in every dialect: no value the detector finds and the
//! profile takes out is in any byte a vendor receives, and the caller gets its own words back.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use covenant_detect::{Class, Detector};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::dialects::{streamed_text, whole_text};
use crate::support::{Act, House, RecordingVendor, Setting, json_answer};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// What is planted: all invented, of kinds that become tokens for treatment.
const PLANTED: [&str; 16] = [
    "ellen.marsh@example.com",
    "(212) 555-0187",
    "219-09-9999",
    "MRN: 4471902",
    "Mrs. Ellen Marsh",
    "Dr. Marlow Vance",
    "Patient: Tobias Renner",
    "NPI 1234567893",
    "IP 203.0.113.77",
    "https://portal.example.com/p/4471902",
    "Member ID: XQW884712",
    "fax 617-555-0142",
    "Acct # 99812-7734",
    "VIN 1HGCM82633A004352",
    "serial number SN-88321-A",
    "DEA BV1234563",
];

const PROSE: [&str; 8] = [
    "was seen in clinic with a cough",
    "denies chest pain",
    "please summarise",
    "blood pressure 120/80",
    "[NAME_1_AAAA]",
    "ü ö 漢字 — “quoted” \\ / \t tab",
    "{\"nested\": [1, 2]}",
    "\n\n- item one\n- item two\n",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => prop::sample::select(&PLANTED[..]),
        3 => prop::sample::select(&PROSE[..]),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.join(". "))
}

/// One turn of a conversation.
#[derive(Clone, Debug)]
enum Turn {
    Says(String, String),
    UsesTool(String, String),
}

fn conversation() -> impl Strategy<Value = (String, Vec<Turn>, String)> {
    let turn = prop_oneof![
        2 => (text(), text()).prop_map(|(user, assistant)| Turn::Says(user, assistant)),
        1 => (text(), text()).prop_map(|(arguments, result)| Turn::UsesTool(arguments, result)),
    ];
    (text(), prop::collection::vec(turn, 0..4), text())
}

const PATHS: [&str; 5] = [
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
];

fn body(path: &str, model: &str, system: &str, turns: &[Turn], last: &str) -> Value {
    match path {
        "/v1/chat/completions" => chat(model, system, turns, last),
        "/v1/messages" => messages(model, system, turns, last),
        "/v1/responses" => responses(model, system, turns, last),
        "/v1/completions" => json!({"model": model, "prompt": last}),
        _ => json!({"model": model, "input": [system, last]}),
    }
}

fn chat(model: &str, system: &str, turns: &[Turn], last: &str) -> Value {
    let mut list = vec![json!({"role": "system", "content": system})];
    for (index, turn) in turns.iter().enumerate() {
        let id = format!("call_0123456789abcdef{index}");
        match turn {
            Turn::Says(user, assistant) => {
                list.push(json!({"role": "user", "content": [{"type": "text", "text": user}]}));
                list.push(json!({"role": "assistant", "content": assistant}));
            }
            Turn::UsesTool(arguments, result) => {
                let arguments = json!({"query": arguments, "limit": 3}).to_string();
                let function = json!({"name": "look_up", "arguments": arguments});
                list.push(json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]}));
                list.push(json!({"role": "tool", "tool_call_id": id, "content": json!({"result": result}).to_string()}));
            }
        }
    }
    list.push(json!({"role": "user", "content": last}));
    json!({"model": model, "messages": list})
}

fn messages(model: &str, system: &str, turns: &[Turn], last: &str) -> Value {
    let mut list = Vec::new();
    for (index, turn) in turns.iter().enumerate() {
        let id = format!("toolu_0123456789abcdef{index}");
        match turn {
            Turn::Says(user, assistant) => {
                list.push(json!({"role": "user", "content": user}));
                list.push(
                    json!({"role": "assistant", "content": [{"type": "text", "text": assistant}]}),
                );
            }
            Turn::UsesTool(arguments, result) => {
                let block = json!({"type": "tool_use", "id": id, "name": "look_up", "input": {"query": arguments}});
                list.push(json!({"role": "assistant", "content": [block]}));
                let block = json!({"type": "tool_result", "tool_use_id": id, "content": result});
                list.push(json!({"role": "user", "content": [block]}));
            }
        }
    }
    list.push(json!({"role": "user", "content": last}));
    json!({"model": model, "max_tokens": 50, "system": [{"type": "text", "text": system}], "messages": list})
}

fn responses(model: &str, system: &str, turns: &[Turn], last: &str) -> Value {
    let mut list = Vec::new();
    for (index, turn) in turns.iter().enumerate() {
        let id = format!("call_0123456789abcdef{index}");
        match turn {
            Turn::Says(user, assistant) => {
                list.push(
                    json!({"role": "user", "content": [{"type": "input_text", "text": user}]}),
                );
                list.push(json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": assistant}]}));
            }
            Turn::UsesTool(arguments, result) => {
                let arguments = json!({"query": arguments}).to_string();
                list.push(json!({"type": "function_call", "call_id": id, "name": "look_up", "arguments": arguments}));
                list.push(json!({"type": "function_call_output", "call_id": id, "output": result}));
            }
        }
    }
    list.push(json!({"role": "user", "content": last}));
    json!({"model": model, "instructions": system, "input": list})
}

/// What the detector finds in a text and treatment takes out.
fn found(texts: &[&str]) -> BTreeSet<String> {
    let taken_out = |class| {
        !matches!(
            class,
            Class::Date | Class::Age | Class::Location | Class::Org
        )
    };
    let mut found = BTreeSet::new();
    for text in texts {
        for finding in Detector::standard().detect(text) {
            // Short ones stand in other words by chance.
            let value = &text[finding.start..finding.end];
            // What the detector is unsure of goes where it stands, and is not looked for elsewhere.
            if taken_out(finding.class) && value.len() > 4 && !finding.is_unsure() {
                found.insert(value.to_owned());
            }
        }
    }
    found
}

fn texts<'a>(system: &'a str, turns: &'a [Turn], last: &'a str) -> Vec<&'a str> {
    let of = |turn: &'a Turn| match turn {
        Turn::Says(one, other) | Turn::UsesTool(one, other) => [one.as_str(), other.as_str()],
    };
    turns.iter().flat_map(of).chain([system, last]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn found_values_never_reach_a_vendor((system, turns, last) in conversation(), path in prop::sample::select(&PATHS[..])) {
        RUNTIME.block_on(async {
            let vendor = RecordingVendor::start(vec![Act::Send(json_answer(200, "{}"))]).await;
            let house = Setting::default().openai(&vendor.address).anthropic(&vendor.address).build();
            let model = if path == "/v1/messages" { "claude" } else { "gpt" };
            let answer = house.post(path, body(path, model, &system, &turns, &last)).await;
            prop_assert_eq!(answer.status, 200, "{}", answer.text());
            let sent = match path {
                "/v1/completions" => texts("", &[], &last),
                "/v1/embeddings" => texts(&system, &[], &last),
                _ => texts(&system, &turns, &last),
            };
            let raw = String::from_utf8(vendor.raw()).unwrap();
            for value in found(&sent) {
                let escaped = serde_json::to_string(&value).unwrap();
                prop_assert!(!raw.contains(&value) && !raw.contains(escaped.trim_matches('"')), "{} in {}", value, raw);
            }
            let events = serde_json::to_string(&house.events()).unwrap();
            for value in found(&sent) {
                prop_assert!(!events.contains(&value) && !house.gateway.metrics().contains(&value), "{}", value);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_caller_gets_its_own_words_back(
        (system, turns, last) in conversation(),
        path in prop::sample::select(&PATHS[..4]),
        stream in any::<bool>(),
    ) {
        RUNTIME.block_on(async {
            let house = House::new();
            let mut body = body(path, "mirror", &system, &turns, &last);
            body["stream"] = json!(stream);
            let answer = house.post(path, body).await;
            prop_assert_eq!(answer.status, 200, "{}", answer.text());
            let said = if stream { streamed_text(&answer) } else { whole_text(&answer) };
            prop_assert_eq!(said, last, "{}", answer.text());
            Ok(())
        })?;
    }
}
