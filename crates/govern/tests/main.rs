//! The public face of the crate: dates, the register and what it covers, the tables.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod coverage;
mod dates;
mod fixture;
mod laws;
mod refused;
mod tables;
