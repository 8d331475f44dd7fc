//! Choices under a key: the same patient, purpose and value always give the same.

use covenant_seal::HashKey;

/// The domain of the keyed hash stand-ins are taken from.
const DOMAIN: &str = "file-surrogate";

/// A key within a patient.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'a> {
    key: &'a HashKey,
    patient: &'a str,
}

impl<'a> Keyed<'a> {
    pub(super) fn new(key: &'a HashKey, patient: &'a str) -> Keyed<'a> {
        Keyed { key, patient }
    }

    /// Starts a stream of choices for a value.
    pub(super) fn choices(&self, purpose: &'a str, value: &str) -> Choices<'a> {
        Choices {
            keyed: *self,
            purpose,
            value: value.to_owned(),
            block: 0,
            left: Vec::new(),
        }
    }
}

/// A stream of choices.
pub(super) struct Choices<'a> {
    keyed: Keyed<'a>,
    purpose: &'a str,
    value: String,
    block: u32,
    left: Vec<u8>,
}

impl Choices<'_> {
    /// Chooses a number below `count` (which is at most 65,536).
    pub(super) fn below(&mut self, count: usize) -> usize {
        let wide = usize::from(self.byte()) << 24
            | usize::from(self.byte()) << 16
            | usize::from(self.byte()) << 8;
        (wide | usize::from(self.byte())) % count.max(1)
    }

    /// Chooses one of a list.
    pub(super) fn one<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).copied()
    }

    /// Chooses a digit.
    pub(super) fn digit(&mut self) -> char {
        u32::try_from(self.below(10))
            .ok()
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or('7')
    }

    fn byte(&mut self) -> u8 {
        if let Some(byte) = self.left.pop() {
            return byte;
        }
        let parts: [&[u8]; 4] = [
            self.keyed.patient.as_bytes(),
            self.purpose.as_bytes(),
            self.value.as_bytes(),
            &self.block.to_be_bytes(),
        ];
        self.left = self.keyed.key.hash(DOMAIN, &parts).to_vec();
        self.block += 1;
        self.left.pop().unwrap_or_default()
    }
}

/// Letters a scrambled letter is chosen from: no vowels, so that no words arise.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Returns a text of the same shape: a digit for each digit (never 0 for a first that is not), a letter of the same
/// case for each letter, everything else as it is; and never the value itself where it has a letter or digit.
pub(super) fn scramble(value: &str, choices: &mut Choices<'_>) -> String {
    for _ in 0..8 {
        let scrambled: String = value
            .chars()
            .map(|char| scramble_char(char, choices))
            .collect();
        if scrambled != value {
            return scrambled;
        }
    }
    value
        .chars()
        .map(|char| if char.is_alphanumeric() { 'X' } else { char })
        .collect()
}

fn scramble_char(char: char, choices: &mut Choices<'_>) -> char {
    if char == '0' {
        return choices.digit();
    }
    if char.is_numeric() {
        return char::from_digit(1 + u32::try_from(choices.below(9)).unwrap_or(0), 10)
            .unwrap_or('7');
    }
    if !char.is_alphabetic() {
        return char;
    }
    let letter = char::from(choices.one(LETTERS).unwrap_or(b'X'));
    if char.is_uppercase() {
        letter
    } else {
        letter.to_ascii_lowercase()
    }
}
