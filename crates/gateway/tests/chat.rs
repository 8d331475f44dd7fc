//! `POST /v1/chat/completions`, not streamed.

use covenant_gateway::PayloadKind;
use covenant_ledger::EventKind;
use serde_json::json;

use crate::support::{Act, House, RecordingVendor, Setting, json_answer};

const PATH: &str = "/v1/chat/completions";
/// Invented; found by recognisers of patterns alone.
const NOTE: &str = "Reach her at ellen.marsh@example.com or (212) 555-0187; SSN 219-09-9999.";
const SECRETS: [&str; 3] = ["ellen.marsh@example.com", "555-0187", "219-09-9999"];

fn ask(model: &str, text: &str) -> serde_json::Value {
    json!({"model": model, "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]})
}

fn says(content: &str) -> Vec<Act> {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1772323200, "model": "gpt-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    });
    vec![Act::Send(json_answer(200, &body.to_string()))]
}

fn content(answer: &crate::support::Answer) -> String {
    answer.json()["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_note_goes_through_every_stage_to_the_mirror_and_comes_back() {
    let house = House::new();
    let answer = house.post(PATH, ask("mirror", NOTE)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(content(&answer), NOTE);
    assert_eq!(house.kinds(), [EventKind::Forwarded, EventKind::Answered]);
    let events = house.events();
    let counts = events[1].counts.clone().unwrap();
    assert_eq!(counts.removed.get("EMAIL"), Some(&1));
    assert_eq!(counts.restored.get("SSN"), Some(&1));
    assert_eq!(
        events[0].request.as_deref(),
        Some(answer.header("x-request-id"))
    );
    assert_eq!(
        events[0].what.as_ref().unwrap().agreement.as_deref(),
        Some("covered-2026")
    );
    assert_eq!(events[0].why.as_ref().unwrap().purpose, "treatment");
    let kinds: Vec<PayloadKind> = house.payloads().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [PayloadKind::Prompt, PayloadKind::Map, PayloadKind::Answer]
    );
    for event in &events {
        let text = serde_json::to_string(event).unwrap();
        assert!(
            SECRETS.iter().all(|secret| !text.contains(secret)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_vendor_sees_tokens_and_its_own_credential_only() {
    let vendor = RecordingVendor::start(says("I wrote to her.")).await;
    let house = Setting::default().openai(&vendor.address).build();
    let headers = [
        ("x-covenant-purpose", "treatment"),
        ("x-covenant-patient", "pat-4471902"),
        ("cookie", "session=abc"),
        ("openai-organization", "org-x"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let answer = house.post_with(PATH, &headers, ask("gpt", NOTE)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let received = vendor.only();
    let raw = String::from_utf8(vendor.raw()).unwrap();
    for secret in SECRETS.iter().chain(&[
        "pat-4471902",
        "session=abc",
        "org-x",
        house.key.as_str(),
        "x-covenant",
    ]) {
        assert!(!raw.contains(secret), "{secret} in {raw}");
    }
    assert!(
        received
            .head
            .starts_with("POST /v1/chat/completions HTTP/1.1")
    );
    assert!(
        received
            .head
            .contains("authorization: Bearer vendor-secret")
    );
    assert!(
        received
            .head
            .contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c")
    );
    assert_eq!(received.json()["model"], "gpt-2026");
    assert!(received.text().contains("[EMAIL_1_"));
    let event = house.events().remove(0);
    assert_eq!(event.subjects.len(), 1);
    assert_ne!(event.subjects[0], "pat-4471902");
}
