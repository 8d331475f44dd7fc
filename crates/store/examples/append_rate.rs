//! Measures durable appends: `append_rate [TASKS] [EVENTS] [DIRECTORY]` (64 tasks, 100,000 events, a temporary one).
//!
//! Many callers append small events side by side; then one appends alone, events and then records like a gateway's: a
//! request with its prompt and its map, and its answer. Without EVENTS (0) only one appends. In the same directory, before
//! and after, the disk's own fdatasync of an appended 4 KiB is timed, because a durable append cannot be faster than
//! that. Prints JSON.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use covenant_ledger::{Event, EventKind, Who, new_id};
use covenant_seal::{LocalKey, Phi, SystemRandom, sha256};
use covenant_store::{
    Clock as _, Durations, Mode, NewPayload, Options, PayloadKind, Receipt, Record, Store,
    SystemClock, Tuning,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SYNCS: usize = 200;
const ALONE: u64 = 300;
const REQUESTS: u64 = 400;
/// Patients who come back, so that most of them have a key already.
const PATIENTS: u64 = 40;
/// Bytes of a screened prompt, of a map from tokens to values and of an answer.
const PROMPT: usize = 2048;
const SMALL: usize = 300;
const KEEP_MS: i64 = 30 * 86_400_000;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let tasks: u64 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let events: u64 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let temporary = tempfile::tempdir()?;
    let place = arguments
        .next()
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let measured = runtime.block_on(measure(&place, tasks, events))?;
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(())
}

async fn measure(place: &Path, tasks: u64, events: u64) -> Outcome<serde_json::Value> {
    let before = fdatasync(place)?;
    let store = Store::open(Options {
        directory: place.join("append-rate-data"),
        tenant: "clinic".into(),
        origin: "clinic.example/log".into(),
        keys: Arc::new(LocalKey::generate(&SystemRandom)?),
        mode: Mode::Create,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        tuning: Tuning::default(),
    })
    .await?;
    let started = Instant::now();
    together(&store, tasks, events).await?;
    let together = started.elapsed();
    let stats = store.stats();
    let mut alone = Vec::new();
    for number in 0..ALONE {
        let started = Instant::now();
        store.append(Record::of(event(number)?)).await?;
        alone.push(started.elapsed());
    }
    let before_requests = store.stats();
    // As in a gateway, callers are tasks of the runtime.
    let unknown = tokio::spawn(requests(store.clone(), None)).await??;
    let known = tokio::spawn(requests(store.clone(), Some(PATIENTS))).await??;
    let after_requests = store.stats();
    store.close().await?;
    let after = fdatasync(place)?;
    Ok(serde_json::json!({
        "tasks": tasks,
        "events": events,
        "seconds": together.as_secs_f64(),
        "appends_per_second": events as f64 / together.as_secs_f64(),
        "events_per_commit": stats.events as f64 / stats.commits.max(1) as f64,
        "together": stats,
        "alone_us": quantiles(alone),
        "requests_alone": {
            "without_subject": unknown,
            "with_subject": known,
            "mean_transaction_us": mean(before_requests.commit, after_requests.commit),
            "mean_planning_us": mean(before_requests.plan, after_requests.plan),
        },
        "fdatasync_us_before": quantiles(before),
        "fdatasync_us_after": quantiles(after),
    }))
}

async fn together(store: &Store, tasks: u64, events: u64) -> Outcome<()> {
    let next = Arc::new(AtomicU64::new(0));
    let workers = (0..tasks).map(|_| {
        let (store, next) = (store.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= events {
                    return Ok::<(), Box<dyn std::error::Error + Send + Sync>>(());
                }
                store.append(Record::of(event(number)?)).await?;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await??;
    }
    Ok(())
}

/// One caller's requests, one after the other: each a forwarded prompt with its map, then an answer.
async fn requests(store: Store, patients: Option<u64>) -> Outcome<serde_json::Value> {
    let (mut forwarded, mut answered) = (Taken::default(), Taken::default());
    for number in 0..REQUESTS {
        let subjects = patients.map(|patients| sha256(&(number % patients).to_be_bytes()));
        let subjects: Vec<[u8; 32]> = subjects.into_iter().collect();
        let request = format!("{}-{number}", patients.map_or("unknown", |_| "known"));
        for (kind, payloads, taken) in [
            (
                EventKind::Forwarded,
                [
                    Some((PayloadKind::Prompt, PROMPT)),
                    Some((PayloadKind::Map, SMALL)),
                ],
                &mut forwarded,
            ),
            (
                EventKind::Answered,
                [Some((PayloadKind::Answer, SMALL)), None],
                &mut answered,
            ),
        ] {
            let at_ms = SystemClock.now_ms();
            let payload = |(kind, bytes)| payload(kind, bytes, &subjects, at_ms);
            let record = Record {
                event: Event {
                    request: Some(request.clone()),
                    ..Event::new(kind, new_id(at_ms, &SystemRandom)?, at_ms)
                },
                payloads: payloads
                    .into_iter()
                    .flatten()
                    .map(payload)
                    .collect::<Outcome<_>>()?,
                register: Vec::new(),
            };
            let started = Instant::now();
            let receipt = store.append(record).await?;
            taken.add(started.elapsed(), &receipt);
        }
    }
    Ok(serde_json::json!({ "forwarded": forwarded.told(), "answered": answered.told() }))
}

fn payload(
    kind: PayloadKind,
    bytes: usize,
    subjects: &[[u8; 32]],
    at_ms: i64,
) -> Outcome<NewPayload> {
    Ok(NewPayload {
        id: new_id(at_ms, &SystemRandom)?,
        kind,
        content: Phi::new(vec![b'n'; bytes]),
        subjects: subjects.to_vec(),
        keep_until_ms: at_ms + KEEP_MS,
    })
}

/// How long appends took, whole, sealing, and from the queue to the disk.
#[derive(Default)]
struct Taken {
    whole: Vec<Duration>,
    seal: Vec<Duration>,
    commit: Vec<Duration>,
}

impl Taken {
    fn add(&mut self, whole: Duration, receipt: &Receipt) {
        self.whole.push(whole);
        self.seal.push(Duration::from_micros(receipt.seal_us));
        self.commit.push(Duration::from_micros(receipt.commit_us));
    }

    fn told(self) -> serde_json::Value {
        serde_json::json!({
            "us": quantiles(self.whole),
            "seal_us": quantiles(self.seal),
            "queue_and_commit_us": quantiles(self.commit),
        })
    }
}

fn mean(before: Durations, after: Durations) -> f64 {
    (after.total_us - before.total_us) as f64 / (after.count - before.count).max(1) as f64
}

fn event(number: u64) -> Outcome<Event> {
    let at_ms = SystemClock.now_ms();
    Ok(Event {
        request: Some(format!("request-{number:08}")),
        who: Who {
            app: Some("scribe".into()),
            ..Who::default()
        },
        ..Event::new(EventKind::Answered, new_id(at_ms, &SystemRandom)?, at_ms)
    })
}

/// Times the disk: 4 KiB appended and flushed, again and again.
fn fdatasync(place: &Path) -> Outcome<Vec<Duration>> {
    let path = place.join("fdatasync");
    let mut file: File = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)?;
    let mut took = Vec::new();
    for _ in 0..SYNCS {
        file.write_all(&[7; 4096])?;
        let started = Instant::now();
        file.sync_data()?;
        took.push(started.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(took)
}

fn quantiles(mut took: Vec<Duration>) -> serde_json::Value {
    took.sort();
    let at = |share: usize| {
        took.get(took.len() * share / 100)
            .map_or(0.0, |took| took.as_secs_f64() * 1e6)
    };
    serde_json::json!({ "p50": at(50), "p99": at(99) })
}
