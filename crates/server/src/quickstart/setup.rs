//! What the quickstart puts in the data directory: a configuration, a key beside the data (said to be dangerous),
//! two vendors, two models, one agreement, one app, one operator.

use super::Error;
use crate::admin::{Admin, AppForm, Change, Done, Order, ShownOnce};
use crate::config::{Config, Environment, write_key_file};
use crate::house::House;
use crate::state::State;
use covenant_access::{Purpose, Role};
use covenant_govern::{Agreement, Date, Dialect, MIRROR, Method, Model, RouteDecision, Vendor};
use covenant_seal::{LocalKey, SystemRandom, hex, sha256};
use covenant_store::{Clock as _, SystemClock};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The vendor with an agreement in force.
pub const COVERED: &str = "northwind";
/// The vendor without one.
pub const UNCOVERED: &str = "brightpath";
/// The alias of the covered vendor's model.
pub const COVERED_MODEL: &str = "northwind-large";
/// The alias of the other vendor's model.
pub const UNCOVERED_MODEL: &str = "brightpath-large";
/// The application of the demonstration.
pub const APP: &str = "demo";
/// The decision that opens the route to the second vendor.
pub const DECISION: &str = "demo-summaries";
/// The who of what the quickstart sets up.
const WHO: &str = "quickstart";
/// Why it does so.
const WHY: &str = "demonstration";

const KEY_FILE: &str = "demonstration.key";
const CONFIG_FILE: &str = "covenant.toml";
const AGREEMENT: &str = "northwind-baa";
const OPERATOR: &str = "demo-officer";

/// The configuration of the demonstration.
const CONFIG: &str = r#"# Written by `covenant quickstart`. For a real installation run `covenant init`.
[store]
directory = "."

[keys]
# The key lies beside the data, so what is at rest does not count as secured. A demonstration may; nothing else should.
file = "demonstration.key"
dangerous_key_beside_data = true

[ledger]
origin = "demonstration.covenant.invalid/log"
"#;

/// Makes the data directory with its key and configuration, or finds them there; says whether it was made.
pub(super) fn directory(
    directory: &Path,
    environment: &Environment,
) -> Result<(Config, bool), Error> {
    let file = directory.join(CONFIG_FILE);
    let made = !file.exists();
    if made {
        let at = |source| Error::Directory {
            directory: directory.to_path_buf(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(at)?;
        let key = LocalKey::generate(&SystemRandom).map_err(|_| Error::Randomness)?;
        write_key_file(&directory.join(KEY_FILE), &key)?;
        std::fs::write(&file, CONFIG).map_err(at)?;
    }
    Ok((Config::load(&file, environment)?, made))
}

/// The keys that are shown once.
pub struct Keys {
    /// The demo app's key.
    pub app: ShownOnce,
    /// The demo operator's key; only when it was made in this run.
    pub operator: Option<ShownOnce>,
}

/// Puts into the register what is missing there, closes the second route, and gives out a fresh key.
pub(super) async fn register(house: &House) -> Result<Keys, Error> {
    let admin = &house.admin;
    let today = Date::from_ms(SystemClock.now_ms());
    let state = house.registers.state().map_err(Error::Register)?;
    for change in missing(&state, today)? {
        make(admin, change).await?;
    }
    let app = match state.apps.contains_key(APP) {
        false => {
            make(
                admin,
                Change::AppAdd {
                    app: app(),
                    key_expires_in_ms: None,
                },
            )
            .await?
        }
        true => make(admin, rotated()).await?,
    };
    let operator = match state.operators.contains_key(OPERATOR) {
        false => make(admin, operator()).await?.key,
        true => None,
    };
    Ok(Keys {
        app: app.key.ok_or(Error::Randomness)?,
        operator,
    })
}

fn missing(state: &State, today: Date) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    let register = &state.register;
    for vendor in vendors() {
        if !register.vendors().contains_key(&vendor.id) {
            changes.push(Change::VendorAdd { vendor });
        }
    }
    for (alias, vendor) in [(COVERED_MODEL, COVERED), (UNCOVERED_MODEL, UNCOVERED)] {
        if !register.models().contains_key(alias) {
            let model = Model::new(alias, vendor, "chat", "large-1", MIRROR, Dialect::OpenAi);
            changes.push(Change::ModelAdd { model });
        }
    }
    if register.cover(COVERED_MODEL, &[], today).is_err() {
        changes.extend(agreement(state, today)?);
    }
    if register.decisions().contains_key(DECISION) {
        changes.push(Change::DecisionRevoke {
            id: DECISION.to_owned(),
        });
    }
    Ok(changes)
}

fn vendors() -> [Vendor; 2] {
    let covered = Vendor::new(COVERED, "Northwind Models (invented)");
    let mut uncovered = Vendor::new(UNCOVERED, "Brightpath Labs (invented)");
    uncovered.claims = vec!["HIPAA-ready".to_owned()];
    [covered, uncovered]
}

/// An agreement of a year, drafted and signed; the next run after it expired makes the next one.
fn agreement(state: &State, today: Date) -> Result<[Change; 2], Error> {
    let id = match state.register.agreements().contains_key(AGREEMENT) {
        true => format!("{AGREEMENT}-{today}"),
        false => AGREEMENT.to_owned(),
    };
    let year = today.plus_days(365).ok_or(Error::Clock)?;
    let mut agreement = Agreement::draft(&id, COVERED, today);
    agreement.services = vec!["chat".to_owned()];
    agreement.models = vec!["*".to_owned()];
    agreement.expires = Some(year);
    let document_digest = hex(&sha256(b"an invented agreement for the demonstration"));
    let sign = Change::AgreementSign {
        id,
        by: "R. Ames (invented), privacy officer".to_owned(),
        on: today,
        document_digest,
    };
    Ok([Change::AgreementDraft { agreement }, sign])
}

fn app() -> AppForm {
    AppForm {
        id: APP.to_owned(),
        name: "Demonstration".to_owned(),
        roles: vec![Role::App],
        purposes: vec![Purpose::Treatment, Purpose::Operations],
        default_purpose: Some(Purpose::Treatment),
        require_patient: false,
        models: Vec::new(),
    }
}

/// A key is shown once, so the next run makes another, and the one before ends.
fn rotated() -> Change {
    Change::AppKeyRotate {
        id: APP.to_owned(),
        overlap_ms: 0,
        expires_in_ms: None,
    }
}

fn operator() -> Change {
    let roles = vec![Role::PrivacyOfficer, Role::SecurityOfficer];
    Change::OperatorAdd {
        name: OPERATOR.to_owned(),
        roles,
        key_expires_in_ms: None,
    }
}

/// Opens the route to the second vendor for thirty days.
pub(super) async fn open_route(house: &House, miss_rate: f64) -> Result<RouteDecision, Error> {
    let today = Date::from_ms(SystemClock.now_ms());
    let decision = RouteDecision {
        id: DECISION.to_owned(),
        vendor: UNCOVERED.to_owned(),
        model: UNCOVERED_MODEL.to_owned(),
        method: Method::SafeHarbor,
        accepted_by: "R. Ames (invented), privacy officer".to_owned(),
        accepted_miss_rate: miss_rate,
        reason: "summaries while the agreement is negotiated".to_owned(),
        made: today,
        expires: today.plus_days(30).ok_or(Error::Clock)?,
        features: Vec::new(),
    };
    make(
        &house.admin,
        Change::DecisionAdd {
            decision: decision.clone(),
        },
    )
    .await?;
    Ok(decision)
}

async fn make(admin: &Admin, change: Change) -> Result<Done, Error> {
    let order = Order {
        change,
        why: WHY.to_owned(),
    };
    admin
        .dangerous_execute_as(WHO, order)
        .await
        .map_err(Error::Change)
}

/// Where the configuration of a quickstart's data directory is.
#[must_use]
pub fn config_file(directory: &Path) -> PathBuf {
    directory.join(CONFIG_FILE)
}
