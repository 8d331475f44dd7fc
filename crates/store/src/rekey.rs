//! New keys for what is stored: the next log key, another key-encryption key, a payload sealed anew.
//!
//! Events are never sealed again; that would change the log. A new key-encryption key wraps their keys instead.

use std::sync::Arc;

use covenant_ledger::{Event, EventKind};
use covenant_seal::KeyService;

use crate::error::Error;
use crate::head::unsigned;
use crate::keyring::{KeyUse, LogKey};
use crate::payloads::{Authentic, Destroyed, OpenedPayload};
use crate::prepare::{First, Prepared, Step};
use crate::record::{Order, Rekeying};
use crate::store::Store;

impl Store {
    /// Seals later events under a new log key. Earlier events stay under theirs.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] when the commit failed; the old key stays in use then.
    pub async fn rotate_log_key(&self, order: &Order) -> Result<Rekeying, Error> {
        let _maintenance = self.maintenance().await?;
        if order.dry_run {
            return Ok(Rekeying {
                count: 1,
                event: None,
            });
        }
        self.rotate(order).await
    }

    /// Wraps every key under another key-encryption key, in one transaction. Hashes, signatures, events and payloads
    /// stay as they are; the old key opens nothing afterwards.
    ///
    /// # Errors
    /// [`Error::Seal`] naming the key that could not be unwrapped or wrapped: nothing has changed then.
    pub async fn rewrap(
        &self,
        keys: Arc<dyn KeyService>,
        order: &Order,
    ) -> Result<Rekeying, Error> {
        let _maintenance = self.maintenance().await?;
        let mut connection = self.shared.readers.acquire().await?;
        let query = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM keys) + (SELECT count(key) FROM payloads)",
        );
        let count = unsigned(query.fetch_one(&mut *connection).await?, "count of keys")?;
        drop(connection);
        if order.dry_run {
            return Ok(Rekeying { count, event: None });
        }
        let old = self.shared.keyring.service().keys.id().to_string();
        let committed = self
            .commit_with(|| {
                let mut event = self.commanded(EventKind::KeysRewrapped, order)?;
                event.keys = vec![old.clone(), keys.id().to_string()];
                let mut prepared = self.shared.prepared();
                prepared.first = Some(First::Rewrap(Arc::clone(&keys)));
                prepared.events.push(self.shared.seal_event(event)?);
                Ok(prepared)
            })
            .await?;
        Ok(Rekeying {
            count,
            event: Some(committed.index),
        })
    }

    /// Seals a payload anew under a new key of its own, for the same owners. The event carries the new digest.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Shredded`], [`Error::Seal`] and [`Error::Damaged`] when it was altered.
    pub async fn reencrypt(&self, payload: &str, order: &Order) -> Result<Rekeying, Error> {
        let _maintenance = self.maintenance().await?;
        let mut connection = self.shared.readers.acquire().await?;
        let opened = self.shared.open_payload(&mut connection, payload).await?;
        let Authentic {
            request, owners, ..
        } = self
            .shared
            .authenticate_id(&mut connection, payload, &mut Destroyed::default())
            .await?;
        let owners = owners.into_iter();
        let owners = owners.filter(|row| row.used_for == KeyUse::Subject);
        let owners = owners.map(|row| self.shared.keyring.owner(row));
        let owners: Vec<_> = owners.collect::<Result<_, Error>>()?;
        drop(connection);
        if order.dry_run {
            return Ok(Rekeying {
                count: 1,
                event: None,
            });
        }
        let OpenedPayload {
            kind,
            keep_until_ms,
            content,
            ..
        } = opened;
        let committed = self
            .commit_with(|| {
                let content = content.as_slice();
                let sealed = self.shared.seal_content(
                    payload,
                    kind.as_str(),
                    keep_until_ms,
                    content,
                    &owners,
                )?;
                let mut event = self.commanded(EventKind::PayloadReencrypted, order)?;
                event.request.clone_from(&request);
                event.payloads = vec![sealed.reference()];
                event.keys = sealed.key_ids();
                let mut prepared = self.shared.prepared();
                prepared.events.push(self.shared.seal_event(event)?);
                prepared.steps.push(Step::Replace {
                    payload: sealed,
                    event: 0,
                });
                Ok(prepared)
            })
            .await?;
        Ok(Rekeying {
            count: 1,
            event: Some(committed.index),
        })
    }

    /// Rotates the log key before it has sealed too often.
    pub(crate) async fn rotate_if_due(&self) -> Result<(), Error> {
        if !self.is_log_key_due() {
            return Ok(());
        }
        let _maintenance = self.maintenance().await?;
        // Another caller may have done it meanwhile.
        if self.is_log_key_due() {
            let why = "the log key has sealed as often as it may".into();
            self.rotate(&Order {
                why,
                ..Order::default()
            })
            .await?;
        }
        Ok(())
    }

    fn is_log_key_due(&self) -> bool {
        self.shared.keyring.log_key().key.seals().count()
            >= self.shared.options.tuning.seals_per_log_key
    }

    async fn rotate(&self, order: &Order) -> Result<Rekeying, Error> {
        let committed = self.commit_with(|| self.prepare_rotation(order)).await?;
        Ok(Rekeying {
            count: 1,
            event: Some(committed.index),
        })
    }

    fn prepare_rotation(&self, order: &Order) -> Result<Prepared, Error> {
        let mut prepared = self.shared.prepared();
        let mut event = self.commanded(EventKind::LogKeyRotated, order)?;
        let size = self.shared.committed()?.head.size;
        let (row, key) = self
            .shared
            .keyring
            .make(KeyUse::Log, None, size, event.at_ms)?;
        let key = Arc::new(LogKey {
            id: row.id.clone(),
            key,
        });
        event.keys = vec![
            self.shared.keyring.log_key().id.to_string(),
            row.id.to_string(),
        ];
        prepared
            .events
            .push(self.shared.seal_event_under(event, &key)?);
        prepared.steps.push(Step::AddLogKey { row, key });
        Ok(prepared)
    }

    /// Makes an event of a command.
    pub(crate) fn commanded(&self, kind: EventKind, order: &Order) -> Result<Event, Error> {
        let mut event = self.shared.event(kind)?;
        event.who = order.who.clone();
        event.note = (!order.why.is_empty()).then(|| order.why.clone());
        Ok(event)
    }
}
