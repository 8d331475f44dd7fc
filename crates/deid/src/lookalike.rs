//! Text of the caller that looks like a token.

use crate::restorer::{Decoded, Source};
use crate::shape;

/// Returns the byte ranges in `text` that a restorer would take for a token, in plain text or read as JSON source.
pub(crate) fn lookalikes(text: &str) -> Vec<(usize, usize)> {
    // Every token has an ordinal.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut found = scan(text, Source::Plain);
    if text.contains('\\') {
        found.extend(scan(text, Source::Json));
    }
    found
}

fn scan(text: &str, source: Source) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = None;
    loop {
        let (plain, possible) = rest.split_at(shape::plain_prefix(rest, before));
        before = plain.chars().next_back().or(before);
        rest = possible;
        let Some((char, length)) = source.decode(rest) else {
            return found;
        };
        let (mut taken, mut last) = (length, char);
        if let Ok(shape) = shape::at(before, Decoded { rest, source }, false) {
            let mut decoded = Decoded { rest, source };
            last = decoded.by_ref().take(shape.chars).last().unwrap_or(char);
            taken = rest.len() - decoded.rest.len();
            let start = text.len() - rest.len();
            found.push((start, start + taken));
        }
        before = Some(last);
        rest = rest.get(taken..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn tokens_and_what_a_model_makes_of_them_are_found() {
        let text = "see [NAME_1_7KQ4] and name 2 7kq4's, \\[MRN\\_3\\_7KQ4\\] or \\u005bNAME_1_7KQ4]; phone 734-9976";
        let found: Vec<&str> = lookalikes(text)
            .into_iter()
            .map(|(start, end)| &text[start..end])
            .collect();
        assert!(found.contains(&"[NAME_1_7KQ4]"));
        assert!(found.contains(&"name 2 7kq4"));
        assert!(found.contains(&"\\[MRN\\_3\\_7KQ4\\]"));
        assert!(found.contains(&"\\u005bNAME_1_7KQ4]"));
        assert!(!found.iter().any(|found| found.contains("734")));
    }
}
