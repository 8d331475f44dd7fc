//! The answer to "may this go there today?": a [`Coverage`] that only the register makes, or an [`Uncovered`]
//! that says why not, by which paragraph, and which command would change it.

use std::fmt;

use crate::{Date, Feature, Method};

/// Proof that an agreement in force, or a decision that holds, covers a model and features on a day.
///
/// Only [`Register::cover`](crate::Register::cover) makes one; written out elsewhere it does not compile:
///
/// ```compile_fail,E0451
/// use covenant_govern::{Basis, Coverage};
/// fn forge(today: covenant_govern::Date) -> Coverage {
///     Coverage {
///         vendor: "acme".into(),
///         model: "acme-large".into(),
///         features: vec![],
///         basis: Basis::Agreement { id: "acme-2026".into(), version: 1 },
///         day: today,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    vendor: String,
    model: String,
    features: Vec<Feature>,
    basis: Basis,
    day: Date,
}

/// What a coverage rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A business associate agreement in force.
    Agreement {
        /// Its id.
        id: String,
        /// Its version.
        version: u32,
    },
    /// A decision that opens a de-identified route.
    Decision {
        /// Its id.
        id: String,
        /// How the data must be de-identified.
        method: Method,
    },
}

impl Coverage {
    pub(crate) fn new(
        vendor: &str,
        model: &str,
        features: &[Feature],
        basis: Basis,
        day: Date,
    ) -> Coverage {
        Coverage {
            vendor: vendor.to_owned(),
            model: model.to_owned(),
            features: features.to_vec(),
            basis,
            day,
        }
    }

    /// Returns the id of the vendor.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// Returns the alias of the model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Returns the features that are covered: those that were asked for, sorted, each once.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Returns what the coverage rests on.
    #[must_use]
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Returns the day it was given for. It says nothing about the next.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// Returns the agreement's id and version, when it rests on one.
    #[must_use]
    pub fn agreement(&self) -> Option<(&str, u32)> {
        match &self.basis {
            Basis::Agreement { id, version } => Some((id, *version)),
            Basis::Decision { .. } => None,
        }
    }

    /// Returns the decision's id and method, when it rests on one.
    #[must_use]
    pub fn decision(&self) -> Option<(&str, &Method)> {
        match &self.basis {
            Basis::Agreement { .. } => None,
            Basis::Decision { id, method } => Some((id, method)),
        }
    }

    /// Returns the words for the event. They say under what it was sent, never that it held nothing.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.basis {
            Basis::Agreement { id, version } => format!("under agreement {id} v{version}"),
            Basis::Decision { id, method } => match method {
                Method::SafeHarbor => format!("sent as de-identified under {id}"),
                Method::Expert { determined, .. } => {
                    let treated = match determined {
                        Some(_) => "with the treatments it names",
                        None => "Safe Harbor in full",
                    };
                    format!("sent as de-identified under {id} ({method}, {treated})")
                }
            },
        }
    }
}

/// Why something may not go to a model today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The reason, for code.
    pub reason: UncoveredReason,
    /// The reason, for people.
    pub words: String,
    /// The paragraph of 45 CFR.
    pub citation: &'static str,
    /// The command that would change it.
    pub remedy: String,
}

/// The reasons for which something may not go to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UncoveredReason {
    /// No model has this alias.
    UnknownModel,
    /// The vendor has no agreement and no decision.
    NoAgreement,
    /// The vendor's agreements are drafts, not yet effective, expired or terminated.
    NoAgreementInForce,
    /// An agreement is in force but does not name the service.
    ServiceNotCovered,
    /// An agreement is in force but does not name the model.
    ModelNotCovered,
    /// An agreement is in force but does not name a feature.
    FeatureNotCovered,
    /// The route does not allow this kind of content.
    FeatureNotAllowed,
    /// The decision that opened the route does not hold today.
    DecisionNotInForce,
    /// The decision that opens the route does not name a feature.
    FeatureNotDecided,
}

impl UncoveredReason {
    /// Returns the name in events and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UncoveredReason::UnknownModel => "unknown-model",
            UncoveredReason::NoAgreement => "no-agreement",
            UncoveredReason::NoAgreementInForce => "no-agreement-in-force",
            UncoveredReason::ServiceNotCovered => "service-not-covered",
            UncoveredReason::ModelNotCovered => "model-not-covered",
            UncoveredReason::FeatureNotCovered => "feature-not-covered",
            UncoveredReason::FeatureNotAllowed => "feature-not-allowed",
            UncoveredReason::DecisionNotInForce => "decision-not-in-force",
            UncoveredReason::FeatureNotDecided => "feature-not-decided",
        }
    }
}

impl fmt::Display for Uncovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}); to change it: {}",
            self.words, self.citation, self.remedy
        )
    }
}

impl std::error::Error for Uncovered {}
