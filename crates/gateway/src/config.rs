//! What the gateway is told once, at start: bounds, time limits and keys. Read from files by the server, not here.

use std::sync::Arc;
use std::time::Duration;

use covenant_seal::HashKey;
use rustls::pki_types::CertificateDer;

use crate::upstream::proxy::Proxy;

/// Settings of a [`Gateway`](crate::Gateway); every value has a sound default.
#[derive(Clone, Debug, Default)]
pub struct GatewayConfig {
    /// Bounds of size and number.
    pub limits: Limits,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Certificate authorities trusted beside the public ones, for vendors behind a private one.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// The proxy on the way to vendors; none unless configured, whatever the environment says.
    pub proxy: Option<Proxy>,
    /// Name of this machine, for its logs.
    pub host: Option<String>,
    /// Region this gateway runs in, written into events.
    pub region: Option<String>,
}

/// Bounds of size and number. Memory is bounded by these, never by the input.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Bytes of an answer that is not a stream, and of all text of one stream.
    pub answer_bytes: usize,
    /// Bytes of one line of a stream of server-sent events.
    pub event_bytes: usize,
    /// Nesting of JSON, in requests and answers.
    pub json_depth: usize,
    /// Values in one JSON body.
    pub json_nodes: usize,
    /// Messages (or input items) of one request.
    pub messages: usize,
    /// Tools of one request.
    pub tools: usize,
    /// Requests in flight in the whole gateway.
    pub in_flight: usize,
    /// Requests in flight to one upstream.
    pub in_flight_per_upstream: usize,
    /// Bytes of one header section, as the sum of names and values.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 16 << 20,
            answer_bytes: 32 << 20,
            event_bytes: 4 << 20,
            json_depth: 64,
            json_nodes: 500_000,
            messages: 4096,
            tools: 256,
            in_flight: 1024,
            in_flight_per_upstream: 256,
            header_bytes: 64 << 10,
        }
    }
}

impl Limits {
    /// Returns the bounds of a JSON body.
    pub(crate) fn json(self) -> covenant_formats::json::Limits {
        covenant_formats::json::Limits {
            depth: self.json_depth,
            nodes: self.json_nodes,
        }
    }
}

/// Time limits of a request and of its upstream.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To receive the whole request body from the caller.
    pub body: Duration,
    /// To connect to an upstream, TLS included.
    pub connect: Duration,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
    /// Between two reads of an answer.
    pub idle: Duration,
    /// For the whole of an upstream call.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            body: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(1800),
        }
    }
}

/// The keys of the gateway, one per purpose.
#[derive(Clone)]
pub struct GatewayKeys {
    /// Hashes presented app keys for comparison: `hash("app-key", [whole key])`.
    pub app_key_hash: Arc<HashKey>,
    /// Makes the check characters of tokens.
    pub token: Arc<HashKey>,
    /// Hashes `X-Covenant-Patient` references: `hash("patient", [reference])`.
    pub subject: Arc<HashKey>,
    /// Replaces `user`, `metadata` and cache keys by keyed values.
    pub cache: Arc<HashKey>,
}

impl std::fmt::Debug for GatewayKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GatewayKeys")
    }
}
