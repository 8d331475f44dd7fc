//! Who may do what, and why.
//!
//! Policies in Cedar decide: files an auditor can read, validated strictly against a schema, each with an id and
//! a reason. What none allows is denied, one that forbids outweighs all that allow, and one that cannot be
//! evaluated denies too. The answer is a [`Permit`], which nothing but [`Engine::authorize`] makes, or a
//! [`Denied`] with the reason in words; [`Engine::explain`] says for each policy why, and what would have to
//! differ.
//!
//! Deliberately absent: who a caller is (whoever holds the hashing key compares keys), whether an agreement is
//! in force (that is asked of the register and told here), and any rule written in Rust: what a role may do
//! stands in `policies/` alone.
//!
//! ```
//! use covenant_access::{Action, App, Ask, Context, Engine, Purpose, Resource};
//!
//! let engine = Engine::shipped()?;
//! let mut app = App::new("discharge-letters", "Discharge letters")?;
//! let mut ask = Ask {
//!     principal: app.principal(),
//!     purpose: Purpose::Treatment,
//!     action: Action::InvokeModel,
//!     resource: Resource::Model {
//!         alias: "acme-large".into(),
//!         vendor: "acme".into(),
//!         features: vec![],
//!         agreement_in_force: true,
//!         deidentified_route: false,
//!         research_basis: None,
//!     },
//!     context: Context::default(),
//! };
//! let denied = engine.authorize(&ask).unwrap_err();
//! assert_eq!(denied.policies, ["purpose-not-given"]);
//! assert_eq!(
//!     engine.explain(&ask).would_allow[0],
//!     "the app was not given the purpose treatment; \
//!      give it with `covenant app purpose discharge-letters --purpose treatment`"
//! );
//!
//! app.purposes.push(Purpose::Treatment);
//! ask.principal = app.principal();
//! let permit = engine.authorize(&ask)?;
//! assert_eq!((permit.policies(), permit.model()), (&["app-sends".to_owned()][..], Some("acme-large")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod change;
mod decision;
mod engine;
mod error;
mod explain;
pub mod key;
mod policies;
mod principal;
mod purpose;
mod question;
mod remembered;
mod role;
mod words;

pub use ask::{Action, Ask, Context, KeysKind, Label, RegisterKind, ResearchBasis, Resource};
pub use decision::{Denied, Permit};
pub use engine::Engine;
pub use error::{Error, PolicyFault};
pub use explain::{Effect, Explanation, PolicyExplanation};
pub use key::{AppKey, KeyKind, KeyState, PlainKey};
pub use principal::{App, Operator, Principal, PrincipalKind};
pub use purpose::Purpose;
pub use role::Role;
pub use words::UnknownWord;
