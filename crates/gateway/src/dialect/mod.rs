//! The dialects: one file an endpoint behind one small trait, with a table of fields each for what may be asked,
//! what comes back and what streams. What all of them share (tables, screening, inspection, events) is not here.

mod chat;
mod completions;
mod embeddings;
mod envelope;
mod messages;
mod responses;

use std::sync::Arc;

use covenant_formats::json::{Json, Object, Path};
use covenant_govern::{Dialect as Family, Feature};

use crate::sse::SseEvent;
use crate::table::{Table, TableError};

pub(crate) use envelope::{envelope, not_found};

/// The tables of one endpoint.
pub(crate) struct Tables {
    /// What a caller may send.
    pub(crate) request: Table,
    /// What a vendor answers.
    pub(crate) answer: Table,
    /// The events of a stream; empty where nothing streams.
    pub(crate) stream: Table,
}

impl Tables {
    /// Reads the three tables of an endpoint.
    pub(crate) fn parse(
        name: &'static str,
        request: &str,
        answer: &str,
        stream: &str,
    ) -> Result<Tables, TableError> {
        Ok(Tables {
            request: Table::parse(name, request)?,
            answer: Table::parse(name, answer)?,
            stream: Table::parse(name, stream)?,
        })
    }
}

/// One endpoint in the language of one vendor.
pub(crate) trait Dialect: Send + Sync {
    /// The path it is served at and sent to.
    fn path(&self) -> &'static str;

    /// Whose language it is.
    fn family(&self) -> Family;

    /// What each field is.
    fn tables(&self) -> &Tables;

    /// The field that holds the conversation.
    fn conversation(&self) -> &'static str;

    /// Headers of the caller that go on, beside those every request has, and what is sent where the caller has none.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Features the vendor uses where the request does not say otherwise.
    fn implied(&self, _body: &Object) -> &'static [Feature] {
        &[]
    }

    /// The fields of the body that follow from what is covered, whatever the caller said.
    fn settle(&self, _covered: &[Feature]) -> Vec<(&'static str, Json)> {
        Vec::new()
    }

    /// The JSON Schema the answer is asked to keep to; `null` where any JSON will do, `None` where it is prose.
    fn structure(&self, _body: &Json) -> Option<Json> {
        None
    }

    /// How its streams are read; `None` where nothing streams.
    fn streaming(&self) -> Option<Box<dyn Streaming>> {
        None
    }

    /// Answers as the vendor would, with what was sent.
    fn mirror(&self, body: &Json, said: &Mirrored) -> Json;

    /// Answers in a stream as the vendor would, with what was sent.
    fn mirror_stream(&self, _body: &Json, _said: &Mirrored) -> Vec<SseEvent> {
        Vec::new()
    }
}

/// How the events of one dialect's streams are read. One value a stream.
pub(crate) trait Streaming: Send {
    /// The text that a piece at `path` belongs to, among the texts of the answer.
    fn lane(&self, event: &Json, path: &Path) -> String;

    /// The texts that are complete once this event is there.
    fn ends(&self, event: &Json) -> Ends;

    /// An event that carries `text` and nothing else, in the place where `like` has a piece at `path`.
    fn carry(&self, like: &Json, path: &Path, text: &str) -> Json;

    /// Says whether an event whose pieces are all empty tells the caller nothing.
    fn is_only_text(&self, event: &Json) -> bool;

    /// Says whether an event still tells something after what no table knows was taken out of it. Called once for
    /// each event, in their order.
    fn goes_on(&mut self, _event: &Json) -> bool {
        true
    }

    /// Says whether the event is the stream's last message.
    fn is_last(&self, event: &Json) -> bool;

    /// Says whether the vendor reports an error with this event.
    fn is_error(&self, event: &Json) -> bool;

    /// Makes an event fit for what was added and left out before it.
    fn amend(&mut self, _event: &mut Json) {}

    /// The name an event goes out with; `None` where the dialect gives its events no names.
    fn name(&self, event: &Json) -> Option<String>;

    /// The event that tells the caller of a failure; takes the envelope of the family.
    fn failure(&self, envelope: Json) -> SseEvent;
}

/// The texts that end with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// None.
    None,
    /// Those whose lane begins so.
    Lanes(String),
    /// All.
    All,
}

impl Ends {
    /// Says whether the text of a lane ends.
    pub(crate) fn includes(&self, lane: &str) -> bool {
        match self {
            Ends::None => false,
            Ends::Lanes(prefix) => lane.starts_with(prefix.as_str()),
            Ends::All => true,
        }
    }
}

/// What the mirror says.
pub(crate) struct Mirrored {
    /// The last text of the user.
    pub(crate) text: String,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) created: i64,
}

/// All endpoints.
pub(crate) struct Dialects {
    all: Vec<Arc<dyn Dialect>>,
}

impl Dialects {
    /// Reads all tables.
    pub(crate) fn new() -> Result<Dialects, TableError> {
        Ok(Dialects {
            all: vec![
                Arc::new(chat::Chat::new()?),
                Arc::new(responses::Responses::new()?),
                Arc::new(completions::Completions::new()?),
                Arc::new(embeddings::Embeddings::new()?),
                Arc::new(messages::Messages::new()?),
                Arc::new(messages::CountTokens::new()?),
            ],
        })
    }

    /// Returns the endpoint at a path.
    pub(crate) fn at(&self, path: &str) -> Option<&Arc<dyn Dialect>> {
        self.all.iter().find(|dialect| dialect.path() == path)
    }

    /// Returns what is served, as lines `POST /v1/...`.
    pub(crate) fn served(&self) -> Vec<String> {
        let posts = self
            .all
            .iter()
            .map(|dialect| format!("POST {}", dialect.path()));
        posts.chain(["GET /v1/models".to_owned()]).collect()
    }
}

/// Cuts a text into pieces as models stream them, a few characters each.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    const PIECE_CHARS: usize = 7;
    let chars: Vec<char> = text.chars().collect();
    chars
        .chunks(PIECE_CHARS)
        .map(|piece| piece.iter().collect())
        .collect()
}

/// Returns the last text in a list of messages, its parts joined.
pub(crate) fn last_text(messages: &Json) -> String {
    let Some(messages) = messages.as_array() else {
        return text_of(messages);
    };
    let is_user = |message: &&Json| message.get("role").and_then(Json::as_str) == Some("user");
    let last = messages.iter().rev().find(is_user).or(messages.last());
    last.and_then(|message| message.get("content"))
        .map(text_of)
        .unwrap_or_default()
}

/// Returns the text of a content: a string, or parts with a `text`.
pub(crate) fn text_of(content: &Json) -> String {
    match content {
        Json::String(text) => text.clone(),
        Json::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        Json::Object(part) => part
            .get("text")
            .or(part.get("content"))
            .map(text_of)
            .unwrap_or_default(),
        _ => String::new(),
    }
}
