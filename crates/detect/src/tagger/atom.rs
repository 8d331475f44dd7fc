//! What the tagger sees of one unit: the word, its shape, and what the lexicon knows of it, each as a small number.

use crate::lexicon::{Sort, Weights};
use crate::names::{Unit, View};
use crate::token::{Case, Shape};

/// One unit in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Atom {
    /// Hash of the word in lower case; of the pattern of a number or code; of a sign.
    pub(crate) word: u32,
    /// Case and length of a word, length and sort of a number, the sign.
    pub(crate) shape: u32,
    /// How usual it is as a given name, surname, place and ordinary word, in steps.
    pub(crate) profile: u32,
    /// The sorts of words it belongs to.
    pub(crate) sorts: u64,
}

/// Stands for what lies before the start or after the end.
pub(crate) const BORDER: Atom = Atom {
    word: 1,
    shape: 1,
    profile: 0,
    sorts: 0,
};

impl Atom {
    /// Reads a unit; `text` is its text, `likeness` says how much a word of no list looks like a name.
    pub(crate) fn of(unit: &Unit, text: &str, likeness: i32) -> Atom {
        let (word, shape) = match unit.shape {
            Shape::Word => (low(unit.key), word_shape(unit)),
            Shape::Number => (pattern(text), number_shape(text)),
            Shape::Mixed => (pattern(text), mixed_shape(text)),
            Shape::Sign => (2 + u32::from(unit.first), 512 + u32::from(unit.first)),
        };
        Atom {
            word,
            shape,
            profile: match unit.weights.given() + unit.weights.surname() + unit.weights.common() {
                0 => 800 + unit.weights.place() * 8 + u32::try_from(likeness + 4).unwrap_or(0),
                _ => profile(unit.weights),
            },
            sorts: unit.weights.0 >> 16,
        }
    }
}

/// Returns true for what is never the first unit of a name, a place, a day or a number that the rules do not know:
/// signs, ordinary words, and short numbers that stand alone. Such units cost nothing.
pub(crate) fn is_plain(view: &View<'_>, at: usize) -> bool {
    let Some(unit) = view.unit(at) else {
        return true;
    };
    match unit.shape {
        Shape::Sign => true,
        Shape::Number => unit.len() <= 3 && !joined(view, at) && !joined(view, at + 1),
        Shape::Word if unit.case == Case::Title => {
            unit.weights.is(Sort::Function) && is_ordinary(unit) && view.starts_sentence(at)
        }
        Shape::Word => unit.case == Case::Lower && (is_ordinary(unit) || is_ending(view, at)),
        Shape::Mixed => false,
    }
}

/// Returns true for the ending of a file's name: `scan.pdf`.
fn is_ending(view: &View<'_>, at: usize) -> bool {
    const ENDINGS: [&str; 24] = [
        "pdf", "txt", "csv", "tsv", "xml", "json", "doc", "docx", "xls", "xlsx", "png", "jpg",
        "jpeg", "tif", "tiff", "dcm", "zip", "html", "htm", "rtf", "log", "sql", "yaml", "yml",
    ];
    at > 0
        && view.is_tight(at - 1, b'.')
        && view.unit(at).is_some_and(|unit| !unit.space_before)
        && view.is_one_of(at, &ENDINGS)
}

/// Returns true where a sign that numbers are written with joins the units at `at`.
fn joined(view: &View<'_>, at: usize) -> bool {
    let sign = |at: usize| {
        view.unit(at).is_some_and(|unit| {
            unit.shape == Shape::Sign
                && matches!(
                    unit.first,
                    b'/' | b'-' | b'.' | b'#' | b':' | b'(' | b'^' | b'|' | b','
                )
        })
    };
    sign(at) || sign(at.wrapping_sub(1))
}

/// Returns true for a word of ordinary English that is nobody's name and no place.
fn is_ordinary(unit: &Unit) -> bool {
    let weights = unit.weights;
    weights.common() >= 5
        && weights.given() < 4
        && weights.surname() < 4
        && weights.place() < 4
        && !weights.any(&[Sort::Calendar, Sort::Particle])
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a hash")]
fn low(key: u64) -> u32 {
    key as u32
}

fn word_shape(unit: &Unit) -> u32 {
    let case = match unit.case {
        Case::None => 0,
        Case::Lower => 1,
        Case::Title => 2,
        Case::Upper => 3,
        Case::Mixed => 4,
    };
    let length = match unit.len() {
        1 => 0,
        2 => 1,
        3 => 2,
        4..=5 => 3,
        _ => 4,
    };
    16 + (case * 5 + length) * 2 + u32::from(unit.is_possessive())
}

fn number_shape(text: &str) -> u32 {
    let value: u32 = if text.len() <= 4 {
        text.parse().unwrap_or(0)
    } else {
        0
    };
    let sort = match (text.len(), value) {
        (1..=2, 1..=12) => 0,
        (1..=2, 13..=31) => 1,
        (4, 1900..=2099) => 2,
        _ => 3,
    };
    let length = u32::try_from(text.len().min(12)).unwrap_or(12);
    128 + length * 4 + sort
}

fn mixed_shape(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let digit_first = bytes.first().is_some_and(u8::is_ascii_digit);
    let upper = bytes.iter().any(u8::is_ascii_uppercase);
    let most = |count: usize| u32::try_from(count.min(7)).unwrap_or(7);
    256 + ((most(digits) * 8 + most(bytes.len() - digits)) * 2 + u32::from(digit_first)) * 2
        + u32::from(upper)
}

/// Hash of a text whose digits all count as one and whose letters keep their case alone.
fn pattern(text: &str) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in text.bytes().take(24) {
        let sign = match byte {
            b'0'..=b'9' => b'0',
            b'a'..=b'z' => b'a',
            b'A'..=b'Z' => b'A',
            other => other,
        };
        hash = (hash ^ u32::from(sign)).wrapping_mul(0x0100_0193);
    }
    hash
}

fn profile(weights: Weights) -> u32 {
    let named = |weight: u32| match weight {
        0 => 0,
        1..=2 => 1,
        3..=5 => 2,
        6..=8 => 3,
        _ => 4,
    };
    let coarse = |weight: u32| match weight {
        0 => 0,
        1..=3 => 1,
        4..=6 => 2,
        _ => 3,
    };
    ((named(weights.given()) * 5 + named(weights.surname())) * 4 + coarse(weights.place())) * 4
        + coarse(weights.common())
}
