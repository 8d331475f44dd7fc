//! Labels: what "Patient name:", `"patient_name":`, `<family>` or a column header announces.

use crate::kind::Kind;
use crate::token::Shape;

use super::view::View;

/// What a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A name and nothing else ("Patient name:", a column `last_name`).
    Name,
    /// A role that a name may follow ("Attending:").
    Role,
    UserName,
    City,
    County,
    Facility,
    Organisation,
}

impl Field {
    /// Returns true for names of people.
    pub(crate) fn is_of_people(self) -> bool {
        matches!(self, Field::Name | Field::Role)
    }

    /// Returns true for fields whose values hold words alone.
    pub(crate) fn is_of_words(self) -> bool {
        matches!(
            self,
            Field::Name | Field::Role | Field::City | Field::County
        )
    }

    /// Returns the kind of a value of the field.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Field::Name | Field::Role => Kind::Person,
            Field::UserName => Kind::UserName,
            Field::City => Kind::City,
            Field::County => Kind::County,
            Field::Facility => Kind::Facility,
            Field::Organisation => Kind::Organisation,
        }
    }
}

/// The most words of a label.
const LABEL_WORDS: usize = 4;

/// Words of a label run together in lower case: `patientname` of "Patient Name", `patient_name`, `patientName`.
pub(crate) struct Label {
    bytes: [u8; 64],
    len: usize,
}

impl Label {
    /// Reads the label that ends before the unit at `end`.
    pub(crate) fn ending(view: &View<'_>, end: usize) -> Label {
        let mut from = end;
        let mut words = 0;
        while let Some(at) = from.checked_sub(1) {
            let Some(unit) = view.unit(at) else { break };
            let joins = unit.shape == Shape::Sign
                && matches!(unit.first, b'_' | b'-' | b'\'')
                && !unit.space_before
                && words > 0;
            if !(unit.is_word() || unit.shape == Shape::Mixed && words > 0 || joins)
                || (unit.is_word() && words == LABEL_WORDS)
            {
                break;
            }
            words += usize::from(unit.is_word());
            from = at;
            if unit.line_start {
                break;
            }
        }
        Label::between(view, from, end)
    }

    /// Runs the words from `from` to `end` together.
    pub(crate) fn between(view: &View<'_>, from: usize, end: usize) -> Label {
        let mut label = Label {
            bytes: [0; 64],
            len: 0,
        };
        for at in from..end {
            if view.unit(at).is_some_and(|unit| unit.is_word()) {
                label.push(view.text(at));
            }
        }
        label
    }

    fn push(&mut self, word: &str) {
        for byte in word.bytes().filter(u8::is_ascii_alphabetic) {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte.to_ascii_lowercase();
                self.len += 1;
            }
        }
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }

    /// Returns what the label announces.
    pub(crate) fn field(&self, quoted: bool) -> Option<Field> {
        let label = self.as_str();
        if quoted && matches!(label, "family" | "given") {
            return Some(Field::Name);
        }
        if let Some(field) = WHOLE.iter().find(|(ending, field)| {
            label
                .strip_suffix(ending)
                .is_some_and(|front| is_qualifier(front, *field, ending.len()))
        }) {
            return Some(field.1);
        }
        let stem = label
            .strip_suffix("name")
            .or_else(|| label.strip_suffix("names"))?;
        if let Some(field) = NAMED.iter().find(|(ending, _)| stem.ends_with(ending)) {
            return field.1;
        }
        Some(Field::Name)
    }
}

/// Words before the end of a label that leave its meaning: "referring hospital", "patient city".
fn is_qualifier(front: &str, field: Field, length: usize) -> bool {
    const OF_PLACES: [&str; 20] = [
        "",
        "referring",
        "admitting",
        "primary",
        "preferred",
        "current",
        "treating",
        "birth",
        "home",
        "patient",
        "performing",
        "sending",
        "receiving",
        "local",
        "nameof",
        "your",
        "my",
        "the",
        "outpatient",
        "transferring",
    ];
    match field {
        Field::City | Field::County | Field::Facility | Field::Organisation => {
            OF_PLACES.contains(&front)
        }
        _ => front.is_empty() || length > 4,
    }
}

/// Labels by their end; the first that fits counts.
const WHOLE: [(&str, Field); 82] = [
    ("username", Field::UserName),
    ("userhandle", Field::UserName),
    ("screenname", Field::UserName),
    ("loginid", Field::UserName),
    ("login", Field::UserName),
    ("handle", Field::UserName),
    ("lastfirst", Field::Name),
    ("lastnamefirstname", Field::Name),
    ("surname", Field::Name),
    ("alias", Field::Name),
    ("aka", Field::Name),
    ("patientis", Field::Name),
    ("patient", Field::Role),
    ("pt", Field::Role),
    ("client", Field::Role),
    ("provider", Field::Role),
    ("physician", Field::Role),
    ("doctor", Field::Role),
    ("attending", Field::Role),
    ("pcp", Field::Role),
    ("surgeon", Field::Role),
    ("assistant", Field::Role),
    ("anesthesiologist", Field::Role),
    ("anesthesia", Field::Role),
    ("cardiologist", Field::Role),
    ("oncologist", Field::Role),
    ("radiologist", Field::Role),
    ("pathologist", Field::Role),
    ("consultant", Field::Role),
    ("resident", Field::Role),
    ("fellow", Field::Role),
    ("nurse", Field::Role),
    ("rn", Field::Role),
    ("therapist", Field::Role),
    ("pharmacist", Field::Role),
    ("clinician", Field::Role),
    ("author", Field::Role),
    ("scribe", Field::Role),
    ("signature", Field::Role),
    ("signed", Field::Role),
    ("signedby", Field::Role),
    ("dictatedby", Field::Role),
    ("referredby", Field::Role),
    ("orderedby", Field::Role),
    ("collectedby", Field::Role),
    ("reviewedby", Field::Role),
    ("performedby", Field::Role),
    ("subscriber", Field::Role),
    ("guarantor", Field::Role),
    ("insured", Field::Role),
    ("policyholder", Field::Role),
    ("beneficiary", Field::Role),
    ("emergencycontact", Field::Role),
    ("contact", Field::Role),
    ("contactperson", Field::Role),
    ("nextofkin", Field::Role),
    ("nok", Field::Role),
    ("mother", Field::Role),
    ("father", Field::Role),
    ("spouse", Field::Role),
    ("guardian", Field::Role),
    ("caregiver", Field::Role),
    ("witness", Field::Role),
    ("interpreter", Field::Role),
    ("recipient", Field::Role),
    ("sender", Field::Role),
    ("attn", Field::Role),
    ("city", Field::City),
    ("town", Field::City),
    ("hometown", Field::City),
    ("birthplace", Field::City),
    ("placeofbirth", Field::City),
    ("county", Field::County),
    ("facility", Field::Facility),
    ("hospital", Field::Facility),
    ("pharmacy", Field::Facility),
    ("employer", Field::Organisation),
    ("school", Field::Organisation),
    ("insurer", Field::Organisation),
    ("insurancecompany", Field::Organisation),
    ("payer", Field::Organisation),
    ("workplace", Field::Organisation),
];

/// What stands before "name" where it is no person's.
const NAMED: [(&str, Option<Field>); 51] = [
    ("facility", Some(Field::Facility)),
    ("hospital", Some(Field::Facility)),
    ("clinic", Some(Field::Facility)),
    ("pharmacy", Some(Field::Facility)),
    ("practice", Some(Field::Facility)),
    ("employer", Some(Field::Organisation)),
    ("company", Some(Field::Organisation)),
    ("school", Some(Field::Organisation)),
    ("organization", Some(Field::Organisation)),
    ("organisation", Some(Field::Organisation)),
    ("business", Some(Field::Organisation)),
    ("agency", Some(Field::Organisation)),
    ("insurer", Some(Field::Organisation)),
    ("payer", Some(Field::Organisation)),
    ("city", Some(Field::City)),
    ("county", Some(Field::County)),
    ("user", Some(Field::UserName)),
    ("drug", None),
    ("medication", None),
    ("brand", None),
    ("generic", None),
    ("trade", None),
    ("file", None),
    ("product", None),
    ("test", None),
    ("lab", None),
    ("procedure", None),
    ("host", None),
    ("domain", None),
    ("class", None),
    ("type", None),
    ("plan", None),
    ("group", None),
    ("event", None),
    ("model", None),
    ("tool", None),
    ("function", None),
    ("system", None),
    ("device", None),
    ("study", None),
    ("state", None),
    ("country", None),
    ("street", None),
    ("code", None),
    ("its", None),
    ("their", None),
    ("common", None),
    ("scientific", None),
    ("disease", None),
    ("other", None),
    ("gene", None),
];
