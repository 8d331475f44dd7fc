//! Why a change was not made, and how that is told over the wire. No message carries PHI or a secret.

use serde::{Deserialize, Serialize};

/// A change that was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No operator key, or one that is unknown, expired, revoked, or of a disabled operator.
    #[error("{0}")]
    Unauthenticated(String),
    /// The operator may not do this.
    #[error("{reason}{}", named(.policies))]
    Denied {
        /// The policies that forbade it; none when no policy allows it.
        policies: Vec<String>,
        /// Why, in words.
        reason: String,
    },
    /// The change itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The store or the register cannot be used now.
    #[error("{0}")]
    Unavailable(String),
}

fn named(policies: &[String]) -> String {
    match policies {
        [] => String::new(),
        policies => format!(" (policy {})", policies.join(", ")),
    }
}

/// The one JSON envelope of a refusal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Envelope {
    error: Body,
}

#[derive(Serialize, Deserialize)]
struct Body {
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
}

impl Error {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        match self {
            Error::Unauthenticated(_) => http::StatusCode::UNAUTHORIZED,
            Error::Denied { .. } => http::StatusCode::FORBIDDEN,
            Error::Invalid(_) => http::StatusCode::UNPROCESSABLE_ENTITY,
            Error::Unavailable(_) => http::StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) fn to_wire(&self) -> Envelope {
        let (code, message, policies) = match self {
            Error::Unauthenticated(message) => ("unauthenticated", message.clone(), Vec::new()),
            Error::Denied { policies, reason } => ("denied", reason.clone(), policies.clone()),
            Error::Invalid(message) => ("invalid", message.clone(), Vec::new()),
            Error::Unavailable(message) => ("unavailable", message.clone(), Vec::new()),
        };
        Envelope {
            error: Body {
                code: code.to_owned(),
                message,
                policies,
            },
        }
    }

    /// Reads a refusal that came over the wire.
    #[must_use]
    pub fn from_wire(bytes: &[u8]) -> Error {
        let Ok(Envelope { error }) = serde_json::from_slice::<Envelope>(bytes) else {
            return Error::Unavailable(
                "the running server's refusal was not understood".to_owned(),
            );
        };
        match error.code.as_str() {
            "unauthenticated" => Error::Unauthenticated(error.message),
            "denied" => Error::Denied {
                policies: error.policies,
                reason: error.message,
            },
            "invalid" => Error::Invalid(error.message),
            _ => Error::Unavailable(error.message),
        }
    }
}

impl From<covenant_store::Error> for Error {
    fn from(error: covenant_store::Error) -> Error {
        use covenant_store::Error as Store;
        match error {
            Store::Refused(_)
            | Store::Held { .. }
            | Store::NotFound { .. }
            | Store::Shredded { .. } => Error::Invalid(error.to_string()),
            _ => Error::Unavailable(error.to_string()),
        }
    }
}
