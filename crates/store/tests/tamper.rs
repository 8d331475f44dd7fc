//! One byte changed in any column of any table: opening or verifying names it.

use covenant_store::{Mode, Store};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::support::{Bench, fill, row};

/// Every column of every table of ours, with the condition that picks its rows.
async fn columns(connection: &mut SqliteConnection) -> Vec<(String, String)> {
    let query = "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' ORDER BY 1, 2";
    let columns: Vec<(String, String)> = sqlx::query_as(query).fetch_all(connection).await.unwrap();
    // What sqlx notes of a migration beside its version and text has no meaning for anybody.
    let idle = ["description", "installed_on", "execution_time"];
    let is_idle = |(table, column): &(String, String)| {
        table == "_sqlx_migrations" && idle.contains(&column.as_str())
    };
    columns
        .into_iter()
        .filter(|column| !is_idle(column))
        .collect()
}

/// Changes one value: a bit of a blob, a character of a text, a number by one.
async fn tamper(connection: &mut SqliteConnection, table: &str, column: &str, nth: i64) -> bool {
    let rowid = match sqlx::query(AssertSqlSafe(format!("SELECT rowid FROM {table} LIMIT 1")))
        .execute(&mut *connection)
        .await
    {
        Ok(_) => "rowid".to_owned(),
        Err(_) => primary_key(connection, table).await,
    };
    let pick = format!(
        "SELECT {rowid} AS the_key, {column} AS the_value, typeof({column}) AS the_type FROM {table}
         WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET {nth}"
    );
    let Some(found) = sqlx::query(AssertSqlSafe(pick))
        .fetch_optional(&mut *connection)
        .await
        .unwrap()
    else {
        return false;
    };
    let kind: String = found.try_get("the_type").unwrap();
    let changed = format!("UPDATE {table} SET {column} = ? WHERE {rowid} = ? AND {column} = ?");
    let query = sqlx::query(AssertSqlSafe(changed));
    let query = match kind.as_str() {
        "integer" => {
            let value: i64 = found.try_get("the_value").unwrap();
            query.bind(value ^ 1).bind(key_of(&found)).bind(value)
        }
        "text" => {
            let value: String = found.try_get("the_value").unwrap();
            query
                .bind(other_text(&value))
                .bind(key_of(&found))
                .bind(value)
        }
        _ => {
            let value: Vec<u8> = found.try_get("the_value").unwrap();
            let mut changed = value.clone();
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            query.bind(changed).bind(key_of(&found)).bind(value)
        }
    };
    let outcome = query.execute(connection).await;
    outcome.is_ok_and(|done| done.rows_affected() > 0)
}

/// Keys are numbers or texts; both are bound as SQLite gave them.
fn key_of(found: &sqlx::sqlite::SqliteRow) -> Option<String> {
    found.try_get::<String, _>("the_key").ok().or_else(|| {
        found
            .try_get::<i64, _>("the_key")
            .ok()
            .map(|key| key.to_string())
    })
}

async fn primary_key(connection: &mut SqliteConnection, table: &str) -> String {
    let query = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1");
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_one(connection)
        .await
        .unwrap()
}

/// Another text of the same length: one character replaced by its neighbour.
fn other_text(text: &str) -> String {
    let middle = text.len() / 2;
    let change = |(at, byte): (usize, u8)| if at == middle { byte ^ 1 } else { byte };
    String::from_utf8(text.bytes().enumerate().map(change).collect()).unwrap()
}

/// What opening and verifying say of a directory.
async fn noticed(bench: &Bench) -> Option<String> {
    let by_reader = match Store::open(bench.options(Mode::ReadOnly)).await {
        Err(error) => Some(error.to_string()),
        Ok(store) => {
            let said = match store.verify(None, &[]).await {
                Err(error) => Some(error.to_string()),
                Ok(report) => (!report.is_good()).then(|| report.to_string()),
            };
            store.close().await.unwrap();
            said
        }
    };
    if by_reader.is_none() {
        // The writer may be first to look, but it may not be content either.
        return bench.try_open().await.err().map(|error| error.to_string());
    }
    by_reader
}

#[tokio::test]
async fn one_changed_value_in_any_column_is_named() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let mut removed = covenant_store::Record::of(bench.event(covenant_ledger::EventKind::Register));
    removed.register.push(row("vendor", "acme", None));
    store.append(removed).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(noticed(&bench).await, None);
    let whole = std::fs::read(bench.directory.join("covenant.db")).unwrap();
    let columns = columns(&mut bench.raw().await).await;
    assert!(columns.len() > 45, "{columns:?}");

    let mut unnoticed = Vec::new();
    let mut tried = 0;
    for (table, column) in &columns {
        for nth in [0, 1, 3] {
            let triggers = bench.drop_triggers().await;
            let mut raw = bench.raw().await;
            let changed = tamper(&mut raw, table, column, nth).await;
            sqlx::Connection::close(raw).await.unwrap();
            bench.restore_triggers(triggers).await;
            if changed {
                tried += 1;
                match noticed(&bench).await {
                    None => unnoticed.push(format!("{table}.{column} row {nth}")),
                    Some(words) => assert!(!words.is_empty()),
                }
            }
            restore(&bench, &whole);
        }
    }
    assert!(tried > 90, "only {tried} values could be changed");
    assert_eq!(unnoticed, Vec::<String>::new());
    assert_eq!(noticed(&bench).await, None);
}

#[tokio::test]
async fn a_row_removed_from_any_table_is_noticed() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    store.close().await.unwrap();
    let whole = std::fs::read(bench.directory.join("covenant.db")).unwrap();
    let mut tables: Vec<String> = columns(&mut bench.raw().await)
        .await
        .into_iter()
        .map(|(table, _)| table)
        .collect();
    tables.dedup();
    for table in tables {
        let triggers = bench.drop_triggers().await;
        let mut raw = bench.raw().await;
        let key = primary_key_or_rowid(&mut raw, &table).await;
        let first = format!("DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})");
        let done = sqlx::query(AssertSqlSafe(first))
            .execute(&mut raw)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{table}");
        sqlx::Connection::close(raw).await.unwrap();
        bench.restore_triggers(triggers).await;
        // Without its list of migrations the schema is made again, which fails.
        let words = noticed(&bench).await;
        assert!(
            words.is_some(),
            "a row of {table} was removed and nobody noticed"
        );
        restore(&bench, &whole);
    }
}

async fn primary_key_or_rowid(connection: &mut SqliteConnection, table: &str) -> String {
    let query = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1");
    let key: Option<String> = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_optional(connection)
        .await
        .unwrap();
    key.unwrap_or_else(|| "rowid".into())
}

fn restore(bench: &Bench, whole: &[u8]) {
    for file in ["covenant.db-wal", "covenant.db-shm"] {
        let _ = std::fs::remove_file(bench.directory.join(file));
    }
    std::fs::write(bench.directory.join("covenant.db"), whole).unwrap();
}

#[tokio::test]
async fn an_altered_event_is_named_as_the_first_bad_entry() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    store.close().await.unwrap();
    for index in [3, 400, 560_u64] {
        let whole = std::fs::read(bench.directory.join("covenant.db")).unwrap();
        let triggers = bench.drop_triggers().await;
        let mut raw = bench.raw().await;
        let leaf: Vec<u8> = sqlx::query_scalar("SELECT leaf FROM events WHERE idx = ?")
            .bind(i64::try_from(index).unwrap())
            .fetch_one(&mut raw)
            .await
            .unwrap();
        let mut changed = leaf;
        *changed.last_mut().unwrap() ^= 1;
        let query = sqlx::query("UPDATE events SET leaf = ? WHERE idx = ?");
        query
            .bind(changed)
            .bind(i64::try_from(index).unwrap())
            .execute(&mut raw)
            .await
            .unwrap();
        sqlx::Connection::close(raw).await.unwrap();
        bench.restore_triggers(triggers).await;

        let report = bench.read().await.verify(None, &[]).await.unwrap();
        let bad = report.log.first_bad.clone().unwrap();
        assert_eq!((bad.index, bad.last), (index, index), "{report}");
        restore(&bench, &whole);
    }
}

#[tokio::test]
async fn a_swapped_payload_or_key_is_named() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    store.close().await.unwrap();
    let whole = std::fs::read(bench.directory.join("covenant.db")).unwrap();
    for sql in [
        // The sealed bytes of one payload under the name of another.
        "UPDATE payloads SET sealed = (SELECT sealed FROM payloads WHERE id = 'known-0') WHERE id = 'known-100'",
        "UPDATE payload_keys SET wrapped = (SELECT wrapped FROM payload_keys WHERE payload = 'known-0' LIMIT 1)
             WHERE payload = 'known-100'",
        "UPDATE payloads SET wrapped = (SELECT wrapped FROM payloads WHERE id = 'unknown-0') WHERE id = 'unknown-100'",
        "UPDATE payloads SET (key, wrapped) = (SELECT key, wrapped FROM payloads WHERE id = 'unknown-0')
             WHERE id = 'unknown-100'",
        "UPDATE payloads SET key = NULL, wrapped = NULL WHERE id = 'unknown-0'",
        "UPDATE payloads SET shredded_by = 0, sealed = NULL WHERE id = 'known-0'",
        "DELETE FROM payload_keys WHERE payload = 'known-0'",
        "DELETE FROM payloads WHERE id = 'known-0'",
        "INSERT INTO payloads (id, kind, idx, keep_until_ms, sealed) SELECT 'new', kind, idx, keep_until_ms, sealed
             FROM payloads WHERE id = 'known-0'",
        "UPDATE payloads SET sealed = x'00', shredded_by = NULL WHERE shredded_by IS NOT NULL",
    ] {
        let mut raw = bench.raw().await;
        let done = sqlx::query(sql).execute(&mut raw).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        sqlx::Connection::close(raw).await.unwrap();
        let report = bench.read().await.verify(None, &[]).await.unwrap();
        assert!(!report.is_good(), "{sql}");
        restore(&bench, &whole);
    }
}
