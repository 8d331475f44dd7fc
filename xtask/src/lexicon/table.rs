//! What is known of each word and phrase while the sources are read, and the artefact written from it.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::format::{
    GRAMS, HEADER_BYTES, MAGIC, Sort, Weights, bucket, fingerprint, grams, phrase_key, word_key,
};

/// The four weights, by their place in the packed form.
#[derive(Clone, Copy)]
pub(crate) enum Weight {
    Given = 0,
    Surname = 1,
    Place = 2,
    Common = 3,
}

/// Words and phrases by key. The words are kept beside to name a collision, and are not written.
#[derive(Default)]
pub(crate) struct Table {
    entries: BTreeMap<u64, (String, u64)>,
}

impl Table {
    /// Raises a weight of `phrase` to at least `value`.
    pub(crate) fn raise(&mut self, phrase: &str, weight: Weight, value: u32) {
        let shift = 4 * weight as u32;
        if let Some(entry) = self.entry(phrase) {
            let now = (*entry >> shift) & 15;
            *entry = (*entry & !(15 << shift)) | (now.max(u64::from(value.min(15))) << shift);
        }
    }

    /// Adds a sort to `phrase`.
    pub(crate) fn mark(&mut self, phrase: &str, sort: Sort) {
        if let Some(entry) = self.entry(phrase) {
            *entry |= sort.bit();
        }
    }

    /// Returns the packed weights of a word or phrase, 0 if it is not there.
    pub(crate) fn packed(&self, phrase: &str) -> u64 {
        let mut words = words(phrase);
        let Some(first) = words.next() else { return 0 };
        let key = words.fold(word_key(first), |key, word| phrase_key(key, word_key(word)));
        self.entries.get(&key).map_or(0, |entry| entry.1)
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Writes the artefact, and fails where two entries cannot be told apart.
    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let bits = self.entries.len().max(2).ilog2();
        let mut offsets = vec![0_u32; (1 << bits) + 1];
        let (mut fingerprints, mut weights) = (Vec::new(), Vec::new());
        let mut last: Option<(usize, u32, &str)> = None;
        // INVARIANT: the map is sorted by key, so buckets come in order and equal fingerprints of one are near.
        let mut sorted: Vec<_> = self
            .entries
            .iter()
            .map(|(key, entry)| (bucket(*key, bits), fingerprint(*key), entry))
            .collect();
        sorted.sort_by_key(|(bucket, fingerprint, _)| (*bucket, *fingerprint));
        for (bucket, fingerprint, (word, packed)) in sorted {
            if let Some((other_bucket, other, other_word)) = last {
                ensure!(
                    (other_bucket, other) != (bucket, fingerprint),
                    "{word} and {other_word} have one key"
                );
            }
            last = Some((bucket, fingerprint, word));
            if let Some(offset) = offsets.get_mut(bucket + 1) {
                *offset += 1;
            }
            fingerprints.extend_from_slice(&fingerprint.to_le_bytes());
            weights.extend_from_slice(&packed.to_le_bytes());
        }
        let mut artefact =
            Vec::with_capacity(HEADER_BYTES + 4 * offsets.len() + 3 * fingerprints.len());
        artefact.extend_from_slice(&MAGIC);
        artefact.extend_from_slice(&bits.to_le_bytes());
        artefact.extend_from_slice(&u32::try_from(self.entries.len())?.to_le_bytes());
        let mut sum = 0_u32;
        for count in offsets {
            sum += count;
            artefact.extend_from_slice(&sum.to_le_bytes());
        }
        artefact.extend(fingerprints);
        artefact.extend(weights);
        artefact.extend(self.likeness());
        Ok(artefact)
    }

    /// Returns the log-odds of each triple of letters between names and other words, in eighths of a bit.
    fn likeness(&self) -> Vec<u8> {
        let mut names = vec![0_u64; GRAMS];
        let mut others = vec![0_u64; GRAMS];
        for (word, packed) in self.entries.values().filter(|(word, _)| {
            word.chars()
                .all(|letter| letter.is_alphabetic() || letter == '\'')
        }) {
            let weights = Weights(*packed);
            let medical = weights.any(&[Sort::Drug, Sort::Medical, Sort::DiseaseHead]);
            let named =
                weights.given().max(weights.surname()) >= 2 && weights.common() == 0 && !medical;
            let other = named == (weights.given().max(weights.surname()) >= 2)
                && (weights.common() > 0 || medical)
                && word.len() > 3;
            for gram in grams(word) {
                let counts = if named {
                    &mut names
                } else if other {
                    &mut others
                } else {
                    continue;
                };
                if let Some(count) = counts.get_mut(gram) {
                    *count += 1;
                }
            }
        }
        let (all_names, all_others) = (names.iter().sum::<u64>(), others.iter().sum::<u64>());
        names
            .iter()
            .zip(&others)
            .map(|(name, other)| odds((*name, all_names), (*other, all_others)))
            .collect()
    }

    fn entry(&mut self, phrase: &str) -> Option<&mut u64> {
        let words: Vec<&str> = words(phrase).collect();
        let (first, rest) = words.split_first()?;
        let beginning = word_key(first);
        if !rest.is_empty() {
            self.at(beginning, first).1 |= Sort::Begins.bit();
        }
        let key = rest
            .iter()
            .fold(beginning, |key, word| phrase_key(key, word_key(word)));
        Some(&mut self.at(key, phrase).1)
    }

    fn at(&mut self, key: u64, word: &str) -> &mut (String, u64) {
        self.entries
            .entry(key)
            .or_insert_with(|| (word.to_owned(), 0))
    }
}

/// Returns the log-odds of two counts out of their sums, in eighths of a bit, as a signed byte.
fn odds(name: (u64, u64), other: (u64, u64)) -> u8 {
    // Half a use is added to each count, so that what was never seen is not impossible.
    let share = |(count, all): (u64, u64)| eighths(2 * count + 1) - eighths(2 * all + GRAMS as u64);
    let odds = share(name) - share(other);
    i8::try_from(odds.clamp(-127, 127))
        .unwrap_or(0)
        .cast_unsigned()
}

/// Returns eight times the logarithm to base 2, rounded down; integers only, so that every machine agrees.
fn eighths(value: u64) -> i64 {
    let mut result = 8 * i64::from(value.max(1).ilog2());
    // The fraction: the value scaled to 1..2 with 32 bits, squared three times.
    let mut scaled = (u128::from(value.max(1)) << 32) >> value.max(1).ilog2();
    for bit in [4, 2, 1] {
        scaled = (scaled * scaled) >> 32;
        if scaled >= 2 << 32 {
            scaled >>= 1;
            result += bit;
        }
    }
    result
}

/// Returns the words of a phrase as the detector cuts them: at white space and hyphens, signs alone left out.
pub(crate) fn words(phrase: &str) -> impl Iterator<Item = &str> {
    phrase
        .split(|character: char| {
            character.is_whitespace()
                || matches!(character, '-' | '/' | '&' | '+' | ',' | '(' | ')')
        })
        .filter(|word| word.chars().any(char::is_alphanumeric))
}
