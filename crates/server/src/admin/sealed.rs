//! Orders about what is sealed: reading back, holding, shredding, other keys. Each is an event of the store's, or of
//! ours before the content is given out.

use super::{Admin, Change, Done, Error, HoldCovers, Reference, ShownOnce, who};
use crate::config::{KeyError, read_key_file, write_key_file};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use covenant_access::Purpose;
use covenant_ledger::{EventKind, PayloadRef};
use covenant_seal::{KeyService as _, LocalKey, hex};
use covenant_store::{Covers, Order, Record, Rekeying, Shredding};
use std::path::Path;
use std::sync::Arc;

/// The domain under which patients' references are hashed; the gateway uses the same.
pub(crate) const PATIENT_DOMAIN: &str = "patient";

impl Admin {
    pub(super) async fn work(&self, name: &str, why: &str, change: Change) -> Result<Done, Error> {
        let order = |dry_run| Order {
            who: who(name),
            why: why.to_owned(),
            dry_run,
        };
        match change {
            Change::KeysRewrap {
                new_key_file,
                dry_run,
            } => self.rewrap(&new_key_file, &order(dry_run)).await,
            Change::LogKeyRotate => {
                let rekeying = self.store.rotate_log_key(&order(false)).await?;
                Ok(rekeyed("keys/log", "rotated", rekeying))
            }
            Change::PayloadReencrypt { id, dry_run } => {
                let rekeying = self.store.reencrypt(&id, &order(dry_run)).await?;
                Ok(rekeyed(&format!("payload/{id}"), "re-encrypted", rekeying))
            }
            Change::ShredSubject { reference, dry_run } => {
                let subject = self.subject(&reference);
                let shredding = self.store.shred_subject(&subject, &order(dry_run)).await;
                let shredding = shredding.map_err(|error| match error {
                    covenant_store::Error::NotFound { .. } => {
                        Error::Invalid("nothing is kept about this patient".to_owned())
                    }
                    error => error.into(),
                })?;
                Ok(shredded("patient", dry_run, &shredding))
            }
            Change::ShredPayload { id, dry_run } => {
                let shredding = self.store.shred_payload(&id, &order(dry_run)).await?;
                Ok(shredded(&format!("payload/{id}"), dry_run, &shredding))
            }
            Change::HoldPlace { id, covers } => {
                let placed = self
                    .store
                    .hold(&id, self.covers(covers), &order(false))
                    .await?;
                let figures = vec![("payloads it covers now".to_owned(), placed.payloads)];
                Ok(Done {
                    figures,
                    ..done(format!("hold/{id}"), "placed")
                })
            }
            Change::HoldRelease { id } => {
                self.store.release_hold(&id, &order(false)).await?;
                Ok(done(format!("hold/{id}"), "released"))
            }
            Change::ContentRead { id, purpose } => self.read_content(name, why, &id, purpose).await,
            Change::Cosign { note, line } => {
                self.store
                    .cosign(&note, &line, &self.witnesses, &order(false))
                    .await?;
                Ok(done("checkpoint".to_owned(), "cosigned"))
            }
            Change::ExportRecord { size } => self.record_export(name, why, size).await,
            other => Err(Error::Invalid(format!(
                "{} is no work on what is sealed",
                other.name()
            ))),
        }
    }

    fn subject(&self, reference: &Reference) -> [u8; 32] {
        self.subjects
            .hash(PATIENT_DOMAIN, &[reference.expose().as_bytes()])
    }

    fn covers(&self, covers: HoldCovers) -> Covers {
        match covers {
            HoldCovers::Payload(id) => Covers::Payload(id),
            HoldCovers::Request(id) => Covers::Request(id),
            HoldCovers::Patient(reference) => Covers::Subject(hex(&self.subject(&reference))),
            HoldCovers::Everything => Covers::Everything,
        }
    }

    /// Content is given out only after the reading is in the ledger.
    async fn read_content(
        &self,
        name: &str,
        why: &str,
        id: &str,
        purpose: Purpose,
    ) -> Result<Done, Error> {
        let content = self.store.read_payload(id).await?;
        let mut event = self.event(EventKind::ContentRead)?;
        event.who = who(name);
        event.why = Some(covenant_ledger::Why {
            purpose: purpose.as_str().to_owned(),
            legal_basis: String::new(),
        });
        event.payloads = vec![PayloadRef {
            id: id.to_owned(),
            ..PayloadRef::default()
        }];
        event.note = Some(why.to_owned()).filter(|why| !why.is_empty());
        let receipt = self.store.append(Record::of(event)).await?;
        let content = ShownOnce::new(BASE64.encode(content.expose()));
        let event = Some(receipt.index);
        Ok(Done {
            event,
            content: Some(content),
            ..done(format!("payload/{id}"), "read")
        })
    }

    async fn record_export(&self, name: &str, why: &str, size: u64) -> Result<Done, Error> {
        let mut event = self.event(EventKind::Export)?;
        event.who = who(name);
        event.note = Some(format!(
            "{size} entries exported{}{why}",
            if why.is_empty() { "" } else { ": " }
        ));
        let receipt = self.store.append(Record::of(event)).await?;
        Ok(Done {
            event: Some(receipt.index),
            ..done("ledger".to_owned(), "exported")
        })
    }

    async fn rewrap(&self, file: &Path, order: &Order) -> Result<Done, Error> {
        let (key, made) = self.new_key(file, order.dry_run)?;
        let id = key.id().to_string();
        let rekeying = self.store.rewrap(Arc::new(key), order).await?;
        let mut done = rekeyed(
            &format!("keys/{id}"),
            if order.dry_run {
                "would rewrap"
            } else {
                "rewrapped"
            },
            rekeying,
        );
        if made {
            done.notes
                .push(format!("a new key was written to {}", file.display()));
        }
        if !order.dry_run {
            done.notes.push(format!(
                "set `file` under [keys] to {} before the next start",
                file.display()
            ));
        }
        Ok(done)
    }

    /// A key that is made beside the data would not be apart from it, and the next start would refuse it.
    fn refuse_beside_data(&self, file: &Path) -> Result<(), Error> {
        let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
        let data = self.data_directory.canonicalize().ok();
        match folder.zip(data) {
            Some((folder, data)) if !folder.starts_with(&data) => Ok(()),
            _ => Err(Error::Invalid(format!(
                "{}: a new key file must lie in a folder that exists, and outside the data directory",
                file.display()
            ))),
        }
    }

    /// The key of a file, which is made when it is not there; a dry run makes one and keeps it to itself.
    fn new_key(&self, file: &Path, dry_run: bool) -> Result<(LocalKey, bool), Error> {
        let invalid =
            |error: &dyn std::fmt::Display| Error::Invalid(format!("{}: {error}", file.display()));
        match read_key_file(file, &self.data_directory) {
            Ok(key) => Ok((key, false)),
            Err(KeyError::Missing(_)) => {
                self.refuse_beside_data(file)?;
                let key =
                    LocalKey::generate(self.random.as_ref()).map_err(|error| invalid(&error))?;
                if !dry_run {
                    write_key_file(file, &key)
                        .map_err(|error| Error::Invalid(error.to_string()))?;
                }
                Ok((key, !dry_run))
            }
            Err(error) => Err(Error::Invalid(error.to_string())),
        }
    }
}

fn done(object: String, action: &str) -> Done {
    Done {
        object,
        action: action.to_owned(),
        ..Done::default()
    }
}

fn rekeyed(object: &str, action: &str, rekeying: Rekeying) -> Done {
    let figures = vec![("keys".to_owned(), rekeying.count)];
    Done {
        event: rekeying.event,
        figures,
        ..done(object.to_owned(), action)
    }
}

fn shredded(object: &str, dry_run: bool, shredding: &Shredding) -> Done {
    let figures = vec![
        (
            "payloads that nobody can open any more".to_owned(),
            shredding.payloads,
        ),
        (
            "payloads that still open under another patient's key".to_owned(),
            shredding.still_shared,
        ),
        (
            "payloads under a legal hold, left as they are".to_owned(),
            shredding.held,
        ),
        ("keys destroyed".to_owned(), shredding.keys),
    ];
    let action = if dry_run { "would shred" } else { "shredded" };
    Done {
        event: shredding.events.last().copied(),
        figures,
        ..done(object.to_owned(), action)
    }
}
