//! When every operator's key is lost: who owns the machine and holds the key-encryption key gives a named operator a
//! new one.
//!
//! That is no way round the operators: whoever holds both can read everything that rests anyhow. It is the one change
//! without an operator's key after the first operator was made, so it asks for a reason, ends the operator's other
//! keys, is an event of its own kind, and is told by `covenant status`. It is taken where no server runs, by opening
//! the store, and else on the control socket, with a proof that the asker has opened the store too.

use super::{Admin, Done, Error, words};
use covenant_access::KeyKind;
use covenant_ledger::{EventKind, Who};
use covenant_store::Store;
use serde::{Deserialize, Serialize};

/// The label of the key that proofs are made with.
const PROOFS: &str = "operator-recovery";
/// How old a proof may be.
const PROOF_MS: i64 = 300_000;
/// The who of the event.
const OWNER: &str = "owner of the machine";

/// A new key for an operator, asked for without an operator's key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// The operator, who exists and is not disabled.
    pub name: String,
    /// Why; recorded.
    pub why: String,
    /// When the new key expires, in milliseconds from now.
    #[serde(default)]
    pub expires_in_ms: Option<i64>,
}

/// A recovery sent to the process that writes, with the proof that the asker holds the key-encryption key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proven {
    pub(crate) recovery: Recovery,
    at_ms: i64,
    proof: [u8; 32],
}

impl Proven {
    /// Proves that the store is open here: nobody opens it without the key-encryption key.
    pub(crate) fn new(recovery: Recovery, store: &Store, at_ms: i64) -> Result<Proven, Error> {
        let key = store.hash_key(PROOFS)?;
        let moment = at_ms.to_be_bytes();
        let proof = key.hash(PROOFS, &[recovery.name.as_bytes(), &moment]);
        Ok(Proven {
            recovery,
            at_ms,
            proof,
        })
    }
}

impl Admin {
    /// Takes a recovery from the control socket.
    pub(super) async fn recover_proven(&self, proven: Proven) -> Result<Done, Error> {
        let Proven {
            recovery,
            at_ms,
            proof,
        } = proven;
        let key = self.store.hash_key(PROOFS)?;
        let moment = at_ms.to_be_bytes();
        let fresh = self.now_ms().abs_diff(at_ms) <= PROOF_MS.unsigned_abs();
        if !fresh || !key.verify(PROOFS, &[recovery.name.as_bytes(), &moment], &proof) {
            return Err(Error::Unauthenticated(
                "the key-encryption key of this store was not at hand where the recovery was asked for"
                    .to_owned(),
            ));
        }
        self.recover(recovery).await
    }

    /// Gives an operator a new key and ends the others. Whoever calls this has opened the store, or was asked by one
    /// who has.
    ///
    /// # Errors
    /// Without a reason, or for an operator who does not exist or is disabled.
    pub(crate) async fn recover(&self, recovery: Recovery) -> Result<Done, Error> {
        let _turn = self.turn.lock().await;
        self.registers
            .refresh(&self.store)
            .await
            .map_err(Error::Unavailable)?;
        if recovery.why.trim().is_empty() {
            return Err(Error::Invalid("a recovery is given a reason".to_owned()));
        }
        words::reason(&recovery.why, self.year())?;
        let state = self.registers.state().map_err(Error::Unavailable)?;
        let (shown, kept) = self.fresh_key(KeyKind::Operator, recovery.expires_in_ms)?;
        let mut planned = super::plan::recovered(&state, &recovery.name, (shown, kept), self)?;
        planned.event = EventKind::OperatorRecovered;
        let who = Who {
            principal: Some(OWNER.to_owned()),
            ..Who::default()
        };
        tracing::warn!(
            operator = recovery.name,
            "an operator was given a new key by the owner of the machine"
        );
        self.write(who, &recovery.why, planned).await
    }
}
