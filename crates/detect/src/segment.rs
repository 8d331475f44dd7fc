//! What recognisers look at: the stretch of a segment that is visible at one step, and what was carried into it.
//!
//! A segment is a line, a paragraph of wrapped lines, or a part of a long one. It is decided in *steps* of a few
//! tokens. At a step a recogniser sees the segment from its start to at most 64 characters after the first token to
//! be decided, **never further**, and proposes candidates that *start* in one of the tokens to be decided
//! ([`Segment::decide`]); others are dropped. Steps and what is visible in them depend on the text alone, so
//! whatever a recogniser does with what it sees, streamed and whole text give the same findings.
//!
//! For a recogniser that means: loop over `segment.decide`, look back as far as `segment.tokens` goes, look ahead to
//! the end of `segment.tokens`. The tokens before `decide` were decided in earlier steps of the same segment, with
//! the same indices; do not loop over them again (a long segment would cost the square of its length). The list of
//! candidates a recogniser is handed already holds those of the recognisers that ran before it in the same step; the
//! patterns (dates, numbers, addresses) run before the names.

use std::ops::Range;

use crate::term::{Flags, Terms};
use crate::token::{Shape, Token};

/// The visible part of a segment at one step.
#[derive(Clone, Debug)]
pub(crate) struct Segment<'a> {
    /// Normalised text from the start of the segment to the end of what is visible.
    pub(crate) text: &'a str,
    /// The whole tokens of `text`.
    pub(crate) tokens: &'a [Token],
    /// Indices into `tokens`: candidates must start in one of these.
    pub(crate) decide: Range<usize>,
    /// Bytes of `text` before this are already inside a finding of an earlier step.
    pub(crate) taken: usize,
    /// The segment starts at the start of a line (of the text, or after a line break).
    pub(crate) starts_line: bool,
    /// Nothing stands between the first token and the segment before.
    pub(crate) glued: bool,
    /// `text` goes to the end of the segment.
    pub(crate) complete: bool,
    /// Number of the segment, counted from 0; changes when indices of tokens start again at 0.
    pub(crate) ordinal: u64,
    /// The words with a part to play.
    pub(crate) terms: &'a Terms,
}

impl<'a> Segment<'a> {
    /// Returns the token at `index`.
    #[inline]
    pub(crate) fn token(&self, index: usize) -> Option<&'a Token> {
        self.tokens.get(index)
    }

    /// Returns the text of a token.
    #[inline]
    pub(crate) fn word(&self, token: &Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    /// Returns the text of the token at `index`, empty if there is none.
    pub(crate) fn word_at(&self, index: usize) -> &'a str {
        self.token(index).map_or("", |token| self.word(token))
    }

    /// Returns the byte at `offset` of the text, 0 past its end.
    pub(crate) fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(offset).copied().unwrap_or(0)
    }

    /// Returns true if there is a token at `index` and it stands directly at the one before it.
    pub(crate) fn touches(&self, index: usize) -> bool {
        index > 0 && self.token(index).is_some_and(|token| !token.space_before)
    }

    /// Returns true if the token at `index` is the sign `sign`.
    #[inline]
    pub(crate) fn sign(&self, index: usize, sign: u8) -> bool {
        self.token(index).is_some_and(|token| token.is_sign(sign))
    }

    /// Returns the sign at `index`, 0 if there is no sign.
    pub(crate) fn sign_at(&self, index: usize) -> u8 {
        self.token(index)
            .filter(|token| token.shape == Shape::Sign)
            .map_or(0, |token| token.first)
    }

    /// Returns what the word at `index` can be.
    pub(crate) fn flags(&self, index: usize) -> Flags {
        self.token(index)
            .map_or(Flags::NONE, |token| self.terms.flags(token.term))
    }

    /// Returns the value of the word at `index`, 0 if it has none.
    pub(crate) fn value(&self, index: usize) -> u32 {
        self.token(index)
            .map_or(0, |token| u32::from(self.terms.value(token.term)))
    }

    /// Returns the number at `index`, if it is digits alone and at most nine.
    pub(crate) fn number(&self, index: usize) -> Option<u32> {
        let token = self
            .token(index)
            .filter(|token| token.shape == Shape::Number && token.len() <= 9)?;
        self.word(token).parse().ok()
    }

    /// Returns how many digits the number at `index` has, 0 if it is none.
    pub(crate) fn digits(&self, index: usize) -> usize {
        self.token(index)
            .filter(|token| token.shape == Shape::Number)
            .map_or(0, Token::len)
    }

    /// Returns true if the word at `index` is `word`, in any case. Most words differ in length or first letter.
    #[inline]
    pub(crate) fn is(&self, index: usize, word: &str) -> bool {
        self.token(index).is_some_and(|token| {
            token.len() == word.len()
                && word
                    .as_bytes()
                    .first()
                    .is_some_and(|first| first.eq_ignore_ascii_case(&token.first))
                && self.word(token).eq_ignore_ascii_case(word)
        })
    }

    /// Returns where the token at `index` starts, the end of the text if there is none.
    pub(crate) fn start(&self, index: usize) -> usize {
        self.token(index)
            .map_or(self.text.len(), |token| token.start)
    }

    /// Returns where the token at `index` ends, the end of the text if there is none.
    pub(crate) fn end(&self, index: usize) -> usize {
        self.token(index).map_or(self.text.len(), |token| token.end)
    }
}
