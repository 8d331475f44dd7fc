//! The law as data; vendors, agreements, models and route decisions as states.
//!
//! One question is answered here: may protected health information go to this vendor, for this model and these
//! features, today? [`Register::cover`] answers it with a [`Coverage`], which nothing else can make, or with an
//! [`Uncovered`] that says why not and which command would change that.
//!
//! Deliberately absent: time (today is an argument), storage (the register is a value; whoever keeps it hands
//! it in row by row) and any word of a vendor about itself: a claim without an agreement changes nothing.
//!
//! ```
//! use covenant_govern::{Agreement, AgreementState, Date, Dialect, Model, Register, Vendor};
//!
//! let today: Date = "2026-03-01".parse()?;
//! let mut register = Register::default();
//! register.insert_vendor(Vendor::new("acme", "Acme AI"))?;
//! register.insert_model(Model::new("acme-large", "acme", "chat", "large-1", "https://api.acme.example", Dialect::OpenAi))?;
//! assert!(register.cover("acme-large", &[], today).is_err(), "no agreement, no coverage");
//!
//! register.insert_agreement(Agreement {
//!     state: AgreementState::Signed { on: "2025-12-20".parse()?, by: "R. Ames, privacy officer".into() },
//!     services: vec!["chat".into()],
//!     models: vec!["*".into()],
//!     document_digest: Some("ab".repeat(32)),
//!     ..Agreement::draft("acme-2026", "acme", "2026-01-01".parse()?)
//! })?;
//! let coverage = register.cover("acme-large", &[], today)?;
//! assert_eq!(coverage.describe(), "under agreement acme-2026 v1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agreement;
mod coverage;
mod date;
mod decision;
mod determination;
mod error;
mod feature;
mod id;
pub mod minimum_necessary;
mod model;
pub mod public_numbers;
mod register;
mod vendor;

pub use agreement::{Agreement, AgreementState, AgreementStatus, Signature};
pub use coverage::{Basis, Coverage, Uncovered, UncoveredReason};
pub use date::{Date, DateError};
pub use decision::{MAX_DECISION_DAYS, Method, RouteDecision};
pub use determination::{Determined, DeterminedError, KINDS};
pub use error::Error;
pub use feature::{Feature, UnknownFeature};
pub use model::{
    ContentKept, Dialect, Inspect, MIRROR, Model, ResearchBasis, RouteOptions, Typed,
    UnknownDialect, UnknownResearchBasis, Unsure,
};
pub use register::Register;
pub use vendor::Vendor;
