//! Business associate agreements and what they cover. The state that is stored says what people did (drafted,
//! signed, ended it); whether it is in force is asked for a day and never stored, so it cannot go stale.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Date, Error, Feature};

/// A business associate agreement with a vendor (45 CFR 164.504(e), 164.314(a)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The id, as in commands.
    pub id: String,
    /// The id of the vendor.
    pub vendor: String,
    /// Counts the changes of this agreement, from 1.
    pub version: u32,
    /// What people did with it.
    pub state: AgreementState,
    /// The services it covers, or `*` for all of the vendor.
    pub services: Vec<String>,
    /// The models it covers, by the vendor's name of the model, or `*` for all of those services.
    pub models: Vec<String>,
    /// The features it names. What is not named is not covered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    /// The first day of its term.
    pub effective: Date,
    /// The last day of its term; absent when it runs until terminated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// The SHA-256 of the signed document, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_digest: Option<String>,
    /// Remarks for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// What people did with an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", from = "StateRow")]
pub enum AgreementState {
    /// Being negotiated. Permits nothing.
    Draft,
    /// Signed by both.
    Signed {
        /// The day of the last signature.
        on: Date,
        /// Who signed for us.
        by: String,
    },
    /// Ended before its term, at once or on a later day: until then a signed one covers what it covers.
    Terminated {
        /// The first day on which it no longer holds.
        on: Date,
        /// Why it is ended.
        why: String,
        /// The signature it had; a draft that is ended has none and never covers anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signature>,
    },
}

/// The signature of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The day of the last signature.
    pub on: Date,
    /// Who signed for us.
    pub by: String,
}

/// How an agreement stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementStatus {
    /// Being negotiated.
    Draft,
    /// Signed, its term has not begun.
    Signed,
    /// Signed, and the day lies in its term.
    InForce,
    /// Its term is over.
    Expired,
    /// It was ended.
    Terminated,
}

impl Agreement {
    /// Returns version 1 of a draft that covers nothing yet.
    #[must_use]
    pub fn draft(id: &str, vendor: &str, effective: Date) -> Agreement {
        Agreement {
            id: id.to_owned(),
            vendor: vendor.to_owned(),
            version: 1,
            state: AgreementState::Draft,
            services: Vec::new(),
            models: Vec::new(),
            features: Vec::new(),
            effective,
            expires: None,
            document_digest: None,
            notes: String::new(),
        }
    }

    /// Returns how the agreement stands on a day. First and last day of the term are in force, the day of its end no
    /// longer.
    #[must_use]
    pub fn status(&self, today: Date) -> AgreementStatus {
        match &self.state {
            AgreementState::Draft => AgreementStatus::Draft,
            AgreementState::Terminated { on, signed, .. } if *on <= today || signed.is_none() => {
                AgreementStatus::Terminated
            }
            _ if self.expires.is_some_and(|last| last < today) => AgreementStatus::Expired,
            _ if today < self.begins() => AgreementStatus::Signed,
            _ => AgreementStatus::InForce,
        }
    }

    /// Returns the day of the last signature, of an agreement that was signed.
    #[must_use]
    pub fn signed_on(&self) -> Option<Date> {
        match &self.state {
            AgreementState::Draft => None,
            AgreementState::Signed { on, .. } => Some(*on),
            AgreementState::Terminated { signed, .. } => {
                signed.as_ref().map(|signature| signature.on)
            }
        }
    }

    /// Returns the first day on which it can be in force: that of its term, or of the last signature if later.
    #[must_use]
    pub fn begins(&self) -> Date {
        self.signed_on()
            .map_or(self.effective, |on| self.effective.max(on))
    }

    /// Returns the last day on which it can be in force: that of its term, or the one before its end if sooner.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        let ended = match &self.state {
            AgreementState::Terminated { on, .. } => on.plus_days(-1),
            AgreementState::Draft | AgreementState::Signed { .. } => None,
        };
        ended.into_iter().chain(self.expires).min()
    }

    /// Returns the agreement as it is once its end is recorded.
    ///
    /// # Errors
    /// [`Error::Field`] when an end was recorded before and this one is later: what has ended does not come back.
    pub fn terminated(self, on: Date, why: String) -> Result<Agreement, Error> {
        let signed = match self.state {
            AgreementState::Draft => None,
            AgreementState::Signed { on, by } => Some(Signature { on, by }),
            AgreementState::Terminated { on: before, .. } if before < on => {
                return Err(Error::field(
                    &format!("agreement/{}", self.id),
                    "state.on",
                    "is not later than the end recorded before; for more time sign another agreement",
                ));
            }
            AgreementState::Terminated { signed, .. } => signed,
        };
        Ok(Agreement {
            state: AgreementState::Terminated { on, why, signed },
            ..self
        })
    }

    /// Says whether the agreement names the service.
    #[must_use]
    pub fn covers_service(&self, service: &str) -> bool {
        names(&self.services, service)
    }

    /// Says whether the agreement names the model, by the vendor's name of it.
    #[must_use]
    pub fn covers_model(&self, upstream_model: &str) -> bool {
        names(&self.models, upstream_model)
    }
}

/// A state as it is written. A unit variant beside a tag would take any further field in silence, so the draft has
/// braces here.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum StateRow {
    Draft {},
    Signed {
        on: Date,
        by: String,
    },
    Terminated {
        on: Date,
        why: String,
        #[serde(default)]
        signed: Option<Signature>,
    },
}

impl From<StateRow> for AgreementState {
    fn from(row: StateRow) -> AgreementState {
        match row {
            StateRow::Draft {} => AgreementState::Draft,
            StateRow::Signed { on, by } => AgreementState::Signed { on, by },
            StateRow::Terminated { on, why, signed } => {
                AgreementState::Terminated { on, why, signed }
            }
        }
    }
}

/// Says whether a list names a thing, or everything.
fn names(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| entry == "*" || entry == name)
}

impl AgreementStatus {
    /// Returns the name in commands, files and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AgreementStatus::Draft => "draft",
            AgreementStatus::Signed => "signed",
            AgreementStatus::InForce => "in-force",
            AgreementStatus::Expired => "expired",
            AgreementStatus::Terminated => "terminated",
        }
    }

    /// Orders the statuses by how near they are to being in force.
    pub(crate) fn nearness(self) -> u8 {
        match self {
            AgreementStatus::Terminated => 0,
            AgreementStatus::Expired => 1,
            AgreementStatus::Draft => 2,
            AgreementStatus::Signed => 3,
            AgreementStatus::InForce => 4,
        }
    }
}

impl fmt::Display for AgreementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AgreementStatus::Draft => "a draft",
            AgreementStatus::Signed => "signed but not yet effective",
            AgreementStatus::InForce => "in force",
            AgreementStatus::Expired => "expired",
            AgreementStatus::Terminated => "terminated",
        })
    }
}
