//! Nothing readable at rest: a planted marker occurs in no byte of any file.

use covenant_ledger::{EventKind, Who};
use covenant_store::{Record, Store};

use crate::support::{Bench, fill, order, payload};

const MARKER: &str = "ZYLKVREN-7731";

/// Puts the marker everywhere where content or a person may stand.
async fn plant(bench: &Bench, store: &Store) {
    let subject = store
        .hash_key("subjects")
        .unwrap()
        .hash("patient", &[MARKER.as_bytes()]);
    for number in 0..20 {
        let mut record =
            Record::of(bench.request_event(EventKind::Forwarded, &format!("request-{number}")));
        record.event.who = Who {
            principal: Some(format!("dr {MARKER}")),
            ..Who::default()
        };
        record.event.note = Some(format!("note {MARKER}"));
        record.event.subjects = vec![covenant_seal::hex(&subject)];
        let content = format!("{}{MARKER}{}", "a".repeat(number * 700), "b".repeat(5000));
        record
            .payloads
            .push(payload(&format!("known-{number}"), &content, &[subject]));
        record
            .payloads
            .push(payload(&format!("unknown-{number}"), &content, &[]));
        store.append(record).await.unwrap();
    }
    store.reencrypt("known-3", &order(MARKER)).await.unwrap();
    store
        .shred_payload("unknown-4", &order(MARKER))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_marker_in_contents_and_events_occurs_in_no_file() {
    let bench = Bench::new();
    let store = bench.open().await;
    plant(&bench, &store).await;
    // Open, with its write-ahead log; then closed; then open again.
    assert_eq!(
        bench.files_with(MARKER.as_bytes()),
        Vec::<std::path::PathBuf>::new()
    );
    store.close().await.unwrap();
    assert_eq!(
        bench.files_with(MARKER.as_bytes()),
        Vec::<std::path::PathBuf>::new()
    );
    let store = bench.open().await;
    assert!(
        store
            .read_payload("known-0")
            .await
            .unwrap()
            .expose()
            .windows(MARKER.len())
            .any(|w| w == MARKER.as_bytes())
    );
    assert_eq!(
        bench.files_with(MARKER.as_bytes()),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test]
async fn the_search_would_find_a_marker() {
    let bench = Bench::new();
    let store = bench.open().await;
    let mut record = Record::of(bench.event(EventKind::Register));
    // The id of a row stands in the clear.
    let row = crate::support::row("vendor", MARKER, Some("{}"));
    record.register.push(row);
    store.append(record).await.unwrap();
    assert_eq!(bench.files_with(MARKER.as_bytes()).len(), 1);
}

#[tokio::test]
async fn a_marker_in_a_register_row_a_hold_or_a_reason_occurs_in_no_file() {
    let bench = Bench::new();
    let store = bench.open().await;
    for body in [format!("\"{MARKER}\""), format!("[\"{MARKER}\"]")] {
        let mut record = Record::of(bench.event(EventKind::Register));
        let row = crate::support::row("vendor", "acme", Some(&body));
        record.register.push(row);
        store.append(record).await.unwrap();
    }
    let everything = covenant_store::Covers::Everything;
    store
        .hold("case", everything, &order(MARKER))
        .await
        .unwrap();
    let none = Vec::<std::path::PathBuf>::new();
    assert_eq!(bench.files_with(MARKER.as_bytes()), none);
    store.close().await.unwrap();
    assert_eq!(bench.files_with(MARKER.as_bytes()), none);

    let store = bench.open().await;
    let rows = store.register_rows().await.unwrap();
    assert_eq!(rows[0].body, format!("[\"{MARKER}\"]"));
    assert_eq!(store.holds().await.unwrap()[0].why, MARKER);
    store.release_hold("case", &order(MARKER)).await.unwrap();
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(bench.files_with(MARKER.as_bytes()), none);
}

#[tokio::test]
async fn what_was_shredded_stands_in_no_file_any_more() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let sealed = "SELECT sealed FROM payloads WHERE id = 'known-0'";
    let wrapped = "SELECT keys.wrapped FROM keys WHERE kind = 'subject' ORDER BY subject LIMIT 1";
    let under = "SELECT wrapped FROM payloads WHERE id = 'unknown-0'";
    let mut secrets = Vec::new();
    for query in [sealed, wrapped, under] {
        let bytes: Vec<u8> = sqlx::query_scalar(query)
            .fetch_one(&mut bench.raw().await)
            .await
            .unwrap();
        assert!(!bench.files_with(&bytes[40..]).is_empty());
        secrets.push(bytes);
    }
    store.shred_payload("known-0", &order("")).await.unwrap();
    store.shred_payload("unknown-0", &order("")).await.unwrap();
    store.shred_subject(&[1; 32], &order("")).await.unwrap();
    for secret in &secrets {
        assert_eq!(
            bench.files_with(&secret[40..]),
            Vec::<std::path::PathBuf>::new()
        );
    }
    assert!(store.verify(None, &[]).await.unwrap().is_good());
}
