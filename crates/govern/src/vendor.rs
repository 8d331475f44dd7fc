//! Who runs a model, and what they say about themselves.

use serde::{Deserialize, Serialize};

use crate::{Agreement, AgreementStatus, Date};

/// An organisation that runs models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The id, as in commands.
    pub id: String,
    /// The name, as in the agreement.
    pub name: String,
    /// What the vendor's marketing says ("HIPAA-ready"), kept to be held against the facts. It permits nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// Remarks for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

impl Vendor {
    /// Returns a vendor without claims or notes.
    #[must_use]
    pub fn new(id: &str, name: &str) -> Vendor {
        Vendor {
            id: id.to_owned(),
            name: name.to_owned(),
            claims: Vec::new(),
            notes: String::new(),
        }
    }

    /// Returns one sentence for each claim that no agreement in force today stands behind.
    #[must_use]
    pub fn red_flags(&self, agreements: &[Agreement], today: Date) -> Vec<String> {
        let own = agreements
            .iter()
            .filter(|agreement| agreement.vendor == self.id);
        if own
            .clone()
            .any(|agreement| agreement.status(today) == AgreementStatus::InForce)
        {
            return Vec::new();
        }
        let state = match own
            .map(|agreement| agreement.status(today))
            .max_by_key(|status| status.nearness())
        {
            None => "there is no agreement".to_owned(),
            Some(status) => format!("the agreement is {status}"),
        };
        let flag = |claim: &String| {
            format!(
                "{} claims {claim:?}, but {state}: a claim is not a business associate agreement (164.504(e)) and permits nothing",
                self.name
            )
        };
        self.claims.iter().map(flag).collect()
    }
}
