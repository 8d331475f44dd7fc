//! The forms of values: figures, words in names, keyed values, paths as routes list them.

use covenant_formats::json::{Json, Path, Step};

use crate::table::is_word;

/// Numbers, truth values and null at any depth, under words of the API or small numbers.
pub(super) fn is_figures(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) => true,
        Json::Number(number) => number.as_f64().is_some_and(|number| number.abs() <= 1e9),
        Json::String(_) => false,
        Json::Array(elements) => elements.iter().all(is_figures),
        Json::Object(object) => object
            .iter()
            .all(|(key, value)| (is_word(key) || is_small(key)) && is_figures(value)),
    }
}

pub(super) fn is_small(key: &str) -> bool {
    key.len() <= 6 && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the words of an identifier: `lookup_JohnSmith` reads as `lookup John Smith`.
pub(super) fn words_of(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before_lower = false;
    for char in name.chars() {
        if matches!(char, '_' | '-' | '.' | ':' | '/' | '%' | '+') {
            words.push(' ');
        } else {
            if before_lower && char.is_uppercase() {
                words.push(' ');
            }
            words.push(char);
        }
        before_lower = char.is_lowercase();
    }
    words
}

/// Returns a path as routes list it: `messages[].extra`.
pub(super) fn pattern_of(path: &Path) -> String {
    let mut pattern = String::new();
    for step in path.steps() {
        match step {
            Step::Index(_) => pattern.push_str("[]"),
            Step::Key(key) => {
                if !pattern.is_empty() {
                    pattern.push('.');
                }
                pattern.push_str(key);
            }
        }
    }
    pattern
}

/// Returns a keyed value in the form of an id.
pub(super) fn keyed_text(hash: [u8; 32]) -> String {
    format!(
        "cov-{}",
        covenant_seal::hex(hash.get(..16).unwrap_or_default())
    )
}

/// Returns a keyed number that every API takes as a seed: 31 bits, not negative.
pub(super) fn keyed_number(hash: [u8; 32]) -> i64 {
    let [a, b, c, d, ..] = hash;
    i64::from(u32::from_be_bytes([a, b, c, d]) >> 1)
}
