//! Questions from words.

use covenant_access::{Action, Ask, Context, Principal, PrincipalKind, Purpose, Resource, Role};
use serde::Deserialize;

/// A question as `testdata/access/decisions.toml` writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) name: String,
    who: String,
    roles: Vec<Role>,
    given: Option<Vec<Purpose>>,
    #[serde(default)]
    models: Vec<String>,
    purpose: Purpose,
    action: Action,
    on: String,
    #[serde(default)]
    route: Vec<String>,
    #[serde(default)]
    known: Vec<String>,
    pub(crate) permit: Option<Vec<String>>,
    pub(crate) deny: Option<Vec<String>>,
}

impl Words {
    pub(crate) fn ask(&self) -> Ask {
        Ask {
            principal: Principal {
                id: "demo".into(),
                kind: match self.who.as_str() {
                    "app" => PrincipalKind::App,
                    "operator" => PrincipalKind::Operator,
                    "patient" => PrincipalKind::Patient,
                    other => panic!("who = {other}"),
                },
                roles: self.roles.clone(),
                purposes: self.given.clone().unwrap_or_else(|| Purpose::ALL.to_vec()),
                models: self.models.clone(),
                require_patient: self.known.iter().any(|word| word == "require-patient"),
            },
            purpose: self.purpose,
            action: self.action,
            resource: resource(&self.on, &self.route),
            context: context(&self.known),
        }
    }
}

pub(crate) fn resource(on: &str, route: &[String]) -> Resource {
    match on.split_once(' ').unwrap_or((on, "")) {
        ("content", "") => Resource::Content,
        ("ledger", "") => Resource::Ledger,
        ("policies", "") => Resource::Policies,
        ("register", kind) => Resource::Register {
            kind: kind.parse().unwrap(),
        },
        ("keys", kind) => Resource::Keys {
            kind: kind.parse().unwrap(),
        },
        ("model", "") => Resource::Model {
            alias: "acme-large".into(),
            vendor: "acme".into(),
            features: Vec::new(),
            agreement_in_force: route.iter().any(|word| word == "agreement"),
            deidentified_route: route.iter().any(|word| word == "decision"),
            research_basis: route
                .iter()
                .find_map(|word| word.strip_prefix("basis:"))
                .map(|word| word.parse().unwrap()),
        },
        other => panic!("on = {other:?}"),
    }
}

fn context(known: &[String]) -> Context {
    let mut context = Context::default();
    for word in known {
        match word.split_once(':').unwrap_or((word, "")) {
            ("reason", "") => context.reason_given = true,
            ("require-patient", "") => {}
            ("patients", count) => context.patients_named = count.parse().unwrap(),
            ("label", label) => drop(context.labels.insert(label.parse().unwrap())),
            ("consent", label) => drop(context.consents.insert(label.parse().unwrap())),
            other => panic!("known = {other:?}"),
        }
    }
    context
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Words>,
}

pub(crate) fn cases() -> Vec<Words> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/access/decisions.toml"
    );
    toml::from_str::<Cases>(&std::fs::read_to_string(path).unwrap())
        .unwrap()
        .case
}
