//! `kill -9` at any moment: what was acknowledged is there, and the log is whole.
//!
//! The child is this test program itself, told by the environment to write instead of to test.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use covenant_ledger::{Event, EventKind, new_id};
use covenant_seal::{LocalKey, SystemRandom, hex, unhex};
use covenant_store::{EventFilter, Mode, Options, Record, Store, SystemClock, Tuning};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::support::{Bench, order, payload};

const DIRECTORY: &str = "COVENANT_STORE_TEST_CHILD_DIRECTORY";
const KEY: &str = "COVENANT_STORE_TEST_CHILD_KEY";
const KILLS: usize = 5;
const CALLERS: usize = 16;

#[test]
fn every_acknowledged_event_survives_kill_9() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = Bench::new();
    let mut acknowledged = BTreeSet::new();
    let mut saved = None;
    for round in 0..KILLS {
        let fresh = run_and_kill(&bench, 60 + 90 * round);
        assert!(!fresh.is_empty());
        acknowledged.extend(fresh);
        saved = Some(runtime.block_on(check(&bench, &acknowledged, saved.as_deref())));
    }
}

fn spawn(bench: &Bench, child: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture"])
        .env(DIRECTORY, &bench.directory)
        .env(KEY, bench.key.to_text().expose())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs the child until it has acknowledged so many events, and kills it.
fn run_and_kill(bench: &Bench, events: usize) -> Vec<String> {
    let mut child = spawn(bench, "kill::child");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let take = |line: std::io::Result<String>, acknowledged: &mut Vec<String>| {
        acknowledged.extend(line.unwrap().strip_prefix("recorded ").map(str::to_owned));
    };
    while acknowledged.len() < events {
        take(
            lines.next().expect("the child ended by itself"),
            &mut acknowledged,
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was printed before the kill was acknowledged, too. The last line may be cut short.
    let mut rest: Vec<_> = lines.collect();
    rest.pop();
    rest.into_iter()
        .for_each(|line| take(line, &mut acknowledged));
    acknowledged
}

async fn check(bench: &Bench, acknowledged: &BTreeSet<String>, saved: Option<&str>) -> String {
    let store = bench.open().await;
    let report = store.verify(saved, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    let all = EventFilter {
        limit: usize::MAX,
        ..EventFilter::default()
    };
    let events = store.events(&all).await.unwrap();
    let present: BTreeSet<String> = events.iter().map(|(_, event)| event.id.clone()).collect();
    assert!(
        acknowledged.is_subset(&present),
        "{} are missing",
        acknowledged.difference(&present).count()
    );
    for (_, event) in &events {
        for kept in &event.payloads {
            assert_eq!(
                store.read_payload(&kept.id).await.unwrap().expose(),
                b"note"
            );
        }
    }
    let note = store.checkpoint().await.unwrap();
    store.close().await.unwrap();
    note
}

/// What the parent tells a child to open; `None` in a test run, where a child does nothing.
fn told() -> Option<Options> {
    let (directory, key) = (std::env::var(DIRECTORY).ok()?, std::env::var(KEY).ok()?);
    Some(Options {
        directory: directory.into(),
        tenant: "clinic".into(),
        origin: "clinic.example/log".into(),
        keys: Arc::new(LocalKey::parse(&key).unwrap()),
        mode: Mode::Create,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        // Small, so that kills also hit the copying of the write-ahead log.
        tuning: Tuning {
            checkpoint_bytes: 64 << 10,
            ..Tuning::default()
        },
    })
}

/// Does nothing in a test run; told by the environment, it appends until it is killed.
#[test]
fn child() {
    let Some(options) = told() else { return };
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(append_until_killed(options));
}

async fn append_until_killed(options: Options) {
    let store = Store::open(options).await.unwrap();
    let number = Arc::new(AtomicU64::new(0));
    let callers = (0..CALLERS).map(|_| {
        let (store, number) = (store.clone(), Arc::clone(&number));
        tokio::spawn(async move {
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let id = new_id(0, &SystemRandom).unwrap();
                let kind = if number.is_multiple_of(2) {
                    EventKind::Forwarded
                } else {
                    EventKind::Answered
                };
                let event = Event {
                    request: Some(format!("request-{id}")),
                    ..Event::new(kind, id.clone(), 0)
                };
                let mut record = Record::of(event);
                record.payloads.push(payload(
                    &id,
                    "note",
                    &[[u8::try_from(number % 7).unwrap(); 32]],
                ));
                store.append(record).await.unwrap();
                // One write a line, so that the parent never sees a mixed one.
                std::io::stdout()
                    .lock()
                    .write_all(format!("recorded {id}\n").as_bytes())
                    .unwrap();
            }
        })
    });
    let _callers: Vec<_> = callers.collect();
    std::future::pending::<()>().await;
}

#[test]
fn what_was_shredded_before_a_kill_stands_in_no_file_once_the_store_is_open_again() {
    let bench = Bench::new();
    let mut child = spawn(&bench, "kill::shredding_child");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let secrets = lines.map(|line| line.unwrap()).find_map(|line| {
        let secrets = line.strip_prefix("shredded ")?.split(' ');
        Some(secrets.map(|hex| unhex(hex).unwrap()).collect::<Vec<_>>())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let secrets = secrets.unwrap();
    assert_eq!(secrets.len(), 2);
    for secret in &secrets {
        assert!(!bench.files_with(&secret[40..]).is_empty());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = bench.open().await;
        // The writer empties the log before its first commit.
        let event = Event::new(EventKind::Started, new_id(0, &SystemRandom).unwrap(), 0);
        store.append(Record::of(event)).await.unwrap();
        for secret in &secrets {
            assert_eq!(
                bench.files_with(&secret[40..]),
                Vec::<std::path::PathBuf>::new()
            );
        }
    });
}

/// Told by the environment, it shreds a payload while a reader keeps the write-ahead log from being emptied, says which
/// bytes are gone, and waits to be killed.
#[test]
fn shredding_child() {
    let Some(options) = told() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = options.directory.join("covenant.db");
        let store = Store::open(options).await.unwrap();
        let event = Event::new(EventKind::Answered, new_id(0, &SystemRandom).unwrap(), 0);
        let mut record = Record::of(event);
        record.payloads.push(payload("p", "invented note", &[]));
        store.append(record).await.unwrap();
        let raw = SqliteConnectOptions::new().filename(database);
        let mut reader = raw.connect().await.unwrap();
        sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
        let query = "SELECT sealed, wrapped FROM payloads";
        let (sealed, wrapped): (Vec<u8>, Vec<u8>) =
            sqlx::query_as(query).fetch_one(&mut reader).await.unwrap();
        store.shred_payload("p", &order("")).await.unwrap();
        println!("\nshredded {} {}", hex(&sealed), hex(&wrapped));
        std::future::pending::<()>().await;
    });
}
