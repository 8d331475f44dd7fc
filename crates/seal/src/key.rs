//! Data keys and their printable names.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{aead, hkdf};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encoding::framed;
use crate::{Error, Random, hex};

/// The most times one key may seal.
///
/// NIST SP 800-38D section 8.3 allows 2^32 invocations with random 96-bit nonces; we stop sixteen times earlier,
/// which keeps the chance of a repeated nonce under 2^-40 a key.
pub const MAX_SEALS_PER_KEY: u64 = 1 << 28;

/// The printable name of a key: `kek-1a2b3c4d`, `log-…`. Not secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    /// Reads a key id.
    ///
    /// # Errors
    /// [`Error::KeyName`] unless it is 1 to 64 letters, digits, dots, underscores or hyphens.
    pub fn new(text: impl Into<String>) -> Result<KeyId, Error> {
        let text = text.into();
        let fits = (1..=64).contains(&text.len());
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if fits && plain {
            Ok(KeyId(text))
        } else {
            Err(Error::KeyName)
        }
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<KeyId, Error> {
        KeyId::new(text)
    }
}

impl TryFrom<String> for KeyId {
    type Error = Error;

    fn try_from(text: String) -> Result<KeyId, Error> {
        KeyId::new(text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.0
    }
}

/// Counts the seals of one key and refuses above [`MAX_SEALS_PER_KEY`].
///
/// A [`DataKey`] carries one from the moment it is in memory; an owner that keeps a key across restarts stores
/// the count and calls [`DataKey::resume_count`], or rotates the key at every start.
#[derive(Debug, Default)]
pub struct SealCounter(AtomicU64);

impl SealCounter {
    /// Continues from a count that was kept.
    pub fn resume(count: u64) -> SealCounter {
        SealCounter(AtomicU64::new(count))
    }

    /// Returns how many seals were counted.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts one seal; `false` when the limit is reached and the seal must not happen.
    pub fn take(&self) -> bool {
        let counted = |count: u64| (count < MAX_SEALS_PER_KEY).then_some(count + 1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted)
            .is_ok()
    }
}

/// A 256-bit key that seals records; wiped on drop, at rest only wrapped by a [`crate::KeyService`].
///
/// Two values are derived from it by HKDF-SHA-256: the AES key, and a commitment that is stored with every
/// ciphertext. The commitment is public; it names the key and makes it impossible to craft bytes that open under
/// two keys, which GCM alone does not rule out.
pub struct DataKey {
    raw: Zeroizing<[u8; 32]>,
    cipher: aead::LessSafeKey,
    commitment: [u8; 32],
    seals: SealCounter,
}

impl DataKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`Error::Random`] when there is no randomness.
    pub fn generate(random: &dyn Random) -> Result<DataKey, Error> {
        let mut raw = Zeroizing::new([0; 32]);
        random.fill(raw.as_mut())?;
        DataKey::from_raw(raw)
    }

    /// Makes a key of 32 secret, uniformly random bytes.
    ///
    /// # Errors
    /// [`Error::Module`] when the cryptographic module refuses.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<DataKey, Error> {
        DataKey::from_raw(Zeroizing::new(*bytes))
    }

    /// Returns the public value that every ciphertext under this key carries.
    pub fn commitment(&self) -> [u8; 32] {
        self.commitment
    }

    /// Names the key: `prefix`, a hyphen and the first eight hexadecimal digits of its commitment.
    ///
    /// # Errors
    /// [`Error::KeyName`] when the prefix has other characters than a key id may have.
    pub fn id(&self, prefix: &str) -> Result<KeyId, Error> {
        KeyId::new(named(prefix, &self.commitment))
    }

    /// Returns the counter of seals made with this key since it was made or unwrapped.
    pub fn seals(&self) -> &SealCounter {
        &self.seals
    }

    /// Continues the count of seals from a number that was kept.
    #[must_use]
    pub fn resume_count(mut self, count: u64) -> DataKey {
        self.seals = SealCounter::resume(count);
        self
    }

    /// Derives another key for the use that `label` names; different labels give unrelated keys.
    ///
    /// # Errors
    /// [`Error::Module`] when the cryptographic module refuses.
    pub fn derive(&self, label: &str, parts: &[&[u8]]) -> Result<DataKey, Error> {
        let mut info = vec![b"derived key".as_slice(), label.as_bytes()];
        info.extend_from_slice(parts);
        DataKey::from_raw(expand(&extract(&self.raw), &info)?)
    }

    pub(crate) fn from_raw(raw: Zeroizing<[u8; 32]>) -> Result<DataKey, Error> {
        let extracted = extract(&raw);
        let encryption = expand(&extracted, &[b"encryption"])?;
        let commitment = *expand(&extracted, &[b"commitment"])?;
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, encryption.as_ref());
        let cipher = aead::LessSafeKey::new(key.map_err(|_| Error::Module("set a key"))?);
        Ok(DataKey {
            raw,
            cipher,
            commitment,
            seals: SealCounter::default(),
        })
    }

    pub(crate) fn raw(&self) -> &[u8; 32] {
        &self.raw
    }

    pub(crate) fn cipher(&self) -> &aead::LessSafeKey {
        &self.cipher
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", named("key", &self.commitment))
    }
}

/// The printable name of the key that a commitment belongs to.
pub(crate) fn named(prefix: &str, commitment: &[u8]) -> String {
    format!("{prefix}-{}", hex(commitment.get(..4).unwrap_or_default()))
}

/// HKDF-SHA-256 with a salt of our own.
fn extract(raw: &[u8; 32]) -> hkdf::Prk {
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"covenant-seal-v1").extract(raw)
}

/// The second half of HKDF; the info is framed, so that no two uses collide.
fn expand(extracted: &hkdf::Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let info = framed("covenant-seal-v1", info);
    let mut out = Zeroizing::new([0; 32]);
    extracted
        .expand(&[&info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut()))
        .map_err(|_| Error::Module("derive a key"))?;
    Ok(out)
}
