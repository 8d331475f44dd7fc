//! The register as it stands: rows of the store, read into the types of the practice crates.
//!
//! A row is written in one shape only, the JSON of its type; what it means and what it may hold is decided there.

use covenant_access::{App, Engine, Operator, key::Presented};
use covenant_gateway::{AppDirectory, Profiles, Snapshot, UpstreamKeys};
use covenant_govern::minimum_necessary::Table;
use covenant_store::RegisterRow;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The register rows' kinds, as the store and the events name them.
pub mod kind {
    /// Vendors.
    pub const VENDOR: &str = "vendor";
    /// Business associate agreements.
    pub const AGREEMENT: &str = "agreement";
    /// Models.
    pub const MODEL: &str = "model";
    /// De-identified-route decisions.
    pub const DECISION: &str = "decision";
    /// Applications.
    pub const APP: &str = "app";
    /// Operators.
    pub const OPERATOR: &str = "operator";
    /// Policy files.
    pub const POLICY: &str = "policy";
    /// The minimum-necessary table.
    pub const MINIMUM_NECESSARY: &str = "minimum-necessary";
}

/// The id of the one row of kind [`kind::MINIMUM_NECESSARY`].
pub const TABLE: &str = "table";

/// Register rows that cannot be put in force; says which and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// Everything a request or an operator is judged by.
#[derive(Clone, Default)]
pub struct State {
    /// Vendors, agreements, models and decisions.
    pub register: covenant_govern::Register,
    /// Applications by id.
    pub apps: BTreeMap<String, App>,
    /// Operators by name.
    pub operators: BTreeMap<String, Operator>,
    /// Policy files beside the shipped ones, by name.
    pub policies: BTreeMap<String, String>,
    /// The minimum-necessary table, when it is not the shipped one.
    pub table: Option<String>,
}

/// A row that holds a text: a policy file, a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceRow {
    pub(crate) source: String,
}

impl State {
    /// Reads the rows.
    ///
    /// # Errors
    /// Names the first row that is not of its type, and every object that does not fit the others.
    pub fn read(rows: &[RegisterRow]) -> Result<State, Error> {
        let mut state = State::default();
        let (mut vendors, mut agreements, mut models, mut decisions) =
            (vec![], vec![], vec![], vec![]);
        for row in rows {
            match row.kind.as_str() {
                kind::VENDOR => vendors.push(parse(row)?),
                kind::AGREEMENT => agreements.push(parse(row)?),
                kind::MODEL => models.push(parse(row)?),
                kind::DECISION => decisions.push(parse(row)?),
                kind::APP => drop(state.apps.insert(row.id.clone(), parse(row)?)),
                kind::OPERATOR => drop(state.operators.insert(row.id.clone(), parse(row)?)),
                kind::POLICY => drop(
                    state
                        .policies
                        .insert(row.id.clone(), parse::<SourceRow>(row)?.source),
                ),
                kind::MINIMUM_NECESSARY => state.table = Some(parse::<SourceRow>(row)?.source),
                other => {
                    return Err(Error(format!(
                        "register row {other} {:?} is of an unknown kind",
                        row.id
                    )));
                }
            }
        }
        state.register =
            covenant_govern::Register::from_parts(vendors, agreements, models, decisions)
                .map_err(|faults| Error(join(&faults)))?;
        Ok(state)
    }

    /// The policy files in force: the shipped ones, with those of the register added or in their place.
    #[must_use]
    pub fn policy_sources(&self) -> Vec<(String, String)> {
        let mut sources: BTreeMap<String, String> = Engine::shipped_sources().into_iter().collect();
        sources.extend(self.policies.clone());
        sources.into_iter().collect()
    }

    /// The policies in force, validated.
    ///
    /// # Errors
    /// Every fault with its file and line.
    pub fn engine(&self) -> Result<Engine, Error> {
        Engine::from_sources(&self.policy_sources()).map_err(|error| Error(error.to_string()))
    }

    /// The minimum-necessary table in force.
    ///
    /// # Errors
    /// A table that does not parse, with its line.
    pub fn table(&self) -> Result<Cow<'static, Table>, Error> {
        let table = match &self.table {
            Some(source) => Table::parse("minimum-necessary.toml", source).map(Cow::Owned),
            None => Table::shipped().map(Cow::Borrowed),
        };
        table.map_err(|error| Error(error.to_string()))
    }

    /// What requests are judged by.
    ///
    /// # Errors
    /// Policies, a table or keys that cannot be put in force.
    pub fn snapshot(&self, upstream_keys: UpstreamKeys) -> Result<Snapshot, Error> {
        let gateway = |error: covenant_gateway::SnapshotError| Error(error.to_string());
        Ok(Snapshot {
            engine: self.engine()?,
            apps: AppDirectory::new(self.apps.values().cloned()).map_err(gateway)?,
            register: self.register.clone(),
            minimum_necessary: Profiles::from_table(self.table()?.as_ref()).map_err(gateway)?,
            upstream_keys,
        })
    }

    /// The operator a presented key would be of, and which of the operator's keys it would be.
    #[must_use]
    pub fn operator_of(
        &self,
        presented: &Presented,
    ) -> Option<(&Operator, &covenant_access::AppKey)> {
        self.operators.values().find_map(|operator| {
            let key = operator
                .keys
                .iter()
                .find(|key| key.prefix == presented.prefix)?;
            Some((operator, key))
        })
    }
}

/// A row as it is shown to people: its JSON without the hashes of keys.
///
/// # Errors
/// Names a row that is not JSON.
pub fn shown(row: &RegisterRow) -> Result<serde_json::Value, Error> {
    let mut body: serde_json::Value = parse(row)?;
    if let Some(keys) = body
        .get_mut("keys")
        .and_then(serde_json::Value::as_array_mut)
    {
        let keys = keys.iter_mut().filter_map(serde_json::Value::as_object_mut);
        keys.for_each(|key| drop(key.shift_remove("hash")));
    }
    Ok(body)
}

fn parse<T: DeserializeOwned>(row: &RegisterRow) -> Result<T, Error> {
    serde_json::from_str(&row.body).map_err(|error| {
        Error(format!(
            "register row {} {:?} is not readable: {error}",
            row.kind, row.id
        ))
    })
}

fn join(faults: &[covenant_govern::Error]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    format!("the register does not hold together: {}", faults.join("; "))
}
