//! Units: what the rules step over. A unit is a word with its apostrophe parts (`O'Brien`, `D'Angelo`), a number or a
//! sign; a possessive 's is left outside the unit and remembered. Each word is looked up in the lexicon once.

use crate::lexicon::{Lexicon, Sort, Weights, WordHash};
use crate::segment::Segment;
use crate::token::{Case, Shape};

/// One word, number or sign of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// Index of the first token.
    pub(crate) token: usize,
    /// Index after the last token, the possessive ending included.
    pub(crate) token_end: usize,
    /// First byte in the segment's text.
    pub(crate) start: usize,
    /// Byte after the last, without a possessive ending.
    pub(crate) end: usize,
    /// Byte after the possessive ending, if there is one.
    pub(crate) full_end: usize,
    /// Key of the word for the lexicon.
    pub(crate) key: u64,
    /// Key of the word with its possessive s ("Mary's" as in "St. Mary's").
    pub(crate) full_key: u64,
    /// What the lexicon knows.
    pub(crate) weights: Weights,
    pub(crate) shape: Shape,
    pub(crate) case: Case,
    pub(crate) space_before: bool,
    pub(crate) line_start: bool,
    /// The first byte: all there is to know of a sign.
    pub(crate) first: u8,
}

impl Unit {
    /// Returns true for words, with or without an apostrophe.
    pub(crate) fn is_word(&self) -> bool {
        self.shape == Shape::Word
    }

    /// Returns true for a word that begins with a capital.
    pub(crate) fn is_capital(&self) -> bool {
        self.is_word()
            && (matches!(self.case, Case::Title | Case::Upper)
                || (self.case == Case::Mixed && self.first.is_ascii_uppercase()))
    }

    /// Returns false for most words in lower case, so that they cost no more than a look.
    pub(crate) fn may_begin_a_name(&self) -> bool {
        match self.shape {
            Shape::Word if self.case == Case::Lower => {
                let weights = self.weights;
                weights.common() <= 4
                    && (weights.given() >= 3
                        || weights.surname() >= 3
                        || weights == Weights::default())
                    || weights.is(Sort::Particle)
                    || self.end - self.start == 1
            }
            Shape::Word | Shape::Mixed => true,
            Shape::Number | Shape::Sign => false,
        }
    }

    /// Returns true for a single capital letter.
    pub(crate) fn is_initial(&self) -> bool {
        self.is_word() && self.end - self.start == 1 && self.first.is_ascii_uppercase()
    }

    /// Returns true if a possessive ending follows.
    pub(crate) fn is_possessive(&self) -> bool {
        self.full_end > self.end
    }

    /// Returns the length of the word in bytes.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The units of the current segment, as far as it is visible.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units {
    pub(crate) list: Vec<Unit>,
    ordinal: Option<u64>,
}

/// A word this near to the border of what is visible may still become longer: the word and an apostrophe.
const OPEN_UNITS: usize = 2;

impl Units {
    /// Takes in the tokens that became visible.
    pub(crate) fn extend(&mut self, segment: &Segment<'_>, lexicon: &Lexicon) {
        if self.ordinal != Some(segment.ordinal) {
            self.list.clear();
            self.ordinal = Some(segment.ordinal);
        }
        // Only an apostrophe can still join what becomes visible to the last word: it is read again.
        let open = self
            .list
            .iter()
            .rev()
            .take(OPEN_UNITS)
            .position(Unit::is_word)
            .map_or(0, |steps| steps + 1);
        self.list.truncate(self.list.len() - open);
        let mut at = self.list.last().map_or(0, |unit| unit.token_end);
        while let Some(unit) = unit_at(segment, lexicon, at) {
            at = unit.token_end;
            self.list.push(unit);
        }
    }

    /// Returns the index of the first unit that begins at or after `token`.
    pub(crate) fn index_of(&self, token: usize) -> usize {
        self.list.partition_point(|unit| unit.token < token)
    }
}

fn unit_at(segment: &Segment<'_>, lexicon: &Lexicon, at: usize) -> Option<Unit> {
    let token = segment.token(at)?;
    let mut unit = Unit {
        token: at,
        token_end: at + 1,
        start: token.start,
        end: token.end,
        full_end: token.end,
        key: 0,
        full_key: 0,
        weights: Weights::default(),
        shape: token.shape,
        case: token.case,
        space_before: token.space_before,
        line_start: token.line_start,
        first: token.first,
    };
    match token.shape {
        Shape::Word => add_word(segment, lexicon, &mut unit),
        Shape::Number | Shape::Mixed | Shape::Sign => {}
    }
    Some(unit)
}

fn add_word(segment: &Segment<'_>, lexicon: &Lexicon, unit: &mut Unit) {
    let mut hash = WordHash::new();
    hash.push(segment.word_at(unit.token));
    while let Some(part) = apostrophe_part(segment, unit.token_end) {
        let text = segment.word_at(unit.token_end + 1);
        let end = segment
            .token(unit.token_end + 1)
            .map_or(unit.end, |token| token.end);
        if matches!(text, "s" | "S") {
            let mut full = hash;
            full.push("s");
            unit.full_key = full.finish();
            unit.full_end = end;
            unit.token_end += 2;
            break;
        }
        hash.push(text);
        unit.end = end;
        unit.full_end = end;
        unit.token_end += 2;
        if unit.case == Case::Title && part == Case::Upper {
            unit.case = Case::Upper;
        }
    }
    unit.key = hash.finish();
    if unit.full_key == 0 {
        unit.full_key = unit.key;
    }
    unit.weights = lexicon.get(unit.key);
}

/// Returns the case of the word that an apostrophe at token `at` joins to the word before it.
fn apostrophe_part(segment: &Segment<'_>, at: usize) -> Option<Case> {
    let sign = segment
        .token(at)
        .filter(|token| token.is_sign(b'\'') && !token.space_before)?;
    let word = segment
        .token(at + 1)
        .filter(|token| token.shape == Shape::Word && token.start == sign.end)?;
    Some(word.case)
}
