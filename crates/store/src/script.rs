//! One transaction as one text: the statements of a commit and their arguments, handed to SQLite in one go.
//!
//! sqlx runs each call on a thread of its own; a commit in one call costs one hand-over instead of ten. Small commits
//! have few shapes, so their statements stay prepared; large ones are prepared anew, which a hundred rows pay for.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

use crate::error::{Error, Fault};

/// SQLite takes 32,766 arguments a statement (SQLITE_MAX_VARIABLE_NUMBER).
const MAX_ARGUMENTS: usize = 32_000;
/// Up to so many rows a text is kept prepared.
const PREPARED_ROWS: usize = 12;

/// Statements and their arguments. Texts come from this crate alone; what is stored goes into arguments.
#[derive(Default)]
pub(crate) struct Script {
    text: String,
    arguments: SqliteArguments,
    rows: usize,
}

impl Script {
    /// Adds a statement whose arguments are bound right after.
    pub(crate) fn statement(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push(';');
    }

    /// Adds an insertion of all rows, in as many statements as SQLite's limits ask for.
    pub(crate) fn insert<R>(
        &mut self,
        insert_into: &str,
        columns: usize,
        rows: &[R],
        bind: impl Fn(&mut Script, &R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for part in rows.chunks(MAX_ARGUMENTS / columns.max(1)) {
            let row = format!("({})", vec!["?"; columns].join(","));
            self.statement(&format!(
                "{insert_into} VALUES {}",
                vec![row; part.len()].join(",")
            ));
            for values in part {
                bind(self, values)?;
            }
            self.rows += part.len();
        }
        Ok(())
    }

    /// Adds the next argument.
    pub(crate) fn bind<'t, T>(&mut self, value: T) -> Result<&mut Script, Error>
    where
        T: Encode<'t, Sqlite> + Type<Sqlite>,
    {
        self.arguments
            .add(value)
            .map_err(|_| Error::Refused("a value cannot be stored".into()))?;
        Ok(self)
    }

    /// Adds the next arguments.
    pub(crate) fn bind_all<'t>(
        &mut self,
        values: impl IntoIterator<Item = &'t String>,
    ) -> Result<(), Error> {
        values
            .into_iter()
            .try_for_each(|value| self.bind(value.clone()).map(drop))
    }

    /// Adds the statements of another script after these. This one must have no arguments yet.
    pub(crate) fn append(&mut self, other: Script) {
        self.text.push_str(&other.text);
        self.arguments = other.arguments;
        self.rows += other.rows;
    }

    /// Runs every statement, up to the first that fails.
    pub(crate) async fn run(self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        let query = query.persistent(self.rows <= PREPARED_ROWS);
        query
            .execute(connection)
            .await
            .map_err(|error| Fault::from(&error))?;
        Ok(())
    }
}
