//! The map from tokens back to what they stand for.

use std::collections::BTreeMap;
use std::fmt;

use covenant_seal::Zeroizing;

/// First bytes of a written map: its kind and version.
const MAGIC: &[u8; 4] = b"CVM1";

/// Token to original, in the spelling that appeared last. PHI: wiped on drop, silent in `Debug`.
#[derive(Clone, Default, PartialEq)]
pub struct TokenMap {
    originals: BTreeMap<String, Zeroizing<String>>,
}

/// Bytes that are not a token map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token map")]
pub struct InvalidTokenMap;

impl TokenMap {
    /// Returns a map without tokens.
    pub fn new() -> TokenMap {
        TokenMap::default()
    }

    pub(crate) fn insert(&mut self, token: String, original: &str) {
        self.originals
            .insert(token, Zeroizing::new(original.to_owned()));
    }

    /// Returns what a token stands for. The answer is PHI.
    pub fn original(&self, token: &str) -> Option<&str> {
        self.originals.get(token).map(|original| original.as_str())
    }

    /// Walks tokens and what they stand for. The originals are PHI.
    pub fn tokens(&self) -> impl Iterator<Item = (&str, &str)> {
        self.originals
            .iter()
            .map(|(token, original)| (token.as_str(), original.as_str()))
    }

    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.originals.len()
    }

    /// Tells whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// Writes the map for sealing. The bytes are PHI.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let size = self
            .originals
            .iter()
            .map(|(token, original)| token.len() + original.len() + 8)
            .sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size + MAGIC.len()));
        bytes.extend_from_slice(MAGIC);
        for (token, original) in &self.originals {
            for part in [token.as_str(), original.as_str()] {
                // A part is bounded by the request body, far below 4 GiB.
                bytes.extend_from_slice(
                    &u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes(),
                );
                bytes.extend_from_slice(part.as_bytes());
            }
        }
        bytes
    }

    /// Reads a map that [`TokenMap::to_bytes`] wrote.
    ///
    /// # Errors
    /// Says that the bytes are not a token map.
    pub fn from_bytes(bytes: &[u8]) -> Result<TokenMap, InvalidTokenMap> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(InvalidTokenMap)?;
        let mut map = TokenMap::new();
        while !rest.is_empty() {
            let token = take_part(&mut rest)?;
            let original = take_part(&mut rest)?;
            map.insert(token.to_owned(), original);
        }
        Ok(map)
    }
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Result<&'a str, InvalidTokenMap> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(InvalidTokenMap)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| InvalidTokenMap)?;
    let (part, after) = after.split_at_checked(length).ok_or(InvalidTokenMap)?;
    *rest = after;
    std::str::from_utf8(part).map_err(|_| InvalidTokenMap)
}

impl fmt::Debug for TokenMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenMap({})", self.len())
    }
}
