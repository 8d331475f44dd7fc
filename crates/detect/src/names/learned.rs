//! What is carried forward through a text: names learnt with confidence, and the state of lists and lines.

use super::label::Field;
use super::table::TableState;
use super::unit::Units;

/// The most words that are remembered; the oldest go first.
const REMEMBERED: usize = 256;

/// State of the name rules; forward only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    pub(super) units: Units,
    /// Keys of words that were part of a person's name.
    names: Vec<u64>,
    oldest: usize,
    /// Number of the segment that the next five belong to.
    pub(super) ordinal: Option<u64>,
    /// Units of the segment that were passed.
    pub(super) passed: usize,
    /// Byte of the segment up to which a span was found.
    pub(super) done: usize,
    /// Index after the last person found in the segment.
    pub(super) last_person: usize,
    /// Index after the last place or organisation found in the segment.
    pub(super) last_place: usize,
    /// The segment before ended with a closing ("Thanks,").
    pub(super) after_closing: bool,
    /// The segment before was a label alone ("Patient name:").
    pub(super) open_label: Option<Field>,
    pub(super) table: TableState,
    /// What the learned tagger carries.
    pub(crate) tags: crate::tagger::History,
}

impl Carried {
    /// Starts the segment with that number.
    pub(super) fn start_segment(&mut self, ordinal: u64) {
        self.ordinal = Some(ordinal);
        self.passed = 0;
        self.done = 0;
        self.last_person = 0;
        self.last_place = 0;
    }

    /// Remembers a word as part of a name.
    pub(super) fn learn(&mut self, key: u64) {
        if self.knows(key) {
            return;
        }
        if self.names.len() < REMEMBERED {
            self.names.push(key);
        } else if let Some(place) = self.names.get_mut(self.oldest) {
            *place = key;
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
    }

    /// Returns true if the word was part of a name earlier in the text.
    pub(super) fn knows(&self, key: u64) -> bool {
        self.names.contains(&key)
    }
}
