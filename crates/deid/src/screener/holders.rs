//! Which pieces hold a word: what a later piece makes known is looked for only in those that can hold it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::known::folded_words;

/// By the hash of a word: the pieces that hold it. Two words of one hash cost a needless look, nothing else.
#[derive(Default)]
pub(super) struct Holders {
    hasher: RandomState,
    pieces: HashMap<u64, Vec<usize>>,
    read: usize,
}

impl Holders {
    /// Reads the texts that were not read yet; all texts so far are given, in order.
    pub(super) fn read<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        let count = texts.len();
        for (position, text) in texts.enumerate().skip(self.read) {
            for word in folded_words(text, &self.hasher) {
                self.pieces.entry(word).or_default().push(position);
            }
        }
        self.read = count;
    }

    /// Returns the texts that hold any of these words.
    pub(super) fn of(&self, words: &[String]) -> impl Iterator<Item = usize> {
        let hashes = words.iter().map(|word| self.hasher.hash_one(word));
        hashes
            .filter_map(|hash| self.pieces.get(&hash))
            .flatten()
            .copied()
    }
}
