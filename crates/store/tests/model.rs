//! Any sequence of commands: what can be read is what a simple model says, and the log is whole.

use std::collections::{BTreeMap, BTreeSet};

use covenant_ledger::EventKind;
use covenant_seal::LocalKey;
use covenant_store::{Covers, Error, Record, Store};
use proptest::prelude::*;

use crate::support::{Bench, DAY_MS, START_MS, order, payload};

#[derive(Clone, Debug)]
enum Command {
    /// A payload of these subjects that is kept so many days.
    Append {
        subjects: Vec<u8>,
        days: u8,
    },
    ShredPayload(usize),
    ShredSubject(u8),
    Expire {
        days: u8,
    },
    Reencrypt(usize),
    HoldSubject(u8),
    ReleaseSubject(u8),
    RotateLogKey,
    Rewrap,
    Reopen,
}

fn command() -> impl Strategy<Value = Command> {
    let subjects = prop::collection::vec(0_u8..3, 0..3);
    prop_oneof![
        8 => (subjects, 1_u8..6).prop_map(|(subjects, days)| Command::Append { subjects, days }),
        2 => (0_usize..20).prop_map(Command::ShredPayload),
        2 => (0_u8..3).prop_map(Command::ShredSubject),
        2 => (0_u8..6).prop_map(|days| Command::Expire { days }),
        2 => (0_usize..20).prop_map(Command::Reencrypt),
        1 => (0_u8..3).prop_map(Command::HoldSubject),
        1 => (0_u8..3).prop_map(Command::ReleaseSubject),
        1 => Just(Command::RotateLogKey),
        1 => Just(Command::Rewrap),
        1 => Just(Command::Reopen),
    ]
}

/// What the store should hold.
#[derive(Default)]
struct Model {
    /// Readable payloads: whose keys open each (empty: its record's), and until which day it is kept.
    payloads: BTreeMap<String, (BTreeSet<u8>, u8)>,
    keyed: BTreeSet<u8>,
    held: BTreeSet<u8>,
    appended: usize,
}

impl Model {
    fn is_held(&self, id: &str) -> bool {
        self.payloads
            .get(id)
            .is_some_and(|(subjects, _)| !subjects.is_disjoint(&self.held))
    }
}

async fn run(commands: Vec<Command>) {
    let mut bench = Bench::new();
    let mut store = bench.open().await;
    let mut model = Model::default();
    for command in commands {
        if let Command::Reopen = command {
            store.close().await.unwrap();
            store = bench.open().await;
        } else if let Command::Rewrap = command {
            bench.key =
                std::sync::Arc::new(LocalKey::generate(&covenant_seal::SystemRandom).unwrap());
            store.rewrap(bench.key.clone(), &order("")).await.unwrap();
        } else {
            apply(&bench, &store, &mut model, command).await;
        }
    }
    for number in 0..model.appended {
        let id = format!("p{number}");
        let read = store.read_payload(&id).await;
        match model.payloads.contains_key(&id) {
            true => assert_eq!(*read.unwrap().expose(), id.into_bytes()),
            false => assert!(matches!(read, Err(Error::Shredded { .. })), "{id}"),
        }
    }
    let report = store.verify(None, &[]).await.unwrap();
    assert!(report.is_good(), "{report}");
    store.close().await.unwrap();
}

async fn apply(bench: &Bench, store: &Store, model: &mut Model, command: Command) {
    match command {
        Command::Append { subjects, days } => {
            let id = format!("p{}", model.appended);
            let hashes: Vec<[u8; 32]> = subjects.iter().map(|subject| [*subject; 32]).collect();
            let mut record = Record::of(bench.event(EventKind::Answered));
            let mut kept = payload(&id, &id, &hashes);
            kept.keep_until_ms = START_MS + i64::from(days) * DAY_MS;
            record.payloads.push(kept);
            store.append(record).await.unwrap();
            model.keyed.extend(&subjects);
            model
                .payloads
                .insert(id, (subjects.into_iter().collect(), days));
            model.appended += 1;
        }
        Command::ShredPayload(number) => {
            let id = format!("p{number}");
            let outcome = store.shred_payload(&id, &order("")).await;
            match () {
                () if model.is_held(&id) => assert!(matches!(outcome, Err(Error::Held { .. }))),
                () if model.payloads.remove(&id).is_some() => {
                    assert_eq!(outcome.unwrap().payloads, 1)
                }
                () if number < model.appended => {
                    assert!(matches!(outcome, Err(Error::Shredded { .. })))
                }
                () => assert!(matches!(outcome, Err(Error::NotFound { .. }))),
            }
        }
        Command::ShredSubject(subject) => {
            let outcome = store.shred_subject(&[subject; 32], &order("")).await;
            let opened = model
                .payloads
                .iter()
                .filter(|(_, (subjects, _))| subjects.contains(&subject));
            let held =
                model.held.contains(&subject) || opened.clone().any(|(id, _)| model.is_held(id));
            if !model.keyed.contains(&subject) {
                assert!(matches!(outcome, Err(Error::NotFound { .. })));
            } else if held {
                assert!(matches!(outcome, Err(Error::Held { .. })));
            } else {
                let (alone, shared): (Vec<_>, Vec<_>) =
                    opened.partition(|(_, (subjects, _))| subjects.len() == 1);
                let done = outcome.unwrap();
                assert_eq!(
                    (done.payloads, done.still_shared),
                    (alone.len() as u64, shared.len() as u64)
                );
                model.keyed.remove(&subject);
                model
                    .payloads
                    .retain(|_, (subjects, _)| !(subjects.remove(&subject) && subjects.is_empty()));
            }
        }
        Command::Expire { days } => {
            bench.set_ms(bench.now_ms().max(START_MS + i64::from(days) * DAY_MS));
            let done = store
                .expire(START_MS + i64::from(days) * DAY_MS, &order(""))
                .await
                .unwrap();
            let due: Vec<String> = model
                .payloads
                .iter()
                .filter(|(_, (_, until))| *until <= days)
                .map(|(id, _)| id.clone())
                .collect();
            let (held, gone): (Vec<String>, Vec<String>) =
                due.into_iter().partition(|id| model.is_held(id));
            assert_eq!(
                (done.payloads, done.held),
                (gone.len() as u64, held.len() as u64)
            );
            model.payloads.retain(|id, _| !gone.contains(id));
        }
        Command::Reencrypt(number) => {
            let id = format!("p{number}");
            let outcome = store.reencrypt(&id, &order("")).await;
            assert_eq!(outcome.is_ok(), model.payloads.contains_key(&id));
        }
        Command::HoldSubject(subject) => {
            let covers = Covers::Subject(format!("{subject:02x}").repeat(32));
            let outcome = store
                .hold(&format!("case {subject}"), covers, &order(""))
                .await;
            assert_eq!(outcome.is_ok(), model.held.insert(subject));
        }
        Command::ReleaseSubject(subject) => {
            let outcome = store
                .release_hold(&format!("case {subject}"), &order(""))
                .await;
            assert_eq!(outcome.is_ok(), model.held.remove(&subject));
        }
        Command::RotateLogKey => drop(store.rotate_log_key(&order("")).await.unwrap()),
        Command::Rewrap | Command::Reopen => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_can_be_read_is_what_the_commands_left(commands in prop::collection::vec(command(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(commands));
    }
}
