//! The tamper-evident log: events, Merkle tree, checkpoints, proofs, verifier.
//!
//! An [`Event`] says who sent what to which model and why, without content; [`entry`] seals it into the bytes of a
//! leaf; [`tree`] is the RFC 6962 Merkle tree over the leaves; [`checkpoint`], [`tiles`] and [`proof`] are the C2SP
//! formats in which anybody's verifier can read it; [`verify`] names the first bad entry.
//!
//! Only functions over values: `covenant-store` keeps the bytes, and gives time and randomness as arguments.
//! Deliberately not here: storage, HTTP, waiting for witnesses.
//!
//! ```
//! use covenant_ledger::checkpoint::{Checkpoint, Signer, open};
//! use covenant_ledger::tree::{Frontier, leaf_hash};
//! use covenant_ledger::{Event, EventKind, entry, new_id};
//! use covenant_seal::{DataKey, SigningKey, SystemRandom};
//!
//! // An event becomes a leaf, the leaf a hash in the tree, the tree a signed checkpoint.
//! let event = Event::new(EventKind::Started, new_id(1_790_000_000_000, &SystemRandom)?, 1_790_000_000_000);
//! let key = DataKey::generate(&SystemRandom)?;
//! let leaf = entry::seal_event(&event, &key, &key.id("log")?, "clinic", &SystemRandom)?;
//! let mut tree = Frontier::new();
//! tree.append(leaf_hash(&leaf));
//! let log = Signer::log("clinic.example/covenant", SigningKey::generate(&SystemRandom)?)?;
//! let head = Checkpoint { origin: "clinic.example/covenant".into(), size: tree.size(), root: tree.root() };
//! let note = head.sign(&log)?;
//!
//! // Whoever has the public key can check the checkpoint; whoever has the log key can read the event.
//! assert_eq!(open(&note, &[log.verifier_key().clone()])?.0, head);
//! assert_eq!(entry::open_event(&leaf, &key, "clinic")?, event);
//! # Ok::<(), covenant_ledger::Error>(())
//! ```

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
