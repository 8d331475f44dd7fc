//! `[upstreams]`: what holds for every vendor's endpoint.

use super::document::{Document, Error};
use serde::Deserialize;
use std::path::PathBuf;
use toml::Spanned;

/// What holds for every vendor's endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upstreams {
    /// Certificate authorities trusted beside the public ones, as PEM files.
    pub certificate_authorities: Vec<PathBuf>,
    /// The region this gateway runs in, written into events.
    pub region: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default)]
    certificate_authorities: Vec<Spanned<String>>,
    region: Option<Spanned<String>>,
}

impl Upstreams {
    pub(super) fn parse(raw: Raw, document: &Document<'_>) -> Result<Upstreams, Error> {
        let files = raw.certificate_authorities.iter();
        Ok(Upstreams {
            certificate_authorities: files.map(|file| document.path(file.get_ref())).collect(),
            region: raw
                .region
                .map(|region| region_name(region, document))
                .transpose()?,
        })
    }
}

fn region_name(written: Spanned<String>, document: &Document<'_>) -> Result<String, Error> {
    let text = written.get_ref();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(written.into_inner()),
        false => Err(document.refuse(
            written.span(),
            "`region` must be 1 to 64 letters, digits, hyphens, underscores and dots",
        )),
    }
}
