//! Brings text into the plain form the recognisers read, and remembers where each byte came from.
//!
//! Decoded are percent-encoding, JSON and HTML escapes and quoted-printable; folded are full-width, accented and
//! look-alike characters, digits of other scripts and typographic signs; dropped are zero-width characters, soft
//! hyphens, control characters and the sequences terminals act on. Text without any of it ([`is_plain`]) is used as it is and costs one scan.
//!
//! Incremental by construction: what stands at a place is decided from the [`LOOKAHEAD`] characters that follow and
//! from state made of what went before. With fewer at hand (and more to come) the normaliser waits.

mod control;
mod decode;
mod fold;
mod map;

pub(crate) use map::{Map, Place};

use control::{Control, Shown};
use decode::Escape;
use fold::Fold;

use crate::machine::Source;

/// Characters an escape or a look-alike may look ahead: the longest escapes, a surrogate pair and four percent-encoded
/// bytes, have twelve.
pub(crate) const LOOKAHEAD: usize = 12;

/// Returns true if `text` is its own normalised form.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| !is_trigger(byte))
}

/// The bytes at which something may have to be decided: a table, for every byte of every text is asked for.
const TRIGGERS: [bool; 256] = {
    let mut triggers = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            reason = "counted below the length; a constant"
        )]
        {
            triggers[byte] = byte >= 0x7F
                || matches!(byte as u8, b'%' | b'&' | b'\\' | b'=' | 0..=8 | 0x0E..=0x1F);
        }
        byte += 1;
    }
    triggers
};

fn is_trigger(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "one place for every byte")]
    TRIGGERS[usize::from(byte)]
}

/// Normalised text so far and the map back.
#[derive(Clone, Debug, Default)]
struct Normalised {
    text: String,
    map: Map,
    /// What of the original has been taken in.
    known: Place,
}

/// The state of normalisation between two pieces of text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Normaliser {
    out: Normalised,
    /// The map says that kept bytes follow (or nothing was replaced yet).
    parted: bool,
    quoted_printable: bool,
    /// A drive letter or share was seen and no white space since: backslashes separate folders.
    path: bool,
    after_escape: bool,
    control: Control,
}

impl Normaliser {
    /// Returns what is normalised so far; `last` says that no more follows.
    pub(crate) fn source(&self, last: bool) -> Source<'_> {
        Source {
            text: &self.out.text,
            map: &self.out.map,
            known: self.out.known,
            last,
        }
    }

    /// Takes in as much of `raw` as can be decided and returns how many bytes that is; all of it if it is the `last`.
    pub(crate) fn take(&mut self, raw: &str, last: bool) -> usize {
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let plain = match self.control {
                Control::None => rest.bytes().position(is_trigger).unwrap_or(rest.len()),
                _ => 0,
            };
            if plain > 0 {
                self.keep(rest.get(..plain).unwrap_or_default());
                at += plain;
                continue;
            }
            let Some(ahead) = ahead(rest, last) else {
                break;
            };
            at += self.decide(ahead);
        }
        at
    }

    /// Forgets normalised text before `normal`, which must be a place that was decided on.
    pub(crate) fn drain(&mut self, normal: usize) {
        if normal == self.out.text.len() {
            self.out.map = Map::default();
            self.parted = true;
        } else {
            self.out.map.drain(normal);
        }
        self.out.text.drain(..normal);
    }

    /// Decides what stands at the start of `ahead` and returns how many bytes that settles.
    fn decide(&mut self, ahead: &str) -> usize {
        let Some(first) = ahead.chars().next() else {
            return 0;
        };
        if let Some((len, control)) = std::mem::take(&mut self.control).next(ahead) {
            self.control = control;
            return self.dropped(ahead, len);
        }
        match self.escape(first, ahead) {
            Escape::None if first.is_control() => self.controlled(ahead, first.len_utf8(), first),
            Escape::Char { len, is } if is.is_control() => self.controlled(ahead, len, is),
            Escape::None if first.is_ascii() => self.kept(first),
            Escape::None => self.folded(first, first.len_utf8(), ahead),
            Escape::Nothing { len } => self.dropped(ahead, len),
            Escape::Char { len, is } => self.decoded(ahead, len, is),
        }
    }

    fn escape(&mut self, first: char, ahead: &str) -> Escape {
        let before = self.out.text.as_bytes().last().copied().unwrap_or(0);
        match first {
            '%' => decode::percent(ahead, before, self.after_escape),
            '\\' => {
                self.path |= before == b':' && self.drive_letter();
                if self.path {
                    Escape::None
                } else {
                    decode::json(ahead)
                }
            }
            '&' => decode::html(ahead),
            // A rule of equals signs before a line end is a heading, not a soft break.
            '=' if before == b'=' => Escape::None,
            '=' => {
                let escape = decode::quoted_printable(ahead, self.quoted_printable);
                self.quoted_printable |= escape != Escape::None;
                escape
            }
            _ => Escape::None,
        }
    }

    /// Returns true if the text ends in a single letter and a colon, as in `C:`.
    fn drive_letter(&self) -> bool {
        let mut before = self.out.text.bytes().rev().skip(1);
        before.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && before
                .next()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }

    fn kept(&mut self, first: char) -> usize {
        let mut buffer = [0; 4];
        let text = first.encode_utf8(&mut buffer);
        let len = text.len();
        self.keep(text);
        len
    }

    fn dropped(&mut self, ahead: &str, len: usize) -> usize {
        self.replace(ahead.get(..len).unwrap_or(ahead), "");
        len
    }

    /// Takes a control character, which the first `len` bytes are or stand for.
    fn controlled(&mut self, ahead: &str, len: usize, is: char) -> usize {
        let (raw, after) = ahead.split_at_checked(len).unwrap_or((ahead, ""));
        let mut buffer = [0; 4];
        match is {
            '\u{1B}' => self.control = Control::Escape,
            '\u{9B}' => self.control = Control::Bracket,
            _ => {}
        }
        match control::shown(is) {
            _ if !is.is_ascii() => self.write_folded(is, raw, after),
            Shown::Nothing => self.replace(raw, ""),
            Shown::Separator if self.parts_words(after) => self.replace(raw, " "),
            Shown::Separator => self.replace(raw, ""),
            Shown::Same => self.replace(raw, is.encode_utf8(&mut buffer)),
        }
        self.after_escape = len > is.len_utf8();
        len
    }

    /// Returns true between two words, and not inside a number.
    fn parts_words(&self, after: &str) -> bool {
        let (before, next) = (self.out.text.bytes().last(), after.bytes().next());
        let (Some(before), Some(next)) = (before, next) else {
            return false;
        };
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
        word(before) && word(next) && !(before.is_ascii_digit() && next.is_ascii_digit())
    }

    fn decoded(&mut self, ahead: &str, len: usize, is: char) -> usize {
        let mut buffer = [0; 4];
        let escaped = ahead.get(..len).unwrap_or(ahead);
        if is.is_ascii() {
            self.replace(escaped, is.encode_utf8(&mut buffer));
        } else {
            let after = ahead.get(len..).unwrap_or_default();
            self.write_folded(is, escaped, after);
        }
        self.after_escape = true;
        len
    }

    fn folded(&mut self, first: char, len: usize, ahead: &str) -> usize {
        let (one, after) = ahead.split_at_checked(len).unwrap_or((ahead, ""));
        self.write_folded(first, one, after);
        len
    }

    fn write_folded(&mut self, is: char, stands_in: &str, after: &str) {
        let mut buffer = [0; 4];
        match fold::fold(is) {
            Fold::Remove => self.replace(stands_in, ""),
            Fold::One(byte) => self.replace(stands_in, char::from(byte).encode_utf8(&mut buffer)),
            Fold::Few(bytes) => {
                let used = bytes.iter().take_while(|byte| **byte != 0).count();
                let text = bytes
                    .get(..used)
                    .and_then(|used| std::str::from_utf8(used).ok());
                self.replace(stands_in, text.unwrap_or_default());
            }
            Fold::LooksLike(byte) if self.in_latin_word(after) => {
                self.replace(stands_in, char::from(byte).encode_utf8(&mut buffer));
            }
            Fold::Keep | Fold::LooksLike(_) => {
                let text: &str = is.encode_utf8(&mut buffer);
                if text == stands_in {
                    self.keep(text)
                } else {
                    self.replace(stands_in, text)
                }
            }
        }
    }

    /// Returns true if the letter before is Latin, or the letters after lead to one.
    fn in_latin_word(&self, after: &str) -> bool {
        if self
            .out
            .text
            .bytes()
            .last()
            .is_some_and(|byte| byte.is_ascii_alphabetic())
        {
            return true;
        }
        let next = after
            .chars()
            .find(|c| !matches!(fold::fold(*c), Fold::LooksLike(_) | Fold::Remove) || c.is_ascii());
        next.is_some_and(|c| c.is_ascii_alphabetic())
    }

    fn keep(&mut self, text: &str) {
        if self.parted {
            self.out.map.same(self.out.text.len(), self.out.known);
            self.parted = false;
        }
        self.out.text.push_str(text);
        self.out.known.raw += text.len();
        self.out.known.reach += text.len();
        self.after_escape = false;
        self.path &= !text
            .bytes()
            .any(|byte| byte.is_ascii_whitespace() || byte == b'"');
    }

    fn replace(&mut self, raw: &str, text: &str) {
        let extent = Place {
            raw: raw.len(),
            reach: raw.chars().count(),
        };
        self.out
            .map
            .replaced(self.out.text.len(), self.out.known, extent);
        self.out.text.push_str(text);
        self.out.known.raw += extent.raw;
        self.out.known.reach += extent.reach;
        self.parted = true;
        self.after_escape = false;
    }
}

/// Returns what a decision may see: the next characters and no more, or `None` if they are not all there yet.
fn ahead(rest: &str, last: bool) -> Option<&str> {
    match rest.char_indices().nth(LOOKAHEAD) {
        Some((end, _)) => rest.get(..end),
        None if last || rest.chars().count() == LOOKAHEAD => Some(rest),
        None => None,
    }
}

#[cfg(test)]
mod tests;
