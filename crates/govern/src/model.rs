//! A model that apps may name, where it runs, and how its route treats what goes there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Feature;

/// The address of the built-in model that answers with what it was sent.
pub const MIRROR: &str = "mirror";

/// A model: the alias apps use, the vendor that runs it, and its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name apps send.
    pub alias: String,
    /// The id of the vendor.
    pub vendor: String,
    /// The vendor's service, as agreements name it.
    pub service: String,
    /// The name sent to the vendor.
    pub upstream_model: String,
    /// The base address: https, plain http to loopback only, or [`MIRROR`].
    pub upstream: String,
    /// The language it speaks.
    pub dialect: Dialect,
    /// The environment variable that holds the vendor's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// The file that holds the vendor's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<String>,
    /// How the route treats what goes there.
    #[serde(default)]
    pub route: RouteOptions,
}

/// How a route treats what goes over it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteOptions {
    /// How long prompts, answers and maps are kept.
    pub content: ContentKept,
    /// JSON paths screened like text beside those of the dialect's table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub screen_paths: Vec<String>,
    /// The basis on which research may use the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub research_basis: Option<ResearchBasis>,
    /// What happens to a finding the detector is unsure of.
    pub unsure: Unsure,
    /// How strictly answers are inspected.
    pub inspect: Inspect,
    /// What happens where a token cannot stand.
    pub typed: Typed,
    /// Features requests may use, where the agreement covers them too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Feature>,
}

/// How long content is kept, sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKept {
    /// Not at all.
    Off,
    /// That many days.
    Days(u16),
}

impl Default for ContentKept {
    fn default() -> ContentKept {
        ContentKept::Days(30)
    }
}

/// What happens to a finding the detector is unsure of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsure {
    /// Treated as found.
    #[default]
    Remove,
    /// Passes.
    Keep,
}

/// How strictly answers are inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inspect {
    /// Direct identifiers that were not in the request are removed; dates, ages, places are flagged.
    #[default]
    Standard,
    /// Whatever was not in the request and identifies is removed.
    Strict,
}

/// What happens where a token cannot stand (a number, an enumeration, a format).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Typed {
    /// The request is refused with the path.
    #[default]
    Refuse,
    /// The value is generalised.
    Generalize,
}

/// The language an upstream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// OpenAI's HTTP interface.
    #[serde(rename = "openai")]
    OpenAi,
    /// Anthropic's HTTP interface.
    #[serde(rename = "anthropic")]
    Anthropic,
}

/// The basis on which research may use protected health information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

impl Model {
    /// Returns a model with the default route options and no key.
    #[must_use]
    pub fn new(
        alias: &str,
        vendor: &str,
        service: &str,
        upstream_model: &str,
        upstream: &str,
        dialect: Dialect,
    ) -> Model {
        Model {
            alias: alias.to_owned(),
            vendor: vendor.to_owned(),
            service: service.to_owned(),
            upstream_model: upstream_model.to_owned(),
            upstream: upstream.to_owned(),
            dialect,
            api_key_env: None,
            api_key_file: None,
            route: RouteOptions::default(),
        }
    }

    /// Says whether the model is the built-in mirror.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        self.upstream == MIRROR
    }
}

impl Dialect {
    /// Returns the name in commands, files and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such dialect; the dialects are openai and anthropic")]
pub struct UnknownDialect;

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Dialect, UnknownDialect> {
        [Dialect::OpenAi, Dialect::Anthropic]
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
            .ok_or(UnknownDialect)
    }
}

impl ResearchBasis {
    /// Every basis.
    pub const ALL: [ResearchBasis; 4] = [
        ResearchBasis::Authorization,
        ResearchBasis::Waiver,
        ResearchBasis::LimitedDataSet,
        ResearchBasis::DeIdentified,
    ];

    /// Returns the name in commands, files and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ResearchBasis::Authorization => "authorization",
            ResearchBasis::Waiver => "waiver",
            ResearchBasis::LimitedDataSet => "limited-data-set",
            ResearchBasis::DeIdentified => "de-identified",
        }
    }

    /// Returns the paragraph of the law.
    #[must_use]
    pub fn citation(self) -> &'static str {
        match self {
            ResearchBasis::Authorization => "164.508",
            ResearchBasis::Waiver => "164.512(i)",
            ResearchBasis::LimitedDataSet => "164.514(e)",
            ResearchBasis::DeIdentified => "164.514(a)-(b)",
        }
    }
}

impl fmt::Display for ResearchBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no basis for research.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such basis for research; the bases are authorization, waiver, limited-data-set and de-identified"
)]
pub struct UnknownResearchBasis;

impl FromStr for ResearchBasis {
    type Err = UnknownResearchBasis;

    fn from_str(text: &str) -> Result<ResearchBasis, UnknownResearchBasis> {
        ResearchBasis::ALL
            .into_iter()
            .find(|basis| basis.as_str() == text)
            .ok_or(UnknownResearchBasis)
    }
}
