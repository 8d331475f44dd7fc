//! Reading the log: events by what is known of them, checkpoints, proofs.

use covenant_ledger::checkpoint::{self, VerifierKey};
use covenant_ledger::{Change, Event, EventKind, proof, tree};
use covenant_seal::{hex, sha256};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::error::{At as _, Error};
use crate::head::{signed, unsigned};
use crate::prepare::Step;
use crate::record::{EventFilter, Order};
use crate::store::Store;
use crate::tree::{read_nodes, root_at};

/// Events read at a time.
const PORTION: u32 = 256;

impl Store {
    /// Returns the signed checkpoint of the log as it is now.
    ///
    /// # Errors
    /// [`Error::Damaged`] in a process that only reads; [`Error::Database`].
    pub async fn checkpoint(&self) -> Result<String, Error> {
        Ok(self.shared.current().await?.head.note.clone())
    }

    /// Returns the events that the filter lets through, with their indexes.
    ///
    /// # Errors
    /// [`Error::Ledger`] when an event cannot be opened; [`Error::Database`].
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<(u64, Event)>, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let mut search = Search::of(&mut snapshot, filter).await?;
        let mut found = Vec::new();
        while found.len() < filter.limit {
            let rows = search.next(&mut snapshot).await?;
            if rows.is_empty() {
                break;
            }
            for (index, leaf) in rows {
                let event = self.shared.open_leaf(&mut snapshot, &leaf).await?;
                if search.lets_through(&event) && found.len() < filter.limit {
                    found.push((index, event));
                }
            }
        }
        Ok(found)
    }

    /// Proves that the event of an index is in the log (C2SP tlog-proof). The proof carries the sealed bytes of the
    /// event, so that anybody can check it without this store; only the keys open them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such event.
    pub async fn prove(&self, index: u64) -> Result<String, Error> {
        let mut snapshot = self.shared.readers.begin().await?;
        let query = "SELECT size, note FROM head";
        let (size, note): (i64, String) = sqlx::query_as(query).fetch_one(&mut *snapshot).await?;
        let size = unsigned(size, "head size")?;
        let query = sqlx::query_scalar("SELECT leaf FROM events WHERE idx = ?").bind(signed(index));
        let leaf: Option<Vec<u8>> = query.fetch_optional(&mut *snapshot).await?;
        let leaf = leaf.ok_or_else(|| Error::NotFound {
            kind: "event",
            id: index.to_string(),
        })?;
        let place = || format!("proof of event {index}");
        let needs = tree::inclusion_needs(index, size).at(place)?;
        let nodes = read_nodes(&mut snapshot, needs, size).await?;
        let hashes = tree::inclusion_proof(index, size, &nodes).at(place)?;
        let text = proof::format(index, &hashes, &note, Some(&leaf));
        // A proof that would not verify is worth a clear error here, not a riddle elsewhere.
        let log = std::slice::from_ref(self.shared.signer.verifier_key());
        proof::parse(&text)
            .and_then(|proof| proof.verify(&leaf, log))
            .at(place)?;
        Ok(text)
    }

    /// Keeps a witness's cosignature: `note` is the checkpoint it cosigned (with any cosignatures it has), `line` the
    /// witness's signature line. Returns the cosigned note. It is an event.
    ///
    /// # Errors
    /// [`Error::Ledger`] when the line is of none of `witnesses` or does not verify, [`Error::Refused`] when the
    /// checkpoint is not one of this log.
    pub async fn cosign(
        &self,
        note: &str,
        line: &str,
        witnesses: &[VerifierKey],
        order: &Order,
    ) -> Result<String, Error> {
        let _maintenance = self.maintenance().await?;
        let place = || "cosigned checkpoint".to_owned();
        let cosigned = checkpoint::add_cosignature(note, line, witnesses).at(place)?;
        let log = std::slice::from_ref(self.shared.signer.verifier_key());
        let (checkpoint, _) = checkpoint::open(&cosigned, log).at(place)?;
        self.refuse_foreign(checkpoint.size, &checkpoint.root)
            .await?;
        if order.dry_run {
            return Ok(cosigned);
        }
        self.commit_with(|| {
            let mut event = self.commanded(EventKind::Cosigned, order)?;
            event.change = Some(Change {
                object: format!("checkpoint/{}", checkpoint.size),
                action: "cosigned".into(),
                why: order.why.clone(),
                digest: cosigned_digest(&cosigned),
                version: 0,
            });
            let mut prepared = self.shared.prepared();
            prepared.events.push(self.shared.seal_event(event)?);
            prepared.steps.push(Step::KeepCosigned {
                size: checkpoint.size,
                note: cosigned.clone(),
                event: 0,
            });
            Ok(prepared)
        })
        .await?;
        Ok(cosigned)
    }

    /// Returns the cosigned checkpoints, latest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn cosigned(&self) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT note FROM cosigned ORDER BY size DESC, idx DESC");
        Ok(query.fetch_all(&self.shared.readers).await?)
    }

    async fn refuse_foreign(&self, size: u64, root: &tree::Hash) -> Result<(), Error> {
        let now = self.shared.committed()?.head.size;
        if size <= now {
            let mut snapshot = self.shared.readers.begin().await?;
            if root_at(&mut snapshot, size, now).await? == *root {
                return Ok(());
            }
        }
        Err(Error::Refused(
            "the checkpoint is not one of this log".into(),
        ))
    }
}

/// What the event says of a kept cosigned checkpoint.
pub(crate) fn cosigned_digest(note: &str) -> String {
    hex(&sha256(note.as_bytes()))
}

/// A search through the log, portion by portion.
pub(crate) struct Search<'a> {
    filter: &'a EventFilter,
    /// What is left to look at: from here, up to there.
    from: u64,
    to: u64,
}

impl<'a> Search<'a> {
    pub(crate) async fn of(
        connection: &mut SqliteConnection,
        filter: &'a EventFilter,
    ) -> Result<Search<'a>, Error> {
        let size: i64 = sqlx::query_scalar("SELECT size FROM head")
            .fetch_one(&mut *connection)
            .await?;
        let size = unsigned(size, "head size")?;
        let mut from = filter.from_index;
        let mut to = filter.to_index.unwrap_or(size).min(size);
        if let Some(ms) = filter.from_ms {
            from = from.max(first_at_or_after(connection, ms, size).await?);
        }
        if let Some(ms) = filter.to_ms {
            to = to.min(first_at_or_after(connection, ms, size).await?);
        }
        Ok(Search { filter, from, to })
    }

    /// Returns the next events of the searched requests and kinds; empty at the end.
    pub(crate) async fn next(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let rows: Vec<(i64, Vec<u8>)> = self.query().build_query_as().fetch_all(connection).await?;
        let rows: Result<Vec<_>, Error> = rows
            .into_iter()
            .map(|(index, leaf)| Ok((unsigned(index, "index of an event")?, leaf)))
            .collect();
        let rows = rows?;
        if let Some((last, _)) = rows.last() {
            match self.filter.newest_first {
                true => self.to = *last,
                false => self.from = last.saturating_add(1),
            }
        }
        Ok(rows)
    }

    /// Says whether an event meets what only the opened event tells.
    pub(crate) fn lets_through(&self, event: &Event) -> bool {
        let filter = self.filter;
        let of_app = filter.app.is_none() || event.who.app == filter.app;
        let of_kind = filter.kinds.is_empty() || filter.kinds.contains(&event.kind);
        let of_request = filter.request.is_none() || event.request == filter.request;
        of_app && of_kind && of_request
    }

    fn query(&self) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("SELECT idx, leaf FROM events WHERE idx >= ");
        query
            .push_bind(signed(self.from))
            .push(" AND idx < ")
            .push_bind(signed(self.to));
        if let Some(request) = &self.filter.request {
            query.push(" AND request = ").push_bind(request.clone());
        }
        if !self.filter.kinds.is_empty() {
            query.push(" AND kind IN (");
            let mut kinds = query.separated(", ");
            for kind in &self.filter.kinds {
                kinds.push_bind(kind.as_str());
            }
            query.push(")");
        }
        query.push(if self.filter.newest_first {
            " ORDER BY idx DESC LIMIT "
        } else {
            " ORDER BY idx LIMIT "
        });
        query.push_bind(PORTION);
        query
    }
}

/// Finds the first event that is not before a time; times never run backwards in the log.
async fn first_at_or_after(
    connection: &mut SqliteConnection,
    ms: i64,
    size: u64,
) -> Result<u64, Error> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let query =
            sqlx::query_scalar("SELECT at_ms FROM events WHERE idx = ?").bind(signed(middle));
        let at_ms: Option<i64> = query.fetch_optional(&mut *connection).await?;
        let at_ms = at_ms.ok_or_else(|| Error::Damaged(format!("event {middle} is missing")))?;
        if at_ms < ms {
            low = middle + 1
        } else {
            high = middle
        }
    }
    Ok(low)
}
