//! Proofs as text.

use std::collections::HashMap;

use covenant_ledger::Error;
use covenant_ledger::proof::{self, Proof};
use covenant_ledger::tree::{Frontier, Hash, inclusion_proof, leaf_hash};
use proptest::prelude::*;

use crate::support::{Log, keys};

fn nodes(log: &Log) -> HashMap<(u8, u64), Hash> {
    let mut nodes = HashMap::new();
    let mut frontier = Frontier::new();
    for leaf in &log.leaves {
        frontier.append_with(leaf_hash(leaf), |level, index, hash| {
            nodes.insert((level, index), *hash);
        });
    }
    nodes
}

fn prove(log: &Log, index: u64, extra: Option<&[u8]>) -> String {
    let size = log.leaves.len();
    let hashes = inclusion_proof(index, size as u64, &nodes(log)).unwrap();
    proof::format(index, &hashes, &log.note(size), extra)
}

#[test]
fn a_proof_has_the_lines_of_the_specification() {
    let text = prove(&Log::of(3), 2, Some(b"extra"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..3],
        ["c2sp.org/tlog-proof@v1", "extra ZXh0cmE=", "index 2"]
    );
    assert_eq!(
        (lines[3].len(), lines[4], lines[5]),
        (44, "", "clinic.example/covenant")
    );
    assert!(text.ends_with('\n'));
    assert!(prove(&Log::of(1), 0, None).starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\nclinic"));
}

#[test]
fn a_proof_verifies_its_entry_and_no_other() {
    let log = Log::of(7);
    for index in 0..7 {
        let proof = proof::parse(&prove(&log, index, None)).unwrap();
        for (other, leaf) in log.leaves.iter().enumerate() {
            let verified = proof.verify(leaf, &keys());
            if other as u64 == index {
                let (head, by) = verified.unwrap();
                assert_eq!((head.size, by.len()), (7, 2));
            } else {
                assert_eq!(verified, Err(Error::BadProof));
            }
        }
        assert_eq!(
            proof.verify(&log.leaves[index as usize], &[]),
            Err(Error::Unsigned)
        );
    }
}

#[test]
fn texts_that_are_no_proof_are_refused() {
    let good = prove(&Log::of(3), 2, Some(b"extra"));
    let hash = good.lines().nth(3).unwrap().to_owned();
    let broken = [
        ("another version", good.replace("@v1", "@v2")),
        ("no index", good.replace("index 2\n", "")),
        ("leading zero", good.replace("index 2", "index 02")),
        (
            "extra after index",
            good.replace("extra ZXh0cmE=\nindex 2\n", "index 2\nextra ZXh0cmE=\n"),
        ),
        (
            "extra twice",
            good.replace("extra ZXh0cmE=\n", "extra ZXh0cmE=\nextra ZXh0cmE=\n"),
        ),
        ("extra is not base64", good.replace("ZXh0cmE=", "ZXh0cmE")),
        ("short hash", good.replace(&hash, &hash[4..])),
        (
            "too many hashes",
            good.replace(&hash, &[hash.as_str(); 64].join("\n")),
        ),
        ("carriage returns", good.replace('\n', "\r\n")),
        (
            "no checkpoint",
            good.split("\n\n").next().unwrap().to_owned(),
        ),
        (
            "no signature",
            good.split_inclusive("\n\n").take(2).collect(),
        ),
    ];
    for (name, text) in broken {
        assert_ne!(text, good, "{name}");
        assert!(proof::parse(&text).is_err(), "{name}");
    }
}

proptest! {
    #[test]
    fn proofs_read_back(extra in any::<Option<Vec<u8>>>(), index in any::<u64>(), hashes in prop::collection::vec(any::<[u8; 32]>(), 0..63)) {
        let proof = Proof { extra, index, hashes, checkpoint: Log::of(1).note(1) };
        prop_assert_eq!(proof::parse(&proof.to_string()).unwrap(), proof);
    }

    #[test]
    fn arbitrary_text_is_no_proof(text in "(c2sp.org/tlog-proof@v1\n)?(index [0-9]{1,3}\n)?.*") {
        prop_assert!(proof::parse(&text).is_err());
    }
}
