//! `POST /v1/chat/completions`, OpenAI.

use covenant_formats::json::{Json, Path, Step, object};
use covenant_govern::Dialect as Family;

use super::{Dialect, Ends, Mirrored, Streaming, Tables, pieces};
use crate::sse::SseEvent;
use crate::table::TableError;

/// Chat completions.
pub(crate) struct Chat {
    tables: Tables,
}

impl Chat {
    pub(crate) fn new() -> Result<Chat, TableError> {
        let tables = Tables::parse(
            "chat",
            include_str!("chat.request.fields"),
            include_str!("chat.answer.fields"),
            include_str!("chat.stream.fields"),
        )?;
        Ok(Chat { tables })
    }
}

impl Dialect for Chat {
    fn path(&self) -> &'static str {
        "/v1/chat/completions"
    }

    fn family(&self) -> Family {
        Family::OpenAi
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "messages"
    }

    fn structure(&self, body: &Json) -> Option<Json> {
        let format = body.get("response_format")?;
        match format.get("type").and_then(Json::as_str)? {
            "json_object" => Some(Json::Null),
            "json_schema" => format
                .get("json_schema")
                .and_then(|named| named.get("schema"))
                .cloned(),
            _ => None,
        }
    }

    fn streaming(&self) -> Option<Box<dyn Streaming>> {
        Some(Box::new(Chunks))
    }

    fn mirror(&self, body: &Json, said: &Mirrored) -> Json {
        let count = body.get("n").and_then(Json::as_i64).unwrap_or(1);
        let choice = |index| {
            object([
                ("index", Json::from(index)),
                (
                    "message",
                    object([
                        ("role", "assistant".into()),
                        ("content", said.text.as_str().into()),
                    ]),
                ),
                ("finish_reason", "stop".into()),
            ])
        };
        object([
            ("id", "chatcmpl-mirror".into()),
            ("object", "chat.completion".into()),
            ("created", said.created.into()),
            ("model", body.get("model").cloned().unwrap_or(Json::Null)),
            (
                "choices",
                Json::from((0..count).map(choice).collect::<Vec<_>>()),
            ),
            ("usage", usage(said)),
        ])
    }

    fn mirror_stream(&self, body: &Json, said: &Mirrored) -> Vec<SseEvent> {
        let count = body.get("n").and_then(Json::as_i64).unwrap_or(1);
        let with_usage = body
            .get("stream_options")
            .and_then(|options| options.get("include_usage"));
        let with_usage = with_usage.and_then(Json::as_bool) == Some(true);
        let chunk = |choices: Vec<Json>, usage: Json| {
            let head = [
                ("id", "chatcmpl-mirror".into()),
                ("object", "chat.completion.chunk".into()),
                ("created", said.created.into()),
                ("model", body.get("model").cloned().unwrap_or(Json::Null)),
                ("choices", choices.into()),
            ];
            let usage = with_usage.then_some(("usage", usage));
            SseEvent::data(Json::Object(head.into_iter().chain(usage).collect()).to_string())
        };
        let one = |index: i64, delta: Json, reason: Json| {
            chunk(
                vec![object([
                    ("index", index.into()),
                    ("delta", delta),
                    ("finish_reason", reason),
                ])],
                Json::Null,
            )
        };
        let mut events = Vec::new();
        for index in 0..count {
            events.push(one(
                index,
                object([("role", "assistant".into()), ("content", "".into())]),
                Json::Null,
            ));
            events.extend(
                pieces(&said.text)
                    .into_iter()
                    .map(|piece| one(index, object([("content", piece.into())]), Json::Null)),
            );
            events.push(one(index, object([]), "stop".into()));
        }
        if with_usage {
            events.push(chunk(Vec::new(), usage(said)));
        }
        events.push(SseEvent::data("[DONE]"));
        events
    }
}

/// The chunks of a stream. A lane is `choice/field` or `choice/tool_calls/index/field`.
struct Chunks;

impl Streaming for Chunks {
    fn lane(&self, event: &Json, path: &Path) -> String {
        let mut at = event;
        let mut lane = String::new();
        for step in path.steps() {
            match step {
                Step::Key(key) => {
                    at = at.get(key).unwrap_or(&Json::Null);
                    if !matches!(key.as_str(), "choices" | "delta") {
                        lane.push_str(key);
                        lane.push('/');
                    }
                }
                Step::Index(index) => {
                    at = at
                        .as_array()
                        .and_then(|elements| elements.get(*index))
                        .unwrap_or(&Json::Null);
                    let index = at.get("index").and_then(Json::as_i64).unwrap_or_default();
                    lane.push_str(&format!("{index}/"));
                }
            }
        }
        lane
    }

    fn ends(&self, event: &Json) -> Ends {
        let choices = event
            .get("choices")
            .and_then(Json::as_array)
            .unwrap_or_default();
        let finished = |choice: &&Json| {
            choice
                .get("finish_reason")
                .is_some_and(|reason| !reason.is_null())
        };
        match choices.iter().find(finished) {
            Some(choice) => Ends::Lanes(format!(
                "{}/",
                choice
                    .get("index")
                    .and_then(Json::as_i64)
                    .unwrap_or_default()
            )),
            None => Ends::None,
        }
    }

    fn carry(&self, like: &Json, path: &Path, text: &str) -> Json {
        let mut piece = Json::from(text);
        let mut at_delta = false;
        // Rebuilds from the piece up to `delta` what leads to it, with the indices of tool calls and nothing else.
        for (depth, step) in path.steps().iter().enumerate().rev() {
            let here = like
                .at(path.steps().get(..=depth).unwrap_or_default())
                .unwrap_or(&Json::Null);
            match step {
                Step::Key(key) if key == "delta" => at_delta = true,
                Step::Key(key) if !at_delta => piece = object([(key.as_str(), piece)]),
                Step::Index(_) if !at_delta => {
                    if let (Json::Object(call), Some(index)) = (&mut piece, here.get("index")) {
                        call.insert("index", index.clone());
                    }
                    piece = Json::from(vec![piece]);
                }
                _ => {}
            }
        }
        let choice = like
            .at(path.steps().get(..2).unwrap_or_default())
            .and_then(|choice| choice.get("index"));
        let choice = object([
            ("index", choice.cloned().unwrap_or(Json::from(0))),
            ("delta", piece),
            ("finish_reason", Json::Null),
        ]);
        let head = ["id", "object", "created", "model"];
        let head = head
            .into_iter()
            .filter_map(|key| Some((key, like.get(key)?.clone())));
        Json::Object(
            head.chain([("choices", Json::from(vec![choice]))])
                .collect(),
        )
    }

    fn is_only_text(&self, event: &Json) -> bool {
        let choices = event
            .get("choices")
            .and_then(Json::as_array)
            .unwrap_or_default();
        let says_more = |choice: &Json| {
            let delta = choice.get("delta").and_then(Json::as_object);
            let empty = |value: &Json| value.is_null() || value.as_str() == Some("");
            let text_only = delta.is_some_and(|delta| {
                !delta.is_empty() && delta.iter().all(|(_, value)| empty(value))
            });
            !text_only
                || choice
                    .get("finish_reason")
                    .is_some_and(|reason| !reason.is_null())
        };
        let has_usage = event.get("usage").is_some_and(|usage| !usage.is_null());
        !choices.is_empty() && !has_usage && !choices.iter().any(says_more)
    }

    fn is_last(&self, _event: &Json) -> bool {
        // The last message is `[DONE]`, which is not JSON.
        false
    }

    fn is_error(&self, event: &Json) -> bool {
        event.get("error").is_some_and(|error| !error.is_null())
    }

    fn name(&self, _event: &Json) -> Option<String> {
        None
    }

    fn failure(&self, envelope: Json) -> SseEvent {
        SseEvent::data(envelope.to_string())
    }
}

fn usage(said: &Mirrored) -> Json {
    object([
        ("prompt_tokens", said.input_tokens.into()),
        ("completion_tokens", said.output_tokens.into()),
        (
            "total_tokens",
            (said.input_tokens + said.output_tokens).into(),
        ),
    ])
}
