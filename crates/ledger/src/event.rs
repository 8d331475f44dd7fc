//! [`Event`]: one entry of the log, in the words of an auditor. Ids, keyed hashes, classes and counts; no content.
//!
//! Every field may be absent, and an absent field is not written: the same type tells of a request, of a change
//! in the register, of an expired payload. Old entries stay readable because fields are only ever added.

use std::collections::BTreeMap;
use std::fmt;

use covenant_seal::Random;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The version this program writes; a reader refuses newer ones.
pub const VERSION: u16 = 1;

/// The most payloads an event should list; what shreds more writes several events. So many fit an entry bundle with
/// ids of up to 40 characters.
pub const MAX_PAYLOADS_PER_EVENT: usize = 1_000;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// Version of this structure, [`VERSION`].
    pub v: u16,
    /// 26 characters, sortable by time, made by [`new_id`].
    pub id: String,
    /// The request that this and other events tell of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// When, in milliseconds since the Unix epoch, UTC.
    pub at_ms: i64,
    /// Who did it.
    #[serde(skip_serializing_if = "Who::is_empty")]
    pub who: Who,
    /// For whom: keyed hashes of patient references, in hexadecimal. Empty: subject unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// What was asked of which model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<What>,
    /// For which purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// What the policies decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDecision>,
    /// What was found, sent and restored, by class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Sizes and durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Names of the keys that were used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The sealed contents this event made, shredded or re-encrypted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payloads: Vec<PayloadRef>,
    /// The change of a register row, a policy, a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Words for the auditor; no PHI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Event {
    /// Makes an event of which only the kind, the id and the time are known yet.
    pub fn new(kind: EventKind, id: String, at_ms: i64) -> Event {
        Event {
            id,
            kind,
            at_ms,
            ..Event::default()
        }
    }

    /// Returns the names of the keys that open a payload of this event.
    pub fn keys_of<'a>(&'a self, payload: &'a PayloadRef) -> &'a [String] {
        match payload.keys.is_empty() {
            true => &self.keys,
            false => &payload.keys,
        }
    }
}

impl Default for Event {
    fn default() -> Event {
        Event {
            v: VERSION,
            id: String::new(),
            request: None,
            kind: EventKind::Started,
            at_ms: 0,
            who: Who::default(),
            subjects: Vec::new(),
            what: None,
            why: None,
            policy: None,
            counts: None,
            sizes: None,
            outcome: None,
            keys: Vec::new(),
            payloads: Vec::new(),
            change: None,
            note: None,
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A request is about to leave for the vendor; durable before its first byte does.
    Forwarded,
    /// A stream is about to answer the caller; durable before its first byte does.
    Answering,
    /// The answer is complete; durable before its last message goes out.
    Answered,
    /// The request was refused and nothing was sent.
    Refused,
    /// The request failed on the way.
    Failed,
    /// The program ended between `forwarded` or `answering` and `answered`; the amount is unknown.
    Interrupted,
    /// A register row changed: vendor, agreement, model, decision.
    Register,
    /// A policy or the minimum-necessary table changed.
    Policy,
    /// An app or its key was made, changed or revoked.
    AppKey,
    /// An operator or their key was made, changed or revoked.
    Operator,
    /// Somebody read sealed content back.
    ContentRead,
    /// Payloads reached the end of their time and their keys were shredded. Every one of them is listed.
    PayloadExpired,
    /// Payloads were shredded by command. Every one of them is listed.
    PayloadShredded,
    /// A payload was sealed anew; the event carries the new digest.
    PayloadReencrypted,
    /// Data keys were wrapped by another key-encryption key.
    KeysRewrapped,
    /// Later events are sealed under a new log key.
    LogKeyRotated,
    /// A legal hold was set or lifted.
    LegalHold,
    /// The log or events were exported.
    Export,
    /// The program started.
    Started,
    /// A witness cosigned a checkpoint.
    Cosigned,
    /// An operator was given a new key by the owner of the machine, without an operator's key.
    OperatorRecovered,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 21] = [
        EventKind::Forwarded,
        EventKind::Answering,
        EventKind::Answered,
        EventKind::Refused,
        EventKind::Failed,
        EventKind::Interrupted,
        EventKind::Register,
        EventKind::Policy,
        EventKind::AppKey,
        EventKind::Operator,
        EventKind::ContentRead,
        EventKind::PayloadExpired,
        EventKind::PayloadShredded,
        EventKind::PayloadReencrypted,
        EventKind::KeysRewrapped,
        EventKind::LogKeyRotated,
        EventKind::LegalHold,
        EventKind::Export,
        EventKind::Started,
        EventKind::Cosigned,
        EventKind::OperatorRecovered,
    ];

    /// Returns the name as it is written in an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Forwarded => "forwarded",
            EventKind::Answering => "answering",
            EventKind::Answered => "answered",
            EventKind::Refused => "refused",
            EventKind::Failed => "failed",
            EventKind::Interrupted => "interrupted",
            EventKind::Register => "register",
            EventKind::Policy => "policy",
            EventKind::AppKey => "app_key",
            EventKind::Operator => "operator",
            EventKind::ContentRead => "content_read",
            EventKind::PayloadExpired => "payload_expired",
            EventKind::PayloadShredded => "payload_shredded",
            EventKind::PayloadReencrypted => "payload_reencrypted",
            EventKind::KeysRewrapped => "keys_rewrapped",
            EventKind::LogKeyRotated => "log_key_rotated",
            EventKind::LegalHold => "legal_hold",
            EventKind::Export => "export",
            EventKind::Started => "started",
            EventKind::Cosigned => "cosigned",
            EventKind::OperatorRecovered => "operator_recovered",
        }
    }

    /// Says whether the event only mentions the payloads it lists: they were made, and end, by other events.
    pub const fn is_mention(self) -> bool {
        matches!(self, EventKind::ContentRead)
    }

    /// Says whether the payloads this event lists are gone after it.
    pub const fn is_shredding(self) -> bool {
        matches!(self, EventKind::PayloadExpired | EventKind::PayloadShredded)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for EventKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<EventKind, Error> {
        EventKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(Error::Format {
                what: "event kind",
                problem: "not known",
            })
    }
}

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The principal the decision was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The app whose key was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The operator who gave the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl Who {
    fn is_empty(&self) -> bool {
        *self == Who::default()
    }
}

/// What was asked of which model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct What {
    /// The path that was called, such as `/v1/chat/completions`.
    pub endpoint: String,
    /// The alias the caller used.
    pub model: String,
    /// Who runs the model.
    pub vendor: String,
    /// The name of the model at the vendor, or of the upstream.
    pub upstream: String,
    /// Features of the vendor that the request uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// How many tools the caller offered the model; their names may be the caller's own words.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub tools: u32,
    /// Whether the vendor may store the conversation.
    pub store: bool,
    /// Whether the answer is streamed.
    #[serde(skip_serializing_if = "is_false")]
    pub stream: bool,
    /// The agreement that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// The version of that agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement_version: Option<u32>,
    /// The de-identified-route decision that opened the route instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Region of the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Host of the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// For which purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Why {
    /// Purpose of use, such as `treatment`.
    pub purpose: String,
    /// The paragraph it rests on.
    pub legal_basis: String,
}

/// What the policies decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyDecision {
    /// Whether it was allowed.
    pub allowed: bool,
    /// Ids of the policies that made the decision; empty: nothing allowed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The reason in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What was found, sent and restored; the keys are classes such as `NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Found in what the caller sent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, u32>,
    /// Found and passed to the vendor as it was.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sent: BTreeMap<String, u32>,
    /// Found and replaced or taken out before it left.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<String, u32>,
    /// Parts that left without being screened, by kind: images, audio, video, files.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unscreened: BTreeMap<String, u32>,
    /// How many findings were unsure.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub unsure: u32,
    /// Put back into the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub restored: BTreeMap<String, u32>,
    /// In the answer, though not in the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub invented: BTreeMap<String, u32>,
    /// Things that look like tokens in the answer and were never issued.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub never_issued: u32,
}

/// Sizes and durations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sizes {
    /// Bytes of the caller's request.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub request_bytes: u64,
    /// Bytes sent to the vendor.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub sent_bytes: u64,
    /// Bytes of the answer given to the caller.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub answer_bytes: u64,
    /// Milliseconds from the caller's request to this event.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub latency_ms: u64,
    /// Microseconds of detection and screening.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub detect_us: u64,
    /// Microseconds of inspecting and restoring the answer.
    #[serde(skip_serializing_if = "is_zero_u64")]
    pub restore_us: u64,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// HTTP status given to the caller.
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub status: u16,
    /// Code of the error, such as `no_agreement`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The message; no PHI.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A sealed content that the store keeps, by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PayloadRef {
    /// Id of the payload.
    pub id: String,
    /// `prompt`, `answer` or `map`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// SHA-256 of the sealed bytes in hexadecimal; empty where the event says that they are gone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// Until when it is kept, in milliseconds since the Unix epoch; 0 where the event does not say.
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub keep_until_ms: i64,
    /// Names of the keys that open it; empty where they are those of the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// The change of a register row, a policy, a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// What changed, such as `agreement/acme-2026`.
    pub object: String,
    /// What was done, such as `signed`.
    pub action: String,
    /// Why, in the words of the operator; no PHI.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// SHA-256 of the new value in hexadecimal; empty when it was removed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// Version of the row after the change.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub version: u32,
}

/// Makes an event id: 48 bits of time and 80 random bits, in 26 characters of Crockford's base 32 (a ULID).
///
/// Ids sort by time; within one millisecond their order is random. Time before 1970 counts as 1970.
///
/// # Errors
/// [`covenant_seal::Error::Random`] when there is no randomness.
pub fn new_id(at_ms: i64, random: &dyn Random) -> Result<String, Error> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const TIME_BITS: u32 = 48;
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    let low = u128::from_be_bytes(bytes) & ((1 << 80) - 1);
    let time = u128::try_from(at_ms).unwrap_or(0) & ((1 << TIME_BITS) - 1);
    let number = time << 80 | low;
    let digit = |place: u32| {
        // Masked to five bits, so it is an index into the 32 characters.
        let index = (number >> (5 * place)) as usize & 31;
        ALPHABET.get(index).copied().map_or('0', char::from)
    };
    Ok((0..26).rev().map(digit).collect())
}

fn is_zero_u16(number: &u16) -> bool {
    *number == 0
}

fn is_zero_u32(number: &u32) -> bool {
    *number == 0
}

fn is_zero_u64(number: &u64) -> bool {
    *number == 0
}

fn is_zero_i64(number: &i64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !*flag
}
