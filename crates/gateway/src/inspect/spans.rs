//! Where tokens stand in a text, so that what the detector says of them is not taken for a finding.

use covenant_detect::{Class, Finding};

/// Returns the findings, or what is left of them, that do not lie in a token.
pub(crate) fn outside_tokens(text: &str, findings: Vec<Finding>) -> Vec<Finding> {
    if findings.is_empty() {
        return findings;
    }
    let tokens = token_spans(text, 0);
    if tokens.is_empty() {
        return findings;
    }
    findings
        .into_iter()
        .flat_map(|finding| remainders(text, finding, &tokens))
        .collect()
}

/// Cuts the tokens out of a finding; what is left counts where it holds two letters or digits or more.
pub(crate) fn remainders(text: &str, finding: Finding, tokens: &[(usize, usize)]) -> Vec<Finding> {
    let mut left = vec![(finding.start, finding.end)];
    for (start, end) in tokens {
        left = left
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(*start)), (from.max(*end), to)])
            .filter(|(from, to)| from < to)
            .collect();
        left.dedup();
    }
    if left == [(finding.start, finding.end)] {
        return vec![finding];
    }
    left.into_iter()
        .filter_map(|(from, to)| {
            let value = text.get(from..to)?;
            let trimmed = value.trim_matches(|char: char| !char.is_alphanumeric());
            let start = from + value.find(trimmed).unwrap_or_default();
            let counts = trimmed
                .chars()
                .filter(|char| char.is_alphanumeric())
                .count()
                >= 2;
            counts.then(|| Finding {
                start,
                end: start + trimmed.len(),
                ..finding.clone()
            })
        })
        .collect()
}

/// Returns where tokens stand, brackets included, in whatever case and with underscores escaped or dropped.
pub(crate) fn token_spans(text: &str, from: usize) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| is_token_byte(*byte)))
    {
        let start = at + offset;
        let length = bytes.get(start..).map_or(0, |rest| {
            rest.iter().take_while(|byte| is_token_byte(**byte)).count()
        });
        let end = start + length;
        if text.get(start..end).is_some_and(is_token) {
            let open = start
                .checked_sub(1)
                .filter(|at| bytes.get(*at) == Some(&b'['))
                .unwrap_or(start);
            let close = if bytes.get(end) == Some(&b']') {
                end + 1
            } else {
                end
            };
            spans.push((open, close));
        }
        at = end;
    }
    spans
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\')
}

/// `NAME_1_7KQ4`, `name\_1\_7kq4`, `NAME17KQ4`, and plural endings.
fn is_token(run: &str) -> bool {
    if !run.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let plain: String = run
        .chars()
        .filter(|char| !matches!(char, '_' | '\\'))
        .map(|char| char.to_ascii_uppercase())
        .collect();
    let after = |word: &str| {
        // The word as it stands in a token, its own underscore left out too.
        let mut letters = plain.as_str();
        for part in word.split('_') {
            letters = letters.strip_prefix(part)?;
        }
        Some(letters)
    };
    let words = Class::ALL
        .iter()
        .map(|class| class.as_str())
        .chain(["TEXT"]);
    words
        .into_iter()
        .any(|word| after(word).is_some_and(is_number_and_check))
}

/// One to seven digits and four characters of a check; a letter stands second in a check.
fn is_number_and_check(rest: &str) -> bool {
    let rest = rest
        .strip_suffix('S')
        .filter(|_| rest.len() > 5)
        .unwrap_or(rest);
    let (number, check) = rest
        .split_at_checked(rest.len().saturating_sub(4))
        .unwrap_or(("", ""));
    (1..=7).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && check.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && check.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use covenant_detect::{Detector, Kind};

    #[test]
    fn tokens_are_seen_in_the_spellings_models_use() {
        for token in [
            "[NAME_1_7KQ4]",
            "NAME_1_7KQ4",
            "name\\_12\\_7kq4",
            "[HEALTH_PLAN_3_WX34]",
            "OTHERID14QR3",
            "[TEXT_1_7KQ4]",
        ] {
            let text = format!("é see {token}, please");
            assert_eq!(token_spans(&text, 0), vec![(7, 7 + token.len())], "{token}");
        }
        for word in [
            "NAMES",
            "NAME_1",
            "MRN 4471902",
            "DATE2025",
            "PHONE1234",
            "[removed by Covenant: NAME]",
        ] {
            assert_eq!(token_spans(word, 0), vec![], "{word}");
        }
    }

    #[test]
    fn a_finding_around_a_token_keeps_what_is_not_the_token() {
        let text = "[NAME_1_7KQ4] Vance";
        let mut finding = Detector::standard()
            .detect("ellen.marsh@example.com")
            .remove(0);
        (finding.start, finding.end, finding.class, finding.kind) =
            (0, text.len(), Class::Name, Kind::Person);
        let left = outside_tokens(text, vec![finding.clone()]);
        assert_eq!(left.len(), 1);
        assert_eq!(&text[left[0].start..left[0].end], "Vance");
        finding.end = 13;
        assert_eq!(outside_tokens(text, vec![finding]), vec![]);
    }
}
