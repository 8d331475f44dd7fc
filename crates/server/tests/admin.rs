//! Changes: who may, what is refused before anything is written, and what holds afterwards.

use covenant_access::{Purpose, Role};
use covenant_govern::{Agreement, Dialect, Model, Vendor};
use covenant_ledger::EventKind;
use covenant_seal::{LocalKey, SecretString, SystemRandom};
use covenant_server::House;
use covenant_server::admin::{AppForm, Change, Done, Error, Order};
use covenant_server::config::{Config, Environment, write_key_file};
use covenant_store::EventFilter;
use tempfile::TempDir;

struct Place {
    house: House,
    key: SecretString,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        write_key_file(
            &folder.path().join("kek"),
            &LocalKey::generate(&SystemRandom).unwrap(),
        )
        .unwrap();
        let text = "[store]\ndirectory = \"data\"\n[keys]\nfile = \"kek\"\n";
        let config = Config::parse(
            text,
            &folder.path().join("covenant.toml"),
            &Environment::default(),
        )
        .unwrap();
        let house = House::create(&config, &Environment::default())
            .await
            .unwrap();
        let roles = vec![Role::PrivacyOfficer, Role::SecurityOfficer];
        let shown = house.first_operator("r.ames", roles).await.unwrap();
        Place {
            house,
            key: SecretString::new(shown.expose().to_owned()),
            _folder: folder,
        }
    }

    async fn make(&self, change: Change) -> Result<Done, Error> {
        self.make_as(&self.key, change).await
    }

    async fn make_as(&self, key: &SecretString, change: Change) -> Result<Done, Error> {
        self.house
            .admin
            .execute(
                key,
                Order {
                    change,
                    why: "test".to_owned(),
                },
            )
            .await
    }

    async fn events(&self) -> usize {
        self.house
            .store
            .events(&EventFilter::default())
            .await
            .unwrap()
            .len()
    }
}

fn vendor(id: &str) -> Change {
    Change::VendorAdd {
        vendor: Vendor::new(id, "Acme AI"),
    }
}

fn app(id: &str) -> Change {
    let app = AppForm {
        id: id.to_owned(),
        name: "Demo".to_owned(),
        roles: vec![Role::App],
        purposes: vec![Purpose::Treatment],
        default_purpose: None,
        require_patient: false,
        models: Vec::new(),
    };
    Change::AppAdd {
        app,
        key_expires_in_ms: None,
    }
}

#[tokio::test]
async fn a_change_is_one_event_with_the_operators_name_and_holds_at_once() {
    let place = Place::new().await;
    let done = place.make(vendor("acme")).await.unwrap();
    assert_eq!(
        (done.object.as_str(), done.action.as_str()),
        ("vendor/acme", "added")
    );
    assert!(
        place
            .house
            .registers
            .state()
            .unwrap()
            .register
            .vendors()
            .contains_key("acme")
    );
    let filter = EventFilter {
        kinds: vec![EventKind::Register],
        ..EventFilter::default()
    };
    let events = place.house.store.events(&filter).await.unwrap();
    let [(index, event)] = events.as_slice() else {
        panic!("{} events", events.len())
    };
    assert_eq!(Some(*index), done.event);
    assert_eq!(event.who.operator.as_deref(), Some("r.ames"));
    let change = event.change.as_ref().unwrap();
    assert_eq!((change.why.as_str(), change.version), ("test", 1));
    assert_eq!(change.digest.len(), 64);
}

#[tokio::test]
async fn the_last_key_of_the_last_operator_is_not_revoked() {
    let place = Place::new().await;
    let before = place.events().await;
    let prefix = {
        let state = place.house.registers.state().unwrap();
        let operator = state.operators.values().next().unwrap();
        operator.keys.first().unwrap().prefix.clone()
    };
    let revoke = Change::OperatorKeyRevoke {
        name: "r.ames".to_owned(),
        prefix,
    };
    assert!(place.make(revoke).await.is_err());
    assert_eq!(place.events().await, before);
    place.make(vendor("acme")).await.unwrap();
}

#[tokio::test]
async fn what_the_register_refuses_is_not_written() {
    let place = Place::new().await;
    let before = place.events().await;
    let model = Model::new("m", "nobody", "chat", "m", "mirror", Dialect::OpenAi);
    for change in [
        Change::ModelAdd { model },
        vendor("Not An Id"),
        Change::VendorRemove {
            id: "nobody".to_owned(),
        },
        Change::AgreementDraft {
            agreement: Agreement::draft("a", "nobody", "2026-01-01".parse().unwrap()),
        },
        Change::AppDisable {
            id: "nobody".to_owned(),
        },
        Change::PolicySet {
            name: "wrong.cedar".to_owned(),
            source: "permit (".to_owned(),
        },
        Change::PolicySet {
            name: "../up.cedar".to_owned(),
            source: String::new(),
        },
        Change::MinimumNecessarySet {
            source: "[[row]]".to_owned(),
        },
    ] {
        let name = change.name();
        let refused = place.make(change).await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(place.events().await, before);
}

#[tokio::test]
async fn only_an_operators_key_in_force_changes_anything() {
    let place = Place::new().await;
    let before = place.events().await;
    let altered = SecretString::new(format!(
        "{}x",
        &place.key.expose()[..place.key.expose().len() - 1]
    ));
    for key in ["", "nonsense", "covop_short_key", altered.expose()] {
        let refused = place
            .make_as(&SecretString::new(key.to_owned()), vendor("acme"))
            .await;
        let Err(Error::Unauthenticated(words)) = refused else {
            panic!("{refused:?}")
        };
        assert!(
            key.is_empty() || !words.contains(key),
            "the refusal repeats the key"
        );
    }
    assert_eq!(place.events().await, before);

    let app_key = place.make(app("demo")).await.unwrap().key.unwrap();
    let refused = place
        .make_as(
            &SecretString::new(app_key.expose().to_owned()),
            vendor("acme"),
        )
        .await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
}

#[tokio::test]
async fn a_disabled_operator_and_a_revoked_key_change_nothing_more() {
    let place = Place::new().await;
    let add = Change::OperatorAdd {
        name: "b.osei".to_owned(),
        roles: vec![Role::PrivacyOfficer],
        key_expires_in_ms: None,
    };
    let second = SecretString::new(
        place
            .make(add)
            .await
            .unwrap()
            .key
            .unwrap()
            .expose()
            .to_owned(),
    );
    place.make_as(&second, vendor("acme")).await.unwrap();

    let prefix = covenant_access::key::parse(second.expose()).unwrap().prefix;
    let rotate = Change::OperatorKeyRotate {
        name: "b.osei".to_owned(),
        overlap_ms: 60_000,
        expires_in_ms: None,
    };
    let third = SecretString::new(
        place
            .make(rotate)
            .await
            .unwrap()
            .key
            .unwrap()
            .expose()
            .to_owned(),
    );
    place.make_as(&second, vendor("beta")).await.unwrap();
    place
        .make(Change::OperatorKeyRevoke {
            name: "b.osei".to_owned(),
            prefix,
        })
        .await
        .unwrap();
    assert!(matches!(
        place.make_as(&second, vendor("gamma")).await,
        Err(Error::Unauthenticated(_))
    ));
    place.make_as(&third, vendor("gamma")).await.unwrap();

    place
        .make(Change::OperatorDisable {
            name: "b.osei".to_owned(),
        })
        .await
        .unwrap();
    assert!(matches!(
        place.make_as(&third, vendor("delta")).await,
        Err(Error::Unauthenticated(_))
    ));
}

#[tokio::test]
async fn the_policies_decide_by_role_and_name_themselves() {
    let place = Place::new().await;
    let add = Change::OperatorAdd {
        name: "a.udit".to_owned(),
        roles: vec![Role::Auditor],
        key_expires_in_ms: None,
    };
    let auditor = SecretString::new(
        place
            .make(add)
            .await
            .unwrap()
            .key
            .unwrap()
            .expose()
            .to_owned(),
    );
    let refused = place.make_as(&auditor, vendor("acme")).await;
    let Err(Error::Denied { reason, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(!reason.is_empty());

    let read = Change::ContentRead {
        id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(),
        purpose: Purpose::Operations,
    };
    let Err(Error::Denied { policies, .. }) = place.make_as(&auditor, read).await else {
        panic!("allowed")
    };
    assert!(
        policies.iter().any(|policy| policy.contains("auditor")),
        "{policies:?}"
    );
}

#[tokio::test]
async fn the_last_operator_stays() {
    let place = Place::new().await;
    let refused = place
        .make(Change::OperatorDisable {
            name: "r.ames".to_owned(),
        })
        .await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    let again = place
        .house
        .first_operator("intruder", vec![Role::PrivacyOfficer])
        .await;
    assert!(again.is_err(), "a second first operator was made");
}

#[tokio::test]
async fn nobody_takes_away_the_last_operator_who_may_change_operators() {
    let place = Place::new().await;
    let add = Change::OperatorAdd {
        name: "a.udit".to_owned(),
        roles: vec![Role::Auditor],
        key_expires_in_ms: None,
    };
    place.make(add).await.unwrap();
    let before = place.events().await;
    let forbid = r#"@id("closed") @reason("closed") forbid (principal, action == Action::"ChangeRegister", resource);"#;
    for change in [
        Change::OperatorDisable {
            name: "r.ames".to_owned(),
        },
        Change::PolicySet {
            name: "closed.cedar".to_owned(),
            source: forbid.to_owned(),
        },
    ] {
        let refused = place.make(change).await;
        let Err(Error::Invalid(words)) = &refused else {
            panic!("{refused:?}")
        };
        assert!(words.contains("change operators"), "{words}");
    }
    assert_eq!(place.events().await, before);
}

#[tokio::test]
async fn two_changes_at_once_are_both_made() {
    let place = Place::new().await;
    let (one, two) = tokio::join!(place.make(app("one")), place.make(app("two")));
    one.unwrap();
    two.unwrap();
    assert_eq!(place.house.registers.state().unwrap().apps.len(), 2);
}

#[tokio::test]
async fn a_policy_that_is_added_decides_and_can_be_taken_back() {
    let place = Place::new().await;
    let source = r#"@id("no-vendors") @reason("no new vendors") forbid (principal, action == Action::"ChangeRegister", resource) when { resource.kind == RegisterKind::"vendor" };"#;
    let set = Change::PolicySet {
        name: "vendors.cedar".to_owned(),
        source: source.to_owned(),
    };
    place.make(set).await.unwrap();
    let Err(Error::Denied { policies, .. }) = place.make(vendor("acme")).await else {
        panic!("allowed")
    };
    assert_eq!(policies, ["no-vendors"]);
    place
        .make(Change::PolicyRemove {
            name: "vendors.cedar".to_owned(),
        })
        .await
        .unwrap();
    place.make(vendor("acme")).await.unwrap();
}

#[test]
fn an_order_reads_as_documented_and_keeps_patients_silent() {
    let order: Order = serde_json::from_str(
        r#"{"change": {"is": "shred-subject", "reference": "patient-4471", "dry_run": true}, "why": "asked to"}"#,
    )
    .unwrap();
    assert!(!format!("{order:?}").contains("4471"));
    for wrong in [
        r#"{"change": {"is": "vendor-ad"}}"#,
        r#"{"change": {"is": "log-key-rotate"}, "wy": "a misspelt reason"}"#,
        r#"{"change": {"is": "app-key-add", "id": "demo", "expire_in_ms": 1}}"#,
    ] {
        assert!(serde_json::from_str::<Order>(wrong).is_err(), "{wrong}");
    }
}
