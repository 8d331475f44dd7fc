//! Proofs that an entry is in the log, as text (C2SP tlog-proof): verifiable offline, by anybody's program.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::Error;
use crate::checkpoint::{self, Checkpoint, Verified, VerifierKey};
use crate::tree::{self, Hash};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^63 entries needs no more.
const MAX_HASHES: usize = 63;

/// A proof: the entry at `index` is in the tree of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Data for the application; not authenticated.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// The inclusion proof, leaf's sibling first.
    pub hashes: Vec<Hash>,
    /// The checkpoint as a signed note.
    pub checkpoint: String,
}

impl Proof {
    /// Checks that `leaf` (the bytes of the entry) is in the log, and that the log has signed.
    ///
    /// # Errors
    /// What [`checkpoint::open`] says, or [`Error::BadProof`].
    pub fn verify(
        &self,
        leaf: &[u8],
        keys: &[VerifierKey],
    ) -> Result<(Checkpoint, Vec<Verified>), Error> {
        let (head, verified) = checkpoint::open(&self.checkpoint, keys)?;
        let leaf = tree::leaf_hash(leaf);
        tree::verify_inclusion(self.index, head.size, &leaf, &self.hashes, &head.root)?;
        Ok((head, verified))
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Proof {
    type Err = Error;

    fn from_str(text: &str) -> Result<Proof, Error> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(problem("no empty line stands before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(problem("it does not start with c2sp.org/tlog-proof@v1"));
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            Some(encoded) => {
                lines.next();
                Some(
                    BASE64
                        .decode(encoded)
                        .map_err(|_| problem("its extra data is not base64"))?,
                )
            }
            None => None,
        };
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(checkpoint::decimal);
        let index = index.ok_or(problem("its index is missing or not a decimal number"))?;
        let hashes: Option<Vec<Hash>> = lines.map(checkpoint::hash).collect();
        let hashes = hashes.ok_or(problem("a line is not the base64 of 32 bytes"))?;
        if hashes.len() > MAX_HASHES {
            return Err(problem("it has too many hashes"));
        }
        checkpoint::parse_note(checkpoint)?;
        Ok(Proof {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }
}

/// Returns the text of a proof.
pub fn format(index: u64, hashes: &[Hash], checkpoint_note: &str, extra: Option<&[u8]>) -> String {
    Proof {
        extra: extra.map(<[u8]>::to_vec),
        index,
        hashes: hashes.to_vec(),
        checkpoint: checkpoint_note.to_owned(),
    }
    .to_string()
}

/// Reads the text of a proof; nothing of it is checked before [`Proof::verify`].
///
/// # Errors
/// [`Error::Format`] saying what is wrong.
pub fn parse(text: &str) -> Result<Proof, Error> {
    text.parse()
}

fn problem(problem: &'static str) -> Error {
    Error::Format {
        what: "tlog-proof",
        problem,
    }
}
