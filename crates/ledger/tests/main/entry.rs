//! Sealing events into leaves and opening them.

use covenant_ledger::entry::{MAX_ENTRY_BYTES, header, open_event, seal_event};
use covenant_ledger::{
    Change, Counts, Error, Event, EventKind, MAX_PAYLOADS_PER_EVENT, Outcome, PayloadRef,
    PolicyDecision, Sizes, What, Who, Why, new_id,
};
use covenant_seal::{DataKey, KeyId};
use proptest::prelude::*;

use crate::support::{Repeatable, TENANT, log_key};

fn key_id() -> KeyId {
    KeyId::new("log-1").unwrap()
}

fn sealed(event: &Event) -> Result<Vec<u8>, Error> {
    seal_event(event, &log_key(), &key_id(), TENANT, &Repeatable::default())
}

/// An event with every field filled.
fn full() -> Event {
    let text = |text: &str| text.to_owned();
    Event {
        request: Some(text("req-1")),
        who: Who {
            principal: Some(text("nurse")),
            app: Some(text("ehr")),
            session: Some(text("s")),
            operator: Some(text("o")),
        },
        subjects: vec![text("ab12")],
        what: Some(What {
            endpoint: text("/v1/messages"),
            model: text("notes"),
            vendor: text("acme"),
            upstream: text("m-1"),
            features: vec![text("prompt-caching")],
            tools: 2,
            store: true,
            stream: true,
            agreement: Some(text("acme-2026")),
            agreement_version: Some(3),
            decision: Some(text("d-1")),
            region: Some(text("us-east")),
            host: Some(text("api.example")),
        }),
        why: Some(Why {
            purpose: text("treatment"),
            legal_basis: text("164.506(c)"),
        }),
        policy: Some(PolicyDecision {
            allowed: true,
            policies: vec![text("p1")],
            reason: text("r"),
        }),
        counts: Some(Counts {
            found: [(text("NAME"), 2)].into(),
            unsure: 1,
            ..Counts::default()
        }),
        sizes: Some(Sizes {
            request_bytes: 10,
            ..Sizes::default()
        }),
        outcome: Some(Outcome {
            status: 200,
            ..Outcome::default()
        }),
        keys: vec![text("log-1")],
        payloads: vec![PayloadRef {
            id: text("p"),
            kind: text("prompt"),
            digest: text("00"),
            keep_until_ms: 1,
            keys: vec![text("record-1")],
        }],
        change: Some(Change {
            object: text("agreement/acme"),
            action: text("signed"),
            version: 1,
            ..Change::default()
        }),
        note: Some(text("n")),
        ..Event::new(EventKind::Forwarded, text("01J9"), 1_790_000_000_000)
    }
}

#[test]
fn a_full_event_reads_back() {
    let event = full();
    let leaf = sealed(&event).unwrap();
    assert_eq!(open_event(&leaf, &log_key(), TENANT).unwrap(), event);
    let header = header(&leaf).unwrap();
    assert_eq!(
        (header.key_id, header.event_id.as_str()),
        (key_id(), "01J9")
    );
}

#[test]
fn an_empty_event_writes_only_what_it_says() {
    let event = Event::new(EventKind::Started, "01J9".into(), 5);
    let json = serde_json::to_string(&event).unwrap();
    assert_eq!(json, r#"{"v":1,"id":"01J9","kind":"started","at_ms":5}"#);
    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
}

#[test]
fn fields_of_a_later_version_one_are_ignored_and_a_newer_version_is_refused() {
    let json = r#"{"v":1,"id":"01J9","kind":"started","at_ms":5,"later":true}"#;
    assert_eq!(serde_json::from_str::<Event>(json).unwrap().at_ms, 5);
    let newer = Event { v: 2, ..full() };
    assert_eq!(
        open_event(&sealed(&newer).unwrap(), &log_key(), TENANT),
        Err(Error::Newer(2))
    );
}

#[test]
fn every_kind_is_written_as_its_name() {
    for kind in EventKind::ALL {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), kind);
    }
    assert!("unknown".parse::<EventKind>().is_err());
}

#[test]
fn an_entry_opens_only_for_its_tenant_and_key() {
    let leaf = sealed(&full()).unwrap();
    assert!(open_event(&leaf, &log_key(), "other").is_err());
    let other = DataKey::from_bytes(&[8; 32]).unwrap();
    let error = open_event(&leaf, &other, TENANT).unwrap_err();
    assert!(
        matches!(error, Error::Seal(covenant_seal::Error::WrongKey { .. })),
        "{error}"
    );
}

#[test]
fn an_entry_that_fits_no_bundle_is_refused() {
    let mut event = full();
    event.note = Some("x".repeat(MAX_ENTRY_BYTES));
    assert!(matches!(sealed(&event), Err(Error::TooLarge { .. })));
    let room = MAX_ENTRY_BYTES - sealed(&full()).unwrap().len();
    event.note = Some("x".repeat(room + 1));
    assert_eq!(sealed(&event).unwrap().len(), MAX_ENTRY_BYTES);
}

#[test]
fn an_event_may_shred_as_many_payloads_as_it_says() {
    let payload = PayloadRef {
        id: "x".repeat(40),
        ..PayloadRef::default()
    };
    let event = Event {
        payloads: vec![payload; MAX_PAYLOADS_PER_EVENT],
        ..full()
    };
    assert!(sealed(&event).is_ok());
}

#[test]
fn an_event_without_a_plain_id_is_refused() {
    for id in ["", "a b", "a\nb", "ä", &"x".repeat(65)] {
        let event = Event {
            id: id.to_owned(),
            ..full()
        };
        assert!(matches!(sealed(&event), Err(Error::Entry(_))), "{id:?}");
    }
}

#[test]
fn ids_sort_by_time_and_are_plain() {
    let random = Repeatable::default();
    let ids: Vec<String> = [0, 1, 999, 1_790_000_000_000, (1 << 48) - 1]
        .iter()
        .map(|ms| new_id(*ms, &random).unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 26));
    assert!(ids[0].starts_with("0000000000") && ids[4].starts_with("7ZZZZZZZZZ"));
    assert_ne!(new_id(5, &random).unwrap(), new_id(5, &random).unwrap());
    assert!(new_id(-5, &random).unwrap().starts_with("0000000000"));
}

proptest! {
    #[test]
    fn any_changed_byte_of_an_entry_is_refused(bit in 0_u8..8) {
        let leaf = sealed(&full()).unwrap();
        for at in 0..leaf.len() {
            let mut altered = leaf.clone();
            altered[at] ^= 1 << bit;
            prop_assert!(open_event(&altered, &log_key(), TENANT).is_err(), "byte {}", at);
            prop_assert!(open_event(&leaf[..at], &log_key(), TENANT).is_err(), "length {}", at);
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_entry(bytes in any::<Vec<u8>>()) {
        let mut named = b"CVE1\x01k\x01e".to_vec();
        named.extend_from_slice(&bytes);
        prop_assert!(open_event(&bytes, &log_key(), TENANT).is_err());
        prop_assert!(open_event(&named, &log_key(), TENANT).is_err());
    }
}
