//! People named in one text, for the texts that call them by a part of their name.
//!
//! A detector that has read "Patient: Ellen Marsh" knows what "Marsh" is further on in that text. A conversation is
//! many texts. So a text that holds part of a name from another one is looked at once more with that name said in
//! front of it; whether "Marsh" is she, or a wetland, stays the detector's decision.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use zeroize::Zeroize;

use crate::words::{fold_into, words};

/// The most names said in front of one text, and kept of one request.
const MOST_SAID: usize = 16;
const MOST_KEPT: usize = 4096;
/// Parts shorter than this are not looked for.
const LEAST_CHARS: usize = 3;

/// The people of one request.
#[derive(Default)]
pub(super) struct People {
    names: Vec<String>,
    /// By part of a name, folded: the first person who has it.
    parts: HashMap<String, usize>,
    /// Parts not yet looked for in the texts before.
    fresh: Vec<String>,
}

impl People {
    /// Keeps a name of two words or more.
    pub(super) fn add(&mut self, name: &str) {
        let words = words(name);
        if words.len() < 2 || self.names.len() == MOST_KEPT {
            return;
        }
        let position = self.names.len();
        let parts = words
            .iter()
            .filter_map(|(start, end)| name.get(*start..*end));
        for part in parts.filter(|part| part.chars().count() >= LEAST_CHARS) {
            let mut folded = String::new();
            fold_into(part, &mut folded);
            if let Entry::Vacant(place) = self.parts.entry(folded.clone()) {
                place.insert(position);
                self.fresh.push(folded);
            }
        }
        self.names
            .push(name.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    /// Takes the parts that became known since the last call.
    pub(super) fn take_fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    /// Returns how many names are kept.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns what to say in front of a text that holds parts of known names where `open` says that nothing was
    /// found yet; `None` where it holds none.
    pub(super) fn introduction(
        &self,
        text: &str,
        open: impl Fn(usize, usize) -> bool,
    ) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        let mut said = BTreeSet::new();
        let mut folded = String::new();
        for (start, end) in words(text) {
            let word = text.get(start..end).unwrap_or_default();
            if !word.starts_with(char::is_uppercase) || said.len() == MOST_SAID {
                continue;
            }
            fold_into(word, &mut folded);
            let Some(position) = self.parts.get(folded.as_str()) else {
                continue;
            };
            if open(start, end) {
                said.insert(*position);
            }
        }
        folded.zeroize();
        let lines = said.iter().filter_map(|position| self.names.get(*position));
        let introduction: String = lines.map(|name| format!("Patient: {name}\n")).collect();
        (!introduction.is_empty()).then(|| introduction + "\n")
    }
}

impl Drop for People {
    fn drop(&mut self) {
        self.names.iter_mut().for_each(Zeroize::zeroize);
        self.fresh.iter_mut().for_each(Zeroize::zeroize);
        for (mut part, _) in self.parts.drain() {
            part.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_only_where_a_part_of_it_stands_open() {
        let mut people = People::default();
        people.add("Ellen  Marsh");
        people.add("Bo Li");
        people.add("Okafor");
        let say = |text: &str| people.introduction(text, |start, _| start > 0);
        assert_eq!(
            say("Did MARSH or Ellen come?").as_deref(),
            Some("Patient: Ellen Marsh\n\n")
        );
        assert_eq!(say("Marsh came"), None, "found already");
        assert_eq!(say("the marsh, Bo, Okafor"), None);
    }
}
