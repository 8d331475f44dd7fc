//! A log to test with: invented events, sealed and exported as the store would.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use covenant_ledger::checkpoint::{Checkpoint, Signer, VerifierKey, cosign};
use covenant_ledger::tree::{Frontier, Hash, leaf_hash};
use covenant_ledger::{Event, EventKind, PayloadRef, entry, new_id, tiles};
use covenant_seal::{DataKey, Error, KeyId, Random, SigningKey, sha256};

pub(crate) const ORIGIN: &str = "clinic.example/covenant";
pub(crate) const TENANT: &str = "clinic";

/// Randomness that is the same in every run.
#[derive(Default)]
pub(crate) struct Repeatable(AtomicU64);

impl Random for Repeatable {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Error> {
        for chunk in buffer.chunks_mut(32) {
            let block = sha256(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk
                .iter_mut()
                .zip(block)
                .for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}

pub(crate) fn log_key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).expect("a key")
}

pub(crate) fn signer() -> Signer {
    Signer::log(ORIGIN, SigningKey::from_seed(&[1; 32]).expect("a key")).expect("a name")
}

pub(crate) fn witness(number: u8) -> Signer {
    let key = SigningKey::from_seed(&[100 + number; 32]).expect("a key");
    Signer::witness(format!("witness.example/w{number}"), key).expect("a name")
}

pub(crate) fn keys() -> Vec<VerifierKey> {
    vec![
        signer().verifier_key().clone(),
        witness(1).verifier_key().clone(),
    ]
}

/// The entries of a log.
pub(crate) struct Log {
    pub(crate) leaves: Vec<Vec<u8>>,
    random: Repeatable,
}

impl Log {
    pub(crate) fn new() -> Log {
        Log {
            leaves: Vec::new(),
            random: Repeatable::default(),
        }
    }

    /// A log of `size` invented answers.
    pub(crate) fn of(size: u64) -> Log {
        let mut log = Log::new();
        let key = log_key();
        for number in 0..size {
            let event = log.event(EventKind::Answered, &format!("prompt {number}"));
            log.push_under(&event, &key);
        }
        log
    }

    /// An event that names one payload, whose id and sealed bytes are `content`.
    pub(crate) fn event(&self, kind: EventKind, content: &str) -> Event {
        let at_ms = 1_790_000_000_000 + self.leaves.len() as i64;
        let id = new_id(at_ms, &self.random).expect("an id");
        let digest = covenant_seal::hex(&sha256(content.as_bytes()));
        let payload = PayloadRef {
            id: content.replace(' ', "-"),
            kind: "prompt".into(),
            digest,
            keep_until_ms: at_ms + 1,
            ..PayloadRef::default()
        };
        Event {
            payloads: vec![payload],
            ..Event::new(kind, id, at_ms)
        }
    }

    pub(crate) fn push(&mut self, event: &Event) {
        self.push_under(event, &log_key());
    }

    fn push_under(&mut self, event: &Event, key: &DataKey) {
        let id = KeyId::new("log-1").expect("a name");
        let leaf = entry::seal_event(event, key, &id, TENANT, &self.random);
        self.leaves.push(leaf.expect("a leaf"));
    }

    /// The checkpoint of the first `size` entries.
    pub(crate) fn head(&self, size: usize) -> Checkpoint {
        let hashes = self.leaves.iter().take(size).map(|leaf| leaf_hash(leaf));
        let root = hashes.collect::<Frontier>().root();
        Checkpoint {
            origin: ORIGIN.into(),
            size: size as u64,
            root,
        }
    }

    /// The signed checkpoint of the first `size` entries, cosigned by the first witness.
    pub(crate) fn note(&self, size: usize) -> String {
        let note = self.head(size).sign(&signer()).expect("a note");
        let line = cosign(&note, &witness(1), 1_790_000_100).expect("a line");
        format!("{note}{line}\n")
    }

    /// The files of the exported log, by path.
    pub(crate) fn export(&self) -> BTreeMap<String, Vec<u8>> {
        let size = self.leaves.len() as u64;
        let mut nodes: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
        let mut frontier = Frontier::new();
        for leaf in &self.leaves {
            let keep = |level, index, hash: &Hash| {
                nodes.insert((level, index), *hash);
            };
            frontier.append_with(leaf_hash(leaf), keep);
        }
        let hashes = tiles::tiles(size).map(|tile| {
            (
                tile.path(),
                tile.nodes()
                    .flat_map(|node| nodes[&node])
                    .collect::<Vec<u8>>(),
            )
        });
        let bundles = tiles::level_tiles(0, size).map(|tile| {
            let first = tile.index as usize * 256;
            let entries = &self.leaves[first..first + usize::from(tile.width)];
            (
                tiles::entries_path(tile.index, tile.width),
                tiles::encode_bundle(entries).expect("a bundle"),
            )
        });
        let head = (
            "checkpoint".to_owned(),
            self.note(self.leaves.len()).into_bytes(),
        );
        hashes.chain(bundles).chain([head]).collect()
    }
}
