//! The gateway's ports, met by the store: its log, its register, its clock.

use crate::state::State;
use crate::upstream_keys::UpstreamKeySource;
use arc_swap::ArcSwap;
use covenant_gateway::{Log, LogRecord, Payload, Snapshot, Unavailable};
use covenant_ledger::new_id;
use covenant_seal::Random;
use covenant_store::{Clock, NewPayload, PayloadKind, Record, Store};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
/// How often the register is read again when nothing says that it changed.
const REFRESHED_EVERY: Duration = Duration::from_secs(60);
/// How soon a register that could not be read is tried again.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The gateway's log, over the store.
pub struct StoreLog {
    /// Where it is kept.
    pub store: Store,
    /// The clock, for the ids of payloads.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for the ids of payloads.
    pub random: Arc<dyn Random>,
    /// The most days any content is kept, whatever a route says; 0: no content at all.
    pub keep_days: u32,
}

impl Log for StoreLog {
    fn record(&self, record: LogRecord) -> BoxFuture<'_, Result<(), Unavailable>> {
        let prepared = self.prepare(record);
        let store = self.store.clone();
        Box::pin(async move {
            let unavailable = |reason: String| Unavailable {
                part: "ledger",
                reason,
            };
            let record = prepared.map_err(|error| unavailable(error.to_string()))?;
            store
                .append(record)
                .await
                .map_err(|error| unavailable(error.to_string()))?;
            Ok(())
        })
    }
}

impl StoreLog {
    fn prepare(&self, record: LogRecord) -> Result<Record, covenant_ledger::Error> {
        let mut payloads = Vec::new();
        if self.keep_days > 0 {
            for payload in record.payloads {
                payloads.push(self.payload(payload)?);
            }
        }
        Ok(Record {
            event: record.event,
            payloads,
            register: Vec::new(),
        })
    }

    fn payload(&self, payload: Payload) -> Result<NewPayload, covenant_ledger::Error> {
        let now = self.clock.now_ms();
        let latest = now.saturating_add(i64::from(self.keep_days).saturating_mul(DAY_MS));
        Ok(NewPayload {
            id: new_id(now, self.random.as_ref())?,
            kind: match payload.kind {
                covenant_gateway::PayloadKind::Prompt => PayloadKind::Prompt,
                covenant_gateway::PayloadKind::Answer => PayloadKind::Answer,
                covenant_gateway::PayloadKind::Map => PayloadKind::Map,
            },
            content: payload.content,
            subjects: payload.subjects,
            keep_until_ms: payload.keep_until_ms.min(latest),
        })
    }
}

/// The gateway's clock, over the store's.
pub struct GatewayClock(pub Arc<dyn Clock>);

impl covenant_gateway::Clock for GatewayClock {
    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

/// The register in force, refreshed whenever a row changes.
pub struct Registers {
    current: ArcSwap<Result<InForce, String>>,
    upstream_keys: UpstreamKeySource,
}

#[derive(Clone)]
struct InForce {
    snapshot: Arc<Snapshot>,
    state: Arc<State>,
}

impl Registers {
    /// Reads the register for the first time.
    ///
    /// # Errors
    /// Rows that cannot be put in force: the server then refuses to start and says which.
    pub async fn open(
        store: &Store,
        upstream_keys: UpstreamKeySource,
    ) -> Result<Arc<Registers>, String> {
        let registers = Registers {
            current: ArcSwap::from_pointee(Err("not read yet".to_owned())),
            upstream_keys,
        };
        registers.refresh(store).await?;
        Ok(Arc::new(registers))
    }

    /// Reads the rows again and puts them in force. Rows that cannot be put in force stop the gateway, not the
    /// program: nothing is judged by a register that may be out of date.
    ///
    /// # Errors
    /// Why the rows cannot be put in force.
    pub async fn refresh(&self, store: &Store) -> Result<(), String> {
        let read = self.read(store).await;
        let refused = read.as_ref().err().cloned();
        self.current.store(Arc::new(read));
        refused.map_or(Ok(()), Err)
    }

    /// Refreshes on every change of the rows, now and then for vendors' credentials that have changed, and soon
    /// again after a failure; ends when the store is closed.
    pub async fn follow(self: Arc<Registers>, store: Store) {
        let mut version = store.register_version();
        loop {
            let soon = if self.state().is_ok() {
                REFRESHED_EVERY
            } else {
                TRIED_AGAIN_AFTER
            };
            if let Ok(Err(_)) = tokio::time::timeout(soon, version.changed()).await {
                return;
            }
            if let Err(error) = self.refresh(&store).await {
                tracing::error!(%error, "register not in force: every request is refused");
            }
        }
    }

    /// The rows in force, in the practice crates' types.
    ///
    /// # Errors
    /// Why there is no register in force.
    pub fn state(&self) -> Result<Arc<State>, String> {
        self.current
            .load()
            .as_ref()
            .as_ref()
            .map(|current| Arc::clone(&current.state))
            .map_err(Clone::clone)
    }

    async fn read(&self, store: &Store) -> Result<InForce, String> {
        let rows = store
            .register_rows()
            .await
            .map_err(|error| error.to_string())?;
        let state = State::read(&rows).map_err(|error| error.to_string())?;
        let keys = self.upstream_keys.read(&state.register);
        let snapshot = state.snapshot(keys).map_err(|error| error.to_string())?;
        Ok(InForce {
            snapshot: Arc::new(snapshot),
            state: Arc::new(state),
        })
    }
}

impl covenant_gateway::Register for Registers {
    fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        match self.current.load().as_ref() {
            Ok(current) => Ok(Arc::clone(&current.snapshot)),
            Err(reason) => Err(Unavailable {
                part: "register",
                reason: reason.clone(),
            }),
        }
    }
}
