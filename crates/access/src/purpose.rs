//! Why protected health information is used or disclosed.

use crate::words::words;

/// A purpose of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Care for a patient.
    Treatment,
    /// Getting paid for care.
    Payment,
    /// Running the organisation: quality, training, audits, planning.
    Operations,
    /// Systematic investigation for knowledge that holds for others.
    Research,
    /// A patient asks for their own record.
    PatientRequest,
}

words!(Purpose, "purpose of use",
    Treatment => "treatment",
    Payment => "payment",
    Operations => "operations",
    Research => "research",
    PatientRequest => "patient-request",
);

impl Purpose {
    /// Returns the paragraphs of 45 CFR that permit use and disclosure for this purpose.
    #[must_use]
    pub fn citation(self) -> &'static str {
        match self {
            Purpose::Treatment => "164.506(c)(1)-(2)",
            Purpose::Payment => "164.506(c)(1), (3)",
            Purpose::Operations => "164.506(c)(1), (4)",
            Purpose::Research => "164.508, 164.512(i), 164.514(e)",
            Purpose::PatientRequest => "164.502(a)(1)(i), 164.524",
        }
    }
}
