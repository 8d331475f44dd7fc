//! The log as others see it: proofs, exports, cosignatures, searches, saved checkpoints.

use std::collections::BTreeMap;
use std::path::Path;

use covenant_ledger::checkpoint::VerifierKey;
use covenant_ledger::{EventKind, Who, proof, verify};
use covenant_store::{Error, EventFilter, Record, Store};

use crate::support::{Bench, START_MS, cosign, fill, order};

fn vkey(store: &Store) -> VerifierKey {
    store.log_vkey().parse().unwrap()
}

async fn append(bench: &Bench, store: &Store, count: usize) {
    for _ in 0..count {
        store
            .append(Record::of(bench.event(EventKind::Started)))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_event_can_be_proved_at_every_kind_of_size() {
    let bench = Bench::new();
    let store = bench.open().await;
    for size in [1_u64, 2, 3, 7, 255, 256, 257, 300, 515] {
        let now = store.events(&EventFilter::default()).await.unwrap().len();
        append(&bench, &store, usize::try_from(size).unwrap() - now).await;
        for index in [0, 1, size / 2, 255, 256, size - 1] {
            let proved = store.prove(index).await;
            if index >= size {
                assert!(matches!(proved, Err(Error::NotFound { kind: "event", .. })));
                continue;
            }
            let proof = proof::parse(&proved.unwrap()).unwrap();
            let leaf = proof.extra.clone().unwrap();
            let (checkpoint, _) = proof.verify(&leaf, &[vkey(&store)]).unwrap();
            assert_eq!((proof.index, checkpoint.size), (index, size));
        }
    }
}

fn exported(directory: &Path, keys: &[VerifierKey], since: Option<&str>) -> verify::Report {
    let mut read = |path: &str| match std::fs::read(directory.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Ok(None),
    };
    verify::export(&mut read, keys, since).unwrap()
}

#[tokio::test]
async fn an_export_verifies_without_any_secret_and_grows() {
    let bench = Bench::new();
    let store = bench.open().await;
    let place = tempfile::tempdir().unwrap();
    fill(&bench, &store).await;
    let saved = store.checkpoint().await.unwrap();
    let size = store.export(place.path()).await.unwrap();
    let report = exported(place.path(), &[vkey(&store)], None);
    assert!(report.is_good(), "{report}");
    assert_eq!(report.size, size);

    append(&bench, &store, 300).await;
    assert_eq!(store.export(place.path()).await.unwrap(), size + 300);
    let report = exported(place.path(), &[vkey(&store)], Some(&saved));
    assert!(report.is_good(), "{report}");
    assert_eq!(report.against.saved, Some(size));
    let vkey_file = std::fs::read_to_string(place.path().join("vkey")).unwrap();
    assert_eq!(vkey_file.trim(), store.log_vkey());

    let bundle = place.path().join("tile/entries/001");
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let first_bad = exported(place.path(), &[vkey(&store)], None)
        .first_bad
        .unwrap();
    assert!((256..512).contains(&first_bad.index));
}

#[tokio::test]
async fn events_leave_as_json_lines() {
    let bench = Bench::new();
    let store = bench.open().await;
    fill(&bench, &store).await;
    let mut out = Vec::new();
    let filter = EventFilter {
        kinds: vec![EventKind::Answered],
        limit: 280,
        ..EventFilter::default()
    };
    assert_eq!(store.export_jsonl(&filter, &mut out).await.unwrap(), 280);
    let lines: Vec<BTreeMap<String, serde_json::Value>> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 280);
    assert_eq!(lines[1]["index"], 3);
    assert_eq!(lines[1]["event"]["kind"], "answered");
}

#[tokio::test]
async fn a_search_finds_what_it_is_asked_for() {
    let bench = Bench::new();
    let store = bench.open().await;
    for number in 0..600_i64 {
        bench.set_ms(START_MS + number * 10);
        let request = format!("r{}", number / 2);
        let kind = if number % 2 == 0 {
            EventKind::Forwarded
        } else {
            EventKind::Answered
        };
        let mut event = bench.request_event(kind, &request);
        event.who = Who {
            app: Some(format!("app-{}", number % 3)),
            ..Who::default()
        };
        store.append(Record::of(event)).await.unwrap();
    }
    let all = EventFilter {
        limit: usize::MAX,
        ..EventFilter::default()
    };
    let found = async |filter: EventFilter| -> Vec<u64> {
        store
            .events(&filter)
            .await
            .unwrap()
            .into_iter()
            .map(|(index, _)| index)
            .collect()
    };
    assert_eq!(found(all.clone()).await, (0..600).collect::<Vec<_>>());
    assert_eq!(found(EventFilter::default()).await.len(), 600);
    assert_eq!(
        found(EventFilter {
            request: Some("r7".into()),
            ..all.clone()
        })
        .await,
        [14, 15]
    );
    assert_eq!(
        found(EventFilter {
            request: Some("none".into()),
            ..all.clone()
        })
        .await,
        [0_u64; 0]
    );
    let answered = EventFilter {
        kinds: vec![EventKind::Answered],
        from_index: 590,
        ..all.clone()
    };
    assert_eq!(found(answered).await, [591, 593, 595, 597, 599]);
    let between = EventFilter {
        from_ms: Some(START_MS + 95),
        to_ms: Some(START_MS + 130),
        ..all.clone()
    };
    assert_eq!(found(between).await, [10, 11, 12]);
    let of_app = EventFilter {
        app: Some("app-1".into()),
        limit: 3,
        newest_first: true,
        ..all.clone()
    };
    assert_eq!(found(of_app).await, [598, 595, 592]);
    assert_eq!(
        found(EventFilter {
            from_index: 10,
            to_index: Some(13),
            ..all.clone()
        })
        .await,
        [10, 11, 12]
    );
    assert_eq!(found(EventFilter { limit: 0, ..all }).await, [0_u64; 0]);
}

#[tokio::test]
async fn a_witness_is_kept_and_counts_when_it_is_known() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, 5).await;
    let witness = cosign(&store).await;
    append(&bench, &store, 5).await;
    assert_eq!(store.cosigned().await.unwrap().len(), 1);
    let report = store
        .verify(None, std::slice::from_ref(&witness))
        .await
        .unwrap();
    assert!(report.is_good(), "{report}");
    assert_eq!(
        report.log.against.witnesses,
        [("witness.example/w1".to_owned(), 5)]
    );
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.log.against.is_consistency_only());

    let note = store.checkpoint().await.unwrap();
    let foreign = bench_of_another_log().await;
    let line = store.cosigned().await.unwrap()[0]
        .lines()
        .last()
        .unwrap()
        .to_owned();
    let witnesses = [witness];
    assert!(matches!(
        store.cosign(&note, &line, &witnesses, &order("")).await,
        Err(Error::Ledger { .. })
    ));
    assert!(matches!(
        store.cosign(&note, &line, &[], &order("")).await,
        Err(Error::Ledger { .. })
    ));
    assert!(matches!(
        store.cosign(&foreign, &line, &witnesses, &order("")).await,
        Err(Error::Ledger { .. })
    ));
}

async fn bench_of_another_log() -> String {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, 5).await;
    store.checkpoint().await.unwrap()
}

#[tokio::test]
async fn a_log_taken_back_is_told_by_a_saved_checkpoint_alone() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, 10).await;
    store.close().await.unwrap();
    let early = std::fs::read(bench.directory.join("covenant.db")).unwrap();
    let store = bench.open().await;
    append(&bench, &store, 10).await;
    let saved = store.checkpoint().await.unwrap();
    store.close().await.unwrap();
    std::fs::write(bench.directory.join("covenant.db"), early).unwrap();

    let store = bench.open().await;
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good());
    assert!(
        report
            .to_string()
            .contains("consistency only: no checkpoint from elsewhere was given")
    );
    let report = store.verify(Some(&saved), &[]).await.unwrap();
    assert_eq!(report.log.first_bad.unwrap().index, 10);
    append(&bench, &store, 15).await;
    let report = store.verify(Some(&saved), &[]).await.unwrap();
    assert!(!report.is_good(), "another log of the same length");
    assert!(matches!(
        store.verify(Some("nonsense"), &[]).await,
        Err(Error::Ledger { .. })
    ));
}
