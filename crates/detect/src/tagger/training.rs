//! Training of the tagger; not part of the product (feature `training`). Deterministic: the same notes in the same
//! order give the same bytes on every machine.
//!
//! Log-linear, by stochastic gradient descent with AdaGrad steps over the very features the detector computes, with
//! what was decided before taken from the labels at first and from the model's own decisions more and more. Words are
//! left out now and then, so that the model learns what to do with words it never saw.

use std::collections::HashMap;

use super::atom::Atom;
use super::atom::is_plain;
use super::feature::around;
use super::feature::{self, LEXICAL, Moving};
use super::history::{Cover, History, mark};
use super::label::{LABELS, Label, Part, ROW, Tag};
use super::model::{MAGIC, PLACES, check_word};
use super::{allowed, exp, teaches};
use crate::names::View;
use crate::{Class, Detector};

/// A text whose identifiers are known.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Bytes and class of every identifier, in order, apart.
    pub spans: Vec<(usize, usize, Class)>,
    /// Classes whose spans were marked by another convention: nothing is learnt from them.
    pub unknown: Vec<Class>,
}

/// What is recorded of a unit.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) ordinal: u64,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) raw: (usize, usize),
    plain: bool,
    teaches: bool,
    atom: Atom,
    features: Vec<u64>,
    covers: Vec<Cover>,
}

impl History {
    pub(super) fn record(&mut self, view: &View<'_>, upto: usize) {
        let mut recorded = self.recorded.take().unwrap_or_default();
        let mut covers = std::mem::take(&mut self.covers);
        while self.labels.len() < upto {
            let at = self.labels.len();
            let Some(unit) = view.unit(at) else { break };
            let mut features = Vec::new();
            feature::fixed(&self.window(view, at), &mut features);
            recorded.push(Recorded {
                ordinal: view.segment.ordinal,
                start: unit.start,
                end: unit.end,
                raw: (0, 0),
                plain: is_plain(view, at),
                teaches: teaches(unit),
                atom: around(&self.atoms, at, 0),
                features,
                covers: std::mem::take(&mut covers),
            });
            self.labels.push(Label::OUTSIDE);
        }
        self.covers = covers;
        self.recorded = Some(recorded);
    }
}

/// One unit to learn from.
struct Unit {
    gold: Gold,
    plain: bool,
    teaches: bool,
    atom: Atom,
    /// Indices of its fixed features.
    fixed: Vec<u32>,
    start: usize,
    end: usize,
}

/// What is right for a unit.
#[derive(Clone, Copy, PartialEq)]
enum Gold {
    Label(Label),
    /// It may be anything.
    Unknown,
}

struct Segment {
    units: Vec<Unit>,
    covers: Vec<Cover>,
}

/// A text, as segments of units.
type Text = Vec<Segment>;

/// The features met so far.
#[derive(Default)]
struct Features {
    indices: HashMap<u64, u32>,
    hashes: Vec<u64>,
    counts: Vec<u32>,
}

impl Features {
    fn index(&mut self, hash: u64) -> u32 {
        let next = u32::try_from(self.hashes.len()).unwrap_or(u32::MAX);
        let index = *self.indices.entry(hash).or_insert(next);
        if index == next {
            self.hashes.push(hash);
            self.counts.push(0);
        }
        if let Some(count) = self.counts.get_mut(index as usize) {
            *count += 1;
        }
        index
    }
}

/// How training goes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often all examples are gone through.
    pub epochs: usize,
    /// The length of a step.
    pub rate: f32,
    /// How strongly weights are pulled to nothing, once an epoch.
    pub shrink: f32,
    /// A feature met less often is not kept.
    pub least: u32,
    /// In how many of a hundred units the word is left out.
    pub blind: u64,
    /// How many of a hundred features are left out, anew for every unit.
    pub drop: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            epochs: 6,
            rate: 0.15,
            shrink: 0.001,
            least: 10,
            blind: 15,
            drop: 40,
        }
    }
}

/// Trains a model and returns the bytes of its file.
///
/// `tell` is told the share of units labelled right after every epoch.
pub fn train(
    examples: &[Example],
    settings: Settings,
    mut tell: impl FnMut(usize, f64),
) -> Vec<u8> {
    let detector = Detector::new();
    let mut trainer = Trainer {
        features: Features::default(),
        weights: Vec::new(),
        sums: Vec::new(),
        squares: Vec::new(),
        random: Random(0x2545_f491_4f6c_dd1d),
        settings,
        buffer: Vec::new(),
    };
    let texts: Vec<Text> = examples
        .iter()
        .map(|example| trainer.read(&detector, example))
        .collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    for epoch in 0..settings.epochs {
        trainer.random.shuffle(&mut order);
        let (mut right, mut all) = (0, 0);
        for index in &order {
            if let Some(text) = texts.get(*index) {
                let own = if epoch == 0 {
                    0
                } else {
                    30 + 10 * epoch.min(6) as u64
                };
                let (hits, count) = trainer.learn(text, own, epoch);
                right += hits;
                all += count;
            }
        }
        if epoch >= settings.epochs / 2 {
            trainer.sum();
        }
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        tell(epoch, right as f64 / all.max(1) as f64);
    }
    trainer.into_bytes()
}

type Row = [f32; ROW];

struct Trainer {
    features: Features,
    weights: Vec<Row>,
    /// The sum of the weights after each of the later epochs.
    sums: Vec<Row>,
    squares: Vec<Row>,
    random: Random,
    settings: Settings,
    buffer: Vec<u64>,
}

impl Trainer {
    fn read(&mut self, detector: &Detector, example: &Example) -> Text {
        let mut text: Text = Vec::new();
        let mut ordinal = None;
        let recorded = detector.record(&example.text);
        let gold = gold(&recorded, example);
        for (unit, gold) in recorded.into_iter().zip(gold) {
            if ordinal != Some(unit.ordinal) {
                ordinal = Some(unit.ordinal);
                text.push(Segment {
                    units: Vec::new(),
                    covers: Vec::new(),
                });
            }
            let Some(segment) = text.last_mut() else {
                continue;
            };
            segment.covers.extend(unit.covers);
            segment.units.push(Unit {
                gold,
                plain: unit.plain,
                teaches: unit.teaches,
                atom: unit.atom,
                fixed: unit
                    .features
                    .iter()
                    .map(|hash| self.features.index(*hash))
                    .collect(),
                start: unit.start,
                end: unit.end,
            });
        }
        text
    }

    /// Goes through a text; returns how many units were labelled right, and of how many.
    fn learn(&mut self, text: &Text, own: u64, epoch: usize) -> (usize, usize) {
        let mut seen: HashMap<u32, Tag> = HashMap::new();
        let (mut right, mut all) = (0, 0);
        for segment in text {
            let mut labels: Vec<Label> = Vec::new();
            let mut from = 0;
            for (at, unit) in segment.units.iter().enumerate() {
                let open = labels.last().and_then(|label| label.open());
                if open.is_none() {
                    from = at;
                }
                let first_end = segment.units.get(from).map_or(0, |first| first.end);
                let mark = mark(
                    &segment.covers,
                    first_end.saturating_sub(1),
                    unit.start,
                    unit.end,
                );
                if open.is_none() && mark == 0 && unit.plain {
                    labels.push(Label::OUTSIDE);
                    continue;
                }
                let label = |steps: usize| {
                    at.checked_sub(steps)
                        .and_then(|at| labels.get(at))
                        .copied()
                        .unwrap_or_default()
                };
                let moving = Moving {
                    last: label(1),
                    last_but_one: label(2),
                    mark,
                    seen: seen.get(&unit.atom.word).map_or(0, |tag| *tag as u8 + 1),
                };
                let target = target(unit.gold, open);
                let (said, hit) = self.step(unit, moving, target, open, epoch);
                all += 1;
                right += usize::from(hit);
                let taken = match target {
                    Some(target) if self.random.below(100) >= own => target,
                    _ => said,
                };
                labels.push(taken);
                let tag = Tag::ALL.into_iter().find(|tag| {
                    [Part::First, Part::Inner, Part::Last, Part::Only]
                        .iter()
                        .any(|part| Label::of(*tag, *part) == taken)
                });
                if let Some(tag @ (Tag::Name | Tag::Place | Tag::Organisation)) = tag
                    && unit.teaches
                {
                    seen.insert(unit.atom.word, tag);
                }
            }
        }
        (right, all)
    }

    /// Scores a unit and moves the weights towards what is right; returns what the model says and whether it is right.
    fn step(
        &mut self,
        unit: &Unit,
        moving: Moving,
        target: Option<Label>,
        open: Option<Tag>,
        epoch: usize,
    ) -> (Label, bool) {
        let mut hashes = std::mem::take(&mut self.buffer);
        hashes.clear();
        feature::moving(moving, &unit.atom, &mut hashes);
        let blind = self.random.below(100) < self.settings.blind;
        let mut active: Vec<u32> = Vec::with_capacity(unit.fixed.len() + hashes.len());
        for (number, index) in unit.fixed.iter().enumerate() {
            let rare = self
                .features
                .counts
                .get(*index as usize)
                .is_some_and(|count| *count < self.settings.least);
            let left_out = self.random.below(100) < self.settings.drop;
            if !(rare || left_out || blind && LEXICAL.contains(&number)) {
                active.push(*index);
            }
        }
        for hash in &hashes {
            let index = self.features.index(*hash);
            if self.random.below(100) >= self.settings.drop {
                active.push(index);
            }
        }
        self.buffer = hashes;
        self.weights.resize(self.features.hashes.len(), [0.0; ROW]);
        self.squares.resize(self.features.hashes.len(), [0.0; ROW]);
        let mut scores = [0.0_f32; ROW];
        for index in &active {
            if let Some(row) = self.weights.get(*index as usize) {
                scores
                    .iter_mut()
                    .zip(row)
                    .for_each(|(score, weight)| *score += weight);
            }
        }
        let chances = chances(&scores, open);
        let said = best(&chances, open);
        let Some(target) = target else {
            return (said, true);
        };
        let rate = self.settings.rate / (1.0 + 0.3 * epoch as f32);
        for index in &active {
            let (Some(weights), Some(squares)) = (
                self.weights.get_mut(*index as usize),
                self.squares.get_mut(*index as usize),
            ) else {
                continue;
            };
            for label in allowed(open) {
                let wanted = if label == target.index() { 1.0 } else { 0.0 };
                let (Some(chance), Some(weight), Some(square)) = (
                    chances.get(label),
                    weights.get_mut(label),
                    squares.get_mut(label),
                ) else {
                    continue;
                };
                let slope = chance - wanted + self.settings.shrink * *weight;
                *square += slope * slope;
                *weight -= rate * slope / (square.sqrt() + 0.1);
            }
        }
        (said, said == target)
    }

    fn sum(&mut self) {
        self.sums.resize(self.weights.len(), [0.0; ROW]);
        for (sums, weights) in self.sums.iter_mut().zip(&self.weights) {
            sums.iter_mut()
                .zip(weights)
                .for_each(|(sum, weight)| *sum += weight);
        }
    }

    /// Writes the table: the mean of the weights after the later epochs.
    fn into_bytes(mut self) -> Vec<u8> {
        #[expect(clippy::cast_precision_loss, reason = "a few epochs")]
        let count = (self.settings.epochs - self.settings.epochs / 2) as f32;
        // With fewer features at hand in training, the sums of all of them would say too much.
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = (100 - self.settings.drop) as f32 / 100.0;
        for sums in &mut self.sums {
            sums.iter_mut().for_each(|sum| *sum *= share / count);
        }
        let largest = |row: &Row| {
            row.iter()
                .fold(0.0_f32, |most, weight| most.max(weight.abs()))
        };
        let scale = 5.0 / 127.0;
        let mut kept: Vec<(f32, u64, &Row)> = self
            .features
            .hashes
            .iter()
            .zip(&self.sums)
            .zip(&self.features.counts)
            .filter(|((_, row), count)| **count >= self.settings.least && largest(row) > 0.04)
            .map(|((hash, row), _)| (largest(row), *hash, row))
            .collect();
        kept.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut bits = 8;
        while PLACES << bits < kept.len() * 4 / 3 {
            bits += 1;
        }
        let bits = bits.min(15);
        let places = PLACES << bits;
        let mut checks = vec![0_u16; places];
        let mut rows = vec![0_u8; places * ROW];
        for (_, hash, row) in kept {
            let bucket = (hash >> (64 - bits)) as usize * PLACES;
            let Some(place) =
                (bucket..bucket + PLACES).find(|place| checks.get(*place) == Some(&0))
            else {
                continue;
            };
            if let Some(check) = checks.get_mut(place) {
                *check = check_word(hash);
            }
            for (label, weight) in row.iter().enumerate().take(LABELS) {
                #[expect(clippy::cast_possible_truncation, reason = "clamped")]
                let byte = (weight / scale).round().clamp(-127.0, 127.0) as i8;
                if let Some(slot) = rows.get_mut(place * ROW + label) {
                    *slot = byte.cast_unsigned();
                }
            }
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u32::try_from(bits).unwrap_or(0).to_le_bytes());
        bytes.extend(f32::to_le_bytes(scale));
        checks
            .iter()
            .for_each(|check| bytes.extend(check.to_le_bytes()));
        bytes.extend(rows);
        bytes
    }
}

fn chances(scores: &Row, open: Option<Tag>) -> Row {
    let mut chances = [0.0; ROW];
    let top = allowed(open)
        .filter_map(|index| scores.get(index))
        .fold(f32::MIN, |top, score| top.max(*score));
    let mut sum = 0.0;
    for index in allowed(open) {
        if let (Some(chance), Some(score)) = (chances.get_mut(index), scores.get(index)) {
            *chance = exp(score - top);
            sum += *chance;
        }
    }
    chances.iter_mut().for_each(|chance| *chance /= sum);
    chances
}

fn best(chances: &Row, open: Option<Tag>) -> Label {
    let all = Tag::ALL.into_iter().flat_map(|tag| {
        [Part::First, Part::Inner, Part::Last, Part::Only].map(|part| Label::of(tag, part))
    });
    let labels = std::iter::once(Label::OUTSIDE).chain(all);
    let may: Vec<usize> = allowed(open).collect();
    labels
        .filter(|label| may.contains(&label.index()))
        .max_by(|one, other| {
            let chance = |label: &Label| chances.get(label.index()).copied().unwrap_or(0.0);
            chance(one).total_cmp(&chance(other))
        })
        .unwrap_or_default()
}

/// What is right for every recorded unit.
fn gold(recorded: &[Recorded], example: &Example) -> Vec<Gold> {
    let span_of = |unit: &Recorded| {
        let after = example.spans.partition_point(|span| span.1 <= unit.raw.0);
        example
            .spans
            .get(after)
            .filter(|span| span.0 < unit.raw.1)
            .map(|span| (after, span.2))
    };
    let spans: Vec<_> = recorded
        .iter()
        .map(|unit| span_of(unit).map(|span| (span, unit.ordinal)))
        .collect();
    spans
        .iter()
        .enumerate()
        .map(|(at, span)| {
            let Some(((number, class), ordinal)) = *span else {
                return Gold::Label(Label::OUTSIDE);
            };
            if example.unknown.contains(&class) {
                return Gold::Unknown;
            }
            let same = |other: Option<&Option<((usize, Class), u64)>>| {
                other
                    .copied()
                    .flatten()
                    .is_some_and(|other| other == ((number, class), ordinal))
            };
            let before = at > 0 && same(spans.get(at - 1));
            let part = match (before, same(spans.get(at + 1))) {
                (false, false) => Part::Only,
                (false, true) => Part::First,
                (true, true) => Part::Inner,
                (true, false) => Part::Last,
            };
            Gold::Label(Label::of(Tag::of(class), part))
        })
        .collect()
}

/// What is right now, after what was decided before, which may have been wrong.
fn target(gold: Gold, open: Option<Tag>) -> Option<Label> {
    let Gold::Label(gold) = gold else { return None };
    let parts = |tag: Tag| {
        [Part::First, Part::Inner, Part::Last, Part::Only].map(|part| Label::of(tag, part))
    };
    let tag = Tag::ALL.into_iter().find(|tag| parts(*tag).contains(&gold));
    match (open, tag) {
        (None, None) => Some(Label::OUTSIDE),
        // Late, but not too late.
        (None, Some(tag)) if gold == Label::of(tag, Part::Inner) => {
            Some(Label::of(tag, Part::First))
        }
        (None, Some(tag)) if gold == Label::of(tag, Part::Last) => Some(Label::of(tag, Part::Only)),
        (None, Some(_)) => Some(gold),
        (Some(open), Some(tag)) if open == tag && gold == Label::of(tag, Part::Inner) => Some(gold),
        // A span that should not be open ends at once.
        (Some(open), _) => Some(Label::of(open, Part::Last)),
    }
}

/// Numbers that look random and are the same every time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound.max(1)
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(0);
            list.swap(last, other);
        }
    }
}
