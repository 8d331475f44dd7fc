//! The parser: one pass over text that was found to be UTF-8, one call a level.

use super::error::Fault;
use super::{Json, JsonError, JsonErrorKind as Kind, Number, Object, Step, number};

/// The deepest nesting the parser takes whatever the limits say: each level is a call on the stack.
pub const MAX_DEPTH: usize = 256;

/// How large a document may be in its structure; its bytes are bounded by whoever reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deep arrays and objects may be nested; at most [`MAX_DEPTH`] counts.
    pub depth: usize,
    /// How many values (each array, object, string, number, truth value and null) there may be.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            depth: 64,
            nodes: 1_000_000,
        }
    }
}

/// Reads one JSON value that is the whole of `bytes`.
///
/// # Errors
/// Refuses everything that is not JSON as the module describes it, saying kind, place and path.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Json, JsonError> {
    let read = |text| {
        Parser {
            text,
            bytes,
            at: 0,
            nodes_left: limits.nodes,
        }
        .document(limits.depth.min(MAX_DEPTH))
    };
    let parsed = match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(error) => Err(Fault::new(Kind::InvalidUtf8, error.valid_up_to())),
    };
    parsed.map_err(|fault| fault.locate(bytes))
}

type Parsed<T> = Result<T, Box<Fault>>;

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes_left: usize,
}

impl<'a> Parser<'a> {
    fn document(mut self, depth: usize) -> Parsed<Json> {
        self.skip_space();
        let value = self.value(depth)?;
        self.skip_space();
        if self.at < self.bytes.len() {
            Err(self.fault(Kind::TrailingBytes))
        } else {
            Ok(value)
        }
    }

    /// Reads the value that starts here; `depth` more levels may be opened.
    fn value(&mut self, depth: usize) -> Parsed<Json> {
        if self.nodes_left == 0 {
            return Err(self.fault(Kind::TooManyValues));
        }
        self.nodes_left -= 1;
        match self.peek() {
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(self.fault(Kind::ExpectedValue)),
            None => Err(self.fault(Kind::UnexpectedEnd)),
        }
    }

    fn array(&mut self, depth: usize) -> Parsed<Json> {
        let depth = self.open(depth)?;
        let mut items = Vec::new();
        if self.closes_at_once(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            self.skip_space();
            let item = self
                .value(depth)
                .map_err(|fault| fault_in(fault, Step::Index(items.len())))?;
            items.push(item);
            if !self.goes_on(b']')? {
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Parsed<Json> {
        let depth = self.open(depth)?;
        let mut entries = Vec::new();
        let mut key_offsets = Vec::new();
        if self.closes_at_once(b'}') {
            return Ok(Json::Object(Object::new()));
        }
        loop {
            self.skip_space();
            key_offsets.push(self.at);
            let key = self.key()?;
            let value = match self.value(depth) {
                Ok(value) => value,
                Err(fault) => return Err(fault_in(fault, Step::Key(key))),
            };
            entries.push((key, value));
            if !self.goes_on(b'}')? {
                return finish_object(entries, &key_offsets);
            }
        }
    }

    /// Reads a key, its colon and the space around it.
    fn key(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return Err(self.fault(Kind::ExpectedKey)),
            None => return Err(self.fault(Kind::UnexpectedEnd)),
        }
        let key = self.string()?;
        self.skip_space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(fault_in(self.fault(Kind::ExpectedColon), Step::Key(key))),
            None => return Err(fault_in(self.fault(Kind::UnexpectedEnd), Step::Key(key))),
        }
        self.skip_space();
        Ok(key)
    }

    /// Steps over an opening bracket; returns the levels left within it.
    fn open(&mut self, depth: usize) -> Parsed<usize> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.fault(Kind::TooDeep));
        };
        self.at += 1;
        Ok(depth)
    }

    fn closes_at_once(&mut self, close: u8) -> bool {
        self.skip_space();
        let closes = self.peek() == Some(close);
        self.at += usize::from(closes);
        closes
    }

    /// Steps over the comma (true) or the closing bracket (false) after an element.
    fn goes_on(&mut self, close: u8) -> Parsed<bool> {
        self.skip_space();
        let goes_on = match self.peek() {
            Some(b',') => true,
            Some(byte) if byte == close => false,
            Some(_) => return Err(self.fault(Kind::ExpectedCommaOrEnd)),
            None => return Err(self.fault(Kind::UnexpectedEnd)),
        };
        self.at += 1;
        Ok(goes_on)
    }

    fn number(&mut self) -> Parsed<Json> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(length) = number::length(rest) else {
            return Err(self.fault(Kind::InvalidNumber));
        };
        if matches!(
            rest.get(length),
            Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
        ) {
            return Err(self.fault(Kind::InvalidNumber));
        }
        let text = self.slice(self.at, self.at + length);
        self.at += length;
        Ok(Json::Number(Number::from_checked(text)))
    }

    fn word(&mut self, word: &str, value: Json) -> Parsed<Json> {
        if !self
            .bytes
            .get(self.at..)
            .unwrap_or_default()
            .starts_with(word.as_bytes())
        {
            return Err(self.fault(Kind::ExpectedValue));
        }
        self.at += word.len();
        Ok(value)
    }

    /// Reads the string whose opening quote is here.
    fn string(&mut self) -> Parsed<String> {
        self.at += 1;
        let plain = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(plain.to_owned());
        }
        let mut decoded = plain.to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => decoded.push(self.escape()?),
                Some(_) => return Err(self.fault(Kind::ControlCharacter)),
                None => return Err(self.fault(Kind::UnexpectedEnd)),
            }
            decoded.push_str(self.plain());
        }
    }

    /// Steps over characters that stand for themselves.
    fn plain(&mut self) -> &'a str {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
            .unwrap_or(rest.len());
        self.at += length;
        self.slice(start, self.at)
    }

    /// Reads the escape whose backslash is here.
    fn escape(&mut self) -> Parsed<char> {
        let start = self.at;
        let Some(letter) = self.bytes.get(start + 1) else {
            return Err(Fault::new(Kind::UnexpectedEnd, self.bytes.len()));
        };
        self.at += 2;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(start),
            _ => return Err(Fault::new(Kind::InvalidEscape, start)),
        })
    }

    /// Reads the digits of a `\u` escape that began at `start`, and its second half where it needs one.
    fn unicode(&mut self, start: usize) -> Parsed<char> {
        let code = match self.four_hex(start)? {
            0 => return Err(Fault::new(Kind::Nul, start)),
            high @ 0xD800..=0xDBFF => {
                if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                    return Err(Fault::new(Kind::LoneSurrogate, start));
                }
                self.at += 2;
                match self.four_hex(start)? {
                    low @ 0xDC00..=0xDFFF => 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00),
                    _ => return Err(Fault::new(Kind::LoneSurrogate, start)),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| Fault::new(Kind::LoneSurrogate, start))
    }

    fn four_hex(&mut self, start: usize) -> Parsed<u32> {
        let Some(digits) = self.bytes.get(self.at..self.at + 4) else {
            return Err(Fault::new(Kind::UnexpectedEnd, self.bytes.len()));
        };
        self.at += 4;
        digits
            .iter()
            .try_fold(0, |code, byte| match char::from(*byte).to_digit(16) {
                Some(digit) => Ok(code * 16 + digit),
                None => Err(Fault::new(Kind::InvalidEscape, start)),
            })
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn fault(&self, kind: Kind) -> Box<Fault> {
        Fault::new(kind, self.at)
    }
}

fn finish_object(entries: Vec<(String, Json)>, key_offsets: &[usize]) -> Parsed<Json> {
    let repeated = match Object::repeated_key(&entries) {
        None => return Ok(Json::Object(Object::from_unique(entries))),
        Some(position) => position,
    };
    let offset = key_offsets.get(repeated).copied().unwrap_or_default();
    let fault = Fault::new(Kind::DuplicateKey, offset);
    Err(match entries.into_iter().nth(repeated) {
        Some((key, _)) => fault_in(fault, Step::Key(key)),
        None => fault,
    })
}

#[cold]
fn fault_in(mut fault: Box<Fault>, step: Step) -> Box<Fault> {
    fault.steps.push(step);
    fault
}
