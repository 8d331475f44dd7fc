//! The `covenant` command from outside: arguments, input, status and both outputs; a server beside it; the house's
//! plan.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod architecture;
mod beside;
mod commands;
mod quickstart;
mod restore;
mod support;
