//! What one commit writes and what the state is after it: pure work on values, before the database is touched.

mod rows;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use covenant_ledger::EventKind;
use covenant_ledger::checkpoint::Checkpoint;
use covenant_ledger::tree::leaf_hash;

use crate::error::{At as _, Error};
use crate::head::{Meta, signed};
use crate::keyring::{KeyRow, OwnerKey};
use crate::open::{Shared, State};
use crate::prepare::{Prepared, SealedEvent};
use crate::register::StoredRow;
use crate::script::{SMALL_ROWS, Script, Table};
use crate::tree::FullTile;

use rows::{PayloadRow, StepRow, write_keys, write_payloads};

/// A jump backwards up to this long is the time a record waits for the writer; a longer one is the clock's.
const UNREMARKABLE_MS: i64 = 1000;

const EVENTS: Table = Table {
    what: "event",
    insert_into: Some("INSERT INTO events (idx, id, kind, at_ms, request, leaf)"),
    columns: 6,
};
const TILES: Table = Table {
    what: "tile",
    insert_into: Some("INSERT INTO tiles (level, idx, root, hashes)"),
    columns: 4,
};
const OPENED: Table = Table {
    what: "open",
    insert_into: Some("INSERT OR REPLACE INTO open_requests (request, idx)"),
    columns: 2,
};
const CLOSED: Table = Table {
    what: "close",
    insert_into: None,
    columns: 1,
};
const REGISTER: Table = Table {
    what: "register",
    insert_into: Some("INSERT INTO register (kind, id, version, idx, body, tag)"),
    columns: 6,
};
const HEAD: Table = Table {
    what: "head",
    insert_into: None,
    columns: 7,
};

/// A commit in the making.
pub(crate) struct Plan {
    /// The state after it.
    pub(crate) next: State,
    /// Index of the first event of each record, in order.
    pub(crate) indexes: Vec<u64>,
    /// Keys that are stored with it.
    pub(crate) owners: Vec<Arc<OwnerKey>>,
    /// Bytes it adds to the write-ahead log, roughly.
    pub(crate) bytes: u64,
    script: Script,
}

/// Why a record cannot be part of a commit.
pub(crate) enum Unfit {
    /// It was prepared against a state that has passed: it must be prepared again.
    Stale,
    /// It cannot be sealed.
    Failed(Error),
}

/// Works out a commit, record by record.
pub(crate) struct Planner<'a> {
    shared: &'a Shared,
    next: State,
    indexes: Vec<u64>,
    leaves: Vec<Leaf>,
    tiles: Vec<FullTile>,
    requests: BTreeMap<String, Option<u64>>,
    owners: Vec<Arc<OwnerKey>>,
    known_owners: HashSet<String>,
    payloads: Vec<PayloadRow>,
    register: Vec<StoredRow>,
    steps: Vec<StepRow>,
    bytes: u64,
    /// Id of the key-encryption key, where it changes.
    kek: Option<String>,
}

struct Leaf {
    index: u64,
    id: String,
    kind: &'static str,
    at_ms: i64,
    request: Option<String>,
    leaf: Vec<u8>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(shared: &'a Shared, state: &State) -> Planner<'a> {
        Planner {
            shared,
            next: state.clone(),
            indexes: Vec::new(),
            leaves: Vec::new(),
            tiles: Vec::new(),
            requests: BTreeMap::new(),
            owners: Vec::new(),
            known_owners: HashSet::new(),
            payloads: Vec::new(),
            register: Vec::new(),
            steps: Vec::new(),
            bytes: 0,
            kek: None,
        }
    }

    /// Adds a record. Nothing is changed when it cannot be added.
    ///
    /// Time never runs backwards inside the log: an event whose time lies before the last one's is sealed again with
    /// that one's time.
    pub(crate) fn add(&mut self, prepared: &mut Prepared) -> Result<(), Unfit> {
        if self.is_stale(prepared) {
            return Err(Unfit::Stale);
        }
        let mut last_ms = self.next.head.at_ms;
        for sealed in &mut prepared.events {
            if sealed.event.at_ms < last_ms {
                self.move_forward(sealed, last_ms).map_err(Unfit::Failed)?;
            }
            last_ms = sealed.event.at_ms;
        }
        let first = self.next.head.size;
        prepared
            .events
            .iter()
            .for_each(|sealed| self.add_event(sealed));
        self.add_register(prepared, first);
        self.bytes += prepared.bytes() as u64;
        self.indexes.push(first);
        for owner in &prepared.owners {
            if !owner.is_stored() && self.known_owners.insert(owner.row.id.to_string()) {
                self.owners.push(Arc::clone(owner));
            }
        }
        self.payloads.extend(
            prepared
                .payloads
                .iter()
                .map(|payload| PayloadRow::of(payload, first)),
        );
        self.steps
            .extend(prepared.steps.iter().map(|step| StepRow::of(step, first)));
        Ok(())
    }

    /// Uses another key-encryption key from this commit on.
    pub(crate) fn set_key_service(&mut self, id: &str) {
        let mut meta = Meta::clone(&self.next.meta);
        meta.0.insert("kek".into(), id.as_bytes().to_vec());
        self.next.meta = Arc::new(meta);
        self.kek = Some(id.to_owned());
    }

    /// Signs the new checkpoint and writes the statements.
    pub(crate) fn finish(mut self) -> Result<Plan, Error> {
        let shared = self.shared;
        let head = &mut self.next.head;
        head.root = self.next.edge.root();
        head.register_digest = match self.register.is_empty() {
            true => head.register_digest,
            false => self.next.register.digest(&shared.keyring.tags),
        };
        let checkpoint = Checkpoint {
            origin: shared.options.origin.clone(),
            size: head.size,
            root: head.root,
        };
        head.note = checkpoint
            .sign(&shared.signer)
            .at(|| "signing the checkpoint".into())?;
        let mut script = match self.is_small() {
            true => Script::small(),
            false => Script::default(),
        };
        self.write(&mut script)?;
        Ok(Plan {
            next: self.next,
            indexes: self.indexes,
            owners: self.owners,
            bytes: self.bytes,
            script,
        })
    }

    fn is_stale(&self, prepared: &Prepared) -> bool {
        let rewrapped = prepared.epoch != self.shared.keyring.service().epoch;
        let mut register = Arc::clone(&self.next.register);
        let renumbered = prepared.register.iter().any(|(change, version)| {
            // Two changes of one row in one record have consecutive numbers.
            let tags = &self.shared.keyring.tags;
            Arc::make_mut(&mut register)
                .apply(tags, change, *version, self.next.head.size)
                .is_none()
        });
        rewrapped || renumbered
    }

    fn add_event(&mut self, sealed: &SealedEvent) {
        let event = &sealed.event;
        let index = self.next.head.size;
        self.tiles
            .extend(self.next.edge.append(leaf_hash(&sealed.leaf)));
        self.next.head.size += 1;
        self.next.head.at_ms = event.at_ms;
        if let Some(request) = &event.request {
            match effect_on_request(event.kind) {
                Effect::Opens => drop(self.requests.insert(request.clone(), Some(index))),
                Effect::Closes => drop(self.requests.insert(request.clone(), None)),
                Effect::None => {}
            }
        }
        self.leaves.push(Leaf {
            index,
            id: event.id.clone(),
            kind: event.kind.as_str(),
            at_ms: event.at_ms,
            request: event.request.clone(),
            leaf: sealed.leaf.clone(),
        });
    }

    fn move_forward(&self, sealed: &mut SealedEvent, last_ms: i64) -> Result<(), Error> {
        let mut event = sealed.event.clone();
        let behind_ms = last_ms.saturating_sub(event.at_ms);
        event.at_ms = last_ms;
        if behind_ms > UNREMARKABLE_MS {
            let remark = format!("the clock was {behind_ms} ms behind the log");
            event.note = Some(
                event
                    .note
                    .map_or(remark.clone(), |note| format!("{note}; {remark}")),
            );
        }
        *sealed = self.shared.seal_event(event)?;
        Ok(())
    }

    fn add_register(&mut self, prepared: &Prepared, index: u64) {
        for (change, version) in &prepared.register {
            let register = Arc::make_mut(&mut self.next.register);
            // INVARIANT: `is_stale` has applied the same changes to the same register.
            self.register.extend(register.apply(
                &self.shared.keyring.tags,
                change,
                *version,
                index,
            ));
            self.next.head.register_version += 1;
        }
    }

    fn write(&mut self, script: &mut Script) -> Result<(), Error> {
        let owners: Vec<&KeyRow> = self.owners.iter().map(|owner| &owner.row).collect();
        write_keys(script, &owners)?;
        self.write_events(script)?;
        self.write_requests(script)?;
        write_payloads(script, &self.payloads)?;
        let keyring = &self.shared.keyring;
        script.insert(&REGISTER, &self.register, |script, row| {
            script
                .bind(row.kind.clone())?
                .bind(row.id.clone())?
                .bind(row.version.version)?;
            script
                .bind(signed(row.version.index))?
                .bind(row.sealed_body(keyring)?)?
                .bind(row.version.tag.to_vec())?;
            Ok(())
        })?;
        for step in &self.steps {
            step.write(script)?;
        }
        self.write_head(script)
    }

    fn write_events(&self, script: &mut Script) -> Result<(), Error> {
        script.insert(&EVENTS, &self.leaves, |script, leaf| {
            script
                .bind(signed(leaf.index))?
                .bind(leaf.id.clone())?
                .bind(leaf.kind)?
                .bind(leaf.at_ms)?;
            script.bind(leaf.request.clone())?.bind(leaf.leaf.clone())?;
            Ok(())
        })?;
        script.insert(&TILES, &self.tiles, |script, tile| {
            script
                .bind(tile.level)?
                .bind(signed(tile.index))?
                .bind(tile.root.to_vec())?
                .bind(tile.hashes.clone())?;
            Ok(())
        })
    }

    fn write_requests(&self, script: &mut Script) -> Result<(), Error> {
        let opened: Vec<(&String, u64)> = self
            .requests
            .iter()
            .filter_map(|(id, open)| Some((id, (*open)?)))
            .collect();
        script.insert(&OPENED, &opened, |script, (request, index)| {
            script.bind(String::clone(request))?.bind(signed(*index))?;
            Ok(())
        })?;
        let closed: Vec<&String> = self
            .requests
            .iter()
            .filter(|(_, open)| open.is_none())
            .map(|(id, _)| id)
            .collect();
        script.insert(&CLOSED, &closed, |script, request| {
            script.bind(String::clone(request)).map(drop)
        })
    }

    fn write_head(&self, script: &mut Script) -> Result<(), Error> {
        let tags = &self.shared.keyring.tags;
        script.insert(&HEAD, &[&self.next.head], |script, head| {
            script
                .bind(signed(head.size))?
                .bind(head.root.to_vec())?
                .bind(head.at_ms)?
                .bind(head.note.clone())?;
            script
                .bind(signed(head.register_version))?
                .bind(head.register_digest.to_vec())?
                .bind(head.tag(tags, &self.next.meta).to_vec())?;
            Ok(())
        })?;
        if let Some(kek) = &self.kek {
            script.statement("UPDATE meta SET value = ? WHERE name = 'kek'");
            script.bind(kek.as_bytes().to_vec())?;
        }
        Ok(())
    }

    /// Whether it is rows of `commit_rows` and nothing else, and few.
    fn is_small(&self) -> bool {
        let payloads: usize = self.payloads.iter().map(PayloadRow::rows).sum();
        let rows = self.leaves.len() + self.requests.len() + self.owners.len() + payloads + 1;
        let rare = self.tiles.len() + self.register.len() + self.steps.len();
        rows <= SMALL_ROWS && rare == 0 && self.kek.is_none()
    }
}

impl Plan {
    /// Takes the statements out, to be run inside a transaction.
    pub(crate) fn take_script(&mut self) -> Script {
        std::mem::take(&mut self.script)
    }
}

enum Effect {
    Opens,
    Closes,
    None,
}

/// What an event means for the question which requests were never closed.
pub(crate) fn opens(kind: EventKind) -> bool {
    matches!(effect_on_request(kind), Effect::Opens)
}

/// Whether an event closes its request.
pub(crate) fn closes(kind: EventKind) -> bool {
    matches!(effect_on_request(kind), Effect::Closes)
}

fn effect_on_request(kind: EventKind) -> Effect {
    match kind {
        EventKind::Forwarded | EventKind::Answering => Effect::Opens,
        EventKind::Answered | EventKind::Refused | EventKind::Failed | EventKind::Interrupted => {
            Effect::Closes
        }
        _ => Effect::None,
    }
}
