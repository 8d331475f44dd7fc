//! What the log says of payloads, against what is stored of them.

use covenant_ledger::verify::StoredPayload as Stored;
use covenant_ledger::{Event, PayloadRef};
use covenant_seal::{hex, sha256};
use sqlx::SqliteConnection;

use super::Audit;
use crate::error::Error;
use crate::payloads::{StoredPayload, wraps};

impl Audit<'_> {
    pub(super) async fn check_payload(
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
}
