//! Verification of everything that rests: the log from its first entry to its last, and what stands beside it.
//!
//! The ledger's verifier judges entries, tree, checkpoints and the account of payloads; this module reads the rows for
//! it, and compares what the database keeps in the clear (columns for look-up, tiles, open requests, register, keys)
//! with what is sealed or signed. It reads one snapshot, so it can run beside a writer, and its memory does not grow
//! with the log.

mod beside;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use covenant_ledger::checkpoint::{self, KeyKind, VerifierKey};
use covenant_ledger::tree::Hash;
use covenant_ledger::verify::{Report, Source, StoredPayload as Stored, Verifier};
use covenant_ledger::{Event, PayloadRef, entry};
use covenant_seal::{KeyId, hex, sha256};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::database::foreign_schema;
use crate::error::{At as _, Error, Fault};
use crate::head::{Head, Meta, signed, unsigned};
use crate::keyring::{KeyRow, LogKey};
use crate::open::Shared;
use crate::payloads::{StoredPayload, wraps};
use crate::plan::{closes, opens};
use crate::register::StoredRow;
use crate::store::Store;
use crate::tree::{Edge, FullTile, TILE_WIDTH};

const PORTION: u32 = 256;
/// Findings that are told; the rest are counted.
const MOST_FINDINGS: usize = 100;

/// What a verification found.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The log itself: entries, tree, checkpoints, payloads.
    pub log: Report,
    /// What is wrong beside it, in words: register rows, keys, tiles, look-up columns.
    pub findings: Vec<String>,
    /// How many more there are than are told.
    pub more_findings: u64,
}

impl Verification {
    /// Says whether nothing bad was found.
    pub fn is_good(&self) -> bool {
        self.log.is_good() && self.findings.is_empty()
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.log)?;
        self.findings
            .iter()
            .try_for_each(|finding| write!(f, "\nfound: {finding}"))?;
        if self.more_findings > 0 {
            write!(f, "\nand {} more", self.more_findings)?;
        }
        Ok(())
    }
}

impl Store {
    /// Verifies everything that rests: opens every event, compares every hash, tile and look-up column, opens every
    /// payload or finds the event that shredded it, checks register, keys and checkpoints.
    ///
    /// `saved` is a checkpoint that was kept elsewhere; `witnesses` are the keys of witnesses whose cosignatures count.
    /// Without either, the report says that only consistency was checked.
    ///
    /// # Errors
    /// [`Error::Ledger`] when `saved` is not a checkpoint signed by this log; [`Error::Database`] when the database
    /// cannot be read. What was changed is in the result, not an error.
    pub async fn verify(
        &self,
        saved: Option<&str>,
        witnesses: &[VerifierKey],
    ) -> Result<Verification, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let mut audit = Audit::new(&self.shared);
        let saved = audit.expect_saved(saved, witnesses);
        saved.at(|| "the saved checkpoint".into())?;
        audit.check_file(&mut snapshot).await?;
        let outcome = audit.check_all(&mut snapshot, witnesses).await;
        audit.survive(outcome)?;
        Ok(audit.finish())
    }
}

struct Audit<'a> {
    shared: &'a Shared,
    verifier: Verifier,
    findings: Vec<String>,
    more_findings: u64,
    /// The tree as the entries make it.
    edge: Edge,
    /// Stored leaf hashes of the tile the walk is in.
    leaf_hashes: Vec<Hash>,
    last_ms: i64,
    /// Requests that are open after the entries so far.
    open: BTreeMap<String, u64>,
    /// Register rows by the event that wrote them.
    register: HashMap<u64, Vec<StoredRow>>,
    log_keys: HashMap<KeyId, Arc<LogKey>>,
    /// Payload rows and shredded payload rows that an event has accounted for.
    payloads: i64,
    shredded: i64,
    cosigned: i64,
    /// Keys that are not there though a payload that is was recorded under them, until an event says that they were
    /// destroyed: the first such payload.
    missing_keys: BTreeMap<String, (u64, String)>,
}

/// A row of `events`.
struct Row {
    index: u64,
    id: String,
    kind: String,
    at_ms: i64,
    request: Option<String>,
    leaf: Vec<u8>,
}

impl<'a> Audit<'a> {
    fn new(shared: &'a Shared) -> Audit<'a> {
        Audit {
            shared,
            verifier: Verifier::new(shared.options.origin.clone()),
            findings: Vec::new(),
            more_findings: 0,
            edge: Edge::default(),
            leaf_hashes: Vec::new(),
            last_ms: i64::MIN,
            open: BTreeMap::new(),
            register: HashMap::new(),
            log_keys: HashMap::new(),
            payloads: 0,
            shredded: 0,
            cosigned: 0,
            missing_keys: BTreeMap::new(),
        }
    }

    fn find(&mut self, finding: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding.into());
        } else {
            self.more_findings += 1;
        }
    }

    /// Notes what an error says, unless it is the database that failed.
    fn note<T>(&mut self, outcome: Result<T, Error>) -> Result<Option<T>, Error> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error @ Error::Database(_)) => Err(error),
            Err(error) => {
                self.find(error.to_string());
                Ok(None)
            }
        }
    }

    /// Notes a damaged page and goes on with what was found so far; any other failure ends the verification.
    fn survive(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
        match outcome {
            Err(error @ Error::Database(Fault::Corrupt)) => {
                self.find(error.to_string());
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Has SQLite look at every page and every index.
    async fn check_file(&mut self, connection: &mut SqliteConnection) -> Result<(), Error> {
        let query = sqlx::query_scalar("PRAGMA integrity_check(20)");
        let lines: Vec<String> = query.fetch_all(&mut *connection).await?;
        for line in lines.iter().filter(|line| *line != "ok") {
            self.find(format!("database file: {line}"));
        }
        for foreign in foreign_schema(connection).await? {
            self.find(format!("schema: {foreign}"));
        }
        Ok(())
    }

    async fn check_all(
        &mut self,
        connection: &mut SqliteConnection,
        witnesses: &[VerifierKey],
    ) -> Result<(), Error> {
        self.expect_checkpoints(connection, witnesses).await?;
        self.check_keys(connection).await?;
        self.check_register(connection).await?;
        if let Err(error) = self.check_entries(connection).await {
            let next = self.edge.size();
            self.verifier
                .fault(next, format!("it cannot be read: {error}"));
            return Err(error);
        }
        self.check_counts(connection).await
    }

    fn expect_saved(
        &mut self,
        saved: Option<&str>,
        witnesses: &[VerifierKey],
    ) -> Result<(), covenant_ledger::Error> {
        saved.map_or(Ok(()), |saved| self.expect(saved, witnesses, Source::Saved))
    }

    /// Reads the log's own checkpoint and the cosigned ones, and tells the verifier of them.
    async fn expect_checkpoints(
        &mut self,
        connection: &mut SqliteConnection,
        witnesses: &[VerifierKey],
    ) -> Result<(), Error> {
        let meta = Meta::load(connection).await?;
        let head = Head::load(connection).await;
        if let Some(Some((head, tag))) = self.note(head)? {
            let tagged = head.check(&self.shared.keyring.tags, &meta, &tag);
            self.note(tagged)?;
            if let Err(error) = self.expect(&head.note, &[], Source::Current) {
                self.find(format!("the log's checkpoint: {error}"));
            }
            if checkpoint::parse_note(&head.note)
                .is_ok_and(|(signed, _)| signed.size != head.size || signed.root != head.root)
            {
                self.find("the head is not that of the log's checkpoint");
            }
        } else if self.findings.is_empty() {
            self.find("the head row is missing");
        }
        let query = sqlx::query_as("SELECT idx, note FROM cosigned ORDER BY idx");
        let cosigned: Vec<(i64, String)> = query.fetch_all(connection).await?;
        for (index, note) in cosigned {
            if let Err(error) = self.expect(&note, witnesses, Source::Kept) {
                self.find(format!("checkpoint cosigned at event {index}: {error}"));
            }
        }
        Ok(())
    }

    /// Checks who signed a checkpoint and tells the verifier; cosigned by a known witness it says more.
    fn expect(
        &mut self,
        note: &str,
        witnesses: &[VerifierKey],
        source: Source,
    ) -> Result<(), covenant_ledger::Error> {
        let mut keys = vec![self.shared.signer.verifier_key().clone()];
        keys.extend(
            witnesses
                .iter()
                .filter(|key| key.kind() == KeyKind::Witness)
                .cloned(),
        );
        let (checkpoint, verified) = checkpoint::open(note, &keys)?;
        let is_witness = |key: &VerifierKey| key.kind() == KeyKind::Witness;
        let by = verified
            .iter()
            .filter(|by| is_witness(&by.key))
            .map(|by| by.key.name().to_owned());
        let by: Vec<String> = by.collect();
        if !by.is_empty() {
            self.verifier.expect(&checkpoint, Source::Witnessed(by))?;
        }
        self.verifier.expect(&checkpoint, source)
    }

    async fn check_entries(&mut self, connection: &mut SqliteConnection) -> Result<(), Error> {
        let mut from = 0;
        loop {
            let query = "SELECT idx, id, kind, at_ms, request, leaf FROM events WHERE idx >= ? ORDER BY idx LIMIT ?";
            let rows = sqlx::query(query)
                .bind(from)
                .bind(PORTION)
                .fetch_all(&mut *connection)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            from = last.try_get::<i64, _>(0)?.saturating_add(1);
            for row in &rows {
                let row = Row::read(row)?;
                self.check_entry(connection, &row).await?;
            }
        }
    }

    async fn check_entry(
        &mut self,
        connection: &mut SqliteConnection,
        row: &Row,
    ) -> Result<(), Error> {
        if row.index.is_multiple_of(TILE_WIDTH) {
            self.leaf_hashes = stored_tile(connection, 0, row.index / TILE_WIDTH)
                .await?
                .map_or(Vec::new(), |tile| tile.hashes.as_chunks::<32>().0.to_vec());
        }
        let position = usize::try_from(row.index % TILE_WIDTH).unwrap_or(usize::MAX);
        self.verifier
            .entry(row.index, &row.leaf, self.leaf_hashes.get(position));
        if row.index == self.edge.size() {
            for full in self
                .edge
                .append(covenant_ledger::tree::leaf_hash(&row.leaf))
            {
                self.check_tile(connection, &full).await?;
            }
        }
        if let Some(event) = self.open_event(connection, row).await? {
            self.check_columns(row, &event);
            self.follow_request(row.index, &event);
            self.check_change(row.index, &event);
            self.check_cosigned(connection, row.index, &event).await?;
            if event.kind.is_shredding() {
                event
                    .keys
                    .iter()
                    .for_each(|key| drop(self.missing_keys.remove(key)));
            }
            for payload in &event.payloads {
                self.check_payload(connection, row.index, &event, payload)
                    .await?;
            }
        }
        Ok(())
    }

    async fn check_tile(
        &mut self,
        connection: &mut SqliteConnection,
        full: &FullTile,
    ) -> Result<(), Error> {
        let stored = stored_tile(connection, full.level, full.index).await?;
        if stored.as_ref() != Some(full) {
            let problem = if stored.is_some() {
                "is not that of its entries"
            } else {
                "is missing"
            };
            self.find(format!(
                "tile {} of level {} {problem}",
                full.index, full.level
            ));
        }
        Ok(())
    }

    async fn open_event(
        &mut self,
        connection: &mut SqliteConnection,
        row: &Row,
    ) -> Result<Option<Event>, Error> {
        let header = match entry::header(&row.leaf) {
            Ok(header) => header,
            Err(error) => {
                self.verifier.fault(row.index, error.to_string());
                return Ok(None);
            }
        };
        if !self.log_keys.contains_key(&header.key_id) {
            // The snapshot's own row, not what is in memory: the stored key must open the stored event.
            let key = stored_log_key(self.shared, connection, &header.key_id).await;
            match key {
                Ok(key) => drop(self.log_keys.insert(header.key_id.clone(), key)),
                Err(error @ Error::Database(_)) => return Err(error),
                Err(error) => {
                    self.verifier.fault(row.index, error.to_string());
                    return Ok(None);
                }
            }
        }
        let Some(key) = self.log_keys.get(&header.key_id) else {
            return Ok(None);
        };
        Ok(self
            .verifier
            .value(row.index, &row.leaf, &key.key, &self.shared.options.tenant))
    }

    /// What stands beside the leaf must repeat what is sealed in it.
    fn check_columns(&mut self, row: &Row, event: &Event) {
        let columns = [
            ("id", row.id == event.id),
            ("kind", row.kind == event.kind.as_str()),
            ("time", row.at_ms == event.at_ms),
            ("request", row.request == event.request),
        ];
        for (name, _) in columns.iter().filter(|(_, same)| !same) {
            self.verifier.fault(
                row.index,
                format!("the {name} in the database is not that of the event"),
            );
        }
        if event.at_ms < self.last_ms {
            self.verifier
                .fault(row.index, "its time is before that of the event before it");
        }
        self.last_ms = self.last_ms.max(event.at_ms);
    }

    fn follow_request(&mut self, index: u64, event: &Event) {
        let Some(request) = &event.request else {
            return;
        };
        if opens(event.kind) {
            self.open.insert(request.clone(), index);
        } else if closes(event.kind) {
            self.open.remove(request);
        }
    }

    async fn check_payload(
        &mut self,
        connection: &mut SqliteConnection,
        index: u64,
        event: &Event,
        reference: &PayloadRef,
    ) -> Result<(), Error> {
        let stored = StoredPayload::find(connection, &reference.id).await?;
        let state = match &stored {
            None => Stored::Missing,
            Some(StoredPayload { sealed: None, .. }) => Stored::Shredded,
            Some(StoredPayload {
                sealed: Some(sealed),
                ..
            }) => Stored::Present(hex(&sha256(sealed))),
        };
        self.verifier.payload(index, event, reference, &state);
        let Some(stored) = stored else { return Ok(()) };
        let says_no_kind = event.kind.is_mention() && reference.kind.is_empty();
        if stored.kind != reference.kind && !says_no_kind {
            self.verifier.fault(
                index,
                format!("payload {} is of another kind than recorded", reference.id),
            );
        }
        if event.kind.is_shredding() {
            let is_accounted = stored.shredded_by == Some(index) && stored.keep_until_ms == 0;
            self.shredded += i64::from(is_accounted);
        } else if stored.index == index && !event.kind.is_mention() {
            self.payloads += 1;
            if stored.sealed.is_some() {
                let keys = event.keys_of(reference);
                self.open_payload(connection, index, &stored, keys).await?;
            }
        }
        Ok(())
    }

    /// Opens a payload with every key that is there. Of the recorded ones, those that are not must have been destroyed by
    /// a later event.
    async fn open_payload(
        &mut self,
        connection: &mut SqliteConnection,
        index: u64,
        stored: &StoredPayload,
        recorded: &[String],
    ) -> Result<(), Error> {
        let wraps = wraps(connection, stored).await?;
        if wraps.is_empty() {
            self.verifier.fault(
                index,
                format!(
                    "payload {} has no key, and no event says that it was shredded",
                    stored.id
                ),
            );
        }
        let is_there = |key: &str| wraps.iter().any(|wrap| wrap.owner.as_str() == key);
        for key in recorded.iter().filter(|key| !is_there(key)) {
            self.missing_keys
                .entry(key.clone())
                .or_insert_with(|| (index, stored.id.clone()));
        }
        for wrap in &wraps {
            if !recorded.iter().any(|key| key == wrap.owner.as_str()) {
                self.verifier.fault(
                    index,
                    format!("payload {} has a key that was not recorded", stored.id),
                );
            }
            let opened = match self.shared.payload_key(connection, &stored.id, wrap).await {
                Ok(key) => stored.open(&key, &self.shared.options.tenant).map(drop),
                Err(error) => Err(error),
            };
            match opened {
                Ok(()) => {}
                Err(error @ Error::Database(_)) => return Err(error),
                Err(error) => self.verifier.fault(index, error.to_string()),
            }
        }
        Ok(())
    }

    fn finish(self) -> Verification {
        Verification {
            log: self.verifier.finish(),
            findings: self.findings,
            more_findings: self.more_findings,
        }
    }
}

impl Row {
    fn read(row: &SqliteRow) -> Result<Row, Error> {
        Ok(Row {
            index: unsigned(row.try_get(0)?, "index of an event")?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            at_ms: row.try_get(3)?,
            request: row.try_get(4)?,
            leaf: row.try_get(5)?,
        })
    }
}

async fn stored_log_key(
    shared: &Shared,
    connection: &mut SqliteConnection,
    id: &KeyId,
) -> Result<Arc<LogKey>, Error> {
    let row = KeyRow::find(connection, id)
        .await?
        .ok_or_else(|| Error::Damaged(format!("log key {id} is missing")))?;
    let key = row.unwrap(&shared.keyring.service(), &shared.options.tenant)?;
    Ok(Arc::new(LogKey {
        id: id.clone(),
        key,
    }))
}

async fn stored_tile(
    connection: &mut SqliteConnection,
    level: u8,
    index: u64,
) -> Result<Option<FullTile>, Error> {
    let query = sqlx::query_as("SELECT root, hashes FROM tiles WHERE level = ? AND idx = ?");
    let row: Option<(Vec<u8>, Vec<u8>)> = query
        .bind(level)
        .bind(signed(index))
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(root, hashes)| FullTile {
        level,
        index,
        root: <[u8; 32]>::try_from(root).unwrap_or_default(),
        hashes,
    }))
}
