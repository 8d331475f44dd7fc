//! The public face of the detector: laws on assembled texts, and tables of cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod cases;
mod evasion;
mod laws;
mod pieces;
