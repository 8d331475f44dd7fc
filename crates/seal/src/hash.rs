//! Plain and keyed hashes, comparison in constant time, and what cryptographic module is running.

use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use aws_lc_rs::{constant_time, digest, hmac};

use crate::DataKey;
use crate::encoding::framed;

/// A key for HMAC-SHA-256 over several parts: patient references, app keys, token checks, row tags.
///
/// The domain separates uses of one key; parts carry their lengths, so no two lists of parts collide.
#[derive(Clone)]
pub struct HashKey(hmac::Key);

impl HashKey {
    /// Returns the keyed hash of `parts` in `domain`.
    pub fn hash(&self, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
        let tag = hmac::sign(&self.0, &framed(domain, parts));
        array(tag.as_ref())
    }

    /// Says in constant time whether `expected` is the keyed hash of `parts` in `domain`.
    pub fn verify(&self, domain: &str, parts: &[&[u8]], expected: &[u8]) -> bool {
        hmac::verify(&self.0, &framed(domain, parts), expected).is_ok()
    }
}

impl From<DataKey> for HashKey {
    fn from(key: DataKey) -> HashKey {
        HashKey(hmac::Key::new(hmac::HMAC_SHA256, key.raw()))
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash key]")
    }
}

/// Returns the SHA-256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Returns `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads lower- or upper-case hexadecimal; `None` when it is not.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Compares two byte strings in constant time; only their lengths can be learnt from the duration.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Says which cryptographic module is running and whether it is a FIPS validated build.
pub fn module_description() -> &'static str {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
        let version = aws_lc_rs::awslc_version();
        match aws_lc_rs::try_fips_mode() {
            Ok(()) => format!(
                "AWS-LC {version}, FIPS module in FIPS mode; see its certificate for what was validated"
            ),
            Err(_) => format!("AWS-LC {version}, not a FIPS validated module"),
        }
    });
    &DESCRIPTION
}

/// The 32 bytes of a SHA-256 output, whose length the module fixes.
fn array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}
