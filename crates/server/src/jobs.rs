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
