//! Copies the write-ahead log into the database beside the commits, so that no commit has to wait for it.
//!
//! SQLite would do it inside a commit (wal_autocheckpoint), which then takes many times as long. Here a connection of its
//! own does it while commits go on; when the log has grown to twice the mark, the writer itself copies what is left between
//! two commits, after which the log starts again from its beginning.
//!
//! Flushing a file that is written over takes half the time of flushing one that grows, and less still where it lies in
//! one piece. So a log that is used gets its whole length at once, and is kept to it.

use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::database;
use crate::open::Shared;

/// Pages a small commit writes beside its rows.
const PAGES_A_COMMIT: u64 = 12;
const PAGE_BYTES: u64 = 4096;
/// How many times the mark the log may grow before the writer stops for it.
const PATIENCE: u64 = 2;
/// How much is written before the log gets its whole length: a store that is opened for a few events stays small.
const SMALL_LOG: u64 = 512 << 10;

pub(crate) struct Checkpointer {
    wake: Option<mpsc::Sender<()>>,
    task: Option<JoinHandle<()>>,
    mark: u64,
    since_wake: u64,
    since_finish: u64,
    /// Whether the log has its whole length.
    is_extended: bool,
}

impl Checkpointer {
    /// Starts the task. It lives as long as this value.
    pub(crate) fn start(shared: &Arc<Shared>) -> Checkpointer {
        let (wake, woken) = mpsc::channel(1);
        let mark = shared.options.tuning.checkpoint_bytes;
        let task = tokio::spawn(work(Arc::clone(shared), woken));
        Checkpointer {
            wake: Some(wake),
            task: Some(task),
            mark,
            since_wake: 0,
            since_finish: 0,
            is_extended: false,
        }
    }

    /// Notes that the log was emptied, and its file with it.
    pub(crate) fn emptied(&mut self) {
        self.since_wake = 0;
        self.since_finish = 0;
        self.is_extended = false;
    }

    /// Counts a commit of so many bytes.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        let pages = bytes / PAGE_BYTES * 5 / 4 + PAGES_A_COMMIT;
        self.since_wake += pages * PAGE_BYTES;
        self.since_finish += pages * PAGE_BYTES;
    }

    /// Wakes the task when there is enough to copy; finishes the copying itself when there is far too much.
    pub(crate) async fn pace(
        &mut self,
        shared: &Arc<Shared>,
        connection: Option<&mut SqliteConnection>,
    ) {
        if !self.is_extended && self.since_finish >= SMALL_LOG.min(self.mark) {
            self.is_extended = true;
            self.extend(shared).await;
        }
        if self.since_finish >= self.mark.saturating_mul(PATIENCE)
            && let Some(connection) = connection
        {
            self.since_wake = 0;
            // The task may be at it, or a reader in the way: then again after as much as half the mark.
            self.since_finish = match database::copy_log(connection).await {
                Ok(true) => 0,
                _ => self.since_finish - self.mark / 2,
            };
        } else if self.since_wake >= self.mark {
            self.since_wake = 0;
            if let Some(wake) = &self.wake {
                // A full channel means that it is awake already.
                let _ = wake.try_send(());
            }
        }
    }

    /// Gives the log its whole length, and room for a large commit. Without it, commits only take longer.
    async fn extend(&self, shared: &Arc<Shared>) {
        let (shared, bytes) = (Arc::clone(shared), self.mark.saturating_mul(PATIENCE + 1));
        let extended = tokio::task::spawn_blocking(move || shared.directory.extend_log(bytes));
        if let Ok(Err(error)) = extended.await {
            tracing::warn!(kind = %error.kind(), "the write-ahead log cannot be given its whole length");
        }
    }

    /// Ends the task.
    pub(crate) async fn stop(&mut self) {
        self.wake = None;
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

async fn work(shared: Arc<Shared>, mut woken: mpsc::Receiver<()>) {
    let mut connection = None;
    while woken.recv().await.is_some() {
        if connection.is_none() {
            connection = database::connect_checkpointer(&shared.directory, &shared.options.tuning)
                .await
                .ok();
        }
        if let Some(open) = connection.as_mut()
            && database::copy_log(open).await.is_err()
        {
            connection = None;
        }
    }
    if let Some(open) = connection {
        let _ = open.close().await;
    }
}
