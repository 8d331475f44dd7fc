//! The compiled lexicon: one lookup a word, no parsing, no allocation.
//!
//! The artefact is built by `cargo xtask lexicon`; where it comes from is in `data/PROVENANCE.toml`. Deliberately not
//! here: any judgement. A word has weights; whether it is a name is decided by [`crate::names`] in its context.

mod format;

pub(crate) use format::{Sort, Weights, WordHash, phrase_key, word_key};

use format::{HEADER_BYTES, MAGIC, bucket, fingerprint};

static ARTEFACT: &[u8] = include_bytes!("../../data/lexicon.bin");

/// Reads the artefact in place.
#[derive(Clone, Copy)]
pub(crate) struct Lexicon {
    bits: u32,
    offsets: &'static [u8],
    fingerprints: &'static [u8],
    weights: &'static [u8],
}

impl Lexicon {
    /// Returns the shipped lexicon.
    pub(crate) fn shipped() -> Lexicon {
        // INVARIANT: the artefact is part of the program and a test opens it; an empty lexicon stands in so that
        // the detector need not be able to fail.
        Lexicon::open(ARTEFACT).unwrap_or(Lexicon {
            bits: 1,
            offsets: &[],
            fingerprints: &[],
            weights: &[],
        })
    }

    fn open(bytes: &'static [u8]) -> Option<Lexicon> {
        if bytes.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let bits = u32_at(bytes, 2)?;
        let entries = u32_at(bytes, 3)? as usize;
        if !(1..=24).contains(&bits) {
            return None;
        }
        let rest = bytes.get(HEADER_BYTES..)?;
        let (offsets, rest) = rest.split_at_checked(4 * ((1 << bits) + 1))?;
        let (fingerprints, weights) = rest.split_at_checked(4 * entries)?;
        (weights.len() == 8 * entries).then_some(Lexicon {
            bits,
            offsets,
            fingerprints,
            weights,
        })
    }

    /// Returns what is known of the word or phrase with `key`; nothing is all zeros.
    pub(crate) fn get(&self, key: u64) -> Weights {
        self.find(key).unwrap_or_default()
    }

    /// Returns what is known of `word`.
    #[cfg(test)]
    pub(crate) fn word(&self, word: &str) -> Weights {
        self.get(word_key(word))
    }

    fn find(&self, key: u64) -> Option<Weights> {
        let bucket = bucket(key, self.bits);
        let from = u32_at(self.offsets, bucket)? as usize;
        let to = u32_at(self.offsets, bucket + 1)? as usize;
        let wanted = fingerprint(key).to_le_bytes();
        let stored = self.fingerprints.get(4 * from..4 * to)?;
        let place = from + stored.chunks_exact(4).position(|found| found == wanted)?;
        let weights = self.weights.get(8 * place..8 * place + 8)?;
        Some(Weights(u64::from_le_bytes(weights.try_into().ok()?)))
    }
}

fn u32_at(bytes: &[u8], index: usize) -> Option<u32> {
    let found = bytes.get(4 * index..4 * index + 4)?;
    Some(u32::from_le_bytes(found.try_into().ok()?))
}
