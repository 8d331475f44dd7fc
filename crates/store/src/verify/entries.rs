//! The walk through the log: entries, tiles, and the columns that repeat what is sealed.

use std::sync::Arc;

use covenant_ledger::{Event, entry};
use covenant_seal::KeyId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{Audit, PORTION};
use crate::error::Error;
use crate::head::{signed, unsigned};
use crate::keyring::{KeyRow, LogKey};
use crate::open::Shared;
use crate::plan::{closes, opens};
use crate::tree::{FullTile, TILE_WIDTH};

/// A row of `events`.
struct Row {
    index: u64,
    id: String,
    kind: String,
    at_ms: i64,
    request: Option<String>,
    leaf: Vec<u8>,
}

impl Audit<'_> {
    pub(super) async fn check_entries(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Error> {
        let mut from = 0;
        loop {
            let query = "SELECT idx, id, kind, at_ms, request, leaf FROM events WHERE idx >= ? ORDER BY idx LIMIT ?";
            let rows = sqlx::query(query)
                .bind(from)
                .bind(PORTION)
                .fetch_all(&mut *connection)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            from = last.try_get::<i64, _>(0)?.saturating_add(1);
            for row in &rows {
                let row = Row::read(row)?;
                self.check_entry(connection, &row).await?;
            }
        }
    }

    async fn check_entry(
        &mut self,
        connection: &mut SqliteConnection,
        row: &Row,
    ) -> Result<(), Error> {
        if row.index.is_multiple_of(TILE_WIDTH) {
            self.leaf_hashes = stored_tile(connection, 0, row.index / TILE_WIDTH)
                .await?
                .map_or(Vec::new(), |tile| tile.hashes.as_chunks::<32>().0.to_vec());
        }
        let position = usize::try_from(row.index % TILE_WIDTH).unwrap_or(usize::MAX);
        self.verifier
            .entry(row.index, &row.leaf, self.leaf_hashes.get(position));
        if row.index == self.edge.size() {
            for full in self
                .edge
                .append(covenant_ledger::tree::leaf_hash(&row.leaf))
            {
                self.check_tile(connection, &full).await?;
            }
        }
        if let Some(event) = self.open_event(connection, row).await? {
            self.check_columns(row, &event);
            self.follow_request(row.index, &event);
            self.check_change(row.index, &event);
            self.check_cosigned(connection, row.index, &event).await?;
            if event.kind.is_shredding() {
                event
                    .keys
                    .iter()
                    .for_each(|key| drop(self.missing_keys.remove(key)));
            }
            for payload in &event.payloads {
                self.check_payload(connection, row.index, &event, payload)
                    .await?;
            }
        }
        Ok(())
    }

    async fn check_tile(
        &mut self,
        connection: &mut SqliteConnection,
        full: &FullTile,
    ) -> Result<(), Error> {
        let stored = stored_tile(connection, full.level, full.index).await?;
        if stored.as_ref() != Some(full) {
            let problem = if stored.is_some() {
                "is not that of its entries"
            } else {
                "is missing"
            };
            self.find(format!(
                "tile {} of level {} {problem}",
                full.index, full.level
            ));
        }
        Ok(())
    }

    async fn open_event(
        &mut self,
        connection: &mut SqliteConnection,
        row: &Row,
    ) -> Result<Option<Event>, Error> {
        let header = match entry::header(&row.leaf) {
            Ok(header) => header,
            Err(error) => {
                self.verifier.fault(row.index, error.to_string());
                return Ok(None);
            }
        };
        if !self.log_keys.contains_key(&header.key_id) {
            // The snapshot's own row, not what is in memory: the stored key must open the stored event.
            let key = stored_log_key(self.shared, connection, &header.key_id).await;
            match key {
                Ok(key) => drop(self.log_keys.insert(header.key_id.clone(), key)),
                Err(error @ Error::Database(_)) => return Err(error),
                Err(error) => {
                    self.verifier.fault(row.index, error.to_string());
                    return Ok(None);
                }
            }
        }
        let Some(key) = self.log_keys.get(&header.key_id) else {
            return Ok(None);
        };
        Ok(self
            .verifier
            .value(row.index, &row.leaf, &key.key, &self.shared.options.tenant))
    }

    /// What stands beside the leaf must repeat what is sealed in it.
    fn check_columns(&mut self, row: &Row, event: &Event) {
        let columns = [
            ("id", row.id == event.id),
            ("kind", row.kind == event.kind.as_str()),
            ("time", row.at_ms == event.at_ms),
            ("request", row.request == event.request),
        ];
        for (name, _) in columns.iter().filter(|(_, same)| !same) {
            self.verifier.fault(
                row.index,
                format!("the {name} in the database is not that of the event"),
            );
        }
        if event.at_ms < self.last_ms {
            self.verifier
                .fault(row.index, "its time is before that of the event before it");
        }
        self.last_ms = self.last_ms.max(event.at_ms);
    }

    fn follow_request(&mut self, index: u64, event: &Event) {
        let Some(request) = &event.request else {
            return;
        };
        if opens(event.kind) {
            self.open.insert(request.clone(), index);
        } else if closes(event.kind) {
            self.open.remove(request);
        }
    }
}

impl Row {
    fn read(row: &SqliteRow) -> Result<Row, Error> {
        Ok(Row {
            index: unsigned(row.try_get(0)?, "index of an event")?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            at_ms: row.try_get(3)?,
            request: row.try_get(4)?,
            leaf: row.try_get(5)?,
        })
    }
}

async fn stored_log_key(
    shared: &Shared,
    connection: &mut SqliteConnection,
    id: &KeyId,
) -> Result<Arc<LogKey>, Error> {
    let row = KeyRow::find(connection, id)
        .await?
        .ok_or_else(|| Error::Damaged(format!("log key {id} is missing")))?;
    let key = row.unwrap(&shared.keyring.service(), &shared.options.tenant)?;
    Ok(Arc::new(LogKey {
        id: id.clone(),
        key,
    }))
}

async fn stored_tile(
    connection: &mut SqliteConnection,
    level: u8,
    index: u64,
) -> Result<Option<FullTile>, Error> {
    let query = sqlx::query_as("SELECT root, hashes FROM tiles WHERE level = ? AND idx = ?");
    let row: Option<(Vec<u8>, Vec<u8>)> = query
        .bind(level)
        .bind(signed(index))
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(root, hashes)| FullTile {
        level,
        index,
        root: <[u8; 32]>::try_from(root).unwrap_or_default(),
        hashes,
    }))
}
