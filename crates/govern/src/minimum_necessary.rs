//! The minimum necessary table: for a purpose of use, what happens to each class of finding, and why.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::{Error, ResearchBasis};

/// Rows of treatments by purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Row>,
}

/// What a purpose may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The purpose of use.
    pub purpose: String,
    /// The basis of the route on which the row applies; absent: on any.
    pub basis: Option<ResearchBasis>,
    /// The paragraph of the law.
    pub citation: String,
    /// Whether the request must name the patient.
    pub patient_required: bool,
    /// Treatment by class (`NAME`) or class and kind (`LOCATION.city`).
    pub treatments: BTreeMap<String, Cell>,
}

/// What happens to a class of finding, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// `pseudonymize`, `keep`, `redact`, `generalize` or `block`.
    pub treatment: String,
    /// Why, in words.
    pub why: String,
    /// The paragraph of the law.
    pub citation: String,
}

impl Row {
    /// Returns class (or class and kind) and treatment of each cell, in alphabetical order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.treatments
            .iter()
            .map(|(key, cell)| (key.as_str(), cell.treatment.as_str()))
    }
}

impl Table {
    /// Returns the table in the program.
    ///
    /// # Errors
    /// Never in a program that passed its tests.
    pub fn shipped() -> Result<&'static Table, Error> {
        Err(Error::Table {
            file: String::new(),
            line: 0,
            message: "unfinished".to_owned(),
        })
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Error::Table`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Table, Error> {
        let _: toml::Table = read(file, text)?;
        Ok(Table { rows: Vec::new() })
    }

    /// Returns the row of a purpose on a route with this basis.
    ///
    /// # Errors
    /// [`Refused`] when no row allows the purpose there.
    pub fn row(&self, purpose: &str, basis: Option<ResearchBasis>) -> Result<&Row, Refused> {
        let fits = |row: &&Row| {
            row.purpose == purpose && row.basis.is_none_or(|needed| basis == Some(needed))
        };
        self.rows.iter().find(fits).ok_or_else(|| Refused {
            words: "no row of the minimum necessary table allows this purpose".to_owned(),
            citation: "164.502(b)".to_owned(),
        })
    }

    /// Returns every row.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// Why the table has no row for a purpose on a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words} ({citation})")]
pub struct Refused {
    /// The reason, for people.
    pub words: String,
    /// The paragraph of the law.
    pub citation: String,
}

/// Reads a TOML data file into its type, naming the line of a fault.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|fault| {
        let before = fault.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(0, |before| before.matches('\n').count() + 1);
        Error::Table {
            file: file.to_owned(),
            line,
            message: fault.message().to_owned(),
        }
    })
}
