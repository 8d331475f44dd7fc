//! One text to look at: its parts, what labels it, where it stands.

use covenant_detect::{Class, Detector, Kind};
use zeroize::Zeroize;

use crate::fields::LABELLED_BYTES;

/// Where a text stands, which says what can stand in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stand {
    /// A string: a token can stand there.
    Text,
    /// The key of an object that holds data: a token can stand there.
    Key,
    /// A number: no token can.
    Number,
    /// Words of a schema: no token can. Holds what stands there, for the refusal.
    Fixed(&'static str),
}

/// A text, or several adjacent parts of one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Piece {
    pub(crate) whole: String,
    /// Where the parts after the first begin.
    pub(crate) cuts: Vec<usize>,
    /// What is written in front of the value: the name of its field.
    pub(crate) label: String,
    /// What the field's name says the value is.
    pub(crate) field: Option<Kind>,
    pub(crate) stand: Stand,
}

impl Piece {
    pub(crate) fn text(text: &str) -> Piece {
        Piece::at(text, Stand::Text)
    }

    pub(crate) fn parts<'p>(parts: impl Iterator<Item = &'p str>) -> Piece {
        let mut piece = Piece::text("");
        for (position, part) in parts.enumerate() {
            if position > 0 {
                piece.cuts.push(piece.whole.len());
            }
            piece.whole.push_str(part);
        }
        piece
    }

    pub(crate) fn at(text: &str, stand: Stand) -> Piece {
        Piece {
            whole: text.to_owned(),
            cuts: Vec::new(),
            label: String::new(),
            field: None,
            stand,
        }
    }

    /// Tells whether the text is written as names in programs are, so that only sure findings count in it.
    pub(crate) fn is_schema_like(&self) -> bool {
        let word = self
            .whole
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'));
        let digits = self.whole.bytes().filter(u8::is_ascii_digit).count();
        !matches!(self.stand, Stand::Text | Stand::Number) && word && digits <= 3
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.whole.zeroize();
    }
}

/// Something a finder found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) class: Class,
    pub(crate) kind: Kind,
    pub(crate) unsure: bool,
}

/// Finds identifiers in a text; the detector, or in tests something with known answers.
pub(crate) trait Finder {
    fn find(&self, text: &str) -> Vec<Found>;
}

impl Finder for Detector {
    fn find(&self, text: &str) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        for finding in self.detect(text) {
            let unsure = finding.is_unsure();
            // An identifier longer than the detector sees at once comes in adjoining pieces.
            match all.last_mut() {
                Some(last) if last.end == finding.start && last.kind == finding.kind => {
                    last.end = finding.end;
                    last.unsure &= unsure;
                }
                _ => all.push(Found {
                    start: finding.start,
                    end: finding.end,
                    class: finding.class,
                    kind: finding.kind,
                    unsure,
                }),
            }
        }
        all
    }
}

/// Looks at a text that stands for `piece` (as it is, or with replacements): whole, with its label in front, and
/// in its parts, which begin at `cuts`. In order of place; what was read with its label comes after its equals.
pub(crate) fn find_in(
    finder: &dyn Finder,
    piece: &Piece,
    text: &str,
    cuts: &[usize],
) -> Vec<Found> {
    let labelled = !piece.label.is_empty() && text.len() <= LABELLED_BYTES;
    // A number says nothing without its label that it does not say with it.
    let mut found = match piece.stand == Stand::Number && labelled {
        true => Vec::new(),
        false => finder.find(text),
    };
    if labelled {
        found.extend(find_labelled(finder, &piece.label, text));
    }
    if !cuts.is_empty() {
        found.extend(find_in_parts(finder, text, cuts));
    }
    if labelled || !cuts.is_empty() {
        found.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
        found.dedup();
    }
    found
}

fn find_labelled<'t>(
    finder: &dyn Finder,
    label: &str,
    text: &'t str,
) -> impl Iterator<Item = Found> + use<'t> {
    let labelled = format!("{label}: {text}");
    let shift = labelled.len() - text.len();
    let within = finder
        .find(&labelled)
        .into_iter()
        .filter(move |found| found.end > shift);
    within.map(move |found| Found {
        start: found.start.saturating_sub(shift),
        end: found.end - shift,
        ..found
    })
}

fn find_in_parts(finder: &dyn Finder, text: &str, cuts: &[usize]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([text.len()]) {
        let part = text.get(start..end).unwrap_or_default();
        found.extend(finder.find(part).into_iter().map(|found| Found {
            start: found.start + start,
            end: found.end + start,
            ..found
        }));
        start = end;
    }
    found
}
