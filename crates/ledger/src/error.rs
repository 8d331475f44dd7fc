//! What can go wrong with a log. Messages say kind and place; they carry neither values nor keys.

/// A failure of this crate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A key, a seal or randomness failed.
    #[error(transparent)]
    Seal(#[from] covenant_seal::Error),
    /// An entry would not fit an entry bundle, whose length field has sixteen bits.
    #[error(
        "entry of {size} bytes is larger than {} bytes",
        crate::entry::MAX_ENTRY_BYTES
    )]
    TooLarge {
        /// The size it would have.
        size: usize,
    },
    /// The bytes are not an entry of this log.
    #[error("not an entry of this log: {0}")]
    Entry(&'static str),
    /// The entry was written by a newer version of this program.
    #[error("entry has version {0}, newer than this program")]
    Newer(u16),
    /// A note, checkpoint, key or proof is not in its format.
    #[error("{what}: {problem}")]
    Format {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A signature of a known key does not verify: the note is forged or damaged.
    #[error("signature of {0} does not verify")]
    BadSignature(String),
    /// No known key has signed the note.
    #[error("not signed by a known key")]
    Unsigned,
    /// A cosignature line is not from a configured witness.
    #[error("cosignature is not from a configured witness")]
    UnknownWitness,
    /// An index or size does not exist in the tree.
    #[error("no {what} {number} in a tree of size {size}")]
    OutOfRange {
        /// `entry` or `tree`.
        what: &'static str,
        /// The index or size that was asked for.
        number: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A node that a proof needs is not there.
    #[error("node {index} of level {level} is missing")]
    MissingNode {
        /// Level of the node; leaves are 0.
        level: u8,
        /// Index in its level.
        index: u64,
    },
    /// A proof does not lead to the root.
    #[error("proof does not lead to the root of the checkpoint")]
    BadProof,
    /// What the caller stores could not be read.
    #[error("reading {0} failed")]
    Read(String),
}
