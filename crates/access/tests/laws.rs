//! What must hold of every decision of the shipped policies, whatever the question.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use covenant_access::{
    Action, Ask, Context, Engine, KeysKind, Label, Principal, PrincipalKind, Purpose, RegisterKind,
    ResearchBasis, Resource, Role,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::shipped().unwrap());

fn principals() -> impl Strategy<Value = Principal> {
    let kind = select(vec![
        PrincipalKind::App,
        PrincipalKind::Operator,
        PrincipalKind::Patient,
    ]);
    let roles = subsequence(Role::ALL.to_vec(), 0..=3);
    let purposes = subsequence(Purpose::ALL.to_vec(), 0..=5);
    let models = subsequence(vec!["one".to_owned(), "two".to_owned()], 0..=2);
    (kind, roles, purposes, models, any::<bool>(), ".{1,12}").prop_map(
        |(kind, roles, purposes, models, require_patient, id)| Principal {
            id,
            kind,
            roles,
            purposes,
            models,
            require_patient,
        },
    )
}

fn resources() -> impl Strategy<Value = Resource> {
    let basis = prop::option::of(select(ResearchBasis::ALL.to_vec()));
    let model = (
        select(vec!["one", "two", "three"]),
        any::<bool>(),
        any::<bool>(),
        basis,
    )
        .prop_map(
            |(alias, agreement_in_force, deidentified_route, research_basis)| Resource::Model {
                alias: alias.into(),
                vendor: "acme".into(),
                features: vec!["web-search".into()],
                agreement_in_force,
                deidentified_route,
                research_basis,
            },
        );
    prop_oneof![
        6 => model,
        2 => Just(Resource::Content),
        1 => Just(Resource::Ledger),
        1 => Just(Resource::Policies),
        1 => select(RegisterKind::ALL.to_vec()).prop_map(|kind| Resource::Register { kind }),
        1 => select(KeysKind::ALL.to_vec()).prop_map(|kind| Resource::Keys { kind }),
    ]
}

fn contexts() -> impl Strategy<Value = Context> {
    let labels = || subsequence(Label::ALL.to_vec(), 0..=2).prop_map(BTreeSet::from_iter);
    (0_u32..3, labels(), labels(), any::<bool>()).prop_map(
        |(patients_named, labels, consents, reason_given)| Context {
            patients_named,
            labels,
            consents,
            reason_given,
        },
    )
}

fn asks() -> impl Strategy<Value = Ask> {
    let action = prop_oneof![3 => Just(Action::InvokeModel), 4 => select(Action::ALL.to_vec())];
    (
        principals(),
        select(Purpose::ALL.to_vec()),
        action,
        resources(),
        contexts(),
    )
        .prop_map(|(principal, purpose, action, resource, context)| Ask {
            principal,
            purpose,
            action,
            resource,
            context,
        })
}

/// What was allowed to go to a model had every condition the law and the register put to it.
fn sending_is_founded(ask: &Ask) {
    let Resource::Model {
        alias,
        agreement_in_force,
        deidentified_route,
        research_basis,
        ..
    } = &ask.resource
    else {
        panic!("sent to something that is not a model")
    };
    let who = &ask.principal;
    assert!(who.purposes.contains(&ask.purpose));
    assert!(who.models.is_empty() || who.models.contains(alias));
    assert!(*agreement_in_force || *deidentified_route);
    assert!(ask.context.labels.is_subset(&ask.context.consents));
    assert!(!who.roles.contains(&Role::Administrator));
    assert!(!who.require_patient || ask.context.patients_named > 0);
    match ask.purpose {
        Purpose::Research => assert!(research_basis.is_some() || !agreement_in_force),
        Purpose::PatientRequest => assert_eq!(ask.context.patients_named, 1),
        _ => {}
    }
}

fn reading_is_founded(ask: &Ask) {
    let roles = &ask.principal.roles;
    assert_eq!(ask.principal.kind, PrincipalKind::Operator);
    assert!(ask.context.reason_given);
    assert!(ask.context.labels.is_subset(&ask.context.consents));
    assert!(!roles.contains(&Role::Auditor) && !roles.contains(&Role::Administrator));
    assert!(
        roles.contains(&Role::PrivacyOfficer)
            || (roles.contains(&Role::Clinician) && ask.purpose == Purpose::Treatment)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_allowed_is_founded(ask in asks()) {
        if let Ok(permit) = ENGINE.authorize(&ask) {
            prop_assert!(!permit.policies().is_empty(), "default deny");
            match ask.action {
                Action::InvokeModel => sending_is_founded(&ask),
                Action::ReadContent => reading_is_founded(&ask),
                _ => prop_assert_eq!(ask.principal.kind, PrincipalKind::Operator),
            }
        }
    }

    #[test]
    fn the_role_of_an_auditor_or_administrator_never_opens_content(ask in asks(), administrator: bool) {
        let mut more = ask;
        more.principal.roles.push(if administrator { Role::Administrator } else { Role::Auditor });
        more.action = Action::ReadContent;
        more.resource = Resource::Content;
        prop_assert!(ENGINE.authorize(&more).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_question_asked_again_has_the_same_answer(ask in asks()) {
        let first = ENGINE.authorize(&ask).map(|permit| permit.policies().to_vec());
        let again = ENGINE.authorize(&ask).map(|permit| permit.policies().to_vec());
        prop_assert_eq!(&first, &again);
        let told = ENGINE.explain(&ask);
        prop_assert_eq!(first.is_ok(), told.allowed, "what was never remembered says otherwise");
    }

    #[test]
    fn explanations_agree_with_decisions(ask in asks()) {
        crate::explanations::check(&ENGINE, &ask);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn damaged_policy_files_are_refused_or_read_but_never_panic(
        at in any::<prop::sample::Index>(), cut in 0_usize..12, put in "[ -~é\n]{0,6}", which in 0_usize..5,
    ) {
        let mut sources = Engine::shipped_sources();
        let text = &mut sources[which].1;
        let from = text.floor_char_boundary(at.index(text.len()));
        let to = text.floor_char_boundary((from + cut).min(text.len())).max(from);
        text.replace_range(from..to, &put);
        if let Err(error) = Engine::from_sources(&sources) {
            let told = error.to_string();
            prop_assert!(told.contains(".cedar, line "), "{}", told);
        }
    }
}
