//! What a principal is in the organisation. What a role may do is not written here but in the policies.

use crate::words::words;

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Answers for the privacy of patients, 164.530(a)(1).
    PrivacyOfficer,
    /// Answers for the security of their records, 164.308(a)(2).
    SecurityOfficer,
    /// Treats patients.
    Clinician,
    /// Bills for care.
    Billing,
    /// Does research.
    Researcher,
    /// Builds with models.
    AiDeveloper,
    /// Checks what was done; sees events, never content.
    Auditor,
    /// A patient or their personal representative.
    Patient,
    /// A program.
    App,
    /// Keeps the machine running; no protected health information by default.
    Administrator,
}

words!(Role, "role",
    PrivacyOfficer => "privacy-officer",
    SecurityOfficer => "security-officer",
    Clinician => "clinician",
    Billing => "billing",
    Researcher => "researcher",
    AiDeveloper => "ai-developer",
    Auditor => "auditor",
    Patient => "patient",
    App => "app",
    Administrator => "administrator",
);
