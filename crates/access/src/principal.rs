//! Who asks: apps and operators as they are kept, and the principal they are when they ask.

use serde::{Deserialize, Serialize};

use crate::key::{self, AppKey};
use crate::{Error, Purpose, Role};

/// A program that calls models through the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AppRow")]
pub struct App {
    /// The id, as in commands and events.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// What it is; usually [`Role::App`] alone.
    pub roles: Vec<Role>,
    /// The purposes given to it.
    pub purposes: Vec<Purpose>,
    /// The purpose of a request that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_purpose: Option<Purpose>,
    /// Whether each request must name its patient.
    pub require_patient: bool,
    /// The aliases of the models it may use; empty: all.
    pub models: Vec<String>,
    /// Its keys, those that no longer count included.
    pub keys: Vec<AppKey>,
    /// Whether it is shut out.
    pub disabled: bool,
}

/// A named person who runs Covenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OperatorRow")]
pub struct Operator {
    /// The name, as in commands and events.
    pub name: String,
    /// What the person is.
    pub roles: Vec<Role>,
    /// The person's keys, those that no longer count included.
    pub keys: Vec<AppKey>,
    /// Whether the person is shut out.
    pub disabled: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The id of the app, the name of the operator, or the opaque reference of the patient.
    pub id: String,
    /// What asks.
    pub kind: PrincipalKind,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The purposes given to it.
    pub purposes: Vec<Purpose>,
    /// The aliases of the models it may use; empty: all.
    pub models: Vec<String>,
    /// Whether each request must name its patient.
    pub require_patient: bool,
}

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A program.
    App,
    /// A named person who runs Covenant.
    Operator,
    /// A patient.
    Patient,
}

impl PrincipalKind {
    /// Returns the name of the entity type in the policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PrincipalKind::App => "App",
            PrincipalKind::Operator => "Operator",
            PrincipalKind::Patient => "Patient",
        }
    }
}

impl App {
    /// Returns an app with the role of one, no purpose and no key: it may do nothing yet.
    ///
    /// # Errors
    /// [`Error::Id`] when the id is not 1 to 64 of `a-z 0-9 . _ -` beginning with a letter or digit.
    pub fn new(id: &str, name: &str) -> Result<App, Error> {
        check_id("app", id)?;
        Ok(App {
            id: id.to_owned(),
            name: name.to_owned(),
            roles: vec![Role::App],
            purposes: Vec::new(),
            default_purpose: None,
            require_patient: false,
            models: Vec::new(),
            keys: Vec::new(),
            disabled: false,
        })
    }

    /// Returns the principal the app is when it asks.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            id: self.id.clone(),
            kind: PrincipalKind::App,
            roles: self.roles.clone(),
            purposes: self.purposes.clone(),
            models: self.models.clone(),
            require_patient: self.require_patient,
        }
    }

    /// Adds a key and lets the others expire after the overlap.
    pub fn rotate_key(&mut self, new: AppKey, overlap_ms: u64, now_ms: i64) {
        key::rotate(&mut self.keys, new, overlap_ms, now_ms);
    }

    /// Revokes the key of a prefix at once; says whether there was one to revoke.
    pub fn revoke_key(&mut self, prefix: &str, now_ms: i64) -> bool {
        key::revoke(&mut self.keys, prefix, now_ms)
    }
}

impl Operator {
    /// Returns an operator without keys.
    ///
    /// # Errors
    /// [`Error::Id`] when the name is not 1 to 64 of `a-z 0-9 . _ -` beginning with a letter or digit.
    pub fn new(name: &str, roles: Vec<Role>) -> Result<Operator, Error> {
        check_id("operator", name)?;
        Ok(Operator {
            name: name.to_owned(),
            roles,
            keys: Vec::new(),
            disabled: false,
        })
    }

    /// Returns the principal the operator is when asking. Operators are given every purpose; what they may do
    /// with it, their roles say.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            id: self.name.clone(),
            kind: PrincipalKind::Operator,
            roles: self.roles.clone(),
            purposes: Purpose::ALL.to_vec(),
            models: Vec::new(),
            require_patient: false,
        }
    }

    /// Adds a key and lets the others expire after the overlap.
    pub fn rotate_key(&mut self, new: AppKey, overlap_ms: u64, now_ms: i64) {
        key::rotate(&mut self.keys, new, overlap_ms, now_ms);
    }

    /// Revokes the key of a prefix at once; says whether there was one to revoke.
    pub fn revoke_key(&mut self, prefix: &str, now_ms: i64) -> bool {
        key::revoke(&mut self.keys, prefix, now_ms)
    }
}

/// An app as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppRow {
    id: String,
    name: String,
    roles: Vec<Role>,
    #[serde(default)]
    purposes: Vec<Purpose>,
    #[serde(default)]
    default_purpose: Option<Purpose>,
    #[serde(default)]
    require_patient: bool,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    keys: Vec<AppKey>,
    #[serde(default)]
    disabled: bool,
}

impl TryFrom<AppRow> for App {
    type Error = Error;

    fn try_from(row: AppRow) -> Result<App, Error> {
        check_id("app", &row.id)?;
        if row
            .default_purpose
            .is_some_and(|purpose| !row.purposes.contains(&purpose))
        {
            return Err(Error::DefaultPurpose { app: row.id });
        }
        let AppRow {
            id,
            name,
            roles,
            purposes,
            default_purpose,
            require_patient,
            models,
            keys,
            disabled,
        } = row;
        Ok(App {
            id,
            name,
            roles,
            purposes,
            default_purpose,
            require_patient,
            models,
            keys,
            disabled,
        })
    }
}

/// An operator as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorRow {
    name: String,
    roles: Vec<Role>,
    #[serde(default)]
    keys: Vec<AppKey>,
    #[serde(default)]
    disabled: bool,
}

impl TryFrom<OperatorRow> for Operator {
    type Error = Error;

    fn try_from(row: OperatorRow) -> Result<Operator, Error> {
        check_id("operator", &row.name)?;
        Ok(Operator {
            name: row.name,
            roles: row.roles,
            keys: row.keys,
            disabled: row.disabled,
        })
    }
}

fn check_id(kind: &'static str, id: &str) -> Result<(), Error> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let begins_well = id
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if begins_well && id.len() <= 64 && id.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Error::Id { kind })
    }
}
