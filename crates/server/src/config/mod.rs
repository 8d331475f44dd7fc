//! What the operator of Covenant decides: one file, `covenant.toml`, and a few environment variables, read here and
//! nowhere else, into small typed structs, one per concern.
//!
//! Every value is parsed when it is read: a wrong one is refused with the file, the line and what is expected, and so
//! is a key that does not exist. The environment wins over the file, and only the variables listed in
//! [`Environment::NAMES`] are looked at. No secret is written in the file: keys are named by file or by variable.

mod content;
mod document;
mod environment;
mod keys;
mod limits;
mod logs;
mod server;
mod store;
mod upstreams;

pub use content::{Content, Jobs};
pub use document::Error;
pub use environment::Environment;
pub use keys::{KeyError, KeyPlace, KeySource, Keys, LoadedKey, read_key_file, write_key_file};
pub use limits::Limits;
pub use logs::{LogFormat, Logs};
pub use server::{Server, Tls};
pub use store::{Ledger, Store};
pub use upstreams::{ProxyCredentialsError, Upstreams};

use document::Document;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The whole configuration, parsed.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// Where to listen, and how.
    pub server: Server,
    /// Where things rest.
    pub store: Store,
    /// Where the key-encryption key is.
    pub keys: Keys,
    /// How the ledger signs itself.
    pub ledger: Ledger,
    /// How long prompts, answers and maps are kept.
    pub content: Content,
    /// What the background jobs do, and when.
    pub jobs: Jobs,
    /// What bounds a request.
    pub limits: Limits,
    /// What holds for every vendor's endpoint.
    pub upstreams: Upstreams,
    /// What is logged, and how.
    pub logs: Logs,
}

impl Config {
    /// Reads a configuration file and the environment.
    ///
    /// # Errors
    /// Refuses a file that cannot be read, an unknown key and a wrong value, naming file and line.
    pub fn load(file: &Path, environment: &Environment) -> Result<Config, Error> {
        let text =
            std::fs::read_to_string(file).map_err(|error| Error::unreadable(file, &error))?;
        Config::parse(&text, file, environment)
    }

    /// Parses the text of a configuration file; paths in it are relative to the folder `file` lies in.
    ///
    /// # Errors
    /// Refuses an unknown key and a wrong value, naming file and line.
    pub fn parse(text: &str, file: &Path, environment: &Environment) -> Result<Config, Error> {
        let document = Document::new(file, text);
        let raw: Raw = document.read()?;
        Ok(Config {
            server: Server::parse(raw.server, &document, environment)?,
            store: Store::parse(raw.store, &document, environment)?,
            keys: Keys::parse(raw.keys, &document, environment)?,
            ledger: Ledger::parse(raw.ledger, &document)?,
            content: Content::parse(raw.content, &document)?,
            jobs: Jobs::parse(raw.jobs, &document)?,
            limits: Limits::parse(raw.limits, &document)?,
            upstreams: Upstreams::parse(raw.upstreams, &document)?,
            logs: Logs::parse(raw.logs, &document, environment)?,
            file: file.to_path_buf(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    server: server::Raw,
    store: store::Raw,
    keys: keys::Raw,
    #[serde(default)]
    ledger: store::RawLedger,
    #[serde(default)]
    content: content::Raw,
    #[serde(default)]
    jobs: content::RawJobs,
    #[serde(default)]
    limits: limits::Raw,
    #[serde(default)]
    upstreams: upstreams::Raw,
    #[serde(default)]
    logs: logs::Raw,
}
