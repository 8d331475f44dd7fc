//! Streamed chat completions: the caller's own words come back while they stream, whatever the cuts.

use covenant_ledger::EventKind;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::{Act, Answer, House, RecordingVendor, Setting, sse_answer};

const PATH: &str = "/v1/chat/completions";

fn ask(model: &str, text: &str) -> Value {
    json!({"model": model, "stream": true, "messages": [{"role": "user", "content": text}]})
}

/// The data of every event of a stream.
fn events(text: &str) -> Vec<String> {
    text.split("\n\n")
        .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
        .map(str::to_owned)
        .collect()
}

/// The text of one choice, put together as a client does.
fn content(answer: &Answer, choice: u64) -> String {
    let mut text = String::new();
    for data in events(&answer.text()) {
        let Ok(chunk) = serde_json::from_str::<Value>(&data) else {
            continue;
        };
        for part in chunk["choices"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|part| part["index"] == choice)
        {
            text.push_str(part["delta"]["content"].as_str().unwrap_or_default());
        }
    }
    text
}

fn chunk(delta: Value, reason: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
    format!(
        "data: {}\n\n",
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-2026", "choices": [choice]})
    )
}

/// A stream that says a text in pieces of some characters.
fn says(text: &str, size: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut stream = chunk(json!({"role": "assistant", "content": ""}), Value::Null);
    for piece in chars.chunks(size) {
        stream.push_str(&chunk(
            json!({"content": piece.iter().collect::<String>()}),
            Value::Null,
        ));
    }
    stream + &chunk(json!({}), json!("stop")) + "data: [DONE]\n\n"
}

#[tokio::test]
async fn the_callers_words_come_back_while_they_stream() {
    let house = House::new();
    let note = "Reach her at ellen.marsh@example.com or (212) 555-0187; SSN 219-09-9999. She wrote ü, ö and 漢字.";
    let answer = house.post(PATH, ask("mirror", note)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(content(&answer, 0), note);
    assert_eq!(events(&answer.text()).last().unwrap(), "[DONE]");
    assert_eq!(
        house.kinds(),
        [
            EventKind::Forwarded,
            EventKind::Answering,
            EventKind::Answered
        ]
    );
    let counts = house.events()[2].counts.clone().unwrap();
    assert_eq!(counts.restored.get("EMAIL"), Some(&1));
}

#[tokio::test]
async fn several_choices_stream_side_by_side() {
    let house = House::new();
    let mut body = ask("mirror", "Write to ellen.marsh@example.com.");
    body["n"] = json!(3);
    body["stream_options"] = json!({"include_usage": true});
    let answer = house.post(PATH, body).await;
    for choice in 0..3 {
        assert_eq!(
            content(&answer, choice),
            "Write to ellen.marsh@example.com."
        );
    }
    assert!(answer.text().contains("\"completion_tokens\""));
}

#[tokio::test]
async fn a_vendor_that_dribbles_one_byte_at_a_time_changes_nothing() {
    // The vendor says the first token of the app, which is learnt from a first request.
    let vendor = RecordingVendor::start(vec![Act::Send(crate::support::json_answer(
        200,
        r#"{"choices":[]}"#,
    ))])
    .await;
    let house = Setting::default().openai(&vendor.address).build();
    let mut body = ask("gpt", "Write to ellen.marsh@example.com today.");
    body["stream"] = json!(false);
    house.post(PATH, body).await;
    let sent = vendor.only().json()["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = sent
        .trim_start_matches("Write to ")
        .trim_end_matches(" today.")
        .to_owned();
    assert!(token.starts_with("[EMAIL_1_"), "{token}");
    let said = format!(
        "I wrote to {token} — **{}** — and to `{token}`. Done: 漢字.",
        token.replace('_', "\\_")
    );
    let expected = "I wrote to ellen.marsh@example.com — **ellen.marsh@example.com** — and to `ellen.marsh@example.com`. Done: 漢字.";
    for size in [1, 2, 5, 1000] {
        let stream = sse_answer(&says(&said, size));
        let vendor = RecordingVendor::start(vec![Act::Dribble(stream), Act::Cut]).await;
        let house = Setting::default().openai(&vendor.address).build();
        let answer = house
            .post(PATH, ask("gpt", "Write to ellen.marsh@example.com today."))
            .await;
        assert_eq!(content(&answer, 0), expected, "pieces of {size}");
        assert_eq!(
            house.kinds(),
            [
                EventKind::Forwarded,
                EventKind::Answering,
                EventKind::Answered
            ]
        );
    }
}

#[tokio::test]
async fn what_the_model_makes_up_is_taken_out_or_flagged() {
    let said = "Call Dr. Ellen Marsh at (212) 555-0187 or dial 988. SSN 219-09-9999 was on file.";
    let vendor =
        RecordingVendor::start(vec![Act::Send(sse_answer(&says(said, 4))), Act::Cut]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let answer = house.post(PATH, ask("gpt", "Whom do I call?")).await;
    let text = content(&answer, 0);
    assert!(
        text.contains("[removed by Covenant: PHONE]")
            && text.contains("[removed by Covenant: SSN]"),
        "{text}"
    );
    assert!(text.contains("988"), "{text}");
    assert!(
        !text.contains("555-0187") && !text.contains("219-09-9999"),
        "{text}"
    );
    assert!(
        answer.text().contains(": x-covenant-flags removed-"),
        "{}",
        answer.text()
    );
    let counts = house.events()[2].counts.clone().unwrap();
    assert_eq!(counts.invented.get("SSN"), Some(&1));
}

#[tokio::test]
async fn the_last_message_waits_for_the_record() {
    let house = House::new();
    house.fail_log_after(2);
    let answer = house.post(PATH, ask("mirror", "Hello there.")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text().contains("[DONE]"), "{}", answer.text());
    assert!(
        answer.text().contains("\"unavailable\""),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn text_goes_out_before_the_stream_ends() {
    let head = chunk(json!({"role": "assistant", "content": ""}), Value::Null);
    let long = "The first sentence is long enough that some of it can go out at once. ".repeat(5);
    let begin = head + &chunk(json!({"content": long}), Value::Null);
    let end = chunk(json!({}), json!("stop")) + "data: [DONE]\n\n";
    let acts = vec![
        Act::Send(sse_answer(&begin)),
        Act::Wait,
        Act::Send(end.into_bytes()),
        Act::Cut,
    ];
    let vendor = RecordingVendor::start(acts).await;
    let house = Setting::default().openai(&vendor.address).build();
    let mut body = house
        .open(house.request(PATH, &ask("gpt", "Tell me.")))
        .await
        .into_body();
    let mut early = String::new();
    while !early.contains("can go out at once. The first") {
        let frame = body.frame().await.unwrap().unwrap();
        early.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert_eq!(house.kinds(), [EventKind::Forwarded, EventKind::Answering]);
    vendor.go_on();
    let rest = body.collect().await.unwrap().to_bytes();
    let whole = early + std::str::from_utf8(&rest).unwrap();
    let answer = Answer {
        status: http::StatusCode::OK,
        headers: http::HeaderMap::new(),
        bytes: whole.into(),
    };
    assert_eq!(content(&answer, 0), long);
    let metrics = house.gateway.metrics();
    let p99 = metrics
        .lines()
        .find_map(|line| line.strip_prefix("covenant_gateway_held_characters_p99 "))
        .unwrap();
    assert!(p99.parse::<u64>().unwrap() <= 96, "{p99}");
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_the_vendor_and_closes_the_event() {
    let begin = sse_answer(&chunk(
        json!({"role": "assistant", "content": "Well"}),
        Value::Null,
    ));
    let mut vendor = RecordingVendor::start(vec![Act::Send(begin), Act::Stall]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let response = house
        .open(house.request(PATH, &ask("gpt", "Tell me.")))
        .await;
    assert_eq!(house.kinds(), [EventKind::Forwarded, EventKind::Answering]);
    drop(response);
    vendor.connection_ended().await;
    while house.kinds().len() < 3 {
        tokio::task::yield_now().await;
    }
    let event = house.events().remove(2);
    assert_eq!(event.kind, EventKind::Failed);
    assert_eq!(event.outcome.unwrap().code, "caller_gone");
}

#[tokio::test]
async fn broken_streams_end_with_an_error_of_the_dialect() {
    let begin = chunk(json!({"role": "assistant", "content": "Well"}), Value::Null);
    let huge = format!("data: {}\n\n", "x".repeat(5 << 20));
    let error =
        "data: {\"error\":{\"message\":\"patient Marlow Vance\",\"type\":\"server_error\"}}\n\n";
    for (what, tail, code) in [
        ("cut", String::new(), "upstream_cut"),
        (
            "not JSON",
            "data: {oops\n\n".to_owned(),
            "upstream_malformed",
        ),
        ("huge line", huge, "upstream_malformed"),
        ("an error", error.to_owned(), "upstream_error"),
    ] {
        let stream = sse_answer(&(begin.clone() + &tail));
        let vendor = RecordingVendor::start(vec![Act::Send(stream), Act::Cut]).await;
        let house = Setting::default().openai(&vendor.address).build();
        let answer = house.post(PATH, ask("gpt", "Tell me.")).await;
        let last = events(&answer.text()).pop().unwrap();
        assert!(
            last.contains("\"error\"") && last.contains(code),
            "{what}: {last}"
        );
        assert!(!answer.text().contains("Marlow"), "{what}");
        assert_eq!(
            house.kinds(),
            [
                EventKind::Forwarded,
                EventKind::Answering,
                EventKind::Failed
            ],
            "{what}"
        );
    }
}
