//! `POST /v1/responses`, OpenAI.
//!
//! The vendor keeps answers unless it is told not to: where the agreement does not cover stored state, `store: false`
//! is sent.

use std::collections::BTreeMap;

use covenant_formats::json::{Json, Object, Path, Step, object};
use covenant_govern::{Dialect as Family, Feature};

use super::{Dialect, Ends, Mirrored, Streaming, Tables, pieces};
use crate::sse::SseEvent;
use crate::table::TableError;

/// Responses.
pub(crate) struct Responses {
    tables: Tables,
}

impl Responses {
    pub(crate) fn new() -> Result<Responses, TableError> {
        let tables = Tables::parse(
            "responses",
            include_str!("responses.request.fields"),
            include_str!("responses.answer.fields"),
            include_str!("responses.stream.fields"),
        )?;
        Ok(Responses { tables })
    }
}

impl Dialect for Responses {
    fn path(&self) -> &'static str {
        "/v1/responses"
    }

    fn family(&self) -> Family {
        Family::OpenAi
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "input"
    }

    fn implied(&self, body: &Object) -> &'static [Feature] {
        if body.contains_key("store") {
            &[]
        } else {
            &[Feature::StoredState]
        }
    }

    fn settle(&self, covered: &[Feature]) -> Vec<(&'static str, Json)> {
        if covered.contains(&Feature::StoredState) {
            Vec::new()
        } else {
            vec![("store", false.into())]
        }
    }

    fn structure(&self, body: &Json) -> Option<Json> {
        let format = body.get("text")?.get("format")?;
        match format.get("type").and_then(Json::as_str)? {
            "json_object" => Some(Json::Null),
            "json_schema" => format.get("schema").cloned(),
            _ => None,
        }
    }

    fn streaming(&self) -> Option<Box<dyn Streaming>> {
        Some(Box::new(Events::default()))
    }

    fn mirror(&self, body: &Json, said: &Mirrored) -> Json {
        response(
            body,
            said,
            "completed",
            vec![message(&said.text, "completed")],
        )
    }

    fn mirror_stream(&self, body: &Json, said: &Mirrored) -> Vec<SseEvent> {
        let mut events = Vec::new();
        let mut send = |kind: &str, fields: Vec<(&str, Json)>| {
            let number = i64::try_from(events.len()).unwrap_or(i64::MAX);
            let head = [
                ("type", Json::from(kind)),
                ("sequence_number", number.into()),
            ];
            let data = Json::Object(head.into_iter().chain(fields).collect());
            events.push(SseEvent::named(kind, data.to_string()));
        };
        let at = |fields: Vec<(&'static str, Json)>| {
            let place = [
                ("item_id", ITEM.into()),
                ("output_index", 0.into()),
                ("content_index", 0.into()),
            ];
            place.into_iter().chain(fields).collect::<Vec<_>>()
        };
        let begun = || response(body, said, "in_progress", Vec::new());
        send("response.created", vec![("response", begun())]);
        send("response.in_progress", vec![("response", begun())]);
        let mut item = message("", "in_progress");
        if let Json::Object(item) = &mut item {
            item.insert("content", Json::from(Vec::new()));
        }
        send(
            "response.output_item.added",
            vec![("output_index", 0.into()), ("item", item)],
        );
        send("response.content_part.added", at(vec![("part", part(""))]));
        for piece in pieces(&said.text) {
            send(
                "response.output_text.delta",
                at(vec![
                    ("delta", piece.into()),
                    ("logprobs", Json::from(Vec::new())),
                ]),
            );
        }
        let text = said.text.as_str();
        send(
            "response.output_text.done",
            at(vec![
                ("text", text.into()),
                ("logprobs", Json::from(Vec::new())),
            ]),
        );
        send("response.content_part.done", at(vec![("part", part(text))]));
        send(
            "response.output_item.done",
            vec![
                ("output_index", 0.into()),
                ("item", message(text, "completed")),
            ],
        );
        let whole = response(body, said, "completed", vec![message(text, "completed")]);
        send("response.completed", vec![("response", whole)]);
        events
    }
}

/// The id of the mirror's only message.
const ITEM: &str = "msg_mirror";

fn part(text: &str) -> Json {
    let nothing = || Json::from(Vec::new());
    object([
        ("type", "output_text".into()),
        ("text", text.into()),
        ("annotations", nothing()),
        ("logprobs", nothing()),
    ])
}

fn message(text: &str, status: &str) -> Json {
    object([
        ("type", "message".into()),
        ("id", ITEM.into()),
        ("status", status.into()),
        ("role", "assistant".into()),
        ("content", Json::from(vec![part(text)])),
    ])
}

fn response(body: &Json, said: &Mirrored, status: &str, output: Vec<Json>) -> Json {
    let or = |key: &str, otherwise: Json| body.get(key).cloned().unwrap_or(otherwise);
    let details = |key: &'static str| object([(key, 0.into())]);
    let usage = object([
        ("input_tokens", said.input_tokens.into()),
        ("input_tokens_details", details("cached_tokens")),
        ("output_tokens", said.output_tokens.into()),
        ("output_tokens_details", details("reasoning_tokens")),
        (
            "total_tokens",
            (said.input_tokens + said.output_tokens).into(),
        ),
    ]);
    object([
        ("id", "resp_mirror".into()),
        ("object", "response".into()),
        ("created_at", said.created.into()),
        ("status", status.into()),
        ("error", Json::Null),
        ("incomplete_details", Json::Null),
        ("instructions", or("instructions", Json::Null)),
        ("metadata", object([])),
        ("model", or("model", Json::Null)),
        ("output", output.into()),
        (
            "parallel_tool_calls",
            or("parallel_tool_calls", true.into()),
        ),
        ("temperature", or("temperature", 1.into())),
        ("tool_choice", or("tool_choice", "auto".into())),
        ("tools", or("tools", Json::from(Vec::new()))),
        ("top_p", or("top_p", 1.into())),
        ("store", or("store", true.into())),
        (
            "usage",
            if status == "completed" {
                usage
            } else {
                Json::Null
            },
        ),
    ])
}

/// The events of a stream. A lane is `item/content/field`; items are told by their id, for their places shift where
/// one is left out.
#[derive(Default)]
struct Events {
    /// The vendor's places of the items that go on, and the caller's.
    places: BTreeMap<i64, i64>,
    /// Events that went out.
    sent: i64,
}

impl Streaming for Events {
    fn lane(&self, event: &Json, path: &Path) -> String {
        let mut item = event
            .get("item_id")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let index = |key: &str| event.get(key).and_then(Json::as_i64);
        let mut part = index("content_index").or(index("summary_index"));
        let mut at = event;
        let mut field = "";
        for step in path.steps() {
            match step {
                Step::Key(key) => {
                    at = at.get(key).unwrap_or(&Json::Null);
                    field = key;
                }
                Step::Index(index) => {
                    at = at
                        .as_array()
                        .and_then(|elements| elements.get(*index))
                        .unwrap_or(&Json::Null);
                    if matches!(field, "content" | "summary") {
                        part = i64::try_from(*index).ok();
                    }
                }
            }
            let is_item = at.get("type").is_some() && matches!(field, "item" | "output");
            if let Some(id) = at.get("id").and_then(Json::as_str).filter(|_| is_item) {
                item = id;
            }
        }
        let summary = path
            .steps()
            .iter()
            .any(|step| matches!(step, Step::Key(key) if key == "summary"));
        let sort = sort(
            kind(event),
            field,
            summary || event.get("summary_index").is_some(),
        );
        let part = if matches!(sort, "arguments" | "input" | "other") {
            0
        } else {
            part.unwrap_or_default()
        };
        format!("{item}/{part}/{sort}")
    }

    fn ends(&self, event: &Json) -> Ends {
        // Every text ends with an event that holds the whole of it; the rest ends with the answer.
        match kind(event) {
            "response.completed" | "response.incomplete" => Ends::All,
            "response.output_item.done" => {
                let id = event
                    .get("item")
                    .and_then(|item| item.get("id"))
                    .and_then(Json::as_str);
                id.map_or(Ends::None, |id| Ends::Lanes(format!("{id}/")))
            }
            _ => Ends::None,
        }
    }

    fn carry(&self, like: &Json, _path: &Path, text: &str) -> Json {
        let mut event = like.clone();
        if let Json::Object(event) = &mut event {
            event.insert("delta", text.into());
        }
        event
    }

    fn is_only_text(&self, event: &Json) -> bool {
        kind(event).ends_with(".delta")
    }

    fn goes_on(&mut self, event: &Json) -> bool {
        match kind(event) {
            "" => false,
            "response.output_item.added" => {
                let known = event.get("item").is_some();
                if known {
                    let next = i64::try_from(self.places.len()).unwrap_or(i64::MAX);
                    self.places.entry(place(event)).or_insert(next);
                }
                known
            }
            "response.content_part.added" | "response.content_part.done" => {
                event.get("part").is_some() && self.places.contains_key(&place(event))
            }
            _ if event.get("output_index").is_some() => self.places.contains_key(&place(event)),
            _ => true,
        }
    }

    fn is_last(&self, event: &Json) -> bool {
        matches!(kind(event), "response.completed" | "response.incomplete")
    }

    fn is_error(&self, event: &Json) -> bool {
        matches!(kind(event), "error" | "response.failed")
    }

    fn amend(&mut self, event: &mut Json) {
        let place = self.places.get(&place(event)).copied();
        let Json::Object(event) = event else { return };
        if let Some(place) = place.filter(|_| event.contains_key("output_index")) {
            event.insert("output_index", place.into());
        }
        event.insert("sequence_number", self.sent.into());
        self.sent += 1;
    }

    fn name(&self, event: &Json) -> Option<String> {
        Some(kind(event).to_owned())
    }

    fn failure(&self, envelope: Json) -> SseEvent {
        let error = envelope.get("error");
        let of = |key: &str| {
            error
                .and_then(|error| error.get(key))
                .cloned()
                .unwrap_or(Json::Null)
        };
        let event = object([
            ("type", "error".into()),
            ("code", of("code")),
            ("message", of("message")),
            ("param", of("param")),
            ("sequence_number", self.sent.into()),
        ]);
        SseEvent::named("error", event.to_string())
    }
}

/// Which of an item's texts a piece belongs to.
fn sort(kind: &str, field: &str, summary: bool) -> &'static str {
    match (kind, field) {
        _ if summary => "summary",
        ("response.function_call_arguments.delta", _) | (_, "arguments") => "arguments",
        ("response.custom_tool_call_input.delta", _) | (_, "input") => "input",
        ("response.refusal.delta", _) | (_, "refusal") => "refusal",
        (_, "text" | "delta") => "text",
        _ => "other",
    }
}

fn kind(event: &Json) -> &str {
    event.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn place(event: &Json) -> i64 {
    event
        .get("output_index")
        .and_then(Json::as_i64)
        .unwrap_or_default()
}
