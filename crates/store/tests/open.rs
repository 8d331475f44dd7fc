//! Opening, reopening and refusing to open.

use std::sync::Arc;

use covenant_ledger::EventKind;
use covenant_seal::{LocalKey, SystemRandom};
use covenant_store::{Error, EventFilter, Mode, Options, Record, Store};

use crate::support::{Bench, fill, payload, row};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let bench = Bench::new();
    let store = bench.open().await;
    let vkey = store.log_vkey();
    let hash = store
        .hash_key("subjects")
        .unwrap()
        .hash("patient", &[b"invented"]);
    let mut record = Record::of(bench.request_event(EventKind::Answered, "r1"));
    record
        .payloads
        .push(payload("p1", "invented note", &[[7; 32]]));
    record.register.push(row("vendor", "acme", Some("{}")));
    let receipt = store.append(record).await.unwrap();
    assert_eq!((receipt.index, receipt.size), (0, 1));
    let note = store.checkpoint().await.unwrap();
    store.close().await.unwrap();

    let store = bench.open().await;
    assert_eq!(store.checkpoint().await.unwrap(), note);
    assert_eq!(store.log_vkey(), vkey);
    assert_eq!(
        store
            .hash_key("subjects")
            .unwrap()
            .hash("patient", &[b"invented"]),
        hash
    );
    assert_eq!(
        store.read_payload("p1").await.unwrap().expose(),
        b"invented note"
    );
    assert_eq!(store.register_rows().await.unwrap()[0].body, "{}");
    let events = store.events(&EventFilter::default()).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].1.request.as_deref(), Some("r1"));
    let report = store.verify(Some(&note), &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn dropped_without_closing_it_opens_again() {
    let bench = Bench::new();
    let store = bench.open().await;
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    drop(store);
    // The writer ends by itself once the last handle is gone.
    let store = loop {
        match bench.try_open().await {
            Ok(store) => break store,
            Err(Error::Locked(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(
        store.events(&EventFilter::default()).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn another_key_is_refused_and_both_are_named() {
    let bench = Bench::new();
    bench.open().await.close().await.unwrap();
    let other = Arc::new(LocalKey::generate(&SystemRandom).unwrap());
    for mode in [Mode::ReadWrite, Mode::ReadOnly] {
        let options = Options {
            keys: Arc::clone(&other) as _,
            ..bench.options(mode)
        };
        let error = Store::open(options).await.err().unwrap().to_string();
        let (made, given) = (key_id(&bench.key), key_id(&other));
        assert_eq!(
            error,
            format!("wrong key file: the store was made with {made}, this is {given}")
        );
    }
}

fn key_id(key: &LocalKey) -> String {
    use covenant_seal::KeyService as _;
    key.id().to_string()
}

#[tokio::test]
async fn another_tenant_or_origin_is_refused() {
    let bench = Bench::new();
    bench.open().await.close().await.unwrap();
    let other_tenant = Options {
        tenant: "other".into(),
        ..bench.options(Mode::ReadWrite)
    };
    assert!(matches!(
        Store::open(other_tenant).await,
        Err(Error::NotThisStore { what: "tenant", .. })
    ));
    let other_origin = Options {
        origin: "other.example/log".into(),
        ..bench.options(Mode::ReadOnly)
    };
    assert!(matches!(
        Store::open(other_origin).await,
        Err(Error::NotThisStore { what: "origin", .. })
    ));
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_reader_is_not() {
    let bench = Bench::new();
    let store = bench.open().await;
    assert!(matches!(bench.try_open().await, Err(Error::Locked(_))));
    let reader = bench.read().await;
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    assert_eq!(
        reader.events(&EventFilter::default()).await.unwrap().len(),
        1
    );
    assert_eq!(
        reader.checkpoint().await.unwrap(),
        store.checkpoint().await.unwrap()
    );
    assert!(reader.verify(None, &[]).await.unwrap().is_good());
    store.close().await.unwrap();
    bench.open().await;
}

#[tokio::test]
async fn a_reader_writes_nothing() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let before = bench.bytes();
    let reader = bench.read().await;
    assert!(matches!(
        reader
            .append(Record::of(bench.event(EventKind::Started)))
            .await,
        Err(Error::ReadOnly)
    ));
    assert!(matches!(reader.ready(), Err(Error::ReadOnly)));
    assert!(reader.verify(None, &[]).await.unwrap().is_good());
    reader.events(&EventFilter::default()).await.unwrap();
    reader.register_rows().await.unwrap();
    reader.close().await.unwrap();
    let is_data = |path: &std::path::Path| !path.to_string_lossy().ends_with("-shm");
    let data = |files: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
        let mut files: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| is_data(path))
            .collect();
        files.sort();
        files
    };
    assert!(data(before) == data(bench.bytes()));
}

#[tokio::test]
async fn a_reader_needs_a_store() {
    let bench = Bench::new();
    assert!(matches!(
        Store::open(bench.options(Mode::ReadOnly)).await,
        Err(Error::Directory { .. })
    ));
}

#[tokio::test]
async fn open_requests_are_closed_as_interrupted() {
    let bench = Bench::new();
    let store = bench.open().await;
    for (kind, request) in [
        (EventKind::Forwarded, "closed"),
        (EventKind::Forwarded, "forwarded"),
        (EventKind::Forwarded, "answering"),
        (EventKind::Answered, "closed"),
        (EventKind::Answering, "answering"),
    ] {
        store
            .append(Record::of(bench.request_event(kind, request)))
            .await
            .unwrap();
    }
    store.close().await.unwrap();

    let store = bench.open().await;
    let filter = EventFilter {
        kinds: vec![EventKind::Interrupted],
        ..EventFilter::default()
    };
    let closed = store.events(&filter).await.unwrap();
    let told: Vec<_> = closed
        .iter()
        .map(|(_, event)| (event.request.as_deref(), event.note.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Some("forwarded"),
                Some("interrupted after forwarded, amount unknown")
            ),
            (
                Some("answering"),
                Some("interrupted after answering, amount unknown")
            ),
        ]
    );
    store.close().await.unwrap();
    let store = bench.open().await;
    assert_eq!(store.events(&filter).await.unwrap().len(), 2);
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn many_open_requests_are_all_closed() {
    let bench = Bench::new();
    let store = bench.open().await;
    for number in 0..600 {
        let event = bench.request_event(EventKind::Forwarded, &format!("r{number}"));
        store.append(Record::of(event)).await.unwrap();
    }
    store.close().await.unwrap();
    let store = bench.open().await;
    let filter = EventFilter {
        kinds: vec![EventKind::Interrupted],
        ..EventFilter::default()
    };
    assert_eq!(store.events(&filter).await.unwrap().len(), 600);
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_clock_that_runs_backwards_does_not_take_the_log_along() {
    let bench = Bench::new();
    let store = bench.open().await;
    for (ms, note) in [
        (0, None),
        (-60_000, Some("the clock was 60000 ms behind the log")),
        (1, None),
        (-499, None),
    ] {
        bench.set_ms(crate::support::START_MS + ms);
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
        let last = EventFilter {
            newest_first: true,
            limit: 1,
            ..EventFilter::default()
        };
        let (_, event) = store.events(&last).await.unwrap().remove(0);
        assert_eq!(event.note.as_deref(), note);
    }
    let times: Vec<i64> = store
        .events(&EventFilter::default())
        .await
        .unwrap()
        .iter()
        .map(|(_, event)| event.at_ms)
        .collect();
    assert!(times.is_sorted());
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let bench = Bench::new();
    let store = bench.open().await;
    store.close().await.unwrap();
    assert!(matches!(
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await,
        Err(Error::Closed)
    ));
    assert!(matches!(store.ready(), Err(Error::Closed)));
    assert!(matches!(store.close().await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_newer_or_half_migrated_schema_is_refused() {
    for (sql, words) in [
        (
            "INSERT INTO _sqlx_migrations SELECT 2, 'later', installed_on, 1, checksum, 0 FROM _sqlx_migrations",
            "version 2",
        ),
        ("UPDATE _sqlx_migrations SET success = 0", "schema"),
        ("UPDATE _sqlx_migrations SET checksum = x'00'", "schema"),
    ] {
        let bench = Bench::new();
        bench.open().await.close().await.unwrap();
        sqlx::query(sql)
            .execute(&mut bench.raw().await)
            .await
            .unwrap();
        for mode in [Mode::ReadWrite, Mode::ReadOnly] {
            let error = Store::open(bench.options(mode)).await.err().unwrap();
            assert!(
                matches!(&error, Error::Schema(_)) && error.to_string().contains(words),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_whose_head_is_gone_is_damaged_and_not_made_anew() {
    for table in ["head", "meta", "keys"] {
        let bench = Bench::new();
        let store = bench.open().await;
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
        store.close().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")))
            .execute(&mut bench.raw().await)
            .await
            .unwrap();
        assert!(
            matches!(bench.try_open().await, Err(Error::Damaged(_))),
            "{table}"
        );
    }
}

#[tokio::test]
async fn a_long_reading_neither_stops_commits_nor_sees_half_of_one() {
    let mut bench = Bench::new();
    bench.tuning.checkpoint_bytes = 16 << 10;
    let store = bench.open().await;
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    let mut reading = bench.raw().await;
    let count = "SELECT count(*) FROM events";
    sqlx::query("BEGIN").execute(&mut reading).await.unwrap();
    let before: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut reading)
        .await
        .unwrap();
    for number in 0..300 {
        let mut record = Record::of(bench.event(EventKind::Answered));
        record
            .payloads
            .push(payload(&format!("p{number}"), "note", &[[1; 32]]));
        store.append(record).await.unwrap();
        if number % 100 == 0 {
            // The reader holds the write-ahead log; shredding must not wait for it.
            store
                .shred_payload(&format!("p{number}"), &crate::support::order(""))
                .await
                .unwrap();
        }
    }
    let after: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut reading)
        .await
        .unwrap();
    assert_eq!((before, after), (1, 1));
    sqlx::query("COMMIT").execute(&mut reading).await.unwrap();
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}
