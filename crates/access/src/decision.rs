//! What the policies answered: a [`Permit`] that only the engine makes, or [`Denied`].

use std::fmt;

use crate::{Action, Ask, Purpose, Resource};

/// Proof that the policies allowed something.
///
/// Only [`Engine::authorize`](crate::Engine::authorize) makes one; written out elsewhere it does not compile:
///
/// ```compile_fail,E0451
/// use covenant_access::{Action, Permit, Purpose};
/// fn forge() -> Permit {
///     Permit {
///         principal: "demo".into(),
///         purpose: Purpose::Treatment,
///         action: Action::InvokeModel,
///         target: None,
///         policies: vec![],
///         reason: String::new(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    principal: String,
    purpose: Purpose,
    action: Action,
    target: Option<(String, String)>,
    policies: Vec<String>,
    reason: String,
}

impl Permit {
    pub(crate) fn new(ask: &Ask, policies: Vec<String>, reason: String) -> Permit {
        let target = match &ask.resource {
            Resource::Model { alias, vendor, .. } => Some((alias.clone(), vendor.clone())),
            _ => None,
        };
        let principal = ask.principal.id.clone();
        Permit {
            principal,
            purpose: ask.purpose,
            action: ask.action,
            target,
            policies,
            reason,
        }
    }

    /// Returns the id of who was allowed.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Returns the purpose it was allowed for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns what was allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// Returns the alias of the model, when sending to a model was allowed.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.0.as_str())
    }

    /// Returns the id of the model's vendor, when sending to a model was allowed.
    #[must_use]
    pub fn vendor(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.1.as_str())
    }

    /// Returns the ids of the policies that allowed it, in alphabetical order.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// Returns the reasons of those policies.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The policies did not allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The ids of the policies that forbid it, in alphabetical order; empty when none allows it.
    pub policies: Vec<String>,
    /// The reason in words.
    pub reason: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Denied {}
