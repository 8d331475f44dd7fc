//! Opening a store: what is there is checked before anything is believed, and a new one is made in one transaction.

use std::sync::{Arc, PoisonError, RwLock};

use covenant_ledger::checkpoint::{self, Checkpoint, Signer, VerifierKey};
use covenant_seal::{Context, DataKey, SigningKey, open, seal};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::watch;

use crate::directory::{Directory, Files};
use crate::error::{At as _, Error, Fault};
use crate::head::{Head, Meta, signed};
use crate::keyring::{KeyMaking, KeyRow, KeyUse, Keyring, LogKey, Service};
use crate::options::{Mode, Options};
use crate::register::Register;
use crate::stats::Counters;
use crate::tree::Edge;

const SEED_CONTEXT: (&str, &str) = ("checkpoint signing key", "signing seed");

/// What every part of an open store shares.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) directory: Directory,
    pub(crate) keyring: Keyring,
    pub(crate) signer: Signer,
    pub(crate) readers: SqlitePool,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) counters: Counters,
    /// The files that the writer writes to; `None` in a process that only reads.
    files: RwLock<Option<Files>>,
    /// The state after the last commit; `None` in a process that only reads, which must look.
    state: RwLock<Option<Arc<State>>>,
    /// Why the last write failed; `None` when it worked.
    fault: RwLock<Option<Fault>>,
}

/// The state after a commit.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) head: Head,
    pub(crate) edge: Edge,
    pub(crate) register: Arc<Register>,
    pub(crate) meta: Arc<Meta>,
}

impl Shared {
    /// Checks whose store it is and takes the keys in. `connection` must see one state throughout.
    pub(crate) async fn load(
        options: Options,
        directory: Directory,
        connection: &mut SqliteConnection,
        readers: SqlitePool,
    ) -> Result<Shared, Error> {
        let meta = Meta::load(connection).await?;
        check_identity(&options, &meta)?;
        let service = Service {
            keys: Arc::clone(&options.keys),
            epoch: 0,
        };
        let root = root_key(connection, &service, &options.tenant).await?;
        let signer = signer(&options, &meta, &root)?;
        let log = log_keys(connection, &service, &options.tenant).await?;
        let newest = log
            .last()
            .map(Arc::clone)
            .ok_or_else(|| Error::Damaged("there is no log key".into()))?;
        let (keys, random) = (Arc::clone(&options.keys), Arc::clone(&options.random));
        let cached = options.tuning.cached_subject_keys;
        let keyring = Keyring::new(options.tenant.clone(), keys, random, root, newest, cached)?;
        log.into_iter()
            .for_each(|key| keyring.remember_log_key(key));
        Ok(Shared {
            directory,
            keyring,
            signer,
            readers,
            changes: watch::Sender::new(0),
            counters: Counters::default(),
            files: RwLock::new(None),
            state: RwLock::new(None),
            fault: RwLock::new(None),
            options,
        })
    }

    /// Returns the state after the last commit of this process.
    pub(crate) fn committed(&self) -> Result<Arc<State>, Error> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().map(Arc::clone).ok_or(Error::ReadOnly)
    }

    /// Returns the state after the last commit of whoever writes.
    pub(crate) async fn current(&self) -> Result<Arc<State>, Error> {
        if let Ok(state) = self.committed() {
            return Ok(state);
        }
        let mut snapshot = self.readers.begin().await?;
        Ok(Arc::new(
            State::load(&mut snapshot, &self.keyring, self.signer.verifier_key()).await?,
        ))
    }

    /// Publishes the state after a commit.
    pub(crate) fn publish(&self, state: Arc<State>) {
        let version = state.head.register_version;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
        self.set_fault(None);
        self.changes
            .send_if_modified(|known| std::mem::replace(known, version) != version);
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        *self.fault.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        *self.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Notes the files of the writer's new connection. They must be those of its first one, but for the write-ahead log.
    pub(crate) fn note_files(&self) -> Result<(), Fault> {
        let opened = self.directory.files()?;
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if files.is_some_and(|first| !opened.is_of(&first)) {
            return Err(Fault::Removed);
        }
        *files = Some(opened);
        Ok(())
    }

    /// Says whether the writer's files are still in their places: three looks at the directory, no reading.
    pub(crate) fn check_files(&self) -> Result<(), Fault> {
        let files = *self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.map_or(Ok(()), |files| files.check(&self.directory))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.options.clock.now_ms()
    }
}

impl State {
    /// Reads head, register and the edge of the tree, and checks that they fit together.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        keyring: &Keyring,
        log: &VerifierKey,
    ) -> Result<State, Error> {
        let meta = Meta::load(connection).await?;
        let (head, tag) = Head::load(connection)
            .await?
            .ok_or_else(|| Error::Damaged("the head row is missing".into()))?;
        head.check(&keyring.tags, &meta, &tag)?;
        let register = Register::load(connection, keyring, &head.register_digest).await?;
        let edge = Edge::load(connection, head.size).await?;
        let last: Option<i64> = sqlx::query_scalar("SELECT max(idx) FROM events")
            .fetch_one(connection)
            .await?;
        if last.map_or(0, |last| last.saturating_add(1)) != signed(head.size) {
            return Err(Error::Damaged(format!(
                "the head counts {} events, and there are others",
                head.size
            )));
        }
        if edge.root() != head.root {
            return Err(Error::Damaged(
                "the stored events and tiles do not make up the root in the head".into(),
            ));
        }
        check_note(&head, log)?;
        Ok(State {
            head,
            edge,
            register: Arc::new(register),
            meta: Arc::new(meta),
        })
    }
}

fn check_note(head: &Head, log: &VerifierKey) -> Result<(), Error> {
    let place = || "the log's checkpoint".to_owned();
    let (checkpoint, _) = checkpoint::open(&head.note, std::slice::from_ref(log)).at(place)?;
    if checkpoint.size == head.size && checkpoint.root == head.root {
        return Ok(());
    }
    Err(Error::Damaged(
        "the signed checkpoint is not that of the head".into(),
    ))
}

fn check_identity(options: &Options, meta: &Meta) -> Result<(), Error> {
    let made_with = meta.text("kek")?;
    let given = options.keys.id().as_str();
    if made_with != given {
        return Err(Error::WrongKey {
            made_with: made_with.into(),
            given: given.into(),
        });
    }
    for (what, given) in [("tenant", &options.tenant), ("origin", &options.origin)] {
        let made_for = meta.text(what)?;
        if made_for != given {
            return Err(Error::NotThisStore {
                what,
                made_for: made_for.into(),
                given: given.clone(),
            });
        }
    }
    Ok(())
}

async fn root_key(
    connection: &mut SqliteConnection,
    service: &Service,
    tenant: &str,
) -> Result<DataKey, Error> {
    match KeyRow::of_use(connection, KeyUse::Root).await?.as_slice() {
        [row] => row.unwrap(service, tenant),
        rows => Err(Error::Damaged(format!(
            "there are {} root keys, not one",
            rows.len()
        ))),
    }
}

/// The log keys, oldest first, each with its count of seals.
async fn log_keys(
    connection: &mut SqliteConnection,
    service: &Service,
    tenant: &str,
) -> Result<Vec<Arc<LogKey>>, Error> {
    let size: Option<i64> = sqlx::query_scalar("SELECT size FROM head")
        .fetch_optional(&mut *connection)
        .await?;
    let size = u64::try_from(size.unwrap_or(0)).unwrap_or(0);
    let rows = KeyRow::of_use(connection, KeyUse::Log).await?;
    let keys = rows.into_iter().map(|row| {
        let key = row
            .unwrap(service, tenant)?
            .resume_count(size.saturating_sub(row.from_index));
        Ok(Arc::new(LogKey { id: row.id, key }))
    });
    keys.collect()
}

fn signer(options: &Options, meta: &Meta, root: &DataKey) -> Result<Signer, Error> {
    let place = || SEED_CONTEXT.0.to_owned();
    let sealed = meta
        .0
        .get("signing_seed")
        .ok_or_else(|| Error::Damaged("meta row signing_seed is missing".into()))?;
    let seed = open(root, &seed_context(&options.tenant), sealed).at(place)?;
    let seed = <&[u8; 32]>::try_from(seed.as_slice()).map_err(|_| Error::Damaged(place()))?;
    let key = SigningKey::from_seed(seed).at(place)?;
    Signer::log(options.origin.clone(), key).at(|| "the log's origin".into())
}

fn seed_context(tenant: &str) -> Context<'_> {
    Context {
        tenant,
        record: SEED_CONTEXT.0,
        kind: SEED_CONTEXT.1,
    }
}

/// Makes a store in a database that was never used, when it was asked for; refuses such a database otherwise.
pub(crate) async fn make_if_new(
    connection: &mut SqliteConnection,
    options: &Options,
) -> Result<(), Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    if !is_new(&mut transaction).await? {
        return Ok(());
    }
    if options.mode != Mode::Create {
        return Err(Error::NoStore(options.directory.clone()));
    }
    let now_ms = options.clock.now_ms();
    let service = Service {
        keys: Arc::clone(&options.keys),
        epoch: 0,
    };
    let making = KeyMaking {
        tenant: &options.tenant,
        service: &service,
        random: options.random.as_ref(),
    };
    let (root_row, root) = making.make(KeyUse::Root, None, 0, now_ms)?;
    let (log_row, log) = making.make(KeyUse::Log, None, 0, now_ms)?;
    let meta = new_meta(options, &root, now_ms)?;
    let signer = signer(options, &meta, &root)?;
    let log = Arc::new(LogKey {
        id: log_row.id.clone(),
        key: log,
    });
    let (keys, random) = (Arc::clone(&options.keys), Arc::clone(&options.random));
    let keyring = Keyring::new(options.tenant.clone(), keys, random, root, log, 1)?;
    let head = empty_head(options, &keyring, &signer)?;
    for row in [&root_row, &log_row] {
        insert_key(&mut transaction, row).await?;
    }
    insert_meta(&mut transaction, &meta).await?;
    insert_head(&mut transaction, &head, &head.tag(&keyring.tags, &meta)).await?;
    transaction.commit().await?;
    Ok(())
}

/// A database without a single row of ours; one whose head or meta alone is gone is damaged, not new.
async fn is_new(connection: &mut SqliteConnection) -> Result<bool, Error> {
    let query = "SELECT EXISTS (SELECT 1 FROM meta) + EXISTS (SELECT 1 FROM head) + EXISTS (SELECT 1 FROM keys)
         + EXISTS (SELECT 1 FROM events) + EXISTS (SELECT 1 FROM payloads) + EXISTS (SELECT 1 FROM register)";
    let used: i64 = sqlx::query_scalar(query).fetch_one(connection).await?;
    Ok(used == 0)
}

fn new_meta(options: &Options, root: &DataKey, now_ms: i64) -> Result<Meta, Error> {
    let random = options.random.as_ref();
    let place = || format!("making the {}", SEED_CONTEXT.0);
    let seed = SigningKey::generate(random).at(place)?.seed();
    let sealed = seal(root, &seed_context(&options.tenant), seed.expose(), random).at(place)?;
    let rows = [
        ("created_ms", now_ms.to_string().into_bytes()),
        ("kek", options.keys.id().as_str().as_bytes().to_vec()),
        ("origin", options.origin.clone().into_bytes()),
        ("signing_seed", sealed),
        ("tenant", options.tenant.clone().into_bytes()),
    ];
    Ok(Meta(
        rows.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    ))
}

fn empty_head(options: &Options, keyring: &Keyring, signer: &Signer) -> Result<Head, Error> {
    let root = covenant_ledger::tree::empty_root();
    let checkpoint = Checkpoint {
        origin: options.origin.clone(),
        size: 0,
        root,
    };
    let note = checkpoint
        .sign(signer)
        .at(|| "signing the first checkpoint".into())?;
    let register_digest = Register::default().digest(&keyring.tags);
    Ok(Head {
        size: 0,
        root,
        at_ms: 0,
        note,
        register_version: 0,
        register_digest,
    })
}

async fn insert_key(connection: &mut SqliteConnection, row: &KeyRow) -> Result<(), Error> {
    let query = "INSERT INTO keys (id, kind, subject, from_index, created_ms, wrapped) VALUES (?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(query)
        .bind(row.id.as_str().to_owned())
        .bind(row.used_for.as_str());
    let query = query
        .bind(row.subject.map(|subject| subject.to_vec()))
        .bind(signed(row.from_index));
    query
        .bind(row.created_ms)
        .bind(row.wrapped.as_bytes().to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_meta(connection: &mut SqliteConnection, meta: &Meta) -> Result<(), Error> {
    for (name, value) in &meta.0 {
        let query = sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?)")
            .bind(name.clone())
            .bind(value.clone());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_head(
    connection: &mut SqliteConnection,
    head: &Head,
    tag: &[u8; 32],
) -> Result<(), Error> {
    let query =
        "INSERT INTO head (id, size, root, at_ms, note, register_version, register_digest, tag)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(query)
        .bind(signed(head.size))
        .bind(head.root.to_vec())
        .bind(head.at_ms);
    let query = query
        .bind(head.note.clone())
        .bind(signed(head.register_version));
    query
        .bind(head.register_digest.to_vec())
        .bind(tag.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}
