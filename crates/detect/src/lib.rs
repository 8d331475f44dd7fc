//! Finds protected health information in text: text in; spans with class, kind, basis, confidence and reason out.
//!
//! A function over values: no files, clock, randomness or printing. What becomes of a finding is `deid`'s business.
//!
//! ```
//! use covenant_detect::{Class, Detector};
//!
//! let text = "Seen 03/14/2024, MRN 00482913, pain 3/10.";
//! let found = Detector::standard().detect(text);
//! let classes: Vec<Class> = found.iter().map(|finding| finding.class).collect();
//! assert_eq!(classes, [Class::Date, Class::Mrn]);
//! assert_eq!(&text[found[1].start..found[1].end], "00482913");
//! assert_eq!(found[1].basis.to_string(), "164.514(b)(2)(i)(H)");
//! ```
//!
//! # How it works
//!
//! `normalise` undoes the escapes of carriers and folds look-alikes, with a map back; `scan` cuts the result into
//! segments and tokens; `machine` decides a few tokens at a time, looking at most [`LOOKAHEAD_CHARS`] ahead, so that
//! [`Detector::detect`] and [`Stream`] find the same; `recognise` knows what has a shape, a check digit or a label,
//! `names` what needs a lexicon; `resolve` settles overlaps. The argument that streams and wholes agree is in
//! `machine`.
//!
//! **Invariant:** a finding never carries the text it covers, and [`Reason`] holds names of rules and labels only.
//!
//! What it does not do: read images or sound, understand other languages than English, or promise to miss nothing.
//! Its misses are measured and published.

mod candidate;
mod class;
mod detector;
pub mod evaluate;
mod finding;
mod kind;
mod lexicon;
mod machine;
mod names;
mod normalise;
mod recognise;
mod resolve;
mod scan;
mod segment;
mod stream;
mod tagger;
mod term;
mod token;
mod vocabulary;

pub use class::{Class, UnknownName};
pub use detector::Detector;
pub use finding::{Finding, Reason, UNSURE_BELOW};
pub use kind::{Basis, Kind};
pub use stream::Stream;
#[cfg(feature = "training")]
pub use tagger::training;

/// How far, in characters, a decision may look past the first token it decides.
pub const LOOKAHEAD_CHARS: usize = 64;
/// The longest segment, in characters.
pub const SEGMENT_CHARS: usize = 2048;
/// The most, in characters, that a stream may be behind the end of what was pushed.
pub const HELD_CHARS: usize = 96;
