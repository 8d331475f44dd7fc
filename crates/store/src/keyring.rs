//! The keys of a store, in memory: where each comes from and what it may open.
//!
//! One *root* secret, wrapped by the key-encryption key, gives every hash key and seals the signing seed; it never
//! changes, so a new key-encryption key leaves hashes and signatures as they are. *Log* keys seal events, one after the
//! other. A *subject* key opens every payload of a patient, a *record* key the one payload in whose row it stands, because
//! no patient is known; destroying one of these is what shredding means.

mod rows;
mod subjects;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use covenant_seal::{Context, DataKey, HashKey, KeyId, KeyService, Random, Zeroizing, open, seal};
use sqlx::{SqliteConnection, SqlitePool};

use crate::error::{At as _, Error};
use crate::head::unsigned;

pub(crate) use rows::{KeyMaking, KeyRow, KeyUse};
use subjects::Subjects;

/// A key that seals events.
pub(crate) struct LogKey {
    pub(crate) id: KeyId,
    pub(crate) key: DataKey,
}

/// A subject's key, under which payload keys are wrapped.
pub(crate) struct OwnerKey {
    pub(crate) row: KeyRow,
    key: DataKey,
    /// Whether the row is known to be in the database.
    stored: AtomicBool,
}

/// The key service in use. The epoch tells rows that were wrapped before a change of key from later ones.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) keys: Arc<dyn KeyService>,
    pub(crate) epoch: u64,
}

/// Every key of an open store.
pub(crate) struct Keyring {
    pub(crate) tenant: String,
    pub(crate) random: Arc<dyn Random>,
    /// Tags register rows and the head.
    pub(crate) tags: HashKey,
    root: DataKey,
    service: RwLock<Service>,
    log: RwLock<Arc<LogKey>>,
    old_log: RwLock<HashMap<KeyId, Arc<LogKey>>>,
    subjects: Mutex<Subjects>,
}

impl Keyring {
    pub(crate) fn new(
        tenant: String,
        keys: Arc<dyn KeyService>,
        random: Arc<dyn Random>,
        root: DataKey,
        log: Arc<LogKey>,
        cached_subjects: usize,
    ) -> Result<Keyring, Error> {
        let tags = root
            .derive("row tags", &[])
            .at(|| "deriving the tag key".into())?;
        Ok(Keyring {
            tenant,
            random,
            tags: HashKey::from(tags),
            root,
            service: RwLock::new(Service { keys, epoch: 0 }),
            old_log: RwLock::new(HashMap::from([(log.id.clone(), Arc::clone(&log))])),
            log: RwLock::new(log),
            subjects: Mutex::new(Subjects::new(cached_subjects)),
        })
    }

    /// Derives a hash key that stays the same for the life of the store.
    pub(crate) fn hash_key(&self, label: &str) -> Result<HashKey, Error> {
        let key = self
            .root
            .derive("hash key", &[label.as_bytes()])
            .at(|| "deriving a hash key".into())?;
        Ok(HashKey::from(key))
    }

    /// Seals the body of a register row. Every version of every row has a key of its own, so none seals often.
    pub(crate) fn seal_body(
        &self,
        (kind, id, version): (&str, &str, u32),
        body: &str,
    ) -> Result<Vec<u8>, Error> {
        let place = || format!("sealing register row {kind} {id:?}");
        let key = self.body_key(kind, id, version).at(place)?;
        let bound = body_seal_kind(kind, version);
        let context = self.context(id, &bound);
        seal(&key, &context, body.as_bytes(), self.random.as_ref()).at(place)
    }

    /// Opens the body of a register row; `None` when it is not that of this kind, id and version.
    pub(crate) fn open_body(
        &self,
        (kind, id, version): (&str, &str, u32),
        sealed: &[u8],
    ) -> Option<String> {
        let key = self.body_key(kind, id, version).ok()?;
        let bound = body_seal_kind(kind, version);
        let body = open(&key, &self.context(id, &bound), sealed).ok()?;
        String::from_utf8(body.to_vec()).ok()
    }

    fn body_key(
        &self,
        kind: &str,
        id: &str,
        version: u32,
    ) -> Result<DataKey, covenant_seal::Error> {
        let row = [kind.as_bytes(), id.as_bytes(), &version.to_be_bytes()];
        self.root.derive("register body", &row)
    }

    fn context<'a>(&'a self, record: &'a str, kind: &'a str) -> Context<'a> {
        Context {
            tenant: &self.tenant,
            record,
            kind,
        }
    }

    pub(crate) fn service(&self) -> Service {
        self.service
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Uses another key-encryption key from now on. Keys that are not stored yet were wrapped under the old one.
    pub(crate) fn replace_service(&self, keys: Arc<dyn KeyService>) {
        let mut service = self.service.write().unwrap_or_else(PoisonError::into_inner);
        *service = Service {
            keys,
            epoch: service.epoch + 1,
        };
        self.subjects().forget_unstored();
    }

    /// Returns the key that seals events now.
    pub(crate) fn log_key(&self) -> Arc<LogKey> {
        Arc::clone(&self.log.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Seals later events under `key`.
    pub(crate) fn replace_log_key(&self, key: Arc<LogKey>) {
        self.remember_log_key(Arc::clone(&key));
        *self.log.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Returns the log key of that id, reading it when another process has made it since.
    pub(crate) async fn log_key_of(
        &self,
        connection: &mut SqliteConnection,
        id: &KeyId,
    ) -> Result<Arc<LogKey>, Error> {
        let known = self
            .old_log
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .map(Arc::clone);
        if let Some(key) = known {
            return Ok(key);
        }
        let row = KeyRow::find(connection, id).await?;
        let row = row.filter(|row| row.used_for == KeyUse::Log);
        let row = row.ok_or_else(|| Error::Damaged(format!("log key {id} is missing")))?;
        let key = Arc::new(LogKey {
            id: id.clone(),
            key: row.unwrap(&self.service(), &self.tenant)?,
        });
        self.remember_log_key(Arc::clone(&key));
        Ok(key)
    }

    pub(crate) fn remember_log_key(&self, key: Arc<LogKey>) {
        self.old_log
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id.clone(), key);
    }

    /// Makes a key and its row.
    pub(crate) fn make(
        &self,
        used_for: KeyUse,
        subject: Option<[u8; 32]>,
        from_index: u64,
        created_ms: i64,
    ) -> Result<(KeyRow, DataKey), Error> {
        let making = KeyMaking {
            tenant: &self.tenant,
            service: &self.service(),
            random: self.random.as_ref(),
        };
        making.make(used_for, subject, from_index, created_ms)
    }

    /// Returns the key of a subject, making one (not stored yet) when there is none.
    pub(crate) async fn subject_key(
        &self,
        readers: &SqlitePool,
        subject: &[u8; 32],
        now_ms: i64,
    ) -> Result<Arc<OwnerKey>, Error> {
        if let Some(key) = self.subjects().get(subject) {
            return Ok(key);
        }
        let mut connection = readers.acquire().await?;
        let found = match KeyRow::find_subject(&mut connection, subject).await? {
            Some(row) => {
                let used = count_uses(&mut connection, &row.id).await?;
                let key = row
                    .unwrap(&self.service(), &self.tenant)?
                    .resume_count(used);
                OwnerKey {
                    row,
                    key,
                    stored: AtomicBool::new(true),
                }
            }
            None => {
                let (row, key) = self.make(KeyUse::Subject, Some(*subject), 0, now_ms)?;
                OwnerKey {
                    row,
                    key,
                    stored: AtomicBool::new(false),
                }
            }
        };
        // Another task may have put one in since; the first one counts.
        Ok(self.subjects().get_or_insert(*subject, found))
    }

    /// Says whether a record was sealed for subjects' keys that are not the stored ones (any more), and forgets those.
    pub(crate) async fn forget_stale(
        &self,
        readers: &SqlitePool,
        owners: &[Arc<OwnerKey>],
    ) -> Result<bool, Error> {
        let mut any = false;
        for owner in owners {
            let Some(subject) = owner.row.subject else {
                continue;
            };
            let stored = KeyRow::find_subject(&mut *readers.acquire().await?, &subject).await?;
            // Without a stored row a key that was stored has been shredded; a new one is just not written yet.
            let is_stale = stored.map_or(owner.is_stored(), |stored| stored.id != owner.row.id);
            if is_stale {
                self.subjects().forget_key(&subject, &owner.row.id);
            }
            any |= is_stale;
        }
        Ok(any)
    }

    /// Takes a stored owner's key in.
    pub(crate) fn owner(&self, row: KeyRow) -> Result<Arc<OwnerKey>, Error> {
        let key = row.unwrap(&self.service(), &self.tenant)?;
        Ok(Arc::new(OwnerKey {
            row,
            key,
            stored: AtomicBool::new(true),
        }))
    }

    /// Forgets a subject's key: it was shredded, or turned out not to be the stored one.
    pub(crate) fn forget_subject(&self, subject: &[u8; 32]) {
        self.subjects().forget(subject);
    }

    fn subjects(&self) -> MutexGuard<'_, Subjects> {
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn body_seal_kind(kind: &str, version: u32) -> String {
    format!("register body {version} of {kind}")
}

impl OwnerKey {
    pub(crate) fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Acquire)
    }

    pub(crate) fn mark_stored(&self) {
        self.stored.store(true, Ordering::Release);
    }

    /// Wraps a payload's key.
    pub(crate) fn wrap(
        &self,
        tenant: &str,
        payload: &str,
        raw: &[u8; 32],
        random: &dyn Random,
    ) -> Result<Vec<u8>, Error> {
        let kind = payload_key_kind(&self.row.id);
        let context = Context {
            tenant,
            record: payload,
            kind: &kind,
        };
        seal(&self.key, &context, raw, random)
            .at(|| format!("wrapping the key of payload {payload}"))
    }
}

/// Unwraps a payload's key with the key of one of its owners.
pub(crate) fn unwrap_payload_key(
    owner: &DataKey,
    owner_id: &KeyId,
    tenant: &str,
    payload: &str,
    wrapped: &[u8],
) -> Result<DataKey, Error> {
    let kind = payload_key_kind(owner_id);
    let context = Context {
        tenant,
        record: payload,
        kind: &kind,
    };
    let place = || format!("key of payload {payload} under {owner_id}");
    let raw = open(owner, &context, wrapped).at(place)?;
    let raw = <&[u8; 32]>::try_from(raw.as_slice()).map_err(|_| Error::Damaged(place()))?;
    DataKey::from_bytes(raw).at(place)
}

fn payload_key_kind(owner: &KeyId) -> String {
    format!("payload key under {owner}")
}

/// How many payload keys a key has wrapped, as far as they are still there.
async fn count_uses(connection: &mut SqliteConnection, key: &KeyId) -> Result<u64, Error> {
    let query = sqlx::query_scalar("SELECT count(*) FROM payload_keys WHERE key = ?");
    unsigned(
        query
            .bind(key.as_str().to_owned())
            .fetch_one(connection)
            .await?,
        "count of payload keys",
    )
}

/// Makes 32 random bytes for a payload's key; they are wrapped, so the bytes are needed once.
pub(crate) fn raw_key(random: &dyn Random) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut raw = Zeroizing::new([0; 32]);
    random
        .fill(raw.as_mut())
        .at(|| "making a payload key".into())?;
    Ok(raw)
}
