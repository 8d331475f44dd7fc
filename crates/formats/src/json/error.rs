//! What is wrong with a JSON text, and where; never what it says.

use super::Path;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The text ends within a value.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// A value was expected and something else stands there.
    #[error("expected a value")]
    ExpectedValue,
    /// An object's key was expected.
    #[error("expected a key in double quotes")]
    ExpectedKey,
    /// The colon after a key is missing.
    #[error("expected \":\" after a key")]
    ExpectedColon,
    /// A comma or the closing bracket is missing.
    #[error("expected \",\" or the closing bracket")]
    ExpectedCommaOrEnd,
    /// A number is not written as JSON writes numbers.
    #[error("invalid number")]
    InvalidNumber,
    /// A backslash is followed by something JSON does not know.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// A control character stands in a string without an escape.
    #[error("control character in a string")]
    ControlCharacter,
    /// An escaped UTF-16 surrogate without its other half.
    #[error("lone surrogate in a string")]
    LoneSurrogate,
    /// The NUL character, which C programs downstream take for the end of the text.
    #[error("NUL character in a string")]
    Nul,
    /// The bytes are not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// An object holds the same key twice.
    #[error("duplicate key")]
    DuplicateKey,
    /// Arrays and objects are nested deeper than allowed.
    #[error("nested too deeply")]
    TooDeep,
    /// There are more values than allowed.
    #[error("too many values")]
    TooManyValues,
    /// Something follows the value.
    #[error("unexpected bytes after the value")]
    TrailingBytes,
}

/// A refused text: the kind, the place as bytes and as line and column, and the path of the value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind} at line {line}, column {column}{}", At(.path))]
#[non_exhaustive]
pub struct JsonError {
    /// Why the text was refused.
    pub kind: JsonErrorKind,
    /// The place in bytes from the start of the text.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters (in bytes where the text is not UTF-8), from 1.
    pub column: usize,
    /// The innermost value or key that was being read.
    pub path: Path,
}

/// Shows the path of an error unless it is the whole document.
struct At<'a>(&'a Path);

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_root() {
            Ok(())
        } else {
            write!(f, " ({})", self.0)
        }
    }
}

/// An error on its way out of the parser: the steps are pushed innermost first while the calls unwind.
pub(super) struct Fault {
    pub(super) kind: JsonErrorKind,
    pub(super) offset: usize,
    pub(super) steps: Vec<super::Step>,
}

impl Fault {
    #[cold]
    pub(super) fn new(kind: JsonErrorKind, offset: usize) -> Box<Fault> {
        Box::new(Fault {
            kind,
            offset,
            steps: Vec::new(),
        })
    }

    /// Gives the fault its line, column and path in the text it was found in.
    pub(super) fn locate(mut self, text: &[u8]) -> JsonError {
        let before = text.get(..self.offset).unwrap_or(text);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let last_line = before
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let column =
            1 + std::str::from_utf8(last_line).map_or(last_line.len(), |text| text.chars().count());
        self.steps.reverse();
        JsonError {
            kind: self.kind,
            offset: self.offset,
            line,
            column,
            path: Path::from_steps(self.steps),
        }
    }
}
