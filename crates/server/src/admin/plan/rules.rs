//! Policy files and the minimum-necessary table.

use super::{Next, Planned, absent, file_name, gone, object, policy, row};
use crate::admin::Error;
use crate::state::{SourceRow, TABLE, kind};

impl Next<'_> {
    pub(super) fn policy_set(&mut self, name: String, source: String) -> Result<Planned, Error> {
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

    pub(super) fn policy_remove(&mut self, name: &str) -> Result<Planned, Error> {
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

    pub(super) fn table_set(&mut self, source: String) -> Result<Planned, Error> {
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

    pub(super) fn table_reset(&mut self) -> Result<Planned, Error> {
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
