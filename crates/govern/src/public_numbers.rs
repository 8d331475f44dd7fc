//! Telephone numbers that belong to everybody: an answer may contain them although no request did.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::Error;

/// A number that everybody may call, with who runs it and where that is published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicNumber {
    /// The number as usually written.
    pub number: String,
    /// What it is.
    pub name: String,
    /// Where it is published.
    pub source: String,
}

/// The public numbers by their digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<(String, PublicNumber)>,
}

static SHIPPED: LazyLock<Result<Table, Error>> = LazyLock::new(|| {
    Table::parse(
        "public_numbers.toml",
        include_str!("../data/public_numbers.toml"),
    )
});

impl Table {
    /// Returns the table in the program.
    ///
    /// # Errors
    /// Never in a program that passed its tests.
    pub fn shipped() -> Result<&'static Table, Error> {
        SHIPPED.as_ref().map_err(Clone::clone)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Error::Table`] with the line, when the text is not such a table or a number has not 3 to 11 digits.
    pub fn parse(file: &str, text: &str) -> Result<Table, Error> {
        let source: Source = crate::minimum_necessary::read(file, text)?;
        let mut rows = Vec::with_capacity(source.number.len());
        for row in source.number {
            let digits = national(&row.number);
            if !matches!(digits.len(), 3 | 10) {
                let message = format!("the number of {:?} has not 3 or 10 digits", row.name);
                return Err(Error::Table {
                    file: file.to_owned(),
                    line: 0,
                    message,
                });
            }
            rows.push((digits, row));
        }
        rows.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Table { rows })
    }

    /// Returns the public number that a text spells, whatever its punctuation and country code.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&PublicNumber> {
        let digits = national(text);
        let at = self
            .rows
            .binary_search_by(|row| row.0.as_str().cmp(&digits))
            .ok()?;
        self.rows.get(at).map(|row| &row.1)
    }

    /// Says whether a text spells a public number.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Returns every number, in the order of their digits.
    pub fn iter(&self) -> impl Iterator<Item = &PublicNumber> {
        self.rows.iter().map(|row| &row.1)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    number: Vec<PublicNumber>,
}

/// The digits of a number without the country code 1.
fn national(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    }
}
