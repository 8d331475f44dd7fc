//! Reading payloads back.

use std::collections::HashSet;

use covenant_ledger::EventKind;
use covenant_seal::{Context, DataKey, KeyId, Zeroizing, hex, open, sha256};
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
    /// Its own key, where no subject is known.
    own_key: Option<(String, Vec<u8>)>,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// A payload, opened.
pub(crate) struct OpenedPayload {
    pub(crate) kind: PayloadKind,
    pub(crate) keep_until_ms: i64,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// A payload whose rows were found to be what the log says of it.
pub(crate) struct Authentic {
    pub(crate) id: String,
    pub(crate) kind: String,
    /// The request it belongs to.
    pub(crate) request: Option<String>,
    /// The keys that open it.
    pub(crate) owners: Vec<KeyRow>,
}

/// The subjects' keys that events say were destroyed, read when they are first asked for.
#[derive(Default)]
pub(crate) struct Destroyed(Option<HashSet<String>>);

/// A payload's key, wrapped for one owner, or for nobody but the key-encryption key.
pub(crate) struct Wrap {
    pub(crate) owner: KeyId,
    wrapped: Vec<u8>,
    is_own: bool,
}

impl StoredPayload {
    pub(crate) async fn find(
        connection: &mut SqliteConnection,
        id: &str,
    ) -> Result<Option<StoredPayload>, Error> {
        let query = "SELECT kind, idx, keep_until_ms, shredded_by, key, wrapped, sealed FROM payloads WHERE id = ?";
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
            own_key: row
                .try_get::<Option<String>, _>(4)?
                .zip(row.try_get::<Option<Vec<u8>>, _>(5)?),
            sealed: row.try_get(6)?,
        }))
    }

    /// Returns the digest of the sealed bytes; `None` when they were shredded.
    pub(crate) fn digest(&self) -> Option<String> {
        self.sealed.as_deref().map(|sealed| hex(&sha256(sealed)))
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
    payload: &StoredPayload,
) -> Result<Vec<Wrap>, Error> {
    let query = "SELECT key, wrapped FROM payload_keys WHERE payload = ? ORDER BY key";
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(query)
        .bind(payload.id.clone())
        .fetch_all(connection)
        .await?;
    let own = payload.own_key.iter().cloned().map(|own| (own, true));
    let wraps = own.chain(rows.into_iter().map(|row| (row, false)));
    let wraps = wraps.map(|((owner, wrapped), is_own)| {
        let damaged = |_| Error::Damaged(format!("a key id of payload {} is not one", payload.id));
        Ok(Wrap {
            owner: KeyId::new(owner).map_err(damaged)?,
            wrapped,
            is_own,
        })
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
        let wraps = wraps(connection, &stored).await?;
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
            content: stored.open(&key, &self.options.tenant)?,
        })
    }

    /// As [`Shared::authenticate`], by id.
    pub(crate) async fn authenticate_id(
        &self,
        connection: &mut SqliteConnection,
        id: &str,
        destroyed: &mut Destroyed,
    ) -> Result<Authentic, Error> {
        let stored = StoredPayload::find(connection, id).await?;
        let stored = stored.ok_or_else(|| Error::NotFound {
            kind: "payload",
            id: id.to_owned(),
        })?;
        if let Some(event) = stored.shredded_by {
            return Err(Error::Shredded {
                payload: id.to_owned(),
                event,
            });
        }
        self.authenticate(connection, &stored, destroyed).await
    }

    /// Holds the rows of a payload against the event that recorded it: bytes, kind, time to keep and keys, and opens it
    /// with each of its keys. Whatever is destroyed for good is held against the log first, because a row is the word of
    /// whoever could write the file.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming the payload.
    pub(crate) async fn authenticate(
        &self,
        connection: &mut SqliteConnection,
        stored: &StoredPayload,
        destroyed: &mut Destroyed,
    ) -> Result<Authentic, Error> {
        let id = &stored.id;
        let event = self.event_at(connection, stored.index).await?;
        let recorded = event.payloads.iter().find(|known| known.id == *id);
        let recorded = recorded
            .filter(|known| {
                !event.kind.is_shredding()
                    && !event.kind.is_mention()
                    && known.kind == stored.kind
                    && known.keep_until_ms == stored.keep_until_ms
                    && Some(&known.digest) == stored.digest().as_ref()
            })
            .ok_or_else(|| {
                Error::Damaged(format!(
                    "payload {id} is not the one that event {} recorded",
                    stored.index
                ))
            })?;
        let mut missing: HashSet<&String> = event.keys_of(recorded).iter().collect();
        let mut owners = Vec::new();
        for wrap in wraps(connection, stored).await? {
            if !missing.remove(&wrap.owner.to_string()) {
                let owner = &wrap.owner;
                return Err(Error::Damaged(format!(
                    "key {owner} of payload {id} is not one that was recorded"
                )));
            }
            let (owner, key) = self.payload_owner(connection, id, &wrap).await?;
            stored.open(&key, &self.options.tenant)?;
            owners.push(owner);
        }
        for key in missing {
            if owners.is_empty() || !destroyed.holds(self, connection, key).await? {
                return Err(Error::Damaged(format!(
                    "key {key} of payload {id} is missing, and no event says that it was destroyed"
                )));
            }
        }
        Ok(Authentic {
            id: id.clone(),
            kind: stored.kind.clone(),
            request: event.request,
            owners,
        })
    }

    /// Unwraps a payload's key with its owner's, or its own.
    pub(crate) async fn payload_key(
        &self,
        connection: &mut SqliteConnection,
        payload: &str,
        wrap: &Wrap,
    ) -> Result<DataKey, Error> {
        Ok(self.payload_owner(connection, payload, wrap).await?.1)
    }

    async fn payload_owner(
        &self,
        connection: &mut SqliteConnection,
        payload: &str,
        wrap: &Wrap,
    ) -> Result<(KeyRow, DataKey), Error> {
        let tenant = &self.options.tenant;
        if wrap.is_own {
            let row = KeyRow::own(wrap.owner.clone(), wrap.wrapped.clone());
            let key = row.unwrap(&self.keyring.service(), tenant)?;
            return Ok((row, key));
        }
        let row = KeyRow::find(connection, &wrap.owner).await?;
        let row = row.ok_or_else(|| {
            Error::Damaged(format!(
                "key {} of payload {payload} is missing",
                wrap.owner
            ))
        })?;
        let owner = row.unwrap(&self.keyring.service(), tenant)?;
        let key = unwrap_payload_key(&owner, &wrap.owner, tenant, payload, &wrap.wrapped)?;
        Ok((row, key))
    }
}

impl Destroyed {
    async fn holds(
        &mut self,
        shared: &Shared,
        connection: &mut SqliteConnection,
        key: &str,
    ) -> Result<bool, Error> {
        let known = match self.0.take() {
            Some(known) => known,
            None => destroyed_subjects(shared, connection).await?,
        };
        let holds = known.contains(key);
        self.0 = Some(known);
        Ok(holds)
    }
}

async fn destroyed_subjects(
    shared: &Shared,
    connection: &mut SqliteConnection,
) -> Result<HashSet<String>, Error> {
    let mut destroyed = HashSet::new();
    let mut from = 0;
    loop {
        let query =
            "SELECT idx, leaf FROM events WHERE idx >= ? AND kind IN (?, ?) ORDER BY idx LIMIT 256";
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(query)
            .bind(from)
            .bind(EventKind::PayloadShredded.as_str())
            .bind(EventKind::PayloadExpired.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let Some((last, _)) = rows.last() else {
            return Ok(destroyed);
        };
        from = last.saturating_add(1);
        for (_, leaf) in &rows {
            let event = shared.open_leaf(connection, leaf).await?;
            if event.kind.is_shredding() {
                let subjects = event.keys.into_iter();
                destroyed.extend(subjects.filter(|key| key.starts_with("subject-")));
            }
        }
    }
}
