//! Every route, on one page. What is not named here goes to the gateway, which knows its own paths and answers the
//! rest with 404 and the list of what is served.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /healthz`, `/readyz`, `/metrics` | anybody who reaches the port | health and figures |
//! | `POST /admin/v1/changes` | an operator, by key | makes a change; not one that names a file |
//! | `GET /admin/v1/register/{kind}` | an operator, by key | reads rows |
//! | everything else | an app, by key | the gateway |

use crate::admin::{self, Admin, Door};
use crate::health::{self, Looked};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use covenant_gateway::Gateway;
use std::sync::Arc;

/// The routes of the port.
pub(crate) fn public(gateway: Gateway, looked: Looked, admin: Option<Arc<Admin>>) -> Router {
    let router = health::routes(looked);
    let router = match admin {
        Some(admin) => router.merge(admin::routes(admin, Door::Port)),
        None => router,
    };
    router.fallback(move |request: Request| {
        let gateway = gateway.clone();
        async move { gateway.handle(request).await.map(Body::new) }
    })
}

/// The routes of the control socket.
pub(crate) fn control(admin: Arc<Admin>) -> Router {
    admin::routes(admin, Door::Socket)
}
