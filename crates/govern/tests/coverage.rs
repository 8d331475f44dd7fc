//! What may go where, and why not.

use covenant_govern::{
    Agreement, AgreementState, AgreementStatus, Basis, Date, Feature, Method, Register,
};

use crate::fixture::{date, fixture, register};

#[test]
fn the_register_covers_as_the_cases_say() {
    let register = register();
    for case in fixture().case {
        let answer = register.cover(&case.model, &case.features, case.today);
        match (&case.covered, &case.reason) {
            (Some(words), None) => {
                let coverage =
                    answer.unwrap_or_else(|uncovered| panic!("{}: {uncovered}", case.name));
                assert_eq!(coverage.describe(), *words, "{}", case.name);
                assert_eq!(
                    (coverage.model(), coverage.day()),
                    (case.model.as_str(), case.today)
                );
                assert!(
                    case.features
                        .iter()
                        .all(|feature| coverage.features().contains(feature))
                );
            }
            (None, Some(reason)) => {
                let uncovered = answer.expect_err(&case.name);
                assert_eq!(
                    uncovered.reason.as_str(),
                    reason,
                    "{}: {uncovered}",
                    case.name
                );
                assert!(
                    uncovered.words.contains(&case.words),
                    "{}: {uncovered}",
                    case.name
                );
                assert!(
                    uncovered.remedy.contains(&case.remedy),
                    "{}: {uncovered}",
                    case.name
                );
                assert!(uncovered.citation.starts_with("164."), "{}", case.name);
                assert!(!uncovered.to_string().contains("Jane"));
            }
            _ => panic!("{}: covered or reason", case.name),
        }
    }
}

#[test]
fn a_coverage_tells_what_it_rests_on() {
    let register = register();
    let by_agreement = register
        .cover(
            "acme-large",
            &[Feature::WebSearch, Feature::Images, Feature::WebSearch],
            date("2026-03-01"),
        )
        .unwrap();
    assert_eq!(by_agreement.agreement(), Some(("acme-2026", 3)));
    assert_eq!(
        (by_agreement.decision(), by_agreement.vendor()),
        (None, "acme")
    );
    assert_eq!(
        by_agreement.features(),
        [Feature::WebSearch, Feature::Images]
    );
    let by_decision = register
        .cover("borealis-one", &[], date("2026-03-01"))
        .unwrap();
    let basis = Basis::Decision {
        id: "borealis-summaries".into(),
        method: Method::SafeHarbor,
    };
    assert_eq!(
        (by_decision.basis(), by_decision.agreement()),
        (&basis, None)
    );
    assert!(!by_decision.describe().contains("no PHI"));
}

#[test]
fn claims_without_an_agreement_are_red_flags_and_change_nothing() {
    let register = register();
    let flags = register.red_flags(date("2026-03-01"));
    assert_eq!(flags.len(), 2);
    assert!(
        flags[0].contains("Borealis Models claims \"HIPAA-ready\", but there is no agreement"),
        "{}",
        flags[0]
    );
    let silent = without_claims(&register);
    for case in fixture().case {
        let asked = |register: &Register| register.cover(&case.model, &case.features, case.today);
        assert_eq!(asked(&register), asked(&silent), "{}", case.name);
    }
}

#[test]
fn a_claim_is_no_flag_while_an_agreement_stands_behind_it() {
    let mut register = register();
    let mut vendor = register.vendors()["acme"].clone();
    vendor.claims = vec!["HIPAA-ready".into()];
    register.replace_vendor(vendor).unwrap();
    let flags = |today: Date| {
        register
            .red_flags(today)
            .into_iter()
            .filter(|flag| flag.contains("Acme"))
            .collect::<Vec<String>>()
    };
    assert!(flags(date("2026-12-31")).is_empty());
    assert!(
        flags(date("2027-01-01"))[0].contains("the agreement is "),
        "{:?}",
        flags(date("2027-01-01"))
    );
}

fn without_claims(register: &Register) -> Register {
    let mut silent = register.clone();
    for vendor in register.vendors().values() {
        let mut vendor = vendor.clone();
        vendor.claims.clear();
        silent.replace_vendor(vendor).unwrap();
    }
    silent
}

#[test]
fn an_agreement_that_ends_on_a_later_day_covers_until_then_and_never_after() {
    let signed = register().agreements()["acme-2026"].clone();
    let stands = |agreement: &Agreement, day: &str| {
        let mut register = register();
        let mut next = agreement.clone();
        next.version += 1;
        register.replace_agreement(next).unwrap();
        let by_agreement = register
            .cover("acme-large", &[], date(day))
            .is_ok_and(|coverage| coverage.agreement().is_some());
        assert_eq!(
            by_agreement,
            agreement.status(date(day)) == AgreementStatus::InForce
        );
        by_agreement
    };
    let ending = signed
        .clone()
        .terminated(date("2026-06-01"), "moving".into())
        .unwrap();
    assert!(stands(&ending, "2026-05-31"));
    assert!(!stands(&ending, "2026-06-01"));
    assert_eq!(ending.last_day(), Some(date("2026-05-31")));

    // An end is brought forward, never put off: what has ended does not come back.
    let later = ending.clone().terminated(date("2026-06-02"), "x".into());
    assert!(later.is_err());
    let sooner = ending.terminated(date("2026-03-01"), "x".into()).unwrap();
    assert!(stands(&sooner, "2026-02-28") && !stands(&sooner, "2026-03-01"));
}

#[test]
fn a_draft_that_is_ended_later_covers_nothing_meanwhile() {
    let mut draft = register().agreements()["acme-2026"].clone();
    draft.state = AgreementState::Draft;
    let ended = draft.terminated(date("2099-01-01"), "x".into()).unwrap();
    assert_eq!(
        ended.status(date("2026-03-01")),
        AgreementStatus::Terminated
    );
}

#[test]
fn an_end_that_was_recorded_without_its_signature_holds_at_once() {
    let state = r#"{"is": "terminated", "on": "2099-01-01", "why": "x"}"#;
    let mut agreement = register().agreements()["acme-2026"].clone();
    agreement.state = serde_json::from_str(state).unwrap();
    assert_eq!(
        agreement.status(date("2026-03-01")),
        AgreementStatus::Terminated
    );
}
