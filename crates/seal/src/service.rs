//! Key services: who holds the key-encryption key. Today a key in text form; outside services meet the same trait.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::{Zeroize as _, Zeroizing};

use crate::key::named;
use crate::{Context, DataKey, Error, KeyId, Random, SecretString, constant_time_eq, open, seal};

const PREFIX: &str = "covenant-kek-v1:";
const VERSION: u8 = 1;
const SALT_BYTES: usize = 32;

/// Holds a key-encryption key, and wraps and unwraps data keys with it.
pub trait KeyService: Send + Sync {
    /// Returns the printable name of the key-encryption key.
    fn id(&self) -> &KeyId;

    /// Wraps a data key for `context`.
    ///
    /// # Errors
    /// [`Error::Random`] without randomness, [`Error::Service`] when the service cannot be reached.
    fn wrap(
        &self,
        key: &DataKey,
        context: &Context<'_>,
        random: &dyn Random,
    ) -> Result<WrappedKey, Error>;

    /// Unwraps a data key that was wrapped for `context`.
    ///
    /// # Errors
    /// [`Error::WrongKey`] naming both keys when another one wrapped it, [`Error::Altered`] when the bytes were
    /// changed or wrapped for another context, [`Error::Service`] when the service cannot be reached.
    fn unwrap(&self, wrapped: &WrappedKey, context: &Context<'_>) -> Result<DataKey, Error>;

    /// Derives a key that is the same for every start with this key-encryption key: for hash keys.
    ///
    /// # Errors
    /// [`Error::Module`] or [`Error::Service`].
    fn derive(&self, label: &str) -> Result<DataKey, Error>;
}

/// A data key, encrypted under a key-encryption key; safe to store.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Takes stored bytes; they are checked when unwrapped.
    pub fn from_bytes(bytes: Vec<u8>) -> WrappedKey {
        WrappedKey(bytes)
    }

    /// Returns the bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[wrapped key, {} bytes]", self.0.len())
    }
}

/// A key-encryption key that is held in memory and came from a file or the environment.
///
/// Wrapped bytes are `version (1) | commitment of this key (32) | salt (32) | sealed data key`. Every wrap uses its
/// own key, derived with the salt, so the number of wraps of one key-encryption key needs no bound.
pub struct LocalKey {
    key: DataKey,
    id: KeyId,
}

impl LocalKey {
    /// Makes a new key-encryption key.
    ///
    /// # Errors
    /// [`Error::Random`] when there is no randomness.
    pub fn generate(random: &dyn Random) -> Result<LocalKey, Error> {
        LocalKey::of(DataKey::generate(random)?)
    }

    /// Reads the text form: one line, `covenant-kek-v1:` and the base64 of 32 bytes.
    ///
    /// # Errors
    /// [`Error::KeyText`] saying what is wrong with the text, never what it holds.
    pub fn parse(text: &str) -> Result<LocalKey, Error> {
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(Error::KeyText("it does not start with covenant-kek-v1:"))?;
        let decoded = BASE64
            .decode(encoded)
            .map_err(|_| Error::KeyText("what follows the prefix is not base64"))?;
        let decoded = Zeroizing::new(decoded);
        let Ok(mut bytes) = <[u8; 32]>::try_from(decoded.as_slice()) else {
            return Err(Error::KeyText("it does not hold 32 bytes"));
        };
        if bytes == [0; 32] {
            return Err(Error::KeyText("all its bytes are zero"));
        }
        let key = DataKey::from_bytes(&bytes);
        bytes.zeroize();
        LocalKey::of(key?)
    }

    /// Returns the text form, as [`LocalKey::parse`] reads it, without a newline.
    pub fn to_text(&self) -> SecretString {
        let encoded = Zeroizing::new(BASE64.encode(self.key.raw()));
        SecretString::new(format!("{PREFIX}{}", encoded.as_str()))
    }

    fn of(key: DataKey) -> Result<LocalKey, Error> {
        let id = key.id("kek")?;
        Ok(LocalKey { key, id })
    }

    fn wrapping_key(&self, salt: &[u8; SALT_BYTES]) -> Result<DataKey, Error> {
        self.key.derive("wrap", &[salt])
    }
}

impl KeyService for LocalKey {
    fn id(&self) -> &KeyId {
        &self.id
    }

    fn wrap(
        &self,
        key: &DataKey,
        context: &Context<'_>,
        random: &dyn Random,
    ) -> Result<WrappedKey, Error> {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt)?;
        let sealed = seal(&self.wrapping_key(&salt)?, context, key.raw(), random)?;

        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.key.commitment());
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&sealed);
        Ok(WrappedKey(bytes))
    }

    fn unwrap(&self, wrapped: &WrappedKey, context: &Context<'_>) -> Result<DataKey, Error> {
        let malformed = || Error::Malformed("wrapped key is too short or of an unknown version");
        let (version, rest) = wrapped.0.split_first().ok_or_else(malformed)?;
        if *version != VERSION {
            return Err(malformed());
        }
        let (commitment, rest) = rest.split_first_chunk::<32>().ok_or_else(malformed)?;
        let (salt, sealed) = rest
            .split_first_chunk::<SALT_BYTES>()
            .ok_or_else(malformed)?;
        if !constant_time_eq(commitment, &self.key.commitment()) {
            return Err(Error::WrongKey {
                sealed_with: named("kek", commitment),
                given: self.id.to_string(),
            });
        }
        // The salt is not authenticated by itself: another salt derives another key, to which the rest does not commit.
        let altered = || Error::Altered {
            kind: format!("key of {}", context.kind),
        };
        let raw = open(&self.wrapping_key(salt)?, context, sealed).map_err(|_| altered())?;
        let bytes = <&[u8; 32]>::try_from(raw.as_slice()).map_err(|_| altered())?;
        DataKey::from_bytes(bytes)
    }

    fn derive(&self, label: &str) -> Result<DataKey, Error> {
        self.key.derive("label", &[label.as_bytes()])
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.id)
    }
}
