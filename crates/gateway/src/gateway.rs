//! [`Gateway`]: the public face. Routes a request to its endpoint and sees to what every answer carries.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use covenant_detect::Detector;
use covenant_govern::Dialect as Family;
use covenant_ledger::new_id;
use covenant_seal::Random;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tracing::Instrument as _;

use crate::body::{Body, BoxError, full};
use crate::config::{GatewayConfig, GatewayKeys};
use crate::dialect::{Dialects, envelope, not_found};
use crate::identify::identify;
use crate::metrics::{Metrics, Stage};
use crate::models;
use crate::pipeline::{self, Arrived};
use crate::ports::{Clock, Log, Register};
use crate::refusal::Refusal;
use crate::room::{Place, Room};
use crate::table::TableError;
use crate::upstream::http::HttpUpstreams;

/// The way out. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

/// A gateway that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// TLS to the upstreams could not be set up.
    #[error("TLS to upstreams: {0}")]
    Tls(String),
    /// A table of fields cannot be read; a mistake in the program.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// What all requests share.
pub(crate) struct Inner {
    pub(crate) config: GatewayConfig,
    pub(crate) detector: Detector,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) register: Arc<dyn Register>,
    pub(crate) keys: GatewayKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) metrics: Metrics,
    pub(crate) upstreams: HttpUpstreams,
    pub(crate) room: Room,
    dialects: Dialects,
}

impl Inner {
    /// Does one stage of a request and notes the time it took.
    pub(crate) fn timed<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.metrics.stage(stage, begun.elapsed());
        done
    }
}

impl Gateway {
    /// Sets the gateway up.
    ///
    /// # Errors
    /// [`SetupError`] when TLS to the upstreams cannot be set up.
    pub fn new(
        config: GatewayConfig,
        detector: Detector,
        log: Arc<dyn Log>,
        register: Arc<dyn Register>,
        keys: GatewayKeys,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Gateway, SetupError> {
        let upstreams =
            HttpUpstreams::new(&config.extra_roots, config.proxy.as_ref(), config.timeouts)
                .map_err(SetupError::Tls)?;
        let room = Room::new(config.limits);
        let dialects = Dialects::new()?;
        let metrics = Metrics::default();
        let inner = Inner {
            config,
            detector,
            log,
            register,
            keys,
            clock,
            random,
            metrics,
            upstreams,
            room,
            dialects,
        };
        Ok(Gateway {
            inner: Arc::new(inner),
        })
    }

    /// Answers one request. Drop the future or the body it answers with, and the upstream call is cancelled and
    /// its event closed.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let started = Instant::now();
        let request_id = self.request_id();
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let family = family_of(&path, &head.headers);
        let answered = match request_id.as_deref() {
            Some(request_id) => {
                let span =
                    tracing::info_span!("request", request_id, host = self.inner.config.host);
                self.route(&head.method, &path, head.headers, body, request_id, started)
                    .instrument(span)
                    .await
            }
            None => Err(Refusal::unavailable("randomness")),
        };
        let request_id = request_id.unwrap_or_default();
        let mut response =
            answered.unwrap_or_else(|refusal| self.refuse(family, &refusal, &request_id));
        self.count(&path, response.status());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(request_id) = HeaderValue::try_from(request_id) {
            headers.insert("x-request-id", request_id);
        }
        response
    }

    /// Returns all figures as Prometheus text, without PHI.
    pub fn metrics(&self) -> String {
        self.inner.metrics.render()
    }

    async fn route<B>(
        &self,
        method: &Method,
        path: &str,
        headers: HeaderMap,
        body: B,
        request_id: &str,
        started: Instant,
    ) -> Result<Response<Body>, Refusal>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let gateway = &self.inner;
        let place = gateway.room.enter()?;
        if path == "/v1/models" {
            return if method == Method::GET {
                self.models(&headers)
            } else {
                Err(wrong_method("GET"))
            };
        }
        let dialect = gateway
            .dialects
            .at(path)
            .ok_or_else(|| not_found(&gateway.dialects.served()))?;
        if method != Method::POST {
            return Err(wrong_method("POST"));
        }
        let size: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if size > gateway.config.limits.header_bytes {
            return Err(Refusal::new(
                431,
                "headers_too_large",
                "the headers are larger than allowed",
            ));
        }
        let dialect = Arc::clone(dialect);
        let arrived = Arrived {
            request_id: request_id.to_owned(),
            at: started,
            dialect,
            headers,
            body,
            place,
        };
        pipeline::run(gateway, arrived).await
    }

    fn models(&self, headers: &HeaderMap) -> Result<Response<Body>, Refusal> {
        let gateway = &self.inner;
        let snapshot = gateway
            .register
            .snapshot()
            .map_err(|_| Refusal::unavailable("the register"))?;
        let caller = identify(headers, &snapshot, &gateway.keys, gateway.clock.now_ms())?;
        Ok(models::list(&caller.app, &snapshot))
    }

    fn refuse(&self, family: Family, refusal: &Refusal, request_id: &str) -> Response<Body> {
        tracing::info!(
            status = refusal.status,
            code = refusal.code,
            request_id,
            "request not answered by a model"
        );
        self.inner.metrics.count(
            "covenant_gateway_refusals_total",
            format!("code=\"{}\"", refusal.code),
        );
        let mut response = Response::new(full(envelope(family, refusal, request_id).to_string()));
        *response.status_mut() =
            StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = refusal.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if refusal.status == 405 {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        response
    }

    fn count(&self, path: &str, status: StatusCode) {
        let served = path == "/v1/models" || self.inner.dialects.at(path).is_some();
        let endpoint = if served { path } else { "other" };
        let labels = format!("endpoint=\"{endpoint}\",status=\"{}\"", status.as_u16());
        self.inner
            .metrics
            .count("covenant_gateway_requests_total", labels);
    }

    fn request_id(&self) -> Option<String> {
        let id = new_id(self.inner.clock.now_ms(), self.inner.random.as_ref()).ok()?;
        Some(format!("req_{id}"))
    }
}

/// Whose clients expect the answer.
fn family_of(path: &str, headers: &HeaderMap) -> Family {
    if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
        Family::Anthropic
    } else {
        Family::OpenAi
    }
}

fn wrong_method(method: &str) -> Refusal {
    Refusal::new(
        405,
        "wrong_method",
        format!("this path is served to {method} only"),
    )
}

/// A request that counts as under way until this is dropped.
pub(crate) struct UnderWay {
    gateway: Arc<Inner>,
    _place: Place,
}

impl UnderWay {
    pub(crate) fn new(gateway: Arc<Inner>, place: Place) -> UnderWay {
        gateway.metrics.enter();
        UnderWay {
            gateway,
            _place: place,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.gateway.metrics.leave();
    }
}
