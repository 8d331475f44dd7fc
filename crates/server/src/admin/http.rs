//! The admin API: one change a POST, rows by kind, the same over HTTP and over the control socket.

use super::{Admin, Done, Error, Order};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use covenant_seal::SecretString;
use std::sync::Arc;

/// The largest order: a policy file or a table.
const ORDER_BYTES: usize = 1 << 20;

/// The routes of the admin API.
pub(crate) fn routes(admin: Arc<Admin>) -> Router {
    Router::new()
        .route("/admin/v1/changes", post(change))
        .layer(axum::extract::DefaultBodyLimit::max(ORDER_BYTES))
        .with_state(admin)
}

async fn change(
    State(admin): State<Arc<Admin>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Done>, Error> {
    let order: Order = serde_json::from_slice(&body).map_err(|error| not_an_order(&error))?;
    admin
        .execute(&operator_key(&headers), order)
        .await
        .map(Json)
}

/// Says where the order is wrong and never repeats what stands there: it may name a patient.
fn not_an_order(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::Invalid(format!(
        "the body is not an order: line {line}, column {column}; see docs/API.md"
    ))
}

fn operator_key(headers: &HeaderMap) -> SecretString {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    SecretString::new(value.strip_prefix("Bearer ").unwrap_or_default().to_owned())
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status: StatusCode = self.status();
        (status, Json(self.to_wire())).into_response()
    }
}
