//! The marks a written date is made of.

/// Digits, letters, or what stands between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark<'a> {
    Number(&'a str),
    Word(&'a str),
    Between(&'a str),
}

impl<'a> Mark<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Mark::Number(text) | Mark::Word(text) | Mark::Between(text) => text,
        }
    }
}

pub(super) fn marks(text: &str) -> Vec<Mark<'_>> {
    let sort = |char: char| (char.is_ascii_digit(), char.is_alphabetic());
    let mut marks = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .find(|char| sort(char) != sort(first))
            .unwrap_or(rest.len());
        let (mark, after) = rest.split_at(length);
        marks.push(match sort(first) {
            (true, _) => Mark::Number(mark),
            (_, true) => Mark::Word(mark),
            _ => Mark::Between(mark),
        });
        rest = after;
    }
    marks
}
