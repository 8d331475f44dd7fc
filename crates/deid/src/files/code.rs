//! Keyed codes: `[NAME_7KQ4_M3PX_9TDW]`, derived from the value under a key, within a patient.

use super::scramble::Keyed;
use crate::tokens::{CHECK_ALPHABET, Word};

/// Groups of characters a code has.
const GROUPS: usize = 3;
/// Characters of a group; 12 of an alphabet of 21 are 52 bits.
const GROUP_CHARS: usize = 4;

/// Returns the code of a value in its normal form.
pub(super) fn code(keyed: Keyed<'_>, word: Word, value: &str) -> String {
    let mut choices = keyed.choices(word.as_str(), value);
    let mut code = format!("[{}", word.as_str());
    for position in 0..GROUPS * GROUP_CHARS {
        if position % GROUP_CHARS == 0 {
            code.push('_');
        }
        code.push(char::from(choices.one(CHECK_ALPHABET).unwrap_or(b'7')));
    }
    code.push(']');
    code
}

/// Returns the places of `text` that look like codes, and their words.
pub(super) fn codes(text: &str) -> Vec<(usize, usize, Word)> {
    let starts = text.match_indices('[').map(|(start, _)| start);
    starts
        .filter_map(|start| {
            code_at(text.get(start..)?).map(|(length, word)| (start, start + length, word))
        })
        .collect()
}

fn code_at(text: &str) -> Option<(usize, Word)> {
    let inner = text.strip_prefix('[')?;
    let groups_length = GROUPS * (GROUP_CHARS + 1);
    let (word, after) =
        Word::all().find_map(|word| Some((word, inner.strip_prefix(word.as_str())?)))?;
    let groups = after.get(..groups_length)?;
    let is_code =
        groups
            .bytes()
            .enumerate()
            .all(|(position, byte)| match position % (GROUP_CHARS + 1) {
                0 => byte == b'_',
                _ => CHECK_ALPHABET.contains(&byte),
            });
    let closes = after.get(groups_length..)?.starts_with(']');
    (is_code && closes).then_some((1 + word.as_str().len() + groups_length + 1, word))
}
