//! The question put to the policies: may this principal, for this purpose, do this with that?

use std::collections::BTreeSet;

use crate::words::words;
use crate::{Principal, Purpose};

/// A question for the policies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Who asks.
    pub principal: Principal,
    /// Why.
    pub purpose: Purpose,
    /// What is to be done.
    pub action: Action,
    /// With what.
    pub resource: Resource,
    /// What else is known.
    pub context: Context,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Send something to a model.
    InvokeModel,
    /// Read a kept prompt, answer or map.
    ReadContent,
    /// Destroy the key of kept content.
    ShredContent,
    /// Keep content from expiring, or release it again.
    HoldContent,
    /// Read events of the ledger; they hold no content.
    ReadEvents,
    /// Export the ledger.
    ExportLedger,
    /// Add a witness's cosignature.
    CosignLedger,
    /// Read the register, apps and operators.
    ReadRegister,
    /// Change the register, apps or operators.
    ChangeRegister,
    /// Change the policies in force.
    ChangePolicy,
    /// Make, rotate or revoke keys, rewrap what they seal.
    ManageKeys,
}

/// With what something is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A model, as its route stands today.
    Model {
        /// The alias.
        alias: String,
        /// The id of the vendor.
        vendor: String,
        /// The features the request uses.
        features: Vec<String>,
        /// Whether an agreement in force covers it.
        agreement_in_force: bool,
        /// Whether a decision that holds opens it for de-identified data.
        deidentified_route: bool,
        /// The route's basis for research.
        research_basis: Option<ResearchBasis>,
    },
    /// Kept prompts, answers and maps.
    Content,
    /// The ledger.
    Ledger,
    /// Rows of the register of one kind: `vendor`, `agreement`, `model`, `decision`, `app`, `operator`,
    /// `minimum-necessary`.
    Register {
        /// The kind of row.
        kind: RegisterKind,
    },
    /// The policies.
    Policies,
    /// Keys: of apps, of operators, and those that seal.
    Keys {
        /// Whose keys.
        kind: KeysKind,
    },
}

/// The kinds of rows in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterKind {
    /// Vendors.
    Vendor,
    /// Business associate agreements.
    Agreement,
    /// Models.
    Model,
    /// Decisions that open de-identified routes.
    Decision,
    /// Apps.
    App,
    /// Operators.
    Operator,
    /// The minimum necessary table.
    MinimumNecessary,
}

/// The kinds of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeysKind {
    /// Keys of apps.
    App,
    /// Keys of operators.
    Operator,
    /// Keys that seal.
    Sealing,
}

/// The basis on which research may use protected health information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResearchBasis {
    /// The patient's authorization, 164.508.
    Authorization,
    /// A waiver by an institutional review board or privacy board, 164.512(i).
    Waiver,
    /// A limited data set under a data use agreement, 164.514(e).
    LimitedDataSet,
    /// De-identified data, 164.514(a)-(b).
    DeIdentified,
}

/// A label of content that the law protects more than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Psychotherapy notes, 164.501, 164.508(a)(2).
    PsychotherapyNotes,
    /// Records of substance use disorder treatment, 42 CFR part 2.
    Part2,
}

/// What else is known when the question is put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Context {
    /// How many patients the request names.
    pub patients_named: u32,
    /// Labels of what is sent or read.
    pub labels: BTreeSet<Label>,
    /// Labels for which the patient's authorization or consent is noted.
    pub consents: BTreeSet<Label>,
    /// Whether a reason was given in words (for reading content and for changes).
    pub reason_given: bool,
}

words!(Action, "action",
    InvokeModel => "InvokeModel",
    ReadContent => "ReadContent",
    ShredContent => "ShredContent",
    HoldContent => "HoldContent",
    ReadEvents => "ReadEvents",
    ExportLedger => "ExportLedger",
    CosignLedger => "CosignLedger",
    ReadRegister => "ReadRegister",
    ChangeRegister => "ChangeRegister",
    ChangePolicy => "ChangePolicy",
    ManageKeys => "ManageKeys",
);
words!(RegisterKind, "kind of register row",
    Vendor => "vendor",
    Agreement => "agreement",
    Model => "model",
    Decision => "decision",
    App => "app",
    Operator => "operator",
    MinimumNecessary => "minimum-necessary",
);
words!(KeysKind, "kind of key",
    App => "app",
    Operator => "operator",
    Sealing => "sealing",
);
words!(ResearchBasis, "basis for research",
    Authorization => "authorization",
    Waiver => "waiver",
    LimitedDataSet => "limited-data-set",
    DeIdentified => "de-identified",
);
words!(Label, "label",
    PsychotherapyNotes => "psychotherapy-notes",
    Part2 => "part2",
);
