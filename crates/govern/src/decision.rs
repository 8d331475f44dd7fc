//! The named, expiring decision of a named person that opens a de-identified route to a vendor without a
//! business associate agreement (45 CFR 164.502(d), 164.514(a)-(b)).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Date, Determined, Feature};

/// The most days from making a decision to its end: a year, leap day included.
pub const MAX_DECISION_DAYS: i64 = 366;

/// A decision to send de-identified data to a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteDecision {
    /// The id, as in commands and events.
    pub id: String,
    /// The id of the vendor.
    pub vendor: String,
    /// The alias of the model, or `*` for every model of the vendor.
    pub model: String,
    /// How the data is de-identified.
    pub method: Method,
    /// Who accepted what the detector misses.
    pub accepted_by: String,
    /// The share of mentions missed that was accepted, 0 to 1, as published with the detector.
    pub accepted_miss_rate: f64,
    /// Why the route is opened.
    pub reason: String,
    /// The first day it holds.
    pub made: Date,
    /// The last day it holds.
    pub expires: Date,
    /// What the expert's determination names beyond plain text; empty under Safe Harbor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
}

/// A method of de-identification that 45 CFR 164.514(b) knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", from = "MethodRow")]
pub enum Method {
    /// Safe Harbor in full, 164.514(b)(2).
    SafeHarbor,
    /// Expert Determination, 164.514(b)(1).
    Expert {
        /// The id of the determination.
        id: String,
        /// The last day the determination holds.
        expires: Date,
        /// What it says happens to each class; absent: Safe Harbor in full, whatever else it may have found.
        #[serde(skip_serializing_if = "Option::is_none")]
        determined: Option<Determined>,
    },
}

impl RouteDecision {
    /// Says whether the decision holds on a day: not before it was made, not after it or the expert's
    /// determination expired.
    #[must_use]
    pub fn holds_on(&self, today: Date) -> bool {
        self.made <= today && today <= self.last_day()
    }

    /// Returns the last day it holds.
    #[must_use]
    pub fn last_day(&self) -> Date {
        match &self.method {
            Method::SafeHarbor => self.expires,
            Method::Expert { expires, .. } => self.expires.min(*expires),
        }
    }

    /// Says whether the decision names this model of the vendor.
    #[must_use]
    pub fn opens(&self, vendor: &str, alias: &str) -> bool {
        self.vendor == vendor && (self.model == "*" || self.model == alias)
    }
}

/// A method as it is written. A unit variant beside a tag would take any further field in silence, so Safe Harbor
/// has braces here.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum MethodRow {
    SafeHarbor {},
    Expert {
        id: String,
        expires: Date,
        #[serde(default)]
        determined: Option<Determined>,
    },
}

impl From<MethodRow> for Method {
    fn from(row: MethodRow) -> Method {
        match row {
            MethodRow::SafeHarbor {} => Method::SafeHarbor,
            MethodRow::Expert {
                id,
                expires,
                determined,
            } => Method::Expert {
                id,
                expires,
                determined,
            },
        }
    }
}

impl Method {
    /// Returns the paragraph of the law.
    #[must_use]
    pub fn citation(&self) -> &'static str {
        match self {
            Method::SafeHarbor => "164.514(b)(2)",
            Method::Expert { .. } => "164.514(b)(1)",
        }
    }

    /// Returns the name in commands, files and events.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Method::SafeHarbor => "safe-harbor",
            Method::Expert { .. } => "expert",
        }
    }
}

impl Method {
    /// Returns what an expert determined for each class; `None` where Safe Harbor in full holds.
    #[must_use]
    pub fn determined(&self) -> Option<&Determined> {
        match self {
            Method::SafeHarbor => None,
            Method::Expert { determined, .. } => determined.as_ref(),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::SafeHarbor => f.write_str("safe-harbor"),
            Method::Expert { id, .. } => write!(f, "expert determination {id}"),
        }
    }
}
