//! The bytes of a leaf: a sealed event with the names needed to open it.
//!
//! `"CVE1" | length (1) | key id | length (1) | event id | sealed event`. Both ids are bound into the seal, which
//! commits to its data key, so a leaf hash commits to the event and to the key that opens it.

use covenant_seal::{Context, DataKey, KeyId, Random};

use crate::Error;
use crate::event::{Event, VERSION};

const MAGIC: &[u8; 4] = b"CVE1";

/// The largest entry: an entry bundle has sixteen bits for its length (C2SP tlog-tiles).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// What can be read of a leaf without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The log key that seals the event.
    pub key_id: KeyId,
    /// The id of the event.
    pub event_id: String,
}

/// Seals an event into the bytes of a leaf.
///
/// # Errors
/// [`Error::TooLarge`] when it does not fit an entry bundle, [`Error::Entry`] when the event has no usable id,
/// [`Error::Seal`] when sealing fails.
pub fn seal_event(
    event: &Event,
    log_key: &DataKey,
    log_key_id: &KeyId,
    tenant: &str,
    random: &dyn Random,
) -> Result<Vec<u8>, Error> {
    let header = Header {
        key_id: log_key_id.clone(),
        event_id: checked_id(&event.id)?.to_owned(),
    };
    let plaintext =
        serde_json::to_vec(event).map_err(|_| Error::Entry("event cannot be written as JSON"))?;
    let kind = header.seal_kind();
    let sealed = covenant_seal::seal(log_key, &header.context(tenant, &kind), &plaintext, random)?;

    let mut leaf = MAGIC.to_vec();
    push_short(&mut leaf, header.key_id.as_str());
    push_short(&mut leaf, &header.event_id);
    leaf.extend_from_slice(&sealed);
    if leaf.len() > MAX_ENTRY_BYTES {
        return Err(Error::TooLarge { size: leaf.len() });
    }
    Ok(leaf)
}

/// Reads the names at the start of a leaf; they are not authenticated until the event is opened.
///
/// # Errors
/// [`Error::Entry`] saying what is wrong.
pub fn header(leaf: &[u8]) -> Result<Header, Error> {
    split(leaf).map(|(header, _)| header)
}

/// Opens a leaf.
///
/// # Errors
/// [`Error::Seal`] when the key is wrong or the bytes were altered, [`Error::Newer`] when a newer version wrote
/// it, [`Error::Entry`] when it is not an entry.
pub fn open_event(leaf: &[u8], log_key: &DataKey, tenant: &str) -> Result<Event, Error> {
    let (header, sealed) = split(leaf)?;
    let kind = header.seal_kind();
    let plaintext = covenant_seal::open(log_key, &header.context(tenant, &kind), sealed)?;
    let version: Versioned = serde_json::from_slice(&plaintext).map_err(|_| NOT_AN_EVENT)?;
    if version.v > VERSION {
        return Err(Error::Newer(version.v));
    }
    let event: Event = serde_json::from_slice(&plaintext).map_err(|_| NOT_AN_EVENT)?;
    if event.id != header.event_id {
        return Err(Error::Entry("the event has another id than its header"));
    }
    Ok(event)
}

const NOT_AN_EVENT: Error = Error::Entry("the sealed bytes are not an event");

/// The version alone, read before the rest, so that a newer event is named as such.
#[derive(serde::Deserialize)]
struct Versioned {
    v: u16,
}

impl Header {
    fn seal_kind(&self) -> String {
        format!("event under {}", self.key_id)
    }

    fn context<'a>(&'a self, tenant: &'a str, kind: &'a str) -> Context<'a> {
        Context {
            tenant,
            record: &self.event_id,
            kind,
        }
    }
}

fn split(leaf: &[u8]) -> Result<(Header, &[u8]), Error> {
    let rest = leaf
        .strip_prefix(MAGIC)
        .ok_or(Error::Entry("it does not start with CVE1"))?;
    let (key_id, rest) = take_short(rest)?;
    let (event_id, sealed) = take_short(rest)?;
    let key_id = KeyId::new(key_id).map_err(|_| Error::Entry("its key id is not usable"))?;
    let event_id = checked_id(event_id)?.to_owned();
    Ok((Header { key_id, event_id }, sealed))
}

/// Event ids are short and plain, so that they can stand in a path, a line and a terminal.
fn checked_id(id: &str) -> Result<&str, Error> {
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain && (1..=64).contains(&id.len()) {
        Ok(id)
    } else {
        Err(Error::Entry(
            "its event id must be 1 to 64 letters, digits or hyphens",
        ))
    }
}

/// `text` is a key id or an event id: both have at most 64 bytes.
fn push_short(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(text.as_bytes());
}

fn take_short(bytes: &[u8]) -> Result<(&str, &[u8]), Error> {
    let too_short = Error::Entry("it is too short");
    let (length, rest) = bytes.split_first().ok_or(too_short.clone())?;
    let (text, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(too_short)?;
    let text = std::str::from_utf8(text).map_err(|_| Error::Entry("its names are not text"))?;
    Ok((text, rest))
}
