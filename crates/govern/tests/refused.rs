//! What does not go into the register.

use covenant_govern::{Agreement, Error, Model, Register, RouteDecision, Vendor};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fixture::{date, fixture, read, register};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    insert: Option<String>,
    replace: Option<String>,
    like: String,
    object: toml::Table,
    says: String,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[test]
fn faulty_changes_are_refused_in_words_and_change_nothing() {
    for case in read::<Cases>("refused.toml").case {
        let mut register = register();
        let before = register.clone();
        let said = match (&case.insert, &case.replace) {
            (Some(kind), None) => change(&mut register, kind, &case, false),
            (None, Some(kind)) => change(&mut register, kind, &case, true),
            _ => panic!("{}: insert or replace", case.name),
        };
        let said = said.expect_err(&case.name);
        assert!(said.contains(&case.says), "{}: {said}", case.name);
        assert_eq!(register, before, "{}", case.name);
    }
}

fn change(register: &mut Register, kind: &str, case: &Case, replace: bool) -> Result<(), String> {
    let done: Result<(), Error> = match (kind, replace) {
        ("vendor", false) => {
            register.insert_vendor(laid_over::<Vendor>(&register.vendors()[&case.like], case)?)
        }
        ("vendor", true) => {
            register.replace_vendor(laid_over::<Vendor>(&register.vendors()[&case.like], case)?)
        }
        ("agreement", false) => register.insert_agreement(laid_over::<Agreement>(
            &register.agreements()[&case.like],
            case,
        )?),
        ("agreement", true) => register.replace_agreement(laid_over::<Agreement>(
            &register.agreements()[&case.like],
            case,
        )?),
        ("model", false) => {
            register.insert_model(laid_over::<Model>(&register.models()[&case.like], case)?)
        }
        ("model", true) => {
            register.replace_model(laid_over::<Model>(&register.models()[&case.like], case)?)
        }
        ("decision", false) => register.insert_decision(laid_over::<RouteDecision>(
            &register.decisions()[&case.like],
            case,
        )?),
        other => panic!("{other:?}"),
    };
    done.map_err(|error| error.to_string())
}

/// The object of the register with the case's fields in place of its own.
fn laid_over<T: DeserializeOwned + serde::Serialize>(object: &T, case: &Case) -> Result<T, String> {
    let mut fields = toml::Table::try_from(object).unwrap();
    fields.extend(case.object.clone());
    fields.try_into().map_err(|error| error.to_string())
}

#[test]
fn every_fault_of_a_register_is_told_at_once() {
    let mut rows = fixture();
    rows.vendor.retain(|vendor| vendor.id != "delta");
    rows.model[0].upstream = "http://api.acme.example".into();
    let faults =
        Register::from_parts(rows.vendor, rows.agreement, rows.model, rows.decision).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("agreement/delta-open: there is no vendor delta"));
    assert!(told[1].starts_with("model/acme-large: upstream is https"));
    assert!(told[2].starts_with("model/delta-one: there is no vendor delta"));
}

#[test]
fn what_others_name_is_not_removed() {
    let mut register = register();
    let told = |error: Error| error.to_string();
    assert_eq!(
        register.remove_vendor("acme").map_err(told),
        Err("vendor/acme: still named by agreement/acme-2025".into())
    );
    assert_eq!(
        register.remove_model("borealis-one").map_err(told),
        Err("model/borealis-one: still named by decision/borealis-summaries".into())
    );
    assert!(register.remove_decision("borealis-summaries").is_ok());
    assert!(register.remove_model("borealis-one").is_ok());
    assert!(register.remove_model("borealis-one").is_err());
    assert!(
        register
            .cover("borealis-one", &[], date("2026-03-01"))
            .is_err()
    );
    assert!(register.remove_agreement("acme-2026").is_ok());
    assert!(
        register
            .cover("acme-large", &[], date("2026-03-01"))
            .is_err()
    );
}

#[test]
fn a_decision_may_run_a_leap_year() {
    let mut register = register();
    let mut decision = register.decisions()["borealis-summaries"].clone();
    (decision.id, decision.made, decision.expires) =
        ("new".into(), date("2028-01-01"), date("2029-01-01"));
    assert_eq!(decision.expires.days_since(decision.made), 366);
    register.insert_decision(decision).unwrap();
}

#[test]
fn addresses_that_may_be_used() {
    let addresses = [
        "https://api.acme.example",
        "https://api.acme.example/",
        "https://api.acme.example:8443/v1/openai",
        "https://10.0.0.7/v1",
        "https://[2001:db8::1]:8443/v1",
        "http://localhost:9000",
        "http://127.0.0.1",
        "http://127.8.9.10:1/x",
        "http://[::1]:9000/v1",
        "mirror",
    ];
    for address in addresses {
        let mut register = register();
        let mut model = register.models()["acme-large"].clone();
        (model.alias, model.upstream) = ("new".into(), address.into());
        register
            .insert_model(model)
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }
}

#[test]
fn rows_are_written_and_read_back_alike() {
    let rows = fixture();
    fn check<T: DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(rows: &[T]) {
        for row in rows {
            let text = serde_json::to_string(row).unwrap();
            assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *row);
            let damaged = text.replacen('{', "{\"unheard_of\":1,", 1);
            assert!(serde_json::from_str::<T>(&damaged).is_err(), "{damaged}");
        }
    }
    check(&rows.vendor);
    check(&rows.agreement);
    check(&rows.model);
    check(&rows.decision);
}

#[test]
fn a_change_of_an_agreement_takes_its_place() {
    let mut register = register();
    let mut agreement = register.agreements()["acme-2026"].clone();
    agreement.version = 4;
    agreement.models.push("huge-1".into());
    register.replace_agreement(agreement).unwrap();
    let coverage = register
        .cover("acme-huge", &[], date("2026-03-01"))
        .unwrap();
    assert_eq!(coverage.describe(), "under agreement acme-2026 v4");
}

#[test]
fn a_state_or_method_holds_the_fields_of_its_own_and_no_others() {
    let states = [
        r#"{"is":"draft","on":"2026-01-01"}"#,
        r#"{"is":"signed","on":"2026-01-01","by":"R. Ames","why":"x"}"#,
        r#"{"is":"signed","on":"2026-01-01"}"#,
        r#"{"is":"terminated","on":"2026-01-01"}"#,
        r#"{"on":"2026-01-01"}"#,
    ];
    for state in states {
        assert!(
            serde_json::from_str::<covenant_govern::AgreementState>(state).is_err(),
            "{state}"
        );
    }
    let methods = [
        r#"{"is":"safe-harbor","id":"det-1"}"#,
        r#"{"is":"expert","id":"det-1"}"#,
        r#"{"is":"expert","id":"det-1","expires":"2026-01-01","by":"R. Ames"}"#,
        r#"{"is":"expert","id":"det-1","expires":"2026-01-01","determined":{"DATE":"keep"}}"#,
        r#"{"is":"expert","id":"det-1","expires":"2026-01-01","determined":{"treatments":{"DATE":"redact","DATE":"keep"}}}"#,
        r#"{"is":"safe-harbor","determined":{"treatments":{"DATE":"keep"}}}"#,
    ];
    for method in methods {
        assert!(
            serde_json::from_str::<covenant_govern::Method>(method).is_err(),
            "{method}"
        );
    }
}
