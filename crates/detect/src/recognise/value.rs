//! The extent of a number or code: what hangs together from a token on.

use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Shape, Token};

/// A run of letters and digits, with the signs that glue them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// Index of its first token.
    pub(super) from: usize,
    /// Index of the token after it.
    pub(super) upto: usize,
    pub(super) digits: usize,
    pub(super) letters: usize,
    /// Tokens that are not signs.
    pub(super) parts: usize,
    /// Holds `:`.
    pub(super) colons: usize,
}

impl Value {
    /// Letters and digits.
    pub(super) fn len(&self) -> usize {
        self.digits + self.letters
    }
}

/// Reads the value that starts at `index`, glued by `-`, `_`, `.`, `/`, `*` and, where `colons` are asked for, `:`.
pub(super) fn read(segment: &Segment<'_>, index: usize, colons: bool) -> Value {
    let mut value = Value {
        from: index,
        upto: index,
        ..Value::default()
    };
    let mut at = index;
    while let Some(token) = segment.token(at) {
        if at > index && token.space_before {
            break;
        }
        if token.shape == Shape::Sign {
            let Some(next) = segment.token(at + 1).filter(|next| !next.space_before) else {
                break;
            };
            if !glues(token.first, next, colons) {
                break;
            }
            value.colons += usize::from(token.first == b':');
            at += 1;
            continue;
        }
        count(segment, token, &mut value);
        at += 1;
        value.upto = at;
    }
    value
}

fn glues(sign: u8, next: &Token, colons: bool) -> bool {
    match sign {
        b'-' | b'_' => next.shape != Shape::Sign || matches!(next.first, b'*' | b'-' | b'_'),
        b'.' | b'/' => next.has_digit(),
        b'*' => next.shape != Shape::Sign || matches!(next.first, b'*' | b'-'),
        b':' => colons && next.shape != Shape::Sign,
        _ => false,
    }
}

fn count(segment: &Segment<'_>, token: &Token, value: &mut Value) {
    let digits = segment
        .word(token)
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    value.digits += digits;
    value.letters += token.len() - digits;
    value.parts += 1;
}

/// Lengthens a value of digits by further groups of the same length after single spaces: `1234 5678 9012`.
pub(super) fn with_groups(segment: &Segment<'_>, value: Value) -> Value {
    let mut value = value;
    let size = segment.token(value.from).map_or(0, Token::len);
    while (3..=5).contains(&size) && value.digits < 20 {
        let Some(next) = segment
            .token(value.upto)
            .filter(|next| next.has_digit() && next.space_before)
        else {
            break;
        };
        let fits = next.len() == size
            || next.len() < size && !segment.flags(value.upto + 1).has(Flags::UNIT);
        let ends = !segment.touches(value.upto + 1)
            || !matches!(
                segment.sign_at(value.upto + 1),
                b'/' | b'-' | b'.' | b':' | b'%'
            )
            || segment.sign(value.upto + 1, b'.') && !segment.touches(value.upto + 2);
        if !fits || !ends || next.line_start {
            break;
        }
        let last = next.len() < size;
        count(segment, next, &mut value);
        value.upto += 1;
        if last {
            break;
        }
    }
    value
}

/// Lengthens a value by up to three further numbers after spaces: `W1234 24 123456`.
pub(super) fn with_numbers(segment: &Segment<'_>, value: Value) -> Value {
    let mut value = value;
    for _ in 0..3 {
        let Some(next) = segment
            .token(value.upto)
            .filter(|next| next.shape == Shape::Number && !next.line_start)
        else {
            break;
        };
        if segment.flags(value.upto + 1).has(Flags::UNIT)
            || segment.touches(value.upto + 1) && segment.digits(value.upto + 2) > 0
        {
            break;
        }
        count(segment, next, &mut value);
        value.upto += 1;
    }
    value
}

/// Lengthens a value by what follows dots and colons: `jane.roe`, `eyJ….eyJ….x`.
pub(super) fn with_dots(segment: &Segment<'_>, value: Value) -> Value {
    let mut value = value;
    while segment.touches(value.upto)
        && matches!(segment.sign_at(value.upto), b'.' | b':')
        && segment.touches(value.upto + 1)
    {
        let next = read(segment, value.upto + 1, false);
        if next.len() == 0 {
            break;
        }
        value.letters += next.letters;
        value.digits += next.digits;
        value.parts += next.parts;
        value.upto = next.upto;
    }
    value
}

/// Lengthens three digits by two and four more after spaces: `219 09 9999`.
pub(super) fn in_three_groups(segment: &Segment<'_>, value: Value) -> Option<Value> {
    let sizes = [3, 2, 4];
    let fits = sizes
        .iter()
        .enumerate()
        .all(|(place, size)| segment.digits(value.from + place) == *size);
    let apart = (1..=2).all(|place| {
        segment
            .token(value.from + place)
            .is_some_and(|token| token.space_before)
    });
    let ends = !segment.touches(value.from + 3) || !segment.touches(value.from + 4);
    (fits && apart && ends).then_some(Value {
        upto: value.from + 3,
        digits: 9,
        parts: 3,
        ..value
    })
}

/// Returns true if the token at `index` stands at letters, digits or a sign that glues it to some before it.
pub(super) fn is_inside(segment: &Segment<'_>, index: usize) -> bool {
    if !segment.touches(index) {
        return false;
    }
    let before = segment.sign_at(index - 1);
    if before == 0 {
        return true;
    }
    matches!(before, b'-' | b'_' | b'.' | b'/')
        && index >= 2
        && segment.touches(index - 1)
        && segment
            .token(index - 2)
            .is_some_and(|token| token.shape != Shape::Sign)
}

/// Returns true if what follows the value makes it a quantity.
pub(super) fn is_quantity(segment: &Segment<'_>, value: &Value) -> bool {
    let next = value.upto;
    if segment.touches(next) && segment.sign(next, b'%') || segment.sign(next, b'%') {
        return true;
    }
    let flags = segment.flags(next);
    flags.has(Flags::UNIT) && !segment.token(next).is_some_and(|token| token.line_start)
}

/// Returns true for `12.5`, `1/2`, `120/80`, `3-4`: two short figures and a sign.
pub(super) fn is_figure(segment: &Segment<'_>, value: &Value) -> bool {
    if value.letters > 0 || value.digits == 0 {
        return false;
    }
    let short = (value.from..value.upto).all(|at| segment.digits(at) <= 3);
    value.parts == 2 && short && value.digits <= 5
}

/// Returns true for `2nd`, `10mg`, `45yo`, `3x`, `1950s`: a figure and what is counted.
pub(super) fn is_counted(segment: &Segment<'_>, value: &Value) -> bool {
    if value.parts != 1 {
        return false;
    }
    let word = segment.word_at(value.from);
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let Some(tail) = word
        .get(digits..)
        .filter(|tail| digits > 0 && !tail.is_empty())
    else {
        return false;
    };
    let term = segment.terms.of(tail.as_bytes());
    let counted = segment.terms.flags(term).has(Flags::UNIT.and(Flags::AGE));
    digits <= 6
        && (counted
            || ["st", "nd", "rd", "th", "s", "x", "am", "pm", "h", "f", "w"]
                .iter()
                .any(|end| tail.eq_ignore_ascii_case(end)))
}
