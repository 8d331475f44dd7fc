//! The register: versions, changes that cross, and what was changed outside.

use covenant_ledger::{Change, EventKind};
use covenant_store::{Error, EventFilter, Mode, Record, Store};

use crate::support::{Bench, row};

async fn set(bench: &Bench, store: &Store, kind: &str, id: &str, body: Option<&str>) {
    let mut record = Record::of(bench.event(EventKind::Register));
    record.register.push(row(kind, id, body));
    store.append(record).await.unwrap();
}

#[tokio::test]
async fn versions_count_and_the_event_says_what_changed() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut changes = store.register_version();
    set(&bench, &store, "vendor", "acme", Some("{}")).await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    assert!(!changes.has_changed().unwrap());
    set(&bench, &store, "vendor", "acme", Some("[]")).await;
    set(&bench, &store, "vendor", "zenith", Some("{}")).await;
    set(&bench, &store, "vendor", "zenith", None).await;
    assert!(changes.has_changed().unwrap());

    let rows = store.register_rows().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].id.as_str(), rows[0].version, rows[0].body.as_str()),
        ("acme", 2, "[]")
    );
    let events = store
        .events(&EventFilter {
            from_index: 4,
            ..EventFilter::default()
        })
        .await
        .unwrap();
    let change = events[0].1.change.clone().unwrap();
    let expected = Change {
        object: "vendor/zenith".into(),
        action: "removed".into(),
        version: 2,
        ..Change::default()
    };
    assert_eq!(change, expected);
    let reader = bench.read().await;
    assert_eq!(reader.register_rows().await.unwrap(), rows);
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn what_the_caller_says_of_a_change_is_kept_and_completed() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut record = Record::of(bench.event(EventKind::Register));
    let said = Change {
        object: "agreement/acme-2026".into(),
        action: "signed".into(),
        why: "renewal".into(),
        ..Change::default()
    };
    record.event.change = Some(said.clone());
    record
        .register
        .push(row("agreement", "acme-2026", Some(r#"{"a":1}"#)));
    store.append(record).await.unwrap();
    let (_, event) = store
        .events(&EventFilter::default())
        .await
        .unwrap()
        .remove(0);
    let digest = covenant_seal::hex(&covenant_seal::sha256(br#"{"a":1}"#));
    assert_eq!(
        event.change,
        Some(Change {
            digest,
            version: 1,
            ..said
        })
    );
}

#[tokio::test]
async fn changes_of_one_row_that_cross_all_count() {
    let bench = Bench::new();
    let store = bench.open().await;
    let changes = (0..50).map(|number| {
        let (store, mut record) = (store.clone(), Record::of(bench.event(EventKind::Register)));
        record
            .register
            .push(row("vendor", "acme", Some(&number.to_string())));
        tokio::spawn(async move { store.append(record).await })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap().unwrap();
    }
    let rows = store.register_rows().await.unwrap();
    assert_eq!(rows[0].version, 50);
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

/// Changes the register with `sql`, and returns what opening says of it.
async fn opened_after(sql: &'static str) -> Error {
    let bench = Bench::new();
    let store = bench.open().await;
    set(&bench, &store, "vendor", "acme", Some(r#"{"baa":false}"#)).await;
    set(&bench, &store, "vendor", "acme", Some(r#"{"baa":true}"#)).await;
    set(&bench, &store, "vendor", "zenith", Some(r#"{"baa":false}"#)).await;
    store.close().await.unwrap();
    sqlx::query(sql)
        .execute(&mut bench.raw().await)
        .await
        .unwrap();

    let error = bench.try_open().await.err().unwrap();
    let reader = Store::open(bench.options(Mode::ReadOnly)).await.unwrap();
    assert_eq!(
        reader.register_rows().await.unwrap_err().to_string(),
        error.to_string()
    );
    let report = reader.verify(None, &[]).await.unwrap();
    assert!(report.findings.contains(&error.to_string()), "{report}");
    error
}

#[tokio::test]
async fn an_edited_row_is_refused_by_name() {
    for sql in [
        "UPDATE register SET body = zeroblob(length(body)) WHERE id = 'zenith'",
        "UPDATE register SET body = NULL WHERE id = 'zenith'",
        "UPDATE register SET body = x'' WHERE id = 'zenith'",
        // The sealed body of another row.
        "UPDATE register SET body = (SELECT body FROM register WHERE id = 'acme') WHERE id = 'zenith'",
    ] {
        assert_eq!(
            opened_after(sql).await.to_string(),
            r#"register row vendor "zenith" (version 1) was changed outside this program"#
        );
    }
    let earlier = "UPDATE register SET (body, tag) = (SELECT body, tag FROM register WHERE version = 1 AND id = 'acme')
         WHERE version = 2";
    assert_eq!(
        opened_after(earlier).await.to_string(),
        r#"register row vendor "acme" (version 2) was changed outside this program"#
    );
}

#[tokio::test]
async fn a_row_under_another_name_is_refused_by_name() {
    let error = opened_after("UPDATE register SET id = 'other' WHERE id = 'zenith'").await;
    assert!(matches!(error, Error::RegisterRow { id, .. } if id == "other"));
}

#[tokio::test]
async fn a_removed_added_or_rolled_back_row_is_noticed() {
    for sql in [
        "DELETE FROM register WHERE id = 'zenith'",
        "DELETE FROM register",
        "DELETE FROM register WHERE id = 'acme' AND version = 2",
        "DELETE FROM register WHERE id = 'acme'",
    ] {
        assert!(
            matches!(opened_after(sql).await, Error::RegisterSet),
            "{sql}"
        );
    }
    let error = opened_after(
        "INSERT INTO register SELECT kind, 'new', 1, idx, body, tag FROM register LIMIT 1",
    )
    .await;
    assert!(matches!(error, Error::RegisterRow { id, .. } if id == "new"));
}

#[tokio::test]
async fn a_missing_old_version_is_found_by_verification() {
    let bench = Bench::new();
    let store = bench.open().await;
    set(&bench, &store, "vendor", "acme", Some("{}")).await;
    set(&bench, &store, "vendor", "acme", Some("[]")).await;
    sqlx::query("DELETE FROM register WHERE version = 1")
        .execute(&mut bench.raw().await)
        .await
        .unwrap();
    let report = store.verify(None, &[]).await.unwrap();
    assert!(
        report
            .to_string()
            .contains(r#"register row vendor "acme": versions before 2 are missing"#),
        "{report}"
    );
}
