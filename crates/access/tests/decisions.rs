//! What the shipped policies answer.

use std::fmt::Write;

use covenant_access::{Action, Ask, Context, Engine, Operator, Purpose, Role};

use crate::asks::{cases, resource};

#[test]
fn the_shipped_policies_decide_as_the_cases_say() {
    let engine = Engine::shipped().unwrap();
    for case in cases() {
        let answer = engine.authorize(&case.ask());
        match (&case.permit, &case.deny) {
            (Some(policies), None) => {
                let permit = answer.unwrap_or_else(|denied| panic!("{}: {denied:?}", case.name));
                assert_eq!(permit.policies(), policies, "{}", case.name);
                assert!(!permit.reason().is_empty());
            }
            (None, Some(policies)) => {
                let denied = answer.expect_err(&case.name);
                assert_eq!(
                    denied.policies, *policies,
                    "{}: {}",
                    case.name, denied.reason
                );
                assert!(!denied.reason.is_empty());
            }
            _ => panic!("{}: permit or deny", case.name),
        }
    }
}

#[test]
fn every_shipped_policy_decides_a_case_or_a_line_of_the_table() {
    let engine = Engine::shipped().unwrap();
    let by_role = questions().into_iter().flat_map(|(action, on)| {
        Role::ALL
            .iter()
            .map(move |role| officer(*role, Purpose::Operations, action, &on))
    });
    let asked = cases().into_iter().map(|case| case.ask()).chain(by_role);
    let decisive: std::collections::BTreeSet<String> = asked
        .flat_map(|ask| match engine.authorize(&ask) {
            Ok(permit) => permit.policies().to_vec(),
            Err(denied) => denied.policies,
        })
        .collect();
    let shipped: std::collections::BTreeSet<String> =
        engine.reasons().map(|(id, _)| id.to_owned()).collect();
    assert_eq!(decisive, shipped);
}

#[test]
fn roles_may_do_what_the_table_for_auditors_says() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/access/roles.txt"
    );
    let expected = std::fs::read_to_string(path).unwrap();
    let actual = table(&Engine::shipped().unwrap());
    assert_eq!(
        actual, expected,
        "the table as the policies answer it:\n{actual}"
    );
}

/// One line an action and resource, with the operator roles that may do it alone, with a reason given.
fn table(engine: &Engine) -> String {
    let mut table = String::from(
        "# What one role alone lets an operator do; * marks what holds for treatment only.\n",
    );
    for (action, on) in questions() {
        let roles: Vec<String> = Role::ALL
            .iter()
            .filter_map(|role| may(engine, *role, action, &on))
            .collect();
        let roles = if roles.is_empty() {
            "nobody".to_owned()
        } else {
            roles.join(", ")
        };
        writeln!(table, "{action} {on}: {roles}").unwrap();
    }
    table
}

fn may(engine: &Engine, role: Role, action: Action, on: &str) -> Option<String> {
    let allowed = |purpose: Purpose| {
        engine
            .authorize(&officer(role, purpose, action, on))
            .is_ok()
    };
    match (allowed(Purpose::Operations), allowed(Purpose::Treatment)) {
        (true, _) => Some(role.to_string()),
        (false, true) => Some(format!("{role}*")),
        (false, false) => None,
    }
}

fn officer(role: Role, purpose: Purpose, action: Action, on: &str) -> Ask {
    Ask {
        principal: Operator::new("ames", vec![role]).unwrap().principal(),
        purpose,
        action,
        resource: resource(on, &["agreement".to_owned(), "basis:waiver".to_owned()]),
        context: Context {
            reason_given: true,
            ..Context::default()
        },
    }
}

fn questions() -> Vec<(Action, String)> {
    let kinds = |noun: &str, kinds: &[&str]| {
        kinds
            .iter()
            .map(|kind| format!("{noun} {kind}"))
            .collect::<Vec<String>>()
    };
    let register = kinds(
        "register",
        &[
            "vendor",
            "agreement",
            "model",
            "decision",
            "app",
            "operator",
            "minimum-necessary",
        ],
    );
    let mut questions = vec![
        (Action::InvokeModel, "model".to_owned()),
        (Action::ReadContent, "content".to_owned()),
        (Action::ShredContent, "content".to_owned()),
        (Action::HoldContent, "content".to_owned()),
        (Action::ReadEvents, "ledger".to_owned()),
        (Action::ExportLedger, "ledger".to_owned()),
        (Action::CosignLedger, "ledger".to_owned()),
        (Action::ReadRegister, "register vendor".to_owned()),
        (Action::ChangePolicy, "policies".to_owned()),
    ];
    questions.extend(register.into_iter().map(|on| (Action::ChangeRegister, on)));
    questions.extend(
        kinds("keys", &["app", "operator", "sealing"])
            .into_iter()
            .map(|on| (Action::ManageKeys, on)),
    );
    questions
}

#[test]
fn a_permit_names_who_and_what_it_is_for() {
    let engine = Engine::shipped().unwrap();
    let case = cases()
        .into_iter()
        .find(|case| case.permit.is_some())
        .unwrap();
    let permit = engine.authorize(&case.ask()).unwrap();
    assert_eq!(
        (permit.principal(), permit.purpose(), permit.action()),
        ("demo", Purpose::Treatment, Action::InvokeModel)
    );
    assert_eq!(
        (permit.model(), permit.vendor()),
        (Some("acme-large"), Some("acme"))
    );
}

#[test]
fn the_digest_depends_on_every_file_and_not_on_their_order() {
    let sources = Engine::shipped_sources();
    let digest = Engine::shipped().unwrap().digest();
    assert_eq!(digest.len(), 64);
    let reversed: Vec<(String, String)> = sources.iter().rev().cloned().collect();
    assert_eq!(Engine::from_sources(&reversed).unwrap().digest(), digest);
    for at in 0..sources.len() {
        let mut changed = sources.clone();
        changed[at].1.push_str("\n// changed");
        assert_ne!(Engine::from_sources(&changed).unwrap().digest(), digest);
    }
}

#[test]
fn own_policies_take_the_place_of_the_shipped_ones() {
    let own =
        r#"@id("night") @reason("nothing leaves at night") forbid (principal, action, resource);"#;
    let mut sources = Engine::shipped_sources();
    sources.push(("own.cedar".to_owned(), own.to_owned()));
    let engine = Engine::from_sources(&sources).unwrap();
    for case in cases().into_iter().filter(|case| case.permit.is_some()) {
        let denied = engine.authorize(&case.ask()).unwrap_err();
        assert_eq!(
            (denied.policies, denied.reason),
            (
                vec!["night".to_owned()],
                "nothing leaves at night".to_owned()
            )
        );
    }
}

#[test]
fn a_policy_that_cannot_be_evaluated_denies() {
    // The one fault strict validation leaves to the moment of the question: arithmetic that overflows.
    let own = r#"
@id("all") @reason("all") permit (principal, action, resource);
@id("overflow") @reason("overflow")
forbid (principal, action, resource) when { context.patients_named + 9223372036854775807 < 0 };"#;
    let engine = Engine::from_sources(&[("own.cedar".to_owned(), own.to_owned())]).unwrap();
    let mut ask = cases()
        .into_iter()
        .find(|case| case.permit.is_some())
        .unwrap()
        .ask();
    assert!(engine.authorize(&ask).is_ok(), "0 patients do not overflow");
    ask.context.patients_named = 1;
    let denied = engine.authorize(&ask).unwrap_err();
    assert!(
        denied.reason.contains("could not be evaluated"),
        "{}",
        denied.reason
    );
    assert!(!engine.explain(&ask).allowed);
}
