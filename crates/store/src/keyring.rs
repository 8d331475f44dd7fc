//! The keys of a store, in memory: where each comes from and what it may open.
//!
//! One *root* secret, wrapped by the key-encryption key, gives every hash key and seals the signing seed; it never
//! changes, so a new key-encryption key leaves hashes and signatures as they are. *Log* keys seal events, one after the
//! other. A *subject* key opens every payload of a patient, a *record* key those of one record without a known patient;
//! destroying one of these is what shredding means.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use covenant_seal::{
    Context, DataKey, HashKey, KeyId, KeyService, Random, WrappedKey, Zeroizing, hex, open, seal,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection, SqlitePool};

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

/// A key that seals events.
pub(crate) struct LogKey {
    pub(crate) id: KeyId,
    pub(crate) key: DataKey,
}

/// A key under which payload keys are wrapped: a subject's, or a record's own.
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

    /// Makes the key of one record.
    pub(crate) fn record_key(&self, now_ms: i64) -> Result<Arc<OwnerKey>, Error> {
        let (row, key) = self.make(KeyUse::Record, None, 0, now_ms)?;
        Ok(Arc::new(OwnerKey {
            row,
            key,
            stored: AtomicBool::new(false),
        }))
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

    /// Forgets a subject's key if the stored one is another, or gone.
    pub(crate) async fn forget_if_changed(
        &self,
        readers: &SqlitePool,
        subject: &[u8; 32],
    ) -> Result<bool, Error> {
        let Some(known) = self.subjects().get(subject) else {
            return Ok(true);
        };
        let stored = KeyRow::find_subject(&mut *readers.acquire().await?, subject).await?;
        let unchanged = stored.map_or(!known.is_stored(), |stored| stored.id == known.row.id);
        if !unchanged {
            self.forget_subject(subject);
        }
        Ok(!unchanged)
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

/// Subjects' keys in memory, in two generations: when the young one is full it becomes the old one, and what was not
/// asked for since is wiped. Keys that are not stored yet stay.
struct Subjects {
    capacity: usize,
    young: HashMap<[u8; 32], Arc<OwnerKey>>,
    old: HashMap<[u8; 32], Arc<OwnerKey>>,
}

impl Subjects {
    fn new(capacity: usize) -> Subjects {
        Subjects {
            capacity: (capacity / 2).max(1),
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    fn get(&mut self, subject: &[u8; 32]) -> Option<Arc<OwnerKey>> {
        if let Some(key) = self.young.get(subject) {
            return Some(Arc::clone(key));
        }
        let key = self.old.remove(subject)?;
        self.insert(*subject, Arc::clone(&key));
        Some(key)
    }

    fn get_or_insert(&mut self, subject: [u8; 32], key: OwnerKey) -> Arc<OwnerKey> {
        if let Some(key) = self.get(&subject) {
            return key;
        }
        let key = Arc::new(key);
        self.insert(subject, Arc::clone(&key));
        key
    }

    fn insert(&mut self, subject: [u8; 32], key: Arc<OwnerKey>) {
        if self.young.len() >= self.capacity {
            let unstored = self.old.drain().filter(|(_, key)| !key.is_stored());
            let mut kept: HashMap<_, _> = unstored.collect();
            kept.extend(self.young.drain());
            self.old = kept;
        }
        self.young.insert(subject, key);
    }

    fn forget(&mut self, subject: &[u8; 32]) {
        self.young.remove(subject);
        self.old.remove(subject);
    }

    fn forget_unstored(&mut self) {
        self.young.retain(|_, key| key.is_stored());
        self.old.retain(|_, key| key.is_stored());
    }
}
