//! The state after the last commit, and what the store knows about itself.
//!
//! The head row carries a keyed tag over size, root, last time, checkpoint, register and every row of `meta`, so that no
//! part of it can be edited or taken back alone. Taking the whole database back to an earlier day is another matter: only
//! a checkpoint kept elsewhere shows that.

use std::collections::BTreeMap;

use covenant_ledger::tree::Hash;
use covenant_seal::HashKey;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::error::Error;

/// The state after a commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    /// Number of events.
    pub(crate) size: u64,
    /// Root of the tree of that size.
    pub(crate) root: Hash,
    /// Time of the last event; no later event has an earlier one.
    pub(crate) at_ms: i64,
    /// The signed checkpoint of that size.
    pub(crate) note: String,
    /// Number of register changes so far.
    pub(crate) register_version: u64,
    /// Digest of every register row that is in force.
    pub(crate) register_digest: [u8; 32],
}

/// What the store knows about itself: name to value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Meta(pub(crate) BTreeMap<String, Vec<u8>>);

impl Head {
    /// Reads the head and its tag; `None` in a database that was never used.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
    ) -> Result<Option<(Head, Vec<u8>)>, Error> {
        let query =
            "SELECT size, root, at_ms, note, register_version, register_digest, tag FROM head";
        let row = sqlx::query(query).fetch_optional(connection).await?;
        row.as_ref().map(Head::from_row).transpose()
    }

    fn from_row(row: &SqliteRow) -> Result<(Head, Vec<u8>), Error> {
        let head = Head {
            size: unsigned(row.try_get(0)?, "head size")?,
            root: digest(row.try_get(1)?, "head root")?,
            at_ms: row.try_get(2)?,
            note: row.try_get(3)?,
            register_version: unsigned(row.try_get(4)?, "head register version")?,
            register_digest: digest(row.try_get(5)?, "head register digest")?,
        };
        Ok((head, row.try_get(6)?))
    }

    /// Checks the tag that was stored with this head.
    pub(crate) fn check(&self, tags: &HashKey, meta: &Meta, tag: &[u8]) -> Result<(), Error> {
        let fields = self.fields();
        if tags.verify("head", &self.parts(&fields, &meta.digest(tags)), tag) {
            return Ok(());
        }
        Err(Error::Damaged(
            "the head or meta row was changed outside this program".into(),
        ))
    }

    /// Returns the tag to store with this head.
    pub(crate) fn tag(&self, tags: &HashKey, meta: &Meta) -> [u8; 32] {
        let fields = self.fields();
        tags.hash("head", &self.parts(&fields, &meta.digest(tags)))
    }

    fn fields(&self) -> [[u8; 8]; 3] {
        [
            self.size.to_be_bytes(),
            self.at_ms.to_be_bytes(),
            self.register_version.to_be_bytes(),
        ]
    }

    fn parts<'a>(
        &'a self,
        [size, at_ms, version]: &'a [[u8; 8]; 3],
        meta: &'a [u8; 32],
    ) -> [&'a [u8]; 7] {
        [
            size,
            &self.root,
            at_ms,
            self.note.as_bytes(),
            version,
            &self.register_digest,
            meta,
        ]
    }
}

impl Meta {
    pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Meta, Error> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT name, value FROM meta")
            .fetch_all(connection)
            .await?;
        Ok(Meta(rows.into_iter().collect()))
    }

    /// Returns a value that is text.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Error> {
        let text = self
            .0
            .get(name)
            .and_then(|value| std::str::from_utf8(value).ok());
        text.ok_or_else(|| Error::Damaged(format!("meta row {name} is missing or not text")))
    }

    fn digest(&self, tags: &HashKey) -> [u8; 32] {
        let parts: Vec<&[u8]> = self
            .0
            .iter()
            .flat_map(|(name, value)| [name.as_bytes(), value.as_slice()])
            .collect();
        tags.hash("meta", &parts)
    }
}

/// Reads a number that may not be negative.
pub(crate) fn unsigned(value: i64, place: &str) -> Result<u64, Error> {
    u64::try_from(value).map_err(|_| Error::Damaged(format!("{place} is negative")))
}

/// Turns a number of ours into SQLite's; ours count rows and stay far below the limit.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a 32-byte digest.
pub(crate) fn digest(bytes: Vec<u8>, place: &str) -> Result<[u8; 32], Error> {
    <[u8; 32]>::try_from(bytes).map_err(|_| Error::Damaged(format!("{place} is not 32 bytes long")))
}
