//! `[store]` and `[ledger]`: where things rest and how the log signs itself.

use super::document::{Document, Error};
use super::environment::Environment;
use covenant_ledger::checkpoint::VerifierKey;
use serde::Deserialize;
use std::path::PathBuf;
use toml::Spanned;

/// Where the database lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The data directory (mode 0700).
    pub directory: PathBuf,
    /// Whose data this is; every ciphertext is bound to it, so it never changes.
    pub tenant: String,
}

/// How the ledger names itself and who else signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The origin line of checkpoints, a name without a scheme, such as `covenant.example.org/log`.
    pub origin: String,
    /// Verifier keys of witnesses whose cosignatures are kept.
    pub witnesses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    directory: Spanned<String>,
    tenant: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLedger {
    origin: Option<Spanned<String>>,
    #[serde(default)]
    witnesses: Vec<Spanned<String>>,
}

impl Store {
    pub(super) fn parse(
        raw: Raw,
        document: &Document<'_>,
        environment: &Environment,
    ) -> Result<Store, Error> {
        if raw.directory.get_ref().is_empty() {
            return Err(document.refuse(raw.directory.span(), "`directory` must name a folder"));
        }
        let tenant = raw
            .tenant
            .map(|tenant| name(tenant, "tenant", document))
            .transpose()?;
        let directory = match environment.value("COVENANT_DIRECTORY") {
            Some(directory) => PathBuf::from(directory),
            None => document.path(raw.directory.get_ref()),
        };
        Ok(Store {
            directory,
            tenant: tenant.unwrap_or_else(|| "default".to_owned()),
        })
    }
}

impl Ledger {
    pub(super) fn parse(raw: RawLedger, document: &Document<'_>) -> Result<Ledger, Error> {
        let origin = raw
            .origin
            .map(|origin| origin_name(origin, document))
            .transpose()?;
        let witnesses = raw
            .witnesses
            .into_iter()
            .map(|key| witness(key, document))
            .collect::<Result<_, _>>()?;
        Ok(Ledger {
            origin: origin.unwrap_or_else(|| "covenant.invalid/log".to_owned()),
            witnesses,
        })
    }
}

impl Ledger {
    /// The keys of the witnesses; parsing has found each sound.
    #[must_use]
    pub fn witness_keys(&self) -> Vec<VerifierKey> {
        self.witnesses
            .iter()
            .filter_map(|key| key.parse().ok())
            .collect()
    }
}

fn name(written: Spanned<String>, key: &str, document: &Document<'_>) -> Result<String, Error> {
    let text = written.get_ref();
    let fine = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match fine {
        true => Ok(written.into_inner()),
        false => Err(document.refuse(
            written.span(),
            format!("`{key}` must be 1 to 64 letters, digits and hyphens"),
        )),
    }
}

/// A C2SP key name: not empty, no space, no plus sign.
fn origin_name(written: Spanned<String>, document: &Document<'_>) -> Result<String, Error> {
    let text = written.get_ref();
    let fine = (1..=200).contains(&text.len())
        && text
            .chars()
            .all(|character| character.is_ascii_graphic() && character != '+')
        && !text.contains("://");
    match fine {
        true => Ok(written.into_inner()),
        false => Err(document.refuse(
            written.span(),
            "`origin` must be a name without scheme, space or plus sign, such as \"covenant.example.org/log\"",
        )),
    }
}

fn witness(written: Spanned<String>, document: &Document<'_>) -> Result<String, Error> {
    match written.get_ref().parse::<VerifierKey>() {
        Ok(_) => Ok(written.into_inner()),
        Err(_) => Err(document.refuse(
            written.span(),
            "a witness must be a verifier key as in C2SP signed-note: name+8 hex digits+base64",
        )),
    }
}
