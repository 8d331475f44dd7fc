//! Tokens: runs of letters and digits, and single signs between them, with the flags recognisers ask for first.
//!
//! Deliberately small: `O'Brien` is three tokens (`O`, `'`, `Brien`), `Jones-Roe` three, `A.` two, `3rd` one. White
//! space is not a token but a flag of the token after it. Case and shape are computed once here, so that nobody
//! looks at the bytes twice.

/// What a token consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Letters alone.
    Word,
    /// ASCII digits alone.
    Number,
    /// Letters and digits.
    Mixed,
    /// One sign that is neither.
    Sign,
}

/// How the letters of a token are cased; [`Case::None`] where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    None,
    /// `jane`
    Lower,
    /// `Jane`, and a single capital `J`
    Title,
    /// `JANE` (two letters or more)
    Upper,
    /// `McRoe`, `eGFR`
    Mixed,
}

/// One token of a segment's normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// First byte, in the segment's text.
    pub(crate) start: usize,
    /// Byte after the last, in the segment's text.
    pub(crate) end: usize,
    pub(crate) shape: Shape,
    pub(crate) case: Case,
    /// White space (or the start of the segment) stands before it.
    pub(crate) space_before: bool,
    /// A line break stands between it and the token before it, or it is the first of a segment that starts a line.
    pub(crate) line_start: bool,
    /// The first byte; for signs all there is to know. Not ASCII: 0x80 or more.
    pub(crate) first: u8,
    /// What the word is in the table of terms.
    pub(crate) term: crate::term::Term,
}

impl Token {
    /// Returns the length in bytes of the normalised text.
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Returns true if it is the sign `sign`.
    pub(crate) fn is_sign(&self, sign: u8) -> bool {
        self.shape == Shape::Sign && self.first == sign
    }

    /// Returns true if it holds at least one digit.
    pub(crate) fn has_digit(&self) -> bool {
        matches!(self.shape, Shape::Number | Shape::Mixed)
    }
}
