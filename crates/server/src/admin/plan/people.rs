//! Applications and operators, and their keys.

use super::{Next, Planned, absent, invalid, object, overlap, row};
use crate::admin::{AppForm, Done, Error, ShownOnce};
use crate::state::kind;
use covenant_access::{App, AppKey, KeyKind, KeyState, Operator, Purpose};
use covenant_ledger::EventKind;

impl Next<'_> {
    pub(super) fn app_add(
        &mut self,
        form: AppForm,
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
        let notes = match app.default_purpose {
            Some(_) => Vec::new(),
            None => vec![
                "no default purpose: each request must name its own in X-Covenant-Purpose"
                    .to_owned(),
            ],
        };
        Ok(self.app(app, "added", Some(shown))?.with_notes(notes))
    }

    pub(super) fn app_disable(&mut self, id: &str) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        app.disabled = true;
        self.app(app, "disabled", None)
    }

    pub(super) fn app_purposes(
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

    pub(super) fn app_key_add(
        &mut self,
        id: &str,
        expires_in_ms: Option<i64>,
    ) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        let (shown, kept) = self.admin.fresh_key(KeyKind::App, expires_in_ms)?;
        app.keys.push(kept);
        self.app(app, "key added", Some(shown))
    }

    pub(super) fn app_key_rotate(
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

    pub(super) fn app_key_revoke(&mut self, id: &str, prefix: &str) -> Result<Planned, Error> {
        let mut app = self.known_app(id)?;
        if !app.revoke_key(prefix, self.admin.now_ms()) {
            return Err(Error::Invalid(format!(
                "app/{id}: no key in force has that prefix"
            )));
        }
        self.app(app, "key revoked", None)
    }

    pub(super) fn known_app(&self, id: &str) -> Result<App, Error> {
        self.state
            .apps
            .get(id)
            .cloned()
            .ok_or_else(|| absent("app", id))
    }

    /// Reads the app back from the row it is written as: the row's own rules hold here too.
    pub(super) fn app(
        &mut self,
        app: App,
        action: &str,
        key: Option<ShownOnce>,
    ) -> Result<Planned, Error> {
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

    pub(super) fn operator_add(
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

    pub(super) fn operator_disable(&mut self, name: &str) -> Result<Planned, Error> {
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

    pub(super) fn operator_key_rotate(
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

    pub(super) fn operator_key_revoke(
        &mut self,
        name: &str,
        prefix: &str,
    ) -> Result<Planned, Error> {
        let mut operator = self.known_operator(name)?;
        if !operator.revoke_key(prefix, self.admin.now_ms()) {
            return Err(Error::Invalid(format!(
                "operator/{name}: no key in force has that prefix"
            )));
        }
        self.operator(operator, "key revoked", None)
    }

    pub(super) fn operator_recovered(
        &mut self,
        name: &str,
        (shown, kept): (ShownOnce, AppKey),
    ) -> Result<Planned, Error> {
        let mut operator = self.known_operator(name)?;
        if operator.disabled {
            return Err(Error::Invalid(format!(
                "operator/{name} is disabled; recover one who is not"
            )));
        }
        let now_ms = self.admin.now_ms();
        let lost: Vec<String> = operator
            .keys
            .iter()
            .filter(|key| key.state(now_ms) == KeyState::Active)
            .map(|key| key.prefix.clone())
            .collect();
        for prefix in &lost {
            operator.revoke_key(prefix, now_ms);
        }
        operator.keys.push(kept);
        let planned = self.operator(operator, "recovered", Some(shown))?;
        let note = "the operator's other keys are revoked; this stays in `covenant status`";
        Ok(planned.with_notes(vec![note.to_owned()]))
    }

    pub(super) fn known_operator(&self, name: &str) -> Result<Operator, Error> {
        let operators = &self.state.operators;
        operators
            .get(name)
            .cloned()
            .ok_or_else(|| absent("operator", name))
    }

    pub(super) fn operator(
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
}
