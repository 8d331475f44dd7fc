//! Verification of everything that rests: the log from its first entry to its last, and what stands beside it.
//!
//! The ledger's verifier judges entries, tree, checkpoints and the account of payloads; this module reads the rows for
//! it, and compares what the database keeps in the clear (columns for look-up, tiles, open requests, register, keys)
//! with what is sealed or signed. It reads one snapshot, so it can run beside a writer, and its memory does not grow
//! with the log.

mod beside;
mod entries;
mod payloads;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use covenant_ledger::checkpoint::{self, KeyKind, VerifierKey};
use covenant_ledger::tree::Hash;
use covenant_ledger::verify::{Report, Source, Verifier};
use covenant_seal::KeyId;
use serde::Serialize;
use sqlx::SqliteConnection;

use crate::database::foreign_schema;
use crate::error::{At as _, Error, Fault};
use crate::head::{Head, Meta};
use crate::keyring::LogKey;
use crate::open::Shared;
use crate::register::StoredRow;
use crate::store::Store;
use crate::tree::Edge;

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

    fn finish(self) -> Verification {
        Verification {
            log: self.verifier.finish(),
            findings: self.findings,
            more_findings: self.more_findings,
        }
    }
}
