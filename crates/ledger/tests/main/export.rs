//! The verifier over an exported log, whole and tampered with.

use std::collections::BTreeMap;

use covenant_ledger::verify::{Report, export};
use covenant_ledger::{Error, tiles};
use proptest::prelude::*;

use crate::support::{Log, keys};

type Files = BTreeMap<String, Vec<u8>>;

fn check(files: &Files, since: Option<&str>) -> Result<Report, Error> {
    let mut read = |path: &str| Ok(files.get(path).cloned());
    export(&mut read, &keys(), since)
}

/// The first bad entry of a log that must have one.
fn bad(files: &Files, since: Option<&str>) -> (u64, u64, String) {
    let bad = check(files, since).unwrap().first_bad.expect("a bad entry");
    (bad.index, bad.last, bad.reason)
}

#[test]
fn whole_logs_of_every_edge_size_are_good() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513] {
        let log = Log::of(size);
        let report = check(&log.export(), Some(&log.note(size as usize / 2))).unwrap();
        assert_eq!(report.first_bad, None, "size {size}");
        assert_eq!((report.size, report.entries_checked), (size, size));
        assert_eq!(report.root, log.head(size as usize).root);
        let against = report.against.to_string();
        assert_eq!(
            against,
            format!(
                "a saved checkpoint of size {}, witness witness.example/w1 at size {size}",
                size / 2
            )
        );
    }
}

#[test]
fn a_log_with_three_levels_of_tiles_is_good_and_a_change_is_found_in_each() {
    let log = Log::of(66_000);
    let mut files = log.export();
    assert!(check(&files, Some(&log.note(65_537))).unwrap().is_good());
    let top = tiles::path(2, 0, 1);
    files.get_mut(&top).unwrap()[5] ^= 1;
    assert_eq!(bad(&files, None).0, 0);
    files.get_mut(&top).unwrap()[5] ^= 1;
    files.get_mut(&tiles::path(1, 1, 1)).unwrap()[0] ^= 1;
    assert_eq!(bad(&files, None).0, 65_536);
}

#[test]
fn without_witness_or_saved_checkpoint_only_consistency_is_claimed() {
    let log = Log::of(3);
    let mut files = log.export();
    files.insert(
        "checkpoint".into(),
        log.head(3)
            .sign(&crate::support::signer())
            .unwrap()
            .into_bytes(),
    );
    let report = check(&files, None).unwrap();
    assert!(report.is_good() && report.against.is_consistency_only());
    assert!(
        report
            .to_string()
            .contains("consistency only: no checkpoint from elsewhere was given"),
        "{report}"
    );
}

#[test]
fn a_changed_entry_is_named() {
    let log = Log::of(300);
    let mut files = log.export();
    let mut entries = log.leaves[256..].to_vec();
    *entries[11].last_mut().unwrap() ^= 1;
    files.insert(
        tiles::entries_path(1, 44),
        tiles::encode_bundle(&entries).unwrap(),
    );
    let (index, last, reason) = bad(&files, None);
    assert_eq!((index, last), (267, 267), "{reason}");
    assert!(reason.contains("tile/0/001.p/44"), "{reason}");
}

#[test]
fn dropped_and_reordered_entries_are_named() {
    let log = Log::of(10);
    let mut dropped = log.leaves.clone();
    dropped.remove(4);
    let mut swapped = log.leaves.clone();
    swapped.swap(4, 7);
    let mut cut = log.leaves.clone();
    cut.truncate(4);
    for entries in [dropped, swapped, cut] {
        let mut files = log.export();
        files.insert(
            tiles::entries_path(0, 10),
            tiles::encode_bundle(&entries).unwrap(),
        );
        assert_eq!(bad(&files, None).0, 4);
    }
}

#[test]
fn a_missing_bundle_or_tile_is_named() {
    let log = Log::of(300);
    for (path, index) in [
        (tiles::entries_path(1, 44), 256),
        (tiles::entries_path(0, 256), 0),
        (tiles::path(0, 1, 44), 256),
        (tiles::path(1, 0, 1), 0),
    ] {
        let mut files = log.export();
        files.remove(&path).unwrap();
        let (first, _, reason) = bad(&files, None);
        assert_eq!(first, index, "{path}");
        assert!(reason.contains("missing"), "{reason}");
    }
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one() {
    let (old, new) = (Log::of(300), Log::of(512));
    let mut files = new.export();
    files.insert("checkpoint".into(), old.note(300).into_bytes());
    files.insert(
        tiles::path(1, 0, 1),
        old.export()[&tiles::path(1, 0, 1)].clone(),
    );
    assert_eq!(check(&files, None).unwrap().first_bad, None);
}

/// Everything is rewritten and signed anew by somebody who holds all keys: only what was kept elsewhere tells.
#[test]
fn a_log_that_was_rewritten_with_its_keys_is_told_by_the_saved_checkpoint_only() {
    let log = Log::of(20);
    let saved = log.note(12);
    let mut rewritten = Log::of(20);
    rewritten.leaves.swap(3, 4);
    assert!(check(&rewritten.export(), None).unwrap().is_good());
    let (index, last, reason) = bad(&rewritten.export(), Some(&saved));
    assert_eq!((index, last), (0, 11), "{reason}");
    assert_eq!(
        reason,
        "the first 12 entries are not those of the saved checkpoint"
    );

    rewritten.leaves.swap(3, 4);
    rewritten.leaves.swap(13, 14);
    assert!(
        check(&rewritten.export(), Some(&saved)).unwrap().is_good(),
        "the saved checkpoint does not reach so far"
    );
}

#[test]
fn a_log_that_was_set_back_is_told_by_the_saved_checkpoint() {
    let saved = Log::of(20).note(12);
    let (index, _, reason) = bad(&Log::of(11).export(), Some(&saved));
    assert_eq!(index, 11);
    assert_eq!(
        reason,
        "the log ends before this entry, but the saved checkpoint has 12 entries"
    );
}

#[test]
fn a_checkpoint_that_is_missing_forged_or_of_another_log_is_an_error() {
    let log = Log::of(3);
    let mut files = log.export();
    let forged = log.note(3).replace("\n3\n", "\n2\n");
    assert!(matches!(
        check(&files, Some(&forged)),
        Err(Error::BadSignature(_))
    ));
    files.insert("checkpoint".into(), forged.into_bytes());
    assert!(matches!(check(&files, None), Err(Error::BadSignature(_))));
    files.insert("checkpoint".into(), vec![0xff]);
    assert!(matches!(check(&files, None), Err(Error::Format { .. })));
    files.remove("checkpoint");
    assert!(matches!(check(&files, None), Err(Error::Read(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_of_an_export_is_found(
        size in 1_u64..600, file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let mut files = Log::of(size).export();
        let path = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // A changed character in the witness's line can make it a line of nobody.
        let lost_witness = |report: Report| path == "checkpoint" && report.against.is_consistency_only();
        match check(&files, None) {
            Err(_) => {}
            Ok(report) => prop_assert!(report.first_bad.is_some() || lost_witness(report), "{} {}", path, at),
        }
    }

    #[test]
    fn any_shortened_file_of_an_export_is_found(
        size in 1_u64..600, file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
    ) {
        let mut files = Log::of(size).export();
        let path = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&path).unwrap();
        let at = at.index(bytes.len());
        bytes.truncate(at);
        prop_assume!(path != "checkpoint");
        prop_assert!(check(&files, None).unwrap().first_bad.is_some(), "{} {}", path, at);
    }
}
