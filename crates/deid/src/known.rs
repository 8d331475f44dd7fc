//! Values found with confidence, to be replaced wherever else they stand in the same request.
//!
//! A value is looked up by its words, so one walk over a text finds every known value in it, however many there are.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use covenant_detect::{Class, Kind};
use zeroize::Zeroize;

use crate::words::{ORDINARY, fold_into, has_word, value_in, words};

/// Values of more words are not looked for elsewhere.
const MOST_WORDS: usize = 16;
/// Values of one word are looked for elsewhere from this length on.
const LEAST_CHARS: usize = 4;
/// Dates are found by their form wherever they stand; short ones (3/4) are fractions elsewhere.
const LEAST_DATE_CHARS: usize = 6;

/// The values of one request.
#[derive(Default)]
pub(crate) struct Known {
    /// By the value without case and spacing.
    values: HashMap<String, Value>,
    /// By a value's first word: of how many words the values are that begin with it, longest first.
    lengths: HashMap<String, Vec<usize>>,
    /// The marks of all first words, so that most words of a text are passed over without a look-up.
    marks: Marks,
    /// The first words of values not yet looked for in the texts before.
    fresh: Vec<String>,
}

/// A set of words that tells of most words that they are not in it.
#[derive(Default)]
struct Marks([u64; 16]);

impl Marks {
    fn add(&mut self, folded: &str) {
        let (slot, bit) = Marks::place(folded);
        if let Some(bits) = self.0.get_mut(slot) {
            *bits |= bit;
        }
    }

    /// A word beyond ASCII can be any folded word.
    fn may_hold(&self, word: &str) -> bool {
        let (slot, bit) = Marks::place(word);
        !word.is_ascii() || self.0.get(slot).is_some_and(|bits| bits & bit != 0)
    }

    /// From the length and the first and last letter, whatever the case.
    fn place(word: &str) -> (usize, u64) {
        let letter =
            |byte: Option<&u8>| byte.map_or(0, |byte| usize::from(byte.to_ascii_lowercase()));
        let (first, last) = (
            letter(word.as_bytes().first()),
            letter(word.as_bytes().last()),
        );
        let place = word.len().wrapping_mul(7) ^ first.wrapping_mul(31) ^ last.wrapping_mul(257);
        ((place >> 6) % 16, 1 << (place % 64))
    }
}

struct Value {
    class: Class,
    kind: Kind,
    case: Case,
    /// What the value has in front of its first word: the bracket of `(555) 010-0199`.
    lead: Box<str>,
    /// What it has after its last word.
    tail: Box<str>,
}

/// In which case an occurrence is written.
#[derive(Clone, Copy)]
enum Case {
    Any,
    /// Some letter is large.
    NotSmall,
    /// First large, the others small, or all large.
    AsName,
}

/// A place where a known value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) class: Class,
    pub(crate) kind: Kind,
}

impl Known {
    /// Keeps a value, unless it is too short to be looked for elsewhere.
    pub(crate) fn add(&mut self, value: &str, class: Class, kind: Kind) {
        let words = words(value);
        let (Some((start, first_end)), Some((_, end))) = (words.first(), words.last()) else {
            return;
        };
        let core = value.get(*start..*end).unwrap_or_default();
        let Some(case) = case_of(core, words.len(), class, kind) else {
            return;
        };
        let first = folded(value.get(*start..*first_end).unwrap_or_default());
        self.marks.add(&first);
        let lengths = self.lengths.entry(first.clone()).or_default();
        if let Err(position) = lengths.binary_search_by(|length| words.len().cmp(length)) {
            lengths.insert(position, words.len());
        }
        let lead = value.get(..*start).unwrap_or_default().into();
        let tail = value.get(*end..).unwrap_or_default().into();
        if let Entry::Vacant(place) = self.values.entry(folded(core)) {
            place.insert(Value {
                class,
                kind,
                case,
                lead,
                tail,
            });
            self.fresh.push(first);
        }
    }

    /// Takes the first words of the values that became known since the last call.
    pub(crate) fn take_fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    /// Returns how many values are known.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns as what a value is known.
    pub(crate) fn class_of(&self, value: &str) -> Option<(Class, Kind)> {
        let (start, end) = value_in(value)?;
        let value = self.values.get(&folded(value.get(start..end)?))?;
        Some((value.class, value.kind))
    }

    /// Returns the places where known values stand in `text`, from left to right, longest first, not overlapping.
    pub(crate) fn occurrences(&self, text: &str) -> Vec<Occurrence> {
        let mut found = Vec::new();
        if self.values.is_empty() {
            return found;
        }
        let words = words(text);
        let mut buffer = String::new();
        let mut position = 0;
        while let Some(first) = words.get(position) {
            let word = text.get(first.0..first.1).unwrap_or_default();
            if !self.marks.may_hold(word) {
                position += 1;
                continue;
            }
            fold_name(word, &mut buffer);
            let lengths = self
                .lengths
                .get(buffer.as_str())
                .map_or(&[][..], Vec::as_slice);
            let occurrence = lengths.iter().find_map(|length| {
                let end = words.get(position + length - 1)?.1;
                let value = self.value_at(text.get(first.0..end)?, &mut buffer)?;
                Some((value.occurrence(text, first.0, end), *length))
            });
            match occurrence {
                Some((occurrence, length)) => {
                    found.push(occurrence);
                    position += length;
                }
                None => position += 1,
            }
        }
        buffer.zeroize();
        found
    }

    fn value_at(&self, text: &str, buffer: &mut String) -> Option<&Value> {
        fold_name(text, buffer);
        self.values
            .get(buffer.as_str())
            .filter(|value| value.case.fits(text))
    }
}

impl Value {
    /// The occurrence of which `start..end` are the words, with what stands around them where the value has it too.
    fn occurrence(&self, text: &str, start: usize, end: usize) -> Occurrence {
        let led = text
            .get(..start)
            .is_some_and(|before| before.ends_with(&*self.lead));
        let tailed = text
            .get(end..)
            .is_some_and(|after| after.starts_with(&*self.tail));
        let (lead, tail) = if led && tailed {
            (self.lead.len(), self.tail.len())
        } else {
            (0, 0)
        };
        Occurrence {
            start: start - lead,
            end: end + tail,
            class: self.class,
            kind: self.kind,
        }
    }
}

impl Case {
    fn fits(self, text: &str) -> bool {
        match self {
            Case::Any => true,
            Case::NotSmall => text.chars().any(char::is_uppercase),
            Case::AsName => {
                text.chars().next().is_some_and(char::is_uppercase)
                    && (!text.chars().skip(1).any(char::is_uppercase)
                        || !text.chars().any(char::is_lowercase))
            }
        }
    }
}

/// Returns in which case a value is looked for elsewhere; `None` where it is not.
fn case_of(core: &str, words: usize, class: Class, kind: Kind) -> Option<Case> {
    let chars = core.chars().count();
    let spaced = core.contains(char::is_whitespace);
    let least = if class == Class::Date {
        LEAST_DATE_CHARS
    } else {
        LEAST_CHARS
    };
    if class == Class::Age || words > MOST_WORDS || kind == Kind::Initials {
        return None;
    }
    if class == Class::Name
        && words == 1
        && chars == LEAST_CHARS - 1
        && core.chars().all(char::is_alphabetic)
    {
        return Some(Case::AsName);
    }
    if !has_word(core) || (chars < least && (!spaced || class == Class::Date)) {
        return None;
    }
    let ordinary = words == 1
        && ORDINARY
            .binary_search(&core.to_lowercase().as_str())
            .is_ok();
    Some(if ordinary { Case::NotSmall } else { Case::Any })
}

/// Returns the hashes of a text's words as values are looked up by.
pub(crate) fn folded_words(text: &str, hasher: &impl BuildHasher) -> HashSet<u64> {
    let words = words(text)
        .into_iter()
        .filter_map(|(start, end)| text.get(start..end));
    words.map(|word| hasher.hash_one(folded(word))).collect()
}

fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_name(text, &mut folded);
    folded
}

/// Lower case, without white space and underscores (`ellen_marsh` is Ellen Marsh).
fn fold_name(text: &str, out: &mut String) {
    fold_into(text, out);
    if out.contains('_') {
        out.retain(|char| char != '_');
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        for (mut value, _) in self.values.drain() {
            value.zeroize();
        }
        for (mut word, _) in self.lengths.drain() {
            word.zeroize();
        }
        self.fresh.iter_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn found<'a>(values: &[(&str, Class, Kind)], text: &'a str) -> Vec<&'a str> {
        let mut known = Known::default();
        for (value, class, kind) in values {
            known.add(value, *class, *kind);
        }
        known
            .occurrences(text)
            .iter()
            .map(|at| &text[at.start..at.end])
            .collect()
    }

    #[test]
    fn a_value_is_found_whatever_its_case_and_spacing_and_only_as_whole_words() {
        let values = [
            ("Ellen Marsh", Class::Name, Kind::Person),
            ("A-4711", Class::Mrn, Kind::Mrn),
        ];
        let text = "ELLEN  MARSH, ellen\nmarsh; Ellen Marshall; ellen_marsh a-4711 A-47112 Ellen";
        assert_eq!(
            found(&values, text),
            ["ELLEN  MARSH", "ellen\nmarsh", "ellen_marsh", "a-4711"]
        );
    }

    #[test]
    fn what_a_value_has_around_its_words_belongs_to_it() {
        let values = [("(555) 010-0199", Class::Phone, Kind::Phone)];
        assert_eq!(
            found(&values, "at (555) 010-0199 or 555) 010-0199"),
            ["(555) 010-0199", "555) 010-0199"]
        );
    }

    #[test]
    fn the_longest_value_stands() {
        let values = [
            ("Ellen Marsh", Class::Name, Kind::Person),
            ("Ellen Marsh Boyd", Class::Name, Kind::Person),
        ];
        assert_eq!(
            found(&values, "Ellen Marsh Boyd, Ellen Marsh Clinic"),
            ["Ellen Marsh Boyd", "Ellen Marsh"]
        );
    }

    #[test]
    fn short_values_and_ordinary_words_are_not_looked_for() {
        let values = [
            ("May", Class::Name, Kind::Person),
            ("Will", Class::Name, Kind::Person),
            ("Li", Class::Name, Kind::Person),
            ("93", Class::Age, Kind::Age90),
            ("3/14", Class::Date, Kind::Date),
        ];
        assert_eq!(
            found(
                &values,
                "Will will be 93 in may; May came with Li, MAY, 3/14"
            ),
            ["Will", "May", "MAY"]
        );
    }
}
