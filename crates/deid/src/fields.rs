//! What the name of a field says about its value.
//!
//! Two uses: as a label in front of the value, so that the detector reads `"mrn": 4711` as `mrn: 4711`; and as a
//! statement of its own where the name leaves no doubt (`last_name`), for values the detector does not know.

use covenant_detect::Kind;
use covenant_formats::json::{Json, Object};

/// A value longer than this is text in its own right; its field's name says nothing about its parts.
pub(crate) const LABELLED_BYTES: usize = 200;
/// Longest label made of a sibling's value.
const SIBLING_LABEL_BYTES: usize = 48;

/// Field names, lower case without separators, that say by themselves what their values are.
const NAMES: &[(&str, Kind)] = &[
    ("accessionnumber", Kind::Accession),
    ("accountnumber", Kind::Account),
    ("acctno", Kind::Account),
    ("addressline1", Kind::Street),
    ("addressline2", Kind::Street),
    ("admissiondate", Kind::Date),
    ("admissionid", Kind::Encounter),
    ("admitdate", Kind::Date),
    ("attendingphysician", Kind::Person),
    ("badgenumber", Kind::Badge),
    ("bankaccount", Kind::Account),
    ("beneficiaryid", Kind::MemberId),
    ("birthdate", Kind::Date),
    ("cardnumber", Kind::Card),
    ("cellphone", Kind::Phone),
    ("chartnumber", Kind::Mrn),
    ("claimid", Kind::Claim),
    ("claimnumber", Kind::Claim),
    ("clinicianname", Kind::Person),
    ("contactname", Kind::Person),
    ("creditcard", Kind::Card),
    ("creditcardnumber", Kind::Card),
    ("csn", Kind::Encounter),
    ("dateofbirth", Kind::Date),
    ("dateofdeath", Kind::Date),
    ("dateofservice", Kind::Date),
    ("deanumber", Kind::Dea),
    ("deathdate", Kind::Date),
    ("deviceserial", Kind::Serial),
    ("dischargedate", Kind::Date),
    ("dob", Kind::Date),
    ("doctorname", Kind::Person),
    ("driverlicense", Kind::DriversLicense),
    ("driverslicense", Kind::DriversLicense),
    ("driverslicensenumber", Kind::DriversLicense),
    ("email", Kind::Email),
    ("emailaddress", Kind::Email),
    ("emergencycontactname", Kind::Person),
    ("employeeid", Kind::Badge),
    ("encounterid", Kind::Encounter),
    ("encounternumber", Kind::Encounter),
    ("familyname", Kind::Person),
    ("fathername", Kind::Person),
    ("fax", Kind::Fax),
    ("faxnumber", Kind::Fax),
    ("firstname", Kind::Person),
    ("fullname", Kind::Person),
    ("givenname", Kind::Person),
    ("groupnumber", Kind::GroupNumber),
    ("guardianname", Kind::Person),
    ("healthplanid", Kind::MemberId),
    ("homeaddress", Kind::Street),
    ("homephone", Kind::Phone),
    ("hospitalnumber", Kind::Mrn),
    ("imei", Kind::Imei),
    ("insuranceid", Kind::MemberId),
    ("invoicenumber", Kind::Invoice),
    ("ipaddress", Kind::Ip),
    ("lastname", Kind::Person),
    ("licensenumber", Kind::ProfessionalLicense),
    ("licenseplate", Kind::Plate),
    ("macaddress", Kind::Mac),
    ("maidenname", Kind::Person),
    ("mailingaddress", Kind::Street),
    ("mbi", Kind::Mbi),
    ("medicaidid", Kind::Medicaid),
    ("medicaidnumber", Kind::Medicaid),
    ("medicalrecordnumber", Kind::Mrn),
    ("medicareid", Kind::Mbi),
    ("medicarenumber", Kind::Mbi),
    ("memberid", Kind::MemberId),
    ("membername", Kind::Person),
    ("membernumber", Kind::MemberId),
    ("middlename", Kind::Person),
    ("mobilephone", Kind::Phone),
    ("mothername", Kind::Person),
    ("mrn", Kind::Mrn),
    ("nextofkin", Kind::Person),
    ("npi", Kind::Npi),
    ("npinumber", Kind::Npi),
    ("ordernumber", Kind::Order),
    ("pager", Kind::Pager),
    ("passportnumber", Kind::Passport),
    ("patientfirstname", Kind::Person),
    ("patientid", Kind::Mrn),
    ("patientidentifier", Kind::Mrn),
    ("patientlastname", Kind::Person),
    ("patientmrn", Kind::Mrn),
    ("patientname", Kind::Person),
    ("patientnumber", Kind::Mrn),
    ("phone", Kind::Phone),
    ("phonenumber", Kind::Phone),
    ("physicianname", Kind::Person),
    ("platenumber", Kind::Plate),
    ("policynumber", Kind::Policy),
    ("postalcode", Kind::Zip),
    ("postcode", Kind::Zip),
    ("preferredname", Kind::Person),
    ("prescriptionnumber", Kind::Prescription),
    ("providername", Kind::Person),
    ("referringphysician", Kind::Person),
    ("routingnumber", Kind::Check),
    ("rxnumber", Kind::Prescription),
    ("serialnumber", Kind::Serial),
    ("socialsecuritynumber", Kind::Ssn),
    ("specimenid", Kind::Specimen),
    ("spousename", Kind::Person),
    ("ssn", Kind::Ssn),
    ("street", Kind::Street),
    ("streetaddress", Kind::Street),
    ("studentid", Kind::Student),
    ("subjectid", Kind::StudySubject),
    ("subscriberid", Kind::MemberId),
    ("subscribername", Kind::Person),
    ("surname", Kind::Person),
    ("telephone", Kind::Phone),
    ("udi", Kind::Udi),
    ("username", Kind::UserName),
    ("vin", Kind::Vin),
    ("visitid", Kind::Encounter),
    ("visitnumber", Kind::Encounter),
    ("workphone", Kind::Phone),
    ("zip", Kind::Zip),
    ("zipcode", Kind::Zip),
];

/// Values that say that there is no value.
const ABSENT: [&str; 12] = [
    "-",
    "declined",
    "n/a",
    "na",
    "nil",
    "none",
    "not available",
    "not provided",
    "null",
    "tbd",
    "unknown",
    "unspecified",
];

/// Fields whose values name what a sibling holds: FHIR's `system`, key-value lists' `name`.
const NAMING: [&str; 8] = [
    "type", "label", "field", "key", "system", "name", "code", "kind",
];
/// Fields whose values are named by such a sibling.
const NAMED: [&str; 6] = ["value", "number", "id", "identifier", "text", "answer"];

/// Returns what the name says its value is, where it leaves no doubt.
pub(crate) fn kind_of(name: &str) -> Option<Kind> {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_lowercase())
        .collect();
    let position = NAMES
        .binary_search_by(|(known, _)| known.cmp(&plain.as_str()))
        .ok()?;
    NAMES.get(position).map(|(_, kind)| *kind)
}

/// Tells whether a value can be what its field's name says: not a word for "none", and with digits where numbers
/// are meant.
pub(crate) fn is_plausible(kind: Kind, value: &str) -> bool {
    let value = value.trim();
    if value.is_empty()
        || value.len() > LABELLED_BYTES
        || ABSENT.contains(&value.to_ascii_lowercase().as_str())
    {
        return false;
    }
    match kind {
        Kind::Person => value.chars().any(char::is_alphabetic),
        Kind::Street | Kind::Plate | Kind::UserName => value.chars().any(char::is_alphanumeric),
        Kind::Email => value.contains('@'),
        _ => value.chars().any(|char| char.is_ascii_digit()),
    }
}

/// Returns a field's name as words: `patientMRN_2` is "patient MRN 2".
pub(crate) fn label(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for char in name.chars() {
        let new_word = char.is_uppercase() && before.is_lowercase();
        if (new_word || !char.is_alphanumeric()) && !label.ends_with(' ') && !label.is_empty() {
            label.push(' ');
        }
        if char.is_alphanumeric() {
            label.push(char);
        }
        before = char;
    }
    label.truncate(label.trim_end().len());
    label
}

/// Returns the name that stands for `key` in `object`: a sibling's value where that names it
/// (`{"type": "mrn", "value": "4711"}`), else the key.
pub(crate) fn name_in<'a>(object: &'a Object, key: &'a str) -> &'a str {
    if !NAMED.contains(&key.to_ascii_lowercase().as_str()) {
        return key;
    }
    let sibling = NAMING
        .iter()
        .filter(|naming| **naming != key)
        .find_map(|naming| match object.get(naming) {
            Some(Json::String(text)) => Some(text.as_str()),
            _ => None,
        });
    let last_part = sibling.map(|text| {
        text.trim_end_matches('/')
            .rsplit(['/', ':', '#'])
            .next()
            .unwrap_or(text)
    });
    last_part
        .filter(|text| !text.is_empty() && text.len() <= SIBLING_LABEL_BYTES)
        .unwrap_or(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use covenant_formats::json::object;

    #[test]
    fn field_names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!(kind_of("patient_MRN"), Some(Kind::Mrn));
        assert_eq!(kind_of("lastName"), Some(Kind::Person));
        assert_eq!(kind_of("name"), None);
    }

    #[test]
    fn names_of_fields_are_read_as_words() {
        assert_eq!(label("patientMrn_2"), "patient Mrn 2");
        assert_eq!(label("date-of-birth"), "date of birth");
        assert_eq!(label("MRN"), "MRN");
    }

    #[test]
    fn a_sibling_names_a_value() {
        let identifier = object([
            ("system", "http://example.org/ids/mrn".into()),
            ("value", "4711".into()),
        ]);
        let identifier = identifier.as_object().unwrap();
        assert_eq!(name_in(identifier, "value"), "mrn");
        assert_eq!(name_in(identifier, "system"), "system");
    }

    #[test]
    fn a_word_for_nothing_is_no_value() {
        assert!(!is_plausible(Kind::Person, "Unknown"));
        assert!(!is_plausible(Kind::Mrn, "pending"));
        assert!(is_plausible(Kind::Mrn, "A-4711"));
    }
}
