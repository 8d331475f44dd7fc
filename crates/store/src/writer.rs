//! The writer: one task, one connection, one transaction for everything that waits.
//!
//! INVARIANT: a caller is told "recorded" only after the commit that holds its record has returned, and with
//! synchronous=FULL that is after the fsync. INVARIANT: the state in memory moves only after such a commit; after a
//! failed one it is read from the database again, whatever the failure was.

mod recovery;
mod transaction;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::checkpointer::Checkpointer;
use crate::database;
use crate::directory::WriteLock;
use crate::error::{Error, Fault};
use crate::open::{Shared, State};
use crate::plan::Plan;
use crate::prepare::{First, Prepared, Step};

/// The most rows one commit writes, unless one record alone has more.
const BATCH_ROWS: usize = 4096;
/// How often the writer lets other tasks run before it closes a batch, while records keep coming.
const YIELDS: usize = 4;

/// What callers send to the writer.
pub(crate) enum Job {
    Commit(Box<Commit>),
    /// End after what was sent before.
    Close(oneshot::Sender<()>),
}

/// A record on its way to the disk, and where to answer.
pub(crate) struct Commit {
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Result<Committed, Rejection>>,
}

/// Where a record stands in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    /// Index of its first event.
    pub(crate) index: u64,
    /// Size of the log after the commit.
    pub(crate) size: u64,
}

/// Why a record was not committed.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// It was prepared against a state that has passed.
    Stale,
    /// The database failed, or refused it.
    Fault(Fault),
    /// Anything else.
    Failed(Error),
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    /// `None` after a failure, until the state was read again.
    sound: Option<Sound>,
    checkpointer: Checkpointer,
    /// A job that was taken from the queue and belongs to the next batch.
    next: Option<Job>,
    /// When it was last tried to empty the write-ahead log of what was shredded; `None` when there is nothing in it.
    truncate: Option<Truncation>,
    last_batch: usize,
    _lock: WriteLock,
}

/// When the write-ahead log was last tried to be emptied.
#[derive(Clone, Copy, Debug, Default)]
struct Truncation(Option<Instant>);

/// A connection and the state that the database is known to have.
struct Sound {
    connection: SqliteConnection,
    state: Arc<State>,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        jobs: mpsc::Receiver<Job>,
        connection: SqliteConnection,
        state: Arc<State>,
        lock: WriteLock,
    ) -> Writer {
        let checkpointer = Checkpointer::start(&shared);
        Writer {
            shared,
            jobs,
            sound: Some(Sound { connection, state }),
            checkpointer,
            next: None,
            // What was shredded before a kill may still stand in the write-ahead log.
            truncate: Some(Truncation::default()),
            last_batch: 0,
            _lock: lock,
        }
    }

    /// Works until the store is closed or every handle to it is gone.
    pub(crate) async fn run(mut self) {
        self.truncate_log().await;
        let mut closing = None;
        while let Some(job) = self.next_job().await {
            match job {
                Job::Commit(commit) => {
                    let batch = self.batch(*commit).await;
                    self.last_batch = batch.len();
                    self.commit(batch).await;
                    let connection = self.sound.as_mut().map(|sound| &mut sound.connection);
                    self.checkpointer.pace(&self.shared, connection).await;
                }
                Job::Close(reply) => {
                    self.jobs.close();
                    closing = Some(reply);
                }
            }
        }
        self.end().await;
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    }

    /// The next job; while something is left to repair, looks after it at intervals.
    async fn next_job(&mut self) -> Option<Job> {
        if let Some(job) = self.next.take() {
            return Some(job);
        }
        loop {
            let idle = self.shared.fault().is_none() && self.truncate.is_none();
            if idle {
                return self.jobs.recv().await;
            }
            match timeout(self.shared.options.tuning.retry_interval, self.jobs.recv()).await {
                Ok(job) => return job,
                Err(_) => self.repair().await,
            }
        }
    }

    /// Takes what waits, within bounds. A record that changes more than it adds goes alone.
    async fn batch(&mut self, first: Commit) -> Vec<Commit> {
        let tuning = self.shared.options.tuning.clone();
        let (mut rows, mut bytes) = (first.prepared.rows(), first.prepared.bytes());
        let mut alone = first.prepared.first.is_some();
        let mut batch = vec![first];
        let mut yields = 0;
        while !alone && batch.len() < tuning.batch_records {
            match self.jobs.try_recv() {
                Ok(Job::Commit(commit)) => {
                    rows += commit.prepared.rows();
                    bytes += commit.prepared.bytes();
                    alone = commit.prepared.first.is_some();
                    if alone || rows > BATCH_ROWS || bytes > tuning.batch_bytes {
                        self.next = Some(Job::Commit(commit));
                        break;
                    }
                    batch.push(*commit);
                }
                Ok(close @ Job::Close(_)) => {
                    self.next = Some(close);
                    break;
                }
                // Callers of the last batch are just being told; let those that run side by side come back first.
                Err(_) if batch.len() < self.last_batch && yields < YIELDS => {
                    yields += 1;
                    tokio::task::yield_now().await;
                }
                Err(_) => break,
            }
        }
        batch.sort_by_key(|commit| commit.prepared.at_ms());
        batch
    }

    /// Commits a batch and answers every caller.
    async fn commit(&mut self, mut batch: Vec<Commit>) {
        let started = Instant::now();
        let outcome = self.try_commit(&mut batch).await;
        let counters = &self.shared.counters;
        counters.commit.add(started.elapsed());
        match outcome {
            Ok(committed) => {
                self.truncate_log().await;
                let counters = &self.shared.counters;
                counters
                    .commits
                    .fetch_add(u64::from(!batch.is_empty()), Ordering::Relaxed);
                counters
                    .largest_batch
                    .fetch_max(batch.len() as u64, Ordering::Relaxed);
                for (commit, committed) in batch.into_iter().zip(committed) {
                    counters
                        .events
                        .fetch_add(commit.prepared.events.len() as u64, Ordering::Relaxed);
                    let _ = commit.reply.send(Ok(committed));
                }
            }
            Err(Rejection::Fault(Fault::Constraint)) if batch.len() > 1 => {
                // One of them repeats an id; the others must not suffer for it.
                let other_half = batch.split_off(batch.len() / 2);
                Box::pin(self.commit(batch)).await;
                Box::pin(self.commit(other_half)).await;
            }
            Err(rejection) => {
                counters.failed_commits.fetch_add(1, Ordering::Relaxed);
                self.reject(batch, rejection);
            }
        }
    }

    fn reject(&self, batch: Vec<Commit>, rejection: Rejection) {
        let fault = match &rejection {
            Rejection::Fault(fault) => Some(*fault),
            Rejection::Failed(Error::Database(fault)) => Some(*fault),
            _ => None,
        };
        if fault.is_some_and(|fault| fault != Fault::Constraint) {
            tracing::error!(fault = ?fault, records = batch.len(), "commit failed; nothing of it was acknowledged");
            self.shared.set_fault(fault);
        }
        let mut rejection = Some(rejection);
        for commit in batch {
            let answer = match (&rejection, fault) {
                (Some(Rejection::Stale), _) => Rejection::Stale,
                (_, Some(fault)) => Rejection::Fault(fault),
                _ => rejection.take().unwrap_or(Rejection::Fault(Fault::Lost)),
            };
            let _ = commit.reply.send(Err(answer));
        }
    }

    /// Commits a batch. Records that cannot be part of it are answered and taken out.
    async fn try_commit(&mut self, batch: &mut Vec<Commit>) -> Result<Vec<Committed>, Rejection> {
        self.make_sound().await.map_err(Rejection::Fault)?;
        let shared = Arc::clone(&self.shared);
        // The connection stays open: it alone still reaches what was acknowledged, and ends by copying it home.
        shared.check_files().map_err(Rejection::Fault)?;
        let Some(sound) = self.sound.as_mut() else {
            return Err(Rejection::Fault(Fault::Lost));
        };
        let started = Instant::now();
        let plan = transaction::plan(&shared, &sound.state, batch).map_err(Rejection::Failed)?;
        shared.counters.plan.add(started.elapsed());
        if plan.indexes.is_empty() {
            return Ok(Vec::new());
        }
        match sound.run(&shared, batch, plan).await {
            Ok(plan) => Ok(self.committed(batch, plan)),
            Err(rejection) => {
                self.undo(&rejection).await;
                Err(self.explain(rejection).await)
            }
        }
    }

    /// Moves the state in memory forward, after a commit.
    fn committed(&mut self, batch: &[Commit], plan: Plan) -> Vec<Committed> {
        plan.owners.iter().for_each(|owner| owner.mark_stored());
        batch
            .iter()
            .for_each(|commit| self.follow(&commit.prepared));
        self.checkpointer.wrote(plan.bytes);
        let state = Arc::new(plan.next);
        let size = state.head.size;
        if let Some(sound) = self.sound.as_mut() {
            sound.state = Arc::clone(&state);
        }
        self.shared.publish(state);
        plan.indexes
            .into_iter()
            .map(|index| Committed { index, size })
            .collect()
    }

    /// What a committed record means for the keys in memory and for the write-ahead log.
    fn follow(&mut self, prepared: &Prepared) {
        for step in &prepared.steps {
            match step {
                Step::AddLogKey { key, .. } => self.shared.keyring.replace_log_key(Arc::clone(key)),
                Step::DestroyKey { subject, .. } => {
                    self.shared.keyring.forget_subject(subject);
                    self.truncate = Some(Truncation::default());
                }
                Step::Erase { .. } | Step::Replace { .. } => {
                    self.truncate = Some(Truncation::default());
                }
                Step::KeepCosigned { .. } => {}
            }
        }
        if let Some(First::Rewrap(keys)) = &prepared.first {
            self.shared.keyring.replace_service(Arc::clone(keys));
            self.truncate = Some(Truncation::default());
        }
    }

    async fn end(mut self) {
        self.checkpointer.stop().await;
        if let Some(mut sound) = self.sound.take() {
            database::truncate_log(
                &mut sound.connection,
                self.shared.options.tuning.busy_timeout,
            )
            .await;
            let _ = sound.connection.close().await;
        }
        self.shared.readers.close().await;
    }
}
