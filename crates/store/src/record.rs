//! What callers hand to the store and what they get back.

use covenant_ledger::{Event, Who};
use covenant_seal::Phi;

/// One thing to record: an event with the payloads and register changes that belong to it. All of it becomes durable, or
/// nothing.
pub struct Record {
    /// What happened. The store fills in the digests of payloads, the version and digest of a register change, and moves
    /// the time forward where the clock has gone backwards.
    pub event: Event,
    /// Contents to keep, sealed.
    pub payloads: Vec<NewPayload>,
    /// Register rows to write or remove.
    pub register: Vec<RegisterChange>,
}

impl Record {
    /// Makes a record of an event alone.
    pub fn of(event: Event) -> Record {
        Record {
            event,
            payloads: Vec::new(),
            register: Vec::new(),
        }
    }
}

/// A content to keep.
pub struct NewPayload {
    /// Id of the payload: 1 to 64 letters, digits, dots, underscores or hyphens; no PHI.
    pub id: String,
    /// What it is.
    pub kind: PayloadKind,
    /// The content.
    pub content: Phi<Vec<u8>>,
    /// Keyed hashes of the patients it concerns; each one's key opens it. Empty: a key of the record's own.
    pub subjects: Vec<[u8; 32]>,
    /// When it expires, in milliseconds since the Unix epoch.
    pub keep_until_ms: i64,
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayloadKind {
    /// What the caller sent.
    Prompt,
    /// What the caller got.
    Answer,
    /// Which token stands for what.
    Map,
}

impl PayloadKind {
    /// Every kind.
    pub const ALL: [PayloadKind; 3] = [PayloadKind::Prompt, PayloadKind::Answer, PayloadKind::Map];

    /// Returns the name as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            PayloadKind::Prompt => "prompt",
            PayloadKind::Answer => "answer",
            PayloadKind::Map => "map",
        }
    }
}

/// A register row to write or remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterChange {
    /// Kind of the row, such as `agreement`.
    pub kind: String,
    /// Id of the row.
    pub id: String,
    /// The row as JSON; `None` removes it. It is sealed at rest; kind and id are not.
    pub body: Option<String>,
}

/// A register row that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// Kind of the row.
    pub kind: String,
    /// Id of the row.
    pub id: String,
    /// How many times the row was written, counted from 1.
    pub version: u32,
    /// The row as JSON.
    pub body: String,
}

/// What a caller gets for a record that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Index of the event in the log.
    pub index: u64,
    /// Size of the log under the checkpoint that was signed with it.
    pub size: u64,
    /// Microseconds the caller's task spent on sealing.
    pub seal_us: u64,
    /// Microseconds from handing it to the writer until it was durable.
    pub commit_us: u64,
}

/// Who gives a command that changes what rests, why, and whether only to say what it would do.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Who gives it.
    pub who: Who,
    /// Why, in words; no PHI.
    pub why: String,
    /// Whether to change nothing and only count.
    pub dry_run: bool,
}

/// What a shredding did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shredding {
    /// Payloads that nobody can open any more.
    pub payloads: u64,
    /// Payloads that this subject's key opens no more, and that still open under another subject's.
    pub still_shared: u64,
    /// Payloads that were due and stay because of a legal hold (only for expiry, which passes over them).
    pub held: u64,
    /// Keys that were destroyed.
    pub keys: u64,
    /// Indexes of the events that say so.
    pub events: Vec<u64>,
}

/// What a change of keys did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rekeying {
    /// How many keys (or payloads) were wrapped (or sealed) anew.
    pub count: u64,
    /// Index of the event that says so; `None` in a dry run.
    pub event: Option<u64>,
}

/// A legal hold: what it covers is neither expired nor shredded until it is released.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Name of the hold, such as a case number.
    pub id: String,
    /// What it covers.
    pub covers: Covers,
    /// Why it was placed; no PHI.
    pub why: String,
    /// When it was placed.
    pub placed_ms: i64,
}

/// A legal hold that was placed, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The hold.
    pub hold: Hold,
    /// How many payloads with content it covers now; those to come are covered too.
    pub payloads: u64,
}

/// What a legal hold covers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// One payload.
    Payload(String),
    /// Every payload of a request.
    Request(String),
    /// Every payload that a subject's key opens: the keyed hash, in hexadecimal.
    Subject(String),
    /// Every payload.
    Everything,
}

/// Which events to read. Every condition that is set must hold.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// From this index on.
    pub from_index: u64,
    /// Up to this index, exclusive; `None`: to the end.
    pub to_index: Option<u64>,
    /// Of this request.
    pub request: Option<String>,
    /// Of these kinds; empty: of every kind.
    pub kinds: Vec<covenant_ledger::EventKind>,
    /// Of this app.
    pub app: Option<String>,
    /// Not before this time.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
    /// At most so many, the earliest first.
    pub limit: usize,
    /// The latest first instead.
    pub newest_first: bool,
}

impl Default for EventFilter {
    fn default() -> EventFilter {
        EventFilter {
            from_index: 0,
            to_index: None,
            request: None,
            kinds: Vec::new(),
            app: None,
            from_ms: None,
            to_ms: None,
            limit: 1000,
            newest_first: false,
        }
    }
}
