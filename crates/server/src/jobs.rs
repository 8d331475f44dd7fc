//! What tidies up while the server runs: content past its time, a log key past its days.

use crate::config::Jobs;
use covenant_ledger::EventKind;
use covenant_store::{Clock, EventFilter, Order, Store};
use std::sync::Arc;
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
/// How often the log key's age is looked at.
const AGE_LOOKED_AT_EVERY: Duration = Duration::from_secs(600);

/// Shreds the keys of content past its time, for ever.
pub(crate) async fn expire(store: Store, clock: Arc<dyn Clock>, jobs: Jobs) {
    let order = Order {
        why: "its time is over".to_owned(),
        ..Order::default()
    };
    loop {
        tokio::time::sleep(jobs.expiry_every).await;
        match store.expire(clock.now_ms(), &order).await {
            Ok(shredding) if shredding.payloads == 0 => {}
            Ok(shredding) => tracing::info!(
                payloads = shredding.payloads,
                held = shredding.held,
                "content expired"
            ),
            Err(error) => tracing::error!(%error, "content past its time was not shredded"),
        }
    }
}

/// Begins a fresh log key when the one in use is past its days, for ever.
pub(crate) async fn rotate_log_key(store: Store, clock: Arc<dyn Clock>, jobs: Jobs) {
    let order = Order {
        why: format!("the log key is {} days old", jobs.log_key_days),
        ..Order::default()
    };
    loop {
        match begun_ms(&store).await {
            Ok(Some(begun))
                if clock.now_ms().saturating_sub(begun)
                    >= i64::from(jobs.log_key_days) * DAY_MS =>
            {
                match store.rotate_log_key(&order).await {
                    Ok(_) => tracing::info!("log key rotated"),
                    Err(error) => tracing::error!(%error, "log key not rotated"),
                }
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the log key's age could not be read"),
        }
        tokio::time::sleep(AGE_LOOKED_AT_EVERY).await;
    }
}

/// When the log key in use began: at the last rotation, or with the log.
async fn begun_ms(store: &Store) -> Result<Option<i64>, covenant_store::Error> {
    let last = EventFilter {
        kinds: vec![EventKind::LogKeyRotated],
        limit: 1,
        newest_first: true,
        ..EventFilter::default()
    };
    let first = EventFilter {
        limit: 1,
        ..EventFilter::default()
    };
    for filter in [last, first] {
        if let Some((_, event)) = store.events(&filter).await?.into_iter().next() {
            return Ok(Some(event.at_ms));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use covenant_ledger::{Event, new_id};
    use covenant_seal::{LocalKey, Phi, SystemRandom};
    use covenant_store::{Mode, NewPayload, Options, PayloadKind, Record, Tuning};
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now_ms(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    struct Place {
        store: Store,
        clock: Arc<Hand>,
        _folder: tempfile::TempDir,
    }

    const BEGIN_MS: i64 = 1_772_000_000_000;

    async fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(AtomicI64::new(BEGIN_MS)));
        let store = Store::open(Options {
            directory: folder.path().join("data"),
            tenant: "test".to_owned(),
            origin: "test.invalid/log".to_owned(),
            keys: Arc::new(LocalKey::generate(&SystemRandom).unwrap()),
            mode: Mode::Create,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(SystemRandom),
            tuning: Tuning::default(),
        });
        let store = store.await.unwrap();
        Place {
            store,
            clock,
            _folder: folder,
        }
    }

    async fn keep(place: &Place, keep_until_ms: i64) -> String {
        let id = new_id(BEGIN_MS, &SystemRandom).unwrap();
        let event = Event::new(
            EventKind::Forwarded,
            new_id(BEGIN_MS, &SystemRandom).unwrap(),
            BEGIN_MS,
        );
        let payload = NewPayload {
            id: id.clone(),
            kind: PayloadKind::Prompt,
            content: Phi::new(b"an invented note".to_vec()),
            subjects: Vec::new(),
            keep_until_ms,
        };
        let record = Record {
            event,
            payloads: vec![payload],
            register: Vec::new(),
        };
        place.store.append(record).await.unwrap();
        id
    }

    /// Waits until an event of a kind is there.
    async fn comes(store: &Store, kind: EventKind) {
        let filter = EventFilter {
            kinds: vec![kind],
            ..EventFilter::default()
        };
        while store.events(&filter).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn jobs() -> Jobs {
        Jobs {
            expiry_every: Duration::from_millis(2),
            log_key_days: 30,
        }
    }

    #[tokio::test]
    async fn content_past_its_time_is_shredded_and_the_rest_stays() {
        let place = place().await;
        let short = keep(&place, BEGIN_MS + DAY_MS).await;
        let long = keep(&place, BEGIN_MS + 30 * DAY_MS).await;
        place
            .clock
            .0
            .store(BEGIN_MS + 2 * DAY_MS, Ordering::Relaxed);
        let job = tokio::spawn(expire(
            place.store.clone(),
            Arc::clone(&place.clock) as Arc<dyn Clock>,
            jobs(),
        ));
        comes(&place.store, EventKind::PayloadExpired).await;
        assert!(place.store.read_payload(&short).await.is_err());
        assert!(place.store.read_payload(&long).await.is_ok());
        job.abort();
    }

    #[tokio::test]
    async fn a_log_key_past_its_days_is_replaced() {
        let place = place().await;
        keep(&place, BEGIN_MS + DAY_MS).await;
        place
            .clock
            .0
            .store(BEGIN_MS + 31 * DAY_MS, Ordering::Relaxed);
        let job = tokio::spawn(rotate_log_key(
            place.store.clone(),
            Arc::clone(&place.clock) as Arc<dyn Clock>,
            jobs(),
        ));
        comes(&place.store, EventKind::LogKeyRotated).await;
        job.abort();
    }

    #[tokio::test]
    async fn a_log_key_within_its_days_stays() {
        let place = place().await;
        keep(&place, BEGIN_MS + DAY_MS).await;
        assert_eq!(begun_ms(&place.store).await.unwrap(), Some(BEGIN_MS));
    }
}
