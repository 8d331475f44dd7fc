//! From a change to the rows that make it: what the practice crates find wrong is refused before anything is written.

mod papers;
mod people;
mod rules;

use super::{Admin, Change, Done, Error, ShownOnce};
use crate::state::State;
use covenant_access::{
    Action, AppKey, Ask, Context, KeyState, Operator, Purpose, RegisterKind, Resource,
};
use covenant_gateway::UpstreamKeys;
use covenant_govern::Vendor;
use covenant_ledger::EventKind;
use covenant_store::RegisterChange;
use serde::Serialize;

/// How a change is made.
pub(super) enum Plan {
    /// By writing rows.
    Rows(Planned),
    /// By work on what is sealed.
    Sealed(Change),
}

/// Rows to write, and what to tell.
pub(super) struct Planned {
    pub(super) event: EventKind,
    pub(super) rows: Vec<RegisterChange>,
    pub(super) done: Done,
}

/// Plans a change against the register in force.
pub(super) fn plan(state: &State, change: Change, admin: &Admin) -> Result<Plan, Error> {
    let mut next = Next {
        state: state.clone(),
        admin,
    };
    let planned = match change {
        Change::VendorAdd { vendor } => next.vendor_add(vendor),
        Change::VendorRemove { id } => next.vendor_remove(&id),
        Change::AgreementDraft { agreement } => next.agreement_draft(agreement),
        Change::AgreementSign {
            id,
            by,
            on,
            document_digest,
        } => next.agreement_sign(&id, by, on, document_digest),
        Change::AgreementTerminate { id, on, reason } => next.agreement_terminate(&id, on, reason),
        Change::ModelAdd { model } => next.model_add(model),
        Change::ModelRemove { alias } => next.model_remove(&alias),
        Change::DecisionAdd { decision } => next.decision_add(decision),
        Change::DecisionRevoke { id } => next.decision_revoke(&id),
        Change::AppAdd {
            app,
            key_expires_in_ms,
        } => next.app_add(app, key_expires_in_ms),
        Change::AppDisable { id } => next.app_disable(&id),
        Change::AppPurposes {
            id,
            purposes,
            default_purpose,
        } => next.app_purposes(&id, purposes, default_purpose),
        Change::AppKeyAdd { id, expires_in_ms } => next.app_key_add(&id, expires_in_ms),
        Change::AppKeyRotate {
            id,
            overlap_ms,
            expires_in_ms,
        } => next.app_key_rotate(&id, overlap_ms, expires_in_ms),
        Change::AppKeyRevoke { id, prefix } => next.app_key_revoke(&id, &prefix),
        Change::OperatorAdd {
            name,
            roles,
            key_expires_in_ms,
        } => next.operator_add(&name, roles, key_expires_in_ms),
        Change::OperatorDisable { name } => next.operator_disable(&name),
        Change::OperatorKeyRotate {
            name,
            overlap_ms,
            expires_in_ms,
        } => next.operator_key_rotate(&name, overlap_ms, expires_in_ms),
        Change::OperatorKeyRevoke { name, prefix } => next.operator_key_revoke(&name, &prefix),
        Change::PolicySet { name, source } => next.policy_set(name, source),
        Change::PolicyRemove { name } => next.policy_remove(&name),
        Change::MinimumNecessarySet { source } => next.table_set(source),
        Change::MinimumNecessaryReset => next.table_reset(),
        work => return Ok(Plan::Sealed(work)),
    }?;
    if !somebody_may(&next.state, admin)? && somebody_may(state, admin)? {
        return Err(Error::Invalid(
            "no operator with a key in force could change operators any more; give another one that role first"
                .to_owned(),
        ));
    }
    // What could not be put in force afterwards is not written.
    next.state
        .snapshot(UpstreamKeys::default())
        .map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Plan::Rows(planned))
}

/// Says whether some operator with a key in force may change operators: without one nobody can change anything much
/// again, and only the owner of the machine can mend it.
fn somebody_may(state: &State, admin: &Admin) -> Result<bool, Error> {
    let engine = state.engine().map_err(invalid)?;
    let now_ms = admin.now_ms();
    let in_force = |key: &AppKey| key.state(now_ms) == KeyState::Active;
    let may = |operator: &Operator| {
        let ask = Ask {
            principal: operator.principal(),
            purpose: Purpose::Operations,
            action: Action::ChangeRegister,
            resource: Resource::Register {
                kind: RegisterKind::Operator,
            },
            context: Context {
                reason_given: true,
                ..Context::default()
            },
        };
        engine.authorize(&ask).is_ok()
    };
    let mut operators = state.operators.values();
    Ok(operators
        .any(|operator| !operator.disabled && operator.keys.iter().any(in_force) && may(operator)))
}

/// Plans a new key for an operator whose other keys are lost, and with that ended.
pub(super) fn recovered(
    state: &State,
    name: &str,
    key: (ShownOnce, AppKey),
    admin: &Admin,
) -> Result<Planned, Error> {
    let mut next = Next {
        state: state.clone(),
        admin,
    };
    next.operator_recovered(name, key)
}

/// The register as it would be.
struct Next<'a> {
    state: State,
    admin: &'a Admin,
}

impl Planned {
    fn with_notes(mut self, notes: Vec<String>) -> Planned {
        self.done.notes = notes;
        self
    }
}

fn register(row: RegisterChange, object: String, action: &str) -> Planned {
    Planned::of(EventKind::Register, row, object, action)
}

fn policy(row: RegisterChange, object: String, action: &str) -> Planned {
    Planned::of(EventKind::Policy, row, object, action)
}

impl Planned {
    fn of(event: EventKind, row: RegisterChange, object: String, action: &str) -> Planned {
        let done = Done {
            object,
            action: action.to_owned(),
            ..Done::default()
        };
        Planned {
            event,
            rows: vec![row],
            done,
        }
    }
}

fn row(kind: &str, id: &str, body: &impl Serialize) -> Result<RegisterChange, Error> {
    let body = serde_json::to_string(body).map_err(invalid)?;
    Ok(RegisterChange {
        kind: kind.to_owned(),
        id: id.to_owned(),
        body: Some(body),
    })
}

fn gone(kind: &str, id: &str) -> RegisterChange {
    RegisterChange {
        kind: kind.to_owned(),
        id: id.to_owned(),
        body: None,
    }
}

fn object(kind: &str, id: &str) -> String {
    format!("{kind}/{id}")
}

fn overlap(overlap_ms: i64) -> Result<u64, Error> {
    let overlap = u64::try_from(overlap_ms);
    overlap.map_err(|_| Error::Invalid("an overlap is not negative".to_owned()))
}

fn absent(kind: &str, id: &str) -> Error {
    Error::Invalid(format!("there is no {kind} {id:?}"))
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Error::Invalid(error.to_string())
}

/// A vendor's claims are worth a word when it is added: they permit nothing.
fn flags_of(vendor: &Vendor) -> Vec<String> {
    match vendor.claims.as_slice() {
        [] => Vec::new(),
        _ => vec![
            "the vendor's claims are kept and permit nothing; an agreement in force does"
                .to_owned(),
        ],
    }
}

fn file_name(name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let fine = name.ends_with(".cedar")
        && name.len() <= 64
        && name.bytes().all(plain)
        && !name.starts_with('.');
    match fine {
        true => Ok(()),
        false => Err(Error::Invalid(
            "a policy file's name is up to 64 letters, digits, dots, underscores and hyphens, and ends in .cedar"
                .to_owned(),
        )),
    }
}
