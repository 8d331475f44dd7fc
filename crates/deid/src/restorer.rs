//! Gives the caller its own words back while they stream.
//!
//! What is held back is at most the start of one token: a character is released as soon as no token can contain it.

use std::collections::BTreeMap;
use std::sync::Arc;

use covenant_detect::Class;
use covenant_formats::json::escape_into;

use crate::TokenMap;
use crate::shape::{self, Shape, Stop};
use crate::tokens::Word;

/// Replaces tokens by what they stand for, chunk by chunk.
///
/// Tokens are known through what models do to them: case, brackets or underscores dropped or replaced, Markdown and
/// HTML escapes, possessive and plural endings. A token-like string that was never issued stays as it is and is
/// counted; a token is never restored to another token's value, for class, ordinal and check must all be the issued
/// ones.
pub struct Restorer {
    map: Arc<TokenMap>,
    source: Source,
    /// Characters that may be the start of a token, as they came.
    pending: String,
    /// The character in front of what is pending, decoded.
    before: Option<char>,
    report: RestoreReport,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreReport {
    /// Tokens restored, by class.
    pub restored: BTreeMap<Class, u32>,
    /// Texts of the caller restored that had looked like tokens.
    pub lookalikes: u32,
    /// Token-like strings that were never issued and stayed as they were.
    pub never_issued: u32,
}

impl Restorer {
    /// Restores in plain text.
    pub fn new(map: Arc<TokenMap>) -> Restorer {
        Restorer::of(map, Source::Plain)
    }

    /// Restores in JSON source text (deltas of tool-call arguments, structured outputs): tokens are found through
    /// JSON escapes, and originals are escaped on the way out.
    pub fn json_string(map: Arc<TokenMap>) -> Restorer {
        Restorer::of(map, Source::Json)
    }

    fn of(map: Arc<TokenMap>, source: Source) -> Restorer {
        Restorer {
            map,
            source,
            pending: String::new(),
            before: None,
            report: RestoreReport::default(),
        }
    }

    /// Takes a chunk; returns the restored text that nothing to come can change.
    pub fn push(&mut self, chunk: &str) -> String {
        self.pending.push_str(chunk);
        self.release(true)
    }

    /// Ends the text; returns what was held back.
    pub fn finish(&mut self) -> String {
        self.release(false)
    }

    /// Returns how many characters are held back: at most 64 (decoded, where the source is JSON).
    pub fn held(&self) -> usize {
        let mut decoded = Decoded {
            rest: &self.pending,
            source: self.source,
        };
        let chars = decoded.by_ref().count();
        // An escape that is not complete is one character.
        chars + usize::from(!decoded.rest.is_empty())
    }

    /// Returns what came back so far.
    pub fn report(&self) -> &RestoreReport {
        &self.report
    }

    fn release(&mut self, open_ended: bool) -> String {
        let pending = std::mem::take(&mut self.pending);
        let mut out = String::with_capacity(pending.len());
        let mut rest = pending.as_str();
        loop {
            let (plain, possible) = rest.split_at(shape::plain_prefix(rest, self.before));
            self.pass(plain, plain.chars().next_back(), &mut out);
            rest = possible;
            // Nothing is left, or the start of a JSON escape.
            let Some((char, length)) = self.source.decode(rest) else {
                break;
            };
            let decoded = Decoded {
                rest,
                source: self.source,
            };
            let taken = match shape::at(self.before, decoded, open_ended) {
                Ok(shape) => self.restore(&shape, rest, &mut out),
                Err(Stop::More) => break,
                Err(Stop::No) => {
                    self.pass(rest.get(..length).unwrap_or_default(), Some(char), &mut out);
                    length
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        if !open_ended {
            self.pass(rest, rest.chars().next_back(), &mut out);
            rest = "";
        }
        self.pending = rest.to_owned();
        out
    }

    /// Passes text on as it is; `last` is the last character it stands for.
    fn pass(&mut self, text: &str, last: Option<char>, out: &mut String) {
        out.push_str(text);
        self.before = last.or(self.before);
    }

    /// Writes what a token stands for, or the token-like text itself; returns how many bytes of `rest` that took.
    fn restore(&mut self, shape: &Shape, rest: &str, out: &mut String) -> usize {
        let mut decoded = Decoded {
            rest,
            source: self.source,
        };
        self.before = decoded.by_ref().take(shape.chars).last();
        let taken = rest.len() - decoded.rest.len();
        let Some(original) = self.map.original(&shape.token) else {
            self.report.never_issued += 1;
            out.push_str(rest.get(..taken).unwrap_or_default());
            return taken;
        };
        for text in [original, &shape.ending] {
            match self.source {
                Source::Plain => out.push_str(text),
                Source::Json => escape_into(text, out),
            }
        }
        match shape.word {
            Word::Class(class) => *self.report.restored.entry(class).or_default() += 1,
            Word::Text => self.report.lookalikes += 1,
        }
        taken
    }
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Restorer({:?})", self.source)
    }
}

/// How the text that is restored is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// As itself.
    Plain,
    /// As JSON source, where a character may be an escape.
    Json,
}

impl Source {
    /// Returns the first character of `text` and how many bytes it is written with; `None` at the end of the text
    /// and within an escape that is not complete.
    pub(crate) fn decode(self, text: &str) -> Option<(char, usize)> {
        let first = text.chars().next()?;
        if self == Source::Plain || first != '\\' {
            return Some((first, first.len_utf8()));
        }
        let letter = text.chars().nth(1)?;
        let simple = match letter {
            '"' | '\\' | '/' => letter,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => return unicode_escape(text.get(2..)?),
            // Not JSON: the backslash stands for itself.
            _ => return Some(('\u{fffd}', 1)),
        };
        Some((simple, 2))
    }
}

/// Decodes the digits of `\u`; a surrogate half, which no token holds, becomes the replacement character.
fn unicode_escape(digits: &str) -> Option<(char, usize)> {
    let mut code = 0;
    for position in 0..4 {
        let Some(digit) = digits.chars().nth(position)?.to_digit(16) else {
            return Some(('\u{fffd}', 1));
        };
        code = code * 16 + digit;
    }
    Some((char::from_u32(code).unwrap_or('\u{fffd}'), 6))
}

/// The characters a text stands for.
#[derive(Clone)]
pub(crate) struct Decoded<'a> {
    pub(crate) rest: &'a str,
    pub(crate) source: Source,
}

impl Iterator for Decoded<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let (char, length) = self.source.decode(self.rest)?;
        self.rest = self.rest.get(length..)?;
        Some(char)
    }
}

#[cfg(test)]
mod tests;
