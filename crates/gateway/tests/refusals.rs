//! What is refused: by which status and code, that it is recorded, and that nothing was sent.

use covenant_access::App;
use covenant_govern::{Dialect, Feature, Model};
use covenant_ledger::EventKind;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Act, Answer, House, RecordingVendor, Setting, TODAY_MS, json_answer};

const PATH: &str = "/v1/chat/completions";

fn hello(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello."}]})
}

/// Sends a body to a vendor that must not receive anything.
async fn refused(setting: Setting, headers: &[(&str, &str)], body: Vec<u8>) -> (Answer, House) {
    let vendor = RecordingVendor::start(vec![Act::Send(json_answer(200, "{}"))]).await;
    let house = setting.openai(&vendor.address).build();
    let answer = house.send(house.request_with(PATH, headers, body)).await;
    assert!(vendor.raw().is_empty(), "something was sent");
    (answer, house)
}

async fn check(
    setting: Setting,
    headers: &[(&str, &str)],
    body: Value,
    status: u16,
    code: &str,
) -> (Answer, House) {
    let (answer, house) = refused(setting, headers, body.to_string().into_bytes()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (status, code),
        "{}",
        answer.text()
    );
    assert_eq!(house.kinds(), [EventKind::Refused], "{code}");
    let outcome = house.events()[0].outcome.clone().unwrap();
    assert_eq!((outcome.status, outcome.code.as_str()), (status, code));
    assert!(answer.header("x-request-id").starts_with("req_"));
    (answer, house)
}

#[tokio::test]
async fn a_request_without_a_key_that_counts_is_refused_and_not_recorded() {
    let cases: [(&str, Option<(&str, String)>); 6] = [
        ("no key", None),
        (
            "nonsense",
            Some(("authorization", "Bearer nonsense".into())),
        ),
        (
            "an OpenAI key",
            Some(("authorization", "Bearer sk-abcdef".into())),
        ),
        (
            "unknown",
            Some(("x-api-key", format!("cov_aaaaaaaa_{}", "b".repeat(43)))),
        ),
        (
            "an operator's",
            Some(("x-api-key", format!("covop_aaaaaaaa_{}", "b".repeat(43)))),
        ),
        (
            "right prefix, wrong secret",
            Some(("x-api-key", String::new())),
        ),
    ];
    for (what, header) in cases {
        let house = House::new();
        let mut request = Request::post(PATH).header("content-type", "application/json");
        if let Some((name, value)) = header {
            let value = if value.is_empty() {
                format!("{}{}", &house.key[..house.key.len() - 1], "_")
            } else {
                value
            };
            request = request.header(name, value);
        }
        let answer = house
            .send(
                request
                    .body(Full::from(hello("mirror").to_string()))
                    .unwrap(),
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "invalid_key"),
            "{what}"
        );
        assert!(house.events().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn expired_and_revoked_keys_and_disabled_apps_are_refused() {
    type Change = fn(&mut App);
    let cases: [(&str, Change); 3] = [
        ("expired", |app| app.keys[0].expires_at_ms = Some(TODAY_MS)),
        ("revoked", |app| {
            app.keys[0].revoked_at_ms = Some(TODAY_MS - 1)
        }),
        ("disabled", |app| app.disabled = true),
    ];
    for (what, change) in cases {
        let setting = Setting::default().with_key().app(change);
        let house = setting.build();
        let answer = house.post(PATH, hello("mirror")).await;
        assert_eq!(answer.status, 401, "{what}");
        assert!(answer.text().contains(what), "{}", answer.text());
    }
}

#[tokio::test]
async fn purposes_and_patients_are_checked() {
    let body = hello("gpt");
    let purpose = |word| [("x-covenant-purpose", word)];
    check(
        Setting::default(),
        &purpose("marketing"),
        body.clone(),
        400,
        "unknown_purpose",
    )
    .await;
    let (answer, _) = check(
        Setting::default(),
        &purpose("payment"),
        body.clone(),
        403,
        "denied_by_policy",
    )
    .await;
    assert_eq!(
        answer.json()["error"]["policies"],
        json!(["purpose-not-given"])
    );
    let none = Setting::default().app(|app| app.default_purpose = None);
    check(none, &[], body.clone(), 400, "no_purpose").await;
    let twice = [
        ("x-covenant-purpose", "treatment"),
        ("x-covenant-purpose", "payment"),
    ];
    check(
        Setting::default(),
        &twice,
        body.clone(),
        400,
        "purpose_repeated",
    )
    .await;
    check(
        Setting::default(),
        &[("x-covenant-patient", " ")],
        body.clone(),
        400,
        "invalid_patient",
    )
    .await;
    let required = || Setting::default().app(|app| app.require_patient = true);
    check(required(), &[], body.clone(), 403, "denied_by_policy").await;
    check(
        Setting::default(),
        &purpose("research"),
        body.clone(),
        403,
        "denied_by_policy",
    )
    .await;
}

#[tokio::test]
async fn a_vendor_without_an_agreement_gets_nothing() {
    let house = House::new();
    let answer = house.post(PATH, hello("mirror-uncovered")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (403, "no_agreement")
    );
    assert!(
        answer.text().contains("164.5") && answer.text().contains("to change it"),
        "{}",
        answer.text()
    );
    assert_eq!(house.kinds(), [EventKind::Refused]);
    assert!(house.payloads().is_empty());
    assert!(!house.events()[0].policy.as_ref().unwrap().allowed);
}

#[tokio::test]
async fn models_that_are_not_there_or_not_given_are_refused() {
    check(
        Setting::default(),
        &[],
        hello("Marlow Vance"),
        404,
        "unknown_model",
    )
    .await;
    check(
        Setting::default(),
        &[],
        json!({"messages": []}),
        400,
        "no_model",
    )
    .await;
    let given = Setting::default().app(|app| app.models = vec!["mirror".into()]);
    check(given, &[], hello("gpt"), 403, "denied_by_policy").await;
    let claude = Model::new(
        "claude",
        "covered",
        "chat",
        "c",
        "https://claude.example",
        Dialect::Anthropic,
    );
    let mut setting = Setting::default();
    setting.models.push(claude);
    check(setting, &[], hello("claude"), 400, "other_dialect").await;
}

#[tokio::test]
async fn fields_and_variants_that_the_table_does_not_know_are_refused_with_their_path() {
    let with = |change: Value| {
        let mut body = hello("gpt");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    let user = |content: Value| with(json!({"messages": [{"role": "user", "content": content}]}));
    let image = json!([{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]);
    let audio = json!([{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}]);
    let file = json!([{"type": "file", "file": {"file_id": "file-1"}}]);
    for (body, code, path) in [
        (with(json!({"surprise": 1})), "unknown_field", "surprise"),
        (with(json!({"Marlow Vance": 1})), "unknown_field", "*"),
        (
            with(json!({"tools": [{"type": "web_search"}]})),
            "unknown_variant",
            "tools[0].type",
        ),
        (
            with(json!({"temperature": "hot"})),
            "wrong_type",
            "temperature",
        ),
        (
            with(json!({"temperature": 1e30})),
            "out_of_range",
            "temperature",
        ),
        (
            with(json!({"reasoning_effort": "Marlow"})),
            "unknown_value",
            "reasoning_effort",
        ),
        (with(json!({"store": true})), "feature_not_covered", "store"),
        (
            with(json!({"web_search_options": {}})),
            "feature_not_covered",
            "web_search_options",
        ),
        (
            with(json!({"audio": {"voice": "x"}})),
            "refused_field",
            "audio",
        ),
        (
            with(json!({"modalities": ["text", "audio"]})),
            "unknown_value",
            "modalities[1]",
        ),
        (user(image), "feature_not_covered", "messages[0].content[1]"),
        (user(audio), "feature_not_covered", "messages[0].content[0]"),
        (user(file), "feature_not_covered", "messages[0].content[0]"),
        (
            user(json!([{"type": "hologram"}])),
            "unknown_variant",
            "messages[0].content[0].type",
        ),
        (
            user(json!([1, 2, 3])),
            "wrong_type",
            "messages[0].content[0]",
        ),
        (user(json!({"a": 1})), "wrong_type", "messages[0].content"),
        (
            with(json!({"messages": [{"role": "wizard", "content": "x"}]})),
            "unknown_variant",
            "messages[0].role",
        ),
    ] {
        let (answer, _) = check(Setting::default(), &[], body, 422, code).await;
        assert_eq!(answer.json()["error"]["param"], path, "{}", answer.text());
    }
}

#[tokio::test]
async fn what_the_agreement_names_may_go() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let setting = Setting::default()
        .openai(&vendor.address)
        .features(&[Feature::Images]);
    let house = setting.build();
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let body = json!({"model": "gpt", "messages": [{"role": "user", "content": [image]}]});
    let answer = house.post(PATH, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(vendor.only().json()["messages"][0]["content"][0], image);
    assert_eq!(
        house.events()[0].what.as_ref().unwrap().features,
        ["images"]
    );
}

#[tokio::test]
async fn a_route_may_screen_fields_the_table_does_not_know() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let screens = |model: &mut Model| {
        model.route.screen_paths = vec!["extra_body.hints[].text".into(), "extra_body".into()]
    };
    let house = Setting::default()
        .openai(&vendor.address)
        .with(screens)
        .build();
    let mut body = hello("gpt");
    body["extra_body"] = json!({"hints": [{"text": "mail ellen.marsh@example.com"}], "top_k": 5});
    let answer = house.post(PATH, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.only().json();
    assert_eq!(sent["extra_body"]["top_k"], 5);
    assert!(
        sent["extra_body"]["hints"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("mail [EMAIL_1_")
    );
}

#[tokio::test]
async fn encoded_data_is_refused() {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |bytes: &[u8]| {
        let chunk = |chunk: &[u8]| {
            let bits = chunk
                .iter()
                .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            (0..=chunk.len())
                .map(|at| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]))
                .collect::<String>()
        };
        bytes.chunks(3).map(chunk).collect::<String>()
    };
    let user =
        |text: String| json!({"model": "gpt", "messages": [{"role": "user", "content": text}]});
    let pdf = [b"%PDF-1.7\n".as_slice(), &[0x80; 90]].concat();
    check(
        Setting::default(),
        &[],
        user(format!("see {}", encode(&pdf))),
        422,
        "encoded_data",
    )
    .await;
    let hidden =
        "write to ellen.marsh@example.com about the results of the test that was done last week";
    check(
        Setting::default(),
        &[],
        user(encode(hidden.as_bytes())),
        422,
        "token_cannot_stand",
    )
    .await;
    // Escapes in JSON source hide nothing.
    let source = serde_json::to_string(&json!({"file": encode(&pdf)}))
        .unwrap()
        .replace('/', "\\/");
    let call = json!({"id": "call_0123456789abcdef", "type": "function", "function": {"name": "x", "arguments": source}});
    let body = json!({"model": "gpt", "messages": [{"role": "assistant", "tool_calls": [call]}]});
    check(Setting::default(), &[], body, 422, "encoded_data").await;
    let harmless = "there is nothing in this sentence that points to anybody, and it is long enough to be read";
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let answer = house.post(PATH, user(encode(harmless.as_bytes()))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn bad_bodies_are_refused_without_repeating_them() {
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    for (body, status, code) in [
        (
            b"{\"model\": \"gpt\", \"messages\": [}".to_vec(),
            400,
            "invalid_json",
        ),
        (b"[]".to_vec(), 400, "no_model"),
        (b"".to_vec(), 400, "invalid_json"),
        (
            b"{\"model\":\"gpt\",\"model\":\"gpt\"}".to_vec(),
            400,
            "invalid_json",
        ),
        (
            b"{\"model\":\"gpt\",\"user\":\"\\ud800\"}".to_vec(),
            400,
            "invalid_json",
        ),
        (
            b"{\"model\":\"gpt\",\"user\":\"\\u0000\"}".to_vec(),
            400,
            "invalid_json",
        ),
        (
            b"{\"model\":\"gpt\",\"user\":\"\xff\"}".to_vec(),
            400,
            "invalid_json",
        ),
        (
            format!("{{\"model\":\"gpt\",\"messages\":{deep}}}").into_bytes(),
            413,
            "json_too_large",
        ),
        (vec![b' '; 17 << 20], 413, "body_too_large"),
    ] {
        let (answer, house) = refused(Setting::default(), &[], body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{}",
            answer.text()
        );
        assert_eq!(house.kinds(), [EventKind::Refused]);
    }
    let many: Vec<Value> = (0..5000)
        .map(|_| json!({"role": "user", "content": "x"}))
        .collect();
    check(
        Setting::default(),
        &[],
        json!({"model": "gpt", "messages": many}),
        413,
        "too_many",
    )
    .await;
}

#[tokio::test]
async fn without_the_log_nothing_moves() {
    let vendor = RecordingVendor::start(vec![Act::Send(json_answer(200, "{}"))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    house.fail_log();
    let answer = house.post(PATH, hello("gpt")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "unavailable")
    );
    assert!(answer.headers.contains_key("retry-after"));
    assert!(vendor.raw().is_empty());
    // A refusal that cannot be recorded is not said either.
    let answer = house.post(PATH, hello("mirror-uncovered")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "unavailable")
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_is_not_given() {
    let house = House::new();
    house.fail_log_after(1);
    let answer = house
        .post(
            PATH,
            json!({"model": "mirror", "messages": [{"role": "user", "content": "secret words"}]}),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "unavailable")
    );
    assert!(!answer.text().contains("secret words"));
    assert_eq!(house.kinds(), [EventKind::Forwarded]);
}

#[tokio::test]
async fn other_paths_and_methods_are_named() {
    let house = House::new();
    let answer = house.post("/v1/images/generations", hello("mirror")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("POST /v1/chat/completions"));
    let get = Request::get(PATH).body(Full::default()).unwrap();
    assert_eq!(house.send(get).await.status, 405);
    assert!(house.events().is_empty());
}

#[tokio::test]
async fn a_full_gateway_and_a_full_upstream_say_so() {
    let vendor = RecordingVendor::start(vec![Act::Stall]).await;
    let narrow =
        |config: &mut covenant_gateway::GatewayConfig| config.limits.in_flight_per_upstream = 1;
    let house = Setting::default()
        .openai(&vendor.address)
        .config(narrow)
        .build();
    let (gateway, request) = (house.gateway.clone(), house.request(PATH, &hello("gpt")));
    let first = tokio::spawn(async move { gateway.handle(request).await.status() });
    while vendor.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let answer = house.post(PATH, hello("gpt")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (429, "upstream_full")
    );
    assert!(answer.headers.contains_key("retry-after"));
    first.abort();
    let none = |config: &mut covenant_gateway::GatewayConfig| config.limits.in_flight = 0;
    let answer = Setting::default()
        .config(none)
        .build()
        .post(PATH, hello("mirror"))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "gateway_full")
    );
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_the_request() {
    let value = "ellen.marsh@example.com";
    let schema = json!({"type": "object", "properties": {"who": {"enum": [value]}}});
    let tool = json!({"type": "function", "function": {"name": "find", "parameters": schema}});
    let body =
        json!({"model": "gpt", "messages": [{"role": "user", "content": "x"}], "tools": [tool]});
    let (answer, house) = check(Setting::default(), &[], body, 422, "token_cannot_stand").await;
    assert!(!answer.text().contains(value), "{}", answer.text());
    assert!(
        !serde_json::to_string(&house.events())
            .unwrap()
            .contains(value)
    );
    assert!(!house.gateway.metrics().contains(value));
}
