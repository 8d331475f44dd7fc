//! A full disk, a directory that cannot be written, a damaged page.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use covenant_ledger::EventKind;
use covenant_store::{Error, EventFilter, Fault, Mode, Record, Store, Tuning};

use crate::support::{Bench, fill, payload};

async fn append(bench: &Bench, store: &Store, bytes: usize) -> Result<u64, Error> {
    let mut record = Record::of(bench.event(EventKind::Answered));
    let id = record.event.id.clone();
    record
        .payloads
        .push(payload(&id, &"x".repeat(bytes), &[[5; 32]]));
    Ok(store.append(record).await?.index)
}

/// Appends until the database is full; returns how many were acknowledged.
async fn fill_up(bench: &Bench, store: &Store) -> u64 {
    for acknowledged in 0.. {
        match append(bench, store, 40_000).await {
            Ok(index) => assert_eq!(index, acknowledged),
            Err(error) => {
                assert!(
                    matches!(error, Error::NotRecorded(Fault::Full | Fault::InputOutput)),
                    "{error}"
                );
                return acknowledged;
            }
        }
    }
    unreachable!()
}

async fn assert_whole(store: &Store, acknowledged: u64) {
    let all = EventFilter {
        limit: usize::MAX,
        ..EventFilter::default()
    };
    assert_eq!(store.events(&all).await.unwrap().len() as u64, acknowledged);
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_copy_taken_at_any_time_is_whole_though_the_log_is_written_over() {
    let mut bench = Bench::new();
    bench.tuning.checkpoint_bytes = 256 << 10;
    let store = bench.open().await;
    for round in 1..=8 {
        for _ in 0..40 {
            append(&bench, &store, 2000).await.unwrap();
        }
        // As a power cut would leave it: without the index beside the log, which is memory.
        let cut = tempfile::tempdir().unwrap();
        let owner_alone = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(cut.path(), owner_alone).unwrap();
        for file in ["covenant.db", "covenant.db-wal"] {
            std::fs::copy(bench.directory.join(file), cut.path().join(file)).unwrap();
        }
        let mut options = bench.options(Mode::ReadWrite);
        options.directory = cut.path().to_owned();
        let copy = Store::open(options).await.unwrap();
        assert_whole(&copy, round * 40).await;
        copy.close().await.unwrap();
    }
    // Some 15 MB went through it.
    let log = std::fs::metadata(bench.directory.join("covenant.db-wal")).unwrap();
    assert!(log.len() < 4 << 20, "{}", log.len());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_and_loses_nothing() {
    let mut bench = Bench::new();
    bench.tuning = Tuning {
        max_pages: Some(300),
        retry_interval: Duration::from_secs(600),
        ..Tuning::default()
    };
    let store = bench.open().await;
    let acknowledged = fill_up(&bench, &store).await;
    assert!(acknowledged > 5);
    assert!(matches!(
        store.ready(),
        Err(Error::NotRecorded(Fault::Full))
    ));
    assert!(append(&bench, &store, 40_000).await.is_err());
    assert_whole(&store, acknowledged).await;

    // What still fits is recorded, in the place of what did not.
    let receipt = store
        .append(Record::of(bench.event(EventKind::Failed)))
        .await
        .unwrap();
    assert_eq!(receipt.index, acknowledged);
    store.ready().unwrap();
    assert_whole(&store, acknowledged + 1).await;
    store.close().await.unwrap();

    bench.tuning = Tuning::default();
    let store = bench.open().await;
    assert_eq!(
        append(&bench, &store, 40_000).await.unwrap(),
        acknowledged + 1
    );
    assert_whole(&store, acknowledged + 2).await;
}

#[tokio::test]
async fn a_store_that_was_full_gets_ready_again_by_itself() {
    let mut bench = Bench::new();
    bench.tuning = Tuning {
        max_pages: Some(200),
        retry_interval: Duration::from_millis(1),
        ..Tuning::default()
    };
    let store = bench.open().await;
    fill_up(&bench, &store).await;
    while store.ready().is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn everybody_in_a_failed_commit_is_told() {
    let mut bench = Bench::new();
    bench.tuning = Tuning {
        max_pages: Some(200),
        retry_interval: Duration::from_secs(600),
        ..Tuning::default()
    };
    let store = bench.open().await;
    let callers = (0..40).map(|caller| {
        let (store, event) = (store.clone(), bench.event(EventKind::Answered));
        tokio::spawn(async move {
            let mut record = Record::of(event);
            record
                .payloads
                .push(payload(&format!("p-{caller}"), &"x".repeat(40_000), &[]));
            store.append(record).await.map(|receipt| receipt.index)
        })
    });
    let mut acknowledged = 0;
    let mut refused = 0;
    for caller in callers.collect::<Vec<_>>() {
        match caller.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(Error::NotRecorded(Fault::Full)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(acknowledged + refused, 40);
    assert!(refused > 0);
    assert_whole(&store, acknowledged).await;
}

/// A small file system in memory; `None` where it cannot be mounted.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let place = tempfile::tempdir().unwrap().keep();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(&place)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallDisk(place)),
            _ => {
                std::fs::remove_dir(&place).unwrap();
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!(
            "skipped: no file system can be mounted here; the full database is tested with a bound on its pages"
        );
        return;
    };
    let bench = Bench::within(&disk.0);
    let store = bench.open().await;
    let acknowledged = fill_up(&bench, &store).await;
    assert!(acknowledged > 5);
    assert!(store.ready().is_err());
    assert_whole(&store, acknowledged).await;
    drop(store);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_refused_by_the_writer() {
    let bench = Bench::new();
    bench.open().await.close().await.unwrap();
    if is_root() {
        // Permissions do not hold root back; a path that cannot be a directory does.
        let file = bench.directory.join("covenant.lock/data");
        let options = covenant_store::Options {
            directory: file,
            ..bench.options(Mode::ReadWrite)
        };
        assert!(matches!(
            Store::open(options).await,
            Err(Error::Directory { .. })
        ));
        return;
    }
    set_mode(&bench, 0o500);
    let error = bench.try_open().await.err().unwrap();
    set_mode(&bench, 0o700);
    assert!(
        matches!(error, Error::Directory { .. } | Error::Database(_)),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_only_disk_can_be_read_and_not_written() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let bench = Bench::within(&disk.0);
    let store = bench.open().await;
    append(&bench, &store, 100).await.unwrap();
    store.close().await.unwrap();
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk.0)
        .status()
        .unwrap();
    assert!(remounted.success());
    let reader = bench.read().await;
    assert_whole(&reader, 1).await;
    reader.close().await.unwrap();
    assert!(matches!(
        bench.try_open().await,
        Err(Error::Directory { .. })
    ));
}

#[tokio::test]
async fn a_directory_open_to_others_is_refused() {
    let bench = Bench::new();
    bench.open().await.close().await.unwrap();
    set_mode(&bench, 0o755);
    for mode in [Mode::ReadWrite, Mode::ReadOnly] {
        let error = Store::open(bench.options(mode))
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("only its owner may: chmod 700"), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_page_is_an_error_and_never_a_wrong_answer() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let sound = store.events(&EventFilter::default()).await.unwrap();
    store.close().await.unwrap();
    let path = bench.directory.join("covenant.db");
    let whole = std::fs::read(&path).unwrap();
    let free: u32 = sqlx::query_scalar("PRAGMA freelist_count")
        .fetch_one(&mut bench.raw().await)
        .await
        .unwrap();
    let mut unnoticed = 0;
    for page in 0..whole.len() / 4096 {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xa5);
        std::fs::write(&path, damaged).unwrap();
        let Ok(reader) = Store::open(bench.options(Mode::ReadOnly)).await else {
            continue;
        };
        // An error, or the right answer: never another one.
        if let Ok(events) = reader.events(&EventFilter::default()).await {
            assert!(events == sound, "page {page}");
        }
        unnoticed += u32::from(
            reader
                .verify(None, &[])
                .await
                .is_ok_and(|report| report.is_good()),
        );
        reader.close().await.unwrap();
    }
    // A page that holds nothing may hold anything.
    assert!(
        unnoticed <= free,
        "{unnoticed} damaged pages were not noticed, {free} are free"
    );
}

fn set_mode(bench: &Bench, mode: u32) {
    std::fs::set_permissions(&bench.directory, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}
