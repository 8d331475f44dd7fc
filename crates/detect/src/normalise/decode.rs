//! Escapes of carriers: percent-encoding, JSON, HTML, quoted-printable. Each reads at most what it is handed.

/// What an escape at the start of a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// It is no escape; the character stays.
    None,
    /// The first `len` bytes stand for nothing.
    Nothing { len: usize },
    /// The first `len` bytes stand for one character.
    Char { len: usize, is: char },
}

fn hex(byte: Option<&u8>) -> Option<u32> {
    (*byte? as char).to_digit(16)
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    let value = hex(bytes.get(at))? * 16 + hex(bytes.get(at + 1))?;
    u8::try_from(value).ok()
}

/// Reads escaped bytes (`mark` and two hexadecimal digits each) that together are one character.
fn utf8_of(bytes: &[u8], mark: u8) -> Option<(usize, char)> {
    let first = pair(bytes, 1)?;
    let width = match first {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let mut buffer = [0u8; 4];
    for (index, place) in buffer.iter_mut().take(width).enumerate() {
        if bytes.get(index * 3) != Some(&mark) {
            return None;
        }
        *place = pair(bytes, index * 3 + 1)?;
    }
    let text = std::str::from_utf8(buffer.get(..width)?).ok()?;
    Some((width * 3, text.chars().next()?))
}

/// Reads `%41`. After a digit or a space, as in `30%50`, a letter or digit is only believed next to another escape.
pub(super) fn percent(text: &str, before: u8, after_escape: bool) -> Escape {
    let bytes = text.as_bytes();
    let Some((len, is)) = utf8_of(bytes, b'%') else {
        return Escape::None;
    };
    let rest = text.get(len..).unwrap_or_default();
    let sequence = is == '\u{1B}'
        && ["[", "%5B", "%5b"]
            .iter()
            .any(|mark| rest.starts_with(mark));
    if is.is_control() && !sequence && !matches!(is, '\n' | '\r' | '\t') {
        return Escape::None;
    }
    let alone = !after_escape && bytes.get(len) != Some(&b'%');
    if is.is_ascii_alphanumeric()
        && alone
        && (before.is_ascii_digit() || before.is_ascii_whitespace() || before == 0)
    {
        return Escape::None;
    }
    Escape::Char { len, is }
}

/// Reads `\n`, `\"`, `\u00e9`, a surrogate pair, and the same behind up to three further backslashes.
pub(super) fn json(text: &str) -> Escape {
    let bytes = text.as_bytes();
    let slashes = bytes
        .iter()
        .take(4)
        .take_while(|byte| **byte == b'\\')
        .count();
    let one = |is: char| Escape::Char {
        len: slashes + 1,
        is,
    };
    match bytes.get(slashes) {
        Some(b'n') => one('\n'),
        Some(b'r') => one('\r'),
        Some(b't') => one('\t'),
        Some(b'b' | b'f') if slashes == 1 => one(' '),
        Some(b'"') => one('"'),
        Some(b'\'') => one('\''),
        Some(b'/') => one('/'),
        Some(b'u') => unicode(bytes, slashes),
        Some(b'x' | b'0' | b'e') => terminal(bytes, slashes),
        _ => Escape::None,
    }
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    (0..4).try_fold(0, |value, index| {
        Some(value * 16 + hex(bytes.get(at + index))?)
    })
}

/// Reads `\x1b`, `\033` and `\e` before the bracket of a terminal sequence.
fn terminal(bytes: &[u8], slashes: usize) -> Escape {
    let rest = bytes.get(slashes..).unwrap_or_default();
    let written = [&b"x1b["[..], b"x1B[", b"033[", b"e["];
    match written.iter().find(|written| rest.starts_with(written)) {
        Some(written) => Escape::Char {
            len: slashes + written.len() - 1,
            is: '\u{1B}',
        },
        None => Escape::None,
    }
}

fn unicode(bytes: &[u8], slashes: usize) -> Escape {
    let Some(code) = four(bytes, slashes + 1) else {
        return Escape::None;
    };
    let len = slashes + 5;
    if let Some(is) = char::from_u32(code) {
        return Escape::Char { len, is };
    }
    let next_is_escape = bytes.get(len) == Some(&b'\\') && bytes.get(len + 1) == Some(&b'u');
    let low = if next_is_escape {
        four(bytes, len + 2)
    } else {
        None
    };
    match low {
        Some(low @ 0xDC00..=0xDFFF) if (0xD800..0xDC00).contains(&code) => {
            let joined = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            char::from_u32(joined).map_or(Escape::None, |is| Escape::Char { len: len + 6, is })
        }
        _ => Escape::None,
    }
}

/// Named entities that matter for matching and are not a letter with an accent.
const ENTITIES: [(&str, char); 38] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("ndash", '-'),
    ("mdash", '-'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("minus", '-'),
    ("lsquo", '\''),
    ("rsquo", '\''),
    ("sbquo", '\''),
    ("ldquo", '"'),
    ("rdquo", '"'),
    ("bdquo", '"'),
    ("shy", '\u{AD}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("commat", '@'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semi", ';'),
    ("sol", '/'),
    ("num", '#'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("rpar", ')'),
    ("plus", '+'),
    ("equals", '='),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("szlig", 'ß'),
];

/// Reads `&amp;`, `&eacute;`, `&#233;`, `&#xE9;`.
pub(super) fn html(text: &str) -> Escape {
    let Some(inner) = text.get(1..) else {
        return Escape::None;
    };
    let Some(end) = inner.bytes().take(11).position(|byte| byte == b';') else {
        return Escape::None;
    };
    let Some(name) = inner.get(..end) else {
        return Escape::None;
    };
    let found = if let Some(number) = name.strip_prefix('#') {
        numeric(number)
    } else {
        ENTITIES
            .iter()
            .find(|(entity, _)| *entity == name)
            .map(|(_, is)| *is)
            .or_else(|| accented(name))
    };
    found.map_or(Escape::None, |is| Escape::Char { len: end + 2, is })
}

fn numeric(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|is| *is != '\0')
}

fn accented(name: &str) -> Option<char> {
    const ACCENTS: [&str; 9] = [
        "acute", "grave", "circ", "tilde", "uml", "cedil", "ring", "slash", "caron",
    ];
    let first = name.chars().next().filter(char::is_ascii_alphabetic)?;
    ACCENTS.contains(&name.get(1..)?).then_some(first)
}

/// Reads quoted-printable. `sure` says that the text has shown to be such: until then `=45` is a value, not an `E`.
pub(super) fn quoted_printable(text: &str, sure: bool) -> Escape {
    let bytes = text.as_bytes();
    match (bytes.get(1), bytes.get(2)) {
        (Some(b'\n'), _) => return Escape::Nothing { len: 2 },
        (Some(b'\r'), Some(b'\n')) => return Escape::Nothing { len: 3 },
        _ => {}
    }
    let upper = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte))
    };
    if !(upper(1) && upper(2)) {
        return Escape::None;
    }
    let Some((len, is)) = utf8_of(bytes, b'=') else {
        return latin1(bytes, sure);
    };
    let line_end = bytes
        .get(3)
        .is_none_or(|byte| matches!(byte, b'\r' | b'\n' | b'='));
    let hardware_address = bytes.get(3) == Some(&b':');
    match is {
        _ if len > 3 => Escape::Char { len, is },
        '=' if !hardware_address => Escape::Char { len, is },
        ' ' | '\t' if sure => Escape::Char { len, is },
        '\r' | '\n' if sure || line_end => Escape::Char { len, is },
        _ if sure && is.is_ascii_punctuation() => Escape::Char { len, is },
        _ => Escape::None,
    }
}

fn latin1(bytes: &[u8], sure: bool) -> Escape {
    match pair(bytes, 1) {
        Some(byte @ 0xA0..=0xFF) if sure => Escape::Char {
            len: 3,
            is: char::from(byte),
        },
        _ => Escape::None,
    }
}
