//! What this crate refuses, and why.

/// A policy, a schema or a row that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Policy files with faults.
    #[error("{}", listed(.0))]
    Policies(Vec<PolicyFault>),
    /// The schema in the program is damaged: our fault.
    #[error("the policy schema in the program does not parse: {0}")]
    Schema(String),
    /// An id is not of the allowed form.
    #[error(
        "{kind}: an id is 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
    )]
    Id {
        /// What the id is of.
        kind: &'static str,
    },
    /// An app's default purpose is not among those given to it.
    #[error("app {app}: its default purpose is not among its purposes")]
    DefaultPurpose {
        /// The app.
        app: String,
    },
}

/// A fault in a policy file. Policies hold no protected health information, so their words may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}, line {line}, column {column}: {message}")]
pub struct PolicyFault {
    /// The name of the file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

fn listed(faults: &[PolicyFault]) -> String {
    let lines: Vec<String> = faults.iter().map(PolicyFault::to_string).collect();
    lines.join("\n")
}
