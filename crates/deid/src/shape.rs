//! What looks like a token: the one grammar that both the restorer and the screener go by.
//!
//! Models change what they repeat. The grammar takes a token in any case, with or without its brackets, with its
//! underscores escaped (`\_`), dropped or turned into spaces or hyphens, with its brackets escaped (`\[`, `&#91;`),
//! and with a possessive or plural ending. The screener replaces text of the caller that fits it, so that no text
//! of the caller is ever taken for a token; both use this module, so neither can know a shape the other does not.
//!
//! Brackets are part of a token only in pairs of one spelling. The second character of a check is a letter, which
//! keeps `phone 734-9976` and `MRN 46739` from looking like tokens.

use crate::tokens::{CHECK_ALPHABET, CHECK_CHARS, Word};

/// The longest text, in characters, that is still a token: `&lbrack; HEALTH\_\_PLAN` and so on.
pub(crate) const LONGEST_CHARS: usize = 64;
/// The most digits of an ordinal.
const ORDINAL_DIGITS: usize = 7;
/// The most characters that may stand where one underscore stood.
const SEPARATOR_UNITS: usize = 2;

/// A text that looks like a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Its length in characters, brackets and ending included.
    pub(crate) chars: usize,
    /// What its first part says.
    pub(crate) word: Word,
    /// The token as it is issued.
    pub(crate) token: String,
    /// An ending within the brackets that stands after the restored value: `'s`.
    pub(crate) ending: String,
}

/// Why there is no token here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What stands here is no token, whatever follows.
    No,
    /// What stands here may be the start of a token.
    More,
}

/// Returns how many bytes at the start of `text` no token can start with; `before` is the character in front. A
/// quick test before [`at`].
pub(crate) fn plain_prefix(text: &str, before: Option<char>) -> usize {
    let bytes = text.as_bytes();
    let mut in_word = before.is_some_and(|before| before.is_ascii_alphanumeric());
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'[' | b'\\' | b'&' => return at,
            _ if byte.is_ascii_alphabetic()
                && !in_word
                && starts_word(*byte, bytes.get(at + 1)) =>
            {
                return at;
            }
            _ => in_word = byte.is_ascii_alphanumeric(),
        }
    }
    bytes.len()
}

/// Tells whether a class begins with these letters; the second may not be known yet.
fn starts_word(first: u8, second: Option<&u8>) -> bool {
    let seconds: &[u8] = match first.to_ascii_uppercase() {
        b'A' => b"CG",
        b'B' | b'L' => b"IO",
        b'D' => b"AE",
        b'E' => b"M",
        b'F' | b'N' => b"A",
        b'H' | b'T' | b'V' => b"E",
        b'I' => b"P",
        b'M' | b'U' => b"R",
        b'O' => b"RT",
        b'P' => b"H",
        b'S' => b"S",
        _ => return false,
    };
    // What is not a letter is the start of an escape at most.
    second.is_none_or(|second| seconds.contains(&second.to_ascii_uppercase()) || *second == b'\\')
}

/// Reads the token that starts with the first of `chars`; `before` is the character in front. Where `open_ended`,
/// more characters may follow the last of `chars`.
pub(crate) fn at(
    before: Option<char>,
    chars: impl Iterator<Item = char> + Clone,
    open_ended: bool,
) -> Result<Shape, Stop> {
    let mut reader = Reader {
        rest: chars,
        taken: 0,
        open_ended,
    };
    let bracket = reader.opening()?;
    if bracket == Bracket::None && before.is_some_and(|before| before.is_ascii_alphanumeric()) {
        return Err(Stop::No);
    }
    if bracket != Bracket::None {
        reader.optional(' ')?;
    }
    let word = reader.word()?;
    let (ordinal, check) = reader.number_and_check()?;
    let ending = if bracket == Bracket::None {
        String::new()
    } else {
        reader.ending()?
    };
    if bracket != Bracket::None {
        reader.optional(' ')?;
        reader.literal(bracket.close())?;
    }
    if reader.taken > LONGEST_CHARS {
        return Err(Stop::No);
    }
    Ok(Shape {
        chars: reader.taken,
        word,
        token: format!("[{}_{ordinal}_{check}]", word.as_str()),
        ending,
    })
}

/// How a token's brackets are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    None,
    Plain,
    Escaped,
    Decimal,
    Hexadecimal,
    Named,
    Short,
}

impl Bracket {
    const WRITTEN: [(Bracket, &'static str, &'static str); 6] = [
        (Bracket::Plain, "[", "]"),
        (Bracket::Escaped, "\\[", "\\]"),
        (Bracket::Decimal, "&#91;", "&#93;"),
        (Bracket::Hexadecimal, "&#x5b;", "&#x5d;"),
        (Bracket::Named, "&lbrack;", "&rbrack;"),
        (Bracket::Short, "&lsqb;", "&rsqb;"),
    ];

    fn close(self) -> &'static str {
        Bracket::WRITTEN
            .iter()
            .find(|(bracket, ..)| *bracket == self)
            .map_or("", |(.., close)| close)
    }
}

/// Endings a model puts on a name, as they are written within brackets.
const ENDINGS: [&str; 4] = ["'s", "’s", "\\'s", "&#39;s"];

#[derive(Clone)]
struct Reader<I> {
    rest: I,
    taken: usize,
    open_ended: bool,
}

impl<I: Iterator<Item = char> + Clone> Reader<I> {
    /// Looks at the next character; `None` at the end of the text.
    fn peek(&self) -> Result<Option<char>, Stop> {
        match self.rest.clone().next() {
            None if self.open_ended => Err(Stop::More),
            next => Ok(next),
        }
    }

    fn step(&mut self) {
        self.rest.next();
        self.taken += 1;
    }

    /// Steps over the text where it stands here, whatever the case.
    fn literal(&mut self, text: &str) -> Result<(), Stop> {
        for expected in text.chars() {
            match self.peek()? {
                Some(char) if char.eq_ignore_ascii_case(&expected) => self.step(),
                _ => return Err(Stop::No),
            }
        }
        Ok(())
    }

    /// Steps over the first of `choices` that stands here and returns it. One that may yet come is waited for.
    fn choice<T: Copy>(
        &mut self,
        choices: impl Iterator<Item = (T, &'static str)>,
    ) -> Result<Option<T>, Stop> {
        let mut may_come = false;
        for (choice, text) in choices {
            let mut ahead = self.clone();
            match ahead.literal(text) {
                Ok(()) => {
                    *self = ahead;
                    return Ok(Some(choice));
                }
                Err(Stop::More) => may_come = true,
                Err(Stop::No) => {}
            }
        }
        if may_come { Err(Stop::More) } else { Ok(None) }
    }

    fn opening(&mut self) -> Result<Bracket, Stop> {
        if self.peek()?.is_some_and(|char| char.is_ascii_alphabetic()) {
            return Ok(Bracket::None);
        }
        let written = Bracket::WRITTEN
            .iter()
            .map(|(bracket, open, _)| (*bracket, *open));
        self.choice(written)?.ok_or(Stop::No)
    }

    fn optional(&mut self, char: char) -> Result<(), Stop> {
        if self.peek()? == Some(char) {
            self.step();
        }
        Ok(())
    }

    /// Steps over the class; its own underscore may be written in any way.
    fn word(&mut self) -> Result<Word, Stop> {
        let mut may_come = false;
        let first = self.peek()?.ok_or(Stop::No)?.to_ascii_uppercase();
        for word in Word::all().filter(|word| word.as_str().starts_with(first)) {
            let mut ahead = self.clone();
            match ahead.word_parts(word.as_str()) {
                Ok(()) => {
                    *self = ahead;
                    return Ok(word);
                }
                Err(Stop::More) => may_come = true,
                Err(Stop::No) => {}
            }
        }
        Err(if may_come { Stop::More } else { Stop::No })
    }

    fn word_parts(&mut self, word: &'static str) -> Result<(), Stop> {
        for (position, part) in word.split('_').enumerate() {
            if position > 0 {
                self.separators()?;
            }
            self.literal(part)?;
        }
        Ok(())
    }

    /// Steps over what stands where an underscore stood; returns whether there is anything.
    fn separators(&mut self) -> Result<bool, Stop> {
        let before = self.taken;
        for _ in 0..SEPARATOR_UNITS {
            match self.peek()? {
                Some(
                    '_' | '-' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2010}' | '\u{2011}' | '\u{2013}',
                ) => self.step(),
                Some('\\') => {
                    let mut ahead = self.clone();
                    ahead.step();
                    if !matches!(ahead.peek()?, Some('_' | '-')) {
                        break;
                    }
                    ahead.step();
                    *self = ahead;
                }
                _ => break,
            }
        }
        Ok(self.taken > before)
    }

    /// Reads ordinal and check: apart (`1_7KQ4`) or run together (`17KQ4`).
    fn number_and_check(&mut self) -> Result<(u32, String), Stop> {
        self.separators()?;
        let mut apart = self.clone();
        let digits = apart.digits(ORDINAL_DIGITS)?;
        if !digits.is_empty() && apart.separators()? {
            let check = apart.check()?;
            *self = apart;
            return Ok((ordinal(&digits)?, check));
        }
        // A check holds a letter, so within letters and digits only one place can be where it begins.
        let mut may_come = false;
        for count in 1..=digits.len() {
            let mut together = self.clone();
            let read = together
                .digits(count)
                .and_then(|digits| Ok((ordinal(&digits)?, together.check()?)));
            match read {
                Ok(read) => {
                    *self = together;
                    return Ok(read);
                }
                Err(Stop::More) => may_come = true,
                Err(Stop::No) => {}
            }
        }
        Err(if may_come { Stop::More } else { Stop::No })
    }

    fn digits(&mut self, most: usize) -> Result<String, Stop> {
        let mut digits = String::new();
        while digits.len() < most {
            match self.peek()? {
                Some(char) if char.is_ascii_digit() => digits.push(char),
                _ => break,
            }
            self.step();
        }
        Ok(digits)
    }

    /// Reads a check after which no letter or digit follows but a plural `s`.
    fn check(&mut self) -> Result<String, Stop> {
        let mut check = String::new();
        for position in 0..CHECK_CHARS {
            let char = self.peek()?.ok_or(Stop::No)?.to_ascii_uppercase();
            if !is_check_char(position, char) {
                return Err(Stop::No);
            }
            check.push(char);
            self.step();
        }
        let mut ahead = self.clone();
        if matches!(ahead.peek()?, Some('s' | 'S')) {
            ahead.step();
        }
        match ahead.peek()? {
            Some(char) if char.is_ascii_alphanumeric() => Err(Stop::No),
            _ => Ok(check),
        }
    }

    /// Reads a possessive or plural ending.
    fn ending(&mut self) -> Result<String, Stop> {
        if let Some(char @ ('s' | 'S')) = self.peek()? {
            self.step();
            return Ok(char.to_string());
        }
        let ending = self.choice(ENDINGS.iter().map(|ending| (*ending, *ending)))?;
        Ok(ending.unwrap_or_default().to_owned())
    }
}

/// Tells whether a character may stand at this position of a check: the second is a letter.
fn is_check_char(position: usize, char: char) -> bool {
    let known = u8::try_from(char).is_ok_and(|byte| CHECK_ALPHABET.contains(&byte));
    known && (position != 1 || char.is_ascii_alphabetic())
}

fn ordinal(digits: &str) -> Result<u32, Stop> {
    digits.parse().map_err(|_| Stop::No)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn whole(text: &str) -> Option<(String, String)> {
        let shape = at(None, text.chars(), false).ok()?;
        (shape.chars == text.chars().count()).then_some((shape.token, shape.ending))
    }

    #[test]
    fn a_token_is_known_in_every_spelling_models_give_it() {
        let spellings = [
            "[NAME_1_7KQ4]",
            "NAME_1_7KQ4",
            "name_1_7kq4",
            "[name 1 7kq4]",
            "NAME 1 7KQ4",
            "NAME-1-7KQ4",
            "NAME17KQ4",
            "[NAME17KQ4]",
            "NAME_17KQ4",
            "NAME1_7KQ4",
            "\\[NAME\\_1\\_7KQ4\\]",
            "NAME\\_1\\_7KQ4",
            "[NAME\\_1\\_7KQ4]",
            "&#91;NAME_1_7KQ4&#93;",
            "&lbrack;NAME_1_7KQ4&rbrack;",
            "&#x5B;NAME_1_7KQ4&#x5D;",
            "&lsqb;Name_1_7Kq4&rsqb;",
            "[ NAME_1_7KQ4 ]",
            "NAME\u{2011}1\u{2011}7KQ4",
            "NAME\u{a0}1\u{a0}7KQ4",
            "NAME__1__7KQ4",
            "[NAME_01_7KQ4]",
        ];
        for spelling in spellings {
            assert_eq!(
                whole(spelling),
                Some(("[NAME_1_7KQ4]".to_owned(), String::new())),
                "{spelling}"
            );
        }
        for spelling in [
            "[HEALTH_PLAN_12_7KQ4]",
            "health plan 12 7kq4",
            "HEALTHPLAN127KQ4",
            "HEALTH\\_PLAN\\_12\\_7KQ4",
        ] {
            assert_eq!(
                whole(spelling).unwrap().0,
                "[HEALTH_PLAN_12_7KQ4]",
                "{spelling}"
            );
        }
        for (spelling, ending) in [
            ("[NAME_1_7KQ4's]", "'s"),
            ("[NAME_1_7KQ4s]", "s"),
            ("\\[NAME_1_7KQ4’s\\]", "’s"),
        ] {
            assert_eq!(
                whole(spelling),
                Some(("[NAME_1_7KQ4]".to_owned(), ending.to_owned())),
                "{spelling}"
            );
        }
    }

    #[test]
    fn ordinary_text_is_no_token() {
        let ordinary = [
            "name",
            "NAME_1",
            "[NAME]",
            "phone 734-9976",
            "MRN 46739",
            "NAME_1_7KQ4C",
            "NAME_1_7KQ",
            "NAME_1_0KQ4",
            "NAME_7KQ4",
            "SURNAME_1_7KQ4",
            "[NAME_12345678_7KQ4]",
            "Date 3 March",
            "[NAME 1 of 4]",
            "&#91;x",
            "\\n",
        ];
        for text in ordinary {
            assert_eq!(at(None, text.chars(), false), Err(Stop::No), "{text}");
        }
        assert_eq!(at(Some('x'), "NAME_1_7KQ4".chars(), false), Err(Stop::No));
    }

    #[test]
    fn brackets_belong_to_a_token_only_in_pairs() {
        for text in [
            "[NAME_1_7KQ4",
            "\\[NAME_1_7KQ4]",
            "[NAME_1_7KQ4\\]",
            "&#91;NAME_1_7KQ4]",
            "[NAME_1_7KQ4, x]",
        ] {
            assert_eq!(at(None, text.chars(), false), Err(Stop::No), "{text}");
        }
        assert_eq!(at(None, "NAME_1_7KQ4]".chars(), false).unwrap().chars, 11);
        assert_eq!(at(None, "NAME_1_7KQ4s]".chars(), false).unwrap().chars, 11);
    }

    #[test]
    fn the_start_of_a_token_is_waited_for_and_nothing_else() {
        for start in [
            "[",
            "\\",
            "&",
            "&#9",
            "N",
            "[NAM",
            "NAME_1_7K",
            "NAME_1_7KQ4",
            "NAME_1_7KQ4s",
            "[OTHER_",
            "HEALTH PL",
        ] {
            assert_eq!(at(None, start.chars(), true), Err(Stop::More), "{start}");
        }
        for other in [
            "[X",
            "&a",
            "\\n",
            "NO",
            "[NAME_x",
            "NAME is",
            "[NAME_1_7KQ4x",
        ] {
            assert_eq!(at(None, other.chars(), true), Err(Stop::No), "{other}");
        }
    }

    #[test]
    fn no_class_is_passed_over_by_the_quick_test() {
        for word in Word::all() {
            let text = format!("é. {}_1_7KQ4", word.as_str().to_lowercase());
            assert_eq!(plain_prefix(&text, None), 4, "{text}");
            assert_eq!(plain_prefix(word.as_str().get(..1).unwrap(), None), 0);
        }
        assert_eq!(plain_prefix("surname or nickname", None), 8);
        assert_eq!(plain_prefix("name", Some('x')), 4);
        assert_eq!(plain_prefix("it was a cold way", None), 17);
    }

    #[test]
    fn no_token_is_longer_than_the_bound() {
        let longest = "&lbrack; HEALTH\\_\\_PLAN\\_\\_1234567\\_\\_7KQ4&#39;s &rbrack;";
        assert_eq!(whole(longest).unwrap().0, "[HEALTH_PLAN_1234567_7KQ4]");
        assert!(longest.chars().count() <= LONGEST_CHARS);
    }
}
