//! Vendors that fail: every fault becomes an error of the dialect without a word of theirs, and a `failed` event.

use std::time::Duration;

use covenant_ledger::EventKind;
use serde_json::json;

use crate::support::{Act, RecordingVendor, Setting, json_answer};

const PATH: &str = "/v1/chat/completions";

async fn check(what: &str, acts: Vec<Act>, status: u16, code: &str) {
    check_as(&[false, true], what, acts, status, code).await;
}

async fn check_as(streamed: &[bool], what: &str, acts: Vec<Act>, status: u16, code: &str) {
    let vendor = RecordingVendor::start(acts).await;
    let quick = |config: &mut covenant_gateway::GatewayConfig| {
        config.timeouts.first_byte = Duration::from_millis(300);
        config.timeouts.idle = Duration::from_millis(300);
        config.limits.answer_bytes = 100_000;
    };
    let house = Setting::default()
        .openai(&vendor.address)
        .config(quick)
        .build();
    for stream in streamed {
        let body = json!({"model": "gpt", "stream": stream, "messages": [{"role": "user", "content": "Hello."}]});
        let answer = house.post(PATH, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{what}: {}",
            answer.text()
        );
        assert!(
            !answer.text().contains("Marlow"),
            "{what}: {}",
            answer.text()
        );
        assert_eq!(
            answer.json()["error"]["request_id"],
            answer.header("x-request-id")
        );
        let last = house.events().pop().unwrap();
        assert_eq!(
            (last.kind, last.outcome.unwrap().code.as_str()),
            (EventKind::Failed, code),
            "{what}"
        );
    }
}

fn head(extra: &str, body: &str) -> Vec<Act> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{extra}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    vec![Act::Send(head.into_bytes())]
}

#[tokio::test]
async fn faults_of_a_vendor_are_told_in_our_words() {
    let theirs = r#"{"error":{"message":"bad key for Marlow Vance"}}"#;
    let status = |status| vec![Act::Send(json_answer(status, theirs))];
    for (answered, told) in [
        (400, 400),
        (401, 502),
        (403, 502),
        (404, 502),
        (413, 413),
        (422, 422),
        (429, 429),
        (500, 502),
        (503, 503),
        (529, 503),
    ] {
        check(
            &answered.to_string(),
            status(answered),
            told,
            "upstream_status",
        )
        .await;
    }
    let redirect =
        b"HTTP/1.1 307 X\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n"
            .to_vec();
    check(
        "redirect",
        vec![Act::Send(redirect)],
        502,
        "upstream_redirect",
    )
    .await;
    check(
        "html",
        head("content-type: text/html", "<p>Marlow"),
        502,
        "upstream_content_type",
    )
    .await;
    check(
        "gzip",
        head(
            "content-type: application/json\r\ncontent-encoding: gzip",
            "{}",
        ),
        502,
        "upstream_content_encoding",
    )
    .await;
    check(
        "stall",
        vec![Act::Stall],
        504,
        "upstream_first_byte_timeout",
    )
    .await;
    check("cut", vec![Act::Cut], 502, "upstream_broken").await;
    check(
        "not HTTP",
        vec![Act::Send(b"hello Marlow\r\n\r\n".to_vec()), Act::Cut],
        502,
        "upstream_broken",
    )
    .await;
}

#[tokio::test]
async fn faults_in_the_body_of_an_answer_are_told_too() {
    check_as(
        &[false],
        "not JSON",
        head("content-type: application/json", "{Marlow"),
        502,
        "upstream_malformed",
    )
    .await;
    check_as(
        &[false],
        "duplicate keys",
        head("content-type: application/json", r#"{"a":1,"a":2}"#),
        502,
        "upstream_malformed",
    )
    .await;
    let told = r#"{"error":{"message":"Marlow","code":500}}"#;
    check_as(
        &[false],
        "an error with status 200",
        head("content-type: application/json", told),
        502,
        "upstream_error",
    )
    .await;
    let long = format!("\"{}\"", "x".repeat(200_000));
    check_as(
        &[false],
        "too long",
        head("content-type: application/json", &long),
        502,
        "upstream_answer_too_long",
    )
    .await;
    let begun =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
            .to_vec();
    check_as(
        &[false],
        "stalls in the body",
        vec![Act::Send(begun.clone()), Act::Stall],
        504,
        "upstream_idle_timeout",
    )
    .await;
    check_as(
        &[false],
        "cut in the body",
        vec![Act::Send(begun), Act::Cut],
        502,
        "upstream_broken",
    )
    .await;
}

#[tokio::test]
async fn an_upstream_nobody_listens_at_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let house = Setting::default().openai(&address).build();
    let answer = house
        .post(PATH, json!({"model": "gpt", "messages": []}))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "upstream_unreachable"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_heard() {
    let acts = vec![Act::Send(
        b"HTTP/1.1 429 X\r\nretry-after: 17\r\ncontent-length: 0\r\n\r\n".to_vec(),
    )];
    let vendor = RecordingVendor::start(acts).await;
    let house = Setting::default().openai(&vendor.address).build();
    let answer = house
        .post(PATH, json!({"model": "gpt", "messages": []}))
        .await;
    assert_eq!(answer.header("retry-after"), "17");
}

#[tokio::test]
async fn a_vendor_over_tls_is_reached_with_http_2_and_only_with_a_certificate_that_is_trusted() {
    let vendor = crate::support::TlsVendor::start().await;
    let body = json!({"model": "gpt", "messages": [{"role": "user", "content": "Hello."}]});
    let trusting =
        |config: &mut covenant_gateway::GatewayConfig| config.extra_roots.push(vendor.authority());
    let house = Setting::default()
        .openai(&vendor.address)
        .config(trusting)
        .build();
    let answer = house.post(PATH, body.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(vendor.versions(), [http::Version::HTTP_2]);
    let house = Setting::default().openai(&vendor.address).build();
    let answer = house.post(PATH, body.clone()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "upstream_unreachable")
    );
    // The certificate is for `localhost`, not for the address behind it.
    let house = Setting::default()
        .openai(&vendor.address.replace("localhost", "127.0.0.1"))
        .config(trusting)
        .build();
    assert_eq!(house.post(PATH, body).await.code(), "upstream_unreachable");
    assert_eq!(vendor.versions().len(), 1);
}
