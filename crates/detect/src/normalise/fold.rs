//! What one character becomes before matching: a plain ASCII stand-in where it has one.
//!
//! Accents and full-width forms are dropped, typographic spaces, dashes and quotes become plain ones, digits of
//! other scripts become ASCII digits, invisible characters vanish. Letters that only *look* Latin are folded where
//! they stand in a Latin word; that needs the neighbours and is decided by the caller.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// What a character becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// It stays.
    Keep,
    /// It vanishes.
    Remove,
    /// It becomes this ASCII character.
    One(u8),
    /// It becomes these ASCII characters; unused places are 0.
    Few([u8; 4]),
    /// It looks like this Latin letter and becomes it in a Latin word.
    LooksLike(u8),
}

/// Returns what `c`, which is not ASCII, becomes.
pub(super) fn fold(c: char) -> Fold {
    match c {
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E01EF}' => Fold::Remove,
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Fold::One(b' ')
        }
        // Quotes and dashes of a Windows code page that was read as Latin-1; the other control characters show nothing.
        '\u{91}' | '\u{92}' => Fold::One(b'\''),
        '\u{93}' | '\u{94}' => Fold::One(b'"'),
        '\u{96}' | '\u{97}' => Fold::One(b'-'),
        '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}' => Fold::Remove,
        '\u{85}' | '\u{2028}' | '\u{2029}' => Fold::One(b'\n'),
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => {
            Fold::One(b'-')
        }
        '\u{B4}' | '\u{2BC}' | '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}' => {
            Fold::One(b'\'')
        }
        '\u{AB}' | '\u{BB}' | '\u{201C}'..='\u{201F}' | '\u{2033}' => Fold::One(b'"'),
        '\u{2044}' | '\u{2215}' => Fold::One(b'/'),
        '\u{2236}' => Fold::One(b':'),
        '\u{2024}' | '\u{3002}' => Fold::One(b'.'),
        // Raised and lowered digits are exponents and indices, not part of a number.
        '\u{B2}' | '\u{B3}' | '\u{B9}' | '\u{2070}'..='\u{209F}' | '\u{BC}'..='\u{BE}' => {
            Fold::Keep
        }
        'ß' => Fold::Few(*b"ss\0\0"),
        'æ' => Fold::Few(*b"ae\0\0"),
        'Æ' => Fold::Few(*b"Ae\0\0"),
        'œ' => Fold::Few(*b"oe\0\0"),
        'Œ' => Fold::Few(*b"Oe\0\0"),
        'ø' => Fold::One(b'o'),
        'Ø' => Fold::One(b'O'),
        'ł' => Fold::One(b'l'),
        'Ł' => Fold::One(b'L'),
        'đ' | 'ð' => Fold::One(b'd'),
        'Đ' | 'Ð' => Fold::One(b'D'),
        'þ' => Fold::Few(*b"th\0\0"),
        'ı' => Fold::One(b'i'),
        _ => rest(c),
    }
}

fn rest(c: char) -> Fold {
    if let Some(letter) = look_alike(c) {
        return Fold::LooksLike(letter);
    }
    if is_combining_mark(c) {
        return Fold::Remove;
    }
    if let Some(digit) = digit_of_other_script(c) {
        return Fold::One(digit);
    }
    decomposed(c)
}

fn decomposed(c: char) -> Fold {
    let mut few = [0u8; 4];
    let mut used = 0;
    let mut plain = true;
    decompose_compatible(c, |part| {
        if is_combining_mark(part) {
            return;
        }
        match (few.get_mut(used), part.is_ascii()) {
            (Some(place), true) => *place = part as u8,
            _ => plain = false,
        }
        used += 1;
    });
    match (plain, used, few) {
        (true, 1, [only, ..]) => Fold::One(only),
        (true, 2..=4, _) => Fold::Few(few),
        _ => Fold::Keep,
    }
}

/// First characters of the decimal digit rows of scripts in use (Unicode general category Nd).
const ZEROES: [u32; 30] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xAA50,
];

fn digit_of_other_script(c: char) -> Option<u8> {
    let code = c as u32;
    let row = ZEROES
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    u8::try_from(code - row).ok().map(|digit| b'0' + digit)
}

/// Cyrillic and Greek letters that cannot be told from a Latin one by eye.
fn look_alike(c: char) -> Option<u8> {
    Some(match c {
        'А' | 'Α' => b'A',
        'В' | 'Β' => b'B',
        'С' | 'Ϲ' => b'C',
        'Е' | 'Ε' => b'E',
        'Ԍ' => b'G',
        'Н' | 'Η' => b'H',
        'І' | 'Ι' | 'Ӏ' => b'I',
        'Ј' => b'J',
        'К' | 'Κ' => b'K',
        'М' | 'Μ' => b'M',
        'Ν' => b'N',
        'О' | 'Ο' => b'O',
        'Р' | 'Ρ' => b'P',
        'Ѕ' => b'S',
        'Т' | 'Τ' => b'T',
        'Х' | 'Χ' => b'X',
        'У' | 'Υ' => b'Y',
        'Ζ' => b'Z',
        'а' | 'α' => b'a',
        'с' | 'ϲ' => b'c',
        'ԁ' => b'd',
        'е' => b'e',
        'һ' => b'h',
        'і' | 'ι' => b'i',
        'ј' => b'j',
        'к' | 'κ' => b'k',
        'о' | 'ο' => b'o',
        'р' | 'ρ' => b'p',
        'ԛ' => b'q',
        'ѕ' => b's',
        'ν' => b'v',
        'ԝ' => b'w',
        'х' | 'χ' => b'x',
        'у' => b'y',
        _ => return None,
    })
}
