//! The one place where PHI and records rest.
//!
//! A [`Store`] is one SQLite database in one directory that only its owner can enter. It keeps the tamper-evident log
//! (sealed events, Merkle tree, signed checkpoints), the sealed payloads with their keys, and the register. What is
//! acknowledged is durable, in the tree and under a signed checkpoint: [`Store::append`] returns after the fsync.
//!
//! One task owns the one writing connection and takes everything that waits in one transaction, so many callers share
//! an fsync and a single caller waits for one. Readers, of this process or of others, have read-only connections.
//!
//! Deliberately not here: who may read or change what (the caller has decided before it calls), what the rows of the
//! register mean, and any function that deletes an event: events are kept for good, well over the six years that
//! 45 CFR 164.316(b)(2)(i) asks for.

mod checkpointer;
mod database;
mod directory;
mod error;
mod export;
mod head;
mod holds;
mod interrupted;
mod keyring;
mod open;
mod options;
mod payloads;
mod plan;
mod prepare;
mod record;
mod register;
mod rekey;
mod rewrap;
mod script;
mod show;
mod shred;
mod stats;
mod store;
mod tree;
mod verify;
mod writer;

pub use error::{Error, Fault};
pub use options::{Clock, Mode, Options, SystemClock, Tuning};
pub use record::{
    Covers, EventFilter, Hold, NewPayload, Order, PayloadKind, Placed, Receipt, Record,
    RegisterChange, RegisterRow, Rekeying, Shredding,
};
pub use stats::{Durations, Stats};
pub use store::Store;
pub use verify::Verification;
