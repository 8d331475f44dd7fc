//! Words of a text: runs of letters and digits.

/// Returns the byte ranges of the words in `text`.
pub(crate) fn words(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut words = Vec::with_capacity(bytes.len() / 6);
    let (mut at, mut start) = (0, None);
    while let Some(byte) = bytes.get(at) {
        let (belongs, length) = match byte.is_ascii() {
            true => (byte.is_ascii_alphanumeric(), 1),
            false => {
                let char = text.get(at..).and_then(|rest| rest.chars().next());
                char.map_or((false, 1), |char| (char.is_alphanumeric(), char.len_utf8()))
            }
        };
        match (belongs, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, at));
                start = None;
            }
            _ => {}
        }
        at += length;
    }
    words.extend(start.map(|from| (from, text.len())));
    words
}

/// Returns the byte range of a value in `text` without what surrounds it: white space and punctuation at the ends,
/// but not the bracket or plus that a number begins with, nor the bracket that closes one within it. `None` where
/// there is no letter or digit.
pub(crate) fn value_in(text: &str) -> Option<(usize, usize)> {
    let mut start = text.find(char::is_alphanumeric)?;
    let inner = text.trim_end_matches(|char: char| !char.is_alphanumeric());
    let mut end = inner.len();
    let digit_first = text
        .get(start..)?
        .starts_with(|char: char| char.is_ascii_digit());
    if digit_first && text.get(..start)?.ends_with(['(', '+']) {
        start -= 1;
    }
    let value = text.get(start..end)?;
    if value.matches('(').count() > value.matches(')').count() && text.get(end..)?.starts_with(')')
    {
        end += 1;
    }
    Some((start, end))
}

/// Writes `text` in lower case without white space into `out`.
pub(crate) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    for char in text.chars() {
        if char.is_ascii() {
            if !char.is_ascii_whitespace() && char != '\u{b}' {
                out.push(char.to_ascii_lowercase());
            }
        } else if !char.is_whitespace() {
            out.extend(char.to_lowercase());
        }
    }
}

/// Tells whether there is any letter or digit.
pub(crate) fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Single words that are names and ordinary English too: written small they are not taken for the name.
pub(crate) const ORDINARY: [&str; 96] = [
    "angel",
    "april",
    "august",
    "baker",
    "banks",
    "barber",
    "bill",
    "black",
    "blue",
    "bond",
    "booth",
    "brown",
    "bush",
    "butler",
    "carpenter",
    "carter",
    "case",
    "chance",
    "chase",
    "church",
    "clay",
    "cole",
    "cook",
    "cross",
    "dale",
    "dawn",
    "day",
    "dean",
    "drew",
    "faith",
    "farmer",
    "field",
    "fields",
    "fisher",
    "ford",
    "forest",
    "fox",
    "frank",
    "gene",
    "glen",
    "grace",
    "grant",
    "gray",
    "green",
    "hall",
    "harmony",
    "harper",
    "heath",
    "hill",
    "hope",
    "hunter",
    "iris",
    "ivy",
    "jack",
    "jade",
    "jean",
    "joy",
    "june",
    "king",
    "lake",
    "lane",
    "little",
    "long",
    "love",
    "march",
    "mark",
    "mason",
    "may",
    "miles",
    "moody",
    "north",
    "page",
    "park",
    "penny",
    "pierce",
    "price",
    "ray",
    "reed",
    "rice",
    "rich",
    "rose",
    "rusty",
    "sharp",
    "short",
    "stone",
    "summer",
    "ward",
    "waters",
    "welcome",
    "west",
    "white",
    "will",
    "wise",
    "wood",
    "woods",
    "young",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn a_value_is_what_its_surroundings_are_not() {
        let value = |text: &'static str| value_in(text).map(|(start, end)| &text[start..end]);
        assert_eq!(value(" Ellen Marsh, "), Some("Ellen Marsh"));
        assert_eq!(value("[(555) 010-0199."), Some("(555) 010-0199"));
        assert_eq!(value("+1 555 010 0199"), Some("+1 555 010 0199"));
        assert_eq!(value("\"Ellen (Nell)\""), Some("Ellen (Nell)"));
        assert_eq!(value(" ... "), None);
    }

    #[test]
    fn words_are_those_of_the_definition() {
        for text in ["", "é", "aé-ß1 😀x", "名前 name", "\u{300}a\u{301}b", "x"] {
            let of_definition = text
                .split(|char: char| !char.is_alphanumeric())
                .filter(|word| !word.is_empty());
            let found = words(text)
                .into_iter()
                .map(|(start, end)| &text[start..end]);
            assert!(found.eq(of_definition), "{text}");
        }
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(words("a-b2, é"), [(0, 1), (2, 4), (6, 8)]);
        assert!(ORDINARY.is_sorted());
    }
}
