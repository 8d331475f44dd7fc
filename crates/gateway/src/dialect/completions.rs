//! `POST /v1/completions`, OpenAI's older endpoint.

use covenant_formats::json::{Json, Path, object};
use covenant_govern::Dialect as Family;

use super::{Dialect, Ends, Mirrored, Streaming, Tables, pieces};
use crate::sse::SseEvent;
use crate::table::TableError;

const REQUEST: &str = "
# What a caller may send. Arrays of token ids are not text and are refused.
model                           model
best_of                         number 128
echo                            bool
frequency_penalty               number 10
presence_penalty                number 10
logit_bias                      figures
logprobs                        number 100
max_tokens                      number
n                               number 128
seed                            keyed-number
stream                          bool
stream_options.include_usage    bool
stream_options.include_obfuscation  bool
temperature                     number 10
top_p                           number 1
user                            keyed
stop                            text
stop[]                          text
suffix                          text
prompt                          text
prompt[]                        text
";

const ANSWER: &str = "
# What a vendor answers, whole or in chunks.
id                              id
object                          word
created                         number 1e11
model                           model
system_fingerprint              name
usage                           figures
choices[].index                 number 1e5
choices[].finish_reason         word
choices[].logprobs              drop
obfuscation                     ignore
choices[].text                  ";

/// Completions.
pub(crate) struct Completions {
    tables: Tables,
}

impl Completions {
    pub(crate) fn new() -> Result<Completions, TableError> {
        let tables = Tables::parse(
            "completions",
            REQUEST,
            &format!("{ANSWER}text"),
            &format!("{ANSWER}delta"),
        )?;
        Ok(Completions { tables })
    }
}

impl Dialect for Completions {
    fn path(&self) -> &'static str {
        "/v1/completions"
    }

    fn family(&self) -> Family {
        Family::OpenAi
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn conversation(&self) -> &'static str {
        "prompt"
    }

    fn streaming(&self) -> Option<Box<dyn Streaming>> {
        Some(Box::new(Chunks))
    }

    fn mirror(&self, body: &Json, said: &Mirrored) -> Json {
        let choices = (0..count(body))
            .map(|index| choice(index, &said.text, "stop".into()))
            .collect::<Vec<_>>();
        answer(body, said, choices, true)
    }

    fn mirror_stream(&self, body: &Json, said: &Mirrored) -> Vec<SseEvent> {
        let mut events = Vec::new();
        let mut say = |index, text: &str, reason| {
            let chunk = answer(body, said, vec![choice(index, text, reason)], false);
            events.push(SseEvent::data(chunk.to_string()));
        };
        for index in 0..count(body) {
            pieces(&said.text)
                .iter()
                .for_each(|piece| say(index, piece, Json::Null));
            say(index, "", "stop".into());
        }
        events.push(SseEvent::data("[DONE]"));
        events
    }
}

fn count(body: &Json) -> i64 {
    body.get("n").and_then(Json::as_i64).unwrap_or(1)
}

fn choice(index: i64, text: &str, reason: Json) -> Json {
    object([
        ("index", index.into()),
        ("text", text.into()),
        ("logprobs", Json::Null),
        ("finish_reason", reason),
    ])
}

fn answer(body: &Json, said: &Mirrored, choices: Vec<Json>, with_usage: bool) -> Json {
    let usage = object([
        ("prompt_tokens", said.input_tokens.into()),
        ("completion_tokens", said.output_tokens.into()),
        (
            "total_tokens",
            (said.input_tokens + said.output_tokens).into(),
        ),
    ]);
    let head = [
        ("id", "cmpl-mirror".into()),
        ("object", "text_completion".into()),
        ("created", said.created.into()),
        ("model", body.get("model").cloned().unwrap_or(Json::Null)),
        ("choices", choices.into()),
    ];
    Json::Object(
        head.into_iter()
            .chain(with_usage.then_some(("usage", usage)))
            .collect(),
    )
}

/// The chunks of a stream. A lane is `choice/`.
struct Chunks;

impl Streaming for Chunks {
    fn lane(&self, event: &Json, path: &Path) -> String {
        let choice = path.steps().get(..2).and_then(|steps| event.at(steps));
        format!("{}/", index_of(choice.unwrap_or(&Json::Null)))
    }

    fn ends(&self, event: &Json) -> Ends {
        let choices = event
            .get("choices")
            .and_then(Json::as_array)
            .unwrap_or_default();
        match choices.iter().find(|choice| is_finished(choice)) {
            Some(choice) => Ends::Lanes(format!("{}/", index_of(choice))),
            None => Ends::None,
        }
    }

    fn carry(&self, like: &Json, path: &Path, text: &str) -> Json {
        let index = path
            .steps()
            .get(..2)
            .and_then(|steps| like.at(steps))
            .map(index_of)
            .unwrap_or_default();
        let head = ["id", "object", "created", "model"];
        let head = head
            .into_iter()
            .filter_map(|key| Some((key, like.get(key)?.clone())));
        let choices = Json::from(vec![choice(index, text, Json::Null)]);
        Json::Object(head.chain([("choices", choices)]).collect())
    }

    fn is_only_text(&self, event: &Json) -> bool {
        let choices = event
            .get("choices")
            .and_then(Json::as_array)
            .unwrap_or_default();
        let has_usage = event.get("usage").is_some_and(|usage| !usage.is_null());
        !choices.is_empty() && !has_usage && !choices.iter().any(is_finished)
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

fn is_finished(choice: &Json) -> bool {
    choice
        .get("finish_reason")
        .is_some_and(|reason| !reason.is_null())
}

fn index_of(choice: &Json) -> i64 {
    choice
        .get("index")
        .and_then(Json::as_i64)
        .unwrap_or_default()
}
