//! The register: rows of JSON by kind and id, every version kept, each sealed and with a keyed tag.
//!
//! Bodies are sealed because people write into them: a reason, a note, a name. Two things guard what stands in the clear. A tag on each version covers its kind, id, version, event and body, so an edited row is refused
//! by name. A digest over the newest version of every row, which the head's tag covers, notices what no row shows: a row
//! that was removed, or one taken back to an earlier version.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use covenant_seal::{HashKey, hex, sha256};
use sqlx::{Row as _, SqliteConnection};

use crate::error::Error;
use crate::head::unsigned;
use crate::keyring::Keyring;
use crate::record::{RegisterChange, RegisterRow};

/// The kind of the rows that hold legal holds; only the store itself writes them.
pub(crate) const HOLD_KIND: &str = "hold";

/// The newest version of every row, removed ones included.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Register {
    rows: BTreeMap<(String, String), Version>,
}

/// The newest version of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Version {
    pub(crate) version: u32,
    /// Index of the event that says so.
    pub(crate) index: u64,
    /// `None`: the row was removed.
    pub(crate) body: Option<String>,
    pub(crate) tag: [u8; 32],
}

/// A row as it is stored.
pub(crate) struct StoredRow {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) version: Version,
}

impl Register {
    /// Reads the newest versions and checks each one's tag, then the whole against `digest`.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        keyring: &Keyring,
        digest: &[u8; 32],
    ) -> Result<Register, Error> {
        let tags = &keyring.tags;
        let query = "SELECT kind, id, version, idx, body, tag FROM register AS newest
             WHERE version = (SELECT max(version) FROM register WHERE kind = newest.kind AND id = newest.id)";
        let rows = sqlx::query(query).fetch_all(connection).await?;
        let mut register = Register::default();
        for row in &rows {
            let row = StoredRow::read(row, keyring)?;
            row.check(tags)?;
            register.rows.insert((row.kind, row.id), row.version);
        }
        if register.digest(tags) == *digest {
            Ok(register)
        } else {
            Err(Error::RegisterSet)
        }
    }

    /// Returns the rows in force, of the kinds that callers write.
    pub(crate) fn rows(&self) -> Vec<RegisterRow> {
        let in_force = self.rows.iter().filter(|((kind, _), _)| kind != HOLD_KIND);
        in_force
            .filter_map(|((kind, id), newest)| {
                let body = newest.body.clone()?;
                Some(RegisterRow {
                    kind: kind.clone(),
                    id: id.clone(),
                    version: newest.version,
                    body,
                })
            })
            .collect()
    }

    /// Returns the bodies in force of one kind.
    pub(crate) fn bodies<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of_kind = self
            .rows
            .iter()
            .filter(move |((row_kind, _), _)| row_kind == kind);
        of_kind.filter_map(|((_, id), newest)| Some((id.as_str(), newest.body.as_deref()?)))
    }

    /// Returns the version the next change of a row gets.
    pub(crate) fn next_version(&self, kind: &str, id: &str) -> u32 {
        let key = (kind.to_owned(), id.to_owned());
        self.rows
            .get(&key)
            .map_or(1, |newest| newest.version.saturating_add(1))
    }

    /// Returns the body of a row in force.
    pub(crate) fn body(&self, kind: &str, id: &str) -> Option<&str> {
        self.rows
            .get(&(kind.to_owned(), id.to_owned()))?
            .body
            .as_deref()
    }

    /// Writes a version; `None` when it is not the next one.
    pub(crate) fn apply(
        &mut self,
        tags: &HashKey,
        change: &RegisterChange,
        version: u32,
        index: u64,
    ) -> Option<StoredRow> {
        if version != self.next_version(&change.kind, &change.id) {
            return None;
        }
        let tag = row_tag(
            tags,
            &change.kind,
            &change.id,
            version,
            index,
            change.body.as_deref(),
        );
        let newest = Version {
            version,
            index,
            body: change.body.clone(),
            tag,
        };
        match self.rows.entry((change.kind.clone(), change.id.clone())) {
            Entry::Occupied(mut row) => drop(row.insert(newest.clone())),
            Entry::Vacant(row) => drop(row.insert(newest.clone())),
        }
        Some(StoredRow {
            kind: change.kind.clone(),
            id: change.id.clone(),
            version: newest,
        })
    }

    /// Returns the digest over the newest version of every row.
    pub(crate) fn digest(&self, tags: &HashKey) -> [u8; 32] {
        let parts: Vec<&[u8]> = self
            .rows
            .values()
            .map(|newest| newest.tag.as_slice())
            .collect();
        tags.hash("register", &parts)
    }
}

impl StoredRow {
    /// Reads a row of `kind, id, version, idx, body, tag` and opens its body.
    pub(crate) fn read(
        row: &sqlx::sqlite::SqliteRow,
        keyring: &Keyring,
    ) -> Result<StoredRow, Error> {
        let (kind, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let version = u32::try_from(row.try_get::<i64, _>(2)?).unwrap_or(0);
        let index = unsigned(row.try_get(3)?, "event index of a register row")?;
        let sealed: Option<Vec<u8>> = row.try_get(4)?;
        let body = sealed.map(|sealed| keyring.open_body((&kind, &id, version), &sealed));
        let tag = <[u8; 32]>::try_from(row.try_get::<Vec<u8>, _>(5)?);
        let (Ok(tag), Some(body)) = (tag, body.map_or(Some(None), |body| body.map(Some))) else {
            return Err(Error::RegisterRow { kind, id, version });
        };
        Ok(StoredRow {
            kind,
            id,
            version: Version {
                version,
                index,
                body,
                tag,
            },
        })
    }

    /// Seals the body for the database; `None` where the row was removed.
    pub(crate) fn sealed_body(&self, keyring: &Keyring) -> Result<Option<Vec<u8>>, Error> {
        let name = (self.kind.as_str(), self.id.as_str(), self.version.version);
        let body = self.version.body.as_deref();
        body.map(|body| keyring.seal_body(name, body)).transpose()
    }

    /// Returns the change that wrote the row.
    pub(crate) fn into_change(self) -> (RegisterChange, u32) {
        (
            RegisterChange {
                kind: self.kind,
                id: self.id,
                body: self.version.body,
            },
            self.version.version,
        )
    }

    /// Checks the tag.
    pub(crate) fn check(&self, tags: &HashKey) -> Result<(), Error> {
        let Version {
            version,
            index,
            body,
            tag,
        } = &self.version;
        let numbers = numbers(*version, *index);
        if tags.verify(
            TAG_DOMAIN,
            &tag_parts(&self.kind, &self.id, &numbers, body.as_deref()),
            tag,
        ) {
            return Ok(());
        }
        Err(Error::RegisterRow {
            kind: self.kind.clone(),
            id: self.id.clone(),
            version: *version,
        })
    }
}

/// The digest that an event's change carries: of the body alone, or of a list where there are several changes.
pub(crate) fn change_digest(changes: &[(RegisterChange, u32)]) -> String {
    let body_digest = |change: &RegisterChange| {
        change
            .body
            .as_ref()
            .map(|body| hex(&sha256(body.as_bytes())))
    };
    if let [(change, _)] = changes {
        return body_digest(change).unwrap_or_default();
    }
    let line = |(change, version): &(RegisterChange, u32)| {
        let body = body_digest(change).unwrap_or_else(|| "removed".into());
        format!("{:?} {:?} {version} {body}\n", change.kind, change.id)
    };
    let mut lines: Vec<String> = changes.iter().map(line).collect();
    lines.sort();
    hex(&sha256(lines.concat().as_bytes()))
}

const TAG_DOMAIN: &str = "register row";

fn row_tag(
    tags: &HashKey,
    kind: &str,
    id: &str,
    version: u32,
    index: u64,
    body: Option<&str>,
) -> [u8; 32] {
    tags.hash(
        TAG_DOMAIN,
        &tag_parts(kind, id, &numbers(version, index), body),
    )
}

fn tag_parts<'a>(
    kind: &'a str,
    id: &'a str,
    numbers: &'a [u8; 12],
    body: Option<&'a str>,
) -> [&'a [u8]; 5] {
    let presence: &[u8] = if body.is_some() { b"row" } else { b"removed" };
    [
        kind.as_bytes(),
        id.as_bytes(),
        numbers,
        presence,
        body.unwrap_or_default().as_bytes(),
    ]
}

fn numbers(version: u32, index: u64) -> [u8; 12] {
    let mut numbers = [0; 12];
    let (first, second) = numbers.split_at_mut(4);
    first.copy_from_slice(&version.to_be_bytes());
    second.copy_from_slice(&index.to_be_bytes());
    numbers
}
