//! What must hold of every register, whatever is in it.

use covenant_govern::{
    Agreement, AgreementState, AgreementStatus, Date, Dialect, Feature, Method, Model, Register,
    RouteDecision, Signature, Vendor,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const FEATURES: [Feature; 4] = [
    Feature::WebSearch,
    Feature::Images,
    Feature::StoredState,
    Feature::Files,
];

fn day(days: i64) -> Date {
    Date::from_days(20_000 + days).unwrap()
}

fn agreements() -> impl Strategy<Value = Agreement> {
    let scope = || {
        select(vec![
            vec!["*"],
            vec!["one"],
            vec!["one", "two"],
            vec!["two"],
        ])
    };
    let state = (0..5, 0_i64..60, 0_i64..60);
    (
        0..6,
        scope(),
        scope(),
        subsequence(FEATURES.to_vec(), 0..=4),
        0_i64..60,
        prop::option::of(0_i64..60),
        state,
    )
        .prop_map(
            |(number, services, models, features, effective, length, (state, on, end))| Agreement {
                id: format!("agreement-{number}"),
                vendor: format!("vendor-{}", number % 2),
                version: 1,
                state: match state {
                    0 => AgreementState::Draft,
                    1 => AgreementState::Terminated {
                        on: day(on),
                        why: "ended".into(),
                        signed: None,
                    },
                    2 => AgreementState::Terminated {
                        on: day(end),
                        why: "ends".into(),
                        signed: Some(Signature {
                            on: day(on),
                            by: "R. Ames".into(),
                        }),
                    },
                    _ => AgreementState::Signed {
                        on: day(on),
                        by: "R. Ames".into(),
                    },
                },
                services: services.into_iter().map(str::to_owned).collect(),
                models: models.into_iter().map(str::to_owned).collect(),
                features,
                effective: day(effective),
                expires: length.map(|length| day(effective + length)),
                document_digest: Some("0".repeat(64)),
                notes: String::new(),
            },
        )
}

fn decisions() -> impl Strategy<Value = RouteDecision> {
    (
        0..4,
        select(vec!["*", "model-0", "model-1"]),
        any::<bool>(),
        0_i64..60,
        0_i64..60,
        0_i64..60,
        subsequence(FEATURES.to_vec(), 0..=2),
    )
        .prop_map(
            |(number, model, expert, made, length, determined, features)| RouteDecision {
                id: format!("decision-{number}"),
                vendor: format!("vendor-{}", number % 2),
                model: model.to_owned(),
                method: if expert {
                    Method::Expert {
                        id: "det".into(),
                        expires: day(made + determined),
                        determined: None,
                    }
                } else {
                    Method::SafeHarbor
                },
                accepted_by: "R. Ames".into(),
                accepted_miss_rate: 0.01,
                reason: "because".into(),
                made: day(made),
                expires: day(made + length),
                features: if expert { features } else { Vec::new() },
            },
        )
}

/// A register of what fits together among what was drawn.
fn registers() -> impl Strategy<Value = Register> {
    let drawn = (
        prop::collection::vec(agreements(), 0..8),
        prop::collection::vec(decisions(), 0..4),
        subsequence(FEATURES.to_vec(), 0..=4),
    );
    drawn.prop_map(|(agreements, decisions, allow)| {
        let mut register = Register::default();
        for number in 0..2 {
            let vendor = format!("vendor-{number}");
            register
                .insert_vendor(Vendor::new(&vendor, "Vendor"))
                .unwrap();
            let mut model = Model::new(
                &format!("model-{number}"),
                &vendor,
                "one",
                "two",
                "mirror",
                Dialect::OpenAi,
            );
            model.route.allow.clone_from(&allow);
            register.insert_model(model).unwrap();
        }
        for agreement in agreements {
            let _ = register.insert_agreement(agreement);
        }
        for decision in decisions {
            let _ = register.insert_decision(decision);
        }
        register
    })
}

/// The rule, written the other way round: is there anything that covers this?
fn covered(register: &Register, model: &Model, features: &[Feature], today: Date) -> bool {
    let unread = [Feature::Images, Feature::Files];
    let allowed = features
        .iter()
        .all(|feature| !unread.contains(feature) || model.route.allow.contains(feature));
    let by_agreement = register.agreements().values().any(|agreement| {
        let (on, ended) = match &agreement.state {
            AgreementState::Draft => return false,
            AgreementState::Signed { on, .. } => (*on, false),
            AgreementState::Terminated { signed: None, .. } => return false,
            AgreementState::Terminated {
                on,
                signed: Some(signature),
                ..
            } => (signature.on, *on <= today),
        };
        let named =
            |list: &[String], name: &String| list.contains(name) || list.contains(&"*".to_owned());
        agreement.vendor == model.vendor
            && (!ended
                && on <= today
                && agreement.effective <= today
                && agreement.expires.is_none_or(|last| today <= last))
            && (named(&agreement.services, &model.service)
                && named(&agreement.models, &model.upstream_model))
            && features
                .iter()
                .all(|feature| agreement.features.contains(feature))
    });
    let by_decision = register.decisions().values().any(|decision| {
        let (determined, named) = match &decision.method {
            Method::SafeHarbor => (true, features.is_empty()),
            Method::Expert { expires, .. } => (
                today <= *expires,
                features.iter().all(|feature| {
                    !unread.contains(feature) && decision.features.contains(feature)
                }),
            ),
        };
        decision.vendor == model.vendor
            && (decision.model == model.alias || decision.model == "*")
            && (decision.made <= today && today <= decision.expires && determined && named)
    });
    allowed && (by_agreement || by_decision)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn covered_is_what_an_agreement_or_a_decision_covers(register in registers(), features in subsequence(FEATURES.to_vec(), 0..=2), today in -5_i64..130) {
        for model in register.models().values() {
            let answer = register.cover(&model.alias, &features, day(today));
            prop_assert_eq!(answer.is_ok(), covered(&register, model, &features, day(today)), "{:?}", answer);
            if let Ok(coverage) = answer {
                prop_assert_eq!(coverage.vendor(), &model.vendor);
                prop_assert_eq!(coverage.features().len(), features.len());
            }
        }
    }

    #[test]
    fn on_no_day_do_two_agreements_of_a_vendor_cover_one_service(register in registers(), today in -5_i64..130) {
        let in_force: Vec<&Agreement> =
            register.agreements().values().filter(|row| row.status(day(today)) == AgreementStatus::InForce).collect();
        for (at, one) in in_force.iter().enumerate() {
            for other in in_force.iter().skip(at + 1).filter(|other| other.vendor == one.vendor) {
                for service in ["one", "two", "three"] {
                    prop_assert!(!(one.covers_service(service) && other.covers_service(service)), "{:?} {:?}", one, other);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(register in registers()) {
        let reversed = Register::from_parts(
            register.vendors().values().rev().cloned().collect(),
            register.agreements().values().rev().cloned().collect(),
            register.models().values().rev().cloned().collect(),
            register.decisions().values().rev().cloned().collect(),
        );
        prop_assert_eq!(reversed, Ok(register));
    }

    #[test]
    fn any_address_is_taken_or_refused_without_panic(text in "(https?://)?[a-z0-9@:/.\\[\\]%?# \\\\-]{0,20}") {
        let mut register = Register::default();
        register.insert_vendor(Vendor::new("acme", "Acme")).unwrap();
        let taken = register.insert_model(Model::new("one", "acme", "chat", "one", &text, Dialect::OpenAi)).is_ok();
        if taken && text.starts_with("http://") {
            let host = text["http://".len()..].trim_start_matches('[');
            prop_assert!(["127.", "localhost", "::1", "0:", "0000:"].iter().any(|loopback| host.starts_with(loopback)), "{}", text);
        }
        prop_assert!(!(taken && text.contains('@')));
    }
}
