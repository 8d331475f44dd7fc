//! What a rule sees: the units of the segment, the lexicon, and small questions about them.

use crate::lexicon::{Lexicon, Sort, Weights, WordHash, phrase_key, word_key};
use crate::segment::Segment;
use crate::token::Case;

use super::unit::Unit;

/// The most words a phrase of the lexicon has.
const PHRASE_WORDS: usize = 6;

/// A segment as the rules see it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) segment: &'a Segment<'a>,
    pub(crate) units: &'a [Unit],
    pub(crate) lexicon: &'a Lexicon,
}

/// A phrase of the lexicon found in the text.
#[derive(Clone, Copy)]
pub(crate) struct Phrase {
    /// Index after its last unit.
    pub(crate) end: usize,
    pub(crate) weights: Weights,
    pub(crate) words: usize,
}

impl<'a> View<'a> {
    /// Returns the unit at `index`.
    pub(crate) fn unit(&self, index: usize) -> Option<&'a Unit> {
        self.units.get(index)
    }

    /// Returns the unit `steps` before `index`.
    pub(crate) fn back(&self, index: usize, steps: usize) -> Option<&'a Unit> {
        self.units.get(index.checked_sub(steps)?)
    }

    /// Returns the weights of the unit at `index`, nothing if there is none.
    pub(crate) fn weights(&self, index: usize) -> Weights {
        self.unit(index)
            .map_or_else(Weights::default, |unit| unit.weights)
    }

    /// Returns true if the unit at `index` is the sign `sign`.
    pub(crate) fn is_sign(&self, index: usize, sign: u8) -> bool {
        self.unit(index)
            .is_some_and(|unit| unit.shape == crate::token::Shape::Sign && unit.first == sign)
    }

    /// Returns true if the unit at `index` is the sign `sign` and touches the unit before it.
    pub(crate) fn is_tight(&self, index: usize, sign: u8) -> bool {
        self.is_sign(index, sign) && self.unit(index).is_some_and(|unit| !unit.space_before)
    }

    /// Returns the text of the unit at `index`, empty if there is none.
    pub(crate) fn text(&self, index: usize) -> &'a str {
        self.unit(index)
            .and_then(|unit| self.segment.text.get(unit.start..unit.end))
            .unwrap_or("")
    }

    /// Returns the unit at `index` in lower case; words of more than 24 letters are no cue.
    pub(crate) fn lower(&self, index: usize) -> Lower {
        Lower::new(self.text(index))
    }

    /// Returns true if the unit at `index` is one of `words`, which are in lower case.
    pub(crate) fn is_one_of(&self, index: usize, words: &[&str]) -> bool {
        let Some(first) = self.unit(index).map(|unit| unit.first) else {
            return false;
        };
        let text = self.text(index);
        let alike = |word: &&str| {
            word.as_bytes()
                .first()
                .is_some_and(|at| at.eq_ignore_ascii_case(&first))
        };
        words
            .iter()
            .filter(|word| alike(word))
            .any(|word| text.eq_ignore_ascii_case(word))
    }

    /// Returns true if the unit at `index` has one of `sorts`.
    pub(crate) fn any(&self, index: usize, sorts: &[Sort]) -> bool {
        self.weights(index).any(sorts)
    }

    /// Returns true if the unit at `index` begins with a capital.
    pub(crate) fn is_capital(&self, index: usize) -> bool {
        self.unit(index).is_some_and(Unit::is_capital)
    }

    /// Returns how much a word of no list looks like a name: -3 to 2, 0 for words of a list.
    pub(crate) fn likeness(&self, index: usize) -> i32 {
        let weights = self.weights(index);
        if weights.given() > 0 || weights.surname() > 0 || weights.common() > 0 {
            return 0;
        }
        if self.is_inflected(index) {
            return -3;
        }
        match self.lexicon.likeness(self.text(index)) {
            69.. => 2,
            23..69 => 1,
            -23..23 => 0,
            -69..-23 => -1,
            _ => -3,
        }
    }

    /// Returns true for a plural or another form of a plain word: "Agreements", "Referrals", "Screening".
    pub(crate) fn is_inflected(&self, index: usize) -> bool {
        let lower = self.lower(index);
        let word = lower.as_str();
        let plain = |stem: &str| stem.len() >= 3 && self.common(&[stem]);
        let respelled = |ending: &str, last: &str| {
            word.strip_suffix(ending)
                .is_some_and(|stem| stem.len() >= 3 && self.common(&[stem, last]))
        };
        if respelled("ied", "y")
            || respelled("ies", "y")
            || respelled("ing", "e")
            || respelled("ed", "e")
        {
            return true;
        }
        ["s", "es", "ed", "ing", "ly", "al", "er", "d"]
            .iter()
            .any(|ending| word.strip_suffix(ending).is_some_and(plain))
            || [
                "tion", "tions", "ment", "ments", "ness", "ology", "itis", "emia", "osis",
                "ectomy", "opathy",
            ]
            .iter()
            .any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending))
    }

    fn common(&self, parts: &[&str]) -> bool {
        let mut hash = WordHash::new();
        parts.iter().for_each(|part| hash.push(part));
        self.lexicon.get(hash.finish()).common() >= 3
    }

    /// Returns the index after a full stop that touches the unit before `index`, else `index`.
    pub(crate) fn past_dot(&self, index: usize) -> usize {
        if self.is_tight(index, b'.') {
            index + 1
        } else {
            index
        }
    }

    /// As [`View::past_dot`], where the full stop is that of a short form ("St.", "Ctr.") and more words follow.
    pub(crate) fn past_dot_if_short(&self, index: usize) -> usize {
        let short = self
            .unit(index.wrapping_sub(1))
            .is_some_and(|unit| unit.len() <= 4);
        let follows = self
            .unit(index + 1)
            .is_some_and(|unit| unit.is_capital() && unit.space_before && !unit.line_start);
        if short && follows && self.is_abbreviation_word(index.wrapping_sub(1)) {
            self.past_dot(index)
        } else {
            index
        }
    }

    fn is_abbreviation_word(&self, index: usize) -> bool {
        matches!(
            self.lower(index).as_str(),
            "st" | "mt"
                | "ft"
                | "dr"
                | "ctr"
                | "med"
                | "hosp"
                | "univ"
                | "dept"
                | "gen"
                | "mem"
                | "reg"
                | "ste"
                | "pt"
                | "no"
                | "so"
                | "co"
        ) || self.unit(index).is_some_and(Unit::is_initial)
    }

    /// Returns the longest phrase of the lexicon that begins at `index` and has at least one of `sorts`, or, with no
    /// sorts, is a place. A phrase of one word counts.
    pub(crate) fn phrase(&self, index: usize, wanted: impl Fn(Weights) -> bool) -> Option<Phrase> {
        let first = self.unit(index).filter(|unit| unit.is_word())?;
        let mut found = None;
        for (key, mut weights) in [
            (first.key, first.weights),
            (first.full_key, Weights::default()),
        ] {
            if key == first.full_key && first.is_possessive() {
                weights = self.lexicon.get(key);
            }
            if wanted(weights) {
                found = Some(Phrase {
                    end: index + 1,
                    weights,
                    words: 1,
                });
            }
            if weights.is(Sort::Begins) || first.weights.is(Sort::Begins) {
                self.longer_phrase(index, key, &wanted, &mut found);
            }
            if !first.is_possessive() {
                break;
            }
        }
        found
    }

    fn longer_phrase(
        &self,
        index: usize,
        key: u64,
        wanted: &impl Fn(Weights) -> bool,
        found: &mut Option<Phrase>,
    ) {
        let mut key = key;
        let mut at = index + 1;
        for words in 2..=PHRASE_WORDS {
            at = self.next_word(at);
            let Some(unit) = self
                .unit(at)
                .filter(|unit| unit.is_word() || unit.shape == crate::token::Shape::Number)
            else {
                return;
            };
            let word = if unit.is_word() {
                unit.key
            } else {
                word_key(self.text(at))
            };
            for (next, is_full) in [
                (phrase_key(key, word), false),
                (phrase_key(key, unit.full_key), true),
            ] {
                let weights = if is_full && !unit.is_possessive() {
                    Weights::default()
                } else {
                    self.lexicon.get(next)
                };
                if wanted(weights) && found.is_none_or(|found| found.end <= at) {
                    *found = Some(Phrase {
                        end: at + 1,
                        weights,
                        words,
                    });
                }
            }
            key = phrase_key(
                key,
                if unit.is_possessive() {
                    unit.full_key
                } else {
                    word
                },
            );
            at += 1;
        }
    }

    /// Skips signs that stand inside phrases: a full stop or hyphen that touches the word before, "&", "/".
    fn next_word(&self, at: usize) -> usize {
        if self.is_tight(at, b'.')
            || self.is_tight(at, b'-')
            || self.is_tight(at, b'/')
            || self.is_sign(at, b'&')
        {
            at + 1
        } else {
            at
        }
    }

    /// Returns true if the unit begins a sentence or a line, as far as can be seen.
    pub(crate) fn starts_sentence(&self, index: usize) -> bool {
        let Some(unit) = self.unit(index) else {
            return true;
        };
        if index == 0 || unit.line_start {
            return true;
        }
        let mut before = index - 1;
        while before > 0
            && self
                .unit(before)
                .is_some_and(|unit| matches!(unit.first, b'"' | b'(' | b'\'' | b'*' | b'['))
        {
            before -= 1;
        }
        self.unit(before).is_some_and(|unit| {
            matches!(
                unit.first,
                b'.' | b'!' | b'?' | b':' | b';' | b'*' | b'-' | b']'
            ) && !unit.is_word()
        }) && !(self.is_sign(before, b'.') && before > 0 && self.is_abbreviation(before - 1))
    }

    fn is_abbreviation(&self, index: usize) -> bool {
        let weights = self.weights(index);
        self.unit(index).is_some_and(|unit| {
            unit.is_initial()
                || (unit.is_capital() && weights.any(&[Sort::Title, Sort::Credential]))
        }) || matches!(
            self.lower(index).as_str(),
            "st" | "mt"
                | "ft"
                | "vs"
                | "pt"
                | "pts"
                | "no"
                | "dept"
                | "approx"
                | "ref"
                | "hx"
                | "dx"
                | "tx"
                | "yo"
                | "e"
                | "g"
                | "i"
        )
    }

    /// Returns true if a tab stands before the unit at `index`.
    pub(crate) fn is_tab_before(&self, index: usize) -> bool {
        let (Some(before), Some(unit)) = (self.back(index, 1), self.unit(index)) else {
            return false;
        };
        self.segment
            .text
            .as_bytes()
            .get(before.full_end..unit.start)
            .is_some_and(|gap| gap.contains(&b'\t'))
    }

    /// Returns true if words around `index` are written in capitals alone, so that capitals mean nothing.
    pub(crate) fn is_shouted(&self, index: usize) -> bool {
        let mut upper = 0;
        let mut other = 0;
        let from = index.saturating_sub(6);
        for (at, unit) in self.units.iter().enumerate().skip(from).take(13) {
            if at != index && unit.is_word() && unit.len() > 2 {
                if unit.case == Case::Upper {
                    upper += 1
                } else {
                    other += 1
                }
            }
        }
        upper >= 2 && upper > 2 * other
    }
}

/// A word in lower case, on the stack.
pub(crate) struct Lower {
    bytes: [u8; 24],
    len: usize,
}

impl Lower {
    fn new(text: &str) -> Lower {
        let mut lower = Lower {
            bytes: [0; 24],
            len: 0,
        };
        if let Some(bytes) = lower.bytes.get_mut(..text.len()) {
            bytes.copy_from_slice(text.as_bytes());
            bytes.make_ascii_lowercase();
            lower.len = text.len();
        }
        lower
    }

    /// Returns the word, empty if it was too long.
    pub(crate) fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }
}
