//! The state in force that a request is judged by: policies, apps, register, profiles and vendor credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use covenant_access::{App, Engine};
use covenant_deid::Profile;
use covenant_govern::ResearchBasis;
use covenant_govern::minimum_necessary::{Refused, Row, Table};
use covenant_seal::SecretString;

/// One consistent state of everything a request is judged by. A request sees one snapshot from begin to end.
pub struct Snapshot {
    /// Decides who may do what.
    pub engine: Engine,
    /// The apps and their keys.
    pub apps: AppDirectory,
    /// Vendors, agreements, models, decisions.
    pub register: covenant_govern::Register,
    /// What is done with each class under each purpose.
    pub minimum_necessary: Profiles,
    /// The vendors' own credentials.
    pub upstream_keys: UpstreamKeys,
}

/// A snapshot that cannot be made from what the register holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Two app keys share their look-up prefix.
    #[error("two app keys share the prefix {prefix}; revoke one and make a new one")]
    SharedPrefix {
        /// The prefix, which is not secret.
        prefix: String,
    },
    /// A row of the minimum-necessary table is not a profile the gateway can serve.
    #[error("minimum-necessary table, purpose {purpose}: {reason}")]
    Profile {
        /// The purpose of the row.
        purpose: String,
        /// What is wrong.
        reason: String,
    },
}

/// The apps by the prefix of their keys.
#[derive(Default)]
pub struct AppDirectory {
    by_prefix: BTreeMap<String, (Arc<App>, usize)>,
}

impl AppDirectory {
    /// Builds the directory.
    ///
    /// # Errors
    /// [`SnapshotError::SharedPrefix`] when a prefix is not unique.
    pub fn new(apps: impl IntoIterator<Item = App>) -> Result<AppDirectory, SnapshotError> {
        let mut by_prefix = BTreeMap::new();
        for app in apps {
            let app = Arc::new(app);
            for (index, key) in app.keys.iter().enumerate() {
                if by_prefix
                    .insert(key.prefix.clone(), (Arc::clone(&app), index))
                    .is_some()
                {
                    return Err(SnapshotError::SharedPrefix {
                        prefix: key.prefix.clone(),
                    });
                }
            }
        }
        Ok(AppDirectory { by_prefix })
    }

    /// Returns the app a key prefix belongs to, and the place of that key in its list.
    pub(crate) fn find(&self, prefix: &str) -> Option<(&Arc<App>, usize)> {
        self.by_prefix.get(prefix).map(|(app, index)| (app, *index))
    }
}

/// What is done with each class, by purpose and by the route's basis for research.
pub struct Profiles {
    table: Table,
    by_row: BTreeMap<(String, Option<ResearchBasis>), Profile>,
    safe_harbor: Profile,
}

impl Profiles {
    /// Builds the profile of every row of the table.
    ///
    /// # Errors
    /// [`SnapshotError::Profile`] when a row names a class or treatment the gateway does not serve.
    pub fn from_table(table: &Table) -> Result<Profiles, SnapshotError> {
        let mut by_row = BTreeMap::new();
        for row in table.rows() {
            let fault = |reason: String| SnapshotError::Profile {
                purpose: row.purpose.clone(),
                reason,
            };
            let name = match row.basis {
                Some(basis) => format!("{}/{basis}", row.purpose),
                None => row.purpose.clone(),
            };
            let mut profile =
                Profile::from_table(name, row.pairs()).map_err(|error| fault(error.to_string()))?;
            profile.citation.clone_from(&row.citation);
            profile
                .check_gateway()
                .map_err(|error| fault(error.to_string()))?;
            by_row.insert((row.purpose.clone(), row.basis), profile);
        }
        Ok(Profiles {
            table: table.clone(),
            by_row,
            safe_harbor: Profile::safe_harbor(),
        })
    }

    /// Returns the row and profile of a purpose on a route with this basis for research.
    pub(crate) fn of(
        &self,
        purpose: &str,
        basis: Option<ResearchBasis>,
    ) -> Result<(&Row, &Profile), Refused> {
        let row = self.table.row(purpose, basis)?;
        let profile = self
            .by_row
            .get(&(row.purpose.clone(), row.basis))
            .ok_or_else(|| Refused {
                words: "the minimum necessary table has no treatments for this purpose".to_owned(),
                citation: row.citation.clone(),
            })?;
        Ok((row, profile))
    }

    /// Returns the Safe Harbor profile, for routes opened by a decision.
    pub(crate) fn safe_harbor(&self) -> &Profile {
        &self.safe_harbor
    }
}

/// The vendors' own credentials by model alias. Read from files and the environment by the server.
#[derive(Default)]
pub struct UpstreamKeys {
    by_model: BTreeMap<String, SecretString>,
}

impl UpstreamKeys {
    /// Sets the credential that is sent with requests to a model.
    pub fn insert(&mut self, alias: impl Into<String>, key: SecretString) {
        self.by_model.insert(alias.into(), key);
    }

    /// Returns the credential of a model.
    pub(crate) fn of(&self, alias: &str) -> Option<&SecretString> {
        self.by_model.get(alias)
    }
}
