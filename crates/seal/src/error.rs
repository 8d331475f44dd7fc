//! What can go wrong with keys and sealed bytes. No message carries a key, a plaintext or an input value.

/// A failure of this crate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The source of randomness failed: nothing may be sealed.
    #[error("the source of randomness failed")]
    Random,
    /// The sealed bytes name another key than the one given. Configuration, or a key file that was exchanged.
    #[error("wrong key: sealed under {sealed_with}, opened with {given}")]
    WrongKey {
        /// Printable name of the key the bytes commit to.
        sealed_with: String,
        /// Printable name of the key that was given.
        given: String,
    },
    /// The key is right, but the bytes were changed or moved to another tenant, record or kind.
    #[error("sealed {kind} was altered, or belongs to another tenant, record or kind")]
    Altered {
        /// The kind of the [`crate::Context`] it was opened with.
        kind: String,
    },
    /// The bytes are not sealed bytes of a version this program knows.
    #[error("not sealed by this program: {0}")]
    Malformed(&'static str),
    /// The key has sealed as many times as is safe with random nonces; its owner must rotate it.
    #[error("key {key} has reached its limit of seals and must be rotated")]
    KeyExhausted {
        /// Printable name of the key.
        key: String,
    },
    /// The text of a key could not be read.
    #[error("key text is not usable: {0}")]
    KeyText(&'static str),
    /// A key id is empty, too long, or has characters other than letters, digits, `.`, `_` and `-`.
    #[error("key id must be 1 to 64 letters, digits, dots, underscores or hyphens")]
    KeyName,
    /// A signature does not verify under the given public key.
    #[error("signature does not verify")]
    Signature,
    /// The key service (outside this program) could not be reached or refused.
    #[error("key service failed: {0}")]
    Service(String),
    /// The cryptographic module refused an operation that should always succeed.
    #[error("the cryptographic module refused to {0}")]
    Module(&'static str),
}
