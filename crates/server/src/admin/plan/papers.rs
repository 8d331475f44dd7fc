//! Vendors, agreements, models and decisions.

use super::{Next, Planned, absent, flags_of, gone, invalid, object, register, row};
use crate::admin::Error;
use crate::state::kind;
use covenant_govern::{
    Agreement, AgreementState, AgreementStatus, Date, Model, RouteDecision, Vendor,
};

impl Next<'_> {
    pub(super) fn vendor_add(&mut self, vendor: Vendor) -> Result<Planned, Error> {
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

    pub(super) fn vendor_remove(&mut self, id: &str) -> Result<Planned, Error> {
        self.state.register.remove_vendor(id).map_err(invalid)?;
        Ok(register(
            gone(kind::VENDOR, id),
            object(kind::VENDOR, id),
            "removed",
        ))
    }

    pub(super) fn agreement_draft(&mut self, mut agreement: Agreement) -> Result<Planned, Error> {
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

    pub(super) fn agreement_sign(
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

    pub(super) fn agreement_terminate(
        &mut self,
        id: &str,
        on: Date,
        why: String,
    ) -> Result<Planned, Error> {
        let agreement = self
            .next_version(id)?
            .terminated(on, why)
            .map_err(invalid)?;
        let today = Date::from_ms(self.admin.now_ms());
        let notes = match (agreement.status(today), agreement.last_day()) {
            (AgreementStatus::InForce, Some(last)) => {
                vec![format!("it is in force until the end of {last} (UTC)")]
            }
            _ => Vec::new(),
        };
        Ok(self.agreement(agreement, "terminated")?.with_notes(notes))
    }

    pub(super) fn next_version(&self, id: &str) -> Result<Agreement, Error> {
        let agreements = self.state.register.agreements();
        let mut agreement = agreements
            .get(id)
            .cloned()
            .ok_or_else(|| absent("agreement", id))?;
        agreement.version = agreement.version.saturating_add(1);
        Ok(agreement)
    }

    pub(super) fn agreement(
        &mut self,
        agreement: Agreement,
        action: &str,
    ) -> Result<Planned, Error> {
        let row = row(kind::AGREEMENT, &agreement.id, &agreement)?;
        let object = object(kind::AGREEMENT, &agreement.id);
        self.state
            .register
            .replace_agreement(agreement)
            .map_err(invalid)?;
        Ok(register(row, object, action))
    }

    pub(super) fn model_add(&mut self, model: Model) -> Result<Planned, Error> {
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

    pub(super) fn model_remove(&mut self, alias: &str) -> Result<Planned, Error> {
        self.state.register.remove_model(alias).map_err(invalid)?;
        Ok(register(
            gone(kind::MODEL, alias),
            object(kind::MODEL, alias),
            "removed",
        ))
    }

    /// A model nothing covers is worth a word when it is added.
    pub(super) fn uncovered(&self, alias: &str) -> Vec<String> {
        let today = Date::from_ms(self.admin.now_ms());
        self.state
            .register
            .cover(alias, &[], today)
            .err()
            .map(|uncovered| uncovered.to_string())
            .into_iter()
            .collect()
    }

    pub(super) fn decision_add(&mut self, decision: RouteDecision) -> Result<Planned, Error> {
        let row = row(kind::DECISION, &decision.id, &decision)?;
        let object = object(kind::DECISION, &decision.id);
        self.state
            .register
            .insert_decision(decision)
            .map_err(invalid)?;
        Ok(register(row, object, "opened"))
    }

    pub(super) fn decision_revoke(&mut self, id: &str) -> Result<Planned, Error> {
        self.state.register.remove_decision(id).map_err(invalid)?;
        Ok(register(
            gone(kind::DECISION, id),
            object(kind::DECISION, id),
            "revoked",
        ))
    }
}
