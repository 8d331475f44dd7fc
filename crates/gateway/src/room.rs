//! Room: how many requests may be under way, in all and to one upstream. A place is given back when it is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits;
use crate::refusal::Refusal;

/// The places of a gateway.
pub(crate) struct Room {
    all: Arc<Semaphore>,
    per_upstream: usize,
    upstreams: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A place that is taken.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Seconds after which a caller may try again.
const RETRY_AFTER: u64 = 1;

impl Room {
    pub(crate) fn new(limits: Limits) -> Room {
        Room {
            all: Arc::new(Semaphore::new(limits.in_flight)),
            per_upstream: limits.in_flight_per_upstream,
            upstreams: Mutex::new(HashMap::new()),
        }
    }

    /// Takes a place in the gateway.
    pub(crate) fn enter(&self) -> Result<Place, Refusal> {
        take(&self.all).ok_or_else(|| {
            Refusal::new(
                503,
                "gateway_full",
                "the gateway has as many requests under way as it may",
            )
            .retry_after(RETRY_AFTER)
        })
    }

    /// Takes a place at an upstream.
    pub(crate) fn at_upstream(&self, upstream: &str) -> Result<Place, Refusal> {
        let semaphore = {
            let mut upstreams = self
                .upstreams
                .lock()
                .map_err(|_| Refusal::unavailable("the list of upstreams"))?;
            let new = || Arc::new(Semaphore::new(self.per_upstream));
            Arc::clone(upstreams.entry(upstream.to_owned()).or_insert_with(new))
        };
        take(&semaphore).ok_or_else(|| {
            Refusal::new(
                429,
                "upstream_full",
                "as many requests as may be are under way to this model's service",
            )
            .retry_after(RETRY_AFTER)
        })
    }
}

fn take(semaphore: &Arc<Semaphore>) -> Option<Place> {
    Arc::clone(semaphore)
        .try_acquire_owned()
        .ok()
        .map(|permit| Place { _permit: permit })
}
