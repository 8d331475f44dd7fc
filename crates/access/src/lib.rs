//! Who may do what, and why.

mod ask;
mod decision;
mod engine;
mod error;
mod explain;
pub mod key;
mod principal;
mod purpose;
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
