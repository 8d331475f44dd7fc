//! Telephone numbers that belong to everybody: an answer may contain them although no request did.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use crate::Error;
use crate::minimum_necessary::{line_of, read};

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
    rows: BTreeMap<String, PublicNumber>,
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
    /// [`Error::Table`] with the line: not such a file, a number of another length, a number that is there twice.
    pub fn parse(file: &str, text: &str) -> Result<Table, Error> {
        let source: Source = read(file, text)?;
        let mut rows: BTreeMap<String, PublicNumber> = BTreeMap::new();
        for row in source.number {
            let fault = |message: &str| {
                let line = line_of(text, row.span().start);
                Error::Table {
                    file: file.to_owned(),
                    line,
                    message: message.to_owned(),
                }
            };
            let digits = national(&row.get_ref().number)
                .filter(|digits| matches!(digits.len(), 3 | 5 | 6 | 10));
            let digits = digits.ok_or_else(|| fault("a number has 3, 5, 6 or 10 digits"))?;
            if rows.contains_key(&digits) {
                return Err(fault("this number is there twice"));
            }
            rows.insert(digits, row.into_inner());
        }
        Ok(Table { rows })
    }

    /// Returns the public number that a text spells, whatever its punctuation and country code.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&PublicNumber> {
        self.rows.get(&national(text)?)
    }

    /// Says whether a text spells a public number.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Returns every number, in the order of their digits.
    pub fn iter(&self) -> impl Iterator<Item = &PublicNumber> {
        self.rows.values()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    number: Vec<Spanned<PublicNumber>>,
}

/// The digits of a number without the country code 1; nothing when the text is more than a number.
fn national(text: &str) -> Option<String> {
    let punctuation = |character: char| {
        matches!(
            character,
            ' ' | '-' | '.' | '(' | ')' | '+' | '/' | '\u{a0}' | '\u{2010}'..='\u{2013}'
        )
    };
    let digits: String = text
        .chars()
        .filter(|character| !punctuation(*character))
        .collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    })
}
