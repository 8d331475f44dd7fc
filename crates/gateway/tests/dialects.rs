//! Every endpoint, whole and streamed: what leaves holds no planted value, what comes back is the caller's own.

use covenant_govern::{Dialect, Feature};
use covenant_ledger::EventKind;
use serde_json::{Value, json};

use crate::support::{Act, Answer, House, RecordingVendor, Setting, json_answer, sse_answer};

const MAIL: &str = "ellen.marsh@example.com";
const SSN: &str = "219-09-9999";

/// The data of every event of a stream, as JSON.
pub fn events(answer: &Answer) -> Vec<Value> {
    let text = answer.text();
    let data = text
        .split("\n\n")
        .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

/// The text of a stream, put together as the SDKs do.
pub fn streamed_text(answer: &Answer) -> String {
    let mut text = String::new();
    for event in events(answer) {
        let piece = match event["type"].as_str() {
            Some("content_block_delta") => &event["delta"]["text"],
            Some("response.output_text.delta") => &event["delta"],
            Some(_) => &Value::Null,
            None if event["object"] == "text_completion" => &event["choices"][0]["text"],
            None => &event["choices"][0]["delta"]["content"],
        };
        text.push_str(piece.as_str().unwrap_or_default());
    }
    text
}

/// The text of an answer that is not streamed.
pub fn whole_text(answer: &Answer) -> String {
    let json = answer.json();
    let places = [
        "/choices/0/message/content",
        "/choices/0/text",
        "/content/0/text",
        "/output/0/content/0/text",
    ];
    places
        .iter()
        .find_map(|place| json.pointer(place)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn ask(path: &str, model: &str, text: &str) -> Value {
    match path {
        "/v1/chat/completions" => {
            json!({"model": model, "messages": [{"role": "user", "content": text}]})
        }
        "/v1/messages" => {
            json!({"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]})
        }
        "/v1/responses" => json!({"model": model, "input": text}),
        _ => json!({"model": model, "prompt": text}),
    }
}

#[tokio::test]
async fn every_dialect_gives_the_caller_its_words_back() {
    for path in [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/messages",
        "/v1/responses",
    ] {
        for stream in [false, true] {
            let house = House::new();
            let note = format!("Write to {MAIL} about {SSN}; she likes ü and 漢字.");
            let mut body = ask(path, "mirror", &note);
            body["stream"] = json!(stream);
            let answer = house.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let text = if stream {
                streamed_text(&answer)
            } else {
                whole_text(&answer)
            };
            assert_eq!(text, note, "{path} stream {stream}: {}", answer.text());
            assert!(
                !answer.text().contains("[EMAIL_1"),
                "{path} stream {stream}: {}",
                answer.text()
            );
            let expected: &[EventKind] = match stream {
                false => &[EventKind::Forwarded, EventKind::Answered],
                true => &[
                    EventKind::Forwarded,
                    EventKind::Answering,
                    EventKind::Answered,
                ],
            };
            assert_eq!(house.kinds(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn streams_have_the_shape_of_their_dialect() {
    let house = House::new();
    let kinds = |answer: &Answer| {
        let mut kinds: Vec<String> = events(answer)
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        kinds.dedup();
        kinds
    };
    let mut body = ask("/v1/messages", "mirror", &format!("Write to {MAIL}."));
    body["stream"] = json!(true);
    let answer = house.post("/v1/messages", body).await;
    let expected = [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(kinds(&answer), expected);
    let names = answer
        .text()
        .lines()
        .filter(|line| line.starts_with("event: "))
        .count();
    assert_eq!(names, events(&answer).len());
    let mut body = ask("/v1/responses", "mirror", &format!("Write to {MAIL}."));
    body["stream"] = json!(true);
    let answer = house.post("/v1/responses", body).await;
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(kinds(&answer), expected);
    let events = events(&answer);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let last = &events.last().unwrap()["response"];
    assert_eq!(
        last["output"][0]["content"][0]["text"],
        format!("Write to {MAIL}.")
    );
    assert_eq!(last["store"], false);
}

#[tokio::test]
async fn stored_state_is_declined_unless_it_is_covered() {
    let answered = json_answer(
        200,
        r#"{"id":"resp_1","object":"response","status":"completed","output":[]}"#,
    );
    for (features, sent) in [
        (&[][..], json!(false)),
        (&[Feature::StoredState], Value::Null),
    ] {
        let vendor = RecordingVendor::start(vec![Act::Send(answered.clone())]).await;
        let house = Setting::default()
            .openai(&vendor.address)
            .features(features)
            .build();
        let answer = house
            .post("/v1/responses", json!({"model": "gpt", "input": "Hello."}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(vendor.only().json()["store"], sent);
        let body = json!({"model": "gpt", "input": "Hello.", "previous_response_id": "resp_0123456789abcdef"});
        let answer = house.post("/v1/responses", body).await;
        match features {
            [] => assert_eq!(
                (answer.status.as_u16(), answer.code().as_str()),
                (422, "feature_not_covered")
            ),
            _ => assert_eq!(answer.status, 200, "{}", answer.text()),
        }
        if features.is_empty() {
            assert_eq!(answer.json()["error"]["param"], "previous_response_id");
        }
    }
}

#[tokio::test]
async fn tools_of_the_vendor_are_refused_by_name() {
    for (path, model, tool, feature) in [
        (
            "/v1/responses",
            "gpt",
            json!({"type": "web_search"}),
            "web-search",
        ),
        (
            "/v1/responses",
            "gpt",
            json!({"type": "file_search", "vector_store_ids": []}),
            "file-search",
        ),
        (
            "/v1/responses",
            "gpt",
            json!({"type": "code_interpreter", "container": {"type": "auto"}}),
            "code-execution",
        ),
        (
            "/v1/responses",
            "gpt",
            json!({"type": "mcp", "server_label": "x", "server_url": "https://x.example"}),
            "remote-mcp",
        ),
        (
            "/v1/responses",
            "gpt",
            json!({"type": "computer_use_preview"}),
            "computer-use",
        ),
        (
            "/v1/messages",
            "claude",
            json!({"type": "web_search_20250305", "name": "web_search"}),
            "web-search",
        ),
        (
            "/v1/messages",
            "claude",
            json!({"type": "code_execution_20250825", "name": "code_execution"}),
            "code-execution",
        ),
        (
            "/v1/messages",
            "claude",
            json!({"type": "computer_20250124", "name": "computer"}),
            "computer-use",
        ),
    ] {
        let vendor = RecordingVendor::start(vec![]).await;
        let house = Setting::default()
            .openai(&vendor.address)
            .anthropic(&vendor.address)
            .build();
        let mut body = ask(path, model, "Hello.");
        body["tools"] = json!([tool]);
        let answer = house.post(path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (422, "feature_not_covered"),
            "{}",
            answer.text()
        );
        assert!(answer.text().contains(feature), "{}", answer.text());
        assert!(vendor.raw().is_empty());
    }
}

#[tokio::test]
async fn anthropic_errors_come_in_anthropics_envelope() {
    let vendor = RecordingVendor::start(vec![Act::Send(json_answer(529, "{}"))]).await;
    let house = Setting::default().anthropic(&vendor.address).build();
    let answer = house
        .post("/v1/messages", ask("/v1/messages", "claude", "Hello."))
        .await;
    assert_eq!(answer.status, 503);
    let json = answer.json();
    assert_eq!(
        (json["type"].as_str(), json["error"]["type"].as_str()),
        (Some("error"), Some("overloaded_error"))
    );
    assert_eq!(json["request_id"], answer.header("x-request-id"));
    let received = vendor.only();
    assert!(
        received.head.contains("x-api-key: vendor-secret"),
        "{}",
        received.head
    );
    assert!(
        !received.head.contains("authorization"),
        "{}",
        received.head
    );
}

#[tokio::test]
async fn the_anthropic_version_goes_on_and_nothing_beside_it() {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"input_tokens":3}"#))]).await;
    let house = Setting::default().anthropic(&vendor.address).build();
    let headers = [
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "files-api"),
        ("x-stainless-lang", "python"),
    ];
    let body = json!({"model": "claude", "messages": [{"role": "user", "content": MAIL}]});
    let answer = house
        .post_with("/v1/messages/count_tokens", &headers, body)
        .await;
    assert_eq!(answer.json(), json!({"input_tokens": 3}));
    let received = vendor.only();
    assert!(received.head.contains("anthropic-version: 2023-06-01"));
    assert!(
        !received.head.contains("beta") && !received.head.contains("stainless"),
        "{}",
        received.head
    );
    assert!(!received.text().contains(MAIL));
}

#[tokio::test]
async fn embeddings_come_back_as_numbers() {
    let house = House::new();
    for format in ["float", "base64"] {
        let body = json!({"model": "mirror", "input": [format!("Write to {MAIL}."), "second"], "encoding_format": format});
        let answer = house.post("/v1/embeddings", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let data = answer.json()["data"].clone();
        assert_eq!(data.as_array().unwrap().len(), 2);
        assert_eq!(data[0]["embedding"].is_array(), format == "float");
        assert_eq!(data[0]["embedding"].is_string(), format == "base64");
    }
    for ids in [json!([1, 2, 3]), json!([[1, 2], [3]])] {
        let answer = house
            .post("/v1/embeddings", json!({"model": "mirror", "input": ids}))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (422, "wrong_type")
        );
    }
    let answer = house
        .post(
            "/v1/completions",
            json!({"model": "mirror", "prompt": [1, 2]}),
        )
        .await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn models_are_listed_for_whom_they_are_given() {
    let house = Setting::default()
        .app(|app| app.models = vec!["mirror".into()])
        .build();
    let get = |key: &str| {
        let request = http::Request::get("/v1/models").header("x-api-key", key.to_owned());
        request.body(http_body_util::Full::default()).unwrap()
    };
    let answer = house.send(get(&house.key)).await;
    let ids: Vec<Value> = answer.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].clone())
        .collect();
    assert_eq!(ids, ["mirror"]);
    assert_eq!(house.send(get("nobody")).await.status, 401);
}

#[tokio::test]
async fn keyed_values_stand_for_users_metadata_and_caches() {
    let answered = json_answer(200, r#"{"choices":[]}"#);
    let vendor = RecordingVendor::start(vec![Act::Send(answered)]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let mut body = ask("/v1/chat/completions", "gpt", "Hello.");
    body["user"] = json!("marlow.vance");
    body["safety_identifier"] = json!("marlow.vance");
    body["prompt_cache_key"] = json!("chart 4471902");
    body["metadata"] = json!({"ward": "marlow vance"});
    body["seed"] = json!(4471902);
    house.post("/v1/chat/completions", body.clone()).await;
    house.post("/v1/chat/completions", body).await;
    let received = vendor.received();
    let sent = received[0].json();
    assert!(sent["user"].as_str().unwrap().starts_with("cov-"));
    assert_eq!(sent["user"], sent["safety_identifier"]);
    assert!(
        sent["metadata"]["ward"]
            .as_str()
            .unwrap()
            .starts_with("cov-")
    );
    assert_eq!(sent["seed"], received[1].json()["seed"]);
    let raw = received[0].text();
    assert!(!raw.contains("marlow") && !raw.contains("4471902"), "{raw}");
}

/// Asks a vendor that answers with a tool call whose arguments hold the token of [`MAIL`].
async fn tool_call(path: &str, stream: bool) -> Value {
    let token = token_of_mail().await;
    let arguments = json!({"to": token, "note": "a \"quoted\" word"}).to_string();
    let (half, rest) = arguments.split_at(14);
    let (model, body) = match (path, stream) {
        ("/v1/chat/completions", false) => {
            let call = json!({"id": "call_0123456789abcdef", "type": "function", "function": {"name": "send", "arguments": arguments}});
            let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            ("gpt", json_answer(200, &json!({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}).to_string()))
        }
        ("/v1/chat/completions", true) => {
            let chunk = |delta: Value, reason: Value| {
                format!(
                    "data: {}\n\n",
                    json!({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
                )
            };
            let call =
                |function: Value| json!({"tool_calls": [{"index": 0, "function": function}]});
            let begin = json!({"role": "assistant", "tool_calls": [{"index": 0, "id": "call_0123456789abcdef", "type": "function", "function": {"name": "send", "arguments": ""}}]});
            let text = [
                chunk(begin, Value::Null),
                chunk(call(json!({"arguments": half})), Value::Null),
                chunk(call(json!({"arguments": rest})), Value::Null),
                chunk(json!({}), json!("tool_calls")),
                "data: [DONE]\n\n".to_owned(),
            ];
            ("gpt", sse_answer(&text.concat()))
        }
        ("/v1/messages", false) => {
            let input: Value = serde_json::from_str(&arguments).unwrap();
            let block = json!({"type": "tool_use", "id": "toolu_0123456789abcdef", "name": "send", "input": input});
            (
                "claude",
                json_answer(
                    200,
                    &json!({"type": "message", "role": "assistant", "content": [block]})
                        .to_string(),
                ),
            )
        }
        ("/v1/messages", true) => {
            let event = |data: Value| {
                format!(
                    "event: {}\ndata: {data}\n\n",
                    data["type"].as_str().unwrap()
                )
            };
            let delta = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": text}});
            let block = json!({"type": "tool_use", "id": "toolu_0123456789abcdef", "name": "send", "input": {}});
            let text = [
                event(
                    json!({"type": "message_start", "message": {"type": "message", "role": "assistant", "content": []}}),
                ),
                event(json!({"type": "content_block_start", "index": 0, "content_block": block})),
                event(delta(half)),
                event(delta(rest)),
                event(json!({"type": "content_block_stop", "index": 0})),
                event(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})),
                event(json!({"type": "message_stop"})),
            ];
            ("claude", sse_answer(&text.concat()))
        }
        ("/v1/responses", false) => {
            let item = json!({"type": "function_call", "id": "fc_1", "call_id": "call_0123456789abcdef", "name": "send", "arguments": arguments});
            (
                "gpt",
                json_answer(
                    200,
                    &json!({"object": "response", "status": "completed", "output": [item]})
                        .to_string(),
                ),
            )
        }
        _ => {
            let event = |data: Value| {
                format!(
                    "event: {}\ndata: {data}\n\n",
                    data["type"].as_str().unwrap()
                )
            };
            let item = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "call_0123456789abcdef", "name": "send", "arguments": arguments});
            let delta = |text: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 0, "delta": text});
            let text = [
                event(
                    json!({"type": "response.output_item.added", "output_index": 0, "item": item("")}),
                ),
                event(delta(half)),
                event(delta(rest)),
                event(
                    json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 0, "arguments": arguments}),
                ),
                event(
                    json!({"type": "response.output_item.done", "output_index": 0, "item": item(&arguments)}),
                ),
                event(
                    json!({"type": "response.completed", "response": {"output": [item(&arguments)]}}),
                ),
            ];
            ("gpt", sse_answer(&text.concat()))
        }
    };
    let vendor = RecordingVendor::start(vec![Act::Send(body), Act::Cut]).await;
    let house = Setting::default()
        .openai(&vendor.address)
        .anthropic(&vendor.address)
        .build();
    let mut request = ask(path, model, &format!("Write to {MAIL}."));
    request["stream"] = json!(stream);
    let answer = house.post(path, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        !answer.text().contains(&token),
        "{path} {stream}: {}",
        answer.text()
    );
    let parse = |text: String| {
        serde_json::from_str::<Value>(&text).unwrap_or_else(|_| panic!("{path} {stream}: {text}"))
    };
    if !stream {
        let json = answer.json();
        return match path {
            "/v1/messages" => json["content"][0]["input"].clone(),
            "/v1/responses" => parse(json["output"][0]["arguments"].as_str().unwrap().to_owned()),
            _ => parse(
                json["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            ),
        };
    }
    let mut arguments = String::new();
    for event in events(&answer) {
        let piece = match event["type"].as_str() {
            Some("content_block_delta") => &event["delta"]["partial_json"],
            Some("response.function_call_arguments.delta") => &event["delta"],
            Some("response.completed") => {
                let done = event["response"]["output"][0]["arguments"]
                    .as_str()
                    .unwrap();
                assert_eq!(done, arguments, "the whole is what was streamed");
                continue;
            }
            Some(_) => continue,
            None => &event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"],
        };
        arguments.push_str(piece.as_str().unwrap_or_default());
    }
    parse(arguments)
}

/// The token the house gives to the first e-mail address of a request.
async fn token_of_mail() -> String {
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, r#"{"choices":[]}"#))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    house
        .post(
            "/v1/chat/completions",
            ask("/v1/chat/completions", "gpt", MAIL),
        )
        .await;
    vendor.only().json()["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn arguments_of_tool_calls_are_restored_and_stay_json() {
    for path in ["/v1/chat/completions", "/v1/messages", "/v1/responses"] {
        for stream in [false, true] {
            let arguments = tool_call(path, stream).await;
            assert_eq!(
                arguments,
                json!({"to": MAIL, "note": "a \"quoted\" word"}),
                "{path} stream {stream}"
            );
        }
    }
}

#[tokio::test]
async fn tool_calls_and_results_of_the_history_are_screened() {
    let chat = json!({"model": "gpt", "messages": [
        {"role": "user", "content": "Look her up."},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "call_0123456789abcdef", "type": "function",
            "function": {"name": "find_patient", "arguments": format!("{{\"mail\":\"{MAIL}\",\"n\":2}}")}}]},
        {"role": "tool", "tool_call_id": "call_0123456789abcdef", "content": format!("{{\"ssn\":\"{SSN}\"}}")}
    ], "tools": [{"type": "function", "function": {"name": "find_patient", "description": format!("finds, as {MAIL} asked"),
        "parameters": {"type": "object", "properties": {"mail": {"type": "string", "description": format!("such as {MAIL}")}}}}}]});
    let messages = json!({"model": "claude", "max_tokens": 9, "messages": [
        {"role": "user", "content": "Look her up."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0123456789abcdef", "name": "find_patient", "input": {"mail": MAIL, "n": 2}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_0123456789abcdef", "content": [{"type": "text", "text": SSN}]}]}
    ]});
    let responses = json!({"model": "gpt", "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Look her up."}]},
        {"type": "function_call", "id": "fc_0123456789abcdef", "call_id": "call_0123456789abcdef", "name": "find_patient", "arguments": format!("{{\"mail\":\"{MAIL}\",\"n\":2}}")},
        {"type": "function_call_output", "call_id": "call_0123456789abcdef", "output": format!("{{\"ssn\":\"{SSN}\"}}")}
    ]});
    for (path, body, arguments) in [
        (
            "/v1/chat/completions",
            chat,
            "/messages/1/tool_calls/0/function/arguments",
        ),
        ("/v1/messages", messages, "/messages/1/content/0/input"),
        ("/v1/responses", responses, "/input/1/arguments"),
    ] {
        let vendor = RecordingVendor::start(vec![Act::Send(json_answer(200, "{}"))]).await;
        let house = Setting::default()
            .openai(&vendor.address)
            .anthropic(&vendor.address)
            .build();
        let answer = house.post(path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let received = vendor.only();
        assert!(
            !received.text().contains(MAIL) && !received.text().contains(SSN),
            "{}",
            received.text()
        );
        let arguments = received.json().pointer(arguments).unwrap().clone();
        let arguments = arguments.as_str().map_or(arguments.clone(), |text| {
            serde_json::from_str(text).unwrap()
        });
        assert!(
            arguments["mail"].as_str().unwrap().starts_with("[EMAIL_1_"),
            "{arguments}"
        );
        assert_eq!(arguments["n"], 2);
    }
}

#[tokio::test]
async fn a_structured_answer_is_restored_or_withheld_whole() {
    let token = token_of_mail().await;
    let schema = json!({"type": "object", "properties": {"to": {"type": "string"}, "phone": {"type": "string", "pattern": "^[0-9]"}, "note": {"type": "string"}}});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "letter", "schema": schema}});
    let restored = json!({"to": token, "note": "line"}).to_string();
    let free = r#"{"note":"call (212) 555-0187 now"}"#.to_owned();
    let typed = r#"{"phone":"(212) 555-0187"}"#.to_owned();
    for stream in [false, true] {
        for (said, expected) in [
            (&restored, Ok(json!({"to": MAIL, "note": "line"}))),
            (
                &free,
                Ok(json!({"note": "call [removed by Covenant: PHONE] now"})),
            ),
            (&typed, Err("phone")),
        ] {
            let body = if stream {
                let chunk = |delta: Value, reason: Value| {
                    format!(
                        "data: {}\n\n",
                        json!({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
                    )
                };
                let pieces = said.as_bytes().chunks(3).map(|piece| {
                    chunk(
                        json!({"content": std::str::from_utf8(piece).unwrap()}),
                        Value::Null,
                    )
                });
                sse_answer(
                    &(pieces.collect::<String>()
                        + &chunk(json!({}), json!("stop"))
                        + "data: [DONE]\n\n"),
                )
            } else {
                json_answer(200, &json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": said}}]}).to_string())
            };
            let vendor = RecordingVendor::start(vec![Act::Send(body), Act::Cut]).await;
            let house = Setting::default().openai(&vendor.address).build();
            let mut request = ask("/v1/chat/completions", "gpt", &format!("Write to {MAIL}."));
            request["response_format"] = format.clone();
            request["stream"] = json!(stream);
            let answer = house.post("/v1/chat/completions", request).await;
            match expected {
                Ok(expected) => {
                    let text = if stream {
                        streamed_text(&answer)
                    } else {
                        whole_text(&answer)
                    };
                    assert_eq!(
                        serde_json::from_str::<Value>(&text).unwrap(),
                        expected,
                        "{text}"
                    );
                }
                Err(path) => {
                    assert!(
                        answer.text().contains("answer_withheld") && answer.text().contains(path),
                        "{}",
                        answer.text()
                    );
                    assert!(!answer.text().contains("555-0187"), "{}", answer.text());
                    assert_eq!(house.kinds().last(), Some(&EventKind::Failed));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_schema_in_which_no_token_can_stand_is_refused() {
    let schema = json!({"type": "object", "properties": {"who": {"const": MAIL}}});
    for (path, model, change) in [
        (
            "/v1/chat/completions",
            "gpt",
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}),
        ),
        (
            "/v1/responses",
            "gpt",
            json!({"text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}),
        ),
        (
            "/v1/messages",
            "claude",
            json!({"tools": [{"name": "x", "input_schema": schema}]}),
        ),
    ] {
        let vendor = RecordingVendor::start(vec![]).await;
        let house = Setting::default()
            .openai(&vendor.address)
            .anthropic(&vendor.address)
            .build();
        let mut body = ask(path, model, "Hello.");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = house.post(path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (422, "token_cannot_stand"),
            "{}",
            answer.text()
        );
        assert!(
            answer.json()["error"]["param"]
                .as_str()
                .unwrap()
                .ends_with("const"),
            "{}",
            answer.text()
        );
        assert!(vendor.raw().is_empty());
    }
}

#[tokio::test]
async fn an_identifier_split_over_parts_is_found() {
    let vendor = RecordingVendor::start(vec![Act::Send(json_answer(200, "{}"))]).await;
    let house = Setting::default().anthropic(&vendor.address).build();
    let parts = json!([{"type": "text", "text": "Her SSN is 219-0"}, {"type": "text", "text": "9-9999, as she said."}]);
    let body = json!({"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": parts}]});
    let answer = house.post("/v1/messages", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.only().text();
    assert!(
        sent.contains("[SSN_1_") && !sent.contains("219-0") && !sent.contains("9-9999"),
        "{sent}"
    );
}

#[tokio::test]
async fn what_only_the_vendor_can_read_comes_back_as_it_was() {
    let token = token_of_mail().await;
    let thought = format!("I see {token} here.");
    let blocks = json!([{"type": "thinking", "thinking": thought, "signature": "EqQBCkYIB=="}, {"type": "text", "text": "Done."}]);
    let answered = json!({"type": "message", "role": "assistant", "content": blocks});
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, &answered.to_string()))]).await;
    let house = Setting::default().anthropic(&vendor.address).build();
    let first = json!({"role": "user", "content": format!("Write to {MAIL}.")});
    let ask = |messages: Value| json!({"model": "claude", "max_tokens": 9, "messages": messages});
    let answer = house.post("/v1/messages", ask(json!([first]))).await;
    let content = answer.json()["content"].clone();
    assert_eq!(content[0]["thinking"], format!("I see {MAIL} here."));
    let again = ask(
        json!([first, {"role": "assistant", "content": content}, {"role": "user", "content": "Go on."}]),
    );
    let answer = house.post("/v1/messages", again).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = vendor.received()[1].json();
    assert_eq!(sent["messages"][1]["content"], blocks);
    let forged = json!([{"type": "thinking", "thinking": "x", "signature": "RWxsZW4gTWFyc2g="}]);
    let answer = house
        .post(
            "/v1/messages",
            ask(json!([first, {"role": "assistant", "content": forged}])),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (422, "opaque_data")
    );
}

#[tokio::test]
async fn fields_of_answers_that_no_table_knows_are_taken_out_and_counted() {
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "Done.", "surprise": "Ellen Marsh"},
        "logprobs": {"content": [{"token": "Done"}]}, "finish_reason": "stop"});
    let answered = json!({"id": "gen-1/a+b=", "model": "acme/large@2026", "choices": [choice], "patient": "Ellen Marsh"});
    let vendor =
        RecordingVendor::start(vec![Act::Send(json_answer(200, &answered.to_string()))]).await;
    let house = Setting::default().openai(&vendor.address).build();
    let answer = house
        .post(
            "/v1/chat/completions",
            ask("/v1/chat/completions", "gpt", "Hello."),
        )
        .await;
    assert_eq!(answer.header("x-covenant-flags"), "dropped-fields=3");
    assert_eq!(
        (
            answer.json()["id"].as_str(),
            answer.json()["model"].as_str()
        ),
        (Some("gen-1/a+b="), Some("acme/large@2026"))
    );
    assert!(
        !answer.text().contains("Marsh") && !answer.text().contains("logprobs"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn unknown_blocks_and_events_are_left_out_of_streams() {
    let event = |data: Value| {
        format!(
            "event: {}\ndata: {data}\n\n",
            data["type"].as_str().unwrap()
        )
    };
    let text = [
        event(
            json!({"type": "message_start", "message": {"type": "message", "role": "assistant", "content": []}}),
        ),
        event(
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "hologram", "of": "Ellen Marsh"}}),
        ),
        event(
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "hologram_delta", "of": "Ellen Marsh"}}),
        ),
        event(json!({"type": "content_block_stop", "index": 0})),
        event(
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        ),
        event(
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hello."}}),
        ),
        event(json!({"type": "surprise", "text": "Ellen Marsh"})),
        event(json!({"type": "content_block_stop", "index": 1})),
        event(json!({"type": "message_stop"})),
    ];
    let vendor =
        RecordingVendor::start(vec![Act::Send(sse_answer(&text.concat())), Act::Cut]).await;
    let house = Setting::default().anthropic(&vendor.address).build();
    let mut body = ask("/v1/messages", "claude", "Hello.");
    body["stream"] = json!(true);
    let answer = house.post("/v1/messages", body).await;
    assert!(!answer.text().contains("Marsh"), "{}", answer.text());
    assert_eq!(streamed_text(&answer), "Hello.");
    let indices: Vec<Value> = events(&answer)
        .iter()
        .filter_map(|event| event.get("index").cloned())
        .collect();
    assert!(indices.iter().all(|index| index == 0), "{indices:?}");
    assert!(answer.text().contains("covenant_flags"));
}

#[tokio::test]
async fn every_dialect_is_served_by_the_mirror_of_either_family() {
    let house = Setting::default()
        .with(|model| model.dialect = Dialect::Anthropic)
        .build();
    for path in [
        "/v1/chat/completions",
        "/v1/messages",
        "/v1/responses",
        "/v1/completions",
    ] {
        assert_eq!(
            house.post(path, ask(path, "mirror", "Hello.")).await.status,
            200,
            "{path}"
        );
    }
}
