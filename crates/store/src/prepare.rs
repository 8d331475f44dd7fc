//! From what a caller hands over to what the writer commits: everything that costs time is done here, on the caller's
//! task, so that many callers seal side by side and the writer only numbers, hashes and writes.

use std::sync::Arc;

use covenant_ledger::{Change, Event, PayloadRef, entry, new_id};
use covenant_seal::{Context, DataKey, KeyId, KeyService, Zeroizing, hex, seal, sha256};

use crate::error::{At as _, Error};
use crate::keyring::{KeyRow, KeyUse, LogKey, OwnerKey, raw_key};
use crate::open::Shared;
use crate::payloads::StoredPayload;
use crate::record::{NewPayload, Record, RegisterChange};
use crate::register::{HOLD_KIND, change_digest};

const MAX_PAYLOADS: usize = 16;
const MAX_SUBJECTS: usize = 256;
const MAX_REGISTER_CHANGES: usize = 1024;
const MAX_NAME_BYTES: usize = 200;

/// What the writer commits as one: all of it or nothing.
#[derive(Default)]
pub(crate) struct Prepared {
    pub(crate) events: Vec<SealedEvent>,
    pub(crate) payloads: Vec<SealedPayload>,
    /// Subjects' keys that the payloads use; written if they are not stored yet.
    pub(crate) owners: Vec<Arc<OwnerKey>>,
    pub(crate) register: Vec<(RegisterChange, u32)>,
    /// Changes of what is stored already.
    pub(crate) steps: Vec<Step>,
    /// What must be looked at or done first, in the same transaction; such a record is committed alone.
    pub(crate) first: Option<First>,
    /// The key service's epoch under which the keys were wrapped.
    pub(crate) epoch: u64,
}

/// An event with the bytes of its leaf.
pub(crate) struct SealedEvent {
    pub(crate) event: Event,
    pub(crate) leaf: Vec<u8>,
}

/// A payload, sealed, with its key: wrapped once for each patient, or its own row where none is known.
pub(crate) struct SealedPayload {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) keep_until_ms: i64,
    pub(crate) sealed: Vec<u8>,
    pub(crate) keys: Vec<(KeyId, Vec<u8>)>,
    pub(crate) own_key: Option<KeyRow>,
}

/// A change of what is stored already. Event numbers count within the [`Prepared`].
pub(crate) enum Step {
    /// Erases payloads' contents and keys; the event of that number says so.
    Erase { payloads: Vec<String>, event: usize },
    /// Destroys a subject's key and what is wrapped under it.
    DestroyKey { key: KeyId, subject: [u8; 32] },
    /// Replaces a payload's content and keys; the event of that number holds the new digest.
    Replace {
        payload: SealedPayload,
        event: usize,
    },
    /// Adds a log key, which seals events from then on.
    AddLogKey { row: KeyRow, key: Arc<LogKey> },
    /// Keeps a checkpoint that a witness cosigned; the event of that number says so.
    KeepCosigned {
        size: u64,
        note: String,
        event: usize,
    },
}

/// What happens in the transaction before anything else.
pub(crate) enum First {
    /// The query with its one argument must still count so many rows; otherwise the plan is stale.
    Expect {
        query: &'static str,
        argument: String,
        count: i64,
    },
    /// Every key is wrapped under another key-encryption key.
    Rewrap(Arc<dyn KeyService>),
}

impl Prepared {
    /// How many rows it writes, for bounding a commit.
    pub(crate) fn rows(&self) -> usize {
        let wraps: usize = self
            .payloads
            .iter()
            .map(|payload| 1 + payload.keys.len())
            .sum();
        self.events.len() + wraps + self.owners.len() + self.register.len() + self.steps.len()
    }

    /// How many bytes it writes, for bounding a commit.
    pub(crate) fn bytes(&self) -> usize {
        let leaves: usize = self.events.iter().map(|event| event.leaf.len()).sum();
        let payloads: usize = self
            .payloads
            .iter()
            .map(|payload| payload.sealed.len())
            .sum();
        let bodies: usize = self
            .register
            .iter()
            .filter_map(|(change, _)| change.body.as_ref())
            .map(String::len)
            .sum();
        leaves + payloads + bodies
    }

    pub(crate) fn at_ms(&self) -> i64 {
        self.events.first().map_or(0, |sealed| sealed.event.at_ms)
    }
}

impl Shared {
    /// Seals a record. It is only read, so that it can be sealed again when the writer finds the plan stale.
    pub(crate) async fn prepare(&self, record: &Record) -> Result<Prepared, Error> {
        check_bounds(record)?;
        let mut prepared = Prepared {
            epoch: self.keyring.service().epoch,
            ..Prepared::default()
        };
        let mut event = record.event.clone();
        if event.id.is_empty() {
            event.id = new_id(event.at_ms, self.options.random.as_ref())
                .at(|| "making an event id".into())?;
        }
        self.complete_mentions(&mut event).await?;
        self.prepare_payloads(record, &mut event, &mut prepared)
            .await?;
        self.prepare_register(&record.register, &mut event, &mut prepared)?;
        prepared.events.push(self.seal_event(event)?);
        Ok(prepared)
    }

    /// Seals an event into a leaf under the log key in use.
    pub(crate) fn seal_event(&self, event: Event) -> Result<SealedEvent, Error> {
        self.seal_event_under(event, &self.keyring.log_key())
    }

    pub(crate) fn seal_event_under(
        &self,
        event: Event,
        log: &LogKey,
    ) -> Result<SealedEvent, Error> {
        let random = self.options.random.as_ref();
        let leaf = entry::seal_event(&event, &log.key, &log.id, &self.options.tenant, random);
        Ok(SealedEvent {
            leaf: leaf.at(|| format!("sealing an event of kind {}", event.kind.as_str()))?,
            event,
        })
    }

    async fn prepare_payloads(
        &self,
        record: &Record,
        event: &mut Event,
        prepared: &mut Prepared,
    ) -> Result<(), Error> {
        for payload in &record.payloads {
            let owners = self.owners(payload, event.at_ms).await?;
            let sealed = self.seal_payload(payload, &owners)?;
            event.payloads.push(sealed.reference());
            event
                .keys
                .extend(sealed.own_key.iter().map(|row| row.id.to_string()));
            prepared.payloads.push(sealed);
            for owner in owners {
                if !prepared
                    .owners
                    .iter()
                    .any(|known| known.row.id == owner.row.id)
                {
                    event.keys.push(owner.row.id.to_string());
                    prepared.owners.push(owner);
                }
            }
        }
        name_keys(event, &prepared.payloads);
        Ok(())
    }

    /// Completes what an event says of payloads that it only mentions: which kind it was and which bytes.
    async fn complete_mentions(&self, event: &mut Event) -> Result<(), Error> {
        if !event.kind.is_mention() {
            return Ok(());
        }
        let mut connection = self.readers.acquire().await?;
        for mention in &mut event.payloads {
            if let Some(stored) = StoredPayload::find(&mut connection, &mention.id).await? {
                mention.digest = stored.digest().unwrap_or_default();
                mention.kind = stored.kind;
            }
        }
        Ok(())
    }

    /// The subjects' keys that open a payload.
    async fn owners(&self, payload: &NewPayload, now_ms: i64) -> Result<Vec<Arc<OwnerKey>>, Error> {
        let mut owners: Vec<Arc<OwnerKey>> = Vec::new();
        for subject in &payload.subjects {
            let key = self
                .keyring
                .subject_key(&self.readers, subject, now_ms)
                .await?;
            if !owners.iter().any(|known| known.row.id == key.row.id) {
                owners.push(key);
            }
        }
        Ok(owners)
    }

    fn seal_payload(
        &self,
        payload: &NewPayload,
        owners: &[Arc<OwnerKey>],
    ) -> Result<SealedPayload, Error> {
        let content = payload.content.expose();
        self.seal_content(
            &payload.id,
            payload.kind.as_str(),
            payload.keep_until_ms,
            content,
            owners,
        )
    }

    /// Seals a content under a key of its own and wraps that key for each owner; without one, it is wrapped under the
    /// key-encryption key.
    pub(crate) fn seal_content(
        &self,
        id: &str,
        kind: &'static str,
        keep_until_ms: i64,
        content: &[u8],
        owners: &[Arc<OwnerKey>],
    ) -> Result<SealedPayload, Error> {
        let (random, tenant) = (self.options.random.as_ref(), self.options.tenant.as_str());
        let place = || format!("sealing payload {id}");
        let (raw, key, own_key) = if owners.is_empty() {
            let (row, key) = self.keyring.make(KeyUse::Record, None, 0, 0)?;
            (None, key, Some(row))
        } else {
            let raw = raw_key(random)?;
            let key = DataKey::from_bytes(&raw).at(place)?;
            (Some(raw), key, None)
        };
        let bound = payload_seal_kind(kind, keep_until_ms);
        let sealed = seal(
            &key,
            &Context {
                tenant,
                record: id,
                kind: &bound,
            },
            content,
            random,
        )
        .at(place)?;
        let wrap = |(owner, raw): (&Arc<OwnerKey>, &Zeroizing<[u8; 32]>)| {
            owner
                .wrap(tenant, id, raw, random)
                .map(|wrapped| (owner.row.id.clone(), wrapped))
        };
        let keys = raw
            .iter()
            .flat_map(|raw| owners.iter().map(move |owner| (owner, raw)));
        let keys: Result<Vec<_>, Error> = keys.map(wrap).collect();
        Ok(SealedPayload {
            id: id.to_owned(),
            kind,
            keep_until_ms,
            sealed,
            keys: keys?,
            own_key,
        })
    }

    /// Numbers the changes and writes version and digest into the event.
    pub(crate) fn prepare_register(
        &self,
        changes: &[RegisterChange],
        event: &mut Event,
        prepared: &mut Prepared,
    ) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let state = self.committed()?;
        let mut numbered: Vec<(RegisterChange, u32)> = Vec::with_capacity(changes.len());
        for change in changes {
            let same = |(earlier, _): &&(RegisterChange, u32)| {
                earlier.kind == change.kind && earlier.id == change.id
            };
            let earlier = numbered
                .iter()
                .rev()
                .find(same)
                .map(|(_, version)| version.saturating_add(1));
            let version =
                earlier.unwrap_or_else(|| state.register.next_version(&change.kind, &change.id));
            numbered.push((change.clone(), version));
        }
        let described = describe(&numbered);
        let change = event.change.get_or_insert_with(|| described.clone());
        change.version = described.version;
        change.digest = described.digest;
        prepared.register = numbered;
        Ok(())
    }
}

impl SealedPayload {
    /// The names of the keys that open it.
    pub(crate) fn key_ids(&self) -> Vec<String> {
        let own = self.own_key.iter().map(|row| &row.id);
        let keys = self.keys.iter().map(|(key, _)| key);
        own.chain(keys).map(KeyId::to_string).collect()
    }

    /// What an event says of it.
    pub(crate) fn reference(&self) -> PayloadRef {
        PayloadRef {
            id: self.id.clone(),
            kind: self.kind.into(),
            digest: hex(&sha256(&self.sealed)),
            keep_until_ms: self.keep_until_ms,
            keys: Vec::new(),
        }
    }
}

/// Names the keys of each payload whose keys are not those of the event altogether.
fn name_keys(event: &mut Event, payloads: &[SealedPayload]) {
    for payload in payloads {
        let keys = payload.key_ids();
        let reference = event
            .payloads
            .iter_mut()
            .rfind(|known| known.id == payload.id);
        if let Some(reference) = reference.filter(|_| keys != event.keys) {
            reference.keys = keys;
        }
    }
}

/// What a payload's seal is bound to beside its id: an expiry date that was moved does not open.
pub(crate) fn payload_seal_kind(kind: &str, keep_until_ms: i64) -> String {
    format!("payload {kind} kept until {keep_until_ms}")
}

fn describe(changes: &[(RegisterChange, u32)]) -> Change {
    let objects: Vec<String> = changes
        .iter()
        .map(|(change, _)| format!("{}/{}", change.kind, change.id))
        .collect();
    let removed = changes.iter().all(|(change, _)| change.body.is_none());
    Change {
        object: objects.join(" "),
        action: if removed { "removed" } else { "set" }.into(),
        why: String::new(),
        digest: change_digest(changes),
        version: changes.last().map_or(0, |(_, version)| *version),
    }
}

fn check_bounds(record: &Record) -> Result<(), Error> {
    let refuse = |reason: &str| Err(Error::Refused(reason.into()));
    if record.payloads.len() > MAX_PAYLOADS {
        return refuse("it has more than 16 payloads");
    }
    if record
        .payloads
        .iter()
        .any(|payload| payload.subjects.len() > MAX_SUBJECTS)
    {
        return refuse("a payload names more than 256 subjects");
    }
    if !record
        .payloads
        .iter()
        .all(|payload| is_payload_id(&payload.id))
    {
        return refuse(
            "a payload id must be 1 to 64 letters, digits, dots, underscores or hyphens",
        );
    }
    if record.register.len() > MAX_REGISTER_CHANGES {
        return refuse("it changes more than 1,024 register rows");
    }
    let named = |name: &str| !name.is_empty() && name.len() <= MAX_NAME_BYTES;
    if !record
        .register
        .iter()
        .all(|change| named(&change.kind) && named(&change.id))
    {
        return refuse("a register row's kind and id must have 1 to 200 bytes");
    }
    if record
        .register
        .iter()
        .any(|change| change.kind == HOLD_KIND)
    {
        return refuse("legal holds are placed and released by their own functions");
    }
    if !record.event.request.as_deref().is_none_or(named) {
        return refuse("a request id must have 1 to 200 bytes");
    }
    Ok(())
}

pub(crate) fn is_payload_id(id: &str) -> bool {
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    plain && (1..=64).contains(&id.len())
}
