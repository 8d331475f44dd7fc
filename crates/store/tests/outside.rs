//! What somebody does who can write the files of a store and has no key: it is refused, named, and never laundered.

use std::fs;
use std::time::Duration;

use covenant_ledger::{EventKind, PayloadRef};
use covenant_store::{Covers, Error, EventFilter, Fault, Mode, Record, Store, Tuning};

use crate::support::{Bench, DAY_MS, START_MS, order, payload};

const ANA: [u8; 32] = [1; 32];
const BEN: [u8; 32] = [2; 32];

/// A store that does not try again by itself while a test looks.
fn patient() -> Bench {
    let mut bench = Bench::new();
    bench.tuning = Tuning {
        retry_interval: Duration::from_secs(600),
        ..Tuning::default()
    };
    bench
}

async fn started(bench: &Bench, store: &Store) -> Result<u64, Error> {
    let record = Record::of(bench.event(EventKind::Started));
    Ok(store.append(record).await?.index)
}

#[tokio::test]
async fn a_file_removed_or_replaced_under_a_running_store_stops_it() {
    for file in ["covenant.db", "covenant.db-wal", "covenant.lock"] {
        for replaced in [false, true] {
            let bench = patient();
            let store = bench.open().await;
            started(&bench, &store).await.unwrap();
            let path = bench.directory.join(file);
            let copy = fs::read(&path).unwrap();
            fs::rename(&path, bench.directory.join("aside")).unwrap();
            if replaced {
                fs::write(&path, &copy).unwrap();
            }
            let not_ready = store.ready().unwrap_err();
            assert!(
                matches!(not_ready, Error::NotRecorded(Fault::Removed)),
                "{file}: {not_ready}"
            );
            for _ in 0..2 {
                let refused = started(&bench, &store).await.unwrap_err();
                assert!(
                    matches!(refused, Error::NotRecorded(Fault::Removed)),
                    "{file}: {refused}"
                );
            }
            // Put back, it goes on where it was.
            fs::rename(bench.directory.join("aside"), &path).unwrap();
            assert_eq!(started(&bench, &store).await.unwrap(), 1);
            store.ready().unwrap();
            assert!(store.verify(None, &[]).await.unwrap().is_good());
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_brought_home_when_only_the_write_ahead_log_was_removed() {
    let bench = patient();
    let store = bench.open().await;
    for _ in 0..20 {
        started(&bench, &store).await.unwrap();
    }
    let note = store.checkpoint().await.unwrap();
    fs::remove_file(bench.directory.join("covenant.db-wal")).unwrap();
    assert!(started(&bench, &store).await.is_err());
    store.close().await.unwrap();
    let store = bench.open().await;
    let report = store.verify(Some(&note), &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(report.log.size, 20);
}

#[tokio::test]
async fn a_store_that_is_gone_is_not_made_again_in_silence() {
    let bench = Bench::new();
    let missing = Store::open(bench.options(Mode::ReadWrite)).await;
    assert!(matches!(missing, Err(Error::Directory { .. })));
    assert!(!bench.directory.exists());

    let store = bench.open().await;
    started(&bench, &store).await.unwrap();
    store.close().await.unwrap();
    let database = bench.directory.join("covenant.db");
    fs::remove_file(&database).unwrap();
    assert!(matches!(bench.try_open().await, Err(Error::NoStore(_))));
    assert!(!database.exists());

    // An empty file, and a database that holds nothing of a store.
    fs::write(&database, "").unwrap();
    fs::set_permissions(
        &database,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    for _ in 0..2 {
        assert!(matches!(bench.try_open().await, Err(Error::NoStore(_))));
    }
}

#[tokio::test]
async fn a_second_writer_behind_a_removed_lock_is_noticed_by_the_first() {
    let bench = patient();
    let first = bench.open().await;
    started(&bench, &first).await.unwrap();
    let lock = bench.directory.join("covenant.lock");
    fs::rename(&lock, bench.directory.join("aside")).unwrap();
    let second = bench.open().await;
    assert_eq!(started(&bench, &second).await.unwrap(), 1);
    assert!(matches!(
        started(&bench, &first).await,
        Err(Error::NotRecorded(Fault::Removed))
    ));
    // Even with its lock back it sees that the log has moved on, says so, and reads it again.
    fs::rename(bench.directory.join("aside"), &lock).unwrap();
    assert!(matches!(
        started(&bench, &first).await,
        Err(Error::NotRecorded(Fault::Foreign))
    ));
    assert!(matches!(
        first.ready(),
        Err(Error::NotRecorded(Fault::Foreign))
    ));
    assert!(matches!(
        started(&bench, &second).await,
        Err(Error::NotRecorded(Fault::Removed))
    ));
    assert_eq!(started(&bench, &first).await.unwrap(), 2);
    first.ready().unwrap();
    assert!(first.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_linked_file_is_refused() {
    for file in ["covenant.db", "covenant.db-wal", "covenant.lock"] {
        let bench = Bench::new();
        bench.open().await.close().await.unwrap();
        let path = bench.directory.join(file);
        let elsewhere = bench.directory.with_file_name("elsewhere");
        if path.exists() {
            fs::rename(&path, &elsewhere).unwrap();
        }
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        for mode in [Mode::Create, Mode::ReadWrite, Mode::ReadOnly] {
            let error = Store::open(bench.options(mode)).await.err().unwrap();
            assert!(
                error.to_string().contains(&format!("{file}: it is a link")),
                "{error}"
            );
        }
    }
}

/// A store with one payload of Ana and Ben, one of Ana alone and one of nobody known, in requests of their own.
async fn with_payloads(bench: &Bench) -> Store {
    let store = bench.open().await;
    for (id, subjects) in [
        ("both", [ANA, BEN].as_slice()),
        ("ana", &[ANA]),
        ("none", &[]),
    ] {
        let request = format!("request-of-{id}");
        let mut record = Record::of(bench.request_event(EventKind::Answered, &request));
        record.payloads.push(payload(id, "invented note", subjects));
        store.append(record).await.unwrap();
    }
    store
}

async fn execute(bench: &Bench, sql: &'static str) {
    let done = sqlx::query(sql).execute(&mut bench.raw().await).await;
    assert!(done.unwrap().rows_affected() > 0, "{sql}");
}

async fn assert_damaged<T>(store: &Store, outcome: Result<T, Error>, sql: &str) {
    let error = outcome.err().unwrap();
    let is_refusal = matches!(error, Error::Damaged(_) | Error::Seal { .. });
    assert!(is_refusal, "{sql}: {error}");
    let report = store.verify(None, &[]).await.unwrap();
    assert!(!report.is_good(), "{sql}: laundered");
}

#[tokio::test]
async fn a_forged_time_to_keep_destroys_nothing() {
    let sql = "UPDATE payloads SET keep_until_ms = 1 WHERE id != 'none'";
    let bench = Bench::new();
    let store = with_payloads(&bench).await;
    execute(&bench, sql).await;
    assert_damaged(&store, store.expire(bench.now_ms(), &order("")).await, sql).await;
    assert_damaged(&store, store.shred_payload("ana", &order("")).await, sql).await;
    assert_damaged(&store, store.shred_subject(&ANA, &order("")).await, sql).await;
    assert_damaged(&store, store.reencrypt("ana", &order("")).await, sql).await;
    assert_eq!(store.stats().events, 3);

    // What is due expires all the same, and the damage is still told.
    bench.set_ms(START_MS + 31 * DAY_MS);
    assert_damaged(&store, store.expire(bench.now_ms(), &order("")).await, sql).await;
    assert!(matches!(
        store.read_payload("none").await,
        Err(Error::Shredded { .. })
    ));
    execute(
        &bench,
        "UPDATE payloads SET keep_until_ms = 1900000000000 + 30 * 86400000 WHERE keep_until_ms = 1",
    )
    .await;
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_row_taken_from_under_a_legal_hold_does_not_lift_it() {
    for sql in [
        "DELETE FROM payload_keys WHERE payload = 'both' AND key IN (SELECT id FROM keys WHERE subject = x'0101010101010101010101010101010101010101010101010101010101010101')",
        "DELETE FROM payload_keys WHERE payload = 'both'",
        "UPDATE payloads SET idx = 2 WHERE id = 'both'",
        "UPDATE payloads SET idx = 1 WHERE id = 'both'",
        "UPDATE keys SET subject = zeroblob(32) WHERE subject = x'0101010101010101010101010101010101010101010101010101010101010101'",
        "UPDATE payloads SET (key, wrapped) = (SELECT key, wrapped FROM payloads WHERE id = 'none') WHERE id = 'both'",
        "UPDATE OR REPLACE payload_keys SET payload = 'both', wrapped = x'00' WHERE payload = 'ana'",
        "UPDATE payloads SET kind = 'answer' WHERE id = 'both'",
    ] {
        let bench = Bench::new();
        let store = with_payloads(&bench).await;
        let held = Covers::Subject("01".repeat(32));
        store.hold("case", held, &order("")).await.unwrap();
        execute(&bench, sql).await;
        assert_damaged(&store, store.shred_payload("both", &order("")).await, sql).await;
        assert_damaged(&store, store.reencrypt("both", &order("")).await, sql).await;
        bench.set_ms(START_MS + 31 * DAY_MS);
        let before = store.stats().events;
        assert_damaged(&store, store.expire(bench.now_ms(), &order("")).await, sql).await;
        assert!(
            store.stats().events - before <= 1,
            "only what is not held may go"
        );
        let _ = store.shred_subject(&BEN, &order("")).await;
        assert!(!store.verify(None, &[]).await.unwrap().is_good(), "{sql}");
    }
}

#[tokio::test]
async fn a_forged_request_column_does_not_lift_a_hold() {
    let bench = Bench::new();
    let store = with_payloads(&bench).await;
    let held = Covers::Request("request-of-ana".into());
    store.hold("case", held, &order("")).await.unwrap();
    let triggers = bench.drop_triggers().await;
    execute(&bench, "UPDATE events SET request = NULL WHERE idx = 1").await;
    bench.restore_triggers(triggers).await;
    assert!(matches!(
        store.shred_payload("ana", &order("")).await,
        Err(Error::Held { .. })
    ));
}

#[tokio::test]
async fn a_key_that_an_event_says_was_destroyed_is_not_missed() {
    let bench = Bench::new();
    let store = with_payloads(&bench).await;
    store.shred_subject(&ANA, &order("")).await.unwrap();
    assert!(store.verify(None, &[]).await.unwrap().is_good());
    store.reencrypt("both", &order("")).await.unwrap();
    assert!(store.verify(None, &[]).await.unwrap().is_good());
    assert_eq!(
        store
            .shred_payload("both", &order(""))
            .await
            .unwrap()
            .payloads,
        1
    );
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_log_verifies_after_content_was_read() {
    let bench = Bench::new();
    let store = with_payloads(&bench).await;
    let read = async |id: &str| {
        let mut record = Record::of(bench.event(EventKind::ContentRead));
        record.event.payloads = vec![PayloadRef {
            id: id.into(),
            ..PayloadRef::default()
        }];
        let index = store.append(record).await.unwrap().index;
        let filter = EventFilter {
            from_index: index,
            ..EventFilter::default()
        };
        let (_, event) = store.events(&filter).await.unwrap().remove(0);
        event.payloads[0].clone()
    };
    let said = read("ana").await;
    assert_eq!((said.kind.as_str(), said.digest.len()), ("prompt", 64));
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");

    store.reencrypt("ana", &order("")).await.unwrap();
    assert_ne!(read("ana").await.digest, said.digest);
    store.shred_payload("ana", &order("")).await.unwrap();
    assert_eq!(read("ana").await.digest, "");
    assert_eq!(read("never").await.kind, "");
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_forged_open_request_is_refused_and_makes_no_event() {
    for sql in [
        // An event of no request, of another one, of one that was answered; and an event that is not there.
        "INSERT INTO open_requests VALUES ('forged', 0)",
        "INSERT INTO open_requests VALUES ('forged', 1)",
        "INSERT INTO open_requests VALUES ('answered', 1)",
        "INSERT INTO open_requests VALUES ('answered', 2)",
        "INSERT INTO open_requests VALUES ('forged', 99)",
        "INSERT INTO open_requests VALUES ('forged', -9)",
        "UPDATE open_requests SET request = 'forged'",
        "UPDATE open_requests SET idx = 1",
    ] {
        let bench = Bench::new();
        let store = bench.open().await;
        for (kind, request) in [
            (EventKind::Started, None),
            (EventKind::Forwarded, Some("answered")),
            (EventKind::Answered, Some("answered")),
            (EventKind::Forwarded, Some("open")),
        ] {
            let mut record = Record::of(bench.event(kind));
            record.event.request = request.map(str::to_owned);
            store.append(record).await.unwrap();
        }
        store.close().await.unwrap();
        execute(&bench, sql).await;
        for _ in 0..2 {
            let error = bench.try_open().await.err().unwrap();
            assert!(matches!(error, Error::Damaged(_)), "{sql}: {error}");
        }
        let reader = bench.read().await;
        let events = reader.events(&EventFilter::default()).await.unwrap();
        assert_eq!(events.len(), 4, "{sql}");
        assert!(!reader.verify(None, &[]).await.unwrap().is_good());
    }
}

#[tokio::test]
async fn a_foreign_or_missing_part_of_the_schema_is_refused_and_named() {
    for (sql, named) in [
        (
            "CREATE TRIGGER helper AFTER INSERT ON events BEGIN DELETE FROM payload_keys; END",
            "trigger \"helper\" is not one of this program",
        ),
        (
            "CREATE TABLE copies AS SELECT * FROM keys",
            "table \"copies\" is not one of this program",
        ),
        (
            "CREATE VIEW look AS SELECT 1",
            "view \"look\" is not one of this program",
        ),
        (
            "DROP INDEX payloads_due",
            "index \"payloads_due\" is missing",
        ),
        (
            "DROP TRIGGER events_are_never_changed",
            "trigger \"events_are_never_changed\" is missing",
        ),
        (
            "ALTER TABLE events ADD COLUMN note TEXT",
            "table \"events\" was changed outside this program",
        ),
    ] {
        let bench = Bench::new();
        let store = bench.open().await;
        started(&bench, &store).await.unwrap();
        sqlx::query(sql)
            .execute(&mut bench.raw().await)
            .await
            .unwrap();
        let report = store.verify(None, &[]).await.unwrap();
        assert_eq!(report.findings, [format!("schema: {named}")]);
        store.close().await.unwrap();
        let error = bench.try_open().await.err().unwrap();
        assert!(matches!(error, Error::Schema(_)), "{error}");
        assert!(error.to_string().ends_with(named), "{error}");
    }
}
