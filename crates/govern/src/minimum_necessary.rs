//! The minimum necessary table: for a purpose of use, what happens to each class of finding, and why.
//!
//! The table is data that a lawyer can read and change. Purposes, classes and treatments are plain words here,
//! because this crate knows neither the detector nor the screen; that every class is treated in every row is
//! checked when a table is read, so that none can slip through by being forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::{Error, ResearchBasis};

/// The classes of finding that every row must treat.
pub const CLASSES: [&str; 19] = [
    "NAME",
    "LOCATION",
    "ORG",
    "DATE",
    "AGE",
    "PHONE",
    "FAX",
    "EMAIL",
    "URL",
    "IP",
    "SSN",
    "MRN",
    "HEALTH_PLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "BIOMETRIC",
    "OTHER_ID",
];
/// The treatments a row may give.
pub const TREATMENTS: [&str; 5] = ["block", "redact", "pseudonymize", "keep", "generalize"];

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
    /// One of [`TREATMENTS`].
    pub treatment: String,
    /// Why, in words.
    pub why: String,
    /// The paragraph of the law.
    pub citation: String,
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

const SHIPPED_SOURCE: &str = include_str!("../data/minimum_necessary.toml");
static SHIPPED: LazyLock<Result<Table, Error>> =
    LazyLock::new(|| Table::parse("minimum_necessary.toml", SHIPPED_SOURCE));

impl Table {
    /// Returns the table in the program.
    ///
    /// # Errors
    /// Never in a program that passed its tests.
    pub fn shipped() -> Result<&'static Table, Error> {
        SHIPPED.as_ref().map_err(Clone::clone)
    }

    /// Returns the text of the table in the program, to be edited and read again.
    #[must_use]
    pub fn shipped_source() -> &'static str {
        SHIPPED_SOURCE
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Error::Table`] with the line: not such a file, an unknown class or treatment, a class that a row does not
    /// treat, two rows for one purpose and basis.
    pub fn parse(file: &str, text: &str) -> Result<Table, Error> {
        let source: Source = read(file, text)?;
        let fault = |fault: Fault| Error::Table {
            file: file.to_owned(),
            line: line_of(text, fault.at.start),
            message: fault.message,
        };
        let mut rows = Vec::new();
        for row in &source.row {
            rows.extend(rows_of(row, &rows).map_err(fault)?);
        }
        Ok(Table { rows })
    }

    /// Returns the row of a purpose on a route with this basis. A route that a decision opens for de-identified
    /// data has the basis [`ResearchBasis::DeIdentified`].
    ///
    /// # Errors
    /// [`Refused`] when no row allows the purpose there.
    pub fn row(&self, purpose: &str, basis: Option<ResearchBasis>) -> Result<&Row, Refused> {
        let of_purpose = || self.rows.iter().filter(|row| row.purpose == purpose);
        let exact = of_purpose().find(|row| row.basis.is_some() && row.basis == basis);
        exact
            .or_else(|| of_purpose().find(|row| row.basis.is_none()))
            .ok_or_else(|| self.refused(purpose))
    }

    /// Returns every row.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn refused(&self, purpose: &str) -> Refused {
        let bases: Vec<ResearchBasis> = self
            .rows
            .iter()
            .filter(|row| row.purpose == purpose)
            .filter_map(|row| row.basis)
            .collect();
        if bases.is_empty() {
            let words = "the minimum necessary table has no row for this purpose".to_owned();
            return Refused {
                words,
                citation: "164.502(b), 164.514(d)".to_owned(),
            };
        }
        let list = |word: fn(&ResearchBasis) -> &'static str| {
            bases.iter().map(word).collect::<Vec<&str>>().join(", ")
        };
        Refused {
            words: format!(
                "{purpose} needs a basis on the route, one of: {}",
                list(|basis| basis.as_str())
            ),
            citation: list(|basis| basis.citation()),
        }
    }
}

impl Row {
    /// Returns class (or class and kind) and treatment of each cell, in alphabetical order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.treatments
            .iter()
            .map(|(subject, cell)| (subject.as_str(), cell.treatment.as_str()))
    }

    /// Returns the cell of a class and kind: the kind's own, or else that of the class.
    #[must_use]
    pub fn cell(&self, class: &str, kind: &str) -> Option<&Cell> {
        self.treatments
            .get(&format!("{class}.{kind}"))
            .or_else(|| self.treatments.get(class))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.basis {
            None => f.write_str(&self.purpose),
            Some(basis) => write!(f, "{} on the basis {basis}", self.purpose),
        }
    }
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    row: Vec<Spanned<SourceRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceRow {
    purposes: Vec<String>,
    #[serde(default)]
    bases: Vec<ResearchBasis>,
    #[serde(default)]
    patient_required: bool,
    citation: String,
    cell: Vec<SourceCell>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceCell {
    of: Vec<Spanned<String>>,
    treatment: Spanned<String>,
    why: Spanned<String>,
    citation: Spanned<String>,
}

struct Fault {
    at: Range<usize>,
    message: String,
}

/// One row for each purpose and basis that a written row names.
fn rows_of(source: &Spanned<SourceRow>, before: &[Row]) -> Result<Vec<Row>, Fault> {
    let fault = |message: String| Fault {
        at: source.span(),
        message,
    };
    let row = source.get_ref();
    if row.purposes.is_empty() || row.citation.trim().is_empty() {
        return Err(fault("a row names its purposes and a citation".to_owned()));
    }
    let treatments = treatments(&row.cell)?;
    if let Some(missing) = CLASSES
        .iter()
        .find(|class| !treatments.contains_key(**class))
    {
        return Err(fault(format!(
            "the row does not say what happens to {missing}"
        )));
    }
    let bases: Vec<Option<ResearchBasis>> = match row.bases.as_slice() {
        [] => vec![None],
        bases => bases.iter().copied().map(Some).collect(),
    };
    let mut taken: BTreeSet<(&str, Option<ResearchBasis>)> = before
        .iter()
        .map(|row| (row.purpose.as_str(), row.basis))
        .collect();
    let mut rows = Vec::new();
    for purpose in &row.purposes {
        for basis in &bases {
            if !taken.insert((purpose, *basis)) {
                return Err(fault(format!(
                    "there is another row for {purpose:?} on this basis"
                )));
            }
            rows.push(Row {
                purpose: purpose.clone(),
                basis: *basis,
                citation: row.citation.clone(),
                patient_required: row.patient_required,
                treatments: treatments.clone(),
            });
        }
    }
    Ok(rows)
}

fn treatments(cells: &[SourceCell]) -> Result<BTreeMap<String, Cell>, Fault> {
    let mut treatments = BTreeMap::new();
    for source in cells {
        let cell = cell(source)?;
        for subject in &source.of {
            let fault = |message: String| Fault {
                at: subject.span(),
                message,
            };
            let name = subject.get_ref();
            if !is_subject(name) {
                let message = format!(
                    "{name:?} is neither a class nor a class and a kind; the classes are {}",
                    CLASSES.join(", ")
                );
                return Err(fault(message));
            }
            if treatments.insert(name.clone(), cell.clone()).is_some() {
                return Err(fault(format!("{name} is treated twice in this row")));
            }
        }
    }
    Ok(treatments)
}

fn cell(source: &SourceCell) -> Result<Cell, Fault> {
    let treatment = source.treatment.get_ref();
    if !TREATMENTS.contains(&treatment.as_str()) {
        let message = format!(
            "{treatment:?} is no treatment; there are {}",
            TREATMENTS.join(", ")
        );
        return Err(Fault {
            at: source.treatment.span(),
            message,
        });
    }
    for words in [&source.why, &source.citation] {
        if words.get_ref().trim().is_empty() {
            return Err(Fault {
                at: words.span(),
                message: "a cell says why, and by which paragraph".to_owned(),
            });
        }
    }
    let (why, citation) = (
        source.why.get_ref().clone(),
        source.citation.get_ref().clone(),
    );
    Ok(Cell {
        treatment: treatment.clone(),
        why,
        citation,
    })
}

/// Says whether a text is a class, or a class and a kind in lower case.
fn is_subject(text: &str) -> bool {
    let (class, kind) = text
        .split_once('.')
        .map_or((text, None), |(class, kind)| (class, Some(kind)));
    let is_kind = |kind: &str| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    CLASSES.contains(&class) && kind.is_none_or(is_kind)
}

/// Reads a TOML data file into its type, naming the line of a fault.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|fault| {
        let line = fault.span().map_or(0, |span| line_of(text, span.start));
        Error::Table {
            file: file.to_owned(),
            line,
            message: fault.message().to_owned(),
        }
    })
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}
