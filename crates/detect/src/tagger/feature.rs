//! Features: what speaks for and against a label, each a number that the model has weights for.
//!
//! *Fixed* features come from the text around a unit; *moving* ones from what was decided before it and from what the
//! rules say of it. A feature is the hash of its template and its values, so that none has to be listed anywhere.

use super::atom::{Atom, BORDER};
use super::label::Label;

/// How far features look to each side.
pub(crate) const REACH: usize = 3;

/// A unit and what stands around it.
pub(crate) struct Window<'a> {
    /// Three before, the unit, three after.
    pub(crate) atoms: [Atom; 2 * REACH + 1],
    /// The text of the unit.
    pub(crate) text: &'a str,
    /// The word before the nearest colon on the line, and how many units lie between.
    pub(crate) label: (u32, u32),
    /// The unit begins its line.
    pub(crate) begins_line: bool,
    /// White space stands before it.
    pub(crate) spaced: bool,
    /// The words around it are all in capitals.
    pub(crate) shouted: bool,
    /// The last word of the segment before.
    pub(crate) before: Atom,
}

/// What is known when a unit is decided.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moving {
    pub(crate) last: Label,
    pub(crate) last_but_one: Label,
    /// What the rules take the unit for; 0 for nothing.
    pub(crate) mark: u32,
    /// The class that the word had earlier in the text, counted from 1; 0 for none.
    pub(crate) seen: u8,
}

/// Appends the fixed features of a unit.
pub(crate) fn fixed(window: &Window<'_>, out: &mut Vec<u64>) {
    let [c, b, a, here, x, y, z] = &window.atoms;
    let w = |atom: &Atom| u64::from(atom.word);
    let s = |atom: &Atom| u64::from(atom.shape);
    let p = |atom: &Atom| u64::from(atom.profile);
    let mut number = 0;
    let mut put = |one: u64, other: u64, third: u64| {
        number += 1;
        out.push(hash(number, one, other, third));
    };
    put(w(here), 0, 0);
    put(w(a), 0, 0);
    put(w(x), 0, 0);
    put(w(b), 0, 0);
    put(w(y), 0, 0);
    put(w(a), w(here), 0);
    put(w(here), w(x), 0);
    put(w(b), w(a), 0);
    put(w(x), w(y), 0);
    put(w(a), w(x), s(here));
    put(
        s(here),
        u64::from(window.spaced),
        u64::from(window.begins_line),
    );
    put(s(a), s(here), 0);
    put(s(here), s(x), 0);
    put(s(a), s(here), s(x));
    put(s(here), s(x), s(y));
    put(s(b), s(a), s(here));
    put(p(here), u64::from(window.shouted), 0);
    put(p(a), p(here), s(here));
    put(p(here), p(x), s(here));
    put(p(here), s(here), 0);
    put(w(a), p(here), s(here));
    put(w(x), p(here), s(here));
    put(w(a), s(here), 0);
    put(w(x), s(here), 0);
    put(w(b), w(a), s(here));
    put(w(x), w(y), s(here));
    put(here.sorts, 0, 0);
    put(a.sorts, s(here), 0);
    put(x.sorts, s(here), 0);
    put(a.sorts, here.sorts, p(here));
    put(here.sorts, x.sorts, p(here));
    put(w(c), s(a), s(here));
    put(w(z), s(x), s(here));
    put(ending(window.text, 3), s(here), 0);
    put(ending(window.text, 2), p(here), 0);
    put(beginning(window.text, 3), s(here), 0);
    put(u64::from(window.label.0), u64::from(window.label.1), 0);
    put(u64::from(window.label.0), s(here), 0);
    put(u64::from(window.begins_line), s(here), s(x));
    put(w(&window.before), u64::from(window.begins_line), s(here));
    put(s(b), w(a), s(x));
    put(s(&window.before), u64::from(window.begins_line), p(here));
    // Parts of a word tell names of an origin from each other and from words of medicine.
    let bytes = window.text.as_bytes();
    if (4..=14).contains(&bytes.len()) && (16..128).contains(&here.shape) {
        for part in bytes.windows(3) {
            out.push(hash(63, packed(part.iter().copied()), 0, 0));
        }
    }
}

/// Appends the moving features of a unit.
pub(crate) fn moving(moving: Moving, here: &Atom, out: &mut Vec<u64>) {
    let mut number = 64;
    let mut put = |one: u64, other: u64, third: u64| {
        number += 1;
        out.push(hash(number, one, other, third));
    };
    let (last, before) = (moving.last.number(), moving.last_but_one.number());
    let (mark, seen) = (u64::from(moving.mark), u64::from(moving.seen));
    let (shape, profile) = (u64::from(here.shape), u64::from(here.profile));
    put(last, 0, 0);
    put(last, before, 0);
    put(last, shape, 0);
    put(last, profile, 0);
    put(last, u64::from(here.word), 0);
    put(mark, last, 0);
    put(mark, profile, 0);
    put(mark, shape, 0);
    put(mark, here.sorts, 0);
    put(seen, shape, 0);
    put(seen, profile, last);
}

/// The number of fixed and moving features that hold the word itself: left out now and then in training, so that the
/// model also learns what to do with words it has never seen.
#[cfg(feature = "training")]
pub(crate) const LEXICAL: [usize; 3] = [0, 5, 6];

fn hash(template: u64, one: u64, other: u64, third: u64) -> u64 {
    let mut value = template.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for part in [one, other, third] {
        value = (value ^ part).wrapping_mul(0xff51_afd7_ed55_8ccd);
        value ^= value >> 32;
    }
    value
}

fn ending(text: &str, bytes: usize) -> u64 {
    packed(text.bytes().rev().take(bytes))
}

fn beginning(text: &str, bytes: usize) -> u64 {
    packed(text.bytes().take(bytes))
}

fn packed(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0, |all, byte| {
        (all << 8) | u64::from(byte.to_ascii_lowercase())
    })
}

/// Returns the atom `steps` before or after `index`.
pub(crate) fn around(atoms: &[Atom], index: usize, steps: isize) -> Atom {
    index
        .checked_add_signed(steps)
        .and_then(|at| atoms.get(at))
        .copied()
        .unwrap_or(BORDER)
}
