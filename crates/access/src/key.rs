//! Keys of apps and operators: how they are made and read, and when one counts.
//!
//! A key is `cov_<prefix>_<secret>` (an app's) or `covop_<prefix>_<secret>` (an operator's). The prefix, 8
//! characters, finds the row and may be shown; the secret, 43 characters, carries 256 random bits. Only a keyed
//! hash of the whole key is kept, and whoever holds the hashing key compares it; no cryptography happens here.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The digits, letters of both cases: a key survives a double click, a URL and a shell.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The characters of a prefix.
pub const PREFIX_CHARS: usize = 8;
/// The characters of a secret: the fewest in which 256 bits fit, for 62^43 > 2^256.
pub const SECRET_CHARS: usize = 43;
/// The random bytes of a key: 8 for the prefix, 32 for the secret.
pub const RANDOM_BYTES: usize = 40;

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// An app's: opens the gateway.
    App,
    /// An operator's: opens the changing commands and the admin interface.
    Operator,
}

impl KeyKind {
    /// Returns how keys of this kind begin.
    #[must_use]
    pub fn marker(self) -> &'static str {
        match self {
            KeyKind::App => "cov_",
            KeyKind::Operator => "covop_",
        }
    }
}

/// A key in full, as its owner is shown it once. Wiped on drop.
pub struct PlainKey {
    text: Zeroizing<String>,
    kind: KeyKind,
}

impl PlainKey {
    /// Returns the whole key. It goes to its owner and into the keyed hash, nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns the prefix, which is no secret.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let from = self.kind.marker().len();
        self.text.get(from..from + PREFIX_CHARS).unwrap_or_default()
    }

    /// Returns whose key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

/// Makes a key from random bytes: the same bytes give the same key. Every value of the last 32 bytes gives
/// another secret, so uniform bytes give a uniform secret of 256 bits. (The prefix, a public index, is the first
/// 8 bytes modulo 62^8.)
#[must_use]
pub fn generate(kind: KeyKind, random_bytes: &[u8; RANDOM_BYTES]) -> PlainKey {
    let (for_prefix, for_secret) = random_bytes.split_at(RANDOM_BYTES - 32);
    let mut text = Zeroizing::new(String::with_capacity(
        kind.marker().len() + PREFIX_CHARS + 1 + SECRET_CHARS,
    ));
    text.push_str(kind.marker());
    push_base62(&mut text, for_prefix, PREFIX_CHARS);
    text.push('_');
    push_base62(&mut text, for_secret, SECRET_CHARS);
    PlainKey { text, kind }
}

/// Appends the last `chars` base-62 digits of a big-endian number.
fn push_base62(text: &mut String, number: &[u8], chars: usize) {
    let mut number = Zeroizing::new(number.to_vec());
    let mut digits = Zeroizing::new(Vec::with_capacity(chars));
    for _ in 0..chars {
        digits.push(divide(&mut number, 62));
    }
    for digit in digits.iter().rev() {
        let character = ALPHABET.get(usize::from(*digit)).copied().unwrap_or(b'0');
        text.push(char::from(character));
    }
}

/// Divides a big-endian number in place and returns the remainder, which is below `divisor`.
fn divide(number: &mut [u8], divisor: u16) -> u8 {
    let mut rest = 0_u16;
    for byte in number {
        let part = (rest << 8) | u16::from(*byte);
        *byte = u8::try_from(part / divisor).unwrap_or(u8::MAX);
        rest = part % divisor;
    }
    u8::try_from(rest).unwrap_or(0)
}

/// A key that was presented and has the form of one. Whether it is one, its hash says.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The prefix, by which its row is found.
    pub prefix: String,
    /// Whose key it would be.
    pub kind: KeyKind,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Why what was presented is not a key. Says nothing of what was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It begins like no key of ours.
    #[error("a key begins with cov_ (an app's) or covop_ (an operator's)")]
    Marker,
    /// It is too short or too long.
    #[error("a key has 8 characters, an underscore and 43 characters after its beginning")]
    Length,
    /// It holds another character than digits and letters.
    #[error("a key holds only digits and letters between its underscores")]
    Character,
}

/// Reads a presented key.
///
/// # Errors
/// [`KeyError`] when it has not the form of a key.
pub fn parse(presented: &str) -> Result<Presented, KeyError> {
    let (kind, rest) = [KeyKind::App, KeyKind::Operator]
        .into_iter()
        .find_map(|kind| Some((kind, presented.strip_prefix(kind.marker())?)))
        .ok_or(KeyError::Marker)?;
    if rest.len() != PREFIX_CHARS + 1 + SECRET_CHARS {
        return Err(KeyError::Length);
    }
    let (prefix, secret) = rest.split_once('_').ok_or(KeyError::Character)?;
    if prefix.len() != PREFIX_CHARS {
        return Err(KeyError::Length);
    }
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !alphanumeric(prefix) || !alphanumeric(secret) {
        return Err(KeyError::Character);
    }
    Ok(Presented {
        prefix: prefix.to_owned(),
        kind,
    })
}

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppKey {
    /// The first 8 characters of the key, by which it is found.
    pub prefix: String,
    /// The keyed hash of the whole key, in hexadecimal.
    pub hash: String,
    /// When it was made, in milliseconds since the Unix epoch, UTC.
    pub created_at_ms: i64,
    /// From when it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<i64>,
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey")
            .field("prefix", &self.prefix)
            .field("created_at_ms", &self.created_at_ms)
            .field("expires_at_ms", &self.expires_at_ms)
            .field("revoked_at_ms", &self.revoked_at_ms)
            .finish_non_exhaustive()
    }
}

impl Drop for AppKey {
    fn drop(&mut self) {
        self.hash.zeroize();
    }
}

/// How a key stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It counts.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked, and counts no more whatever the clock says.
    Revoked,
}

impl AppKey {
    /// Returns how the key stands at a moment. A revoked key is revoked even when the clock goes backwards.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> KeyState {
        if self.revoked_at_ms.is_some() {
            KeyState::Revoked
        } else if self.expires_at_ms.is_some_and(|expires| expires <= now_ms) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }
}

/// Adds a new key and lets every other active one expire after the overlap, or earlier where it would anyway.
pub fn rotate(keys: &mut Vec<AppKey>, new: AppKey, overlap_ms: u64, now_ms: i64) {
    let end = now_ms.saturating_add_unsigned(overlap_ms);
    for key in keys
        .iter_mut()
        .filter(|key| key.state(now_ms) == KeyState::Active)
    {
        key.expires_at_ms = Some(key.expires_at_ms.map_or(end, |expires| expires.min(end)));
    }
    keys.push(new);
}

/// Revokes the key of a prefix at once; says whether there was one that was not revoked yet.
pub fn revoke(keys: &mut [AppKey], prefix: &str, now_ms: i64) -> bool {
    let mut revoked = false;
    for key in keys
        .iter_mut()
        .filter(|key| key.prefix == prefix && key.revoked_at_ms.is_none())
    {
        key.revoked_at_ms = Some(now_ms);
        revoked = true;
    }
    revoked
}
