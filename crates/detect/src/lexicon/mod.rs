//! The compiled lexicon: one lookup a word, no parsing, no allocation.
//!
//! The artefact is built by `cargo xtask lexicon`; where it comes from is in `data/PROVENANCE.toml`. Deliberately not
//! here: any judgement. A word has weights; whether it is a name is decided by [`crate::names`] in its context.

mod format;

pub(crate) use format::{Sort, Weights, WordHash, phrase_key, word_key};

use format::{GRAMS, HEADER_BYTES, MAGIC, bucket, fingerprint, grams};

static ARTEFACT: &[u8] = include_bytes!("../../data/lexicon.bin");

/// Reads the artefact in place.
#[derive(Clone, Copy)]
pub(crate) struct Lexicon {
    bits: u32,
    offsets: &'static [u8],
    fingerprints: &'static [u8],
    weights: &'static [u8],
    likeness: &'static [u8],
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
            likeness: &[],
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
        let (fingerprints, rest) = rest.split_at_checked(4 * entries)?;
        let (weights, likeness) = rest.split_at_checked(8 * entries)?;
        (likeness.len() == GRAMS).then_some(Lexicon {
            bits,
            offsets,
            fingerprints,
            weights,
            likeness,
        })
    }

    /// Returns what is known of the word or phrase with `key`; nothing is all zeros.
    pub(crate) fn get(&self, key: u64) -> Weights {
        self.find(key).unwrap_or_default()
    }

    /// Returns how much the letters of a word that is in no list are like those of names rather than of words of
    /// English and medicine: log-odds in eighths of a bit.
    pub(crate) fn likeness(&self, word: &str) -> i32 {
        grams(word)
            .map(|gram| {
                self.likeness
                    .get(gram)
                    .map_or(0, |odds| i32::from(odds.cast_signed()))
            })
            .sum()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn the_shipped_artefact_opens_and_an_odd_one_does_not() {
        assert!(Lexicon::open(ARTEFACT).is_some());
        assert!(Lexicon::open(b"").is_none());
        assert!(Lexicon::open(&ARTEFACT[..ARTEFACT.len() - 1]).is_none());
    }

    #[test]
    fn names_are_weighed_against_ordinary_words() {
        let lexicon = Lexicon::shipped();
        for name in ["maria", "Nguyen", "O'Brien", "JOSÉ", "kowalski"] {
            let weights = lexicon.word(name);
            assert!(
                weights.given().max(weights.surname()) >= 4 && weights.common() == 0,
                "{name}"
            );
        }
        for both in [
            "will", "rose", "may", "grant", "brown", "bell", "page", "young", "best", "chance",
            "hope",
        ] {
            assert!(lexicon.word(both).common() >= 5, "{both}");
        }
        assert_eq!(lexicon.word("xqzzvk"), Weights::default());
    }

    #[test]
    fn a_phrase_has_a_key_of_its_own() {
        let lexicon = Lexicon::shipped();
        let san = lexicon.word("San");
        assert!(san.is(Sort::Begins));
        let city = lexicon.get(phrase_key(word_key("san"), word_key("francisco")));
        assert!(city.place() >= 8);
        assert!(
            lexicon.get(phrase_key(word_key("francisco"), word_key("san"))) == Weights::default()
        );
    }

    #[test]
    fn letters_tell_names_from_words_of_medicine() {
        let lexicon = Lexicon::shipped();
        for (name, word) in [
            ("Szczepanska", "photosensitivity"),
            ("Horiguchi", "cardiomyopathies"),
        ] {
            assert!(
                lexicon.likeness(name) > lexicon.likeness(word) + 40,
                "{name} {word}"
            );
        }
    }

    #[test]
    fn zip_codes_that_exist_are_there() {
        let lexicon = Lexicon::shipped();
        assert!(lexicon.word("94103").place() >= 1);
        assert_eq!(lexicon.word("00000"), Weights::default());
    }
}
