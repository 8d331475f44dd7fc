//! Payloads: sealed, read back, shredded, expired, held, sealed anew.

use covenant_ledger::EventKind;
use covenant_store::{Covers, Error, EventFilter, Record, Shredding, Store};

use crate::support::{Bench, DAY_MS, START_MS, dry, order, payload};

const ANA: [u8; 32] = [1; 32];
const BEN: [u8; 32] = [2; 32];

async fn append(bench: &Bench, store: &Store, id: &str, subjects: &[[u8; 32]]) {
    let mut record =
        Record::of(bench.request_event(EventKind::Answered, &format!("request-of-{id}")));
    record
        .payloads
        .push(payload(id, &format!("note of {id}"), subjects));
    store.append(record).await.unwrap();
}

async fn reads(store: &Store, id: &str) -> bool {
    match store.read_payload(id).await {
        Ok(content) => *content.expose() == format!("note of {id}").into_bytes(),
        Err(Error::Shredded { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn assert_good(store: &Store) {
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
}

#[tokio::test]
async fn a_payload_opens_for_known_and_unknown_subjects() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "unknown", &[]).await;
    append(&bench, &store, "one", &[ANA]).await;
    append(&bench, &store, "several", &[ANA, BEN, ANA]).await;
    for id in ["unknown", "one", "several"] {
        assert!(reads(&store, id).await);
    }
    assert!(matches!(
        store.read_payload("none").await,
        Err(Error::NotFound {
            kind: "payload",
            ..
        })
    ));
    assert_good(&store).await;
}

#[tokio::test]
async fn the_event_carries_digest_and_keys_of_its_payloads() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "p", &[ANA, BEN]).await;
    let (_, event) = store
        .events(&EventFilter::default())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(event.payloads[0].id, "p");
    assert_eq!(event.payloads[0].kind, "prompt");
    assert_eq!(event.payloads[0].digest.len(), 64);
    assert_eq!(event.keys.len(), 2);
    assert!(event.keys.iter().all(|key| key.starts_with("subject-")));
}

#[tokio::test]
async fn a_shredded_payload_is_gone_and_an_event_says_so() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "stays", &[]).await;
    append(&bench, &store, "goes", &[]).await;
    let would = store.shred_payload("goes", &dry("asked")).await.unwrap();
    assert_eq!((would.payloads, would.keys, would.events.len()), (1, 1, 0));
    assert!(reads(&store, "goes").await);

    let done = store.shred_payload("goes", &order("asked")).await.unwrap();
    assert_eq!(
        done,
        Shredding {
            payloads: 1,
            keys: 1,
            events: vec![2],
            ..Shredding::default()
        }
    );
    assert!(!reads(&store, "goes").await);
    assert!(reads(&store, "stays").await);
    assert!(matches!(
        store.shred_payload("goes", &order("again")).await,
        Err(Error::Shredded { event: 2, .. })
    ));
    let (_, event) = store
        .events(&EventFilter {
            from_index: 2,
            ..EventFilter::default()
        })
        .await
        .unwrap()
        .remove(0);
    assert_eq!(event.kind, EventKind::PayloadShredded);
    assert_eq!(
        (event.who.operator.as_deref(), event.note.as_deref()),
        (Some("ana"), Some("asked"))
    );
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    assert!(
        report
            .to_string()
            .contains(&format!("1 payload shredded by event {}", event.id))
    );
}

#[tokio::test]
async fn shredding_a_subject_takes_what_only_its_key_opens() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "ana", &[ANA]).await;
    append(&bench, &store, "both", &[ANA, BEN]).await;
    append(&bench, &store, "ben", &[BEN]).await;
    let done = store.shred_subject(&ANA, &order("asked")).await.unwrap();
    assert_eq!((done.payloads, done.still_shared, done.keys), (1, 1, 1));
    assert!(!reads(&store, "ana").await);
    assert!(reads(&store, "both").await && reads(&store, "ben").await);
    assert_good(&store).await;

    // The subject may come again, under a new key.
    append(&bench, &store, "again", &[ANA]).await;
    assert!(reads(&store, "again").await && !reads(&store, "ana").await);
    let done = store.shred_subject(&BEN, &order("asked")).await.unwrap();
    assert_eq!((done.payloads, done.still_shared), (2, 0));
    assert!(!reads(&store, "both").await);
    assert!(matches!(
        store.shred_subject(&[9; 32], &order("asked")).await,
        Err(Error::NotFound { .. })
    ));
    assert_good(&store).await;
}

#[tokio::test]
async fn a_subject_without_payloads_loses_its_key_too() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "p", &[ANA]).await;
    store.shred_payload("p", &order("asked")).await.unwrap();
    let done = store.shred_subject(&ANA, &order("asked")).await.unwrap();
    assert_eq!((done.payloads, done.keys, done.events.len()), (0, 1, 1));
    assert_good(&store).await;
}

#[tokio::test]
async fn payloads_expire_when_they_are_due_and_not_before() {
    let bench = Bench::new();
    let store = bench.open().await;
    for number in 0..700 {
        let mut record = Record::of(bench.event(EventKind::Answered));
        let mut early = payload(
            &format!("early-{number}"),
            "x",
            if number % 2 == 0 { &[ANA] } else { &[] },
        );
        early.keep_until_ms = START_MS + DAY_MS + number % 3;
        record.payloads.push(early);
        store.append(record).await.unwrap();
    }
    append(&bench, &store, "late", &[ANA]).await;
    // The store's own clock counts, whatever the caller's says.
    for now_ms in [START_MS + DAY_MS - 1, START_MS + DAY_MS] {
        assert_eq!(
            store.expire(now_ms, &order("")).await.unwrap(),
            Shredding::default()
        );
        bench.set_ms(START_MS + DAY_MS - 1);
    }
    bench.set_ms(START_MS + DAY_MS + 2);
    let would = store.expire(START_MS + DAY_MS + 2, &dry("")).await.unwrap();
    assert_eq!((would.payloads, would.events.len()), (700, 0));
    let done = store
        .expire(START_MS + DAY_MS + 2, &order(""))
        .await
        .unwrap();
    assert_eq!((done.payloads, done.keys, done.events.len()), (700, 350, 3));
    assert_eq!(
        store
            .expire(START_MS + DAY_MS + 2, &order(""))
            .await
            .unwrap(),
        Shredding::default()
    );
    assert!(reads(&store, "late").await);
    assert!(matches!(
        store.read_payload("early-0").await,
        Err(Error::Shredded { .. })
    ));
    assert_good(&store).await;
}

#[tokio::test]
async fn held_payloads_neither_expire_nor_are_shredded() {
    let far = START_MS + 365 * DAY_MS;
    for covers in [
        Covers::Payload("p".into()),
        Covers::Request("request-of-p".into()),
        Covers::Subject("01".repeat(32)),
        Covers::Everything,
    ] {
        let bench = Bench::new();
        let store = bench.open().await;
        append(&bench, &store, "p", &[ANA]).await;
        bench.set_ms(far);
        let placed = store
            .hold("case 7", covers.clone(), &order("litigation"))
            .await
            .unwrap();
        assert_eq!(placed.payloads, 1, "{covers:?}");
        assert_eq!(store.holds().await.unwrap(), [placed.hold]);
        assert!(matches!(
            store.hold("case 7", covers, &order("twice")).await,
            Err(Error::Refused(_))
        ));

        let held = |outcome: Result<Shredding, Error>| match outcome {
            Err(Error::Held { hold, .. }) => assert_eq!(hold, "case 7"),
            other => panic!("{other:?}"),
        };
        held(store.shred_payload("p", &order("asked")).await);
        held(store.shred_subject(&ANA, &order("asked")).await);
        held(store.shred_payload("p", &dry("asked")).await);
        let expired = store.expire(far, &order("")).await.unwrap();
        assert_eq!((expired.payloads, expired.held), (0, 1));
        assert!(reads(&store, "p").await);
        store.close().await.unwrap();

        let store = bench.open().await;
        held(store.shred_payload("p", &order("asked")).await);
        store
            .release_hold("case 7", &order("settled"))
            .await
            .unwrap();
        assert!(matches!(
            store.release_hold("case 7", &order("twice")).await,
            Err(Error::NotFound { .. })
        ));
        assert_eq!(store.expire(far, &order("")).await.unwrap().payloads, 1);
        assert!(store.register_rows().await.unwrap().is_empty());
        assert_good(&store).await;
    }
}

#[tokio::test]
async fn a_hold_on_something_else_does_not_stand_in_the_way() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "p", &[ANA]).await;
    for (id, covers) in [
        ("a", Covers::Payload("q".into())),
        ("b", Covers::Request("other".into())),
        ("c", Covers::Subject("02".repeat(32))),
    ] {
        let placed = store.hold(id, covers, &order("litigation")).await.unwrap();
        assert_eq!(placed.payloads, 0);
    }
    assert!(matches!(
        store
            .hold("d", Covers::Subject("ana".into()), &order(""))
            .await,
        Err(Error::Refused(_))
    ));
    store.shred_payload("p", &order("asked")).await.unwrap();
}

#[tokio::test]
async fn a_payload_sealed_anew_opens_and_the_log_knows() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "p", &[ANA, BEN]).await;
    assert_eq!(store.reencrypt("p", &dry("")).await.unwrap().event, None);
    let done = store.reencrypt("p", &order("new algorithm")).await.unwrap();
    assert_eq!((done.count, done.event), (1, Some(1)));
    assert!(reads(&store, "p").await);
    assert_good(&store).await;
    store.reencrypt("p", &order("again")).await.unwrap();
    store
        .hold("case", Covers::Request("request-of-p".into()), &order(""))
        .await
        .unwrap();
    assert!(matches!(
        store.shred_payload("p", &order("")).await,
        Err(Error::Held { .. })
    ));
    store.release_hold("case", &order("")).await.unwrap();
    store.shred_subject(&ANA, &order("")).await.unwrap();
    assert!(reads(&store, "p").await);
    store.shred_payload("p", &order("")).await.unwrap();
    assert_good(&store).await;
    assert!(matches!(
        store.reencrypt("p", &order("")).await,
        Err(Error::Shredded { .. })
    ));
}

#[tokio::test]
async fn a_payload_id_cannot_be_used_twice_and_nobody_else_suffers() {
    let bench = Bench::new();
    let store = bench.open().await;
    append(&bench, &store, "p", &[ANA]).await;
    let mut again = Record::of(bench.event(EventKind::Answered));
    again.payloads.push(payload("p", "other", &[ANA]));
    let other = store.append(Record::of(bench.event(EventKind::Answered)));
    let (refused, accepted) = tokio::join!(store.append(again), other);
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    accepted.unwrap();
    store.ready().unwrap();
    assert!(reads(&store, "p").await);
    assert_good(&store).await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_written() {
    let bench = Bench::new();
    let store = bench.open().await;
    let record = || Record::of(bench.event(EventKind::Answered));
    let mut named = record();
    named.payloads.push(payload("Ana Lopez", "x", &[]));
    let mut many = record();
    many.payloads
        .extend((0..17).map(|number| payload(&number.to_string(), "x", &[])));
    let mut crowded = record();
    crowded.payloads.push(payload("p", "x", &vec![ANA; 257]));
    let mut hold = record();
    hold.register
        .push(crate::support::row("hold", "case", None));
    let mut long = record();
    long.event.request = Some("r".repeat(201));
    for record in [named, many, crowded, hold, long] {
        assert!(matches!(store.append(record).await, Err(Error::Refused(_))));
    }
    let mut large = record();
    large.event.note = Some("n".repeat(70_000));
    assert!(matches!(
        store.append(large).await,
        Err(Error::Ledger { .. })
    ));
    assert!(
        store
            .events(&EventFilter::default())
            .await
            .unwrap()
            .is_empty()
    );
    store.ready().unwrap();
}
