//! Connections to SQLite: how they are opened, and which schema they find.
//!
//! The writer has one connection of its own; readers share a small pool of read-only ones, so that a long reading never
//! waits for a commit nor holds one up. Statements are run-time strings; nothing needs a database to compile.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _, SqliteConnection, SqlitePool};

use crate::Tuning;
use crate::directory::Directory;
use crate::error::{Error, Fault};

const READERS: u32 = 4;
const CACHED_STATEMENTS: usize = 256;
/// The writer keeps the edges of its trees in memory: 8 MiB of pages.
const WRITER_CACHE: &str = "-8192";

/// Every migration that ever shipped, in order: version, name and text. A shipped one is never edited.
const MIGRATIONS: [(i64, &str, &str); 1] =
    [(1, "store", include_str!("../migrations/0001_store.sql"))];

/// Opens the writer's connection and brings the schema up to date.
pub(crate) async fn writer(
    directory: &Directory,
    tuning: &Tuning,
) -> Result<SqliteConnection, Error> {
    let mut connection = connect_writer(directory, tuning).await?;
    migrator()
        .run_direct(None, &mut connection, false)
        .await
        .map_err(schema_error)?;
    match foreign_schema(&mut connection).await?.first() {
        Some(foreign) => Err(Error::Schema(foreign.clone())),
        None => Ok(connection),
    }
}

/// Compares the schema with what the migrations make, and says what is there beside it, missing or changed: a trigger
/// added by hand would act on every commit of this program.
pub(crate) async fn foreign_schema(
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, Error> {
    let mut own = SqliteConnectOptions::new()
        .in_memory(true)
        .disable_statement_logging()
        .connect()
        .await?;
    migrator()
        .run_direct(None, &mut own, false)
        .await
        .map_err(schema_error)?;
    let (own, found) = (schema(&mut own).await?, schema(connection).await?);
    let different = |name: &&(String, String)| own.get(*name) != found.get(*name);
    let names: BTreeSet<_> = own.keys().chain(found.keys()).filter(different).collect();
    let say = |name: &(String, String)| {
        let problem = match (own.contains_key(name), found.contains_key(name)) {
            (true, false) => "is missing",
            (true, true) => "was changed outside this program",
            _ => "is not one of this program",
        };
        format!("{} {:?} {problem}", name.0, name.1)
    };
    Ok(names.into_iter().map(say).collect())
}

/// What the schema is made of: kind and name, with table and text.
type Schema = BTreeMap<(String, String), (String, Option<String>)>;

async fn schema(connection: &mut SqliteConnection) -> Result<Schema, Error> {
    let query = "SELECT type, name, tbl_name, sql FROM sqlite_schema";
    let rows: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as(query).fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(kind, name, table, text)| ((kind, name), (table, text)))
        .collect())
}

/// Opens the writer's connection to a database whose schema is known to be up to date.
pub(crate) async fn connect_writer(
    directory: &Directory,
    tuning: &Tuning,
) -> Result<SqliteConnection, Error> {
    let mut options = common(directory, tuning.busy_timeout)
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", WRITER_CACHE)
        .statement_cache_capacity(CACHED_STATEMENTS);
    if let Some(pages) = tuning.max_pages {
        options = options.pragma("max_page_count", pages.to_string());
    }
    let mut connection = options.connect().await?;
    confirm_durability(&mut connection).await?;
    Ok(connection)
}

/// Opens the connection that copies the write-ahead log into the database.
pub(crate) async fn connect_checkpointer(
    directory: &Directory,
    tuning: &Tuning,
) -> Result<SqliteConnection, Error> {
    let options = common(directory, tuning.busy_timeout).synchronous(SqliteSynchronous::Full);
    Ok(options.pragma("wal_autocheckpoint", "0").connect().await?)
}

/// Opens read-only connections. Without a writer, on a directory that cannot be written, the database is read as it
/// stands, which is right because nobody can change it.
pub(crate) async fn readers(directory: &Directory, tuning: &Tuning) -> Result<SqlitePool, Error> {
    let options = common(directory, tuning.busy_timeout).read_only(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(0)
        .test_before_acquire(false);
    let probe = async |options: &SqliteConnectOptions| {
        let mut connection = options.connect().await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema")
            .execute(&mut connection)
            .await?;
        connection.close().await
    };
    match probe(&options).await {
        Ok(()) => Ok(pool.connect_lazy_with(options)),
        Err(error)
            if matches!(Fault::from(&error), Fault::CannotOpen | Fault::ReadOnly)
                && no_pending_frames(directory) =>
        {
            let frozen = options.immutable(true);
            probe(&frozen).await?;
            Ok(pool.connect_lazy_with(frozen))
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks, without writing, that the schema is the one this program knows.
pub(crate) async fn check_schema(readers: &SqlitePool) -> Result<(), Error> {
    let query = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";
    let rows: Vec<(i64, bool, Vec<u8>)> =
        sqlx::query_as(query)
            .fetch_all(readers)
            .await
            .map_err(|error| match Fault::from(&error) {
                Fault::Code(1) => Error::Schema("it has no list of migrations".into()),
                fault => Error::Database(fault),
            })?;
    let known = migrator();
    let applied = rows
        .iter()
        .map(|(version, success, checksum)| (*version, *success, checksum.as_slice()));
    let shipped = known
        .iter()
        .map(|migration| (migration.version, true, migration.checksum.as_ref()));
    if applied.eq(shipped) {
        return Ok(());
    }
    let newest = rows.last().map_or(0, |row| row.0);
    Err(Error::Schema(format!(
        "it is at version {newest}, this program knows version {}",
        MIGRATIONS.len()
    )))
}

/// Ends the transaction that a failure may have left open; `false` when that is not certain.
pub(crate) async fn roll_back(connection: &mut SqliteConnection) -> bool {
    match sqlx::query("ROLLBACK").execute(connection).await {
        Ok(_) => true,
        // SQLITE_ERROR: no transaction is open.
        Err(error) => Fault::from(&error) == Fault::Code(1),
    }
}

/// Copies the write-ahead log into the database as far as readers allow, without stopping commits. Says whether all of
/// it was copied, so that the log can start again.
pub(crate) async fn copy_log(connection: &mut SqliteConnection) -> Result<bool, Fault> {
    let query = sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)");
    let outcome: Result<(i64, i64, i64), sqlx::Error> = query.fetch_one(connection).await;
    let (busy, frames, copied) = outcome.map_err(|error| Fault::from(&error))?;
    Ok(busy == 0 && frames == copied)
}

/// Copies the whole write-ahead log into the database and empties its file; `false` when a reader still needs it, which
/// is not waited for.
pub(crate) async fn truncate_log(
    connection: &mut SqliteConnection,
    busy_timeout: Duration,
) -> bool {
    let _ = set_busy_timeout(connection, Duration::from_millis(20)).await;
    let query = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)");
    let outcome = query.fetch_one(&mut *connection).await;
    let _ = set_busy_timeout(connection, busy_timeout).await;
    matches!(outcome, Ok((0, _, _)))
}

async fn set_busy_timeout(
    connection: &mut SqliteConnection,
    timeout: Duration,
) -> Result<(), Error> {
    let statement = format!("PRAGMA busy_timeout = {}", timeout.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

fn common(directory: &Directory, busy_timeout: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(directory.database())
        .foreign_keys(true)
        .busy_timeout(busy_timeout)
        .pragma("cell_size_check", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// A database that silently fell back to another journal or fsync mode would acknowledge what is not durable.
async fn confirm_durability(connection: &mut SqliteConnection) -> Result<(), Error> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *connection)
        .await?;
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
        .fetch_one(&mut *connection)
        .await?;
    let secure_delete: i64 = sqlx::query_scalar("PRAGMA secure_delete")
        .fetch_one(&mut *connection)
        .await?;
    if journal == "wal" && synchronous == 2 && foreign_keys == 1 && secure_delete == 1 {
        return Ok(());
    }
    Err(Error::Damaged(format!(
        "SQLite did not take its settings: journal_mode {journal}, synchronous {synchronous}, foreign_keys \
         {foreign_keys}, secure_delete {secure_delete}"
    )))
}

fn no_pending_frames(directory: &Directory) -> bool {
    std::fs::metadata(directory.write_ahead_log()).map_or(true, |metadata| metadata.len() == 0)
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, name, text)| {
        let kind = MigrationType::Simple;
        Migration::new(
            *version,
            Cow::Borrowed(*name),
            kind,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

fn schema_error(error: sqlx::migrate::MigrateError) -> Error {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(version) => Error::Schema(format!(
            "it is at version {version}, this program knows version {}",
            MIGRATIONS.len()
        )),
        MigrateError::VersionMismatch(version) => {
            Error::Schema(format!("migration {version} was edited"))
        }
        MigrateError::Dirty(version) => Error::Schema(format!("migration {version} did not end")),
        _ => Error::Schema("it cannot be brought up to date".into()),
    }
}
