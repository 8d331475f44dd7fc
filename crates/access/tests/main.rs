//! The public face of the crate: the shipped policies, policy files with faults, properties of every decision.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod asks;
mod decisions;
mod explanations;
mod faults;
mod keys;
mod laws;
