//! `[content]` and `[jobs]`: how long content is kept, and what tidies up.

use super::document::{Document, Error};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

/// How long prompts, answers and maps are kept, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Days; 0 keeps no content at all.
    pub keep_days: u32,
}

/// What the background jobs do, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jobs {
    /// How often content past its time is shredded.
    pub expiry_every: Duration,
    /// How old the log key grows before a fresh one takes over.
    pub log_key_days: u32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    keep_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJobs {
    expiry_every_s: Option<Spanned<i64>>,
    log_key_days: Option<Spanned<i64>>,
}

impl Content {
    pub(super) fn parse(raw: Raw, document: &Document<'_>) -> Result<Content, Error> {
        Ok(Content {
            keep_days: document.number(raw.keep_days, "keep_days", 0..=36_500, 30)?,
        })
    }
}

impl Jobs {
    pub(super) fn parse(raw: RawJobs, document: &Document<'_>) -> Result<Jobs, Error> {
        let expiry_every =
            document.number(raw.expiry_every_s, "expiry_every_s", 1..=86_400, 300)?;
        Ok(Jobs {
            expiry_every: Duration::from_secs(expiry_every),
            log_key_days: document.number(raw.log_key_days, "log_key_days", 1..=3650, 30)?,
        })
    }
}
