//! The verifier: is the log whole, and against what was that measured?
//!
//! [`Verifier`] is fed entry by entry by whoever holds the bytes, so it needs no storage of its own and its memory
//! grows only with the payloads whose end it has not seen yet. It recomputes every hash, compares what is stored
//! with what it computes, compares the root at the size of every checkpoint it was told of, opens every event where
//! it is given the log keys, and accounts for every payload an event names. [`export()`] does the first three over an
//! exported directory, without keys.
//!
//! What it can say depends on what it is measured against. Somebody who holds the signing key and the database can
//! write another log that agrees with itself; only a checkpoint kept elsewhere (a saved file, a witness) tells. The
//! report says which of them there was.

use std::collections::BTreeMap;

use covenant_seal::DataKey;

use crate::Error;
use crate::checkpoint::Checkpoint;
use crate::entry;
use crate::event::{Event, EventKind, PayloadRef};
use crate::tree::{Frontier, Hash, leaf_hash};

mod export;
mod report;

pub use export::{Read, export};
pub use report::{Against, Bad, Report, Shredded};

/// Where a checkpoint that the log is measured against came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The log's own newest one; it must cover every entry.
    Current,
    /// An older one that the store kept beside the log; it narrows down where something changed.
    Kept,
    /// One that was saved elsewhere.
    Saved,
    /// One that these witnesses have cosigned.
    Witnessed(Vec<String>),
}

/// What is stored of a payload that an event names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredPayload {
    /// Its sealed bytes, with this SHA-256 in lower-case hexadecimal, and its key are there.
    Present(String),
    /// Its key was shredded: the bytes, if there are any, cannot be opened any more.
    Shredded,
    /// There is no such payload.
    Missing,
}

/// Checks a log from its first entry to its last.
///
/// For every entry in order call [`Verifier::entry`], then, with the log keys at hand, [`Verifier::value`] and for each
/// of the event's payloads [`Verifier::payload`]; at the end [`Verifier::finish`].
#[derive(Debug)]
pub struct Verifier {
    origin: String,
    frontier: Frontier,
    completed: Vec<(u8, u64, Hash)>,
    /// Checkpoints not reached yet, smallest first.
    expected: BTreeMap<u64, Vec<(Hash, Source)>>,
    /// The largest size at which a checkpoint agreed.
    agreed: u64,
    current: Option<u64>,
    against: Against,
    entries: u64,
    values: u64,
    payloads: u64,
    /// Payloads that are not as their event says, until a later event explains it.
    unexplained: BTreeMap<String, Unexplained>,
    shredded: BTreeMap<String, u64>,
    exact: Option<Bad>,
    range: Option<Bad>,
    broken: bool,
}

#[derive(Debug)]
struct Unexplained {
    index: u64,
    gone: bool,
    keep_until_ms: i64,
}

impl Verifier {
    /// Makes a verifier of the log with this origin.
    pub fn new(origin: impl Into<String>) -> Verifier {
        Verifier {
            origin: origin.into(),
            frontier: Frontier::new(),
            completed: Vec::new(),
            expected: BTreeMap::new(),
            agreed: 0,
            current: None,
            against: Against::default(),
            entries: 0,
            values: 0,
            payloads: 0,
            unexplained: BTreeMap::new(),
            shredded: BTreeMap::new(),
            exact: None,
            range: None,
            broken: false,
        }
    }

    /// Tells of a checkpoint whose signatures were checked. Call it before the first entry.
    ///
    /// # Errors
    /// [`Error::Format`] when it is of another log.
    pub fn expect(&mut self, checkpoint: &Checkpoint, source: Source) -> Result<(), Error> {
        if checkpoint.origin != self.origin {
            return Err(Error::Format {
                what: "checkpoint",
                problem: "it is of another log",
            });
        }
        match &source {
            Source::Current => self.current = Some(checkpoint.size),
            Source::Kept => {}
            Source::Saved => self.against.saved = self.against.saved.max(Some(checkpoint.size)),
            Source::Witnessed(by) => self.against.add_witnesses(checkpoint.size, by),
        }
        self.expected
            .entry(checkpoint.size)
            .or_default()
            .push((checkpoint.root, source));
        if checkpoint.size == 0 {
            self.compare_roots();
        }
        Ok(())
    }

    /// Checks the next entry: that it is the next one, that its stored leaf hash (where there is one) is its hash,
    /// and the root wherever a checkpoint has this size.
    pub fn entry(&mut self, index: u64, leaf: &[u8], stored_hash: Option<&Hash>) {
        self.entries += 1;
        self.completed.clear();
        if self.broken {
            return;
        }
        if index != self.frontier.size() {
            self.broken = true;
            let at = index.min(self.frontier.size());
            let reason = if index > at {
                "entry is missing"
            } else {
                "a second entry has this index"
            };
            self.fault(at, reason);
            return;
        }
        let hash = leaf_hash(leaf);
        if stored_hash.is_some_and(|stored| *stored != hash) {
            self.fault(index, "entry is not the one that its leaf hash was made of");
        }
        let completed = &mut self.completed;
        self.frontier.append_with(hash, |level, index, hash| {
            completed.push((level, index, *hash))
        });
        self.compare_roots();
    }

    /// Returns the nodes (level, index, hash) that the last entry completed, the leaf first.
    pub fn completed(&self) -> &[(u8, u64, Hash)] {
        &self.completed
    }

    /// Compares a stored node with what was computed. Only nodes that the last entry completed can be compared.
    pub fn stored_node(&mut self, level: u8, index: u64, stored: &Hash) {
        let differs = |(l, i, hash): &(u8, u64, Hash)| *l == level && *i == index && hash != stored;
        if self.completed.iter().any(differs) {
            let first = index << level;
            let last = first + ((1_u64 << level) - 1);
            let reason = format!("stored node {index} of level {level} is not that of its entries");
            self.range_fault(Bad {
                index: first,
                last,
                reason,
            });
        }
    }

    /// Opens the event of an entry and takes its part in the account of payloads. Returns the event.
    pub fn value(
        &mut self,
        index: u64,
        leaf: &[u8],
        log_key: &DataKey,
        tenant: &str,
    ) -> Option<Event> {
        match entry::open_event(leaf, log_key, tenant) {
            Ok(event) => {
                self.values += 1;
                Some(event)
            }
            Err(error) => {
                self.fault(index, error.to_string());
                None
            }
        }
    }

    /// Checks one of the payloads that the event of entry `index` names against what is stored.
    ///
    /// A shredding event must name every payload it ended: one that is gone without such an event is a fault.
    pub fn payload(
        &mut self,
        index: u64,
        event: &Event,
        payload: &PayloadRef,
        stored: &StoredPayload,
    ) {
        self.payloads += 1;
        if event.kind.is_shredding() {
            return self.shredded_payload(index, event, payload, stored);
        }
        // An event that only mentions a payload (a reading) says nothing of how it is now.
        if payload.digest.is_empty() || event.kind.is_mention() {
            return;
        }
        let before = self.unexplained.remove(&payload.id);
        let explained = before.is_none() || event.kind == EventKind::PayloadReencrypted;
        let at = before.map_or(index, |before| if explained { index } else { before.index });
        let gone = match stored {
            StoredPayload::Present(digest) if *digest == payload.digest && explained => return,
            StoredPayload::Present(_) => false,
            StoredPayload::Shredded | StoredPayload::Missing => true,
        };
        let unexplained = Unexplained {
            index: at,
            gone,
            keep_until_ms: payload.keep_until_ms,
        };
        self.unexplained.insert(payload.id.clone(), unexplained);
    }

    fn shredded_payload(
        &mut self,
        index: u64,
        event: &Event,
        payload: &PayloadRef,
        stored: &StoredPayload,
    ) {
        if matches!(stored, StoredPayload::Present(_)) {
            self.fault(
                index,
                format!(
                    "payload {} is still there, though this event says that it is shredded",
                    payload.id
                ),
            );
        } else if let Some(before) = self.unexplained.remove(&payload.id) {
            *self.shredded.entry(event.id.clone()).or_default() += 1;
            if event.kind == EventKind::PayloadExpired && before.keep_until_ms > event.at_ms {
                self.fault(
                    index,
                    format!(
                        "payload {} expired before the time it was to be kept until",
                        payload.id
                    ),
                );
            }
        }
    }

    /// Names a fault that the caller found itself, such as a log key that is missing.
    pub fn fault(&mut self, index: u64, reason: impl Into<String>) {
        if self.exact.as_ref().is_none_or(|bad| index < bad.index) {
            self.exact = Some(Bad {
                index,
                last: index,
                reason: reason.into(),
            });
        }
    }

    /// Ends the check.
    pub fn finish(mut self) -> Report {
        let size = self.frontier.size();
        self.name_missing_entries(size);
        self.exact = first_of(self.exact.take(), self.range.take());
        let payloads_unexplained = self.unexplained.len() as u64;
        // What explains a payload may be among the entries that are bad, so those are named first.
        if self.exact.is_none() {
            self.name_unexplained_payloads();
        }
        Report {
            origin: self.origin,
            size,
            root: self.frontier.root(),
            entries_checked: self.entries,
            values_checked: self.values,
            payloads_checked: self.payloads,
            payloads_unexplained,
            first_bad: self.exact,
            shredded: self
                .shredded
                .into_iter()
                .map(|(event, payloads)| Shredded { payloads, event })
                .collect(),
            against: self.against,
        }
    }

    /// A checkpoint that was not reached says that entries are gone; entries after the newest say it does not cover them.
    fn name_missing_entries(&mut self, size: u64) {
        let unreached = self
            .expected
            .iter()
            .next()
            .and_then(|(wanted, all)| Some((*wanted, all.first()?.1.clone())));
        if let Some((wanted, source)) = unreached {
            self.fault(
                size,
                format!(
                    "the log ends before this entry, but {} has {wanted} entries",
                    report::words(&source)
                ),
            );
        }
        if let Some(current) = self.current.filter(|current| *current < size) {
            self.fault(current, "the log's checkpoint does not cover this entry");
        }
    }

    fn name_unexplained_payloads(&mut self) {
        for (id, what) in std::mem::take(&mut self.unexplained) {
            let reason = if what.gone {
                format!("payload {id} is gone, and no event says that it was shredded")
            } else {
                format!("payload {id} is not the one that was recorded")
            };
            self.fault(what.index, reason);
        }
    }

    /// Compares the root with every checkpoint of the size that is reached now.
    fn compare_roots(&mut self) {
        let size = self.frontier.size();
        let Some(expected) = self.expected.remove(&size) else {
            return;
        };
        let root = self.frontier.root();
        match expected.iter().find(|(wanted, _)| *wanted != root) {
            None => self.agreed = size,
            Some((_, source)) => {
                let reason = format!(
                    "the first {size} entries are not those of {}",
                    report::words(source)
                );
                self.range_fault(Bad {
                    index: self.agreed,
                    last: size.saturating_sub(1),
                    reason,
                });
            }
        }
    }

    fn range_fault(&mut self, bad: Bad) {
        let is_first = self
            .range
            .as_ref()
            .is_none_or(|first| (bad.index, bad.last) < (first.index, first.last));
        if is_first {
            self.range = Some(bad);
        }
    }
}

/// The first of two faults; an entry that is named exactly says more than a range that holds it.
fn first_of(exact: Option<Bad>, range: Option<Bad>) -> Option<Bad> {
    match (exact, range) {
        (Some(exact), Some(range)) if exact.index <= range.last => Some(exact),
        (exact, None) => exact,
        (_, range) => range,
    }
}
