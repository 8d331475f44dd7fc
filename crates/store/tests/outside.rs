//! What somebody does who can write the files of a store and has no key: it is refused, named, and never laundered.

use std::fs;
use std::time::Duration;

use covenant_ledger::EventKind;
use covenant_store::{Error, Fault, Mode, Record, Store, Tuning};

use crate::support::Bench;

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
