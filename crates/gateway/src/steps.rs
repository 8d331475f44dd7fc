//! The steps of the pipeline, each a short function: they gather what a step needs, call the module whose work it is,
//! and note in the trail what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use covenant_formats::json::Json;
use covenant_govern::{Inspect, Model, Unsure};
use covenant_seal::Phi;
use http::{HeaderValue, Response};

use crate::authorise::{Authorised, Route, authorise};
use crate::body::{Body, BoxError, full};
use crate::dialect::Dialect;
use crate::forward::{Destination, forward, forwarded_headers};
use crate::identify::{Intent, intent};
use crate::inspect::{Constraint, Inspector, Known, Tally};
use crate::lanes::Lanes;
use crate::metrics::Stage;
use crate::opaque::Opaque;
use crate::pipeline::Journey;
use crate::read::{Keys, Reading, read};
use crate::receive::{read_json, receive};
use crate::record::{Recorded, Trail};
use crate::refusal::Refusal;
use crate::restore::restore;
use crate::screen::{Outgoing, Screening, screen};
use crate::upstream::{UpstreamAnswer, UpstreamFault};

/// What a request asks, read and not yet screened.
pub(crate) struct Asked {
    pub(crate) intent: Intent,
    pub(crate) model: Model,
    pub(crate) body: Json,
    pub(crate) raw: Phi<Vec<u8>>,
    pub(crate) reading: Reading,
    pub(crate) streamed: bool,
    pub(crate) structure: Option<Arc<Constraint>>,
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
    /// Receives and reads the request: what it asks, of which model, and what each of its fields is.
    pub(crate) async fn read<B>(&self, body: B, trail: &mut Trail) -> Result<Asked, Refusal>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let dialect = self.dialect.as_ref();
        let intent = intent(self.headers, &self.caller.app, &self.gateway.keys)?;
        trail.intends(
            intent.purpose.as_str(),
            intent.purpose.citation(),
            &intent.subjects,
        );
        let raw = receive(self.headers, body, &self.gateway.config).await?;
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
    pub(crate) fn authorise(
        &self,
        asked: &mut Asked,
        trail: &mut Trail,
    ) -> Result<Authorised, Refusal> {
        let dialect = self.dialect.as_ref();
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
            unscreened: &asked.reading.unscreened,
        };
        let authorised = self.gateway.timed(Stage::Policy, || {
            authorise(
                &self.caller.app,
                &asked.intent,
                &route,
                self.snapshot,
                self.today,
                trail,
            )
        })?;
        let model = ("model", Json::from(asked.model.upstream_model.as_str()));
        let settled = dialect.settle(authorised.coverage.features());
        for (field, value) in settled.into_iter().chain([model]) {
            asked.set(field, value);
        }
        Ok(authorised)
    }

    /// Screens the request; what it said stays known for the inspection of the answer.
    pub(crate) async fn screen(
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
        let unscreened = asked.reading.unscreened.clone();
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
            tally: Tally::beside(unscreened),
        };
        Ok((outgoing, inspector))
    }

    pub(crate) async fn record(
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

    pub(crate) async fn forward(
        &self,
        authorised: &Authorised,
        outgoing: Outgoing,
        recorded: Recorded,
        model: &Model,
    ) -> Result<UpstreamAnswer, Refusal> {
        let begun = Instant::now();
        let credential = self.snapshot.upstream_keys.of(&model.alias);
        let dialect = self.dialect.as_ref();
        let headers = forwarded_headers(self.headers, dialect);
        let destination = Destination {
            model,
            dialect,
            credential,
            headers,
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
    pub(crate) fn open_lanes(
        &self,
        answer: &UpstreamAnswer,
        inspector: Inspector,
        structure: Option<Arc<Constraint>>,
    ) -> Result<Lanes, Refusal> {
        let streaming = self
            .dialect
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
    pub(crate) async fn inspect_restore_record(
        &self,
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
        let restored = restore(
            bytes,
            limits.json(),
            Arc::clone(self.dialect),
            inspector,
            structure,
        )
        .await?;
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

/// Returns the host of an upstream's address, for the event.
fn host_of(upstream: &str) -> String {
    let uri = upstream.parse::<http::Uri>().ok();
    uri.as_ref().and_then(http::Uri::authority).map_or_else(
        || upstream.to_owned(),
        |authority| authority.host().to_owned(),
    )
}
