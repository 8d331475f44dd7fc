//! Log keys that rotate, and another key-encryption key.

use std::sync::Arc;

use covenant_ledger::EventKind;
use covenant_seal::{KeyService as _, LocalKey, SystemRandom};
use covenant_store::Mode;
use covenant_store::{Error, EventFilter, Options, Record, Store, Tuning};

use crate::support::{Bench, dry, fill, order, payload};

#[tokio::test]
async fn events_of_every_log_key_open_after_rotation() {
    let bench = Bench::new();
    let store = bench.open().await;
    for _ in 0..3 {
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
        assert_eq!(store.rotate_log_key(&dry("")).await.unwrap().event, None);
        store.rotate_log_key(&order("yearly")).await.unwrap();
    }
    store.close().await.unwrap();
    let store = bench.open().await;
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    assert_eq!(
        store.events(&EventFilter::default()).await.unwrap().len(),
        7
    );
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_log_key_is_replaced_before_it_has_sealed_too_often() {
    let mut bench = Bench::new();
    bench.tuning = Tuning {
        seals_per_log_key: 10,
        ..Tuning::default()
    };
    let store = bench.open().await;
    for _ in 0..25 {
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
    }
    let filter = EventFilter {
        kinds: vec![EventKind::LogKeyRotated],
        ..EventFilter::default()
    };
    let rotations = store.events(&filter).await.unwrap().len();
    assert_eq!(rotations, 2);
    // The count goes on after a restart.
    store.close().await.unwrap();
    let store = bench.open().await;
    for _ in 0..6 {
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
    }
    assert_eq!(store.events(&filter).await.unwrap().len(), 3);
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}

#[tokio::test]
async fn a_reader_opens_events_of_a_key_made_after_it() {
    let bench = Bench::new();
    let store = bench.open().await;
    let reader = bench.read().await;
    store.rotate_log_key(&order("yearly")).await.unwrap();
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    assert_eq!(
        reader.events(&EventFilter::default()).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn another_kek_opens_everything_and_the_old_one_nothing() {
    let mut bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let hash = store
        .hash_key("subjects")
        .unwrap()
        .hash("patient", &[b"invented"]);
    let vkey = store.log_vkey();
    let new = Arc::new(LocalKey::generate(&SystemRandom).unwrap());
    let would = store.rewrap(Arc::clone(&new) as _, &dry("")).await.unwrap();
    assert_eq!(would.event, None);
    let done = store
        .rewrap(Arc::clone(&new) as _, &order("yearly"))
        .await
        .unwrap();
    // The root, two log keys, two subjects' keys and those of five records.
    assert_eq!((would.count, done.count), (10, 10));

    let mut record = Record::of(bench.event(EventKind::Answered));
    record
        .payloads
        .push(payload("after", "invented note", &[[1; 32], [3; 32]]));
    store.append(record).await.unwrap();
    assert!(store.verify(None, &[]).await.unwrap().is_good());
    store.close().await.unwrap();

    let error = bench.try_open().await.err().unwrap();
    assert!(matches!(error, Error::WrongKey { made_with, .. } if made_with == new.id().as_str()));
    bench.key = new;
    let store = bench.open().await;
    assert_eq!(
        store.read_payload("after").await.unwrap().expose(),
        b"invented note"
    );
    assert_eq!(
        store.read_payload("known-0").await.unwrap().expose(),
        b"invented note"
    );
    assert_eq!(
        store
            .hash_key("subjects")
            .unwrap()
            .hash("patient", &[b"invented"]),
        hash
    );
    assert_eq!(store.log_vkey(), vkey);
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_rewrap_that_fails_changes_nothing() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let new = Arc::new(FailingKey {
        inner: LocalKey::generate(&SystemRandom).unwrap(),
        wraps: 4.into(),
    });
    assert!(matches!(
        store.rewrap(new, &order("yearly")).await,
        Err(Error::Seal { .. })
    ));
    store
        .append(Record::of(bench.event(EventKind::Started)))
        .await
        .unwrap();
    assert!(store.verify(None, &[]).await.unwrap().is_good());
    store.close().await.unwrap();
    bench.open().await;
}

#[tokio::test]
async fn records_sealed_while_keys_are_rewrapped_are_kept() {
    let bench = Bench::new();
    let store = bench.open().await;
    let writers = (0..8_u8).map(|task| {
        let (store, event) = (store.clone(), bench.event(EventKind::Answered));
        tokio::spawn(async move {
            for number in 0..20_u8 {
                let mut record = Record::of(covenant_ledger::Event {
                    id: covenant_ledger::new_id(event.at_ms, &SystemRandom).unwrap(),
                    ..event.clone()
                });
                let subjects: &[[u8; 32]] = if number % 2 == 0 {
                    &[[number; 32]]
                } else {
                    &[]
                };
                record
                    .payloads
                    .push(payload(&format!("p-{task}-{number}"), "note", subjects));
                store.append(record).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut last = Arc::clone(&bench.key);
    for _ in 0..3 {
        last = Arc::new(LocalKey::generate(&SystemRandom).unwrap());
        store
            .rewrap(Arc::clone(&last) as _, &order(""))
            .await
            .unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    store.close().await.unwrap();
    let store = Store::open(Options {
        keys: last,
        ..bench.options(Mode::ReadWrite)
    })
    .await
    .unwrap();
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(report.log.payloads_checked, 160);
}

/// A key service that fails after a few wraps.
struct FailingKey {
    inner: LocalKey,
    wraps: std::sync::atomic::AtomicI32,
}

impl covenant_seal::KeyService for FailingKey {
    fn id(&self) -> &covenant_seal::KeyId {
        self.inner.id()
    }

    fn wrap(
        &self,
        key: &covenant_seal::DataKey,
        context: &covenant_seal::Context<'_>,
        random: &dyn covenant_seal::Random,
    ) -> Result<covenant_seal::WrappedKey, covenant_seal::Error> {
        if self.wraps.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) <= 0 {
            return Err(covenant_seal::Error::Service("unreachable".into()));
        }
        self.inner.wrap(key, context, random)
    }

    fn unwrap(
        &self,
        wrapped: &covenant_seal::WrappedKey,
        context: &covenant_seal::Context<'_>,
    ) -> Result<covenant_seal::DataKey, covenant_seal::Error> {
        self.inner.unwrap(wrapped, context)
    }

    fn derive(&self, label: &str) -> Result<covenant_seal::DataKey, covenant_seal::Error> {
        self.inner.derive(label)
    }
}
