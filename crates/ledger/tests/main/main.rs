//! The public face of the crate.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod checkpoint;
mod entry;
mod export;
mod proof;
mod support;
mod tiles;
mod tree;
mod verify;
