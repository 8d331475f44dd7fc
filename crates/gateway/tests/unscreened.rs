//! Pictures, sound, film and files: the screen does not read them. They pass only where the route allows them, an
//! agreement names them, and nobody calls the route de-identified; and then everybody is told.

use covenant_govern::{Date, Determined, Dialect, Feature, Method, Model, RouteDecision};
use covenant_ledger::EventKind;
use serde_json::{Value, json};

use crate::support::{Act, House, RecordingVendor, Setting, json_answer, sse_answer};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

/// Every part the screen cannot read, by dialect: endpoint, alias, feature, the part.
fn parts() -> Vec<(&'static str, &'static str, Feature, Value)> {
    let base64 = |media: &str| json!({"type": "base64", "media_type": media, "data": "AAAA"});
    let url = json!({"type": "url", "url": "https://x.example/p"});
    vec![
        (
            CHAT,
            "gpt",
            Feature::Images,
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}),
        ),
        (
            CHAT,
            "gpt",
            Feature::Audio,
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
        ),
        (
            CHAT,
            "gpt",
            Feature::Files,
            json!({"type": "file", "file": {"filename": "scan.pdf", "file_data": "AAAA"}}),
        ),
        (
            CHAT,
            "gpt",
            Feature::Video,
            json!({"type": "video_url", "video_url": {"url": "https://x.example/v"}}),
        ),
        (
            RESPONSES,
            "gpt",
            Feature::Images,
            json!({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
        ),
        (
            RESPONSES,
            "gpt",
            Feature::Audio,
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
        ),
        (
            RESPONSES,
            "gpt",
            Feature::Files,
            json!({"type": "input_file", "file_id": "file-AbCdEfGh12345678"}),
        ),
        (
            MESSAGES,
            "claude",
            Feature::Images,
            json!({"type": "image", "source": base64("image/png")}),
        ),
        (
            MESSAGES,
            "claude",
            Feature::Images,
            json!({"type": "image", "source": url}),
        ),
        (
            MESSAGES,
            "claude",
            Feature::Files,
            json!({"type": "document", "source": base64("application/pdf")}),
        ),
        (
            MESSAGES,
            "claude",
            Feature::Files,
            json!({"type": "document", "source": {"type": "file", "file_id": "file_AbCdEfGh12345678"}}),
        ),
    ]
}

fn body(path: &str, model: &str, parts: &[Value]) -> Value {
    let text = match path {
        RESPONSES => json!({"type": "input_text", "text": "See this."}),
        _ => json!({"type": "text", "text": "See this."}),
    };
    let content: Vec<Value> = [text].into_iter().chain(parts.to_vec()).collect();
    let conversation = if path == RESPONSES {
        "input"
    } else {
        "messages"
    };
    let mut body = json!({"model": model, conversation: [{"role": "user", "content": content}]});
    if path == MESSAGES {
        body["max_tokens"] = json!(100);
    }
    body
}

fn place(path: &str) -> &'static str {
    match path {
        RESPONSES => "input[0].content[1]",
        _ => "messages[0].content[1]",
    }
}

struct Vendors {
    openai: RecordingVendor,
    anthropic: RecordingVendor,
}

impl Vendors {
    async fn start() -> Vendors {
        let vendor =
            |answer: &str| RecordingVendor::start(vec![Act::Send(json_answer(200, answer))]);
        Vendors {
            openai: vendor(r#"{"choices":[]}"#).await,
            anthropic: vendor(r#"{"content":[]}"#).await,
        }
    }

    fn received(&self) -> usize {
        self.openai.received().len() + self.anthropic.received().len()
    }

    fn setting(&self) -> Setting {
        Setting::default()
            .openai(&self.openai.address)
            .anthropic(&self.anthropic.address)
    }
}

/// Sends each part and expects it refused with this code, at its place, and nothing sent.
async fn all_refused(house: &House, vendors: &Vendors, code: &str) {
    for (path, model, feature, part) in parts() {
        let answer = house.post(path, body(path, model, &[part])).await;
        let what = format!("{path} {feature}: {}", answer.text());
        assert_eq!(answer.status, 422, "{what}");
        let last = house.events().pop().unwrap();
        assert_eq!(last.kind, EventKind::Refused, "{what}");
        assert_eq!(last.outcome.unwrap().code, code, "{what}");
        assert!(answer.text().contains(feature.as_str()), "{what}");
        assert!(answer.text().contains(place(path)), "{what}");
    }
    assert_eq!(vendors.received(), 0);
}

const ALL: [Feature; 4] = [
    Feature::Images,
    Feature::Audio,
    Feature::Video,
    Feature::Files,
];

#[tokio::test]
async fn what_the_route_does_not_allow_is_refused_though_the_agreement_names_it() {
    let vendors = Vendors::start().await;
    let mut setting = vendors.setting().features(&ALL);
    for model in &mut setting.models {
        model.route.allow.clear();
    }
    all_refused(&setting.build(), &vendors, "feature_not_allowed").await;
}

#[tokio::test]
async fn what_the_agreement_does_not_name_is_refused_though_the_route_allows_it() {
    let vendors = Vendors::start().await;
    all_refused(&vendors.setting().build(), &vendors, "feature_not_covered").await;
}

#[tokio::test]
async fn no_decision_opens_a_route_for_what_nobody_screens() {
    let vendors = Vendors::start().await;
    let everything = Determined {
        treatments: [("DATE".to_owned(), "keep".to_owned())].into(),
        keeps_direct: Vec::new(),
    };
    let expert = Method::Expert {
        id: "ED-7".into(),
        expires: "2026-05-01".parse().unwrap(),
        determined: Some(everything),
    };
    for method in [Method::SafeHarbor, expert] {
        let mut setting = Setting::default();
        for (alias, vendor, dialect) in [
            ("gpt", &vendors.openai, Dialect::OpenAi),
            ("claude", &vendors.anthropic, Dialect::Anthropic),
        ] {
            let mut model = Model::new(alias, "uncovered", "chat", "m", &vendor.address, dialect);
            model.route.allow = ALL.to_vec();
            setting.models.push(model);
        }
        setting.decisions.push(open(method));
        all_refused(&setting.build(), &vendors, "feature_not_decided").await;
    }
}

fn open(method: Method) -> RouteDecision {
    let day = |text: &str| text.parse::<Date>().unwrap();
    RouteDecision {
        id: "open-2026".into(),
        vendor: "uncovered".into(),
        model: "*".into(),
        method,
        accepted_by: "R. Ames".into(),
        accepted_miss_rate: 0.02,
        reason: "summaries".into(),
        made: day("2026-02-01"),
        expires: day("2026-06-01"),
        features: Vec::new(),
    }
}

#[tokio::test]
async fn where_it_passes_the_event_and_the_caller_are_told_what_nobody_looked_into() {
    let vendors = Vendors::start().await;
    let house = vendors.setting().features(&ALL).build();
    for (path, model, feature, part) in parts() {
        let answer = house
            .post(path, body(path, model, &[part.clone(), part.clone()]))
            .await;
        assert_eq!(answer.status, 200, "{path} {feature}: {}", answer.text());
        let flag = format!("not-screened-{feature}=2");
        assert!(
            answer.header("x-covenant-flags").contains(&flag),
            "{path} {flag}"
        );
        let event = house.events().into_iter().rev().nth(1).unwrap();
        assert_eq!(event.kind, EventKind::Forwarded);
        assert_eq!(
            event.note.unwrap(),
            format!("under agreement covered-2026 v1; not screened: {feature} 2")
        );
        let counts = event.counts.unwrap();
        assert_eq!(counts.unscreened, [(feature.to_string(), 2)].into());
        let vendor = if path == MESSAGES {
            &vendors.anthropic
        } else {
            &vendors.openai
        };
        let sent = vendor.received().pop().unwrap().json();
        let list = if path == RESPONSES {
            "input"
        } else {
            "messages"
        };
        assert_eq!(sent[list][0]["content"][2], part);
    }
}

#[tokio::test]
async fn a_stream_tells_it_with_its_last_event() {
    let stream = sse_answer(&["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"].concat());
    let vendor = RecordingVendor::start(vec![Act::Send(stream)]).await;
    let setting = Setting::default().openai(&vendor.address);
    let house = setting.features(&ALL).build();
    let (_, _, _, image) = parts().remove(0);
    let mut ask = body(CHAT, "gpt", &[image]);
    ask["stream"] = json!(true);
    let answer = house.post(CHAT, ask).await;
    assert!(
        answer
            .text()
            .contains("x-covenant-flags not-screened-images=1"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn nothing_rides_along_in_a_part_that_passes() {
    let vendors = Vendors::start().await;
    let house = vendors.setting().features(&ALL).build();
    let url = "data:image/png;base64,AAAA";
    for (path, model, part, code) in [
        (
            CHAT,
            "gpt",
            json!({"type": "image_url", "image_url": {"url": url, "note": "Ellen Marsh"}}),
            "unknown_field",
        ),
        (
            CHAT,
            "gpt",
            json!({"type": "image_url", "image_url": {"url": url}, "note": "Ellen Marsh"}),
            "unknown_field",
        ),
        (
            CHAT,
            "gpt",
            json!({"type": "image_url", "image_url": {"url": {"a": "Ellen Marsh"}}}),
            "wrong_type",
        ),
        (
            CHAT,
            "gpt",
            json!({"type": "image_url", "image_url": {"url": url, "detail": "Ellen Marsh"}}),
            "unknown_value",
        ),
        (
            MESSAGES,
            "claude",
            json!({"type": "image", "source": {"type": "base64", "media_type": "Ellen Marsh", "data": "AAAA"}}),
            "unknown_value",
        ),
        (
            RESPONSES,
            "gpt",
            json!({"type": "input_image", "image_url": url, "alt": "Ellen Marsh"}),
            "unknown_field",
        ),
    ] {
        let answer = house.post(path, body(path, model, &[part])).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        let outcome = house.events().pop().unwrap().outcome.unwrap();
        assert_eq!(outcome.code, code, "{}", answer.text());
    }
    assert_eq!(vendors.received(), 0);
    // A file's name is text of the caller's.
    let named = json!({"type": "file", "file": {"filename": "for ellen.marsh@example.com.pdf", "file_data": "AAAA"}});
    assert_eq!(
        house.post(CHAT, body(CHAT, "gpt", &[named])).await.status,
        200
    );
    let sent = vendors.openai.only().text();
    assert!(
        sent.contains("[EMAIL_1_") && !sent.contains("ellen"),
        "{sent}"
    );
}

#[tokio::test]
async fn words_do_not_pass_as_a_file() {
    let vendors = Vendors::start().await;
    let house = vendors.setting().features(&ALL).build();
    for words in [
        "SSN 219-09-9999 Ellen Marsh, just text",
        "data:text/plain;base64,RWxsZW4=",
        "data:image/png,Ellen",
        "http://x.example/p",
        "https://x.example/Ellen Marsh",
        "Ellen",
        "",
    ] {
        let image = json!({"type": "image_url", "image_url": {"url": words}});
        let file = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": words}});
        for part in [image, file] {
            let answer = house.post(CHAT, body(CHAT, "gpt", &[part])).await;
            assert_eq!(answer.status, 422, "{words}: {}", answer.text());
            assert!(!answer.text().contains("Marsh"), "{}", answer.text());
        }
    }
    assert!(vendors.openai.received().is_empty());
}
