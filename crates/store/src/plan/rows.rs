//! The statements of keys, payloads and changes of what is stored already.

use crate::error::Error;
use crate::head::signed;
use crate::keyring::KeyRow;
use crate::prepare::{SealedPayload, Step};
use crate::script::{Script, Table};

const KEYS: Table = Table {
    what: "key",
    insert_into: Some("INSERT INTO keys (id, kind, subject, from_index, created_ms, wrapped)"),
    columns: 6,
};
const PAYLOADS: Table = Table {
    what: "payload",
    insert_into: Some("INSERT INTO payloads (id, kind, idx, keep_until_ms, key, wrapped, sealed)"),
    columns: 7,
};
const PAYLOAD_KEYS: Table = Table {
    what: "payload key",
    insert_into: Some("INSERT INTO payload_keys (payload, key, wrapped)"),
    columns: 3,
};
const COSIGNED: Table = Table {
    what: "cosigned",
    insert_into: Some("INSERT INTO cosigned (idx, size, note)"),
    columns: 3,
};

/// A row of `payloads`, with its rows of `payload_keys`.
pub(super) struct PayloadRow {
    id: String,
    kind: &'static str,
    index: u64,
    keep_until_ms: i64,
    own_key: Option<(String, Vec<u8>)>,
    sealed: Vec<u8>,
    keys: Vec<(String, Vec<u8>)>,
}

/// A change of what is stored already, numbered.
pub(super) enum StepRow {
    Erase { payloads: Vec<String>, index: u64 },
    DestroyKey { key: String },
    Replace(PayloadRow),
    AddKey(KeyRow),
    KeepCosigned { size: u64, note: String, index: u64 },
}

impl PayloadRow {
    /// How many rows it is, with its keys.
    pub(super) fn rows(&self) -> usize {
        1 + self.keys.len()
    }

    fn bind_own_key(&self, script: &mut Script) -> Result<(), Error> {
        let (key, wrapped) = self.own_key.clone().unzip();
        script.bind(key)?.bind(wrapped).map(drop)
    }

    pub(super) fn of(payload: &SealedPayload, index: u64) -> PayloadRow {
        PayloadRow {
            id: payload.id.clone(),
            kind: payload.kind,
            index,
            keep_until_ms: payload.keep_until_ms,
            own_key: payload
                .own_key
                .as_ref()
                .map(|row| (row.id.to_string(), row.wrapped.as_bytes().to_vec())),
            sealed: payload.sealed.clone(),
            keys: payload
                .keys
                .iter()
                .map(|(key, wrapped)| (key.to_string(), wrapped.clone()))
                .collect(),
        }
    }
}

impl StepRow {
    pub(super) fn of(step: &Step, first: u64) -> StepRow {
        let index = |event: &usize| first + *event as u64;
        match step {
            Step::Erase { payloads, event } => StepRow::Erase {
                payloads: payloads.clone(),
                index: index(event),
            },
            Step::DestroyKey { key, .. } => StepRow::DestroyKey {
                key: key.to_string(),
            },
            Step::Replace { payload, event } => {
                StepRow::Replace(PayloadRow::of(payload, index(event)))
            }
            Step::AddLogKey { row, .. } => StepRow::AddKey(row.clone()),
            Step::KeepCosigned { size, note, event } => StepRow::KeepCosigned {
                size: *size,
                note: note.clone(),
                index: index(event),
            },
        }
    }

    pub(super) fn write(&self, script: &mut Script) -> Result<(), Error> {
        match self {
            StepRow::Erase { payloads, index } => {
                let places = vec!["?"; payloads.len()].join(",");
                script.statement(&format!(
                    "DELETE FROM payload_keys WHERE payload IN ({places})"
                ));
                script.bind_all(payloads)?;
                script.statement(&format!(
                    "UPDATE payloads SET sealed = NULL, key = NULL, wrapped = NULL, keep_until_ms = 0, shredded_by = ?
                     WHERE id IN ({places})"
                ));
                script.bind(signed(*index))?.bind_all(payloads)?;
            }
            StepRow::DestroyKey { key } => {
                script.statement("DELETE FROM payload_keys WHERE key = ?");
                script.bind(key.clone())?;
                script.statement("DELETE FROM keys WHERE id = ?");
                script.bind(key.clone())?;
            }
            StepRow::Replace(payload) => {
                script.statement("DELETE FROM payload_keys WHERE payload = ?");
                script.bind(payload.id.clone())?;
                script.statement(
                    "UPDATE payloads SET key = ?, wrapped = ?, sealed = ?, idx = ? WHERE id = ?",
                );
                payload.bind_own_key(script)?;
                script
                    .bind(payload.sealed.clone())?
                    .bind(signed(payload.index))?
                    .bind(payload.id.clone())?;
                write_payload_keys(script, std::slice::from_ref(payload))?;
            }
            StepRow::AddKey(row) => write_keys(script, &[row])?,
            StepRow::KeepCosigned { size, note, index } => {
                script.insert(&COSIGNED, &[()], |script, ()| {
                    script
                        .bind(signed(*index))?
                        .bind(signed(*size))?
                        .bind(note.clone())?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}

pub(super) fn write_keys(script: &mut Script, rows: &[&KeyRow]) -> Result<(), Error> {
    script.insert(&KEYS, rows, |script, row| {
        script
            .bind(row.id.to_string())?
            .bind(row.used_for.as_str())?;
        script
            .bind(row.subject.map(|subject| subject.to_vec()))?
            .bind(signed(row.from_index))?;
        script
            .bind(row.created_ms)?
            .bind(row.wrapped.as_bytes().to_vec())?;
        Ok(())
    })
}

pub(super) fn write_payloads(script: &mut Script, payloads: &[PayloadRow]) -> Result<(), Error> {
    script.insert(&PAYLOADS, payloads, |script, payload| {
        script
            .bind(payload.id.clone())?
            .bind(payload.kind)?
            .bind(signed(payload.index))?;
        script.bind(payload.keep_until_ms)?;
        payload.bind_own_key(script)?;
        script.bind(payload.sealed.clone()).map(drop)
    })?;
    write_payload_keys(script, payloads)
}

fn write_payload_keys(script: &mut Script, payloads: &[PayloadRow]) -> Result<(), Error> {
    let wraps = payloads.iter().flat_map(|payload| {
        payload
            .keys
            .iter()
            .map(move |(key, wrap)| (&payload.id, key, wrap))
    });
    let wraps: Vec<(&String, &String, &Vec<u8>)> = wraps.collect();
    script.insert(&PAYLOAD_KEYS, &wraps, |script, (payload, key, wrapped)| {
        script
            .bind(String::clone(payload))?
            .bind(String::clone(key))?
            .bind(Vec::clone(wrapped))?;
        Ok(())
    })
}
