//! Ranges of a piece's text: trimming, measuring, and where parts begin once edits are made.

use super::piece::{Found, Piece};
use crate::edit::{Edit, render_parts};
use crate::words::value_in;

/// Leaves what only surrounds a value outside.
pub(super) fn trimmed(found: Vec<Found>, text: &str) -> Vec<Found> {
    let trim = |found: Found| {
        let (start, end) = value_in(text.get(found.start..found.end)?)?;
        Some(Found {
            start: found.start + start,
            end: found.start + end,
            ..found
        })
    };
    found.into_iter().filter_map(trim).collect()
}

/// Returns how many bytes lie in any of the ranges.
pub(super) fn bytes_covered(mut ranges: Vec<(usize, usize)>) -> usize {
    ranges.sort_unstable();
    let (covered, _) = ranges
        .into_iter()
        .fold((0, 0), |(covered, reached), (start, end)| {
            (
                covered + end.saturating_sub(start.max(reached)),
                end.max(reached),
            )
        });
    covered
}

/// Where the parts of a piece begin once the edits are made.
pub(super) fn rendered_cuts(piece: &Piece, edits: &[Edit]) -> Vec<usize> {
    if piece.cuts.is_empty() {
        return Vec::new();
    }
    let mut cuts: Vec<usize> = render_parts(&piece.whole, &piece.cuts, edits)
        .iter()
        .scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        })
        .collect();
    cuts.pop();
    cuts
}
