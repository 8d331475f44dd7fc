//! What is done with a finding: treatments, tokens, restoring, date shift.
//!
//! [`Screener`] turns [`covenant_seal::Phi`] into [`Screened`] under a named [`Profile`]; nothing else can. What it
//! replaced by numbered [`Tokens`] comes back through a [`Restorer`] and the [`TokenMap`]. Data that leaves for good
//! is the business of [`files`]. Deliberately not here: finding (`detect`), who may send (`access`), where to
//! (`govern`), and any clock or randomness.
//!
//! A whole request body is screened with [`Screener::document`] and a [`Plan`] that says of every value what it is;
//! a value the plan does not speak of is refused.
//!
//! ```
//! use std::sync::Arc;
//! use covenant_deid::{Profile, Restorer, Screener, Tokens};
//! use covenant_detect::Detector;
//! use covenant_seal::{DataKey, HashKey, Phi, SystemRandom};
//!
//! let key = Arc::new(HashKey::from(DataKey::generate(&SystemRandom)?));
//! let mut tokens = Tokens::new(key, "demo-app");
//! let profile = Profile::builder("example").build();
//! let mut screener = Screener::new(Detector::standard(), &profile, &mut tokens);
//! let sent = screener.text(Phi::new("Reach her at ellen.marsh@example.com today."))?;
//! assert!(sent.get().contains("[EMAIL_1_"));
//!
//! let map = Arc::new(tokens.map());
//! let mut restorer = Restorer::new(map);
//! let mut answer = restorer.push(sent.get());
//! answer.push_str(&restorer.finish());
//! assert_eq!(answer, "Reach her at ellen.marsh@example.com today.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Screened data cannot be made outside this crate:
//!
//! ```compile_fail,E0451
//! let forged = covenant_deid::Screened { value: "raw", profile: String::new(), report: Default::default() };
//! ```
//!
//! and what has not been screened cannot be printed:
//!
//! ```compile_fail,E0277
//! println!("{:?}", covenant_seal::Phi::new("Ellen Marsh"));
//! ```

mod coarse;
pub mod dates;
mod edit;
mod fields;
pub mod files;
mod known;
mod lookalike;
mod profile;
mod refusal;
mod restorer;
mod screened;
mod screener;
mod shape;
mod token_map;
mod tokens;
mod treatment;
mod words;
pub mod zip3;

pub use profile::{OnTyped, Profile, ProfileBuilder, ProfileError, UnsurePolicy};
pub use refusal::Refusal;
pub use restorer::{RestoreReport, Restorer};
pub use screened::{Note, Report, Screened};
pub use screener::{Plan, Screener, TypedRule};
pub use token_map::{InvalidTokenMap, TokenMap};
pub use tokens::Tokens;
pub use treatment::{Treatment, UnknownTreatment};
