//! Keys, envelope encryption, keyed hashes, signatures and secret types.
//!
//! Everything Covenant keeps at rest passes through [`seal`]: AES-256-GCM under a [`DataKey`], bound to a
//! [`Context`] (tenant, record, kind) and committed to its key. Data keys rest only wrapped by a [`KeyService`].
//! PHI and secrets in memory live in [`Phi`], [`SecretString`] and [`SecretBytes`], which no log line can print.
//!
//! All primitives come from AWS-LC through `aws-lc-rs`; nothing is implemented here but the way they are put
//! together. Deliberately not here: files, the environment, the clock. Randomness is an argument ([`Random`]).
//!
//! ```
//! use covenant_seal::{Context, DataKey, KeyService, LocalKey, SystemRandom, open, seal};
//!
//! let kek = LocalKey::generate(&SystemRandom)?;
//! let context = Context { tenant: "clinic", record: "01J9", kind: "prompt" };
//! let key = DataKey::generate(&SystemRandom)?;
//! let wrapped = kek.wrap(&key, &context, &SystemRandom)?;
//! let sealed = seal(&key, &context, b"invented note", &SystemRandom)?;
//!
//! let key = kek.unwrap(&wrapped, &context)?;
//! assert_eq!(open(&key, &context, &sealed)?.as_slice(), b"invented note");
//! let elsewhere = Context { record: "01JA", ..context };
//! assert!(open(&key, &elsewhere, &sealed).is_err());
//! # Ok::<(), covenant_seal::Error>(())
//! ```

mod encoding;
mod envelope;
mod error;
mod hash;
mod key;
mod phi;
mod random;
mod secret;
mod service;
mod sign;

pub use envelope::{Context, OVERHEAD_BYTES, open, seal};
pub use error::Error;
pub use hash::{HashKey, constant_time_eq, hex, module_description, sha256, unhex};
pub use key::{DataKey, KeyId, MAX_SEALS_PER_KEY, SealCounter};
pub use phi::Phi;
pub use random::{Random, SystemRandom};
pub use secret::{SecretBytes, SecretString};
pub use service::{KeyService, LocalKey, WrappedKey};
pub use sign::{SigningKey, verify_signature};
pub use zeroize::Zeroizing;
