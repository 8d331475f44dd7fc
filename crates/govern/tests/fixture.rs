//! The register of `testdata/govern/coverage.toml`.

use covenant_govern::{Agreement, Date, Feature, Model, Register, RouteDecision, Vendor};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    pub(crate) vendor: Vec<Vendor>,
    pub(crate) agreement: Vec<Agreement>,
    pub(crate) model: Vec<Model>,
    pub(crate) decision: Vec<RouteDecision>,
    pub(crate) case: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) model: String,
    #[serde(default)]
    pub(crate) features: Vec<Feature>,
    pub(crate) today: Date,
    pub(crate) covered: Option<String>,
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) words: String,
    #[serde(default)]
    pub(crate) remedy: String,
}

pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = format!(
        "{}/../../testdata/govern/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn fixture() -> Fixture {
    read("coverage.toml")
}

pub(crate) fn register() -> Register {
    let Fixture {
        vendor,
        agreement,
        model,
        decision,
        ..
    } = fixture();
    Register::from_parts(vendor, agreement, model, decision).unwrap()
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}
