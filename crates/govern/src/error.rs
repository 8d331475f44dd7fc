//! What the register refuses, and why. Register objects hold no protected health information, so ids and dates
//! may be named.

use crate::Date;

/// An object or a table that the register refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An id is not of the allowed form.
    #[error(
        "{kind} id {id:?}: use 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
    )]
    Id {
        /// The kind of object.
        kind: &'static str,
        /// The id as given.
        id: String,
    },
    /// A field is empty or has a wrong value.
    #[error("{object}: {field} {expected}")]
    Field {
        /// The object, as `kind/id`.
        object: String,
        /// The field.
        field: &'static str,
        /// What is expected of it.
        expected: &'static str,
    },
    /// An object names another that is not in the register.
    #[error("{object}: there is no {missing}; add it first with `{remedy}`")]
    Missing {
        /// The object, as `kind/id`.
        object: String,
        /// What it names, as `kind id`.
        missing: String,
        /// The command that adds it.
        remedy: String,
    },
    /// The end of a term lies before its begin.
    #[error("{object}: it expires on {expires}, before it begins on {begins}")]
    ExpiresBeforeItBegins {
        /// The object, as `kind/id`.
        object: String,
        /// The first day.
        begins: Date,
        /// The last day.
        expires: Date,
    },
    /// A decision without an end in sight.
    #[error(
        "{object}: it runs {days} days; a decision expires after at most {most} days and is then made anew"
    )]
    RunsTooLong {
        /// The object, as `kind/id`.
        object: String,
        /// The days it would run.
        days: i64,
        /// The most it may run.
        most: i64,
    },
    /// The table of an expert's determination is refused.
    #[error("{object}: method.determined {source}")]
    Determined {
        /// The object, as `kind/id`.
        object: String,
        /// What is wrong with it.
        source: crate::DeterminedError,
    },
    /// Two signed agreements of one vendor cover the same service on the same day.
    #[error(
        "{object}: its term overlaps that of agreement {other} for the service {service:?} from {from}; end one first with `covenant baa terminate`"
    )]
    Overlap {
        /// The object, as `kind/id`.
        object: String,
        /// The other agreement.
        other: String,
        /// The service both name.
        service: String,
        /// The first day both are in force.
        from: Date,
    },
    /// The id is taken by another object.
    #[error("{object}: {why}")]
    Taken {
        /// The object, as `kind/id`.
        object: String,
        /// What it would replace, and why it may not.
        why: String,
    },
    /// An object still needed by others would be removed.
    #[error("{object}: still named by {by}")]
    InUse {
        /// The object, as `kind/id`.
        object: String,
        /// The object that names it, as `kind/id`.
        by: String,
    },
    /// A data file is not of its format.
    #[error("{file}, line {line}: {message}")]
    Table {
        /// The file.
        file: String,
        /// The line, counted from 1; 0 when the fault has no single line.
        line: usize,
        /// What is wrong and what is expected.
        message: String,
    },
}

impl Error {
    pub(crate) fn field(object: &str, field: &'static str, expected: &'static str) -> Error {
        Error::Field {
            object: object.to_owned(),
            field,
            expected,
        }
    }
}
