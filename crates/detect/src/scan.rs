//! Cuts normalised text into segments and tokens, as it becomes known.

use crate::SEGMENT_CHARS;
use crate::machine::{CUT_LOOKAHEAD, Source, TOKEN_CHARS};
use crate::term::{Term, Terms};
use crate::token::{Case, Shape, Token};

/// Segments longer than this end at the next white space.
const LONG: usize = SEGMENT_CHARS - 148;
/// Segments longer than this end at the next sentence.
const SENTENCES_AFTER: usize = 400;
/// A line shorter than this is an item of a list or a form, not one of a wrapped paragraph.
const WRAPPED_LINE: usize = 45;

/// Where a token lies in the original text, in reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Where a segment ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Byte of the buffer after it.
    pub(crate) at: usize,
    /// Reach of its text, the line break that ends it left out.
    pub(crate) reach: usize,
}

/// The current segment as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    /// First byte of the segment in the buffer.
    pub(crate) start: usize,
    /// Everything before this byte of the buffer is cut into tokens.
    pub(crate) at: usize,
    /// End of the segment, once known.
    pub(crate) end: Option<End>,
    /// The segment does not end before this reach.
    pub(crate) clear: usize,
    pub(crate) tokens: Vec<Token>,
    pub(crate) extents: Vec<Extent>,
    pub(crate) starts_line: bool,
    /// The segment goes on in the middle of a run: nothing stands between its first token and the segment before.
    pub(crate) glued: bool,
    /// The next segment will.
    glues: bool,
    /// Reach of the segment's start, once it has a token.
    start_reach: usize,
    /// First byte of the current line.
    line: usize,
    space: bool,
    new_line: bool,
}

impl Default for Scan {
    fn default() -> Scan {
        Scan {
            start: 0,
            at: 0,
            end: None,
            clear: 0,
            tokens: Vec::new(),
            extents: Vec::new(),
            starts_line: true,
            glued: false,
            glues: false,
            start_reach: 0,
            line: 0,
            space: true,
            new_line: true,
        }
    }
}

impl Scan {
    /// Cuts as much as can be decided, at most to the end of the segment.
    pub(crate) fn advance(&mut self, terms: &Terms, source: Source<'_>) {
        while self.end.is_none() {
            let Some(byte) = source.text.as_bytes().get(self.at).copied() else {
                self.clear = source.known.reach;
                self.end = source.last.then_some(End {
                    at: self.at,
                    reach: source.known.reach,
                });
                return;
            };
            let decided = match byte {
                b'\n' => self.line_break(source),
                b' ' | b'\t' | b'\r' | 0x0B | 0x0C => self.white_space(source),
                _ => self.token(terms, source, byte),
            };
            if !decided {
                return;
            }
        }
    }

    /// Starts the next segment where this one ended.
    pub(crate) fn next_segment(&mut self) {
        self.start = self.at;
        self.end = None;
        self.starts_line = self.new_line;
        self.glued = std::mem::take(&mut self.glues);
        self.tokens.clear();
        self.extents.clear();
        self.space = true;
    }

    /// Tells that the buffer lost its first `normal` bytes.
    pub(crate) fn drained(&mut self, normal: usize) {
        self.start -= normal;
        self.at -= normal;
        self.line = self.line.saturating_sub(normal);
        self.end = self.end.map(|end| End {
            at: end.at - normal,
            ..end
        });
    }

    fn line_break(&mut self, source: Source<'_>) -> bool {
        if self.tokens.is_empty() {
            self.pass_line_break();
            self.start = self.at;
            self.starts_line = true;
            return true;
        }
        let reach = source.map.start(self.at).reach;
        if !source.last && source.known.reach < reach + CUT_LOOKAHEAD {
            self.clear = reach;
            return false;
        }
        let soft = self.is_wrapped(source.text)
            && continues(ahead(source, self.at + 1, reach + CUT_LOOKAHEAD));
        self.pass_line_break();
        if soft && !self.is_long(reach) {
            self.clear = reach;
        } else {
            self.end = Some(End { at: self.at, reach });
        }
        true
    }

    fn pass_line_break(&mut self) {
        self.at += 1;
        self.line = self.at;
        self.space = true;
        self.new_line = true;
    }

    /// Returns true if the line so far looks like one of a wrapped paragraph.
    fn is_wrapped(&self, text: &str) -> bool {
        let line = text.get(self.line..self.at).unwrap_or_default().trim_end();
        let ends_open = line
            .bytes()
            .last()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b",-/&('\"".contains(&byte));
        line.len() >= WRAPPED_LINE && (ends_open || ends_in_abbreviation(line)) && !is_row(line)
    }

    fn white_space(&mut self, source: Source<'_>) -> bool {
        let reach = self.extents.last().map_or(0, |last| last.end);
        let length = self.length(reach);
        if length >= SENTENCES_AFTER && self.ends_sentence(source.text) {
            // One more character tells a sentence from an abbreviation.
            let Some(next) = source.text.as_bytes().get(self.at + 1) else {
                if source.last {
                    self.at += 1;
                } else {
                    self.clear = reach;
                }
                return source.last;
            };
            if next.is_ascii_uppercase() {
                self.cut_here(reach);
                return true;
            }
        }
        if length >= LONG {
            self.cut_here(reach);
            return true;
        }
        self.at += 1;
        self.space = true;
        if self.tokens.is_empty() {
            // Nothing of a segment stands before its first token, so that the buffer can be let go.
            self.start = self.at;
        }
        true
    }

    fn cut_here(&mut self, reach: usize) {
        self.end = Some(End { at: self.at, reach });
        self.space = true;
        self.new_line = false;
    }

    fn length(&self, reach: usize) -> usize {
        if self.tokens.is_empty() {
            0
        } else {
            reach.saturating_sub(self.start_reach)
        }
    }

    fn is_long(&self, reach: usize) -> bool {
        self.length(reach) >= LONG
    }

    /// Returns true if the text before is the end of a sentence: a stop after a word of four letters or more.
    fn ends_sentence(&self, text: &str) -> bool {
        let mut before = text
            .get(self.start..self.at)
            .unwrap_or_default()
            .bytes()
            .rev();
        if !before
            .next()
            .is_some_and(|byte| matches!(byte, b'.' | b'!' | b'?'))
        {
            return false;
        }
        before.take(4).filter(u8::is_ascii_lowercase).count() == 4
    }

    fn token(&mut self, terms: &Terms, source: Source<'_>, byte: u8) -> bool {
        let extent_start = source.map.start(self.at).reach;
        if self.tokens.is_empty() {
            self.start_reach = extent_start;
        }
        if self.length(extent_start) >= SEGMENT_CHARS - TOKEN_CHARS {
            self.glues = !self.space;
            self.cut_here(extent_start);
            return true;
        }
        let bytes = source.text.as_bytes();
        let len = run_length(source.text, self.at, byte);
        if len == 0 {
            let len = source
                .text
                .get(self.at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8);
            let extent_end = source.map.end(self.at + len).reach;
            self.push(
                Token::sign(byte),
                len,
                Extent {
                    start: extent_start,
                    end: extent_end,
                },
            );
            return true;
        }
        let mut end = self.at + len;
        let mut extent_end = source.map.end(end).reach;
        if extent_end > extent_start + TOKEN_CHARS {
            end = self.cut_token(source, extent_start, end);
            extent_end = source.map.end(end).reach;
        } else if end == bytes.len()
            && !source.last
            && source.known.reach < extent_start + TOKEN_CHARS
        {
            self.clear = source.known.reach;
            return false;
        }
        let word = bytes.get(self.at..end).unwrap_or_default();
        let mut token = Token::of(word);
        if token.shape != Shape::Number {
            token.term = terms.of(word);
        }
        self.push(
            token,
            end - self.at,
            Extent {
                start: extent_start,
                end: extent_end,
            },
        );
        true
    }

    /// Returns the end of the longest piece of the run that has at most [`TOKEN_CHARS`] characters, and one at least.
    fn cut_token(&self, source: Source<'_>, extent_start: usize, end: usize) -> usize {
        let run = source.text.get(self.at..end).unwrap_or_default();
        let ends = run
            .char_indices()
            .map(|(index, c)| self.at + index + c.len_utf8());
        let fits = ends
            .take_while(|end| source.map.end(*end).reach <= extent_start + TOKEN_CHARS)
            .last();
        fits.unwrap_or_else(|| self.at + run.chars().next().map_or(1, char::len_utf8))
    }

    fn push(&mut self, token: Token, len: usize, extent: Extent) {
        let (from, to) = (self.at, self.at + len);
        let start = from - self.start;
        let line_start = self.new_line;
        self.tokens.push(Token {
            start,
            end: start + len,
            space_before: self.space,
            line_start,
            ..token
        });
        self.extents.push(extent);
        self.at = to;
        self.space = false;
        self.new_line = false;
        self.clear = extent.end;
    }
}

/// Returns true if a line looks like a row of a table.
fn is_row(line: &str) -> bool {
    let bytes = line.as_bytes();
    let tight = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [b',' | b';', next] if *next != b' '))
        .count();
    tight >= 2 || bytes.iter().any(|byte| matches!(byte, b'|' | b'\t'))
}

/// Returns the text from `from` whose characters all end before `limit`.
fn ahead(source: Source<'_>, from: usize, limit: usize) -> &str {
    let rest = source.text.get(from..).unwrap_or_default();
    let ends = rest.char_indices().map(|(index, c)| index + c.len_utf8());
    let end = ends
        .take_while(|end| source.map.end(from + end).reach <= limit)
        .last()
        .unwrap_or(0);
    rest.get(..end).unwrap_or_default()
}

/// Returns true if a line that starts with `next` goes on with the sentence of the line before.
fn continues(next: &str) -> bool {
    let text = next.trim_start_matches([' ', '\t']);
    if next.len() - text.len() > 3 || text.contains([':', '|', '\t', '\n', '=']) {
        return false;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let list_item = digits > 0
        && matches!(text.as_bytes().get(digits), Some(b'.' | b')'))
        && text
            .as_bytes()
            .get(digits + 1)
            .is_none_or(u8::is_ascii_whitespace);
    text.bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'(')
        && !list_item
}

/// Returns true if the line ends in a title or another short word with a stop, as in `seen by Dr.`.
fn ends_in_abbreviation(line: &str) -> bool {
    let Some(stem) = line.strip_suffix('.') else {
        return false;
    };
    let word = stem
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphabetic)
        .count();
    (1..=3).contains(&word)
        && stem
            .bytes()
            .rev()
            .nth(word - 1)
            .is_some_and(|byte| byte.is_ascii_uppercase())
}

/// Returns the length of the run of letters and digits at `at`, 0 if there is none. Looks no further than a token
/// can go: one character of the original becomes four bytes at most.
fn run_length(text: &str, at: usize, first: u8) -> usize {
    const MOST: usize = 4 * TOKEN_CHARS + 4;
    let rest = text.get(at..).unwrap_or_default();
    let ascii = rest
        .bytes()
        .take(MOST)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let next = rest.as_bytes().get(ascii).copied().unwrap_or(0);
    if next < 0x80 && first < 0x80 {
        return ascii;
    }
    rest.chars()
        .take(MOST)
        .take_while(|c| c.is_alphanumeric())
        .map(char::len_utf8)
        .sum()
}

impl Token {
    fn sign(first: u8) -> Token {
        Token::blank(Shape::Sign, Case::None, first)
    }

    fn blank(shape: Shape, case: Case, first: u8) -> Token {
        Token {
            start: 0,
            end: 0,
            shape,
            case,
            space_before: false,
            line_start: false,
            first,
            term: Term::NONE,
        }
    }

    /// Describes a run of letters and digits.
    fn of(word: &[u8]) -> Token {
        let first = word.first().copied().unwrap_or(0);
        let (mut digits, mut lower, mut upper) = (0, 0, 0);
        for byte in word {
            digits += usize::from(byte.is_ascii_digit());
            lower += usize::from(byte.is_ascii_lowercase());
            upper += usize::from(byte.is_ascii_uppercase());
        }
        let shape = match digits {
            0 => Shape::Word,
            _ if digits == word.len() => Shape::Number,
            _ => Shape::Mixed,
        };
        let case = match (upper, lower) {
            (0, 0) => Case::None,
            (0, _) => Case::Lower,
            (1, _) if first.is_ascii_uppercase() => Case::Title,
            (_, 0) => Case::Upper,
            _ => Case::Mixed,
        };
        Token::blank(shape, case, first)
    }
}
