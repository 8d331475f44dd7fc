//! The one place where a change is made: the operator is known, the policies allow it, the practice crates find it
//! sound, and event and row are written in one transaction. Commands, control socket and HTTP all come here.

mod access;
mod change;
mod error;
mod http;
mod keys;
mod plan;
mod recover;
mod sealed;
mod words;

pub use change::{AppForm, Change, HoldCovers, Order, Reference};
pub use error::Error;
pub(crate) use http::{Door, RECOVERIES, routes};
pub(crate) use recover::Proven;
pub use recover::Recovery;

use crate::ports::Registers;
use covenant_access::Operator;
use covenant_govern::Date;
use covenant_ledger::{Event, Who, checkpoint::VerifierKey, new_id};
use covenant_seal::{HashKey, Random, SecretString};
use covenant_store::{Clock, Record, Store};
use plan::Plan;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Makes changes.
pub struct Admin {
    store: Store,
    registers: Arc<Registers>,
    app_keys: HashKey,
    subjects: HashKey,
    witnesses: Vec<VerifierKey>,
    data_directory: PathBuf,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// One change at a time: each is judged by the rows the one before it left.
    turn: Mutex<()>,
}

/// What an [`Admin`] is made of.
pub struct Parts {
    /// Where changes are written.
    pub store: Store,
    /// The register in force.
    pub registers: Arc<Registers>,
    /// Hashes the keys of apps and operators.
    pub app_keys: HashKey,
    /// Hashes patients' references.
    pub subjects: HashKey,
    /// Witnesses whose cosignatures are kept.
    pub witnesses: Vec<VerifierKey>,
    /// The data directory; no key lies in it.
    pub data_directory: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// A change that was made.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// What was changed, such as `agreement/acme-2026`.
    pub object: String,
    /// What was done, such as `signed`.
    pub action: String,
    /// The index of the event in the ledger; none in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// A key, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ShownOnce>,
    /// What was done, in figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<(String, u64)>,
    /// What the operator should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Content that was read, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ShownOnce>,
}

/// A text that goes to the operator who asked, and nowhere else.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ShownOnce(SecretString);

impl ShownOnce {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: String) -> ShownOnce {
        ShownOnce(SecretString::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[shown once]")
    }
}

impl Serialize for ShownOnce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl Admin {
    /// Makes it of its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Admin {
        let Parts {
            store,
            registers,
            app_keys,
            subjects,
            witnesses,
            data_directory,
            clock,
            random,
        } = parts;
        Admin {
            store,
            registers,
            app_keys,
            subjects,
            witnesses,
            data_directory,
            clock,
            random,
            turn: Mutex::new(()),
        }
    }

    /// The register in force.
    #[must_use]
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Makes a change for the operator whose key is presented.
    ///
    /// # Errors
    /// Says why it was not made; nothing is then changed.
    pub async fn execute(&self, presented: &SecretString, order: Order) -> Result<Done, Error> {
        let _turn = self.turn.lock().await;
        self.registers
            .refresh(&self.store)
            .await
            .map_err(Error::Unavailable)?;
        let operator = self.authenticate(presented)?;
        self.authorise(&operator, &order)?;
        self.make(&operator.name, order).await
    }

    /// Makes a change without asking who: for the first operator, before there is anyone to ask.
    pub(crate) async fn dangerous_execute_as(
        &self,
        name: &str,
        order: Order,
    ) -> Result<Done, Error> {
        let _turn = self.turn.lock().await;
        self.registers
            .refresh(&self.store)
            .await
            .map_err(Error::Unavailable)?;
        self.make(name, order).await
    }

    async fn make(&self, name: &str, order: Order) -> Result<Done, Error> {
        words::screen(&order, self.year())?;
        let Order { change, why } = order;
        let state = self.registers.state().map_err(Error::Unavailable)?;
        match plan::plan(&state, change, self)? {
            Plan::Rows(planned) => self.write(who(name), &why, planned).await,
            Plan::Sealed(work) => self.work(name, &why, work).await,
        }
    }

    /// Writes event and rows in one transaction, and puts them in force.
    async fn write(&self, who: Who, why: &str, planned: plan::Planned) -> Result<Done, Error> {
        let mut event = self.event(planned.event)?;
        let operator = who.operator.clone().unwrap_or_default();
        event.who = who;
        event.change = Some(covenant_ledger::Change {
            object: planned.done.object.clone(),
            action: planned.done.action.clone(),
            why: why.to_owned(),
            ..Default::default()
        });
        let record = Record {
            event,
            payloads: Vec::new(),
            register: planned.rows,
        };
        let receipt = self.store.append(record).await?;
        self.registers
            .refresh(&self.store)
            .await
            .map_err(Error::Unavailable)?;
        tracing::info!(
            operator,
            object = planned.done.object,
            action = planned.done.action,
            "register changed"
        );
        Ok(Done {
            event: Some(receipt.index),
            ..planned.done
        })
    }

    fn event(&self, kind: covenant_ledger::EventKind) -> Result<Event, Error> {
        let now = self.clock.now_ms();
        let id = new_id(now, self.random.as_ref())
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Event::new(kind, id, now))
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn year(&self) -> i64 {
        i64::from(Date::from_ms(self.now_ms()).year())
    }
}

/// An operator as the who of an event.
fn who(name: &str) -> Who {
    Who {
        operator: Some(name.to_owned()),
        ..Who::default()
    }
}

/// Looks a presented key up among the operators.
fn find(
    state: &crate::state::State,
    presented: &covenant_access::key::Presented,
) -> Option<(Operator, covenant_access::AppKey)> {
    state
        .operator_of(presented)
        .map(|(operator, key)| (operator.clone(), key.clone()))
}
