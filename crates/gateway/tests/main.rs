//! The gateway from outside: requests in, bytes at the vendor, answers back, events in the log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod chat;
mod conversations;
mod dialects;
mod proxies;
mod refusals;
mod routes;
mod streams;
mod support;
mod unscreened;
mod upstreams;
