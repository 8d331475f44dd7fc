//! What a store is opened with: where, whose, with which keys, clock and randomness.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use covenant_seal::{KeyService, MAX_SEALS_PER_KEY, Random};

/// What a store is opened with.
#[derive(Clone)]
pub struct Options {
    /// The data directory: 0700, made when it is missing and the mode is [`Mode::Create`].
    pub directory: PathBuf,
    /// Whose installation this is; every ciphertext is bound to it.
    pub tenant: String,
    /// The origin line of the log's checkpoints, such as `covenant.clinic.example/log`.
    pub origin: String,
    /// Who holds the key-encryption key.
    pub keys: Arc<dyn KeyService>,
    /// Whether this process may write.
    pub mode: Mode,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// Sizes and bounds; [`Tuning::default`] unless there is a reason.
    pub tuning: Tuning,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("directory", &self.directory)
            .field("origin", &self.origin)
            .field("mode", &self.mode)
            .field("tuning", &self.tuning)
            .finish_non_exhaustive()
    }
}

/// Whether this process may write, and make a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The one writer of the directory, which makes a store where there is none. Only what sets an installation up may
    /// do so: a store that was there and is gone must never be replaced by an empty one in silence.
    Create,
    /// The one writer of a store that must be there.
    ReadWrite,
    /// A reader beside (or without) a running writer; it writes nothing.
    ReadOnly,
}

/// Sizes and bounds of a store.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The most records one commit takes.
    pub batch_records: usize,
    /// The most payload and event bytes one commit takes, unless one record alone is larger.
    pub batch_bytes: usize,
    /// How many records may wait for the writer; further callers wait for a place.
    pub queue_records: usize,
    /// How many subjects' keys are kept in memory.
    pub cached_subject_keys: usize,
    /// After how many seals a log key is replaced by a new one.
    pub seals_per_log_key: u64,
    /// After how many written bytes the write-ahead log is copied into the database in the background.
    pub checkpoint_bytes: u64,
    /// How long a statement waits for another process's lock.
    pub busy_timeout: Duration,
    /// How often a store that cannot write tries again by itself.
    pub retry_interval: Duration,
    /// The most pages (of 4,096 bytes) the database may have; `None` leaves it to the disk.
    pub max_pages: Option<u32>,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            batch_records: 512,
            batch_bytes: 16 << 20,
            queue_records: 4096,
            cached_subject_keys: 16_384,
            // Far below what is safe, so that a key that leaks opens less.
            seals_per_log_key: MAX_SEALS_PER_KEY >> 4,
            checkpoint_bytes: 8 << 20,
            busy_timeout: Duration::from_secs(5),
            retry_interval: Duration::from_secs(1),
            max_pages: None,
        }
    }
}

/// The time, in milliseconds since the Unix epoch, UTC.
pub trait Clock: Send + Sync {
    /// Returns the time now.
    fn now_ms(&self) -> i64;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }
}
