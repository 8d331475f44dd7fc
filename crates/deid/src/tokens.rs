//! The numbered tokens of one request.

use std::collections::HashMap;
use std::sync::Arc;

use covenant_detect::Class;
use covenant_seal::{HashKey, Zeroizing};
use zeroize::Zeroize;

use crate::TokenMap;
use crate::words::fold_into;

/// The characters of a check: no vowels (no words), none that is taken for another.
pub(crate) const CHECK_ALPHABET: &[u8; 21] = b"34679CDFGHJKMNPQRTWXY";
/// Those of them that are letters; the second character of a check is one.
const CHECK_LETTERS: &[u8] = b"CDFGHJKMNPQRTWXY";
/// The length of a check.
pub(crate) const CHECK_CHARS: usize = 4;
/// The domain of the keyed hash a check is taken from.
const CHECK_DOMAIN: &str = "token-check";

/// What the first part of a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Word {
    /// A value of this class.
    Class(Class),
    /// Text of the caller that looked like a token; comes back exactly as written.
    Text,
}

impl Word {
    /// Every word, classes first.
    pub(crate) fn all() -> impl Iterator<Item = Word> {
        Class::ALL.into_iter().map(Word::Class).chain([Word::Text])
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Word::Class(class) => class.as_str(),
            Word::Text => "TEXT",
        }
    }
}

/// The numbering of one request: value to token, by first appearance.
///
/// A token is `[CLASS_ORDINAL_CHECK]`. The ordinal counts the distinct values of a class in the order in which they
/// first appear; it comes from nothing about the value. The check is four characters of a keyed hash over app, class
/// and ordinal: it tells an issued token from one a model made up, and is the same in every replica that has the key.
pub struct Tokens {
    key: Arc<HashKey>,
    app: String,
    issued: Vec<Issued>,
    by_value: HashMap<(Word, String), usize>,
    counts: HashMap<Word, u32>,
}

struct Issued {
    token: String,
    original: Zeroizing<String>,
}

impl Tokens {
    /// Starts the numbering of a request of `app`.
    pub fn new(key: Arc<HashKey>, app: impl Into<String>) -> Tokens {
        Tokens {
            key,
            app: app.into(),
            issued: Vec::new(),
            by_value: HashMap::new(),
            counts: HashMap::new(),
        }
    }

    /// Returns the token of a value, numbering it where it is new, and keeps this spelling as the last one seen.
    pub fn token_for(&mut self, class: Class, value: &str) -> String {
        self.token(Word::Class(class), value).to_owned()
    }

    /// Returns the map of what was issued so far.
    pub fn map(&self) -> TokenMap {
        let mut map = TokenMap::new();
        for issued in &self.issued {
            map.insert(issued.token.clone(), &issued.original);
        }
        map
    }

    /// Returns the number of tokens issued.
    pub fn len(&self) -> usize {
        self.issued.len()
    }

    /// Tells whether no token was issued.
    pub fn is_empty(&self) -> bool {
        self.issued.is_empty()
    }

    /// Returns the token of a value that has one.
    pub(crate) fn find(&self, word: Word, value: &str) -> Option<&str> {
        let position = self.by_value.get(&(word, normal_form(word, value)))?;
        self.issued
            .get(*position)
            .map(|issued| issued.token.as_str())
    }

    pub(crate) fn token(&mut self, word: Word, value: &str) -> &str {
        let key = (word, normal_form(word, value));
        let position = match self.by_value.get(&key) {
            Some(position) => *position,
            None => self.issue(key),
        };
        match self.issued.get_mut(position) {
            Some(issued) => {
                if issued.original.as_str() != value {
                    issued.original = Zeroizing::new(value.to_owned());
                }
                &issued.token
            }
            None => "",
        }
    }

    fn issue(&mut self, key: (Word, String)) -> usize {
        let word = key.0;
        let count = self.counts.entry(word).or_default();
        *count += 1;
        let ordinal = *count;
        let token = format!(
            "[{}_{ordinal}_{}]",
            word.as_str(),
            self.check(word, ordinal)
        );
        let position = self.issued.len();
        self.issued.push(Issued {
            token,
            original: Zeroizing::new(String::new()),
        });
        self.by_value.insert(key, position);
        position
    }

    fn check(&self, word: Word, ordinal: u32) -> String {
        let parts: [&[u8]; 3] = [
            self.app.as_bytes(),
            word.as_str().as_bytes(),
            &ordinal.to_be_bytes(),
        ];
        let hash = self.key.hash(CHECK_DOMAIN, &parts);
        let mut left = hash
            .first_chunk::<8>()
            .map_or(0, |first| u64::from_be_bytes(*first));
        (0..CHECK_CHARS)
            .map(|position| {
                let alphabet = if position == 1 {
                    CHECK_LETTERS
                } else {
                    &CHECK_ALPHABET[..]
                };
                let base = alphabet.len() as u64;
                let digit = usize::try_from(left % base).unwrap_or_default();
                left /= base;
                alphabet.get(digit).map_or('7', |byte| char::from(*byte))
            })
            .collect()
    }
}

/// Two values with the same normal form share a token: case, spacing and punctuation around a value do not count,
/// except where text of the caller has to come back exactly.
fn normal_form(word: Word, value: &str) -> String {
    match word {
        Word::Text => value.to_owned(),
        Word::Class(_) => fold(value),
    }
}

/// Lower case, without white space and without punctuation at the ends.
pub(crate) fn fold(value: &str) -> String {
    let trimmed = value.trim_matches(|char: char| !char.is_alphanumeric());
    let value = if trimmed.is_empty() { value } else { trimmed };
    let mut folded = String::with_capacity(value.len());
    fold_into(value, &mut folded);
    folded
}

impl Drop for Tokens {
    fn drop(&mut self) {
        for ((_, mut value), _) in self.by_value.drain() {
            value.zeroize();
        }
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.issued.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::shape;
    use covenant_seal::DataKey;

    struct Bytes(u8);

    impl covenant_seal::Random for Bytes {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), covenant_seal::Error> {
            buffer.fill(self.0);
            Ok(())
        }
    }

    fn tokens(key: u8, app: &str) -> Tokens {
        Tokens::new(
            Arc::new(HashKey::from(DataKey::generate(&Bytes(key)).unwrap())),
            app,
        )
    }

    #[test]
    fn a_token_says_class_and_ordinal_and_nothing_of_the_value() {
        let (mut one, mut other) = (tokens(1, "app"), tokens(1, "app"));
        let first = one.token_for(Class::Name, "Ellen Marsh");
        assert_eq!(first, other.token_for(Class::Name, "Bo Tarn"));
        assert!(first.starts_with("[NAME_1_") && first.len() == "[NAME_1_7KQ4]".len());
        assert!(
            one.token_for(Class::Mrn, "Ellen Marsh")
                .starts_with("[MRN_1_")
        );
        assert!(
            one.token_for(Class::Name, "Bo Tarn")
                .starts_with("[NAME_2_")
        );
        assert_eq!(one.token_for(Class::Name, " ELLEN  marsh"), first);
    }

    #[test]
    fn a_check_is_of_the_key_the_app_the_class_and_the_ordinal() {
        let check = |mut tokens: Tokens, class, ordinal: usize| {
            (1..=ordinal)
                .map(|value| tokens.token_for(class, &value.to_string()))
                .last()
                .unwrap()
        };
        let checks: std::collections::BTreeSet<String> = [
            check(tokens(1, "app"), Class::Name, 1),
            check(tokens(2, "app"), Class::Name, 1),
            check(tokens(1, "other"), Class::Name, 1),
            check(tokens(1, "app"), Class::Mrn, 1),
            check(tokens(1, "app"), Class::Name, 2),
        ]
        .into_iter()
        .filter_map(|token| token.rsplit_once('_').map(|(_, check)| check.to_owned()))
        .collect();
        assert_eq!(checks.len(), 5);
    }

    #[test]
    fn every_issued_token_has_the_shape_a_restorer_knows() {
        let mut tokens = tokens(3, "app");
        for word in Word::all() {
            for ordinal in 1..200 {
                let token = tokens
                    .token(word, &format!("{word:?} {ordinal}"))
                    .to_owned();
                let shape = shape::at(None, token.chars(), false).unwrap();
                assert_eq!((shape.token, shape.word), (token, word));
            }
        }
    }
}
