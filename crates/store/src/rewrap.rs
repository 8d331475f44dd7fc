//! Wrapping every key under another key-encryption key, inside the writer's transaction.

use sqlx::SqliteConnection;

use crate::error::Error;
use crate::keyring::{KeyMaking, KeyRow, Service};

const PORTION: u32 = 256;

/// Unwraps every key with `old` and wraps it as `new` says. The caller has begun the transaction and commits it.
pub(crate) async fn rewrap_all(
    connection: &mut SqliteConnection,
    old: &Service,
    new: &KeyMaking<'_>,
) -> Result<(), Error> {
    let mut last = String::new();
    loop {
        let rows = KeyRow::after(connection, &last, PORTION).await?;
        let Some(end) = rows.last() else {
            return Ok(());
        };
        last = end.id.to_string();
        for mut row in rows {
            let key = row.unwrap(old, new.tenant)?;
            row.wrap(&key, new)?;
            let query = sqlx::query("UPDATE keys SET wrapped = ? WHERE id = ?");
            let query = query
                .bind(row.wrapped.as_bytes().to_vec())
                .bind(row.id.to_string());
            query.execute(&mut *connection).await?;
        }
    }
}
