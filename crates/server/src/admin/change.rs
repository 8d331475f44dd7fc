//! What may be changed, as a value: the commands, the control socket and the admin API speak this one language.

use covenant_access::{Purpose, Role};
use covenant_govern::{Agreement, Date, Model, RouteDecision, Vendor};
use covenant_seal::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// A change, with the reason for it. In JSON: `{"change": {"is": "vendor-add", "vendor": {…}}, "why": "…"}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// What to change.
    pub change: Change,
    /// Why, in words; recorded.
    #[serde(default)]
    pub why: String,
}

/// One change. A field that is not known is refused: one misspelt would otherwise be silently absent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// Adds a vendor, or replaces one.
    VendorAdd {
        /// The vendor.
        vendor: Vendor,
    },
    /// Removes a vendor nothing refers to.
    VendorRemove {
        /// Its id.
        id: String,
    },
    /// Drafts an agreement, or replaces a draft.
    AgreementDraft {
        /// The draft.
        agreement: Agreement,
    },
    /// Records that an agreement was signed.
    AgreementSign {
        /// Its id.
        id: String,
        /// Who signed for us.
        by: String,
        /// The day of the last signature.
        on: Date,
        /// SHA-256 of the signed document, hexadecimal.
        document_digest: String,
    },
    /// Records that an agreement ended, or ends on a later day.
    AgreementTerminate {
        /// Its id.
        id: String,
        /// The first day on which it no longer holds.
        on: Date,
        /// Why it was ended.
        reason: String,
    },
    /// Adds a model, or replaces one.
    ModelAdd {
        /// The model.
        model: Model,
    },
    /// Removes a model.
    ModelRemove {
        /// Its alias.
        alias: String,
    },
    /// Opens a de-identified route.
    DecisionAdd {
        /// The decision.
        decision: RouteDecision,
    },
    /// Closes a de-identified route at once.
    DecisionRevoke {
        /// Its id.
        id: String,
    },
    /// Adds an application with a first key.
    AppAdd {
        /// The application.
        app: AppForm,
        /// When its key expires, in milliseconds from now.
        #[serde(default)]
        key_expires_in_ms: Option<i64>,
    },
    /// Stops an application.
    AppDisable {
        /// Its id.
        id: String,
    },
    /// Gives an application other purposes.
    AppPurposes {
        /// Its id.
        id: String,
        /// The purposes.
        purposes: Vec<Purpose>,
        /// The purpose of a request that names none.
        #[serde(default)]
        default_purpose: Option<Purpose>,
    },
    /// One more key for an application.
    AppKeyAdd {
        /// Its id.
        id: String,
        /// When the key expires, in milliseconds from now.
        #[serde(default)]
        expires_in_ms: Option<i64>,
    },
    /// A fresh key; the others end after the overlap.
    AppKeyRotate {
        /// The application's id.
        id: String,
        /// How long the old keys stay good.
        overlap_ms: i64,
        /// When the fresh key expires, in milliseconds from now.
        #[serde(default)]
        expires_in_ms: Option<i64>,
    },
    /// Ends a key at once.
    AppKeyRevoke {
        /// The application's id.
        id: String,
        /// The key's look-up prefix.
        prefix: String,
    },
    /// Adds an operator with a key.
    OperatorAdd {
        /// The name.
        name: String,
        /// The roles.
        roles: Vec<Role>,
        /// When the key expires, in milliseconds from now.
        #[serde(default)]
        key_expires_in_ms: Option<i64>,
    },
    /// Stops an operator.
    OperatorDisable {
        /// The name.
        name: String,
    },
    /// A fresh key for an operator; the others end after the overlap.
    OperatorKeyRotate {
        /// The operator's name.
        name: String,
        /// How long the old keys stay good.
        overlap_ms: i64,
        /// When the fresh key expires, in milliseconds from now.
        #[serde(default)]
        expires_in_ms: Option<i64>,
    },
    /// Ends an operator's key at once.
    OperatorKeyRevoke {
        /// The operator's name.
        name: String,
        /// The key's look-up prefix.
        prefix: String,
    },
    /// Adds a policy file to the shipped set, or replaces one by name.
    PolicySet {
        /// The file's name.
        name: String,
        /// Its text, in Cedar.
        source: String,
    },
    /// Removes a policy file that was added; the shipped one of that name, if any, is in force again.
    PolicyRemove {
        /// The file's name.
        name: String,
    },
    /// Replaces the minimum-necessary table.
    MinimumNecessarySet {
        /// The table's text, in TOML.
        source: String,
    },
    /// Puts the shipped minimum-necessary table in force again.
    MinimumNecessaryReset,
    /// Wraps every key under another key-encryption key.
    KeysRewrap {
        /// The file of the new key, as the writing process sees it; made when it does not exist.
        new_key_file: PathBuf,
        /// Only says what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Begins a fresh log key.
    LogKeyRotate,
    /// Destroys the key of everything kept about one patient.
    ShredSubject {
        /// The reference, as sent in `X-Covenant-Patient`.
        reference: Reference,
        /// Only says what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Destroys the key of one payload.
    ShredPayload {
        /// Its id.
        id: String,
        /// Only says what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Seals one payload anew under a fresh key.
    PayloadReencrypt {
        /// Its id.
        id: String,
        /// Only says what would be done.
        #[serde(default)]
        dry_run: bool,
    },
    /// Places a legal hold: what it covers is neither expired nor shredded until it is released.
    HoldPlace {
        /// The name of the hold, such as a case number.
        id: String,
        /// What it covers.
        covers: HoldCovers,
    },
    /// Releases a legal hold.
    HoldRelease {
        /// The name of the hold.
        id: String,
    },
    /// Reads a payload back; recorded before the bytes are given out.
    ContentRead {
        /// Its id.
        id: String,
        /// What it is read for.
        purpose: Purpose,
    },
    /// Keeps a witness's signature on a checkpoint.
    Cosign {
        /// The checkpoint note that the witness signed.
        note: String,
        /// The witness's signature line.
        line: String,
    },
    /// Records that the ledger was exported.
    ExportRecord {
        /// How many entries.
        size: u64,
    },
}

/// An application as an operator describes it; keys are made, never given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppForm {
    /// The id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The purposes given to it.
    pub purposes: Vec<Purpose>,
    /// The purpose of a request that names none.
    #[serde(default)]
    pub default_purpose: Option<Purpose>,
    /// Whether requests must name a patient.
    #[serde(default)]
    pub require_patient: bool,
    /// The models it may use, by alias; empty: all.
    #[serde(default)]
    pub models: Vec<String>,
}

/// What a legal hold covers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HoldCovers {
    /// One payload, by id.
    Payload(String),
    /// Every payload of a request, by its id.
    Request(String),
    /// Every payload about a patient.
    Patient(Reference),
    /// Every payload.
    Everything,
}

/// A patient's reference: it goes over the control socket, and nowhere into a log.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Reference(SecretString);

impl Reference {
    /// The reference itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for Reference {
    fn from(text: String) -> Reference {
        Reference(SecretString::new(text))
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[patient reference]")
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl Change {
    /// The name of the change, as in JSON and on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Change::VendorAdd { .. } => "vendor-add",
            Change::VendorRemove { .. } => "vendor-remove",
            Change::AgreementDraft { .. } => "agreement-draft",
            Change::AgreementSign { .. } => "agreement-sign",
            Change::AgreementTerminate { .. } => "agreement-terminate",
            Change::ModelAdd { .. } => "model-add",
            Change::ModelRemove { .. } => "model-remove",
            Change::DecisionAdd { .. } => "decision-add",
            Change::DecisionRevoke { .. } => "decision-revoke",
            Change::AppAdd { .. } => "app-add",
            Change::AppDisable { .. } => "app-disable",
            Change::AppPurposes { .. } => "app-purposes",
            Change::AppKeyAdd { .. } => "app-key-add",
            Change::AppKeyRotate { .. } => "app-key-rotate",
            Change::AppKeyRevoke { .. } => "app-key-revoke",
            Change::OperatorAdd { .. } => "operator-add",
            Change::OperatorDisable { .. } => "operator-disable",
            Change::OperatorKeyRotate { .. } => "operator-key-rotate",
            Change::OperatorKeyRevoke { .. } => "operator-key-revoke",
            Change::PolicySet { .. } => "policy-set",
            Change::PolicyRemove { .. } => "policy-remove",
            Change::MinimumNecessarySet { .. } => "minimum-necessary-set",
            Change::MinimumNecessaryReset => "minimum-necessary-reset",
            Change::KeysRewrap { .. } => "keys-rewrap",
            Change::LogKeyRotate => "log-key-rotate",
            Change::ShredSubject { .. } => "shred-subject",
            Change::ShredPayload { .. } => "shred-payload",
            Change::PayloadReencrypt { .. } => "payload-reencrypt",
            Change::HoldPlace { .. } => "hold-place",
            Change::HoldRelease { .. } => "hold-release",
            Change::ContentRead { .. } => "content-read",
            Change::Cosign { .. } => "cosign",
            Change::ExportRecord { .. } => "export-record",
        }
    }
}
