//! The learned tagger: decides from many small signs what a rule cannot, whether the words are a name, a place, an
//! organisation, a day or a number of somebody, or nothing.
//!
//! A log-linear model with hashed features labels unit after unit, from left to right. It sees three units to each
//! side, never past what the step may see, what was decided before, and what the rules propose; state is carried
//! forward only. So streams and wholes agree by the same argument as everywhere in this crate. What the rules have
//! confirmed with a check digit, a calendar or a label stays, whatever the tagger thinks.
//!
//! Trained by `cargo xtask train`; what from and how well it does is in `data/TAGGER.md`.

mod atom;
mod feature;
mod history;
mod label;
mod model;
mod settle;
#[cfg(feature = "training")]
pub mod training;

use crate::candidate::Candidate;
use crate::lexicon::Sort;
use crate::names::{Unit, View};
use crate::token::Case;

use atom::is_plain;
use history::Cover;
use label::{LABELS, Label, Part, ROW, Tag};
use model::{Model, Scores};
use settle::{doubt, settle};

pub(crate) use history::History;

/// The longest span, in units.
const MOST_UNITS: usize = 24;

/// Labels units with the trained model.
pub(crate) struct Tagger {
    model: Model,
}

/// A span the model found.
struct Span {
    from: usize,
    /// Index after the last unit.
    to: usize,
    tag: Tag,
    chance: f32,
}

impl Tagger {
    pub(crate) fn shipped() -> Tagger {
        Tagger {
            model: Model::shipped(),
        }
    }

    /// Returns a tagger with another model.
    #[cfg(feature = "training")]
    pub(crate) fn with_model(bytes: &'static [u8]) -> Option<Tagger> {
        Model::open(bytes).map(|model| Tagger { model })
    }

    /// Returns a tagger that labels nothing.
    pub(crate) fn silent() -> Tagger {
        Tagger {
            model: Model::EMPTY,
        }
    }

    /// Labels the units before `upto` and settles with what the rules proposed in this step.
    pub(crate) fn tag(
        &self,
        view: &View<'_>,
        upto: usize,
        history: &mut History,
        out: &mut Vec<Candidate>,
    ) {
        history.see(view);
        history.covers.extend(out.iter().map(Cover::of));
        #[cfg(feature = "training")]
        if history.recorded.is_some() {
            history.record(view, upto);
            return;
        }
        while history.labels.len() < upto && !self.model.is_empty() {
            let at = history.labels.len();
            let (label, chance) = self.begin(view, history, at);
            history.labels.push(label);
            match label.open() {
                Some(tag) => {
                    let to = self.go_on(view, history, at, tag);
                    settle(
                        view,
                        history,
                        Span {
                            from: at,
                            to,
                            tag,
                            chance,
                        },
                        out,
                    );
                }
                None if label == Label::OUTSIDE => doubt(view, at, chance, out),
                None => {
                    let tag = Tag::ALL
                        .get((label.index() - 1) / 4)
                        .copied()
                        .unwrap_or(Tag::Number);
                    settle(
                        view,
                        history,
                        Span {
                            from: at,
                            to: at + 1,
                            tag,
                            chance,
                        },
                        out,
                    );
                }
            }
        }
    }

    /// Decides whether a span begins at a unit; returns the label and the chance of a span.
    fn begin(&self, view: &View<'_>, history: &mut History, at: usize) -> (Label, f32) {
        let mark = history.mark(view, at, at);
        if mark == 0 && (is_plain(view, at) || is_bare(view)) {
            return (Label::OUTSIDE, 0.0);
        }
        let chances = self.chances(&history.scores(&self.model, view, at, mark), None);
        let outside = chances.first().copied().unwrap_or(1.0);
        let begun = |tag: Tag, part: Part| {
            chances
                .get(Label::of(tag, part).index())
                .copied()
                .unwrap_or(0.0)
        };
        let best = Tag::ALL
            .into_iter()
            .map(|tag| (tag, begun(tag, Part::First), begun(tag, Part::Only)))
            .max_by(|one, other| (one.1 + one.2).total_cmp(&(other.1 + other.2)));
        let Some((tag, first, only)) = best.filter(|(tag, ..)| 1.0 - outside >= begins_from(*tag))
        else {
            return (Label::OUTSIDE, 1.0 - outside);
        };
        let part = if first > only {
            Part::First
        } else {
            Part::Only
        };
        (Label::of(tag, part), 1.0 - outside)
    }

    /// Labels the rest of a span that began at `from`; returns the index after it.
    fn go_on(&self, view: &View<'_>, history: &mut History, from: usize, tag: Tag) -> usize {
        loop {
            let at = history.labels.len();
            if view.unit(at).is_none() {
                return at;
            }
            let mark = history.mark(view, from, at);
            let scores = history.scores(&self.model, view, at, mark);
            let score = |part: Part| {
                scores
                    .get(Label::of(tag, part).index())
                    .copied()
                    .unwrap_or(0)
            };
            let last = view.unit(at + 1).is_none() || at + 1 - from >= MOST_UNITS;
            let part = if last || score(Part::Last) >= score(Part::Inner) {
                Part::Last
            } else {
                Part::Inner
            };
            history.labels.push(Label::of(tag, part));
            if part == Part::Last {
                return at + 1;
            }
        }
    }

    /// Turns scores into chances of the labels that may stand, all others 0.
    fn chances(&self, scores: &Scores, open: Option<Tag>) -> [f32; ROW] {
        let mut chances = [0.0; ROW];
        let top = allowed(open)
            .filter_map(|index| scores.get(index))
            .copied()
            .max()
            .unwrap_or(0);
        let mut sum = 0.0;
        for index in allowed(open) {
            if let (Some(chance), Some(score)) = (chances.get_mut(index), scores.get(index)) {
                *chance = exp(self.model.log_odds(score - top));
                sum += *chance;
            }
        }
        chances.iter_mut().for_each(|chance| *chance /= sum);
        chances
    }
}

/// A span begins where the chance of one is at least this. Of days and numbers the rules know most; of names least.
fn begins_from(tag: Tag) -> f32 {
    match tag {
        Tag::Name | Tag::Place | Tag::Organisation => 0.5,
        Tag::Day => 0.65,
        Tag::Number => 0.75,
    }
}

/// The labels that may stand after `open`: a span that is open goes on or ends, else one begins or none does.
pub(crate) fn allowed(open: Option<Tag>) -> impl Iterator<Item = usize> {
    (0..LABELS).filter(move |index| match open {
        Some(tag) => {
            *index == Label::of(tag, Part::Inner).index()
                || *index == Label::of(tag, Part::Last).index()
        }
        None => *index == 0 || matches!((index - 1) % 4, 0 | 3),
    })
}

/// The exponential of a number that is not positive, the same on every machine.
pub(crate) fn exp(value: f32) -> f32 {
    if value < -30.0 {
        return 0.0;
    }
    // (1 + x/256)^256, good to a tenth of a percent where it matters.
    let mut power = 1.0 + f64::from(value) / 4096.0;
    for _ in 0..12 {
        power *= power;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a chance")]
    let chance = power as f32;
    chance
}

/// Whether a word says something about where it stands next.
pub(crate) fn teaches(unit: &Unit) -> bool {
    unit.is_word()
        && unit.len() >= 3
        && unit.weights.common() < 5
        && !unit.weights.is(Sort::Particle)
}

/// Returns true for a line that is one word in small letters: an id, an alias, a state. Nothing around it speaks for
/// anything.
fn is_bare(view: &View<'_>) -> bool {
    view.units.len() == 1 && view.unit(0).is_some_and(|unit| unit.case == Case::Lower)
}
