//! The way of a request, as a list of named steps:
//! identify, authorise, screen, record, forward, inspect, restore, record, answer.
//!
//! Every step that can refuse does so before the next begins. After `identify` every refusal is recorded before it
//! is said; when it cannot be recorded the caller learns only that the ledger is not available.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use covenant_formats::json::Json;
use covenant_govern::{Date, Inspect, Model, Unsure};
use covenant_seal::Phi;
use http::{HeaderMap, HeaderValue, Response};

use crate::authorise::{Authorised, Route, authorise};
use crate::body::{Body, BoxError, full};
use crate::dialect::Dialect;
use crate::forward::{Destination, forward, forwarded_headers};
use crate::gateway::{Inner, UnderWay};
use crate::identify::{Caller, Intent, identify, intent};
use crate::inspect::{Constraint, Inspector, Known, Tally};
use crate::lanes::Lanes;
use crate::metrics::Stage;
use crate::opaque::Opaque;
use crate::read::{Keys, Reading, read};
use crate::receive::{read_json, receive};
use crate::record::{Recorded, Trail};
use crate::refusal::Refusal;
use crate::restore::restore;
use crate::room::Place;
use crate::screen::{Outgoing, Screening, screen};
use crate::snapshot::Snapshot;
use crate::sse::SseReader;
use crate::stream::Streamed;
use crate::upstream::{UpstreamAnswer, UpstreamBody, UpstreamFault};

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
    let snapshot = gateway
        .register
        .snapshot()
        .map_err(|_| Refusal::unavailable("the register"))?;
    let now_ms = gateway.clock.now_ms();
    let caller = gateway.timed(Stage::Identify, || {
        identify(&arrived.headers, &snapshot, &gateway.keys, now_ms)
    })?;
    let path = arrived.dialect.path();
    let mut trail = Trail::new(
        Arc::clone(gateway),
        arrived.request_id.clone(),
        arrived.at,
        &caller.app.id,
        path,
    );
    let journey = Journey {
        gateway,
        snapshot: &snapshot,
        caller: &caller,
        today: Date::from_ms(now_ms),
    };
    match journey.go(arrived, &mut trail).await {
        Ok(Done::Whole(response)) => Ok(response),
        Ok(Done::Opened(opened)) => Ok(opened.stream(trail)),
        Err(refusal) => {
            trail.stopped(&refusal, None).await?;
            Err(refusal)
        }
    }
}

/// What the steps of one request share.
struct Journey<'a> {
    gateway: &'a Arc<Inner>,
    snapshot: &'a Snapshot,
    caller: &'a Caller,
    today: Date,
}

/// What a request asks, read and not yet screened.
struct Asked {
    intent: Intent,
    model: Model,
    body: Json,
    raw: Phi<Vec<u8>>,
    reading: Reading,
    streamed: bool,
    structure: Option<Arc<Constraint>>,
}

/// What the steps came to.
enum Done {
    /// An answer in full, recorded.
    Whole(Response<Body>),
    /// A stream whose begin is recorded.
    Opened(Box<Opened>),
}

/// A stream that is about to answer; its events go on in its body.
struct Opened {
    gateway: Arc<Inner>,
    dialect: Arc<dyn Dialect>,
    request_id: String,
    at: Instant,
    upstream: UpstreamBody,
    lanes: Lanes,
    places: (UnderWay, Place),
}

impl Asked {
    /// Sets a field of the body to a value of ours.
    fn set(&mut self, field: &str, value: Json) {
        if let Some(body) = self.body.as_object_mut() {
            body.insert(field, value);
            self.reading.passes(field);
        }
    }
}

impl Journey<'_> {
    /// The steps.
    async fn go<B>(&self, arrived: Arrived<B>, trail: &mut Trail) -> Result<Done, Refusal>
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
        let under_way = UnderWay::new(Arc::clone(self.gateway), place);
        let mut asked = self.read(dialect.as_ref(), &headers, body, trail).await?;
        let authorised = self.gateway.timed(Stage::Policy, || {
            self.authorise(dialect.as_ref(), &mut asked, trail)
        })?;
        let upstream_place = self.gateway.room.at_upstream(&asked.model.upstream)?;
        let (outgoing, inspector) = self.screen(&authorised, &mut asked, trail).await?;
        let recorded = self
            .record(&authorised, &outgoing, &mut asked, trail)
            .await?;
        let answer = self
            .forward(
                dialect.as_ref(),
                &headers,
                &authorised,
                outgoing,
                recorded,
                &asked.model,
            )
            .await?;
        if !asked.streamed {
            return self
                .answer_whole(dialect, answer, inspector, asked.structure, trail)
                .await
                .map(Done::Whole);
        }
        let lanes = self.open_lanes(dialect.as_ref(), &answer, inspector, asked.structure)?;
        trail.answering().await?;
        let (gateway, upstream, places) = (
            Arc::clone(self.gateway),
            answer.body,
            (under_way, upstream_place),
        );
        Ok(Done::Opened(Box::new(Opened {
            gateway,
            dialect,
            request_id,
            at,
            upstream,
            lanes,
            places,
        })))
    }

    /// Receives and reads the request: what it asks, of which model, and what each of its fields is.
    async fn read<B>(
        &self,
        dialect: &dyn Dialect,
        headers: &HeaderMap,
        body: B,
        trail: &mut Trail,
    ) -> Result<Asked, Refusal>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let intent = intent(headers, &self.caller.app, &self.gateway.keys)?;
        trail.intends(
            intent.purpose.as_str(),
            intent.purpose.citation(),
            &intent.subjects,
        );
        let raw = receive(headers, body, &self.gateway.config).await?;
        trail.received(raw.len());
        let mut body = read_json(&raw, self.gateway.config.limits)?;
        let model = self.model(dialect, &body)?;
        trail.asks(|what| {
            what.model.clone_from(&model.alias);
            what.vendor.clone_from(&model.vendor);
            what.upstream.clone_from(&model.upstream_model);
            what.host = Some(host_of(&model.upstream));
        });
        self.check_bounds(dialect, &body)?;
        let keyed = |value: &str| {
            self.gateway
                .keys
                .cache
                .hash("field", &[self.caller.app.id.as_bytes(), value.as_bytes()])
        };
        let keys = Keys {
            screen_paths: &model.route.screen_paths,
            keyed: &keyed,
            opaque: &self.opaque(&model),
        };
        let reading = read(&dialect.tables().request, &mut body, keys)?;
        let streamed = body.get("stream").and_then(Json::as_bool) == Some(true);
        let tools = body
            .get("tools")
            .and_then(Json::as_array)
            .map_or(0, <[Json]>::len);
        trail.asks(|what| {
            what.stream = streamed;
            what.tools = u32::try_from(tools).unwrap_or(u32::MAX);
        });
        let structure = dialect
            .structure(&body)
            .map(|schema| Arc::new(Constraint::new(schema)));
        Ok(Asked {
            intent,
            model,
            body,
            raw: Phi::new(raw),
            reading,
            streamed,
            structure,
        })
    }

    /// Returns the model that is named, if it speaks the language of the endpoint.
    fn model(&self, dialect: &dyn Dialect, body: &Json) -> Result<Model, Refusal> {
        let Some(alias) = body.get("model").and_then(Json::as_str) else {
            return Err(Refusal::new(400, "no_model", "the body names no model"));
        };
        // The name is not repeated: it is the caller's text.
        let unknown = || {
            Refusal::new(
                404,
                "unknown_model",
                "no model has this alias; GET /v1/models lists those there are",
            )
        };
        let model = self.snapshot.register.model(alias).ok_or_else(unknown)?;
        if model.dialect != dialect.family() && !model.is_mirror() {
            let words = format!(
                "the model {} speaks the language of {}, not of {}",
                model.alias,
                model.dialect,
                dialect.path()
            );
            return Err(Refusal::new(400, "other_dialect", words));
        }
        Ok(model.clone())
    }

    fn opaque(&self, model: &Model) -> Opaque {
        Opaque {
            key: Arc::clone(&self.gateway.keys.cache),
            app: self.caller.app.id.clone(),
            vendor: model.vendor.clone(),
        }
    }

    fn check_bounds(&self, dialect: &dyn Dialect, body: &Json) -> Result<(), Refusal> {
        let limits = self.gateway.config.limits;
        for (field, most) in [
            (dialect.conversation(), limits.messages),
            ("tools", limits.tools),
        ] {
            let count = body
                .get(field)
                .and_then(Json::as_array)
                .map_or(0, <[Json]>::len);
            if count > most {
                return Err(Refusal::new(
                    413,
                    "too_many",
                    format!("{field} has {count} elements; at most {most} are taken"),
                ));
            }
        }
        Ok(())
    }

    /// Asks policies and register, and writes into the body what follows: the vendor's name of the model, what is
    /// not to be stored.
    fn authorise(
        &self,
        dialect: &dyn Dialect,
        asked: &mut Asked,
        trail: &mut Trail,
    ) -> Result<Authorised, Refusal> {
        let implied = asked
            .body
            .as_object()
            .map(|body| dialect.implied(body))
            .unwrap_or_default();
        let features: &BTreeMap<_, _> = &asked.reading.features;
        let route = Route {
            model: &asked.model,
            asked: features,
            implied,
        };
        let authorised = authorise(
            &self.caller.app,
            &asked.intent,
            &route,
            self.snapshot,
            self.today,
            trail,
        )?;
        let model = ("model", Json::from(asked.model.upstream_model.as_str()));
        let settled = dialect.settle(authorised.coverage.features());
        for (field, value) in settled.into_iter().chain([model]) {
            asked.set(field, value);
        }
        Ok(authorised)
    }

    /// Screens the request; what it said stays known for the inspection of the answer.
    async fn screen(
        &self,
        authorised: &Authorised,
        asked: &mut Asked,
        trail: &mut Trail,
    ) -> Result<(Outgoing, Inspector), Refusal> {
        let begun = Instant::now();
        let screening = Screening {
            detector: self.gateway.detector.clone(),
            profile: authorised.profile.clone(),
            key: Arc::clone(&self.gateway.keys.token),
            app: self.caller.app.id.clone(),
        };
        let body = std::mem::replace(&mut asked.body, Json::Null);
        let original = Phi::new(body.clone());
        let outgoing = screen(
            screening,
            Phi::new(body),
            asked.reading.take(),
            asked.raw.expose().len(),
        )
        .await?;
        trail.screened(&outgoing.report, outgoing.detect_us);
        self.gateway.metrics.stage(Stage::Detect, begun.elapsed());
        let options = &asked.model.route;
        let inspector = Inspector {
            detector: self.gateway.detector.clone(),
            known: Known::new(original, self.gateway.detector.clone()),
            map: Arc::clone(&outgoing.map),
            opaque: self.opaque(&asked.model),
            strict: options.inspect == Inspect::Strict,
            keep_unsure: options.unsure == Unsure::Keep,
            tally: Tally::default(),
        };
        Ok((outgoing, inspector))
    }

    async fn record(
        &self,
        authorised: &Authorised,
        outgoing: &Outgoing,
        asked: &mut Asked,
        trail: &mut Trail,
    ) -> Result<Recorded, Refusal> {
        let recorded = trail
            .forwarded(
                &authorised.permit,
                &outgoing.body,
                std::mem::replace(&mut asked.raw, Phi::new(Vec::new())),
                &outgoing.map,
            )
            .await?;
        Ok(recorded)
    }

    async fn forward(
        &self,
        dialect: &dyn Dialect,
        headers: &HeaderMap,
        authorised: &Authorised,
        outgoing: Outgoing,
        recorded: Recorded,
        model: &Model,
    ) -> Result<UpstreamAnswer, Refusal> {
        let begun = Instant::now();
        let credential = self.snapshot.upstream_keys.of(&model.alias);
        let destination = Destination {
            model,
            dialect,
            credential,
            headers: forwarded_headers(headers, dialect),
        };
        let Authorised {
            permit, coverage, ..
        } = authorised;
        let answer = forward(
            self.gateway,
            outgoing.body,
            permit,
            coverage,
            recorded,
            destination,
        )
        .await?;
        self.gateway.metrics.stage(Stage::Upstream, begun.elapsed());
        Ok(answer)
    }

    /// Gets ready to read a stream.
    fn open_lanes(
        &self,
        dialect: &dyn Dialect,
        answer: &UpstreamAnswer,
        inspector: Inspector,
        structure: Option<Arc<Constraint>>,
    ) -> Result<Lanes, Refusal> {
        let streaming = dialect
            .streaming()
            .filter(|_| answer.content_type.starts_with("text/event-stream"));
        let streaming = streaming.ok_or(UpstreamFault::ContentType)?;
        let room_bytes = self.gateway.config.limits.answer_bytes;
        Ok(Lanes::new(
            streaming,
            inspector,
            structure,
            self.gateway.config.limits.json(),
            room_bytes,
        ))
    }

    /// Inspects, restores, records and gives an answer that is not streamed.
    async fn answer_whole(
        &self,
        dialect: Arc<dyn Dialect>,
        answer: UpstreamAnswer,
        inspector: Inspector,
        structure: Option<Arc<Constraint>>,
        trail: &mut Trail,
    ) -> Result<Response<Body>, Refusal> {
        if !answer.content_type.starts_with("application/json") {
            return Err(UpstreamFault::ContentType.into());
        }
        let limits = self.gateway.config.limits;
        let bytes = answer.body.whole(limits.answer_bytes).await?;
        let restored = restore(bytes, limits.json(), dialect, inspector, structure).await?;
        self.gateway.metrics.stage(Stage::Restore, restored.took);
        trail.inspected(&restored.tally, restored.body.expose().len(), restored.took);
        trail.answered(200, &restored.body).await?;
        let mut response = Response::new(full(restored.body.into_exposed()));
        let headers = response.headers_mut();
        headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Ok(flags) = HeaderValue::try_from(restored.tally.flags())
            && !flags.is_empty()
        {
            headers.insert("x-covenant-flags", flags);
        }
        Ok(response)
    }
}

impl Opened {
    /// Hands the trail to the body of the answer.
    fn stream(self, trail: Trail) -> Response<Body> {
        let reader = SseReader::new(self.gateway.config.limits.event_bytes);
        let streamed = Streamed {
            gateway: self.gateway,
            dialect: self.dialect,
            request_id: self.request_id,
            started: self.at,
            upstream: self.upstream,
            reader,
            lanes: self.lanes,
            trail,
            restoring: Duration::ZERO,
            out: String::new(),
            began: false,
            ended: false,
            _places: self.places,
        };
        let mut response = Response::new(streamed.into_body());
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        );
        response
    }
}

/// Returns the host of an upstream's address, for the event.
fn host_of(upstream: &str) -> String {
    let uri = upstream.parse::<http::Uri>().ok();
    uri.as_ref().and_then(http::Uri::authority).map_or_else(
        || upstream.to_owned(),
        |authority| authority.host().to_owned(),
    )
}
