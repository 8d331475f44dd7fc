//! Finds the label that stands before a value: `Medical Record No.: 12345`, `"memberId": "…"`, `<mrn>…`.

use std::collections::HashMap;

use super::label_table::{Need, ROWS};
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::{Flags, Term, Terms};
use crate::token::Shape;

/// What a label says about the value after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Label {
    pub(super) kind: Kind,
    pub(super) need: Need,
    pub(super) name: &'static str,
}

/// A label and how it is joined to the value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(super) label: Label,
    /// A colon, `#`, `=`, `number`, `no.` or `id` stands between.
    pub(super) marked: bool,
    /// A colon, `=`, or a quote stands between.
    pub(super) colon: bool,
    /// Nothing at all stands between.
    pub(super) direct: bool,
    /// The label says `last four`, `ending in`.
    pub(super) last_digits: bool,
    /// The label stands at the end of the line before.
    pub(super) carried: bool,
}

/// All labels, as a tree over their words from the last to the first.
#[derive(Debug, Default)]
pub(super) struct Labels {
    edges: HashMap<(u32, Term), u32>,
    ends: Vec<Option<Label>>,
}

/// Tokens a value may be away from its label.
const REACH: usize = 12;

impl Labels {
    pub(super) fn new(terms: &mut Terms) -> Labels {
        let mut labels = Labels {
            edges: HashMap::new(),
            ends: vec![None],
        };
        for (kind, need, name, spellings) in ROWS {
            let label = Label {
                kind: *kind,
                need: *need,
                name,
            };
            for spelling in spellings.split(',') {
                for words in alternatives(spelling) {
                    labels.add_forms(terms, &words, label);
                }
            }
        }
        labels
    }

    fn add_forms(&mut self, terms: &mut Terms, words: &[&str], label: Label) {
        self.add(terms, words, label);
        let Some((last, first)) = words.split_last() else {
            return;
        };
        if last.len() > 2 && !last.ends_with('s') {
            let plural = format!("{last}s");
            let mut many = first.to_vec();
            many.push(&plural);
            self.add(terms, &many, label);
        }
        if words.len() > 1 && words.iter().all(|word| word.len() > 1) {
            let joined = words.concat();
            // One word that says `number` or `id` needs no further sign.
            self.add(terms, &[&joined], label);
            if label.need != Need::Colon && joined.len() <= 30 {
                for end in ["number", "no", "id", "num"] {
                    self.add(
                        terms,
                        &[&format!("{joined}{end}")],
                        Label {
                            need: Need::Nothing,
                            ..label
                        },
                    );
                }
            }
        } else if let [word] = words
            && word.len() > 2
            && label.need != Need::Colon
        {
            for end in ["number", "no", "id", "num"] {
                self.add(
                    terms,
                    &[&format!("{word}{end}")],
                    Label {
                        need: Need::Nothing,
                        ..label
                    },
                );
            }
        }
    }

    /// Adds one spelling; the row that comes first in the table keeps it.
    fn add(&mut self, terms: &mut Terms, words: &[&str], label: Label) {
        let mut node = 0;
        for (place, word) in words.iter().rev().enumerate() {
            let term = terms.add(
                word,
                if place == 0 {
                    Flags::LABEL_END
                } else {
                    Flags::NONE
                },
            );
            let next = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
            node = *self.edges.entry((node, term)).or_insert(next);
            if node == next {
                self.ends.push(None);
            }
        }
        if let Some(end) = self.ends.get_mut(node as usize) {
            // Of two rows for one spelling the one that asks less counts.
            let keeps =
                end.is_some_and(|old| old.need == Need::Nothing || label.need != Need::Nothing);
            if !keeps {
                *end = Some(label);
            }
        }
    }

    /// Returns the longest label whose last word is the token at `index`, and the index of its first word.
    pub(super) fn ending_at(&self, segment: &Segment<'_>, index: usize) -> Option<(Label, usize)> {
        if !segment.flags(index).has(Flags::LABEL_END) {
            return None;
        }
        let mut found = None;
        let mut node = 0;
        let mut at = index;
        loop {
            let token = segment.token(at)?;
            let Some(next) = self.edges.get(&(node, token.term)) else {
                return found;
            };
            node = *next;
            if let Some(label) = self.ends.get(node as usize).copied().flatten() {
                found = Some((label, at));
            }
            let Some(before) = word_before(segment, at) else {
                return found;
            };
            at = before;
        }
    }

    /// Returns the label that the value at `index` stands behind.
    pub(super) fn before(
        &self,
        segment: &Segment<'_>,
        index: usize,
        carried: Option<Hit>,
    ) -> Option<Hit> {
        let mut between = Between::default();
        // `ID` alone is a label of the last resort: in `HMO ID` it only marks.
        let mut resort = None;
        let mut at = index;
        for _ in 0..REACH {
            let Some(before) = at.checked_sub(1) else {
                let carried = carried.map(|hit| Hit {
                    marked: hit.marked || between.marked,
                    carried: true,
                    ..hit
                });
                return carried.or(resort);
            };
            at = before;
            let Some(token) = segment.token(at) else {
                return resort;
            };
            if token.shape == Shape::Sign {
                let Some(next) = between.sign(segment, at) else {
                    return resort;
                };
                at = next;
                continue;
            }
            if let Some((label, first)) = self.ending_at(segment, at) {
                let marks = first == at && segment.flags(at).has(Flags::MARK);
                let hit = Hit {
                    marked: between.marked || marks,
                    ..between.hit(label, index - at <= 2)
                };
                let doubtful = label.need == Need::Mark && !hit.marked && !hit.direct;
                if !doubtful && !marks {
                    return Some(hit);
                }
                resort = resort.or(Some(hit));
            }
            if between.word(segment, at).is_none() {
                // `Gene ID 3064`, `CPT code 99213`: the word before says it is a code.
                return resort.filter(|_| !segment.flags(at).has(Flags::CODE));
            }
        }
        resort
    }

    /// Returns the label of a value that ends before `index` and is named after it: `12345 (MRN)`.
    pub(super) fn after(&self, segment: &Segment<'_>, index: usize) -> Option<Label> {
        if segment.is(index, "is") || segment.is(index, "was") || segment.is(index, "as") {
            // `448291 is her MRN`
            let start = index + 1 + usize::from(segment.flags(index + 1).has(Flags::DETERMINER));
            let found = (start..start + 4)
                .filter_map(|at| self.ending_at(segment, at))
                .next_back();
            return found
                .map(|(label, _)| label)
                .filter(|label| start > index + 1 && label.need == Need::Nothing);
        }
        if !matches!(segment.sign_at(index), b'(' | b'[') {
            return None;
        }
        let close =
            (index + 2..index + 6).find(|at| matches!(segment.sign_at(*at), b')' | b']'))?;
        let (label, first) = self.ending_at(segment, close - 1)?;
        (first > index && first <= index + 2 && label.need == Need::Nothing).then_some(label)
    }
}

/// Returns the index of the word before `at`, at most two signs away.
fn word_before(segment: &Segment<'_>, at: usize) -> Option<usize> {
    let mut before = at.checked_sub(1)?;
    for _ in 0..2 {
        if !matches!(segment.sign_at(before), b'.' | b'\'' | b'_' | b'-' | b'/') {
            break;
        }
        before = before.checked_sub(1)?;
    }
    segment
        .token(before)
        .filter(|token| token.shape != Shape::Sign)
        .map(|_| before)
}

/// What stands between a label and its value, read from the value backwards.
#[derive(Default)]
struct Between {
    marked: bool,
    colon: bool,
    last_digits: bool,
    any: bool,
}

impl Between {
    /// Passes a sign; returns where to go on, or `None` if the sign parts label and value.
    fn sign(&mut self, segment: &Segment<'_>, at: usize) -> Option<usize> {
        match segment.sign_at(at) {
            b':' | b'=' => {
                self.marked = true;
                self.colon = true;
            }
            b'#' => self.marked = true,
            b'>' => {
                self.colon = true;
                // The name of a tag may be the label; any other tag is passed as a whole.
                if !segment.flags(at.checked_sub(1)?).has(Flags::LABEL_END) {
                    self.any = true;
                    return (at.saturating_sub(6)..at)
                        .rev()
                        .find(|at| segment.sign(*at, b'<'));
                }
            }
            b'"' | b'\'' | b'|' => self.colon = true,
            b'-' | b'.' | b'*' | b'_' | b'(' | b'[' | b'<' | b'`' | b'/' => {}
            b')' | b']' => {
                // A remark between label and value: `SSN (last 4): 1234`.
                let open = (at.saturating_sub(7)..at)
                    .rev()
                    .find(|at| matches!(segment.sign_at(*at), b'(' | b'['))?;
                self.last_digits |= (open..at).any(|at| segment.is(at, "last"));
                self.marked |= (open..at).any(|at| segment.flags(at).has(Flags::MARK));
                return Some(open);
            }
            b',' if segment
                .token(at + 1)
                .is_some_and(|token| token.space_before)
                && self.marked =>
            {
                return None;
            }
            _ => return None,
        }
        self.any = true;
        Some(at)
    }

    /// Passes a word between label and value, or gives up.
    fn word(&mut self, segment: &Segment<'_>, at: usize) -> Option<()> {
        let flags = segment.flags(at);
        if segment.is(at, "last")
            || segment.is(at, "ending")
            || segment.is(at, "ends")
            || segment.is(at, "xxxx")
        {
            self.last_digits = true;
        }
        let four = segment.is(at, "4") && at > 0 && segment.is(at - 1, "last");
        if !flags.has(Flags::CONNECTOR) && !four {
            return None;
        }
        self.any |= !segment.is(at, "is");
        self.marked |= flags.has(Flags::MARK);
        Some(())
    }

    fn hit(&self, label: Label, direct: bool) -> Hit {
        Hit {
            label,
            marked: self.marked,
            colon: self.colon,
            direct: direct && !self.any,
            last_digits: self.last_digits,
            carried: false,
        }
    }
}

/// Expands `a|b c?` into its word lists.
fn alternatives(spelling: &str) -> Vec<Vec<&str>> {
    let mut lists: Vec<Vec<&str>> = vec![Vec::new()];
    for word in spelling.split_ascii_whitespace() {
        let (word, optional) = word
            .strip_suffix('?')
            .map_or((word, false), |word| (word, true));
        let mut next = if optional { lists.clone() } else { Vec::new() };
        for choice in word.split('|') {
            next.extend(lists.iter().map(|list| {
                let mut list = list.clone();
                list.push(choice);
                list
            }));
        }
        lists = next;
    }
    lists.retain(|list| !list.is_empty());
    lists
}
