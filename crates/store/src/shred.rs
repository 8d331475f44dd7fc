//! Shredding: content that nobody can open any more, because its keys are destroyed, and an event that says so.
//!
//! Both the content and the wrapped keys are overwritten in the database (secure_delete) and the write-ahead log is
//! emptied as soon as no reader needs it. What the file system or the disk keeps of older blocks is beyond this program;
//! without the key-encryption key it stays unreadable.
//!
//! INVARIANT: a payload is held against the log before it is destroyed. Its row says when it is due, whose keys open it
//! and which request it belongs to, and somebody who can write the file could have it destroyed, or taken from under a
//! legal hold, by changing the row.

use covenant_ledger::{EventKind, PayloadRef};
use covenant_seal::{KeyId, hex};
use sqlx::SqliteConnection;

use crate::error::Error;
use crate::holds::Holds;
use crate::keyring::{KeyRow, KeyUse};
use crate::open::Shared;
use crate::payloads::{Authentic, Destroyed};
use crate::prepare::{First, Prepared, Step};
use crate::record::{Order, Shredding};
use crate::store::Store;

/// Payloads one event names: their references fit into an entry.
const PAYLOADS_AN_EVENT: usize = 256;

const COUNT_WRAPS: &str = "SELECT count(*) FROM payload_keys WHERE key = ?";

/// What a shredding does.
#[derive(Default)]
struct Work {
    /// Payloads by id, with their kind.
    payloads: Vec<(String, String)>,
    /// Their own keys, which stand in their rows.
    own_keys: Vec<KeyId>,
    /// A subject's key that is destroyed with them.
    subject: Option<(KeyId, [u8; 32])>,
    /// The time every payload was kept until has come by then.
    due_ms: i64,
}

impl Work {
    /// Destroys these payloads, with their own keys.
    fn of(payloads: &[Authentic], due_ms: i64) -> Work {
        let owners = payloads.iter().flat_map(|payload| &payload.owners);
        let own = owners.filter(|owner| owner.used_for == KeyUse::Record);
        let names = payloads.iter();
        Work {
            payloads: names
                .map(|payload| (payload.id.clone(), payload.kind.clone()))
                .collect(),
            own_keys: own.map(|owner| owner.id.clone()).collect(),
            subject: None,
            due_ms,
        }
    }

    fn keys(&self) -> impl Iterator<Item = &KeyId> {
        let subject = self.subject.iter().map(|(key, _)| key);
        self.own_keys.iter().chain(subject)
    }
}

impl Store {
    /// Shreds one payload. Its content and its key are gone after it.
    ///
    /// # Errors
    /// [`Error::Held`] naming the legal hold, [`Error::NotFound`], [`Error::Shredded`] when it is gone already,
    /// [`Error::Damaged`] when its rows are not what the log says.
    pub async fn shred_payload(&self, id: &str, order: &Order) -> Result<Shredding, Error> {
        let _maintenance = self.maintenance().await?;
        let mut connection = self.shared.readers.acquire().await?;
        let payload = self
            .shared
            .authenticate_id(&mut connection, id, &mut Destroyed::default())
            .await?;
        refuse_held(&self.shared.holds()?, &payload)?;
        drop(connection);
        let work = Work::of(&[payload], i64::MIN);
        self.carry_out(EventKind::PayloadShredded, work, None, order)
            .await
    }

    /// Shreds a subject's key. Payloads that only this subject's key opens are gone after it; those of several subjects
    /// still open under the others' keys and are counted apart.
    ///
    /// # Errors
    /// [`Error::Held`] naming the legal hold on the subject or on any of its payloads, [`Error::NotFound`] when the
    /// subject has no key, [`Error::Damaged`] when what the key opens is not what the log says.
    pub async fn shred_subject(
        &self,
        subject: &[u8; 32],
        order: &Order,
    ) -> Result<Shredding, Error> {
        let _maintenance = self.maintenance().await?;
        let holds = self.shared.holds()?;
        let mut destroyed = Destroyed::default();
        loop {
            let mut connection = self.shared.readers.acquire().await?;
            let row = KeyRow::find_subject(&mut connection, subject).await?;
            let row = row.ok_or_else(|| Error::NotFound {
                kind: "subject",
                id: hex(subject),
            })?;
            if let Some(hold) = holds.on_subject(subject) {
                return Err(Error::Held {
                    payload: "of the subject".into(),
                    hold: hold.into(),
                });
            }
            // The wrap binds the subject: this is that subject's key.
            row.unwrap(&self.shared.keyring.service(), &self.shared.options.tenant)?;
            let (mut count, mut still_shared) = (0, 0);
            let mut payloads = Vec::new();
            for id in payloads_of_key(&mut connection, &row.id).await? {
                let payload = self
                    .shared
                    .authenticate_id(&mut connection, &id, &mut destroyed)
                    .await?;
                refuse_held(&holds, &payload)?;
                count += 1;
                match payload.owners.len() {
                    1 => payloads.push(payload),
                    _ => still_shared += 1,
                }
            }
            drop(connection);
            let work = Work {
                subject: Some((row.id.clone(), *subject)),
                ..Work::of(&payloads, i64::MIN)
            };
            let unchanged = First::Expect {
                query: COUNT_WRAPS,
                argument: row.id.to_string(),
                count,
            };
            match self
                .carry_out(EventKind::PayloadShredded, work, Some(unchanged), order)
                .await
            {
                Ok(done) => {
                    return Ok(Shredding {
                        still_shared,
                        ..done
                    });
                }
                // A payload of the subject has come in meanwhile: look again.
                Err(Error::NotRecorded(crate::Fault::Busy)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Shreds every payload that is due at `now_ms`, or by the store's own clock if that is behind. Held ones stay and are
    /// counted.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming the first payload whose rows are not what the log says; it stays, and the others are
    /// shredded all the same.
    /// [`Error::NotRecorded`] when a commit failed; what was counted in events before it is done.
    pub async fn expire(&self, now_ms: i64, order: &Order) -> Result<Shredding, Error> {
        let _maintenance = self.maintenance().await?;
        let now_ms = now_ms.min(self.shared.now_ms());
        let holds = self.shared.holds()?;
        let mut destroyed = Destroyed::default();
        let mut total = Shredding::default();
        let mut damaged = None;
        let mut after = (i64::MIN, String::new());
        loop {
            let mut connection = self.shared.readers.acquire().await?;
            let due = due(&mut connection, now_ms, &after).await?;
            let Some(last) = due.last() else {
                return damaged.map_or(Ok(total), Err);
            };
            after = last.clone();
            let mut payloads = Vec::with_capacity(due.len());
            for (_, id) in due {
                let payload = self
                    .shared
                    .authenticate_id(&mut connection, &id, &mut destroyed)
                    .await;
                match payload {
                    Ok(payload) if holds.on_payload(&payload).is_some() => total.held += 1,
                    Ok(payload) => payloads.push(payload),
                    Err(error @ Error::Database(_)) => return Err(error),
                    Err(error) => damaged = damaged.or(Some(error)),
                }
            }
            drop(connection);
            let work = Work::of(&payloads, now_ms);
            if payloads.is_empty() {
                continue;
            }
            let done = self
                .carry_out(EventKind::PayloadExpired, work, None, order)
                .await?;
            total.payloads += done.payloads;
            total.keys += done.keys;
            total.events.extend(done.events);
        }
    }

    /// Commits the work with its events, or only counts it. A plan that went stale answers busy.
    async fn carry_out(
        &self,
        kind: EventKind,
        work: Work,
        first: Option<First>,
        order: &Order,
    ) -> Result<Shredding, Error> {
        let mut done = Shredding {
            payloads: work.payloads.len() as u64,
            keys: work.keys().count() as u64,
            ..Shredding::default()
        };
        if order.dry_run {
            return Ok(done);
        }
        let mut prepared = self.shared.prepare_shredding(kind, &work, order)?;
        prepared.first = first;
        let events = prepared.events.len() as u64;
        let Ok(committed) = self.submit(prepared).await? else {
            return Err(Error::NotRecorded(crate::Fault::Busy));
        };
        done.events = (committed.index..committed.index + events).collect();
        Ok(done)
    }
}

impl Shared {
    fn prepare_shredding(
        &self,
        kind: EventKind,
        work: &Work,
        order: &Order,
    ) -> Result<Prepared, Error> {
        let mut prepared = self.prepared();
        let mut portions: Vec<&[(String, String)]> =
            work.payloads.chunks(PAYLOADS_AN_EVENT).collect();
        if portions.is_empty() {
            // A key without payloads is destroyed too, and that is an event.
            portions.push(&[]);
        }
        for (number, portion) in portions.into_iter().enumerate() {
            let mut event = self.event(kind)?;
            event.at_ms = event.at_ms.max(work.due_ms);
            event.who = order.who.clone();
            event.note = (!order.why.is_empty()).then(|| order.why.clone());
            event.payloads = portion.iter().map(|(id, kind)| gone(id, kind)).collect();
            if number == 0 {
                let subjects = work.subject.iter();
                event.subjects = subjects.map(|(_, subject)| hex(subject)).collect();
                event.keys = work
                    .keys()
                    .map(KeyId::to_string)
                    .take(PAYLOADS_AN_EVENT)
                    .collect();
            }
            prepared.events.push(self.seal_event(event)?);
            if !portion.is_empty() {
                let payloads = portion.iter().map(|(id, _)| id.clone()).collect();
                prepared.steps.push(Step::Erase {
                    payloads,
                    event: number,
                });
            }
        }
        let destroy = |(key, subject): &(KeyId, [u8; 32])| Step::DestroyKey {
            key: key.clone(),
            subject: *subject,
        };
        prepared.steps.extend(work.subject.iter().map(destroy));
        Ok(prepared)
    }
}

fn gone(id: &str, kind: &str) -> PayloadRef {
    PayloadRef {
        id: id.into(),
        kind: kind.into(),
        ..PayloadRef::default()
    }
}

fn refuse_held(holds: &Holds, payload: &Authentic) -> Result<(), Error> {
    match holds.on_payload(payload) {
        Some(hold) => Err(Error::Held {
            payload: payload.id.clone(),
            hold: hold.into(),
        }),
        None => Ok(()),
    }
}

/// Payloads that a key opens.
async fn payloads_of_key(
    connection: &mut SqliteConnection,
    key: &KeyId,
) -> Result<Vec<String>, Error> {
    let query = "SELECT payload FROM payload_keys WHERE key = ? ORDER BY payload";
    Ok(sqlx::query_scalar(query)
        .bind(key.to_string())
        .fetch_all(connection)
        .await?)
}

/// The next payloads that are due, after the one named.
async fn due(
    connection: &mut SqliteConnection,
    now_ms: i64,
    after: &(i64, String),
) -> Result<Vec<(i64, String)>, Error> {
    let query = "SELECT keep_until_ms, id FROM payloads
         WHERE shredded_by IS NULL AND keep_until_ms <= ? AND (keep_until_ms, id) > (?, ?)
         ORDER BY keep_until_ms, id LIMIT ?";
    let query = sqlx::query_as(query)
        .bind(now_ms)
        .bind(after.0)
        .bind(after.1.clone());
    let limit = i64::try_from(PAYLOADS_AN_EVENT).unwrap_or(i64::MAX);
    Ok(query.bind(limit).fetch_all(connection).await?)
}
