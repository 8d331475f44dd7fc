//! From a change to the rows that make it: what the practice crates find wrong is refused before anything is written.

use super::{Admin, Change, Done, Error, ShownOnce};
use crate::state::{SourceRow, State, TABLE, kind};
use covenant_access::{App, KeyKind, Operator, Purpose};
use covenant_gateway::UpstreamKeys;
use covenant_govern::{Agreement, AgreementState, Date, Model, RouteDecision, Vendor};
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
    // What could not be put in force afterwards is not written.
    next.state
        .snapshot(UpstreamKeys::default())
        .map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Plan::Rows(planned))
}

/// The register as it would be.
struct Next<'a> {
    state: State,
    admin: &'a Admin,
}

impl Next<'_> {
    fn vendor_add(&mut self, vendor: Vendor) -> Result<Planned, Error> {
        let known = self.state.register.vendors().contains_key(&vendor.id);
        let row = row(kind::VENDOR, &vendor.id, &vendor)?;
        let object = object(kind::VENDOR, &vendor.id);
        let flags = flags_of(&vendor);
        match known {
            true => self
                .state
                .register
                .replace_vendor(vendor)
                .map_err(invalid)?,
            false => self.state.register.insert_vendor(vendor).map_err(invalid)?,
        }
        Ok(register(row, object, if known { "changed" } else { "added" }).with_notes(flags))
    }

    fn vendor_remove(&mut self, id: &str) -> Result<Planned, Error> {
        self.state.register.remove_vendor(id).map_err(invalid)?;
        Ok(register(
            gone(kind::VENDOR, id),
            object(kind::VENDOR, id),
            "removed",
        ))
    }

    fn agreement_draft(&mut self, mut agreement: Agreement) -> Result<Planned, Error> {
        agreement.state = AgreementState::Draft;
        match self.state.register.agreements().get(&agreement.id) {
            Some(old) => {
                agreement.version = old.version.saturating_add(1);
                self.agreement(agreement, "drafted again")
            }
            None => {
                agreement.version = 1;
                let row = row(kind::AGREEMENT, &agreement.id, &agreement)?;
                let object = object(kind::AGREEMENT, &agreement.id);
                self.state
                    .register
                    .insert_agreement(agreement)
                    .map_err(invalid)?;
                Ok(register(row, object, "drafted"))
            }
        }
    }

    fn agreement_sign(
        &mut self,
        id: &str,
        by: String,
        on: Date,
        digest: String,
    ) -> Result<Planned, Error> {
        let mut agreement = self.next_version(id)?;
        agreement.state = AgreementState::Signed { on, by };
        agreement.document_digest = Some(digest);
        self.agreement(agreement, "signed")
    }

    fn agreement_terminate(&mut self, id: &str, on: Date, why: String) -> Result<Planned, Error> {
        let mut agreement = self.next_version(id)?;
        agreement.state = AgreementState::Terminated { on, why };
        self.agreement(agreement, "terminated")
    }

    fn next_version(&self, id: &str) -> Result<Agreement, Error> {
        let agreements = self.state.register.agreements();
        let mut agreement = agreements
            .get(id)
            .cloned()
            .ok_or_else(|| absent("agreement", id))?;
        agreement.version = agreement.version.saturating_add(1);
        Ok(agreement)
    }

    fn agreement(&mut self, agreement: Agreement, action: &str) -> Result<Planned, Error> {
        let row = row(kind::AGREEMENT, &agreement.id, &agreement)?;
        let object = object(kind::AGREEMENT, &agreement.id);
        self.state
            .register
            .replace_agreement(agreement)
            .map_err(invalid)?;
        Ok(register(row, object, action))
    }

    fn model_add(&mut self, model: Model) -> Result<Planned, Error> {
        let known = self.state.register.models().contains_key(&model.alias);
        let row = row(kind::MODEL, &model.alias, &model)?;
        let object = object(kind::MODEL, &model.alias);
        let alias = model.alias.clone();
        match known {
            true => self.state.register.replace_model(model).map_err(invalid)?,
            false => self.state.register.insert_model(model).map_err(invalid)?,
        }
        let notes = self.uncovered(&alias);
        Ok(register(row, object, if known { "changed" } else { "added" }).with_notes(notes))
    }

    fn model_remove(&mut self, alias: &str) -> Result<Planned, Error> {
        self.state.register.remove_model(alias).map_err(invalid)?;
        Ok(register(
            gone(kind::MODEL, alias),
            object(kind::MODEL, alias),
            "removed",
        ))
    }

    /// A model nothing covers is worth a word when it is added.
    fn uncovered(&self, alias: &str) -> Vec<String> {
        let today = Date::from_ms(self.admin.now_ms());
        self.state
            .register
            .cover(alias, &[], today)
            .err()
            .map(|uncovered| uncovered.to_string())
            .into_iter()
            .collect()
    }

    fn decision_add(&mut self, decision: RouteDecision) -> Result<Planned, Error> {
        let row = row(kind::DECISION, &decision.id, &decision)?;
        let object = object(kind::DECISION, &decision.id);
        self.state
            .register
            .insert_decision(decision)
            .map_err(invalid)?;
        Ok(register(row, object, "opened"))
    }

    fn decision_revoke(&mut self, id: &str) -> Result<Planned, Error> {
        self.state.register.remove_decision(id).map_err(invalid)?;
        Ok(register(
            gone(kind::DECISION, id),
            object(kind::DECISION, id),
            "revoked",
        ))
    }

    fn app_add(
        &mut self,
        form: super::AppForm,
        key_expires_in_ms: Option<i64>,
    ) -> Result<Planned, Error> {
        if self.state.apps.contains_key(&form.id) {
            return Err(Error::Invalid(format!("app/{}: this id is taken", form.id)));
        }
        let (shown, kept) = self.admin.fresh_key(KeyKind::App, key_expires_in_ms)?;
        let mut app = App::new(&form.id, &form.name).map_err(invalid)?;
        app.roles = form.roles;
        app.purposes = form.purposes;
        app.default_purpose = form.default_purpose;
        app.require_patient = form.require_patient;
        app.models = form.models;
        app.keys = vec![kept];
        self.app(app, "added", Some(shown))
    }

    fn app_disable(&mut self, id: &str) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        app.disabled = true;
        self.app(app, "disabled", None)
    }

    fn app_purposes(
        &mut self,
        id: &str,
        purposes: Vec<Purpose>,
        default_purpose: Option<Purpose>,
    ) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        app.purposes = purposes;
        app.default_purpose = default_purpose;
        self.app(app, "purposes set", None)
    }

    fn app_key_add(&mut self, id: &str, expires_in_ms: Option<i64>) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        let (shown, kept) = self.admin.fresh_key(KeyKind::App, expires_in_ms)?;
        app.keys.push(kept);
        self.app(app, "key added", Some(shown))
    }

    fn app_key_rotate(
        &mut self,
        id: &str,
        overlap_ms: i64,
        expires_in_ms: Option<i64>,
    ) -> Result<Planned, Error> {
        let overlap = overlap(overlap_ms)?;
        let mut app = self.known_app(id)?;
        let (shown, kept) = self.admin.fresh_key(KeyKind::App, expires_in_ms)?;
        app.rotate_key(kept, overlap, self.admin.now_ms());
        self.app(app, "key rotated", Some(shown))
    }

    fn app_key_revoke(&mut self, id: &str, prefix: &str) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        if !app.revoke_key(prefix, self.admin.now_ms()) {
            return Err(Error::Invalid(format!(
                "app/{id}: no key in force has that prefix"
            )));
        }
        self.app(app, "key revoked", None)
    }

    fn known_app(&self, id: &str) -> Result<App, Error> {
        self.state
            .apps
            .get(id)
            .cloned()
            .ok_or_else(|| absent("app", id))
    }

    /// Reads the app back from the row it is written as: the row's own rules hold here too.
    fn app(&mut self, app: App, action: &str, key: Option<ShownOnce>) -> Result<Planned, Error> {
        let row = row(kind::APP, &app.id, &app)?;
        let object = object(kind::APP, &app.id);
        let body = row.body.as_deref().unwrap_or_default();
        let app: App = serde_json::from_str(body).map_err(invalid)?;
        self.state.apps.insert(app.id.clone(), app);
        let done = Done {
            object,
            action: action.to_owned(),
            key,
            ..Done::default()
        };
        Ok(Planned {
            event: EventKind::AppKey,
            rows: vec![row],
            done,
        })
    }

    fn operator_add(
        &mut self,
        name: &str,
        roles: Vec<covenant_access::Role>,
        key_expires_in_ms: Option<i64>,
    ) -> Result<Planned, Error> {
        if self.state.operators.contains_key(name) {
            return Err(Error::Invalid(format!(
                "operator/{name}: this name is taken"
            )));
        }
        let (shown, kept) = self.admin.fresh_key(KeyKind::Operator, key_expires_in_ms)?;
        let mut operator = Operator::new(name, roles).map_err(invalid)?;
        operator.keys = vec![kept];
        self.operator(operator, "added", Some(shown))
    }

    fn operator_disable(&mut self, name: &str) -> Result<Planned, Error> {
        let mut operator = self.known_operator(name)?;
        let operators = &self.state.operators;
        if !operators
            .values()
            .any(|other| other.name != name && !other.disabled)
        {
            return Err(Error::Invalid(format!(
                "operator/{name}: the last operator cannot be disabled"
            )));
        }
        operator.disabled = true;
        self.operator(operator, "disabled", None)
    }

    fn operator_key_rotate(
        &mut self,
        name: &str,
        overlap_ms: i64,
        expires_in_ms: Option<i64>,
    ) -> Result<Planned, Error> {
        let overlap = overlap(overlap_ms)?;
        let mut operator = self.known_operator(name)?;
        let (shown, kept) = self.admin.fresh_key(KeyKind::Operator, expires_in_ms)?;
        operator.rotate_key(kept, overlap, self.admin.now_ms());
        self.operator(operator, "key rotated", Some(shown))
    }

    fn operator_key_revoke(&mut self, name: &str, prefix: &str) -> Result<Planned, Error> {
        let mut operator = self.known_operator(name)?;
        if !operator.revoke_key(prefix, self.admin.now_ms()) {
            return Err(Error::Invalid(format!(
                "operator/{name}: no key in force has that prefix"
            )));
        }
        self.operator(operator, "key revoked", None)
    }

    fn known_operator(&self, name: &str) -> Result<Operator, Error> {
        let operators = &self.state.operators;
        operators
            .get(name)
            .cloned()
            .ok_or_else(|| absent("operator", name))
    }

    fn operator(
        &mut self,
        operator: Operator,
        action: &str,
        key: Option<ShownOnce>,
    ) -> Result<Planned, Error> {
        let row = row(kind::OPERATOR, &operator.name, &operator)?;
        let object = object(kind::OPERATOR, &operator.name);
        self.state.operators.insert(operator.name.clone(), operator);
        let done = Done {
            object,
            action: action.to_owned(),
            key,
            ..Done::default()
        };
        Ok(Planned {
            event: EventKind::Operator,
            rows: vec![row],
            done,
        })
    }

    fn policy_set(&mut self, name: String, source: String) -> Result<Planned, Error> {
        file_name(&name)?;
        let row = row(
            kind::POLICY,
            &name,
            &SourceRow {
                source: source.clone(),
            },
        )?;
        let object = object(kind::POLICY, &name);
        self.state.policies.insert(name, source);
        Ok(policy(row, object, "set"))
    }

    fn policy_remove(&mut self, name: &str) -> Result<Planned, Error> {
        if self.state.policies.remove(name).is_none() {
            return Err(absent(
                "policy file of that name beside the shipped ones,",
                name,
            ));
        }
        Ok(policy(
            gone(kind::POLICY, name),
            object(kind::POLICY, name),
            "removed",
        ))
    }

    fn table_set(&mut self, source: String) -> Result<Planned, Error> {
        let row = row(
            kind::MINIMUM_NECESSARY,
            TABLE,
            &SourceRow {
                source: source.clone(),
            },
        )?;
        self.state.table = Some(source);
        Ok(policy(row, object(kind::MINIMUM_NECESSARY, TABLE), "set"))
    }

    fn table_reset(&mut self) -> Result<Planned, Error> {
        if self.state.table.take().is_none() {
            return Err(Error::Invalid(
                "the shipped minimum-necessary table is in force already".to_owned(),
            ));
        }
        Ok(policy(
            gone(kind::MINIMUM_NECESSARY, TABLE),
            object(kind::MINIMUM_NECESSARY, TABLE),
            "reset",
        ))
    }
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
