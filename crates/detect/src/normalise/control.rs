//! Control characters and terminal sequences (ECMA-48): what a terminal would act on and not show.
//!
//! A sequence is taken as one only in the forms terminals are sent (colours, cursor, modes), with parameters of at
//! most three digits, or four in private modes: digits in any other form are text and stay to be read.

/// Where reading stands in a terminal sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Control {
    /// In none.
    #[default]
    None,
    /// An escape character came.
    Escape,
    /// The one character that stands for an escape character and a bracket came.
    Bracket,
    /// Among the parameters of a sequence that is longer than what a decision may see; so many digits came since the
    /// last separator.
    Parameters(u8),
}

/// What stands in place of a control character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing.
    Nothing,
    /// It is white space or a line end and stays.
    Same,
    /// A separator of fields: a space between two words, nothing inside a number or beside a sign.
    Separator,
}

/// Most digits of one parameter.
const DIGITS: u8 = 3;
/// Most digits of one parameter of a private mode, as in `?1049h`.
const PRIVATE_DIGITS: u8 = 4;

/// Returns what stands in place of a control character of ASCII.
pub(super) fn shown(is: char) -> Shown {
    match is {
        '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' => Shown::Same,
        '\u{1C}'..='\u{1F}' => Shown::Separator,
        _ => Shown::Nothing,
    }
}

impl Control {
    /// Returns how many bytes of `text` belong to the sequence that has begun, and where reading stands after them;
    /// `None` when what follows is text.
    pub(super) fn next(self, text: &str) -> Option<(usize, Control)> {
        let bytes = text.as_bytes();
        match self {
            Control::None => None,
            Control::Escape => escape(bytes),
            // The same character is a quote in a Windows code page: without a parameter the letter after it is text.
            Control::Bracket => parameters(bytes).filter(|(len, _)| *len > 1),
            Control::Parameters(digits) => {
                let first = *bytes.first()?;
                match first {
                    b'0'..=b'9' if digits < DIGITS => Some((1, Control::Parameters(digits + 1))),
                    b';' | b':' => Some((1, Control::Parameters(0))),
                    _ if is_final(first) => Some((1, Control::None)),
                    _ => None,
                }
            }
        }
    }
}

/// Reads what comes after an escape character.
fn escape(bytes: &[u8]) -> Option<(usize, Control)> {
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes.first()? {
        b'[' => with_mark(1, bytes),
        b'%' if bytes.get(1..3) == Some(b"5B") || bytes.get(1..3) == Some(b"5b") => {
            with_mark(3, bytes)
        }
        // The choice of a character set.
        b'(' | b')' | b'*' | b'+' if second.is_ascii_uppercase() || second.is_ascii_digit() => {
            Some((2, Control::None))
        }
        // A title or an address follows: text, for the reader behind the terminal sees it.
        b']' => {
            let digits = digits_of(bytes.get(1..)?);
            let ends = bytes.get(1 + digits) == Some(&b';');
            ((1..=4).contains(&digits) && ends).then_some((digits + 2, Control::None))
        }
        b'\\' | b'=' | b'>' => Some((1, Control::None)),
        _ => None,
    }
}

/// Reads a bracket of `mark` bytes and what follows.
fn with_mark(mark: usize, bytes: &[u8]) -> Option<(usize, Control)> {
    let (len, control) = parameters(bytes.get(mark..)?)?;
    Some((mark + len, control))
}

/// Reads parameters and the character that ends them.
fn parameters(bytes: &[u8]) -> Option<(usize, Control)> {
    let private = bytes
        .first()
        .is_some_and(|byte| matches!(byte, b'?' | b'<' | b'=' | b'>' | b'!'));
    let most = if private { PRIVATE_DIGITS } else { DIGITS };
    let (mut digits, mut separators) = (0, 0);
    for (index, byte) in bytes.iter().enumerate().skip(usize::from(private)) {
        match byte {
            b'0'..=b'9' if digits < most => digits += 1,
            b';' | b':' => (digits, separators) = (0, separators + 1),
            b' ' if bytes.get(index + 1) == Some(&b'q') => return Some((index + 2, Control::None)),
            byte if is_final(*byte) => return Some((index + 1, Control::None)),
            _ => return None,
        }
    }
    // It goes on past what may be seen. Several parameters are those of a colour.
    (separators >= 2 && digits <= DIGITS).then_some((bytes.len(), Control::Parameters(digits)))
}

fn digits_of(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

fn is_final(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'@' | b'`' | b'~')
}
