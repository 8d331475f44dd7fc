//! The register: vendors, agreements, models and route decisions, each checked against the others as it goes in.

use std::collections::BTreeMap;

use crate::{Agreement, Coverage, Date, Error, Feature, Model, RouteDecision, Uncovered, Vendor};

mod check;
mod cover;

/// Vendors, agreements, models and route decisions that agree with each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Register {
    vendors: BTreeMap<String, Vendor>,
    agreements: BTreeMap<String, Agreement>,
    models: BTreeMap<String, Model>,
    decisions: BTreeMap<String, RouteDecision>,
}

impl Register {
    /// Builds the register from everything in it, in any order.
    ///
    /// # Errors
    /// Every fault found, so that all can be mended at once; an object with a fault counts as absent for those
    /// that name it.
    pub fn from_parts(
        vendors: Vec<Vendor>,
        agreements: Vec<Agreement>,
        models: Vec<Model>,
        decisions: Vec<RouteDecision>,
    ) -> Result<Register, Vec<Error>> {
        let mut register = Register::default();
        let mut faults = Vec::new();
        faults.extend(
            vendors
                .into_iter()
                .filter_map(|row| register.insert_vendor(row).err()),
        );
        faults.extend(
            agreements
                .into_iter()
                .filter_map(|row| register.insert_agreement(row).err()),
        );
        faults.extend(
            models
                .into_iter()
                .filter_map(|row| register.insert_model(row).err()),
        );
        faults.extend(
            decisions
                .into_iter()
                .filter_map(|row| register.insert_decision(row).err()),
        );
        if faults.is_empty() {
            Ok(register)
        } else {
            Err(faults)
        }
    }

    /// Adds a vendor.
    ///
    /// # Errors
    /// The first fault found: an id of the wrong form or taken, an empty name.
    pub fn insert_vendor(&mut self, vendor: Vendor) -> Result<(), Error> {
        check::free("vendor", &vendor.id, &self.vendors)?;
        check::vendor(&vendor)?;
        self.vendors.insert(vendor.id.clone(), vendor);
        Ok(())
    }

    /// Puts a changed vendor in the place of the one with its id.
    ///
    /// # Errors
    /// The first fault found; the register is then as before.
    pub fn replace_vendor(&mut self, vendor: Vendor) -> Result<(), Error> {
        check::present("vendor", &vendor.id, &self.vendors)?;
        check::vendor(&vendor)?;
        self.vendors.insert(vendor.id.clone(), vendor);
        Ok(())
    }

    /// Adds an agreement.
    ///
    /// # Errors
    /// The first fault found: an id of the wrong form or taken, an unknown vendor, a term that ends before it
    /// begins or overlaps another of the vendor, a signed agreement that names no document.
    pub fn insert_agreement(&mut self, agreement: Agreement) -> Result<(), Error> {
        check::free("agreement", &agreement.id, &self.agreements)?;
        self.check_agreement(&agreement)?;
        self.agreements.insert(agreement.id.clone(), agreement);
        Ok(())
    }

    /// Puts a changed agreement in the place of the one with its id. Its version is one higher.
    ///
    /// # Errors
    /// The first fault found; the register is then as before.
    pub fn replace_agreement(&mut self, agreement: Agreement) -> Result<(), Error> {
        let old = check::present("agreement", &agreement.id, &self.agreements)?;
        check::follows(old, &agreement)?;
        self.check_agreement(&agreement)?;
        self.agreements.insert(agreement.id.clone(), agreement);
        Ok(())
    }

    /// Adds a model.
    ///
    /// # Errors
    /// The first fault found: an alias of the wrong form or taken, an unknown vendor, an address that is not
    /// https and not loopback.
    pub fn insert_model(&mut self, model: Model) -> Result<(), Error> {
        check::free("model", &model.alias, &self.models)?;
        self.check_model(&model)?;
        self.models.insert(model.alias.clone(), model);
        Ok(())
    }

    /// Puts a changed model in the place of the one with its alias.
    ///
    /// # Errors
    /// The first fault found; the register is then as before.
    pub fn replace_model(&mut self, model: Model) -> Result<(), Error> {
        check::present("model", &model.alias, &self.models)?;
        self.check_model(&model)?;
        self.check_still_decided(&model)?;
        self.models.insert(model.alias.clone(), model);
        Ok(())
    }

    /// Adds a decision.
    ///
    /// # Errors
    /// The first fault found: an id of the wrong form or taken, an unknown vendor or model, nobody who accepted
    /// it, a miss rate outside 0 to 1, no end within [`MAX_DECISION_DAYS`](crate::MAX_DECISION_DAYS).
    pub fn insert_decision(&mut self, decision: RouteDecision) -> Result<(), Error> {
        check::free("decision", &decision.id, &self.decisions)?;
        self.check_decision(&decision)?;
        self.decisions.insert(decision.id.clone(), decision);
        Ok(())
    }

    /// Removes a vendor, when nothing names it any more.
    ///
    /// # Errors
    /// [`Error::InUse`] when something does, [`Error::Missing`] when there is no such vendor.
    pub fn remove_vendor(&mut self, id: &str) -> Result<Vendor, Error> {
        let by = (self
            .agreements
            .values()
            .find(|row| row.vendor == id)
            .map(|row| format!("agreement/{}", row.id)))
        .or_else(|| {
            self.models
                .values()
                .find(|row| row.vendor == id)
                .map(|row| format!("model/{}", row.alias))
        })
        .or_else(|| {
            self.decisions
                .values()
                .find(|row| row.vendor == id)
                .map(|row| format!("decision/{}", row.id))
        });
        check::unused("vendor", id, by)?;
        self.vendors
            .remove(id)
            .ok_or_else(|| check::absent("vendor", id))
    }

    /// Removes an agreement. One that was signed is better terminated: then the register still tells of it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such agreement.
    pub fn remove_agreement(&mut self, id: &str) -> Result<Agreement, Error> {
        self.agreements
            .remove(id)
            .ok_or_else(|| check::absent("agreement", id))
    }

    /// Removes a model, when no decision names it any more.
    ///
    /// # Errors
    /// [`Error::InUse`] when one does, [`Error::Missing`] when there is no such model.
    pub fn remove_model(&mut self, alias: &str) -> Result<Model, Error> {
        let by = self
            .decisions
            .values()
            .find(|row| row.model == alias)
            .map(|row| format!("decision/{}", row.id));
        check::unused("model", alias, by)?;
        self.models
            .remove(alias)
            .ok_or_else(|| check::absent("model", alias))
    }

    /// Removes a decision: the route it opened is closed.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such decision.
    pub fn remove_decision(&mut self, id: &str) -> Result<RouteDecision, Error> {
        self.decisions
            .remove(id)
            .ok_or_else(|| check::absent("decision", id))
    }

    /// Returns the vendors by id.
    #[must_use]
    pub fn vendors(&self) -> &BTreeMap<String, Vendor> {
        &self.vendors
    }

    /// Returns the agreements by id.
    #[must_use]
    pub fn agreements(&self) -> &BTreeMap<String, Agreement> {
        &self.agreements
    }

    /// Returns the models by alias.
    #[must_use]
    pub fn models(&self) -> &BTreeMap<String, Model> {
        &self.models
    }

    /// Returns the decisions by id.
    #[must_use]
    pub fn decisions(&self) -> &BTreeMap<String, RouteDecision> {
        &self.decisions
    }

    /// Returns the model of an alias.
    #[must_use]
    pub fn model(&self, alias: &str) -> Option<&Model> {
        self.models.get(alias)
    }

    /// Returns the vendors' claims that no agreement in force stands behind, one sentence each.
    #[must_use]
    pub fn red_flags(&self, today: Date) -> Vec<String> {
        let agreements: Vec<Agreement> = self.agreements.values().cloned().collect();
        self.vendors
            .values()
            .flat_map(|vendor| vendor.red_flags(&agreements, today))
            .collect()
    }

    /// Says under what a request with these features may go to a model today: an agreement in force that names
    /// service, model and every feature, or a decision that holds.
    ///
    /// # Errors
    /// [`Uncovered`] with the reason, the paragraph and the command that would change it.
    pub fn cover(
        &self,
        alias: &str,
        features: &[Feature],
        today: Date,
    ) -> Result<Coverage, Uncovered> {
        cover::cover(self, alias, features, today)
    }
}
