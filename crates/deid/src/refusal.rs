//! Why something could not be screened; with the place, never the value.

use covenant_detect::Class;
use covenant_formats::json::Path;

/// Why a request was refused. Exhaustive: whoever sends must handle each.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The profile blocks this class.
    #[error("{class} found at {path}: this route blocks it")]
    Blocked {
        /// The class that was found.
        class: Class,
        /// Where.
        path: Path,
    },
    /// The value must go, and what stands there cannot be a token.
    #[error("{class} found at {path}: a token cannot stand in {what}")]
    CannotStand {
        /// The class that was found.
        class: Class,
        /// Where.
        path: Path,
        /// What stands there: "a number", "an enum".
        what: &'static str,
    },
    /// The plan does not say what this value is.
    #[error("the value at {path} ({kind}) is not planned for")]
    Unplanned {
        /// Where.
        path: Path,
        /// The kind of JSON value.
        kind: &'static str,
    },
    /// Replacing kept on giving new findings.
    #[error("the text at {path} still gives new findings after {passes} passes")]
    Unsettled {
        /// Where.
        path: Path,
        /// How often it was looked at.
        passes: usize,
    },
}
