//! What stands beside the log: keys, register, cosigned checkpoints, and rows that no event accounts for.

use covenant_ledger::{Event, EventKind, checkpoint};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::{Audit, PORTION};
use crate::error::Error;
use crate::head::signed;
use crate::keyring::KeyRow;
use crate::record::RegisterChange;
use crate::register::{Register, StoredRow, change_digest};
use crate::show::cosigned_digest;

impl Audit<'_> {
    /// Unwraps every key.
    pub(super) async fn check_keys(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Error> {
        let service = self.shared.keyring.service();
        let mut last = String::new();
        loop {
            let rows = KeyRow::after(connection, &last, PORTION).await;
            let Some(rows) = self.note(rows)? else {
                return Ok(());
            };
            let Some(end) = rows.last() else {
                return Ok(());
            };
            last = end.id.to_string();
            for row in rows {
                let key = row.unwrap(&service, &self.shared.options.tenant);
                self.note(key)?;
            }
        }
    }

    /// Checks every version of every register row, and the register as a whole.
    pub(super) async fn check_register(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Error> {
        let keyring = &self.shared.keyring;
        let digest: Option<Vec<u8>> = sqlx::query_scalar("SELECT register_digest FROM head")
            .fetch_optional(&mut *connection)
            .await?;
        let digest = <[u8; 32]>::try_from(digest.unwrap_or_default()).unwrap_or_default();
        let whole = Register::load(connection, keyring, &digest).await;
        self.note(whole)?;
        let query =
            "SELECT kind, id, version, idx, body, tag FROM register ORDER BY kind, id, version";
        let rows: Vec<SqliteRow> = sqlx::query(query).fetch_all(connection).await?;
        let mut before: Option<(String, String, u32)> = None;
        for row in &rows {
            let read = StoredRow::read(row, keyring);
            let Some(row) = self.note(read)? else {
                continue;
            };
            let checked = row.check(&keyring.tags);
            self.note(checked)?;
            let number = row.version.version;
            let expected = before
                .take()
                .filter(|(kind, id, _)| *kind == row.kind && *id == row.id);
            if expected.map_or(1, |(_, _, version)| version.saturating_add(1)) != number {
                self.find(format!(
                    "register row {} {:?}: versions before {number} are missing",
                    row.kind, row.id
                ));
            }
            before = Some((row.kind.clone(), row.id.clone(), number));
            self.register
                .entry(row.version.index)
                .or_default()
                .push(row);
        }
        Ok(())
    }

    /// The register rows an event wrote must be those whose digest it carries.
    pub(super) fn check_change(&mut self, index: u64, event: &Event) {
        let Some(rows) = self.register.remove(&index) else {
            return;
        };
        let changes: Vec<(RegisterChange, u32)> =
            rows.into_iter().map(StoredRow::into_change).collect();
        let recorded = event.change.as_ref().map(|change| change.digest.as_str());
        if recorded != Some(&change_digest(&changes)) {
            self.find(format!(
                "the register rows of event {index} are not those it recorded"
            ));
        }
    }

    pub(super) async fn check_cosigned(
        &mut self,
        connection: &mut SqliteConnection,
        index: u64,
        event: &Event,
    ) -> Result<(), Error> {
        if event.kind != EventKind::Cosigned {
            return Ok(());
        }
        let query =
            sqlx::query_as("SELECT size, note FROM cosigned WHERE idx = ?").bind(signed(index));
        let kept: Option<(i64, String)> = query.fetch_optional(connection).await?;
        let digest = event.change.as_ref().map(|change| change.digest.as_str());
        let size = |note: &str| {
            checkpoint::parse_note(note)
                .ok()
                .map(|(checkpoint, _)| signed(checkpoint.size))
        };
        match kept {
            Some((kept_size, note))
                if digest == Some(&cosigned_digest(&note)) && size(&note) == Some(kept_size) =>
            {
                self.cosigned += 1;
            }
            Some(_) => self.find(format!(
                "the checkpoint cosigned at event {index} is not the one it recorded"
            )),
            None => self.find(format!(
                "the checkpoint cosigned at event {index} is missing"
            )),
        }
        Ok(())
    }

    /// Rows that no event accounts for.
    pub(super) async fn check_counts(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), Error> {
        let query = "SELECT (SELECT count(*) FROM payloads), (SELECT count(*) FROM payloads WHERE shredded_by IS NOT NULL),
             (SELECT count(*) FROM cosigned)";
        let (payloads, shredded, cosigned): (i64, i64, i64) =
            sqlx::query_as(query).fetch_one(&mut *connection).await?;
        for (what, stored, accounted) in [
            ("payloads", payloads, self.payloads),
            ("shredded payloads", shredded, self.shredded),
            ("cosigned checkpoints", cosigned, self.cosigned),
        ] {
            if stored != accounted {
                self.find(format!(
                    "{what}: {stored} are stored, events account for {accounted}"
                ));
            }
        }
        for (key, (index, payload)) in std::mem::take(&mut self.missing_keys) {
            self.verifier.fault(
                index,
                format!("key {key} of payload {payload} is missing, and no event says that it was destroyed"),
            );
        }
        for index in self.register.keys().copied().collect::<Vec<u64>>() {
            self.find(format!(
                "a register row names event {index}, which is not in the log"
            ));
        }
        let query = sqlx::query_as("SELECT request, idx FROM open_requests ORDER BY request");
        let stored: Vec<(String, i64)> = query.fetch_all(connection).await?;
        let derived: Vec<(String, i64)> = std::mem::take(&mut self.open)
            .into_iter()
            .map(|(request, index)| (request, signed(index)))
            .collect();
        if stored != derived {
            self.find("the list of open requests is not that of the events");
        }
        Ok(())
    }
}
