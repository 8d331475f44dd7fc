//! The trained weights: a table of features, read in place.
//!
//! File: magic (8 bytes), bits of the number of buckets (u32), scale (f32: a weight is its byte times this), then for
//! every bucket four check words (u16 each, 0 for empty), then for every place of every bucket [`ROW`] weights (i8
//! each), all little-endian. A feature's bucket is the top of its hash, its check word the bottom: what the model has
//! not seen finds no check word and costs one look.

use super::label::ROW;

/// The first bytes of the file; the number changes with the layout and with the features.
pub(crate) const MAGIC: [u8; 8] = *b"CVTAG\x00\x00\x01";
/// Places in a bucket.
pub(crate) const PLACES: usize = 4;
const HEADER_BYTES: usize = 16;

static SHIPPED: &[u8] = include_bytes!("../../data/tagger.bin");

/// The weights of all features.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    bits: u32,
    scale: f32,
    checks: &'static [u8],
    rows: &'static [u8],
}

/// The sum of the weights of some features, one a label.
pub(crate) type Scores = [i32; ROW];

impl Model {
    /// Returns the shipped model.
    pub(crate) fn shipped() -> Model {
        // INVARIANT: the file is part of the program and a test opens it; an empty model, which labels nothing,
        // stands in so that the detector need not be able to fail.
        Model::open(SHIPPED).unwrap_or(Model::EMPTY)
    }

    /// Knows no feature.
    pub(crate) const EMPTY: Model = Model {
        bits: 1,
        scale: 0.0,
        checks: &[],
        rows: &[],
    };

    /// Returns true if it knows no feature and should not be asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn open(bytes: &'static [u8]) -> Option<Model> {
        if bytes.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let word = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let bits = u32::from_le_bytes(word(8)?);
        let scale = f32::from_le_bytes(word(12)?);
        if !(1..=20).contains(&bits) {
            return None;
        }
        let places = PLACES << bits;
        let (checks, rows) = bytes.get(HEADER_BYTES..)?.split_at_checked(2 * places)?;
        (rows.len() == ROW * places).then_some(Model {
            bits,
            scale,
            checks,
            rows,
        })
    }

    /// Adds the weights of features. All are looked up first: their memory is far apart, and the looks go side by side.
    pub(crate) fn sum(&self, features: &[u64], found: &mut Vec<usize>) -> Scores {
        found.clear();
        found.extend(features.iter().filter_map(|feature| self.find(*feature)));
        let mut scores = [0; ROW];
        for place in found {
            if let Some(row) = self.rows.get(ROW * *place..ROW * (*place + 1)) {
                for (score, weight) in scores.iter_mut().zip(row) {
                    *score += i32::from(weight.cast_signed());
                }
            }
        }
        scores
    }

    /// Returns the place of a feature.
    #[inline]
    fn find(&self, feature: u64) -> Option<usize> {
        const LOW: u64 = 0x0001_0001_0001_0001;
        const HIGH: u64 = 0x8000_8000_8000_8000;
        let bucket = (feature >> (64 - self.bits)) as usize;
        let checks = self.checks.get(8 * bucket..8 * bucket + 8)?;
        let checks = u64::from_le_bytes(checks.try_into().ok()?);
        // The four check words are compared at once: one that is alike becomes nothing, and borrows.
        let apart = checks ^ (u64::from(check_word(feature)) * LOW);
        let alike = apart.wrapping_sub(LOW) & !apart & HIGH;
        (alike != 0).then(|| PLACES * bucket + alike.trailing_zeros() as usize / 16)
    }

    /// Returns a sum of weights as log-odds.
    #[expect(clippy::cast_precision_loss, reason = "sums of a hundred bytes")]
    pub(crate) fn log_odds(&self, score: i32) -> f32 {
        score as f32 * self.scale
    }
}

/// Returns the check word of a feature; never 0.
#[expect(clippy::cast_possible_truncation, reason = "the bottom of a hash")]
pub(crate) fn check_word(feature: u64) -> u16 {
    (feature as u16).max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn the_shipped_model_opens_and_an_odd_one_does_not() {
        assert!(!Model::shipped().is_empty());
        assert!(Model::open(b"").is_none());
        assert!(Model::open(&SHIPPED[..SHIPPED.len() - 1]).is_none());
        assert!(Model::EMPTY.is_empty());
    }

    #[test]
    fn what_the_model_has_not_seen_weighs_nothing() {
        assert_eq!(Model::EMPTY.sum(&[7, u64::MAX], &mut Vec::new()), [0; ROW]);
    }
}
