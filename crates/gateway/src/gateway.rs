//! [`Gateway`]: the public face. Routes a request to its endpoint and sees to what every answer carries.

use std::sync::Arc;

use bytes::Bytes;
use covenant_detect::Detector;
use covenant_seal::Random;

use crate::body::{Body, BoxError, full};
use crate::config::{GatewayConfig, GatewayKeys};
use crate::metrics::Metrics;
use crate::ports::{Clock, Log, Register};

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
        let metrics = Metrics::default();
        Ok(Gateway {
            inner: Arc::new(Inner {
                config,
                detector,
                log,
                register,
                keys,
                clock,
                random,
                metrics,
            }),
        })
    }

    /// Answers one request. Drop the future or the body it answers with, and the upstream call is cancelled and
    /// its event closed.
    pub async fn handle<B>(&self, _request: http::Request<B>) -> http::Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut response = http::Response::new(full("{}"));
        *response.status_mut() = http::StatusCode::NOT_FOUND;
        response
    }

    /// Returns all figures as Prometheus text, without PHI.
    pub fn metrics(&self) -> String {
        self.inner.metrics.render()
    }
}
