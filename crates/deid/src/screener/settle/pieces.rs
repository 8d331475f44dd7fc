//! The pieces of one request: learnt in document order, searched again for what later ones make known, applied.

use std::collections::BTreeSet;
use std::sync::Arc;

use covenant_formats::json::Path;

use super::{Numbering, PASSES, Settler};
use crate::Refusal;
use crate::edit::{Edit, is_free};
use crate::screener::piece::{Found, Piece};
use crate::words::has_word;

/// How often, in bytes of the whole request, texts are searched again for what later ones made known.
const LOOK_BACK_TIMES: usize = 16;
/// What is searched again in any case.
const LOOK_BACK_BYTES: usize = 64 << 10;

/// A piece and what is done to it.
pub(super) struct Settled {
    pub(super) piece: Arc<Piece>,
    pub(super) path: Path,
    pub(super) edits: Vec<Edit>,
    pub(super) kept: Vec<Found>,
    /// What was known when the piece was last searched for it.
    pub(super) searched_for: Extent,
    pub(super) applied: bool,
}

impl Settled {
    /// Stands in a piece's place while it is worked on.
    fn placeholder() -> Settled {
        Settled {
            piece: Arc::new(Piece::text("")),
            path: Path::root(),
            edits: Vec::new(),
            kept: Vec::new(),
            searched_for: Extent::default(),
            applied: true,
        }
    }
}

/// How much is known: values and people.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Extent {
    values: usize,
    people: usize,
}

impl Settler<'_> {
    /// Finds what a piece holds and numbers it.
    pub(crate) fn learn(&mut self, piece: &Piece, path: &Path) -> Result<(), Refusal> {
        if has_word(&piece.whole) && !self.positions.contains_key(piece) {
            let settled = self.settle(piece, path)?;
            self.positions
                .insert(Arc::clone(&settled.piece), self.pieces.len());
            self.pieces.push(settled);
            self.bytes += piece.whole.len();
            self.look_back()?;
        }
        Ok(())
    }

    /// Looks for what the last piece made known in those before it.
    fn look_back(&mut self) -> Result<(), Refusal> {
        let last = self.pieces.len() - 1;
        for round in 0..=PASSES {
            let mut fresh = self.known.take_fresh();
            fresh.extend(self.people.take_fresh());
            if last > 0 && !fresh.is_empty() {
                // What the last piece made known was looked for in it already.
                let end = if round == 0 { last } else { last + 1 };
                for position in self.holding(&fresh, end) {
                    self.look_back_into(position)?;
                }
            } else if self.bytes_again <= self.most_bytes_again() {
                self.searched_for = self.extent();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the pieces before `end` that hold any of the words.
    fn holding(&mut self, words: &[String], end: usize) -> BTreeSet<usize> {
        let texts = self
            .pieces
            .iter()
            .map(|settled| settled.piece.whole.as_str());
        self.holders.read(texts);
        self.holders
            .of(words)
            .filter(|position| *position < end)
            .collect()
    }

    fn look_back_into(&mut self, position: usize) -> Result<(), Refusal> {
        let most = self.most_bytes_again();
        let waiting = self
            .pieces
            .get_mut(position)
            .filter(|settled| !settled.applied);
        let Some(place) = waiting else {
            return Ok(());
        };
        self.bytes_again += place.piece.whole.len();
        if self.bytes_again > most {
            return Ok(());
        }
        let mut settled = std::mem::replace(place, Settled::placeholder());
        let spread = self.spread_into(&mut settled, Numbering::Open);
        if let Some(place) = self.pieces.get_mut(position) {
            *place = settled;
        }
        spread
    }

    pub(super) fn extent(&self) -> Extent {
        Extent {
            values: self.known.len(),
            people: self.people.len(),
        }
    }

    /// How much may be searched again: bounds a request in which every text makes something known for all others.
    fn most_bytes_again(&self) -> usize {
        LOOK_BACK_BYTES + LOOK_BACK_TIMES * self.bytes
    }

    /// Returns the replacements for a piece, in order, and counts them.
    pub(crate) fn apply(&mut self, piece: &Piece, path: &Path) -> Result<Vec<Edit>, Refusal> {
        self.learn(piece, path)?;
        self.spread()?;
        let Some(settled) = self
            .positions
            .get(piece)
            .and_then(|position| self.pieces.get_mut(*position))
        else {
            return Ok(Vec::new());
        };
        settled.applied = true;
        let (edits, kept) = (settled.edits.clone(), settled.kept.clone());
        self.count(piece, &edits, &kept);
        Ok(edits)
    }

    /// Tells whether a learnt piece holds anything that is replaced.
    pub(crate) fn holds_findings(&self, piece: &Piece) -> bool {
        let settled = self
            .positions
            .get(piece)
            .and_then(|position| self.pieces.get(*position));
        settled.is_some_and(|settled| !settled.edits.is_empty())
    }

    /// Replaces every known value in every piece not yet applied, until that makes no more values known.
    fn spread(&mut self) -> Result<(), Refusal> {
        for _ in 0..=PASSES {
            let extent = self.extent();
            if self.searched_for == extent {
                return Ok(());
            }
            let mut pieces = std::mem::take(&mut self.pieces);
            let mut waiting = pieces.iter_mut().filter(|settled| !settled.applied);
            let spread =
                waiting.try_for_each(|settled| match settled.searched_for == self.extent() {
                    true => Ok(()),
                    false => self.spread_into(settled, Numbering::Closed),
                });
            self.pieces = pieces;
            spread?;
            self.searched_for = extent;
        }
        let path = self
            .pieces
            .last()
            .map(|settled| settled.path.clone())
            .unwrap_or_default();
        Err(Refusal::Unsettled {
            path,
            passes: PASSES + 1,
        })
    }

    fn spread_into(&mut self, settled: &mut Settled, numbering: Numbering) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut settled.searched_for, self.extent());
        let Settled {
            piece, path, edits, ..
        } = settled;
        let mut mentions = self.elsewhere(piece, edits);
        if before.people < self.people.len() {
            let named = self.named_elsewhere(piece, |start, end| is_free(edits, start, end));
            mentions.extend(self.judge(named).1);
            mentions.retain(|mention| is_free(edits, mention.start, mention.end));
        }
        if mentions.is_empty() {
            return Ok(());
        }
        self.replace(mentions, piece, path, numbering, edits)?;
        self.look_again(piece, path, numbering, edits)
    }
}
