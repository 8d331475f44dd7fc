//! The tamper-evident log: events, Merkle tree, checkpoints, proofs, verifier.
