//! Who writes what stands in place of a value: numbered tokens on a gateway route, codes and surrogates in files.

use covenant_detect::{Class, Kind};

use crate::lookalike;
use crate::tokens::{Tokens, Word};

/// Writes what stands in place of values.
pub(crate) trait Scribe {
    /// Returns the token or code of a value, making one where it has none, and keeps this spelling as the last seen.
    fn token(&mut self, word: Word, value: &str) -> String;

    /// Returns the token or code of a value that has one.
    fn find(&self, word: Word, value: &str) -> Option<String>;

    /// Returns the stand-in for a value; `None` where there is none for its kind.
    fn surrogate(&mut self, class: Class, kind: Kind, value: &str) -> Option<String>;

    /// Returns where text looks like a token or code that could be restored.
    fn lookalikes(&self, text: &str) -> Vec<(usize, usize)>;
}

impl Scribe for Tokens {
    fn token(&mut self, word: Word, value: &str) -> String {
        Tokens::token(self, word, value).to_owned()
    }

    fn find(&self, word: Word, value: &str) -> Option<String> {
        Tokens::find(self, word, value).map(str::to_owned)
    }

    fn surrogate(&mut self, _: Class, _: Kind, _: &str) -> Option<String> {
        None
    }

    fn lookalikes(&self, text: &str) -> Vec<(usize, usize)> {
        lookalike::lookalikes(text)
    }
}
