//! One transaction as one text: the statements of a commit and their arguments, handed to SQLite in one go.
//!
//! sqlx runs each call on a thread of its own, and that thread answers every statement apart: a commit in one call costs
//! one hand-over instead of ten, and a commit in one *statement* one answer instead of ten. So the rows of a small commit
//! all go into one insertion, which is a transaction by itself; the triggers of `commit_rows` put them where they belong.
//! Its text depends on the number of rows alone, so it stays prepared. Large commits are written table by table and
//! prepared anew, which a hundred rows pay for.

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Executor as _, Sqlite, SqliteConnection, Type};

use crate::error::{Error, Fault};

/// SQLite takes 32,766 arguments a statement (SQLITE_MAX_VARIABLE_NUMBER).
const MAX_ARGUMENTS: usize = 32_000;
/// The most rows that a small commit has.
pub(crate) const SMALL_ROWS: usize = 32;
/// Columns of `commit_rows`: what a row is, and its values.
const COLUMNS: usize = 8;

/// Where rows go.
pub(crate) struct Table {
    /// What `commit_rows` calls such a row; nothing of a small commit goes to a table that it does not know.
    pub(crate) what: &'static str,
    /// How such rows are inserted without it; `None` where they never are.
    pub(crate) insert_into: Option<&'static str>,
    /// How many values a row has.
    pub(crate) columns: usize,
}

/// Statements and their arguments. Texts come from this crate alone; what is stored goes into arguments.
#[derive(Default)]
pub(crate) struct Script {
    text: String,
    arguments: SqliteArguments,
    statements: usize,
    /// How many rows go into the one insertion of a small commit; `None` when it is not small.
    small: Option<usize>,
}

impl Script {
    /// Makes a script of nothing but rows, up to [`SMALL_ROWS`].
    pub(crate) fn small() -> Script {
        Script {
            small: Some(0),
            ..Script::default()
        }
    }

    /// Adds a statement whose arguments are bound right after.
    pub(crate) fn statement(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push(';');
        self.statements += 1;
    }

    /// Adds an insertion of all rows, in as many statements as SQLite's limits ask for.
    pub(crate) fn insert<R>(
        &mut self,
        table: &Table,
        rows: &[R],
        bind: impl Fn(&mut Script, &R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(all) = &mut self.small {
            *all += rows.len();
            return rows
                .iter()
                .try_for_each(|row| self.bind_row(table, row, &bind));
        }
        let Some(insert_into) = table.insert_into else {
            for part in rows.chunks(MAX_ARGUMENTS / COLUMNS) {
                self.statement(&insertion("INSERT INTO commit_rows", COLUMNS, part.len()));
                part.iter()
                    .try_for_each(|row| self.bind_row(table, row, &bind))?;
            }
            return Ok(());
        };
        for part in rows.chunks(MAX_ARGUMENTS / table.columns.max(1)) {
            self.statement(&insertion(insert_into, table.columns, part.len()));
            part.iter().try_for_each(|row| bind(self, row))?;
        }
        Ok(())
    }

    /// Binds a row of `commit_rows`.
    fn bind_row<R>(
        &mut self,
        table: &Table,
        row: &R,
        bind: impl Fn(&mut Script, &R) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.bind(table.what)?;
        bind(self, row)?;
        for _ in table.columns + 1..COLUMNS {
            self.bind(None::<i64>)?;
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

    /// Runs all of it as one transaction, up to the first statement that fails: a transaction may be open after that.
    /// Where `begun`, one is open already.
    ///
    /// INVARIANT: success means that every statement has answered. The thread that runs them may end without a word.
    pub(crate) async fn commit(
        self,
        connection: &mut SqliteConnection,
        begun: bool,
    ) -> Result<(), Fault> {
        let rows = |rows| insertion("INSERT INTO commit_rows", COLUMNS, rows);
        let (text, statements) = match self.small {
            Some(small) if !begun => (rows(small), 1),
            small => {
                let begin = if begun { "" } else { "BEGIN IMMEDIATE" };
                let rows = small.map(rows);
                let statements =
                    self.statements + usize::from(!begun) + usize::from(rows.is_some());
                let text = format!("{begin};{}{};COMMIT", self.text, rows.unwrap_or_default());
                (text, statements + 1)
            }
        };
        let query = sqlx::query_with(AssertSqlSafe(text), self.arguments);
        let query = query.persistent(statements == 1);
        let mut answers = connection.fetch_many(query);
        // Word that there is no further statement would be a message of its own, which is not waited for.
        for _ in 0..statements {
            let answer = answers.try_next().await;
            answer
                .map_err(|error| Fault::from(&error))?
                .ok_or(Fault::Lost)?;
        }
        Ok(())
    }
}

fn insertion(insert_into: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("{insert_into} VALUES {}", vec![row; rows].join(","))
}
