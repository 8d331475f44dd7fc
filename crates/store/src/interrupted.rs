//! Requests that were forwarded or being answered when the last writer ended: each is closed by an event that says so.
//!
//! INVARIANT: an event is written only for a request that the log itself leaves open. The list of open requests is held
//! against the log, all of it before the first event, so a forged row is refused and makes no entry; and every portion
//! starts behind the last one, so the work ends whatever the rows say.

use covenant_ledger::{Event, EventKind};
use sqlx::SqliteConnection;

use crate::error::Error;
use crate::head::{signed, unsigned};
use crate::open::Shared;
use crate::plan::{closes, opens};
use crate::prepare::{Prepared, SealedEvent};
use crate::store::Store;

/// How many requests one commit closes.
const CLOSED_AT_ONCE: u32 = 256;

/// Where a portion of the list ended.
type Place = (i64, String);

impl Store {
    /// Closes every request that was never closed.
    pub(crate) async fn close_interrupted(&self) -> Result<(), Error> {
        let mut after = (i64::MIN, String::new());
        while !self.portion(&mut after).await?.is_empty() {}
        let mut after = (i64::MIN, String::new());
        loop {
            let open = self.portion(&mut after).await?;
            if open.is_empty() {
                return Ok(());
            }
            tracing::warn!(
                requests = open.len(),
                "requests were never closed; recorded as interrupted"
            );
            self.commit_with(|| {
                let closing = open.iter().map(|event| self.shared.interrupted(event));
                let events: Result<Vec<_>, Error> = closing.collect();
                Ok(Prepared {
                    events: events?,
                    ..self.shared.prepared()
                })
            })
            .await?;
        }
    }

    /// Returns the events that the next requests of the list were last opened by; empty at the end.
    async fn portion(&self, after: &mut Place) -> Result<Vec<Event>, Error> {
        let mut connection = self.shared.readers.acquire().await?;
        let query = "SELECT idx, request FROM open_requests WHERE (idx, request) > (?, ?) ORDER BY idx, request LIMIT ?";
        let query = sqlx::query_as(query).bind(after.0).bind(after.1.clone());
        let rows: Vec<Place> = query
            .bind(CLOSED_AT_ONCE)
            .fetch_all(&mut *connection)
            .await?;
        if let Some(last) = rows.last() {
            *after = last.clone();
        }
        let mut open = Vec::with_capacity(rows.len());
        for (index, request) in rows {
            let index = unsigned(index, "event index of an open request")?;
            let event = self.shared.event_at(&mut connection, index).await?;
            let opened = opens(event.kind) && event.request.as_deref() == Some(request.as_str());
            if !opened
                || self
                    .shared
                    .is_closed(&mut connection, &request, index)
                    .await?
            {
                return Err(Error::Damaged(format!(
                    "request {request:?} is listed as open since event {index}, and the log says otherwise"
                )));
            }
            open.push(event);
        }
        Ok(open)
    }
}

impl Shared {
    /// Says whether an event after that of the index closes the request.
    async fn is_closed(
        &self,
        connection: &mut SqliteConnection,
        request: &str,
        index: u64,
    ) -> Result<bool, Error> {
        let query = "SELECT leaf FROM events WHERE request = ? AND idx > ? ORDER BY idx";
        let query = sqlx::query_scalar(query)
            .bind(request.to_owned())
            .bind(signed(index));
        let leaves: Vec<Vec<u8>> = query.fetch_all(&mut *connection).await?;
        for leaf in &leaves {
            let event = self.open_leaf(connection, leaf).await?;
            if closes(event.kind) && event.request.as_deref() == Some(request) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn interrupted(&self, open: &Event) -> Result<SealedEvent, Error> {
        let mut event = self.event(EventKind::Interrupted)?;
        event.request.clone_from(&open.request);
        event.who = open.who.clone();
        event.subjects.clone_from(&open.subjects);
        event.what.clone_from(&open.what);
        event.why.clone_from(&open.why);
        event.note = Some(format!(
            "interrupted after {}, amount unknown",
            open.kind.as_str()
        ));
        self.seal_event(event)
    }
}
