//! Who gives an order, and whether the policies allow it.

use super::{Admin, Change, Error, Order, find};
use covenant_access::{
    Action, Ask, Context, KeyKind, KeyState, KeysKind, Operator, Purpose, RegisterKind, Resource,
    key,
};
use covenant_seal::{SecretString, unhex};

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

    /// Asks the policies.
    pub(super) fn authorise(&self, operator: &Operator, order: &Order) -> Result<(), Error> {
        let state = self.registers.state().map_err(Error::Unavailable)?;
        let engine = state
            .engine()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let (action, resource) = act(&order.change);
        let purpose = match &order.change {
            Change::ContentRead { purpose, .. } => *purpose,
            _ => Purpose::Operations,
        };
        let context = Context {
            reason_given: !order.why.trim().is_empty(),
            ..Context::default()
        };
        let ask = Ask {
            principal: operator.principal(),
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
