//! Legal holds: rows of the register that stand against expiry and shredding.

use std::collections::HashMap;

use covenant_ledger::{Change, EventKind};
use covenant_seal::unhex;

use crate::error::Error;
use crate::head::unsigned;
use crate::open::{Shared, State};
use crate::payloads::Authentic;
use crate::record::{Covers, Hold, Order, Placed, RegisterChange};
use crate::register::HOLD_KIND;
use crate::store::Store;

impl Store {
    /// Places a legal hold. It is an event, and holds from the next expiry or shredding on. What it covers need not be
    /// there yet: the answer counts what is.
    ///
    /// # Errors
    /// [`Error::Refused`] when a hold of that id is in force or what it covers cannot be named so.
    pub async fn hold(&self, id: &str, covers: Covers, order: &Order) -> Result<Placed, Error> {
        let _maintenance = self.maintenance().await?;
        check_name(id, &covers)?;
        if self
            .shared
            .committed()?
            .register
            .body(HOLD_KIND, id)
            .is_some()
        {
            return Err(Error::Refused("a legal hold of this id is in force".into()));
        }
        let hold = Hold {
            id: id.into(),
            covers,
            why: order.why.clone(),
            placed_ms: self.shared.now_ms(),
        };
        if !order.dry_run {
            let body = serde_json::to_string(&hold)
                .map_err(|_| Error::Refused("the hold cannot be written".into()))?;
            self.change_hold(id, Some(body), "placed", order).await?;
        }
        Ok(Placed {
            payloads: self.count_covered(&hold.covers).await?,
            hold,
        })
    }

    /// Counts the payloads with content that a hold covers now.
    async fn count_covered(&self, covers: &Covers) -> Result<u64, Error> {
        let query = match covers {
            Covers::Payload(id) => sqlx::query_scalar(
                "SELECT count(*) FROM payloads WHERE shredded_by IS NULL AND id = ?",
            )
            .bind(id.clone()),
            Covers::Request(id) => sqlx::query_scalar(
                "SELECT count(*) FROM payloads JOIN events USING (idx) WHERE shredded_by IS NULL AND request = ?",
            )
            .bind(id.clone()),
            Covers::Subject(subject) => sqlx::query_scalar(
                "SELECT count(*) FROM payload_keys JOIN keys ON keys.id = payload_keys.key WHERE subject = ?",
            )
            .bind(unhex(subject).unwrap_or_default()),
            Covers::Everything => {
                sqlx::query_scalar("SELECT count(*) FROM payloads WHERE shredded_by IS NULL")
            }
        };
        let count: i64 = query.fetch_one(&self.shared.readers).await?;
        unsigned(count, "count of payloads")
    }

    /// Releases a legal hold. It is an event.
    ///
    /// # Errors
    /// [`Error::NotFound`] when no hold of that id is in force.
    pub async fn release_hold(&self, id: &str, order: &Order) -> Result<(), Error> {
        let _maintenance = self.maintenance().await?;
        if self
            .shared
            .committed()?
            .register
            .body(HOLD_KIND, id)
            .is_none()
        {
            return Err(Error::NotFound {
                kind: "hold",
                id: id.into(),
            });
        }
        if order.dry_run {
            return Ok(());
        }
        self.change_hold(id, None, "released", order).await
    }

    /// Returns the legal holds in force.
    ///
    /// # Errors
    /// As [`Store::register_rows`].
    pub async fn holds(&self) -> Result<Vec<Hold>, Error> {
        let state = self.shared.current().await?;
        holds(&state)
    }

    async fn change_hold(
        &self,
        id: &str,
        body: Option<String>,
        action: &str,
        order: &Order,
    ) -> Result<(), Error> {
        let change = RegisterChange {
            kind: HOLD_KIND.into(),
            id: id.into(),
            body,
        };
        self.commit_with(|| {
            let mut event = self.shared.event(EventKind::LegalHold)?;
            event.who = order.who.clone();
            event.change = Some(Change {
                object: format!("{HOLD_KIND}/{id}"),
                action: action.into(),
                why: order.why.clone(),
                ..Change::default()
            });
            let mut prepared = self.shared.prepared();
            self.shared.prepare_register(
                std::slice::from_ref(&change),
                &mut event,
                &mut prepared,
            )?;
            prepared.events.push(self.shared.seal_event(event)?);
            Ok(prepared)
        })
        .await?;
        Ok(())
    }
}

fn check_name(id: &str, covers: &Covers) -> Result<(), Error> {
    if !(1..=200).contains(&id.len()) {
        return Err(Error::Refused(
            "a legal hold's id must have 1 to 200 bytes".into(),
        ));
    }
    match covers {
        Covers::Subject(subject) if unhex(subject).is_none_or(|bytes| bytes.len() != 32) => {
            Err(Error::Refused(
                "a subject is named by the 64 hexadecimal digits of its keyed hash".into(),
            ))
        }
        _ => Ok(()),
    }
}

fn holds(state: &State) -> Result<Vec<Hold>, Error> {
    let bodies = state.register.bodies(HOLD_KIND);
    let holds = bodies.map(|(id, body)| {
        serde_json::from_str(body)
            .map_err(|_| Error::Damaged(format!("legal hold {id:?} cannot be read")))
    });
    holds.collect()
}

/// The holds in force, ready to ask for many payloads.
pub(crate) struct Holds {
    by_payload: HashMap<String, String>,
    by_request: HashMap<String, String>,
    by_subject: HashMap<Vec<u8>, String>,
    everything: Option<String>,
}

impl Holds {
    pub(crate) fn of(state: &State) -> Result<Holds, Error> {
        let mut sorted = Holds {
            by_payload: HashMap::new(),
            by_request: HashMap::new(),
            by_subject: HashMap::new(),
            everything: None,
        };
        for hold in holds(state)? {
            match hold.covers {
                Covers::Payload(payload) => drop(sorted.by_payload.insert(payload, hold.id)),
                Covers::Request(request) => drop(sorted.by_request.insert(request, hold.id)),
                Covers::Subject(subject) => {
                    sorted
                        .by_subject
                        .insert(unhex(&subject).unwrap_or_default(), hold.id);
                }
                Covers::Everything => sorted.everything = Some(hold.id),
            }
        }
        Ok(sorted)
    }

    /// Returns the hold that covers a payload.
    pub(crate) fn on_payload(&self, payload: &Authentic) -> Option<&str> {
        let of_request = || self.by_request.get(payload.request.as_ref()?);
        let subjects = || payload.owners.iter().filter_map(|owner| owner.subject);
        let of_subject = || subjects().find_map(|subject| self.by_subject.get(subject.as_slice()));
        self.everything
            .as_ref()
            .or_else(|| self.by_payload.get(&payload.id))
            .or_else(of_request)
            .or_else(of_subject)
            .map(String::as_str)
    }

    /// Returns the hold that covers a subject as such.
    pub(crate) fn on_subject(&self, subject: &[u8; 32]) -> Option<&str> {
        self.everything
            .as_ref()
            .or_else(|| self.by_subject.get(subject.as_slice()))
            .map(String::as_str)
    }
}

impl Shared {
    /// Reads the holds in force for this process's commits.
    pub(crate) fn holds(&self) -> Result<Holds, Error> {
        let state = self.committed()?;
        Holds::of(&state)
    }
}
