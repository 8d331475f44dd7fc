//! [`Store`]: what callers see.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use covenant_ledger::{Event, EventKind, entry, new_id};
use covenant_seal::{HashKey, Phi};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::database;
use crate::directory::Directory;
use crate::error::{At as _, Error, Fault};
use crate::head::signed;
use crate::keyring::OwnerKey;
use crate::open::{Shared, State, make_if_new};
use crate::options::{Mode, Options};
use crate::prepare::Prepared;
use crate::record::{Receipt, Record, RegisterRow};
use crate::stats::{Stats, microseconds};
use crate::writer::{Commit, Committed, Job, Rejection, Writer};

/// How often a record is prepared again because the state moved on under it.
const ATTEMPTS: usize = 256;

/// An open store. Clones share it.
///
/// ```
/// # use std::sync::Arc;
/// use covenant_ledger::{Event, EventKind};
/// use covenant_seal::{LocalKey, SystemRandom};
/// use covenant_store::{Mode, Options, Record, Store, SystemClock, Tuning};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// # let temporary = tempfile::tempdir()?;
/// let store = Store::open(Options {
///     directory: temporary.path().join("data"),
///     tenant: "clinic".into(),
///     origin: "clinic.example/log".into(),
///     keys: Arc::new(LocalKey::generate(&SystemRandom)?),
///     mode: Mode::Create,
///     clock: Arc::new(SystemClock),
///     random: Arc::new(SystemRandom),
///     tuning: Tuning::default(),
/// })
/// .await?;
/// let event = Event { kind: EventKind::Started, at_ms: 1_900_000_000_000, ..Event::default() };
/// let receipt = store.append(Record::of(event)).await?;
/// assert_eq!((receipt.index, receipt.size), (0, 1));
/// assert!(store.verify(None, &[]).await?.is_good());
/// store.close().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    /// `None` in a process that only reads.
    writer: Option<Arc<Handle>>,
}

/// The way to the writer.
struct Handle {
    jobs: mpsc::Sender<Job>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Held by what looks at stored rows and then changes them, so that two such never cross.
    maintenance: tokio::sync::Mutex<()>,
}

/// A record was prepared against a state that has passed.
pub(crate) struct Stale;

impl Store {
    /// Opens a store.
    ///
    /// A writer becomes the only one of the directory, makes the store when there is none and the mode is
    /// [`Mode::Create`], checks that log, register and keys fit together, and closes every request that was never closed
    /// as interrupted. A reader writes nothing and checks what it reads when it reads it.
    ///
    /// # Errors
    /// [`Error::NoStore`] when there is none to open,
    /// [`Error::Locked`] beside another writer, [`Error::WrongKey`] with another key-encryption key,
    /// [`Error::RegisterRow`] and [`Error::RegisterSet`] when the register was changed outside this program,
    /// [`Error::Damaged`] when the log does not fit together, [`Error::Directory`] when others can enter it.
    pub async fn open(options: Options) -> Result<Store, Error> {
        match options.mode {
            Mode::Create | Mode::ReadWrite => Store::open_to_write(options).await,
            Mode::ReadOnly => Store::open_to_read(options).await,
        }
    }

    async fn open_to_write(options: Options) -> Result<Store, Error> {
        let directory = match options.mode {
            Mode::Create => Directory::prepare(&options.directory)?,
            Mode::ReadWrite | Mode::ReadOnly => Directory::existing(&options.directory)?,
        };
        if options.mode != Mode::Create && !directory.has_database() {
            return Err(Error::NoStore(options.directory));
        }
        let lock = directory.lock()?;
        if options.mode == Mode::Create {
            directory.make_database_file()?;
        }
        let mut connection = database::writer(&directory, &options.tuning).await?;
        make_if_new(&mut connection, &options).await?;
        let readers = database::readers(&directory, &options.tuning).await?;
        let queue = options.tuning.queue_records;
        let shared = Arc::new(Shared::load(options, directory, &mut connection, readers).await?);
        let state = State::load(
            &mut connection,
            &shared.keyring,
            shared.signer.verifier_key(),
        )
        .await?;
        shared.note_files().map_err(Error::Database)?;
        let state = Arc::new(state);
        shared.publish(Arc::clone(&state));
        let (jobs, queued) = mpsc::channel(queue);
        let writer = Writer::new(Arc::clone(&shared), queued, connection, state, lock);
        let task = Mutex::new(Some(tokio::spawn(writer.run())));
        let handle = Handle {
            jobs,
            task,
            maintenance: tokio::sync::Mutex::new(()),
        };
        let store = Store {
            shared,
            writer: Some(Arc::new(handle)),
        };
        if let Err(error) = store.close_interrupted().await {
            // The directory is free when the caller hears of it.
            let _ = store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    async fn open_to_read(options: Options) -> Result<Store, Error> {
        let directory = Directory::existing(&options.directory)?;
        if !directory.has_database() {
            return Err(Error::NoStore(options.directory));
        }
        let readers = database::readers(&directory, &options.tuning).await?;
        database::check_schema(&readers).await?;
        let mut snapshot = readers.begin().await?;
        let shared = Shared::load(options, directory, &mut snapshot, readers).await?;
        drop(snapshot);
        Ok(Store {
            shared: Arc::new(shared),
            writer: None,
        })
    }

    /// Ends the writer after what is queued, and gives the directory free.
    ///
    /// # Errors
    /// [`Error::Closed`] when it was closed before.
    pub async fn close(&self) -> Result<(), Error> {
        let Some(writer) = &self.writer else {
            self.shared.readers.close().await;
            return Ok(());
        };
        let (reply, closed) = oneshot::channel();
        writer
            .jobs
            .send(Job::Close(reply))
            .await
            .map_err(|_| Error::Closed)?;
        closed.await.map_err(|_| Error::Closed)?;
        let task = writer
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            // The task has answered; waiting for its end gives the lock free.
            let _ = task.await;
        }
        Ok(())
    }

    /// Makes a record durable: when this returns, the event is on disk, in the tree and under a signed checkpoint, and
    /// so is everything that belongs to it.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] when the commit failed: nothing of the record is in the log then. [`Error::Refused`] when
    /// the record cannot be accepted. [`Error::ReadOnly`] and [`Error::Closed`].
    pub async fn append(&self, record: Record) -> Result<Receipt, Error> {
        self.writer()?;
        self.rotate_if_due().await?;
        for _ in 0..ATTEMPTS {
            let started = Instant::now();
            let prepared = self.shared.prepare(&record).await?;
            let sealed = started.elapsed();
            let owners = prepared.owners.clone();
            match self.submit(prepared).await {
                Ok(Ok(committed)) => {
                    return Ok(self.receipt(committed, sealed, started.elapsed() - sealed));
                }
                Ok(Err(Stale)) => {}
                // A subject's key may have been shredded since the record was sealed for it.
                Err(Error::Refused(_)) if self.were_stale(&owners).await? => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::NotRecorded(Fault::Busy))
    }

    /// Returns the register rows in force.
    ///
    /// # Errors
    /// [`Error::RegisterRow`] and [`Error::RegisterSet`] in a process that only reads, when they were changed outside
    /// this program; [`Error::Database`].
    pub async fn register_rows(&self) -> Result<Vec<RegisterRow>, Error> {
        Ok(self.shared.current().await?.register.rows())
    }

    /// Returns a counter that changes with every register change of this process. A process that only reads sees no
    /// change.
    pub fn register_version(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Derives a hash key from the store's root secret. It stays the same for the life of the store, also under
    /// another key-encryption key.
    ///
    /// # Errors
    /// [`Error::Seal`] when the cryptographic module refuses.
    pub fn hash_key(&self, label: &str) -> Result<HashKey, Error> {
        self.shared.keyring.hash_key(label)
    }

    /// Returns the log's verifier key, as C2SP signed-note writes it.
    pub fn log_vkey(&self) -> String {
        self.shared.signer.verifier_key().to_string()
    }

    /// Says whether the store can record: `Err` from a failed commit until a write works again, and as soon as one of its
    /// files is not in its place any more.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] with the reason, [`Error::ReadOnly`], [`Error::Closed`].
    pub fn ready(&self) -> Result<(), Error> {
        if self.writer()?.jobs.is_closed() {
            return Err(Error::Closed);
        }
        let fault = self.shared.fault().or(self.shared.check_files().err());
        fault.map_or(Ok(()), |fault| Err(Error::NotRecorded(fault)))
    }

    /// Returns what the write path has done since the store was opened.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Returns a payload's content. The caller has decided that it may be read, and records that it was.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Shredded`], [`Error::Seal`] when it was altered.
    pub async fn read_payload(&self, id: &str) -> Result<Phi<Vec<u8>>, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let opened = self.shared.open_payload(&mut snapshot, id).await?;
        Ok(Phi::new(opened.content.to_vec()))
    }

    fn writer(&self) -> Result<&Handle, Error> {
        self.writer.as_deref().ok_or(Error::ReadOnly)
    }

    fn receipt(
        &self,
        committed: Committed,
        seal: std::time::Duration,
        commit: std::time::Duration,
    ) -> Receipt {
        self.shared.counters.seal.add(seal);
        self.shared.counters.queue_and_commit.add(commit);
        Receipt {
            index: committed.index,
            size: committed.size,
            seal_us: microseconds(seal),
            commit_us: microseconds(commit),
        }
    }

    /// Hands a record to the writer and waits until it is durable.
    pub(crate) async fn submit(
        &self,
        prepared: Prepared,
    ) -> Result<Result<Committed, Stale>, Error> {
        let (reply, answer) = oneshot::channel();
        let commit = Job::Commit(Box::new(Commit { prepared, reply }));
        self.writer()?
            .jobs
            .send(commit)
            .await
            .map_err(|_| Error::Closed)?;
        match answer.await.map_err(|_| Error::Closed)? {
            Ok(committed) => Ok(Ok(committed)),
            Err(Rejection::Stale) => Ok(Err(Stale)),
            Err(Rejection::Fault(Fault::Constraint)) => {
                Err(Error::Refused(Fault::Constraint.to_string()))
            }
            Err(Rejection::Fault(fault)) => Err(Error::NotRecorded(fault)),
            Err(Rejection::Failed(error)) => Err(error),
        }
    }

    /// Prepares and commits, again and again while the state moves on under it.
    pub(crate) async fn commit_with(
        &self,
        mut prepare: impl FnMut() -> Result<Prepared, Error> + Send,
    ) -> Result<Committed, Error> {
        for _ in 0..ATTEMPTS {
            if let Ok(committed) = self.submit(prepare()?).await? {
                return Ok(committed);
            }
        }
        Err(Error::NotRecorded(Fault::Busy))
    }

    /// Keeps other commands that look at stored rows and then change them away.
    pub(crate) async fn maintenance(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Error> {
        Ok(self.writer()?.maintenance.lock().await)
    }

    async fn were_stale(&self, owners: &[Arc<OwnerKey>]) -> Result<bool, Error> {
        let readers = &self.shared.readers;
        self.shared.keyring.forget_stale(readers, owners).await
    }
}

impl Shared {
    /// Makes an empty record under the key service in use.
    pub(crate) fn prepared(&self) -> Prepared {
        Prepared {
            epoch: self.keyring.service().epoch,
            ..Prepared::default()
        }
    }

    /// Makes an event of the store's own.
    pub(crate) fn event(&self, kind: EventKind) -> Result<Event, Error> {
        let at_ms = self.now_ms();
        let id = new_id(at_ms, self.options.random.as_ref()).at(|| "making an event id".into())?;
        Ok(Event::new(kind, id, at_ms))
    }

    /// Opens the event of an index.
    pub(crate) async fn event_at(
        &self,
        connection: &mut SqliteConnection,
        index: u64,
    ) -> Result<Event, Error> {
        let query = sqlx::query_scalar("SELECT leaf FROM events WHERE idx = ?").bind(signed(index));
        let leaf: Option<Vec<u8>> = query.fetch_optional(&mut *connection).await?;
        let leaf = leaf.ok_or_else(|| Error::Damaged(format!("event {index} is missing")))?;
        self.open_leaf(connection, &leaf).await
    }

    /// Opens a leaf with the log key it names.
    pub(crate) async fn open_leaf(
        &self,
        connection: &mut SqliteConnection,
        leaf: &[u8],
    ) -> Result<Event, Error> {
        let header = entry::header(leaf).at(|| "an event".into())?;
        let place = || format!("event {}", header.event_id);
        let key = self.keyring.log_key_of(connection, &header.key_id).await?;
        entry::open_event(leaf, &key.key, &self.options.tenant).at(place)
    }
}
