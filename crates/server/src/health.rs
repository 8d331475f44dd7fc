//! What machines ask: is the process there, may it be sent requests, and how is it doing. No PHI in any answer.

use crate::ports::Registers;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use covenant_gateway::Gateway;
use covenant_store::{Durations, Store};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

/// What is looked at.
pub(crate) struct Looked {
    pub(crate) store: Store,
    pub(crate) registers: Arc<Registers>,
    pub(crate) gateway: Gateway,
}

/// The routes of health and figures.
pub(crate) fn routes(looked: Looked) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(looked))
}

/// Whether requests may be sent here.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// The parts that fail, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failing: Vec<Failing>,
}

#[derive(Serialize)]
struct Failing {
    part: &'static str,
    why: String,
}

async fn ready(State(looked): State<Arc<Looked>>) -> Response {
    let mut failing = Vec::new();
    if let Err(error) = looked.store.ready() {
        let part = match error {
            covenant_store::Error::WrongKey { .. } | covenant_store::Error::Seal { .. } => "keys",
            _ => "ledger",
        };
        failing.push(Failing {
            part,
            why: error.to_string(),
        });
    }
    if let Err(why) = looked.registers.state() {
        failing.push(Failing {
            part: "register",
            why,
        });
    }
    let ready = failing.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, failing })).into_response()
}

async fn metrics(State(looked): State<Arc<Looked>>) -> Response {
    let mut figures = looked.gateway.metrics();
    let ready = looked.store.ready().is_ok() && looked.registers.state().is_ok();
    figure(&mut figures, "covenant_ready", "gauge", u64::from(ready));
    let stats = looked.store.stats();
    figure(
        &mut figures,
        "covenant_store_events_total",
        "counter",
        stats.events,
    );
    figure(
        &mut figures,
        "covenant_store_commits_total",
        "counter",
        stats.commits,
    );
    figure(
        &mut figures,
        "covenant_store_failed_commits_total",
        "counter",
        stats.failed_commits,
    );
    figure(
        &mut figures,
        "covenant_store_largest_batch",
        "gauge",
        stats.largest_batch,
    );
    summary(&mut figures, "covenant_store_seal_seconds", stats.seal);
    summary(&mut figures, "covenant_store_commit_seconds", stats.commit);
    summary(
        &mut figures,
        "covenant_store_queue_and_commit_seconds",
        stats.queue_and_commit,
    );
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, figures).into_response()
}

fn figure(figures: &mut String, name: &str, kind: &str, value: u64) {
    // Writing to a text cannot fail.
    let _ = writeln!(figures, "# TYPE {name} {kind}\n{name} {value}");
}

fn summary(figures: &mut String, name: &str, durations: Durations) {
    let _ = writeln!(figures, "# TYPE {name} summary");
    for (quantile, us) in [("0.5", durations.p50_us), ("0.99", durations.p99_us)] {
        let _ = writeln!(figures, "{name}{{quantile=\"{quantile}\"}} {}", Seconds(us));
    }
    let _ = writeln!(
        figures,
        "{name}_sum {}\n{name}_count {}",
        Seconds(durations.total_us),
        durations.count
    );
}

/// Microseconds, written as seconds.
struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}.{:06}",
            self.0 / 1_000_000,
            self.0 % 1_000_000
        )
    }
}
