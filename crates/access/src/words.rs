//! The words by which policies, commands and events name values: one table for each type.

use std::fmt;

/// A text that names no value of its kind. Says which there are, never what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    what: &'static str,
    known: &'static [&'static str],
}

impl UnknownWord {
    pub(crate) const fn new(what: &'static str, known: &'static [&'static str]) -> UnknownWord {
        UnknownWord { what, known }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no such {}; there are {}",
            self.what,
            self.known.join(", ")
        )
    }
}

impl std::error::Error for UnknownWord {}

/// Gives a type of plain variants `ALL`, `as_str`, `Display`, `FromStr` and serde, all from one table.
macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident => $word:literal),+ $(,)?) => {
        impl $type {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// Returns the word for it in headers, commands, policies and events.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<$type, $crate::UnknownWord> {
                match text {
                    $($word => Ok($type::$variant),)+
                    _ => Err($crate::UnknownWord::new($what, &[$($word),+])),
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;
