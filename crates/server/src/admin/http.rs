//! The admin API: a change is a POST, rows are read by kind; the same over HTTP and over the control socket, but for
//! the orders a [`Door`] does not admit.
//!
//! The operator is known before anything of a body is read, so a stranger cannot make the server hold one.

use super::{Admin, Change, Done, Error, Order, Proven};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use covenant_seal::SecretString;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The largest order: a policy file or a table.
const ORDER_BYTES: usize = 1 << 20;
/// How long an operator may take to send one.
const ORDER_TIME: Duration = Duration::from_secs(30);

/// Where a recovery is taken, on the control socket alone.
pub(crate) const RECOVERIES: &str = "/admin/v1/recoveries";

/// Where an order comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The port, which others on the network reach.
    Port,
    /// The control socket, which the owner of the data directory alone reaches.
    Socket,
}

#[derive(Clone)]
struct At {
    admin: Arc<Admin>,
    door: Door,
}

/// The routes of the admin API.
pub(crate) fn routes(admin: Arc<Admin>, door: Door) -> Router {
    let router = Router::new()
        .route("/admin/v1/changes", post(change))
        .route("/admin/v1/register/{kind}", get(rows));
    let router = match door {
        Door::Port => router,
        Door::Socket => router.route(RECOVERIES, post(recover)),
    };
    router.with_state(At { admin, door })
}

async fn change(
    State(At { admin, door }): State<At>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Done>, Error> {
    let key = operator_key(&headers);
    admin.authenticate(&key)?;
    let body = read(body).await?;
    let order: Order = serde_json::from_slice(&body).map_err(|error| not_an_order(&error))?;
    door.admits(&order.change)?;
    admin.execute(&key, order).await.map(Json)
}

async fn recover(State(At { admin, .. }): State<At>, body: Body) -> Result<Json<Done>, Error> {
    let body = read(body).await?;
    let proven: Proven = serde_json::from_slice(&body).map_err(|error| not_an_order(&error))?;
    admin.recover_proven(proven).await.map(Json)
}

impl Door {
    /// An order that names a file makes this process read or write one: whoever gives it is the owner of the data
    /// directory, on this machine.
    fn admits(self, change: &Change) -> Result<(), Error> {
        match (self, change) {
            (Door::Port, Change::KeysRewrap { .. }) => Err(Error::Denied {
                policies: Vec::new(),
                reason: "keys are rewrapped on the machine itself, with `covenant keys rewrap`, and not over HTTP"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

async fn rows(
    State(At { admin, .. }): State<At>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<Value>>, Error> {
    admin.rows(&operator_key(&headers), &kind).await.map(Json)
}

async fn read(body: Body) -> Result<Bytes, Error> {
    let whole = Limited::new(body, ORDER_BYTES).collect();
    match tokio::time::timeout(ORDER_TIME, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(_)) => Err(Error::Invalid(format!(
            "the body was cut, or is larger than {ORDER_BYTES} bytes"
        ))),
        Err(_) => Err(Error::Invalid("the body did not come in time".to_owned())),
    }
}

/// Says where the order is wrong and never repeats what stands there: it may name a patient.
fn not_an_order(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::Invalid(format!(
        "the body is not an order: line {line}, column {column}; \
         an order is {{\"change\": {{\"is\": \"vendor-add\", …}}, \"why\": \"…\"}}"
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
