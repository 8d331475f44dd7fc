//! `POST /v1/messages` and `POST /v1/messages/count_tokens`, Anthropic.

use std::collections::BTreeMap;

use covenant_formats::json::{Json, Path, Step, object};
use covenant_govern::Dialect as Family;

use super::{Dialect, Ends, Mirrored, Streaming, Tables, pieces};
use crate::sse::SseEvent;
use crate::table::TableError;

/// The headers of the caller that go on.
const HEADERS: &[(&str, &str)] = &[("anthropic-version", "2023-06-01")];

/// Messages.
pub(crate) struct Messages {
    tables: Tables,
}

impl Messages {
    pub(crate) fn new() -> Result<Messages, TableError> {
        let stream = include_str!("messages.stream.fields");
        Ok(Messages {
            tables: tables("messages", stream)?,
        })
    }
}

fn tables(name: &'static str, stream: &str) -> Result<Tables, TableError> {
    Tables::parse(
        name,
        include_str!("messages.request.fields"),
        include_str!("messages.answer.fields"),
        stream,
    )
}

impl Dialect for Messages {
    fn path(&self) -> &'static str {
        "/v1/messages"
    }

    fn family(&self) -> Family {
        Family::Anthropic
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "messages"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        HEADERS
    }

    fn structure(&self, body: &Json) -> Option<Json> {
        let format = body
            .get("output_format")
            .or_else(|| body.get("output_config")?.get("format"))?;
        format.get("schema").cloned()
    }

    fn streaming(&self) -> Option<Box<dyn Streaming>> {
        Some(Box::new(Blocks::default()))
    }

    fn mirror(&self, body: &Json, said: &Mirrored) -> Json {
        let mut message = head(body, said);
        if let Json::Object(message) = &mut message {
            message.insert("content", Json::from(vec![text_block(&said.text)]));
            message.insert("stop_reason", "end_turn".into());
            message.insert("usage", usage(said.input_tokens, said.output_tokens));
        }
        message
    }

    fn mirror_stream(&self, body: &Json, said: &Mirrored) -> Vec<SseEvent> {
        let index = || ("index", Json::from(0));
        let mut events = vec![
            event("message_start", [("message", head(body, said))]),
            event(
                "content_block_start",
                [index(), ("content_block", text_block(""))],
            ),
            event("ping", []),
        ];
        events.extend(pieces(&said.text).iter().map(|piece| {
            let delta = object([
                ("type", "text_delta".into()),
                ("text", piece.as_str().into()),
            ]);
            event("content_block_delta", [index(), ("delta", delta)])
        }));
        let stop = object([
            ("stop_reason", "end_turn".into()),
            ("stop_sequence", Json::Null),
        ]);
        events.push(event("content_block_stop", [index()]));
        let usage = object([("output_tokens", said.output_tokens.into())]);
        events.push(event("message_delta", [("delta", stop), ("usage", usage)]));
        events.push(event("message_stop", []));
        events
    }
}

/// Counting the tokens of a request; the request is a request like any other.
pub(crate) struct CountTokens {
    tables: Tables,
}

impl CountTokens {
    pub(crate) fn new() -> Result<CountTokens, TableError> {
        Ok(CountTokens {
            tables: tables("count_tokens", "")?,
        })
    }
}

impl Dialect for CountTokens {
    fn path(&self) -> &'static str {
        "/v1/messages/count_tokens"
    }

    fn family(&self) -> Family {
        Family::Anthropic
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "messages"
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        HEADERS
    }

    fn mirror(&self, _body: &Json, said: &Mirrored) -> Json {
        object([("input_tokens", said.input_tokens.into())])
    }
}

/// A message without content, as a stream begins with it.
fn head(body: &Json, said: &Mirrored) -> Json {
    object([
        ("id", "msg_mirror".into()),
        ("type", "message".into()),
        ("role", "assistant".into()),
        ("model", body.get("model").cloned().unwrap_or(Json::Null)),
        ("content", Json::from(Vec::new())),
        ("stop_reason", Json::Null),
        ("stop_sequence", Json::Null),
        ("usage", usage(said.input_tokens, 1)),
    ])
}

fn text_block(text: &str) -> Json {
    object([("type", "text".into()), ("text", text.into())])
}

fn usage(input_tokens: i64, output_tokens: i64) -> Json {
    object([
        ("input_tokens", input_tokens.into()),
        ("output_tokens", output_tokens.into()),
    ])
}

fn event<const N: usize>(kind: &str, fields: [(&str, Json); N]) -> SseEvent {
    let data = [("type", Json::from(kind))]
        .into_iter()
        .chain(fields)
        .collect();
    SseEvent::named(kind, Json::Object(data).to_string())
}

/// The events of a stream. A lane is `block/field`.
#[derive(Default)]
struct Blocks {
    /// The vendor's indices of the blocks that go on, and the caller's.
    indices: BTreeMap<i64, i64>,
}

impl Streaming for Blocks {
    fn lane(&self, event: &Json, path: &Path) -> String {
        let field = path.steps().iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let field = field.unwrap_or_default();
        match field {
            "text" | "partial_json" | "thinking" | "signature" => {
                format!("{}/{field}", index_of(event))
            }
            // A text that does not stream has a lane of its own, by its whole path.
            _ => format!("{}/{path}", index_of(event)),
        }
    }

    fn ends(&self, event: &Json) -> Ends {
        match kind(event) {
            "content_block_stop" => Ends::Lanes(format!("{}/", index_of(event))),
            "message_delta" | "message_stop" => Ends::All,
            _ => Ends::None,
        }
    }

    fn carry(&self, like: &Json, path: &Path, text: &str) -> Json {
        let (kind, field) = match path.steps().last() {
            Some(Step::Key(key)) if key == "partial_json" => ("input_json_delta", "partial_json"),
            Some(Step::Key(key)) if key == "thinking" => ("thinking_delta", "thinking"),
            _ => ("text_delta", "text"),
        };
        object([
            ("type", "content_block_delta".into()),
            ("index", index_of(like).into()),
            (
                "delta",
                object([("type", kind.into()), (field, text.into())]),
            ),
        ])
    }

    fn is_only_text(&self, event: &Json) -> bool {
        kind(event) == "content_block_delta"
    }

    fn goes_on(&mut self, event: &Json) -> bool {
        match kind(event) {
            "content_block_start" => {
                let known = event.get("content_block").is_some();
                if known {
                    let next = i64::try_from(self.indices.len()).unwrap_or(i64::MAX);
                    self.indices.entry(index_of(event)).or_insert(next);
                }
                known
            }
            "content_block_delta" => {
                event.get("delta").is_some() && self.indices.contains_key(&index_of(event))
            }
            "content_block_stop" => self.indices.contains_key(&index_of(event)),
            "message_start" | "message_delta" | "message_stop" | "ping" => true,
            _ => false,
        }
    }

    fn is_last(&self, event: &Json) -> bool {
        kind(event) == "message_stop"
    }

    fn is_error(&self, event: &Json) -> bool {
        kind(event) == "error"
    }

    fn amend(&mut self, event: &mut Json) {
        if !kind(event).starts_with("content_block_") {
            return;
        }
        let index = self.indices.get(&index_of(event)).copied();
        if let (Some(index), Json::Object(event)) = (index, event) {
            event.insert("index", index.into());
        }
    }

    fn name(&self, event: &Json) -> Option<String> {
        Some(kind(event).to_owned())
    }

    fn failure(&self, envelope: Json) -> SseEvent {
        SseEvent::named("error", envelope.to_string())
    }
}

fn kind(event: &Json) -> &str {
    event.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn index_of(event: &Json) -> i64 {
    event
        .get("index")
        .and_then(Json::as_i64)
        .unwrap_or_default()
}
