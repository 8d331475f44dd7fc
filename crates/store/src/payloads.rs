//! Reading payloads back.

use covenant_seal::{Context, DataKey, KeyId, Zeroizing, open};
use sqlx::{Row as _, SqliteConnection};

use crate::error::{At as _, Error};
use crate::head::unsigned;
use crate::keyring::{KeyRow, unwrap_payload_key};
use crate::open::Shared;
use crate::prepare::payload_seal_kind;
use crate::record::PayloadKind;

/// A payload as it is stored.
pub(crate) struct StoredPayload {
    pub(crate) id: String,
    pub(crate) kind: String,
    /// Index of the event that holds its digest.
    pub(crate) index: u64,
    pub(crate) keep_until_ms: i64,
    /// Index of the event that shredded it.
    pub(crate) shredded_by: Option<u64>,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// A payload, opened.
pub(crate) struct OpenedPayload {
    pub(crate) kind: PayloadKind,
    pub(crate) keep_until_ms: i64,
    /// Index of the event that holds its digest.
    pub(crate) index: u64,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// A payload's key, wrapped for one owner.
pub(crate) struct Wrap {
    pub(crate) owner: KeyId,
    pub(crate) wrapped: Vec<u8>,
}

impl StoredPayload {
    pub(crate) async fn find(
        connection: &mut SqliteConnection,
        id: &str,
    ) -> Result<Option<StoredPayload>, Error> {
        let query =
            "SELECT kind, idx, keep_until_ms, shredded_by, sealed FROM payloads WHERE id = ?";
        let row = sqlx::query(query)
            .bind(id.to_owned())
            .fetch_optional(connection)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let shredded_by: Option<i64> = row.try_get(3)?;
        Ok(Some(StoredPayload {
            id: id.to_owned(),
            kind: row.try_get(0)?,
            index: unsigned(row.try_get(1)?, "event index of a payload")?,
            keep_until_ms: row.try_get(2)?,
            shredded_by: shredded_by
                .map(|index| unsigned(index, "event index of a shredding"))
                .transpose()?,
            sealed: row.try_get(4)?,
        }))
    }

    /// Opens the sealed bytes with the payload's key.
    pub(crate) fn open(&self, key: &DataKey, tenant: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let place = || format!("payload {}", self.id);
        let sealed = self
            .sealed
            .as_deref()
            .ok_or_else(|| Error::Damaged(format!("{} has no content", place())))?;
        let bound = payload_seal_kind(&self.kind, self.keep_until_ms);
        open(
            key,
            &Context {
                tenant,
                record: &self.id,
                kind: &bound,
            },
            sealed,
        )
        .at(place)
    }
}

/// Reads the wraps of a payload's key.
pub(crate) async fn wraps(
    connection: &mut SqliteConnection,
    payload: &str,
) -> Result<Vec<Wrap>, Error> {
    let query = "SELECT key, wrapped FROM payload_keys WHERE payload = ? ORDER BY key";
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(query)
        .bind(payload.to_owned())
        .fetch_all(connection)
        .await?;
    let wraps = rows.into_iter().map(|(owner, wrapped)| {
        let owner = KeyId::new(owner)
            .map_err(|_| Error::Damaged(format!("a key id of payload {payload} is not one")))?;
        Ok(Wrap { owner, wrapped })
    });
    wraps.collect()
}

impl Shared {
    /// Opens a payload with the key of any of its owners.
    pub(crate) async fn open_payload(
        &self,
        connection: &mut SqliteConnection,
        id: &str,
    ) -> Result<OpenedPayload, Error> {
        let not_found = || Error::NotFound {
            kind: "payload",
            id: id.to_owned(),
        };
        let stored = StoredPayload::find(connection, id)
            .await?
            .ok_or_else(not_found)?;
        if let Some(event) = stored.shredded_by {
            return Err(Error::Shredded {
                payload: id.to_owned(),
                event,
            });
        }
        let wraps = wraps(connection, id).await?;
        let wrap = wraps
            .first()
            .ok_or_else(|| Error::Damaged(format!("payload {id} has no key")))?;
        let key = self.payload_key(connection, id, wrap).await?;
        let kind = PayloadKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == stored.kind);
        Ok(OpenedPayload {
            kind: kind
                .ok_or_else(|| Error::Damaged(format!("payload {id} is of an unknown kind")))?,
            keep_until_ms: stored.keep_until_ms,
            index: stored.index,
            content: stored.open(&key, &self.options.tenant)?,
        })
    }

    /// Unwraps a payload's key with its owner's.
    pub(crate) async fn payload_key(
        &self,
        connection: &mut SqliteConnection,
        payload: &str,
        wrap: &Wrap,
    ) -> Result<DataKey, Error> {
        let row = KeyRow::find(connection, &wrap.owner).await?;
        let row = row.ok_or_else(|| {
            Error::Damaged(format!(
                "key {} of payload {payload} is missing",
                wrap.owner
            ))
        })?;
        let tenant = &self.options.tenant;
        let owner = row.unwrap(&self.keyring.service(), tenant)?;
        unwrap_payload_key(&owner, &wrap.owner, tenant, payload, &wrap.wrapped)
    }
}
