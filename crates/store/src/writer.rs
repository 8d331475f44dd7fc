//! The writer: one task, one connection, one transaction for everything that waits.
//!
//! INVARIANT: a caller is told "recorded" only after the commit that holds its record has returned, and with
//! synchronous=FULL that is after the fsync. INVARIANT: the state in memory moves only after such a commit; after a
//! failed one it is read from the database again, whatever the failure was.

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
use crate::head::{Head, signed};
use crate::keyring::KeyMaking;
use crate::open::{Shared, State};
use crate::plan::{Plan, Planner, Unfit};
use crate::prepare::{First, Prepared, Step};
use crate::rewrap;
use crate::script::Script;
use crate::tree::root_at;

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
    state: State,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        jobs: mpsc::Receiver<Job>,
        connection: SqliteConnection,
        state: State,
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
        let plan = plan(&shared, &sound.state, batch).map_err(Rejection::Failed)?;
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

    /// Ends the transaction. A refused record leaves the database as it was; after anything else nothing in memory is
    /// believed.
    async fn undo(&mut self, rejection: &Rejection) {
        let refused = matches!(
            rejection,
            Rejection::Stale | Rejection::Fault(Fault::Constraint)
        );
        if let Some(sound) = self.sound.as_mut().filter(|_| refused)
            && database::roll_back(&mut sound.connection).await
        {
            return;
        }
        self.forget_state().await;
    }

    /// Tells a record that repeats an id from a log that another process has moved on: that one takes the next index, too.
    async fn explain(&mut self, rejection: Rejection) -> Rejection {
        if !matches!(rejection, Rejection::Fault(Fault::Constraint)) {
            return rejection;
        }
        let Some(sound) = self.sound.as_mut() else {
            return Rejection::Fault(Fault::Lost);
        };
        let query = sqlx::query_scalar("SELECT size FROM head");
        let stored: Result<i64, sqlx::Error> = query.fetch_one(&mut sound.connection).await;
        match stored {
            Ok(size) if size == signed(sound.state.head.size) => rejection,
            Ok(_) => {
                self.forget_state().await;
                Rejection::Fault(Fault::Foreign)
            }
            Err(error) => Rejection::Fault(Fault::from(&error)),
        }
    }

    /// Moves the state in memory forward, after a commit.
    fn committed(&mut self, batch: &[Commit], plan: Plan) -> Vec<Committed> {
        plan.owners.iter().for_each(|owner| owner.mark_stored());
        batch
            .iter()
            .for_each(|commit| self.follow(&commit.prepared));
        self.checkpointer.wrote(plan.bytes);
        let size = plan.next.head.size;
        if let Some(sound) = self.sound.as_mut() {
            sound.state = plan.next.clone();
        }
        self.shared.publish(plan.next);
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

    /// Gives the connection up; the state is read anew before the next commit.
    async fn forget_state(&mut self) {
        if let Some(mut sound) = self.sound.take() {
            // Without an open transaction this fails, which is as good.
            let _ = sqlx::query("ROLLBACK").execute(&mut sound.connection).await;
            let _ = sound.connection.close().await;
        }
    }

    /// Reads the state from the database again if the last commit failed.
    async fn make_sound(&mut self) -> Result<(), Fault> {
        if self.sound.is_none() {
            self.sound = Some(self.read_again().await.map_err(|error| match error {
                Error::Database(fault) => fault,
                error => {
                    tracing::error!(%error, "the store does not fit together any more");
                    Fault::Corrupt
                }
            })?);
        }
        Ok(())
    }

    async fn read_again(&self) -> Result<Sound, Error> {
        let shared = &self.shared;
        let mut connection =
            database::connect_writer(&shared.directory, &shared.options.tuning).await?;
        shared.note_files().map_err(Error::Database)?;
        let state = State::load(
            &mut connection,
            &shared.keyring,
            shared.signer.verifier_key(),
        )
        .await?;
        refuse_older(&mut connection, &state, &shared.committed()?.head).await?;
        Ok(Sound { connection, state })
    }

    /// Tries to write after a failure, and to clear the write-ahead log after a shredding.
    async fn repair(&mut self) {
        if self.shared.fault().is_some() {
            let outcome = self.try_write().await;
            self.shared.set_fault(outcome.err());
        }
        self.truncate_log().await;
    }

    /// Writes a row as it is: the smallest thing that proves a commit works.
    async fn try_write(&mut self) -> Result<(), Fault> {
        self.make_sound().await?;
        self.shared.check_files()?;
        let Some(sound) = self.sound.as_mut() else {
            return Err(Fault::Lost);
        };
        let mut script = Script::default();
        script.statement("UPDATE head SET size = size");
        let outcome = script.commit(&mut sound.connection, false).await;
        if outcome.is_err() {
            self.forget_state().await;
        }
        outcome
    }

    /// Empties the write-ahead log, where old pages may still hold what was shredded. A reader may stand in the way;
    /// then it is tried again, but not before every commit.
    async fn truncate_log(&mut self) {
        let tuning = &self.shared.options.tuning;
        let (Some(sound), Some(truncation)) = (self.sound.as_mut(), self.truncate.as_mut()) else {
            return;
        };
        if truncation
            .0
            .is_some_and(|last| last.elapsed() < tuning.retry_interval)
        {
            return;
        }
        truncation.0 = Some(Instant::now());
        if database::truncate_log(&mut sound.connection, tuning.busy_timeout).await {
            self.truncate = None;
            self.checkpointer.emptied();
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

/// What was acknowledged must be in what was read: the log that this process has published may have grown, never shrunk
/// or forked.
async fn refuse_older(
    connection: &mut SqliteConnection,
    read: &State,
    acknowledged: &Head,
) -> Result<(), Error> {
    let (known, now) = (acknowledged.size, read.head.size);
    if known <= now && root_at(connection, known, now).await? == acknowledged.root {
        return Ok(());
    }
    Err(Error::Damaged(
        "the log on disk does not hold what was acknowledged".into(),
    ))
}

/// Works out the commit of a batch. Records that cannot be part of it are answered and taken out.
fn plan(shared: &Shared, state: &State, batch: &mut Vec<Commit>) -> Result<Plan, Error> {
    let mut planner = Planner::new(shared, state);
    let mut fit = Vec::with_capacity(batch.len());
    for mut commit in batch.drain(..) {
        let rejection = match planner.add(&mut commit.prepared) {
            Ok(()) => {
                fit.push(commit);
                continue;
            }
            Err(Unfit::Stale) => Rejection::Stale,
            Err(Unfit::Failed(error)) => Rejection::Failed(error),
        };
        let _ = commit.reply.send(Err(rejection));
    }
    *batch = fit;
    if let [
        Commit {
            prepared:
                Prepared {
                    first: Some(First::Rewrap(keys)),
                    ..
                },
            ..
        },
    ] = batch.as_slice()
    {
        planner.set_key_service(keys.id().as_str());
    }
    planner.finish()
}

impl Sound {
    /// Runs a plan's transaction.
    async fn run(
        &mut self,
        shared: &Shared,
        batch: &[Commit],
        mut plan: Plan,
    ) -> Result<Plan, Rejection> {
        let first = match batch {
            [
                Commit {
                    prepared:
                        Prepared {
                            first: Some(first), ..
                        },
                    ..
                },
            ] => Some(first),
            _ => None,
        };
        if let Some(first) = first {
            self.run_first(shared, first).await?;
        }
        let script = plan.take_script();
        match script.commit(&mut self.connection, first.is_some()).await {
            Ok(()) => Ok(plan),
            Err(fault) => Err(Rejection::Fault(fault)),
        }
    }

    async fn run_first(&mut self, shared: &Shared, first: &First) -> Result<(), Rejection> {
        let fault = |error: sqlx::Error| Rejection::Fault(Fault::from(&error));
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut self.connection)
            .await
            .map_err(fault)?;
        match first {
            First::Expect {
                query,
                argument,
                count,
            } => {
                let query = sqlx::query_scalar(*query).bind(argument.clone());
                let counted: i64 = query.fetch_one(&mut self.connection).await.map_err(fault)?;
                if counted == *count {
                    Ok(())
                } else {
                    Err(Rejection::Stale)
                }
            }
            First::Rewrap(keys) => {
                let old = shared.keyring.service();
                let new = crate::keyring::Service {
                    keys: Arc::clone(keys),
                    epoch: old.epoch + 1,
                };
                let random = shared.options.random.as_ref();
                let making = KeyMaking {
                    tenant: &shared.options.tenant,
                    service: &new,
                    random,
                };
                rewrap::rewrap_all(&mut self.connection, &old, &making)
                    .await
                    .map_err(Rejection::Failed)
            }
        }
    }
}
