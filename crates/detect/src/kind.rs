//! The one table that maps kind to class and to the paragraph of 45 CFR 164.514(b)(2)(i) it rests on.
//!
//! `convention` marks what the law does not list for the individual, relatives, employers or household members and
//! is removed because it helps to identify: facilities, and the numbers of clinicians.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::class::{Class, UnknownName};

/// Why a finding counts as an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A paragraph of the Safe Harbor list, `A` to `R`.
    SafeHarbor(char),
    /// Not in the list; removed by convention because it helps to identify.
    Convention,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Basis::SafeHarbor(letter) => write!(f, "164.514(b)(2)(i)({letter})"),
            Basis::Convention => f.write_str("convention"),
        }
    }
}

macro_rules! basis {
    (convention) => {
        Basis::Convention
    };
    ($letter:literal) => {
        Basis::SafeHarbor($letter)
    };
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $class:ident, $basis:tt;)*) => {
        /// What exactly a finding is; finer than its class.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind, grouped by class.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// Returns the name used in output and tables, such as `drivers_license`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $text,)* }
            }

            /// Returns the class this kind belongs to.
            #[must_use]
            pub fn class(self) -> Class {
                match self { $(Kind::$variant => Class::$class,)* }
            }

            /// Returns the paragraph, or the convention, this kind rests on.
            #[must_use]
            pub fn basis(self) -> Basis {
                match self { $(Kind::$variant => basis!($basis),)* }
            }
        }
    };
}

kinds! {
    /// A person's name.
    Person = "person", Name, 'A';
    /// Initials that stand for a person.
    Initials = "initials", Name, 'A';
    /// A user name or handle.
    UserName = "user_name", Name, 'A';
    /// A street line with house number and unit.
    Street = "street", Location, 'B';
    /// A post office box.
    PoBox = "po_box", Location, 'B';
    /// A city, town, village or other place below the state.
    City = "city", Location, 'B';
    /// A county, parish or precinct.
    County = "county", Location, 'B';
    /// A ZIP code.
    Zip = "zip", Location, 'B';
    /// A landmark, island, base or place along a road.
    Landmark = "landmark", Location, 'B';
    /// A named hospital, clinic, practice, pharmacy or laboratory.
    Facility = "facility", Org, convention;
    /// A named employer, school, church, insurer or agency.
    Organisation = "organisation", Org, convention;
    /// A day.
    Date = "date", Date, 'C';
    /// A day with the clock time that directly follows it.
    DateTime = "date_time", Date, 'C';
    /// A month, with its year where written.
    Month = "month", Date, 'C';
    /// A weekday that means one particular day.
    Weekday = "weekday", Date, 'C';
    /// A holiday.
    Holiday = "holiday", Date, 'C';
    /// An age of 90 or over.
    Age90 = "age_90", Age, 'C';
    /// A telephone number.
    Phone = "phone", Phone, 'D';
    /// A pager number.
    Pager = "pager", Phone, 'D';
    /// A fax number.
    Fax = "fax", Fax, 'E';
    /// An e-mail address.
    Email = "email", Email, 'F';
    /// A web address.
    Url = "url", Url, 'N';
    /// An IPv4 or IPv6 address.
    Ip = "ip", Ip, 'O';
    /// A social security number.
    Ssn = "ssn", Ssn, 'G';
    /// The last four digits of a social security number, named so.
    SsnLast4 = "ssn_last4", Ssn, 'G';
    /// A medical record number.
    Mrn = "mrn", Mrn, 'H';
    /// A Medicare beneficiary identifier.
    Mbi = "mbi", HealthPlan, 'I';
    /// A member, subscriber or beneficiary number of a health plan.
    MemberId = "member_id", HealthPlan, 'I';
    /// A group number of a health plan.
    GroupNumber = "group_number", HealthPlan, 'I';
    /// A policy number.
    Policy = "policy", HealthPlan, 'I';
    /// A Medicaid number.
    Medicaid = "medicaid", HealthPlan, 'I';
    /// An account number.
    Account = "account", Account, 'J';
    /// A claim number.
    Claim = "claim", Account, 'J';
    /// An invoice, receipt or statement number.
    Invoice = "invoice", Account, 'J';
    /// A payment card number.
    Card = "card", Account, 'J';
    /// A check, routing or transaction number.
    Check = "check", Account, 'J';
    /// A driver's licence or state identity card number.
    DriversLicense = "drivers_license", License, 'K';
    /// A national provider identifier.
    Npi = "npi", License, convention;
    /// A DEA registration number.
    Dea = "dea", License, convention;
    /// A professional licence number.
    ProfessionalLicense = "professional_license", License, convention;
    /// A certificate number.
    Certificate = "certificate", License, 'K';
    /// A licence plate.
    Plate = "plate", Vehicle, 'L';
    /// A vehicle identification number.
    Vin = "vin", Vehicle, 'L';
    /// An aircraft or vessel registration.
    TailNumber = "tail_number", Vehicle, 'L';
    /// A serial number of a device.
    Serial = "serial", Device, 'M';
    /// A lot number of an implant or device.
    Lot = "lot", Device, 'M';
    /// A unique device identifier.
    Udi = "udi", Device, 'M';
    /// A hardware (MAC) address.
    Mac = "mac", Device, 'M';
    /// A mobile equipment or subscriber number.
    Imei = "imei", Device, 'M';
    /// An identifier of a biometric template.
    Biometric = "biometric", Biometric, 'P';
    /// An accession number.
    Accession = "accession", OtherId, 'R';
    /// A specimen number.
    Specimen = "specimen", OtherId, 'R';
    /// An encounter, visit or admission number.
    Encounter = "encounter", OtherId, 'R';
    /// An order or requisition number.
    Order = "order", OtherId, 'R';
    /// A prescription number.
    Prescription = "prescription", OtherId, 'R';
    /// A study subject number.
    StudySubject = "study_subject", OtherId, 'R';
    /// A badge or employee number.
    Badge = "badge", OtherId, 'R';
    /// An inmate or booking number.
    Inmate = "inmate", OtherId, 'R';
    /// A student number.
    Student = "student", OtherId, 'R';
    /// A passport, visa or alien registration number.
    Passport = "passport", OtherId, 'R';
    /// A court docket or case number.
    Court = "court", OtherId, 'R';
    /// A police report or incident number.
    Police = "police", OtherId, 'R';
    /// A donor, transplant or wait-list number.
    Donor = "donor", OtherId, 'R';
    /// A session identifier.
    Session = "session", OtherId, 'R';
    /// A database row or resource identifier.
    RecordId = "record_id", OtherId, 'R';
    /// Any other unique number or code.
    OtherId = "other_id", OtherId, 'R';
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Kind, UnknownName> {
        Kind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownName { what: "kind" })
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_kind_and_class_is_read_back_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().unwrap(), *kind);
        }
        for class in Class::ALL {
            assert_eq!(class.as_str().parse::<Class>().unwrap(), class);
            assert!(
                Kind::ALL.iter().any(|kind| kind.class() == class),
                "{class} has no kind"
            );
        }
    }

    #[test]
    fn the_basis_is_a_listed_paragraph_or_the_convention() {
        for kind in Kind::ALL {
            if let Basis::SafeHarbor(letter) = kind.basis() {
                assert!(('A'..='R').contains(&letter), "{kind}");
            }
        }
        assert_eq!(Kind::Zip.basis().to_string(), "164.514(b)(2)(i)(B)");
        assert_eq!(Kind::Npi.basis().to_string(), "convention");
    }
}
