//! What the tagger carries forward through a text: the labels of the segment, what the rules proposed for it, and in
//! which class words stood before.

use crate::candidate::{Candidate, Priority};
use crate::names::View;
use crate::token::Shape;

use super::atom::Atom;
use super::feature::{self, Moving, REACH, Window, around};
use super::label::{Label, Tag};
use super::model::{Model, Scores};
#[cfg(feature = "training")]
use super::training;

/// How many units back a label is looked for.
const LABEL_REACH: usize = 7;
/// Words whose class is remembered.
const SEEN: usize = 512;

/// What the tagger carries forward through a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    ordinal: Option<u64>,
    pub(super) atoms: Vec<Atom>,
    pub(super) labels: Vec<Label>,
    /// What the rules proposed for the segment so far.
    pub(super) covers: Vec<Cover>,
    /// The last word of the segment before.
    before: Atom,
    /// Words with the class they were found in, by the end of their hash; empty until there is one.
    seen: Vec<(u32, u8)>,
    features: Vec<u64>,
    found: Vec<usize>,
    #[cfg(feature = "training")]
    pub(crate) recorded: Option<Vec<training::Recorded>>,
}

impl History {
    /// Takes in the units that became visible.
    pub(super) fn see(&mut self, view: &View<'_>) {
        if self.ordinal != Some(view.segment.ordinal) {
            let word = |atom: &&Atom| (16..128).contains(&atom.shape);
            if self.ordinal.is_some() {
                self.before = self
                    .atoms
                    .iter()
                    .rev()
                    .take(3)
                    .find(word)
                    .copied()
                    .unwrap_or_default();
            }
            self.ordinal = Some(view.segment.ordinal);
            self.atoms.clear();
            self.labels.clear();
            self.covers.clear();
        }
        // The last words were read before all of them was visible.
        self.atoms.truncate(self.atoms.len().saturating_sub(REACH));
        for at in self.atoms.len()..view.units.len() {
            if let Some(unit) = view.unit(at) {
                let likeness = if unit.is_word() { view.likeness(at) } else { 0 };
                self.atoms.push(Atom::of(unit, view.text(at), likeness));
            }
        }
    }

    pub(super) fn mark(&mut self, view: &View<'_>, from: usize, at: usize) -> u32 {
        let (Some(first), Some(unit)) = (view.unit(from), view.unit(at)) else {
            return 0;
        };
        self.covers.retain(|cover| cover.end > first.start);
        mark(
            &self.covers,
            first.end.saturating_sub(1),
            unit.start,
            unit.end,
        )
    }

    fn seen(&self, word: u32) -> u8 {
        let entry = self.seen.get(word as usize % SEEN);
        entry
            .filter(|entry| entry.0 == word)
            .map_or(0, |entry| entry.1)
    }

    pub(super) fn learn(&mut self, word: u32, tag: Tag) {
        if self.seen.is_empty() {
            self.seen = vec![(0, 0); SEEN];
        }
        if let Some(entry) = self.seen.get_mut(word as usize % SEEN) {
            *entry = (word, tag as u8 + 1);
        }
    }

    pub(super) fn scores(
        &mut self,
        model: &Model,
        view: &View<'_>,
        at: usize,
        mark: u32,
    ) -> Scores {
        let mut features = std::mem::take(&mut self.features);
        features.clear();
        let here = around(&self.atoms, at, 0);
        feature::fixed(&self.window(view, at), &mut features);
        let label = |steps: usize| {
            let index = at.checked_sub(steps);
            index
                .and_then(|index| self.labels.get(index))
                .copied()
                .unwrap_or_default()
        };
        let moving = Moving {
            last: label(1),
            last_but_one: label(2),
            mark,
            seen: self.seen(here.word),
        };
        feature::moving(moving, &here, &mut features);
        let scores = model.sum(&features, &mut self.found);
        self.features = features;
        scores
    }

    pub(super) fn window<'v>(&self, view: &View<'v>, at: usize) -> Window<'v> {
        let unit = view.unit(at);
        let begins_line =
            unit.is_some_and(|unit| unit.line_start) || at == 0 && view.segment.starts_line;
        Window {
            atoms: [-3, -2, -1, 0, 1, 2, 3].map(|steps| around(&self.atoms, at, steps)),
            text: view.text(at),
            label: self.label(view, at),
            begins_line,
            spaced: unit.is_some_and(|unit| unit.space_before),
            shouted: view.is_shouted(at),
            before: self.before,
        }
    }

    /// The word before the nearest colon of the line, with its distance.
    fn label(&self, view: &View<'_>, at: usize) -> (u32, u32) {
        for (distance, before) in (0..at).rev().take(LABEL_REACH).enumerate() {
            let unit = view.unit(before);
            if unit
                .is_some_and(|unit| unit.shape == Shape::Sign && matches!(unit.first, b':' | b'='))
            {
                let word = (1..=3)
                    .map(|more| around(&self.atoms, before, -more))
                    .find(|atom| (16..128).contains(&atom.shape));
                let distance = u32::try_from(distance.min(3)).unwrap_or(3);
                return word.map_or((0, 0), |atom| (atom.word, distance));
            }
            if view.unit(before + 1).is_some_and(|unit| unit.line_start) {
                break;
            }
        }
        (0, 0)
    }
}

/// What the rules take a stretch for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cover {
    start: usize,
    end: usize,
    /// Kind and confidence.
    code: u32,
    strength: (Priority, usize),
}

impl Cover {
    pub(super) fn of(candidate: &Candidate) -> Cover {
        let confidence = match candidate.confidence {
            ..0.6 => 0,
            0.6..0.8 => 1,
            0.8..0.9 => 2,
            _ => 3,
        };
        Cover {
            start: candidate.start,
            end: candidate.end,
            code: candidate.kind as u32 * 4 + confidence,
            strength: (candidate.priority, candidate.end),
        }
    }
}

/// Returns what the rules say of a unit, of what they proposed up to `from`; 0 for nothing.
pub(super) fn mark(covers: &[Cover], from: usize, start: usize, end: usize) -> u32 {
    let over = covers
        .iter()
        .filter(|cover| cover.start <= from && cover.start < end && start < cover.end);
    over.max_by_key(|cover| cover.strength).map_or(0, |cover| {
        1 + cover.code * 4 + u32::from(cover.start >= start) * 2 + u32::from(cover.end <= end)
    })
}
