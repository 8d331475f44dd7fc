//! Secrets as text and as bytes: wiped on drop, compared in constant time, silent in `Debug`.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::constant_time_eq;

/// A secret in text form: an upstream's API key, the text of a key file.
#[derive(Clone)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes ownership of the text, which is wiped when the secret is dropped.
    pub fn new(text: String) -> SecretString {
        SecretString(Zeroizing::new(text))
    }

    /// Returns the text; the caller must neither print nor keep it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time; only the lengths can be learnt from the duration.
    pub fn ct_eq(&self, other: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), other.as_bytes())
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> SecretString {
        SecretString::new(text)
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(SecretString::new)
    }
}

/// A secret in binary form: a signing seed, a key.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes ownership of the bytes, which are wiped when the secret is dropped.
    pub fn new(bytes: Vec<u8>) -> SecretBytes {
        SecretBytes(Zeroizing::new(bytes))
    }

    /// Returns the bytes; the caller must neither print nor keep them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time; only the lengths can be learnt from the duration.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        constant_time_eq(&self.0, other)
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> SecretBytes {
        SecretBytes::new(bytes)
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_nothing_of_the_secret() {
        assert_eq!(
            format!("{:?}", SecretString::new("hunter2".into())),
            "[secret]"
        );
        assert_eq!(format!("{:?}", SecretBytes::new(vec![7, 7])), "[secret]");
    }

    #[test]
    fn secrets_compare_by_content() {
        let secret = SecretString::new("one".into());
        assert!(secret.ct_eq("one"));
        assert!(!secret.ct_eq("two"));
        assert!(!secret.ct_eq("one "));
        assert!(SecretBytes::new(vec![1]).ct_eq(&[1]));
        assert!(!SecretBytes::new(vec![1]).ct_eq(&[2]));
    }
}
