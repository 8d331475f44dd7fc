//! The verifier as a store uses it: with stored hashes, log keys and payloads.

use std::collections::BTreeMap;

use covenant_ledger::tree::{Hash, leaf_hash};
use covenant_ledger::verify::{Report, Source, StoredPayload, Verifier};
use covenant_ledger::{Error, EventKind, PayloadRef};
use covenant_seal::{DataKey, hex, sha256};

use crate::support::{Log, ORIGIN, TENANT, log_key};

/// What a database holds: entries with the hashes beside them, payloads by id.
struct Database {
    rows: Vec<(u64, Vec<u8>, Hash)>,
    payloads: BTreeMap<String, StoredPayload>,
    log: Log,
}

impl Database {
    /// A log in which every second event's payload is there and every other is shredded by the last event.
    fn new(size: u64) -> Database {
        let mut log = Log::of(size);
        let mut payloads = BTreeMap::new();
        let mut gone = Vec::new();
        for number in 0..size {
            let content = format!("prompt {number}");
            let digest = hex(&sha256(content.as_bytes()));
            let id = content.replace(' ', "-");
            if number % 2 == 0 {
                payloads.insert(id, StoredPayload::Present(digest));
            } else {
                gone.push(PayloadRef {
                    id: id.clone(),
                    ..PayloadRef::default()
                });
                payloads.insert(id, StoredPayload::Shredded);
            }
        }
        let mut event = log.event(EventKind::PayloadExpired, "");
        event.payloads = gone;
        log.push(&event);
        let mut database = Database {
            rows: Vec::new(),
            payloads,
            log,
        };
        database.store();
        database
    }

    fn store(&mut self) {
        let leaves = self.log.leaves.iter();
        self.rows = (0..)
            .zip(leaves)
            .map(|(index, leaf)| (index, leaf.clone(), leaf_hash(leaf)))
            .collect();
    }

    fn verify_with(&self, prepare: impl FnOnce(&mut Verifier)) -> Report {
        let mut verifier = Verifier::new(ORIGIN);
        verifier
            .expect(&self.log.head(self.log.leaves.len()), Source::Current)
            .unwrap();
        prepare(&mut verifier);
        for (index, leaf, hash) in &self.rows {
            verifier.entry(*index, leaf, Some(hash));
            let Some(event) = verifier.value(*index, leaf, &log_key(), TENANT) else {
                continue;
            };
            for payload in &event.payloads {
                let stored = self
                    .payloads
                    .get(&payload.id)
                    .unwrap_or(&StoredPayload::Missing);
                verifier.payload(*index, &event, payload, stored);
            }
        }
        verifier.finish()
    }

    fn verify(&self) -> Report {
        self.verify_with(|_| {})
    }

    fn bad(&self) -> (u64, u64, String) {
        let bad = self.verify().first_bad.expect("a bad entry");
        (bad.index, bad.last, bad.reason)
    }
}

#[test]
fn a_whole_log_is_good_and_its_shredded_payloads_are_counted() {
    let database = Database::new(9);
    let report = database.verify();
    assert_eq!(report.first_bad, None);
    assert_eq!(
        (
            report.entries_checked,
            report.values_checked,
            report.payloads_checked
        ),
        (10, 10, 13)
    );
    assert_eq!(report.shredded.len(), 1);
    let text = report.to_string();
    assert!(
        text.contains(&format!(
            "4 payloads shredded by event {}",
            report.shredded[0].event
        )),
        "{text}"
    );
    assert!(text.contains("consistency only"), "{text}");
}

#[test]
fn an_edited_entry_is_named() {
    let mut database = Database::new(9);
    database.rows[4].1[40] ^= 1;
    let (index, last, reason) = database.bad();
    assert_eq!((index, last), (4, 4));
    assert!(reason.contains("leaf hash"), "{reason}");
}

#[test]
fn an_entry_edited_with_its_hash_is_named_because_it_does_not_open() {
    let mut database = Database::new(9);
    database.rows[4].1[90] ^= 1;
    database.rows[4].2 = leaf_hash(&database.rows[4].1);
    let (index, _, reason) = database.bad();
    assert_eq!(index, 4);
    assert!(reason.contains("was altered"), "{reason}");
}

#[test]
fn a_deleted_row_is_named() {
    let mut database = Database::new(9);
    database.rows.remove(4);
    assert_eq!(database.bad(), (4, 4, "entry is missing".into()));
}

#[test]
fn a_doubled_row_is_named() {
    let mut database = Database::new(9);
    let row = database.rows[4].clone();
    database.rows.insert(4, row);
    assert_eq!(
        database.bad(),
        (4, 4, "a second entry has this index".into())
    );
}

#[test]
fn deleted_rows_at_the_end_are_named() {
    let mut database = Database::new(9);
    database.rows.truncate(6);
    let (index, _, reason) = database.bad();
    assert_eq!(
        (index, reason.as_str()),
        (
            6,
            "the log ends before this entry, but the log's checkpoint has 10 entries"
        )
    );
}

#[test]
fn a_row_added_after_the_checkpoint_is_named() {
    let mut database = Database::new(9);
    let (_, leaf, hash) = database.rows[0].clone();
    database.rows.push((10, leaf, hash));
    assert_eq!(
        database.bad(),
        (
            10,
            10,
            "the log's checkpoint does not cover this entry".into()
        )
    );
}

#[test]
fn rows_removed_and_renumbered_with_their_hashes_are_narrowed_down_by_kept_checkpoints() {
    let mut database = Database::new(9);
    let kept: Vec<_> = [3, 5, 8].map(|size| database.log.head(size)).into();
    database.rows.swap(6, 7);
    (0..)
        .zip(&mut database.rows)
        .for_each(|(index, row)| row.0 = index);
    assert_eq!(database.bad().0, 0, "only the newest root tells");
    let report = database.verify_with(|verifier| {
        kept.iter()
            .for_each(|head| verifier.expect(head, Source::Kept).unwrap());
    });
    let bad = report.first_bad.unwrap();
    assert_eq!((bad.index, bad.last), (5, 7), "{bad}");
}

#[test]
fn a_wrong_log_key_is_named() {
    let database = Database::new(2);
    let mut verifier = Verifier::new(ORIGIN);
    let other = DataKey::from_bytes(&[8; 32]).unwrap();
    let (index, leaf, hash) = &database.rows[0];
    verifier.entry(*index, leaf, Some(hash));
    assert!(verifier.value(*index, leaf, &other, TENANT).is_none());
    assert!(
        verifier
            .finish()
            .first_bad
            .unwrap()
            .reason
            .contains("wrong key")
    );
}

#[test]
fn a_stored_node_that_is_not_of_its_entries_is_named() {
    let database = Database::new(9);
    let mut verifier = Verifier::new(ORIGIN);
    for (index, leaf, _) in &database.rows {
        verifier.entry(*index, leaf, None);
        let completed = verifier.completed().to_vec();
        for (level, node, mut hash) in completed {
            hash[0] ^= u8::from((level, node) == (2, 1));
            verifier.stored_node(level, node, &hash);
        }
    }
    let bad = verifier.finish().first_bad.unwrap();
    assert_eq!((bad.index, bad.last), (4, 7));
}

#[test]
fn a_payload_that_was_edited_is_named_at_the_entry_that_recorded_it() {
    let mut database = Database::new(9);
    database
        .payloads
        .insert("prompt-6".into(), StoredPayload::Present("00".repeat(32)));
    assert_eq!(
        database.bad(),
        (
            6,
            6,
            "payload prompt-6 is not the one that was recorded".into()
        )
    );
}

#[test]
fn a_payload_that_vanished_without_an_event_is_named() {
    for gone in [StoredPayload::Shredded, StoredPayload::Missing] {
        let mut database = Database::new(9);
        database.payloads.insert("prompt-6".into(), gone);
        assert_eq!(
            database.bad(),
            (
                6,
                6,
                "payload prompt-6 is gone, and no event says that it was shredded".into()
            )
        );
    }
}

#[test]
fn a_payload_that_is_there_after_its_shredding_is_named_at_the_shredding() {
    let mut database = Database::new(9);
    let digest = hex(&sha256(b"prompt 3"));
    database
        .payloads
        .insert("prompt-3".into(), StoredPayload::Present(digest));
    let (index, _, reason) = database.bad();
    assert_eq!(index, 9);
    assert!(reason.contains("prompt-3 is still there"), "{reason}");
}

#[test]
fn a_reencrypted_payload_is_good_with_its_new_digest_and_its_event() {
    let mut database = Database::new(3);
    let mut event = database
        .log
        .event(EventKind::PayloadReencrypted, "sealed anew");
    event.payloads[0].id = "prompt-2".into();
    let digest = event.payloads[0].digest.clone();
    database
        .payloads
        .insert("prompt-2".into(), StoredPayload::Present(digest));
    assert_eq!(database.bad().0, 2, "without its event");
    database.log.push(&event);
    database.store();
    assert_eq!(database.verify().first_bad, None);

    database
        .payloads
        .insert("prompt-2".into(), StoredPayload::Present("00".repeat(32)));
    assert_eq!(database.bad().0, 4, "the newest event that names its bytes");
}

#[test]
fn an_event_that_only_mentions_a_payload_explains_nothing() {
    let mut database = Database::new(3);
    let mut event = database.log.event(EventKind::ContentRead, "prompt 2");
    event.payloads[0].digest.clear();
    database.log.push(&event);
    database.store();
    assert_eq!(database.verify().first_bad, None);
    database
        .payloads
        .insert("prompt-2".into(), StoredPayload::Missing);
    assert_eq!(database.bad().0, 2);
}

#[test]
fn a_payload_that_expired_before_its_time_is_named() {
    // A payload is kept for one millisecond, and the log goes on by one a millisecond.
    let mut database = Database::new(8);
    assert_eq!(database.verify_with(|_| ()).first_bad, None);
    let mut event = database.log.event(EventKind::PayloadExpired, "prompt 6");
    event.payloads[0].digest.clear();
    event.at_ms -= 3;
    database.log.push(&event);
    database.store();
    let id = "prompt-6".to_owned();
    database.payloads.insert(id, StoredPayload::Shredded);
    let bad = database.verify_with(|_| ()).first_bad.unwrap();
    assert_eq!(bad.index, 9);
    assert_eq!(
        bad.reason,
        "payload prompt-6 expired before the time it was to be kept until"
    );
}

#[test]
fn a_reading_says_nothing_of_how_a_payload_is_now() {
    let mut database = Database::new(8);
    let event = database.log.event(EventKind::ContentRead, "prompt 6");
    database.log.push(&event);
    let mut event = database
        .log
        .event(EventKind::PayloadReencrypted, "prompt 6");
    event.payloads[0].digest = "11".repeat(32);
    database.log.push(&event);
    database.store();
    let now = StoredPayload::Present("11".repeat(32));
    database.payloads.insert("prompt-6".into(), now);
    let report = database.verify_with(|_| ());
    assert!(report.is_good(), "{report}");
}

#[test]
fn what_the_store_found_itself_is_reported() {
    let report = Database::new(3)
        .verify_with(|verifier| verifier.fault(1, "its log key is not in the store"));
    assert_eq!(
        report.first_bad.unwrap().reason,
        "its log key is not in the store"
    );
}

#[test]
fn a_checkpoint_of_another_log_cannot_be_measured_against() {
    let mut verifier = Verifier::new("other.example/log");
    let error = verifier
        .expect(&Log::of(1).head(1), Source::Saved)
        .unwrap_err();
    assert!(matches!(error, Error::Format { .. }));
}

#[test]
fn a_checkpoint_of_an_empty_log_has_the_empty_root() {
    let mut head = Log::new().head(0);
    let mut verifier = Verifier::new(ORIGIN);
    verifier.expect(&head, Source::Saved).unwrap();
    assert!(verifier.finish().is_good());
    head.root[0] ^= 1;
    let mut verifier = Verifier::new(ORIGIN);
    verifier.expect(&head, Source::Saved).unwrap();
    assert!(!verifier.finish().is_good());
}

#[test]
fn the_report_is_json_too() {
    let json = serde_json::to_value(Database::new(3).verify()).unwrap();
    assert_eq!(json["first_bad"], serde_json::Value::Null);
    assert_eq!(json["shredded"][0]["payloads"], 1);
    assert_eq!(json["root"].as_str().unwrap().len(), 64);
}
