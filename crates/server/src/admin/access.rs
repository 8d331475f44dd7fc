//! Who gives an order, and whether the policies allow it.

use super::{Admin, Change, Error, Order, find};
use crate::state::kind;
use covenant_access::{
    Action, Ask, Context, KeyKind, KeyState, KeysKind, Operator, Purpose, RegisterKind, Resource,
    key,
};
use covenant_seal::{SecretString, unhex};
use serde_json::Value;

/// The domain under which keys of apps and operators are hashed; the gateway uses the same.
pub(crate) const KEY_DOMAIN: &str = "app-key";

impl Admin {
    /// The operator whose key it is.
    pub(super) fn authenticate(&self, presented: &SecretString) -> Result<Operator, Error> {
        let unknown = || Error::Unauthenticated("the operator key is not known here".to_owned());
        if presented.expose().is_empty() {
            return Err(Error::Unauthenticated(
                "this needs an operator's key, in COVENANT_OPERATOR_KEY or a file named with --operator-key-file"
                    .to_owned(),
            ));
        }
        let parsed = key::parse(presented.expose())
            .map_err(|error| Error::Unauthenticated(error.to_string()))?;
        if parsed.kind != KeyKind::Operator {
            return Err(Error::Unauthenticated(
                "an app's key changes nothing; an operator's key begins covop_".to_owned(),
            ));
        }
        let state = self.registers.state().map_err(Error::Unavailable)?;
        let (operator, kept) = find(&state, &parsed).ok_or_else(unknown)?;
        let expected = unhex(&kept.hash).unwrap_or_default();
        if !self
            .app_keys
            .verify(KEY_DOMAIN, &[presented.expose().as_bytes()], &expected)
        {
            return Err(unknown());
        }
        if operator.disabled {
            return Err(Error::Unauthenticated(format!(
                "operator {} is disabled",
                operator.name
            )));
        }
        match kept.state(self.now_ms()) {
            KeyState::Active => Ok(operator),
            KeyState::Expired => Err(Error::Unauthenticated(
                "the operator key has expired".to_owned(),
            )),
            KeyState::Revoked => Err(Error::Unauthenticated(
                "the operator key was revoked".to_owned(),
            )),
        }
    }

    /// Asks the policies whether an order may be carried out.
    pub(super) fn authorise(&self, operator: &Operator, order: &Order) -> Result<(), Error> {
        let (action, resource) = act(&order.change);
        let purpose = match &order.change {
            Change::ContentRead { purpose, .. } => *purpose,
            _ => Purpose::Operations,
        };
        let reason_given = !order.why.trim().is_empty();
        self.ask(operator, purpose, action, resource, reason_given)
    }

    fn ask(
        &self,
        operator: &Operator,
        purpose: Purpose,
        action: Action,
        resource: Resource,
        reason_given: bool,
    ) -> Result<(), Error> {
        let state = self.registers.state().map_err(Error::Unavailable)?;
        let engine = state
            .engine()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let context = Context {
            reason_given,
            ..Context::default()
        };
        let principal = operator.principal();
        let ask = Ask {
            principal,
            purpose,
            action,
            resource,
            context,
        };
        match engine.authorize(&ask) {
            Ok(_) => Ok(()),
            Err(denied) => Err(Error::Denied {
                policies: denied.policies,
                reason: denied.reason,
            }),
        }
    }

    /// The rows of a kind, for an operator who may read them; the hashes of keys are left out.
    pub(super) async fn rows(
        &self,
        presented: &SecretString,
        kind: &str,
    ) -> Result<Vec<Value>, Error> {
        let operator = self.authenticate(presented)?;
        let resource = match kind.parse::<RegisterKind>() {
            Ok(kind) => Resource::Register { kind },
            Err(_) if kind == kind::POLICY => Resource::Register {
                kind: RegisterKind::MinimumNecessary,
            },
            Err(unknown) => return Err(Error::Invalid(unknown.to_string())),
        };
        self.ask(
            &operator,
            Purpose::Operations,
            Action::ReadRegister,
            resource,
            false,
        )?;
        let rows = self.store.register_rows().await?;
        let rows = rows.iter().filter(|row| row.kind == kind);
        rows.map(crate::state::shown)
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Unavailable(error.to_string()))
    }
}

/// What a change is in the words of the policies.
pub(crate) fn act(change: &Change) -> (Action, Resource) {
    let register = |kind| (Action::ChangeRegister, Resource::Register { kind });
    let keys = |kind| (Action::ManageKeys, Resource::Keys { kind });
    match change {
        Change::VendorAdd { .. } | Change::VendorRemove { .. } => register(RegisterKind::Vendor),
        Change::AgreementDraft { .. }
        | Change::AgreementSign { .. }
        | Change::AgreementTerminate { .. } => register(RegisterKind::Agreement),
        Change::ModelAdd { .. } | Change::ModelRemove { .. } => register(RegisterKind::Model),
        Change::DecisionAdd { .. } | Change::DecisionRevoke { .. } => {
            register(RegisterKind::Decision)
        }
        Change::AppAdd { .. } | Change::AppDisable { .. } | Change::AppPurposes { .. } => {
            register(RegisterKind::App)
        }
        Change::AppKeyAdd { .. } | Change::AppKeyRotate { .. } | Change::AppKeyRevoke { .. } => {
            keys(KeysKind::App)
        }
        Change::OperatorKeyRotate { .. } | Change::OperatorKeyRevoke { .. } => {
            keys(KeysKind::Operator)
        }
        Change::OperatorAdd { .. } | Change::OperatorDisable { .. } => {
            register(RegisterKind::Operator)
        }
        Change::PolicySet { .. } | Change::PolicyRemove { .. } => {
            (Action::ChangePolicy, Resource::Policies)
        }
        Change::MinimumNecessarySet { .. } | Change::MinimumNecessaryReset => {
            register(RegisterKind::MinimumNecessary)
        }
        Change::KeysRewrap { .. } | Change::LogKeyRotate | Change::PayloadReencrypt { .. } => {
            keys(KeysKind::Sealing)
        }
        Change::ShredSubject { .. } | Change::ShredPayload { .. } => {
            (Action::ShredContent, Resource::Content)
        }
        Change::HoldPlace { .. } | Change::HoldRelease { .. } => {
            (Action::HoldContent, Resource::Content)
        }
        Change::ContentRead { .. } => (Action::ReadContent, Resource::Content),
        Change::Cosign { .. } => (Action::CosignLedger, Resource::Ledger),
        Change::ExportRecord { .. } => (Action::ExportLedger, Resource::Ledger),
    }
}
