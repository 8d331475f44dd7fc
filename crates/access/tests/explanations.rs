//! What `policy explain` tells.

use covenant_access::{Ask, Effect, Engine, Explanation};

use crate::asks::cases;

fn explain(name: &str) -> Explanation {
    let case = cases().into_iter().find(|case| case.name == name).unwrap();
    Engine::shipped().unwrap().explain(&case.ask())
}

#[test]
fn a_missing_purpose_is_explained_with_the_command_that_gives_it() {
    let told = explain("a purpose that was not given is denied by name");
    assert!(!told.allowed);
    let policy = told
        .policies
        .iter()
        .find(|policy| policy.id == "purpose-not-given")
        .unwrap();
    assert_eq!(
        (policy.effect, policy.satisfied, policy.decisive),
        (Effect::Forbid, true, true)
    );
    let remedy = "the app was not given the purpose payment; give it with `covenant app purpose demo --purpose treatment --purpose payment`";
    assert_eq!(policy.differs[0], remedy);
    assert_eq!(told.would_allow[0], remedy);
}

#[test]
fn a_research_route_without_basis_names_each_basis_that_would_do() {
    let told = explain("research without a basis on the route");
    for basis in [
        "authorization",
        "waiver",
        "limited-data-set",
        "de-identified",
    ] {
        assert!(
            told.would_allow
                .iter()
                .any(|words| words.contains(&format!("research basis {basis}"))),
            "{told:#?}"
        );
    }
}

#[test]
fn two_obstacles_need_two_changes() {
    let told = explain("an auditor never reads content");
    let pair = "the operator does not hold the role privacy-officer";
    assert!(
        told.would_allow
            .iter()
            .any(|words| words.contains("holds the role auditor") && words.contains(pair)),
        "{told:#?}"
    );
}

#[test]
fn a_policy_about_something_else_is_not_shown() {
    let told = explain("an app sends for a purpose it was given");
    assert!(told.allowed);
    assert!(told.would_allow.is_empty());
    assert!(
        told.policies
            .iter()
            .all(|policy| policy.id != "auditor-never-content" && policy.id != "patient-sends")
    );
    let policy = told
        .policies
        .iter()
        .find(|policy| policy.id == "app-sends")
        .unwrap();
    assert!(policy.satisfied && policy.decisive && policy.differs.is_empty());
}

#[test]
fn explanation_and_decision_never_disagree() {
    let engine = Engine::shipped().unwrap();
    for case in cases() {
        check(&engine, &case.ask());
    }
}

pub(crate) fn check(engine: &Engine, ask: &Ask) {
    let told = engine.explain(ask);
    let (allowed, policies, reason) = match engine.authorize(ask) {
        Ok(permit) => (true, permit.policies().to_vec(), permit.reason().to_owned()),
        Err(denied) => (false, denied.policies, denied.reason),
    };
    assert_eq!((told.allowed, &told.reason), (allowed, &reason));
    let decisive: Vec<String> = told
        .policies
        .iter()
        .filter(|policy| policy.decisive)
        .map(|policy| policy.id.clone())
        .collect();
    assert_eq!(decisive, policies);
    for policy in &told.policies {
        assert!(
            !policy.decisive || policy.satisfied,
            "{} decides without holding",
            policy.id
        );
        let forbids = policy.satisfied && policy.effect == Effect::Forbid;
        assert!(
            !(allowed && forbids),
            "{} forbids what was allowed",
            policy.id
        );
    }
    assert_eq!(
        told,
        engine.explain(ask),
        "the same question, the same answer"
    );
}
