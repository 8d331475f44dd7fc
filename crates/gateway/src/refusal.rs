//! [`Refusal`]: why a caller does not get an answer of a model, in words and codes without PHI.
//!
//! One value serves the caller's error envelope, the event and the metrics, so the three never tell different
//! stories. Each dialect writes it in its own form.

use covenant_formats::json::Path;

use crate::upstream::UpstreamFault;

/// A request that is not answered by a model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The JSON path it is about.
    pub(crate) param: Option<String>,
    /// The policies that decided.
    pub(crate) policies: Vec<String>,
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    /// Returns a refusal with a code and words.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code,
            message: message.into(),
            param: None,
            policies: Vec::new(),
            retry_after: None,
        }
    }

    /// Adds the path it is about.
    pub(crate) fn at(self, path: &Path) -> Refusal {
        Refusal {
            param: Some(path.to_string()),
            ..self
        }
    }

    /// Adds the policies that decided.
    pub(crate) fn policies(self, policies: &[String]) -> Refusal {
        Refusal {
            policies: policies.to_vec(),
            ..self
        }
    }

    /// Adds the seconds after which the caller may try again.
    pub(crate) fn retry_after(self, seconds: u64) -> Refusal {
        Refusal {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// No key, or none that counts. Which of the reasons it is, only a key that is known learns.
    pub(crate) fn unauthenticated(reason: &'static str) -> Refusal {
        Refusal::new(401, "invalid_key", reason)
    }

    /// The ledger or another part without which nothing may move is not available.
    pub(crate) fn unavailable(part: &str) -> Refusal {
        let message = format!("{part} is not available, and without it nothing is sent");
        Refusal::new(503, "unavailable", message).retry_after(5)
    }

    /// Something in the answer has to go, and what is left would break what the caller's program reads.
    pub(crate) fn withheld(path: &Path) -> Refusal {
        let words = format!(
            "{path}: the answer holds an identifier that was not in the request, and taking it out would break its structure"
        );
        Refusal::new(502, "answer_withheld", words).at(path)
    }

    /// A field is refused.
    pub(crate) fn field(
        code: &'static str,
        path: &Path,
        reason: impl std::fmt::Display,
    ) -> Refusal {
        Refusal::new(422, code, format!("{path}: {reason}")).at(path)
    }
}

impl From<UpstreamFault> for Refusal {
    fn from(fault: UpstreamFault) -> Refusal {
        let refusal = Refusal::new(fault.status(), fault.code(), fault.to_string());
        Refusal {
            retry_after: fault.retry_after(),
            ..refusal
        }
    }
}

impl From<covenant_deid::Refusal> for Refusal {
    fn from(refusal: covenant_deid::Refusal) -> Refusal {
        use covenant_deid::Refusal as Deid;
        let code = match &refusal {
            Deid::Blocked { .. } => "blocked",
            Deid::CannotStand { .. } => "token_cannot_stand",
            Deid::Unplanned { .. } => "unknown_field",
            Deid::Unsettled { .. } => "unsettled",
        };
        let message = refusal.to_string();
        match refusal {
            Deid::Blocked { path, .. }
            | Deid::CannotStand { path, .. }
            | Deid::Unplanned { path, .. }
            | Deid::Unsettled { path, .. } => Refusal::new(422, code, message).at(&path),
        }
    }
}
