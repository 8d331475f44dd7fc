//! The way of a request, as a list of named steps:
//! identify, authorise, screen, record, forward, inspect, restore, record, answer.
//!
//! Every step that can refuse does so before the next begins. After `identify` every refusal is recorded before it
//! is said; when it cannot be recorded the caller learns only that the ledger is not available.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use covenant_govern::{Date, Feature};
use http::{HeaderMap, Response};

use crate::body::{Body, BoxError};
use crate::dialect::Dialect;
use crate::gateway::{Inner, UnderWay};
use crate::identify::{Caller, identify};
use crate::lanes::Lanes;
use crate::metrics::Stage;
use crate::record::Trail;
use crate::refusal::Refusal;
use crate::room::Place;
use crate::snapshot::Snapshot;
use crate::sse::SseReader;
use crate::stream::{Standing, Streamed};
use crate::upstream::UpstreamBody;

/// A request that has arrived at an endpoint.
pub(crate) struct Arrived<B> {
    pub(crate) request_id: String,
    pub(crate) at: Instant,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: B,
    pub(crate) place: Place,
}

/// Takes a request through all steps.
pub(crate) async fn run<B>(
    gateway: &Arc<Inner>,
    arrived: Arrived<B>,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let Arrived {
        request_id,
        at,
        dialect,
        headers,
        body,
        place,
    } = arrived;
    let under_way = UnderWay::new(Arc::clone(gateway), place);
    let snapshot = gateway
        .register
        .snapshot()
        .map_err(|_| Refusal::unavailable("the register"))?;
    let now_ms = gateway.clock.now_ms();
    let caller = gateway.timed(Stage::Identify, || {
        identify(&headers, &snapshot, &gateway.keys, now_ms)
    })?;
    let mut trail = Trail::new(
        Arc::clone(gateway),
        request_id.clone(),
        at,
        &caller.app.id,
        dialect.path(),
    );
    let today = Date::from_ms(now_ms);
    let journey = Journey {
        gateway,
        snapshot: &snapshot,
        caller: &caller,
        today,
        dialect: &dialect,
        headers: &headers,
    };
    match journey.go(body, &mut trail).await {
        Ok(Done::Whole(response)) => Ok(response),
        Ok(Done::Opened(opened)) => {
            let Opened {
                upstream,
                lanes,
                place,
                alias,
                features,
            } = *opened;
            let standing = Standing {
                headers,
                alias,
                features,
                seen: at,
            };
            let reader = SseReader::new(gateway.config.limits.event_bytes);
            let streamed = Streamed {
                gateway: Arc::clone(gateway),
                dialect: Arc::clone(&dialect),
                request_id,
                started: at,
                upstream,
                reader,
                lanes,
                trail,
                standing,
                restoring: Duration::ZERO,
                out: String::new(),
                began: false,
                ended: false,
                _places: (under_way, place),
            };
            Ok(streamed.into_response())
        }
        Err(refusal) => {
            trail.stopped(&refusal, None).await?;
            Err(refusal)
        }
    }
}

/// What the steps of one request share.
pub(crate) struct Journey<'a> {
    pub(crate) gateway: &'a Arc<Inner>,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) caller: &'a Caller,
    pub(crate) today: Date,
    pub(crate) dialect: &'a Arc<dyn Dialect>,
    pub(crate) headers: &'a HeaderMap,
}

/// What the steps came to.
enum Done {
    /// An answer in full, recorded.
    Whole(Response<Body>),
    /// A stream whose begin is recorded; its events go on in the body of the answer.
    Opened(Box<Opened>),
}

/// A stream that is about to answer.
struct Opened {
    upstream: UpstreamBody,
    lanes: Lanes,
    /// The place taken at the upstream.
    place: Place,
    /// The model and the features it is covered for.
    alias: String,
    features: Vec<Feature>,
}

impl Journey<'_> {
    /// The steps after `identify`.
    async fn go<B>(&self, body: B, trail: &mut Trail) -> Result<Done, Refusal>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let mut asked = self.read(body, trail).await?;
        let authorised = self.authorise(&mut asked, trail)?;
        let place = self.gateway.room.at_upstream(&asked.model.upstream)?;
        let (outgoing, inspector) = self.screen(&authorised, &mut asked, trail).await?;
        let recorded = self
            .record(&authorised, &outgoing, &mut asked, trail)
            .await?;
        let answer = self
            .forward(&authorised, outgoing, recorded, &asked.model)
            .await?;
        if !asked.streamed {
            return Ok(Done::Whole(
                self.inspect_restore_record(answer, inspector, asked.structure, trail)
                    .await?,
            ));
        }
        let lanes = self.open_lanes(&answer, inspector, asked.structure)?;
        trail.answering().await?;
        Ok(Done::Opened(Box::new(Opened {
            upstream: answer.body,
            lanes,
            place,
            alias: asked.model.alias,
            features: authorised.coverage.features().to_vec(),
        })))
    }
}
