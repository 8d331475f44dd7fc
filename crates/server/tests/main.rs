//! The public face of the server: configuration, keys, sockets, TLS, changes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod admin;
mod config;
mod control;
mod keys;
mod listen;
mod tls;
