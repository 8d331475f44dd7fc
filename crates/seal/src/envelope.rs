//! Sealing and opening: AES-256-GCM, bound to its context and committed to its key.
//!
//! Sealed bytes are `version (1) | commitment (32) | nonce (12) | ciphertext | tag (16)`. The commitment is
//! compared, in constant time, before anything is decrypted, so a wrong key is told apart from altered bytes. The
//! additional data of GCM is the context in an encoding that no two contexts share.

use aws_lc_rs::aead::{Aad, Nonce};
use zeroize::Zeroizing;

use crate::encoding::framed;
use crate::key::named;
use crate::{DataKey, Error, Random, constant_time_eq};

const VERSION: u8 = 1;
const COMMITMENT_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// How many bytes sealed bytes are longer than what they hold.
pub const OVERHEAD_BYTES: usize = 1 + COMMITMENT_BYTES + NONCE_BYTES + TAG_BYTES;

/// What a ciphertext belongs to; it opens nowhere else. None of the three may be PHI: they rest in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// Whose installation.
    pub tenant: &'a str,
    /// Which record.
    pub record: &'a str,
    /// Which part of the record: `event`, `prompt`, `answer`, `map`.
    pub kind: &'a str,
}

impl Context<'_> {
    fn additional_data(&self) -> Vec<u8> {
        let parts = [
            self.tenant.as_bytes(),
            self.record.as_bytes(),
            self.kind.as_bytes(),
        ];
        framed("covenant-seal-v1 context", &parts)
    }
}

/// Seals `plaintext` under `key`, bound to `context`.
///
/// # Errors
/// [`Error::KeyExhausted`] when the key has reached [`crate::MAX_SEALS_PER_KEY`]; [`Error::Random`] without
/// randomness.
pub fn seal(
    key: &DataKey,
    context: &Context<'_>,
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, Error> {
    if !key.seals().take() {
        return Err(Error::KeyExhausted {
            key: named("key", &key.commitment()),
        });
    }
    let mut nonce = [0; NONCE_BYTES];
    random.fill(&mut nonce)?;

    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD_BYTES);
    sealed.push(VERSION);
    sealed.extend_from_slice(&key.commitment());
    sealed.extend_from_slice(&nonce);
    let start = sealed.len();
    sealed.extend_from_slice(plaintext);

    let (_, body) = sealed.split_at_mut(start);
    let aad = Aad::from(context.additional_data());
    let tag = key
        .cipher()
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body)
        .map_err(|_| Error::Module("seal"))?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Opens sealed bytes. The plaintext is wiped when dropped.
///
/// # Errors
/// [`Error::WrongKey`] when the bytes commit to another key, [`Error::Altered`] when they were changed or belong
/// to another context, [`Error::Malformed`] when they are too short or of an unknown version.
pub fn open(
    key: &DataKey,
    context: &Context<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (version, rest) = sealed.split_first().ok_or(Error::Malformed("empty"))?;
    if *version != VERSION {
        return Err(Error::Malformed("unknown version"));
    }
    let too_short = Error::Malformed("too short");
    let (commitment, rest) = rest
        .split_first_chunk::<COMMITMENT_BYTES>()
        .ok_or(too_short.clone())?;
    let (nonce, body) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(too_short.clone())?;
    if body.len() < TAG_BYTES {
        return Err(too_short);
    }
    if !constant_time_eq(commitment, &key.commitment()) {
        return Err(Error::WrongKey {
            sealed_with: named("key", commitment),
            given: named("key", &key.commitment()),
        });
    }

    let mut plaintext = Zeroizing::new(body.to_vec());
    let aad = Aad::from(context.additional_data());
    let length = key
        .cipher()
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut plaintext)
        .map_err(|_| Error::Altered {
            kind: context.kind.to_owned(),
        })?
        .len();
    plaintext.truncate(length);
    Ok(plaintext)
}
