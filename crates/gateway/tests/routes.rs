//! Routes: what leaves over a de-identified one, long bodies, slow callers, callers that go away early, TLS.

use std::time::Duration;

use bytes::Bytes;
use covenant_govern::{ContentKept, Dialect, Method, Model, RouteDecision};
use covenant_ledger::EventKind;
use http_body_util::StreamBody;
use serde_json::{Value, json};

use crate::support::{Act, House, RecordingVendor, Setting, json_answer};

const PATH: &str = "/v1/chat/completions";

fn ask(model: &str, text: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}]})
}

fn decision(model: &str, method: Method) -> RouteDecision {
    RouteDecision {
        id: "open-2026".into(),
        vendor: "uncovered".into(),
        model: model.into(),
        method,
        accepted_by: "R. Ames".into(),
        accepted_miss_rate: 0.02,
        reason: "summaries of notes without identifiers".into(),
        made: "2026-02-01".parse().unwrap(),
        expires: "2026-06-01".parse().unwrap(),
        features: Vec::new(),
    }
}

#[tokio::test]
async fn a_decision_opens_a_route_on_which_dates_leave_as_years() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let mut setting = Setting::default();
    setting.models.push(Model::new(
        "open",
        "uncovered",
        "chat",
        "open-1",
        &vendor.address,
        Dialect::OpenAi,
    ));
    setting.decisions.push(decision("open", Method::SafeHarbor));
    let house = setting.build();
    let note = "Admitted on March 4, 2025 to Lakeside Hospital; mail ellen.marsh@example.com.";
    let answer = house.post(PATH, ask("open", note)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.only().text();
    assert!(
        sent.contains("2025") && !sent.contains("March 4") && !sent.contains("example.com"),
        "{sent}"
    );
    let event = house.events().remove(0);
    let what = event.what.unwrap();
    assert_eq!(
        (what.decision.as_deref(), what.agreement),
        (Some("open-2026"), None)
    );
    assert_eq!(
        event.note.as_deref(),
        Some("sent as de-identified under open-2026")
    );
}

#[tokio::test]
async fn under_an_agreement_dates_and_places_pass() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    house
        .post(PATH, ask("gpt", "Admitted on March 4, 2025."))
        .await;
    assert!(vendor.only().text().contains("March 4, 2025"));
    let counts = house.events()[0].counts.clone().unwrap();
    assert_eq!(
        (counts.found.get("DATE"), counts.sent.get("DATE")),
        (Some(&1), Some(&1))
    );
}

#[tokio::test]
async fn content_is_kept_only_where_the_route_keeps_it() {
    let off = |model: &mut Model| model.route.content = ContentKept::Off;
    let mut setting = Setting::default();
    off(&mut setting.models[0]);
    let house = setting.build();
    house
        .post(PATH, ask("mirror", "Write to ellen.marsh@example.com."))
        .await;
    assert_eq!(house.kinds(), [EventKind::Forwarded, EventKind::Answered]);
    assert!(house.payloads().is_empty());
}

#[tokio::test]
async fn long_notes_are_screened_whole() {
    let house = House::new();
    let note = "Reach her at ellen.marsh@example.com; she was seen for a cough. ".repeat(3000);
    let answer = house.post(PATH, ask("mirror", &note)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["choices"][0]["message"]["content"], note);
    assert_eq!(
        house.events()[0]
            .counts
            .clone()
            .unwrap()
            .removed
            .get("EMAIL"),
        Some(&3000)
    );
}

#[tokio::test]
async fn an_appended_history_keeps_its_numbers() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let tool = |mail: &str| json!({"type": "function", "function": {"name": "find", "description": format!("as {mail} asked")}});
    let first = json!({"role": "user", "content": "Write to ellen.marsh@example.com."});
    let next = json!({"role": "user", "content": "And to t.renner@example.org."});
    // The caller's order of fields does not matter: what stands before the conversation is numbered before it.
    let one = json!({"messages": [first], "model": "gpt", "tools": [tool("x.y@example.net")]});
    let two =
        json!({"tools": [tool("x.y@example.net")], "messages": [first, next], "model": "gpt"});
    house.post(PATH, one).await;
    house.post(PATH, two).await;
    let sent: Vec<Value> = vendor
        .received()
        .iter()
        .map(|received| received.json())
        .collect();
    assert_eq!(sent[0]["tools"], sent[1]["tools"]);
    assert_eq!(sent[0]["messages"][0], sent[1]["messages"][0]);
    assert!(sent[1]["tools"].to_string().contains("[EMAIL_1_"));
    assert!(
        sent[1]["messages"][1]["content"]
            .as_str()
            .unwrap()
            .contains("[EMAIL_3_")
    );
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_refused() {
    let slow = |config: &mut covenant_gateway::GatewayConfig| {
        config.timeouts.body = Duration::from_millis(50)
    };
    let house = Setting::default().config(slow).build();
    let never = futures_util::stream::pending::<Result<http_body::Frame<Bytes>, std::io::Error>>();
    let request = http::Request::post(PATH)
        .header("x-api-key", &house.key)
        .header("content-type", "application/json")
        .body(StreamBody::new(never))
        .unwrap();
    assert_eq!(house.gateway.handle(request).await.status(), 408);
    assert_eq!(house.kinds(), [EventKind::Refused]);
}

#[tokio::test]
async fn a_caller_that_goes_away_before_the_answer_cancels_the_vendor() {
    let mut vendor = RecordingVendor::start(vec![Act::Stall]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let (gateway, request) = (
        house.gateway.clone(),
        house.request(PATH, &ask("gpt", "Hello.")),
    );
    let call = tokio::spawn(async move { gateway.handle(request).await.status() });
    while vendor.received().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    vendor.connection_ended().await;
    while house.kinds().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.kinds(), [EventKind::Forwarded, EventKind::Failed]);
}

#[tokio::test]
async fn figures_name_stages_and_endpoints() {
    let house = House::new();
    house.post(PATH, ask("mirror", "Hello.")).await;
    house.post(PATH, ask("nobody", "Hello.")).await;
    let metrics = house.gateway.metrics();
    for line in [
        "covenant_gateway_requests_total{endpoint=\"/v1/chat/completions\",status=\"200\"} 1",
        "covenant_gateway_refusals_total{code=\"unknown_model\"} 1",
        "covenant_gateway_stage_seconds_count{stage=\"detect\"} 1",
        "covenant_gateway_stage_seconds_count{stage=\"record\"} 3",
        "covenant_gateway_in_flight 0",
    ] {
        assert!(
            metrics.lines().any(|have| have == line),
            "{line} in {metrics}"
        );
    }
}

/// A house whose model `open` runs at a vendor without an agreement, opened by a decision.
async fn opened(method: Method) -> (House, RecordingVendor) {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let mut setting = Setting::default();
    let mut model = Model::new(
        "open",
        "uncovered",
        "chat",
        "open-1",
        &vendor.address,
        Dialect::OpenAi,
    );
    model.route.allow = covenant_govern::Feature::ALL.to_vec();
    setting.models.push(model);
    setting.decisions.push(decision("open", method));
    (setting.build(), vendor)
}

fn expert(determined: Option<covenant_govern::Determined>) -> Method {
    Method::Expert {
        id: "ED-7".into(),
        expires: "2026-05-01".parse().unwrap(),
        determined,
    }
}

const DETERMINED: &str =
    "Admitted on March 4, 2025 in Springfield, IL 62704, aged 93. Mail ellen.marsh@example.com.";

#[tokio::test]
async fn an_experts_treatments_are_laid_over_safe_harbor() {
    let determined = covenant_govern::Determined {
        treatments: [
            ("DATE", "keep"),
            ("LOCATION.city", "keep"),
            ("EMAIL", "redact"),
        ]
        .map(|(class, treatment)| (class.to_owned(), treatment.to_owned()))
        .into(),
        keeps_direct: Vec::new(),
    };
    let (house, vendor) = opened(expert(Some(determined))).await;
    let answer = house.post(PATH, ask("open", DETERMINED)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.only().text();
    for (text, leaves) in [
        ("March 4, 2025", true),
        ("Springfield", true),
        // What the table does not name stays as Safe Harbor has it.
        ("62704", false),
        ("627", true),
        ("93", false),
        ("example.com", false),
        ("[EMAIL_1_", false),
    ] {
        assert_eq!(sent.contains(text), leaves, "{text}: {sent}");
    }
    let event = house.events().remove(0);
    assert_eq!(
        event.note.as_deref(),
        Some(
            "sent as de-identified under open-2026 (expert determination ED-7, with the treatments it names)"
        )
    );
    assert_eq!(event.counts.unwrap().sent.get("DATE"), Some(&1));
}

#[tokio::test]
async fn an_expert_who_names_no_treatments_leaves_safe_harbor_in_full() {
    let (house, vendor) = opened(expert(None)).await;
    let answer = house.post(PATH, ask("open", DETERMINED)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.only().text();
    for gone in ["March 4", "Springfield", "62704", "93", "example.com"] {
        assert!(!sent.contains(gone), "{gone}: {sent}");
    }
    assert_eq!(
        house.events().remove(0).note.as_deref(),
        Some(
            "sent as de-identified under open-2026 (expert determination ED-7, Safe Harbor in full)"
        )
    );
}

#[test]
fn the_kinds_a_determination_may_name_are_kinds_of_the_detector() {
    for subject in covenant_govern::KINDS {
        let (class, kind) = subject.split_once('.').unwrap();
        let kind: covenant_detect::Kind = kind.parse().unwrap();
        assert_eq!(kind.class().as_str(), class, "{subject}");
    }
}
