//! A store in a temporary directory, with a clock that is moved by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use covenant_ledger::{Change, Event, EventKind, Who, new_id};
use covenant_seal::{LocalKey, Phi, SystemRandom};
use covenant_store::{
    Clock, Error, Mode, NewPayload, Options, Order, PayloadKind, Record, RegisterChange, Store,
    Tuning,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) const START_MS: i64 = 1_900_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A clock that is moved by hand.
#[derive(Debug, Default)]
pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A directory, its key and its clock: everything a store is opened with, again and again.
pub(crate) struct Bench {
    _temporary: TempDir,
    pub(crate) directory: PathBuf,
    pub(crate) key: Arc<LocalKey>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) tuning: Tuning,
    made: AtomicBool,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::within(&std::env::temp_dir())
    }

    /// Puts the data directory on a file system of the test's choice.
    pub(crate) fn within(place: &Path) -> Bench {
        let temporary = TempDir::new_in(place).unwrap();
        Bench {
            directory: temporary.path().join("data"),
            _temporary: temporary,
            key: Arc::new(LocalKey::generate(&SystemRandom).unwrap()),
            clock: Arc::new(HandClock(AtomicI64::new(START_MS))),
            tuning: Tuning::default(),
            made: AtomicBool::new(false),
        }
    }

    pub(crate) fn options(&self, mode: Mode) -> Options {
        Options {
            directory: self.directory.clone(),
            tenant: "clinic".into(),
            origin: "clinic.example/log".into(),
            keys: Arc::clone(&self.key) as _,
            mode,
            clock: Arc::clone(&self.clock) as _,
            random: Arc::new(SystemRandom),
            tuning: self.tuning.clone(),
        }
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    /// Opens the store, making it the first time only.
    pub(crate) async fn try_open(&self) -> Result<Store, Error> {
        let mode = match self.made.load(Ordering::SeqCst) {
            true => Mode::ReadWrite,
            false => Mode::Create,
        };
        let opened = Store::open(self.options(mode)).await;
        self.made.fetch_or(opened.is_ok(), Ordering::SeqCst);
        opened
    }

    pub(crate) async fn read(&self) -> Store {
        Store::open(self.options(Mode::ReadOnly)).await.unwrap()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(crate) fn set_ms(&self, ms: i64) {
        self.clock.0.store(ms, Ordering::SeqCst);
    }

    pub(crate) fn event(&self, kind: EventKind) -> Event {
        let at_ms = self.now_ms();
        Event::new(kind, new_id(at_ms, &SystemRandom).unwrap(), at_ms)
    }

    pub(crate) fn request_event(&self, kind: EventKind, request: &str) -> Event {
        Event {
            request: Some(request.into()),
            ..self.event(kind)
        }
    }

    /// A connection beside the program, as somebody with the file would have.
    pub(crate) async fn raw(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.directory.join("covenant.db"))
            .foreign_keys(false);
        options.connect().await.unwrap()
    }

    /// Takes the triggers away, as somebody with the file would, and returns their texts.
    pub(crate) async fn drop_triggers(&self) -> Vec<String> {
        let mut raw = self.raw().await;
        let query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
        let triggers: Vec<(String, String)> =
            sqlx::query_as(query).fetch_all(&mut raw).await.unwrap();
        for (name, _) in &triggers {
            let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}"));
            sqlx::query(drop).execute(&mut raw).await.unwrap();
        }
        raw.close().await.unwrap();
        triggers.into_iter().map(|(_, text)| text).collect()
    }

    /// Puts the triggers back, so that nothing tells that they were gone.
    pub(crate) async fn restore_triggers(&self, triggers: Vec<String>) {
        let mut raw = self.raw().await;
        for text in triggers {
            let create = sqlx::query(sqlx::AssertSqlSafe(text));
            create.execute(&mut raw).await.unwrap();
        }
        raw.close().await.unwrap();
    }

    /// Every byte of every file in the directory.
    pub(crate) fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(&self.directory)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files
            .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
            .collect()
    }

    /// The names of the files that hold the bytes.
    pub(crate) fn files_with(&self, needle: &[u8]) -> Vec<PathBuf> {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        self.bytes()
            .into_iter()
            .filter(|(_, bytes)| holds(bytes))
            .map(|(path, _)| path)
            .collect()
    }
}

pub(crate) fn payload(id: &str, content: &str, subjects: &[[u8; 32]]) -> NewPayload {
    NewPayload {
        id: id.into(),
        kind: PayloadKind::Prompt,
        content: Phi::new(content.as_bytes().to_vec()),
        subjects: subjects.to_vec(),
        keep_until_ms: START_MS + 30 * DAY_MS,
    }
}

pub(crate) fn row(kind: &str, id: &str, body: Option<&str>) -> RegisterChange {
    RegisterChange {
        kind: kind.into(),
        id: id.into(),
        body: body.map(str::to_owned),
    }
}

pub(crate) fn order(why: &str) -> Order {
    Order {
        who: Who {
            operator: Some("ana".into()),
            ..Who::default()
        },
        why: why.into(),
        dry_run: false,
    }
}

pub(crate) fn dry(why: &str) -> Order {
    Order {
        dry_run: true,
        ..order(why)
    }
}

/// A store that holds something of everything: a dozen kinds of rows in every table.
pub(crate) async fn fill(bench: &Bench, store: &Store) {
    let (ana, ben) = ([1; 32], [2; 32]);
    for number in 0..300 {
        bench.set_ms(START_MS + number);
        let mut record =
            Record::of(bench.request_event(EventKind::Forwarded, &format!("request-{number}")));
        if number % 50 == 0 {
            record.payloads.push(payload(
                &format!("known-{number}"),
                "invented note",
                &[ana, ben],
            ));
            record
                .payloads
                .push(payload(&format!("unknown-{number}"), "invented note", &[]));
        }
        store.append(record).await.unwrap();
        let closing = bench.request_event(EventKind::Answered, &format!("request-{number}"));
        store.append(Record::of(closing)).await.unwrap();
    }
    for body in [r#"{"name":"Acme"}"#, r#"{"name":"Acme Health"}"#] {
        let mut record = Record::of(bench.event(EventKind::Register));
        record.event.change = Some(Change {
            object: "vendor/acme".into(),
            action: "set".into(),
            ..Change::default()
        });
        record.register.push(row("vendor", "acme", Some(body)));
        record.register.push(row("model", "large", Some(body)));
        store.append(record).await.unwrap();
    }
    store
        .shred_payload("unknown-50", &order("by request"))
        .await
        .unwrap();
    store.rotate_log_key(&order("yearly")).await.unwrap();
    cosign(store).await;
    store
        .append(Record::of(
            bench.request_event(EventKind::Forwarded, "still-open"),
        ))
        .await
        .unwrap();
}

/// Has a witness cosign the checkpoint; returns the witness's key.
pub(crate) async fn cosign(store: &Store) -> covenant_ledger::checkpoint::VerifierKey {
    use covenant_ledger::checkpoint::{self, Signer};
    let key = covenant_seal::SigningKey::generate(&SystemRandom).unwrap();
    let witness = Signer::witness("witness.example/w1", key).unwrap();
    let note = store.checkpoint().await.unwrap();
    let line = checkpoint::cosign(&note, &witness, 1_900_000_000)
        .unwrap()
        .to_string();
    let witnesses = [witness.verifier_key().clone()];
    store
        .cosign(&note, &line, &witnesses, &order("weekly"))
        .await
        .unwrap();
    witness.verifier_key().clone()
}
