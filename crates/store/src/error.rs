//! What can go wrong at rest. A message says kind and place, never what was stored: SQLite's own texts stay out, because
//! some of them quote values.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be used. Configuration.
    #[error("data directory {}: {problem}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Another process (or another `Store` of this one) writes to the directory.
    #[error("data directory {} is in use by another writer; only one process may write to it", .0.display())]
    Locked(PathBuf),
    /// There is no store in the directory, and it was not asked to make one.
    #[error("data directory {} holds no store", .0.display())]
    NoStore(PathBuf),
    /// The key-encryption key is not the one the store was made with. Configuration.
    #[error("wrong key file: the store was made with {made_with}, this is {given}")]
    WrongKey {
        /// Id of the key the store's keys are wrapped under.
        made_with: String,
        /// Id of the key that was given.
        given: String,
    },
    /// The store belongs to another tenant or log origin than the configuration says.
    #[error("the store was made for {what} {made_for:?}, the configuration says {given:?}")]
    NotThisStore {
        /// `tenant` or `origin`.
        what: &'static str,
        /// What the store was made for.
        made_for: String,
        /// What the configuration says.
        given: String,
    },
    /// The schema is not one this program knows: newer, half migrated, or edited; names what is foreign in it.
    #[error("the store's schema does not fit this program: {0}")]
    Schema(String),
    /// A register row was changed outside this program.
    #[error("register row {kind} {id:?} (version {version}) was changed outside this program")]
    RegisterRow {
        /// Kind of the row.
        kind: String,
        /// Id of the row.
        id: String,
        /// Version of the row.
        version: u32,
    },
    /// A register row was removed, added or rolled back outside this program; no row's own tag shows which.
    #[error(
        "the register as a whole was changed outside this program: a row was removed, added or rolled back"
    )]
    RegisterSet,
    /// The log or its bookkeeping does not fit together; names the first place found.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The record was not made durable. Nothing of it is in the log.
    #[error("not recorded: {0}")]
    NotRecorded(Fault),
    /// The store was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// The store is closed or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// The record cannot be accepted as it is. The caller's fault.
    #[error("record refused: {0}")]
    Refused(String),
    /// A legal hold stands against it.
    #[error("payload {payload} is under legal hold {hold:?}")]
    Held {
        /// Id of the payload.
        payload: String,
        /// Id of the hold.
        hold: String,
    },
    /// What was asked for is not in the store.
    #[error("{kind} {id:?} is not in the store")]
    NotFound {
        /// `payload`, `event`, `hold`, `subject`.
        kind: &'static str,
        /// Which one.
        id: String,
    },
    /// The payload was shredded or has expired.
    #[error("payload {payload} was shredded; event {event} says why")]
    Shredded {
        /// Id of the payload.
        payload: String,
        /// Index of the event.
        event: u64,
    },
    /// A key or sealed bytes could not be used.
    #[error("{place}: {source}")]
    Seal {
        /// Where.
        place: String,
        /// Why.
        source: covenant_seal::Error,
    },
    /// The log's own rules were broken.
    #[error("{place}: {source}")]
    Ledger {
        /// Where.
        place: String,
        /// Why.
        source: covenant_ledger::Error,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(Fault),
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    File {
        /// Which file and what for.
        what: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Why the database did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No space is left for the database.
    #[error("the disk is full")]
    Full,
    /// The database or its directory cannot be written.
    #[error("the data directory is read-only")]
    ReadOnly,
    /// The disk reported an error.
    #[error("the disk reported an input/output error")]
    InputOutput,
    /// A page of the database is damaged.
    #[error("the database file is damaged")]
    Corrupt,
    /// Another connection held the database longer than the busy timeout.
    #[error("the database is busy")]
    Busy,
    /// The database file cannot be opened.
    #[error("the database file cannot be opened")]
    CannotOpen,
    /// A rule of the schema refused the change: an id that is already there, or a reference to nothing.
    #[error("an id is already in the store, or a reference points to nothing")]
    Constraint,
    /// A file of the store was removed, moved or replaced while the store was open.
    #[error("a file of the store was removed, moved or replaced while it was open")]
    Removed,
    /// Another process has written to the store of this one writer.
    #[error("another process has written to the store")]
    Foreign,
    /// The connection was lost.
    #[error("the database connection was lost")]
    Lost,
    /// Any other SQLite result code.
    #[error("SQLite result code {0}")]
    Code(i32),
}

impl From<&sqlx::Error> for Fault {
    fn from(error: &sqlx::Error) -> Fault {
        let sqlx::Error::Database(database) = error else {
            return Fault::Lost;
        };
        let code = database
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .unwrap_or(1);
        Fault::from_result_code(code)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::Database(Fault::from(&error))
    }
}

impl Fault {
    /// Sorts an (extended) SQLite result code, <https://www.sqlite.org/rescode.html>.
    fn from_result_code(code: i32) -> Fault {
        match code & 0xff {
            5 | 6 => Fault::Busy,
            8 => Fault::ReadOnly,
            10 => Fault::InputOutput,
            11 | 26 => Fault::Corrupt,
            13 => Fault::Full,
            14 => Fault::CannotOpen,
            19 => Fault::Constraint,
            _ => Fault::Code(code),
        }
    }
}

/// Says where a failure of seal or ledger happened.
pub(crate) trait At<T> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> At<T> for Result<T, covenant_seal::Error> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Seal {
            place: place(),
            source,
        })
    }
}

impl<T> At<T> for Result<T, covenant_ledger::Error> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Ledger {
            place: place(),
            source,
        })
    }
}

impl<T> At<T> for Result<T, std::io::Error> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::File {
            what: place(),
            source,
        })
    }
}
