//! The tamper-evident log: events, Merkle tree, checkpoints, proofs, verifier.
//!
//! An [`Event`] says who sent what to which model and why, without content; [`entry`] seals it into the bytes of a
//! leaf; [`tree`] is the RFC 6962 Merkle tree over the leaves; [`checkpoint`], [`tiles`] and [`proof`] are the C2SP
//! formats in which anybody's verifier can read it; [`verify`] names the first bad entry.
//!
//! Only functions over values: `covenant-store` keeps the bytes, and gives time and randomness as arguments.
//! Deliberately not here: storage, HTTP, waiting for witnesses.

pub mod checkpoint;
pub mod entry;
mod error;
mod event;
mod note;
pub mod proof;
pub mod tiles;
pub mod tree;
pub mod verify;

pub use error::Error;
pub use event::{
    Change, Counts, Event, EventKind, MAX_PAYLOADS_PER_EVENT, Outcome, PayloadRef, PolicyDecision,
    Sizes, VERSION, What, Who, Why, new_id,
};
