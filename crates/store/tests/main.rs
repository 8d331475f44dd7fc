//! The store from outside: what rests, what survives, what is noticed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod concurrency;
mod faults;
mod keys;
mod kill;
mod log;
mod model;
mod open;
mod outside;
mod payloads;
mod raw_bytes;
mod register;
mod support;
mod tamper;
