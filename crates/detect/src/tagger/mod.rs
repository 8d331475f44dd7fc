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
mod label;
mod model;
#[cfg(feature = "training")]
pub mod training;

use crate::candidate::{Candidate, Priority};
use crate::class::Class;
use crate::finding::{LEARNED, Reason};
use crate::kind::Kind;
use crate::lexicon::Sort;
use crate::names::{Unit, View};
use crate::token::{Case, Shape};

use atom::{Atom, is_plain};
use feature::{Moving, REACH, Window, around};
use label::{LABELS, Label, Part, ROW, Tag};
use model::{Model, Scores};

/// What a rule proposed without proof goes where the chance of anything is at most this.
const DROPPED_UPTO: f32 = 0.04;
/// The longest span, in units.
const MOST_UNITS: usize = 24;
/// How many units back a label is looked for.
const LABEL_REACH: usize = 7;
/// Words whose class is remembered.
const SEEN: usize = 512;

/// Labels units with the trained model.
pub(crate) struct Tagger {
    model: Model,
}

/// What the tagger carries forward through a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    ordinal: Option<u64>,
    atoms: Vec<Atom>,
    labels: Vec<Label>,
    /// What the rules proposed for the segment so far.
    covers: Vec<Cover>,
    /// The last word of the segment before.
    before: Atom,
    /// Words with the class they were found in, by the end of their hash; empty until there is one.
    seen: Vec<(u32, u8)>,
    features: Vec<u64>,
    found: Vec<usize>,
    #[cfg(feature = "training")]
    pub(crate) recorded: Option<Vec<training::Recorded>>,
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
    fn of(candidate: &Candidate) -> Cover {
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
fn mark(covers: &[Cover], from: usize, start: usize, end: usize) -> u32 {
    let over = covers
        .iter()
        .filter(|cover| cover.start <= from && cover.start < end && start < cover.end);
    over.max_by_key(|cover| cover.strength).map_or(0, |cover| {
        1 + cover.code * 4 + u32::from(cover.start >= start) * 2 + u32::from(cover.end <= end)
    })
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

impl History {
    /// Takes in the units that became visible.
    fn see(&mut self, view: &View<'_>) {
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

    fn mark(&mut self, view: &View<'_>, from: usize, at: usize) -> u32 {
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

    fn learn(&mut self, word: u32, tag: Tag) {
        if self.seen.is_empty() {
            self.seen = vec![(0, 0); SEEN];
        }
        if let Some(entry) = self.seen.get_mut(word as usize % SEEN) {
            *entry = (word, tag as u8 + 1);
        }
    }

    fn scores(&mut self, model: &Model, view: &View<'_>, at: usize, mark: u32) -> Scores {
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

    fn window<'v>(&self, view: &View<'v>, at: usize) -> Window<'v> {
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
        let mut distance = 0;
        for steps in 1..=LABEL_REACH.min(at) {
            let unit = view.unit(at - steps);
            if unit
                .is_some_and(|unit| unit.shape == Shape::Sign && matches!(unit.first, b':' | b'='))
            {
                let word = (1..=3)
                    .map(|more| around(&self.atoms, at - steps, -more))
                    .find(|atom| (16..128).contains(&atom.shape));
                return word.map_or((0, 0), |atom| (atom.word, distance.min(3)));
            }
            if view
                .unit(at - steps + 1)
                .is_some_and(|unit| unit.line_start)
            {
                break;
            }
            distance += 1;
        }
        (0, 0)
    }
}

/// Returns true for a line that is one word in small letters: an id, an alias, a state. Nothing around it speaks for
/// anything.
fn is_bare(view: &View<'_>) -> bool {
    view.units.len() == 1 && view.unit(0).is_some_and(|unit| unit.case == Case::Lower)
}

/// Whether a word says something about where it stands next.
pub(crate) fn teaches(unit: &Unit) -> bool {
    unit.is_word()
        && unit.len() >= 3
        && unit.weights.common() < 5
        && !unit.weights.is(Sort::Particle)
}

/// What a rule merely proposed: the tagger may see another extent or another class.
fn is_soft(candidate: &Candidate) -> bool {
    match candidate.kind.class() {
        Class::Name => candidate.priority < Priority::Validated,
        Class::Location | Class::Org | Class::Date => candidate.priority == Priority::Lexicon,
        _ => false,
    }
}

/// What a rule is so sure of that the tagger does not doubt it.
fn is_sure(candidate: &Candidate) -> bool {
    candidate.priority == Priority::Validated
        || candidate.priority == Priority::Labelled && candidate.confidence >= 0.9
}

/// Removes what a rule proposed at a unit that the model takes for nothing.
fn doubt(view: &View<'_>, at: usize, chance: f32, out: &mut Vec<Candidate>) {
    let Some(unit) = view.unit(at) else { return };
    if chance <= DROPPED_UPTO {
        out.retain(|candidate| {
            is_sure(candidate) || !(unit.start..unit.end).contains(&candidate.start)
        });
    }
}

/// Puts a span beside what the rules proposed: what they confirmed stays, what they merely proposed gives way or
/// gives its extent.
fn settle(view: &View<'_>, history: &mut History, mut span: Span, out: &mut Vec<Candidate>) {
    span.from = after_ruled(view, &span, out);
    if span.tag == Tag::Place {
        span.to = before_state(view, &span);
    }
    if matches!(span.tag, Tag::Name | Tag::Organisation) {
        span.to = before_ordinary(view, &span);
    }
    let units = view.unit(span.from).zip(view.unit(span.to.wrapping_sub(1)));
    let Some((first, last)) = units.filter(|_| span.from < span.to) else {
        return;
    };
    let digits = || {
        view.segment
            .text
            .get(first.start..last.end)
            .is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_digit()))
    };
    if span.tag == Tag::Number && !digits() {
        return;
    }
    if matches!(span.tag, Tag::Name | Tag::Place | Tag::Organisation) {
        for at in span.from..span.to {
            if view.unit(at).is_some_and(teaches) {
                history.learn(around(&history.atoms, at, 0).word, span.tag);
            }
        }
    }
    let mut found = Candidate {
        start: first.start,
        end: last.end,
        kind: kind_of(view, &span),
        confidence: span.chance,
        reason: Reason::rule(LEARNED),
        // Beside what a rule saw in the shape, only what sticks out is the tagger's.
        priority: Priority::Lexicon,
    };
    let overlaps =
        |other: &Candidate, found: &Candidate| other.start < found.end && found.start < other.end;
    let ruled = out
        .iter()
        .any(|other| overlaps(other, &found) && !is_soft(other));
    if ruled && matches!(span.tag, Tag::Day | Tag::Number) {
        return;
    }
    out.retain(|other| {
        if !overlaps(other, &found) || !is_soft(other) {
            return true;
        }
        if other.kind.class() == found.kind.class() {
            found.kind = other.kind;
            found.reason = other.reason;
            found.priority = found.priority.max(other.priority);
            found.confidence = found.confidence.max(other.confidence);
        }
        found.start = found.start.min(other.start);
        found.end = found.end.max(other.end);
        false
    });
    out.push(found);
}

/// Returns where a span begins after what a rule saw in the shape of its first units: after the street the city.
fn after_ruled(view: &View<'_>, span: &Span, out: &[Candidate]) -> usize {
    let mut from = span.from;
    while let Some(unit) = view.unit(from).filter(|_| from < span.to) {
        let ruled = |other: &&Candidate| {
            !is_soft(other) && other.start <= unit.start && unit.start < other.end
        };
        let inside = out.iter().any(|other| ruled(&other));
        if !inside && (from == span.from || unit.shape != Shape::Sign) {
            break;
        }
        from += 1;
    }
    from
}

/// Returns the end of a name before the ordinary words that follow it: `Is Marsh allergic?`
fn before_ordinary(view: &View<'_>, span: &Span) -> usize {
    let capital = view.is_capital(span.from);
    let ordinary = |at: usize| {
        view.unit(at).is_some_and(|unit| {
            let weights = unit.weights;
            unit.is_word()
                && unit.case == Case::Lower
                && weights.common() > 0
                && weights.given().max(weights.surname()) < 4
                && !weights.any(&[
                    Sort::Particle,
                    Sort::FacilityHead,
                    Sort::WeakFacilityHead,
                    Sort::OrgHead,
                    Sort::WeakOrgHead,
                ])
        })
    };
    let mut to = span.to;
    while capital && to > span.from + 1 && ordinary(to - 1) {
        to -= 1;
    }
    to
}

/// Returns the end of a place before its state: `Dayton, OH 45402` is a city, a state and a ZIP code.
fn before_state(view: &View<'_>, span: &Span) -> usize {
    let is_state = |at: usize| view.any(at, &[Sort::State, Sort::StateCode]);
    (span.from + 1..span.to)
        .find(|at| view.is_sign(*at, b',') && is_state(at + 1))
        .unwrap_or(span.to)
}

fn kind_of(view: &View<'_>, span: &Span) -> Kind {
    let units = || (span.from..span.to).filter_map(|at| view.unit(at));
    match span.tag {
        Tag::Name if units().all(|unit| unit.shape == Shape::Sign || unit.is_initial()) => {
            Kind::Initials
        }
        Tag::Name if units().any(|unit| unit.shape == Shape::Mixed || unit.first == b'_') => {
            Kind::UserName
        }
        Tag::Name => Kind::Person,
        Tag::Place => match units().next() {
            Some(unit) if unit.shape == Shape::Number && span.to == span.from + 1 => Kind::Zip,
            Some(unit) if unit.shape != Shape::Word => Kind::Street,
            _ if units().any(|unit| unit.weights.is(Sort::StreetSuffix)) => Kind::Street,
            _ => Kind::City,
        },
        Tag::Organisation => {
            let care = units().any(|unit| {
                unit.weights
                    .any(&[Sort::FacilityHead, Sort::Facility, Sort::FacilityWord])
            });
            if care {
                Kind::Facility
            } else {
                Kind::Organisation
            }
        }
        Tag::Day => Kind::Date,
        Tag::Number => Kind::OtherId,
    }
}
