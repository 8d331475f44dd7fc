//! A streamed answer on its way to the caller: read, inspected, restored, and recorded before its last message goes
//! out. A stream whose key or agreement ends goes no further than a second. What goes wrong after the first byte becomes an event of the dialect; when the caller goes away the vendor's
//! stream is dropped with this body, and the trail closes the request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use covenant_formats::json::Json;
use covenant_govern::{Date, Feature};
use covenant_seal::Phi;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use crate::body::{Body, BoxError};
use crate::dialect::{Dialect, envelope};
use crate::gateway::{Inner, UnderWay};
use crate::identify::identify;
use crate::lanes::{Halt, Lanes, Step};
use crate::metrics::Stage;
use crate::record::Trail;
use crate::refusal::Refusal;
use crate::room::Place;
use crate::sse::{SseEvent, SseReader, comment};
use crate::upstream::{UpstreamBody, UpstreamFault};

/// How often a stream asks whether it may go on.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// What a stream goes on by: the caller's key, and the agreement or decision that covers the route. Either may end
/// while it runs, so both are looked at again in the register in force.
pub(crate) struct Standing {
    pub(crate) headers: HeaderMap,
    pub(crate) alias: String,
    pub(crate) features: Vec<Feature>,
    /// When both were last seen to hold.
    pub(crate) seen: Instant,
}

impl Standing {
    fn look(&mut self, gateway: &Inner) -> Result<(), Refusal> {
        if self.seen.elapsed() < LOOKED_EVERY {
            return Ok(());
        }
        let snapshot = gateway
            .register
            .snapshot()
            .map_err(|_| Refusal::unavailable("the register"))?;
        let now_ms = gateway.clock.now_ms();
        identify(&self.headers, &snapshot, &gateway.keys, now_ms)?;
        snapshot
            .register
            .cover(&self.alias, &self.features, Date::from_ms(now_ms))
            .map_err(|uncovered| Refusal::new(403, "no_longer_covered", uncovered.to_string()))?;
        self.seen = Instant::now();
        Ok(())
    }
}

/// All that a streamed answer holds.
pub(crate) struct Streamed {
    pub(crate) gateway: Arc<Inner>,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) request_id: String,
    pub(crate) started: Instant,
    pub(crate) upstream: UpstreamBody,
    pub(crate) reader: SseReader,
    pub(crate) lanes: Lanes,
    pub(crate) trail: Trail,
    pub(crate) standing: Standing,
    pub(crate) restoring: Duration,
    /// What can go out and has not gone yet.
    pub(crate) out: String,
    pub(crate) began: bool,
    pub(crate) ended: bool,
    pub(crate) _places: (UnderWay, Place),
}

impl Streamed {
    /// Makes the answer: its head, and a body that runs as it is read.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.into_body());
        let event_stream = HeaderValue::from_static("text/event-stream");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, event_stream);
        response
    }

    fn into_body(self) -> Body {
        let frames = futures_util::stream::unfold(self, |mut streamed| async move {
            let bytes = streamed.next().await?;
            Some((Ok::<_, BoxError>(Frame::data(bytes)), streamed))
        });
        StreamBody::new(frames).boxed_unsync()
    }

    /// Returns the next bytes for the caller; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.ended {
            if let Err(refusal) = self.advance().await {
                self.fail(refusal).await;
            }
            let out = std::mem::take(&mut self.out);
            if !out.is_empty() {
                if !std::mem::replace(&mut self.began, true) {
                    self.gateway.metrics.first_event(self.started.elapsed());
                }
                return Some(Bytes::from(out));
            }
        }
        None
    }

    /// Reads on; what can go out is added to `out`.
    async fn advance(&mut self) -> Result<(), Refusal> {
        let Some(piece) = self.upstream.next().await else {
            return Err(UpstreamFault::Cut.into());
        };
        self.standing.look(&self.gateway)?;
        let mut events = Vec::new();
        let read = self.reader.push(&piece?, &mut events);
        for event in events {
            let begun = Instant::now();
            let step = self.lanes.take(&self.dialect.tables().stream, &event);
            self.restoring += begun.elapsed();
            for held in self.lanes.held.drain(..) {
                self.gateway.metrics.held(held);
            }
            match step.map_err(refuse)? {
                Step::Go(events) => events
                    .iter()
                    .for_each(|event| self.out.push_str(&event.to_string())),
                Step::Last(events, last) => {
                    events
                        .iter()
                        .for_each(|event| self.out.push_str(&event.to_string()));
                    return self.finish(last).await;
                }
            }
        }
        Ok(read.map_err(|_| UpstreamFault::Malformed)?)
    }

    /// Records the whole answer, and only then lets the last message go.
    async fn finish(&mut self, last: SseEvent) -> Result<(), Refusal> {
        self.gateway.metrics.stage(Stage::Restore, self.restoring);
        self.note_answer();
        let released = Phi::new(self.lanes.released().to_string().into_bytes());
        // What came before the last message is the caller's; without the record it is not said to be complete.
        self.trail.answered(200, &released).await?;
        let flags = self.lanes.inspector.tally.flags();
        if !flags.is_empty() {
            self.out
                .push_str(&comment(&format!("x-covenant-flags {flags}")));
        }
        self.out.push_str(&flagged(last, &flags).to_string());
        self.ended = true;
        Ok(())
    }

    /// Records a failure and tells the caller.
    async fn fail(&mut self, refusal: Refusal) {
        self.ended = true;
        self.note_answer();
        let released = Phi::new(self.lanes.released().to_string().into_bytes());
        let told = match self.trail.stopped(&refusal, Some(&released)).await {
            Ok(()) => refusal,
            Err(unavailable) => unavailable,
        };
        let failure = self.failure(&told);
        self.out.push_str(&failure);
    }

    fn failure(&self, refusal: &Refusal) -> String {
        let labels = format!("code=\"{}\"", refusal.code);
        self.gateway
            .metrics
            .count("covenant_gateway_stream_failures_total", labels);
        self.lanes
            .failure(envelope(self.dialect.family(), refusal, &self.request_id))
            .to_string()
    }

    fn note_answer(&mut self) {
        self.lanes.abandon();
        self.trail.inspected(
            &self.lanes.inspector.tally,
            self.lanes.released_bytes(),
            self.restoring,
        );
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        if !self.ended {
            // The trail, dropped after this, closes the request with what went out so far.
            self.note_answer();
        }
    }
}

/// Adds the flags to a last message that is a JSON object.
fn flagged(last: SseEvent, flags: &str) -> SseEvent {
    if flags.is_empty() || !last.data.starts_with('{') {
        return last;
    }
    match covenant_formats::json::parse(
        last.data.as_bytes(),
        covenant_formats::json::Limits::default(),
    ) {
        Ok(Json::Object(mut object)) => {
            object.insert("covenant_flags", flags.into());
            SseEvent {
                data: Json::Object(object).to_string(),
                ..last
            }
        }
        _ => last,
    }
}

fn refuse(halt: Halt) -> Refusal {
    match halt {
        Halt::Upstream(fault) => fault.into(),
        Halt::Withheld(path) => Refusal::withheld(&path),
    }
}
