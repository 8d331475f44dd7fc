//! What machines ask: is the process there, may it be sent requests, and how is it doing. No PHI in any answer.

use crate::ports::Registers;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use covenant_gateway::Gateway;
use covenant_store::Store;
use serde::Serialize;
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
    let ready = u8::from(looked.store.ready().is_ok() && looked.registers.state().is_ok());
    let figures = format!(
        "{}# HELP covenant_ready Whether requests are accepted.\n# TYPE covenant_ready gauge\ncovenant_ready {ready}\n",
        looked.gateway.metrics()
    );
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        figures,
    )
        .into_response()
}
