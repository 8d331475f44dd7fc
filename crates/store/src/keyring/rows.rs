//! Keys as they are stored: wrapped rows, and how they are made.

use covenant_seal::{Context, DataKey, KeyId, Random, WrappedKey, hex};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::Service;
use crate::error::{At as _, Error};
use crate::head::{digest, unsigned};

const COLUMNS: &str = "id, kind, subject, from_index, created_ms, wrapped";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyUse {
    Root,
    Log,
    Subject,
    Record,
}

/// A key as it is stored. The wrap is bound to every other field.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    pub(crate) id: KeyId,
    pub(crate) used_for: KeyUse,
    pub(crate) subject: Option<[u8; 32]>,
    /// Size of the log when the key was made.
    pub(crate) from_index: u64,
    pub(crate) created_ms: i64,
    pub(crate) wrapped: WrappedKey,
}

/// What making a key needs, also before there is a keyring.
pub(crate) struct KeyMaking<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) service: &'a Service,
    pub(crate) random: &'a dyn Random,
}

impl KeyMaking<'_> {
    pub(crate) fn make(
        &self,
        used_for: KeyUse,
        subject: Option<[u8; 32]>,
        from_index: u64,
        created_ms: i64,
    ) -> Result<(KeyRow, DataKey), Error> {
        let place = || format!("making a {} key", used_for.as_str());
        let key = DataKey::generate(self.random).at(place)?;
        // Half of the commitment: long enough that no two keys share a name.
        let name = hex(key.commitment().split_at(16).0);
        let id = KeyId::new(format!("{}-{name}", used_for.as_str())).at(place)?;
        let wrapped = WrappedKey::from_bytes(Vec::new());
        let mut row = KeyRow {
            id,
            used_for,
            subject,
            from_index,
            created_ms,
            wrapped,
        };
        row.wrap(&key, self)?;
        Ok((row, key))
    }
}

impl KeyRow {
    /// Reads every row of one use, oldest first.
    pub(crate) async fn of_use(
        connection: &mut SqliteConnection,
        used_for: KeyUse,
    ) -> Result<Vec<KeyRow>, Error> {
        let query =
            format!("SELECT {COLUMNS} FROM keys WHERE kind = ? ORDER BY from_index, created_ms");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(used_for.as_str());
        query
            .fetch_all(connection)
            .await?
            .iter()
            .map(KeyRow::read)
            .collect()
    }

    /// Reads up to `limit` rows after the one named, by id.
    pub(crate) async fn after(
        connection: &mut SqliteConnection,
        id: &str,
        limit: u32,
    ) -> Result<Vec<KeyRow>, Error> {
        let query = format!("SELECT {COLUMNS} FROM keys WHERE id > ? ORDER BY id LIMIT ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(id.to_owned())
            .bind(limit);
        query
            .fetch_all(connection)
            .await?
            .iter()
            .map(KeyRow::read)
            .collect()
    }

    /// Reads the row of an id.
    pub(crate) async fn find(
        connection: &mut SqliteConnection,
        id: &KeyId,
    ) -> Result<Option<KeyRow>, Error> {
        let query = format!("SELECT {COLUMNS} FROM keys WHERE id = ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(id.as_str().to_owned());
        query
            .fetch_optional(connection)
            .await?
            .as_ref()
            .map(KeyRow::read)
            .transpose()
    }

    /// Reads the row of a subject.
    pub(crate) async fn find_subject(
        connection: &mut SqliteConnection,
        subject: &[u8; 32],
    ) -> Result<Option<KeyRow>, Error> {
        let query = format!("SELECT {COLUMNS} FROM keys WHERE subject = ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(subject.to_vec());
        query
            .fetch_optional(connection)
            .await?
            .as_ref()
            .map(KeyRow::read)
            .transpose()
    }

    /// The row of a payload's own key, which stands in the payload's row; how old it is, the payload says.
    pub(crate) fn own(id: KeyId, wrapped: Vec<u8>) -> KeyRow {
        KeyRow {
            id,
            used_for: KeyUse::Record,
            subject: None,
            from_index: 0,
            created_ms: 0,
            wrapped: WrappedKey::from_bytes(wrapped),
        }
    }

    fn read(row: &SqliteRow) -> Result<KeyRow, Error> {
        let id: String = row.try_get(0)?;
        let id = KeyId::new(id).map_err(|_| Error::Damaged("a key's id is not one".into()))?;
        let kind: String = row.try_get(1)?;
        let used_for = KeyUse::ALL
            .into_iter()
            .find(|used_for| used_for.as_str() == kind);
        let subject: Option<Vec<u8>> = row.try_get(2)?;
        Ok(KeyRow {
            used_for: used_for
                .ok_or_else(|| Error::Damaged(format!("key {id} is of an unknown kind")))?,
            subject: subject
                .map(|subject| digest(subject, "subject of a key"))
                .transpose()?,
            from_index: unsigned(row.try_get(3)?, "first index of a key")?,
            created_ms: row.try_get(4)?,
            wrapped: WrappedKey::from_bytes(row.try_get(5)?),
            id,
        })
    }

    /// Unwraps the key and checks that it is the one the id names.
    pub(crate) fn unwrap(&self, service: &Service, tenant: &str) -> Result<DataKey, Error> {
        let (record, kind) = self.binding();
        let context = Context {
            tenant,
            record: &record,
            kind,
        };
        service
            .keys
            .unwrap(&self.wrapped, &context)
            .at(|| format!("key {}", self.id))
    }

    /// Wraps `key`, replacing the wrap.
    pub(crate) fn wrap(&mut self, key: &DataKey, making: &KeyMaking<'_>) -> Result<(), Error> {
        let (record, kind) = self.binding();
        let context = Context {
            tenant: making.tenant,
            record: &record,
            kind,
        };
        let wrapped = making.service.keys.wrap(key, &context, making.random);
        self.wrapped = wrapped.at(|| format!("wrapping key {}", self.id))?;
        Ok(())
    }

    fn binding(&self) -> (String, &'static str) {
        let subject = self
            .subject
            .map(|subject| hex(&subject))
            .unwrap_or_default();
        let record = format!(
            "{} {subject} {} {}",
            self.id, self.from_index, self.created_ms
        );
        (record, self.used_for.wrap_kind())
    }
}

impl KeyUse {
    pub(crate) const ALL: [KeyUse; 4] =
        [KeyUse::Root, KeyUse::Log, KeyUse::Subject, KeyUse::Record];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            KeyUse::Root => "root",
            KeyUse::Log => "log",
            KeyUse::Subject => "subject",
            KeyUse::Record => "record",
        }
    }

    const fn wrap_kind(self) -> &'static str {
        match self {
            KeyUse::Root => "root key",
            KeyUse::Log => "log key",
            KeyUse::Subject => "subject key",
            KeyUse::Record => "record key",
        }
    }
}
