//! The classes of identifier a finding can have: coarse, one a column of the annotation convention.
//!
//! What is finer lives in [`crate::Kind`]; which paragraph of the law a finding rests on, in [`crate::Basis`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What sort of identifier a finding is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[$doc])* $variant,)* }

        impl Class {
            /// Every class, in the order of the annotation convention.
            pub const ALL: [Class; 19] = [$(Class::$variant,)*];

            /// Returns the name used in output, tables and tokens, such as `HEALTH_PLAN`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Class::$variant => $text,)* }
            }
        }
    };
}

classes! {
    /// People: patients, relatives, clinicians; initials and user names that stand for one.
    Name = "NAME",
    /// Places below the state: street, city, county, ZIP code, landmark.
    Location = "LOCATION",
    /// Named facilities, employers, schools, insurers, agencies.
    Org = "ORG",
    /// Days, months, holidays, particular weekdays.
    Date = "DATE",
    /// Ages of 90 and over.
    Age = "AGE",
    /// Telephone and pager numbers.
    Phone = "PHONE",
    /// Fax numbers.
    Fax = "FAX",
    /// E-mail addresses.
    Email = "EMAIL",
    /// Web addresses.
    Url = "URL",
    /// Internet protocol addresses.
    Ip = "IP",
    /// Social security numbers, whole or the last four digits.
    Ssn = "SSN",
    /// Medical record numbers.
    Mrn = "MRN",
    /// Member, group, policy, Medicare and Medicaid numbers.
    HealthPlan = "HEALTH_PLAN",
    /// Account, claim, invoice, card and check numbers.
    Account = "ACCOUNT",
    /// Licence and certificate numbers, NPI and DEA among them.
    License = "LICENSE",
    /// Plates, vehicle identification numbers, tail numbers.
    Vehicle = "VEHICLE",
    /// Serial and lot numbers of devices, UDI, hardware addresses.
    Device = "DEVICE",
    /// Identifiers of voice prints, fingerprints, face and iris templates.
    Biometric = "BIOMETRIC",
    /// Any other unique number or code.
    OtherId = "OTHER_ID",
}

/// A word that is not the name of a class (or kind).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what}")]
pub struct UnknownName {
    pub(crate) what: &'static str,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Class {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Class, UnknownName> {
        Class::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or(UnknownName { what: "class" })
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Class, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
