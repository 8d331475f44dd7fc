//! `[limits]`: what bounds a request, so that memory and time are bounded by configuration and never by the input.

use super::document::{Document, Error};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

/// What bounds one request and all requests together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request.
    pub request_bytes: usize,
    /// The largest body of an answer.
    pub answer_bytes: usize,
    /// How many requests may be under way at once; the next one is answered 503.
    pub requests: usize,
    /// How many requests may be under way to one upstream at once; the next one is answered 429.
    pub requests_per_upstream: usize,
    /// How long a client may take to send a body.
    pub body_timeout: Duration,
    /// How long a connection to a vendor may take.
    pub connect_timeout: Duration,
    /// How long a vendor may take to send the first byte of an answer.
    pub first_byte_timeout: Duration,
    /// How long a vendor may be silent within an answer.
    pub idle_timeout: Duration,
    /// How long an answer may take as a whole.
    pub total_timeout: Duration,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    request_bytes: Option<Spanned<i64>>,
    answer_bytes: Option<Spanned<i64>>,
    requests: Option<Spanned<i64>>,
    requests_per_upstream: Option<Spanned<i64>>,
    body_timeout_ms: Option<Spanned<i64>>,
    connect_timeout_ms: Option<Spanned<i64>>,
    first_byte_timeout_ms: Option<Spanned<i64>>,
    idle_timeout_ms: Option<Spanned<i64>>,
    total_timeout_ms: Option<Spanned<i64>>,
}

impl Limits {
    pub(super) fn parse(raw: Raw, document: &Document<'_>) -> Result<Limits, Error> {
        const SIZES: std::ops::RangeInclusive<i64> = 1024..=268_435_456;
        let time = |value, name, default| {
            document
                .number(value, name, 10..=3_600_000, default)
                .map(Duration::from_millis)
        };
        Ok(Limits {
            request_bytes: document.number(raw.request_bytes, "request_bytes", SIZES, 8 << 20)?,
            answer_bytes: document.number(raw.answer_bytes, "answer_bytes", SIZES, 32 << 20)?,
            requests: document.number(raw.requests, "requests", 1..=100_000, 512)?,
            requests_per_upstream: document.number(
                raw.requests_per_upstream,
                "requests_per_upstream",
                1..=100_000,
                256,
            )?,
            body_timeout: time(raw.body_timeout_ms, "body_timeout_ms", 30_000)?,
            connect_timeout: time(raw.connect_timeout_ms, "connect_timeout_ms", 10_000)?,
            first_byte_timeout: time(raw.first_byte_timeout_ms, "first_byte_timeout_ms", 120_000)?,
            idle_timeout: time(raw.idle_timeout_ms, "idle_timeout_ms", 120_000)?,
            total_timeout: time(raw.total_timeout_ms, "total_timeout_ms", 900_000)?,
        })
    }
}
