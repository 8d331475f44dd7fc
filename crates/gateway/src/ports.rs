//! What the gateway needs of the world, as small traits: a durable log, the register, the clock.

use std::sync::Arc;

use covenant_ledger::Event;
use covenant_seal::Phi;
use futures_util::future::BoxFuture;

use crate::snapshot::Snapshot;

/// The durable log. A record is on disk when the future returns, or the request stops.
pub trait Log: Send + Sync + 'static {
    /// Writes an event and its payloads in one transaction.
    ///
    /// # Errors
    /// [`Unavailable`] when the record may not be durable; the gateway then sends nothing.
    fn record(&self, record: LogRecord) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// The register of apps, policies, models and agreements as it stands now.
pub trait Register: Send + Sync + 'static {
    /// Returns the state in force; cheap, called once a request.
    ///
    /// # Errors
    /// [`Unavailable`] when the register could not be read or authenticated.
    fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable>;
}

/// The clock: milliseconds since the Unix epoch, UTC.
pub trait Clock: Send + Sync + 'static {
    /// Returns the time now.
    fn now_ms(&self) -> i64;
}

/// A port cannot do its work now; says which, carries no content.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{part} is not available: {reason}")]
pub struct Unavailable {
    /// The part that failed: "ledger", "register".
    pub part: &'static str,
    /// Why, without content.
    pub reason: String,
}

/// An event with the content that belongs to it.
pub struct LogRecord {
    /// The event, its id already made.
    pub event: Event,
    /// Content to seal beside it.
    pub payloads: Vec<Payload>,
}

/// Content to be sealed: a prompt, an answer or a token map.
pub struct Payload {
    /// Which content it is.
    pub kind: PayloadKind,
    /// The bytes, in the clear.
    pub content: Phi<Vec<u8>>,
    /// Keyed hashes of the subjects; empty: the subject is unknown and a record key seals it.
    pub subjects: Vec<[u8; 32]>,
    /// When its key is to be shredded, in milliseconds since the Unix epoch.
    pub keep_until_ms: i64,
}

/// Which content a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayloadKind {
    /// The request body as the caller sent it.
    Prompt,
    /// The answer as the caller received it.
    Answer,
    /// The token map of the request.
    Map,
}

impl PayloadKind {
    /// Returns the kind as written in events.
    pub fn as_str(self) -> &'static str {
        match self {
            PayloadKind::Prompt => "prompt",
            PayloadKind::Answer => "answer",
            PayloadKind::Map => "map",
        }
    }
}
