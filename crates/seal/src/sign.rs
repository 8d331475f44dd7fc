//! Ed25519 signatures (RFC 8032).

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::{Error, Random, SecretBytes, hex};

/// An Ed25519 private key; wiped on drop.
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`Error::Random`] when there is no randomness.
    pub fn generate(random: &dyn Random) -> Result<SigningKey, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(seed.as_mut())?;
        SigningKey::from_seed(&seed)
    }

    /// Makes the key of a 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`Error::Module`] when the cryptographic module refuses.
    pub fn from_seed(seed: &[u8; 32]) -> Result<SigningKey, Error> {
        let refused = Error::Module("make a signing key");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| refused.clone())?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| refused)?;
        Ok(SigningKey {
            seed: Zeroizing::new(*seed),
            pair,
            public,
        })
    }

    /// Returns the seed, to be sealed and stored.
    pub fn seed(&self) -> SecretBytes {
        SecretBytes::new(self.seed.to_vec())
    }

    /// Returns the public key.
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        // An Ed25519 signature is always 64 bytes.
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[signing key of public key {}]", hex(&self.public))
    }
}

/// Checks a signature.
///
/// # Errors
/// [`Error::Signature`] when it does not verify.
pub fn verify_signature(public: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<(), Error> {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .map_err(|_| Error::Signature)
}
