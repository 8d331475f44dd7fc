//! Wrapping every key under another key-encryption key, inside the writer's transaction.

use covenant_seal::KeyId;
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
            return rewrap_payloads(connection, old, new).await;
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

/// Does the same for the payloads' own keys.
async fn rewrap_payloads(
    connection: &mut SqliteConnection,
    old: &Service,
    new: &KeyMaking<'_>,
) -> Result<(), Error> {
    let mut last = 0;
    loop {
        let query =
            "SELECT rowid, id, key, wrapped FROM payloads WHERE rowid > ? AND key IS NOT NULL
             ORDER BY rowid LIMIT ?";
        let query = sqlx::query_as(query).bind(last).bind(PORTION);
        let rows: Vec<(i64, String, String, Vec<u8>)> = query.fetch_all(&mut *connection).await?;
        let Some((end, ..)) = rows.last() else {
            return Ok(());
        };
        last = *end;
        for (number, id, key, wrapped) in rows {
            let damaged = |_| Error::Damaged(format!("the key id of payload {id} is not one"));
            let mut row = KeyRow::own(KeyId::new(key).map_err(damaged)?, wrapped);
            let key = row.unwrap(old, new.tenant)?;
            row.wrap(&key, new)?;
            let query = sqlx::query("UPDATE payloads SET wrapped = ? WHERE rowid = ?");
            let query = query.bind(row.wrapped.as_bytes().to_vec()).bind(number);
            query.execute(&mut *connection).await?;
        }
    }
}
