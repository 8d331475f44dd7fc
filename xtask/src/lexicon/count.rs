//! How often words are written in lower case, in texts of medicine, dialogue and everyday talk: what makes "will",
//! "rose", "grant" or "page" weigh less as names. And which words education texts capitalise inside sentences.

use std::collections::BTreeMap;

use anyhow::Result;

use super::csv;
use super::format::{Sort, Weights};
use super::table::{Table, Weight};

/// Uses of each word, by the way it is written.
#[derive(Default)]
pub(crate) struct Counts {
    lower: BTreeMap<String, u32>,
    inside: BTreeMap<String, u32>,
}

impl Counts {
    /// Counts texts of medical education, one JSON object a line; returns the number of texts.
    pub(crate) fn education(&mut self, lines: &str) -> Result<usize> {
        let mut count = 0;
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let value: serde_json::Value = serde_json::from_str(line)?;
            let text = value
                .get("text")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            self.text(text, |_| true);
            self.capitals(text);
            count += 1;
        }
        Ok(count)
    }

    /// Counts the named columns of a CSV text; in those of `spoken` (transcripts in lower case) no given names.
    pub(crate) fn columns(
        &mut self,
        table: &Table,
        text: &str,
        written: &[&str],
        spoken: &[&str],
    ) -> usize {
        let rows = csv::rows(text);
        let Some((header, rows)) = rows.split_first() else {
            return 0;
        };
        for row in rows {
            for (column, field) in header.iter().zip(row) {
                if written.contains(&column.as_str()) {
                    self.text(field, |_| true);
                } else if spoken.contains(&column.as_str()) {
                    let free = |known: Weights| known.given() < 3 && known.surname() < 3;
                    self.text(field, |word| free(Weights(table.packed(word))));
                }
            }
        }
        rows.len()
    }

    /// Counts words outside names, one `word … tag` a line.
    pub(crate) fn tagged(&mut self, text: &str) -> usize {
        let mut count = 0;
        for line in text.lines() {
            let mut fields = line.split_whitespace();
            if let (Some(word), Some("O")) = (fields.next(), fields.next_back()) {
                self.word(word);
                count += 1;
            }
        }
        count
    }

    /// Writes what was counted to the table.
    pub(crate) fn write(&self, table: &mut Table) {
        for (word, count) in &self.lower {
            let known = Weights(table.packed(word));
            // One use of a name in lower case is somebody's haste, not a word of English.
            let enough = if known.given() > 2 || known.surname() > 2 {
                2
            } else {
                1
            };
            if *count >= enough {
                table.raise(word, Weight::Common, 1 + count.ilog2());
            }
        }
        for (word, count) in &self.inside {
            if *count >= 3
                && self
                    .lower
                    .get(&word.to_lowercase())
                    .is_none_or(|lower| lower < count)
            {
                table.mark(word, Sort::Proper);
            }
        }
    }

    fn text(&mut self, text: &str, wanted: impl Fn(&str) -> bool) {
        for word in text.split(|character: char| !character.is_alphabetic() && character != '\'') {
            if wanted(word) {
                self.word(word);
            }
        }
    }

    fn word(&mut self, word: &str) {
        if word.len() > 1
            && word
                .chars()
                .all(|character| character.is_lowercase() || character == '\'')
        {
            *self.lower.entry(word.to_owned()).or_default() += 1;
        }
    }

    /// Counts words with a capital that follow a word in lower case: they do not begin a sentence.
    fn capitals(&mut self, text: &str) {
        let mut before_is_lower = false;
        for word in text.split(' ') {
            let letters = word.trim_matches(|character: char| !character.is_alphabetic());
            if before_is_lower && letters.len() > 1 && letters.starts_with(char::is_uppercase) {
                *self.inside.entry(letters.to_owned()).or_default() += 1;
            }
            before_is_lower = word.len() > 1 && word.chars().all(char::is_lowercase);
        }
    }
}
