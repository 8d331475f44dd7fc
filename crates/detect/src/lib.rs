//! Finds protected health information in text: text in; spans with class, kind, basis, confidence and reason out.
//!
//! ```
//! use covenant_detect::Detector;
//!
//! let findings = Detector::standard().detect("no identifiers here");
//! assert!(findings.is_empty());
//! ```

mod candidate;
mod class;
mod detector;
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
mod term;
mod token;
mod vocabulary;

pub use class::{Class, UnknownName};
pub use detector::Detector;
pub use finding::{Finding, Reason, UNSURE_BELOW};
pub use kind::{Basis, Kind};
pub use stream::Stream;

/// How far, in characters, a decision may look past the first token it decides.
pub const LOOKAHEAD_CHARS: usize = 64;
/// The longest segment, in characters.
pub const SEGMENT_CHARS: usize = 2048;
/// The most, in characters, that a stream may be behind the end of what was pushed.
pub const HELD_CHARS: usize = 96;
