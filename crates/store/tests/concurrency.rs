//! Many callers at once.

use std::collections::HashSet;

use covenant_ledger::EventKind;
use covenant_store::{EventFilter, Record, Store};

use crate::support::{Bench, order, payload};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_callers_each_get_a_place_of_their_own() {
    let bench = Bench::new();
    let store = bench.open().await;
    let callers = (0..200_u8).map(|caller| {
        let (store, event) = (store.clone(), bench.event(EventKind::Answered));
        tokio::spawn(async move {
            let mut places = Vec::new();
            for number in 0..10 {
                let mut record = Record::of(covenant_ledger::Event {
                    id: String::new(),
                    ..event.clone()
                });
                let subjects: &[[u8; 32]] = if number % 2 == 0 {
                    &[[caller % 5; 32]]
                } else {
                    &[]
                };
                record
                    .payloads
                    .push(payload(&format!("p-{caller}-{number}"), "note", subjects));
                let receipt = store.append(record).await.unwrap();
                assert!(receipt.size > receipt.index);
                places.push(receipt.index);
            }
            assert!(places.is_sorted());
            places
        })
    });
    let mut all = HashSet::new();
    for caller in callers.collect::<Vec<_>>() {
        for place in caller.await.unwrap() {
            assert!(all.insert(place), "{place} was given twice");
        }
    }
    assert_eq!(all.len(), 2000);
    let stats = store.stats();
    assert_eq!(stats.events, 2000);
    assert!(stats.largest_batch > 1, "callers shared no commit");
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(report.log.payloads_checked, 2000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn shredding_a_subject_under_load_loses_and_reveals_nothing() {
    let bench = Bench::new();
    let store = bench.open().await;
    let subject = [4; 32];
    let callers = (0..8).map(|caller| {
        let (store, event) = (store.clone(), bench.event(EventKind::Answered));
        tokio::spawn(async move {
            for number in 0..40 {
                let mut record = Record::of(covenant_ledger::Event {
                    id: String::new(),
                    ..event.clone()
                });
                record
                    .payloads
                    .push(payload(&format!("p-{caller}-{number}"), "note", &[subject]));
                store.append(record).await.unwrap();
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut shredded = 0;
    while !callers.iter().all(tokio::task::JoinHandle::is_finished) {
        if let Ok(done) = store.shred_subject(&subject, &order("asked")).await {
            shredded += done.payloads;
        }
        tokio::task::yield_now().await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let mut readable = 0;
    for caller in 0..8 {
        for number in 0..40 {
            readable += u64::from(
                store
                    .read_payload(&format!("p-{caller}-{number}"))
                    .await
                    .is_ok(),
            );
        }
    }
    assert_eq!(shredded + readable, 320);
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(
        store
            .events(&EventFilter {
                limit: 1,
                ..EventFilter::default()
            })
            .await
            .unwrap()
            .len(),
        1
    );
}

/// Callers move the futures between threads; this does not compile when one of them cannot.
#[test]
fn every_future_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    fn check(store: &'static Store, options: covenant_store::Options, record: Record) {
        let (order, filter) = (
            &*Box::leak(Box::new(order(""))),
            &*Box::leak(Box::new(EventFilter::default())),
        );
        sent(Store::open(options));
        sent(store.append(record));
        sent(store.verify(None, &[]));
        sent(store.prove(0));
        sent(store.checkpoint());
        sent(store.events(filter));
        sent(store.register_rows());
        sent(store.read_payload(""));
        sent(store.export(std::path::Path::new("")));
        sent(store.cosign("", "", &[], order));
        sent(store.shred_payload("", order));
        sent(store.shred_subject(&[0; 32], order));
        sent(store.expire(0, order));
        sent(store.hold("", covenant_store::Covers::Everything, order));
        sent(store.release_hold("", order));
        sent(store.holds());
        sent(store.reencrypt("", order));
        sent(store.rotate_log_key(order));
        sent(store.close());
    }
    let _ = check;
}
