//! Copies the write-ahead log into the database beside the commits, so that no commit has to wait for it.
//!
//! SQLite would do it inside a commit (wal_autocheckpoint), which then takes many times as long. Here a connection of its
//! own does it while commits go on; when the log has grown to twice the mark, the writer itself copies what is left between
//! two commits, after which the log starts again from its beginning. That is soon, because flushing a file that is written
//! over takes half the time of flushing one that grows.

use std::sync::Arc;

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::database;
use crate::open::Shared;

/// Pages a small commit writes beside its rows.
const PAGES_A_COMMIT: u64 = 10;
const PAGE_BYTES: u64 = 4096;
/// How many times the mark the log may grow before the writer stops for it.
const PATIENCE: u64 = 2;

pub(crate) struct Checkpointer {
    wake: Option<mpsc::Sender<()>>,
    task: Option<JoinHandle<()>>,
    mark: u64,
    since_wake: u64,
    since_finish: u64,
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
        }
    }

    /// Counts a commit of so many bytes.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        let pages = bytes / PAGE_BYTES * 5 / 4 + PAGES_A_COMMIT;
        self.since_wake += pages * PAGE_BYTES;
        self.since_finish += pages * PAGE_BYTES;
    }

    /// Wakes the task when there is enough to copy; finishes the copying itself when there is far too much.
    pub(crate) async fn pace(&mut self, connection: Option<&mut SqliteConnection>) {
        if self.since_wake < self.mark {
            return;
        }
        self.since_wake = 0;
        if let Some(wake) = &self.wake {
            // A full channel means that it is awake already.
            let _ = wake.try_send(());
        }
        if self.since_finish >= self.mark.saturating_mul(PATIENCE)
            && let Some(connection) = connection
        {
            self.since_finish = 0;
            database::copy_log(connection).await;
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
            && !database::copy_log(open).await
        {
            connection = None;
        }
    }
    if let Some(open) = connection {
        let _ = open.close().await;
    }
}
