//! `GET /v1/models`: the models an app may name, in a form both families' clients read.

use covenant_access::App;
use covenant_formats::json::{Json, object};
use http::Response;

use crate::body::{Body, full};
use crate::snapshot::Snapshot;

/// Lists the models given to an app.
pub(crate) fn list(app: &App, snapshot: &Snapshot) -> Response<Body> {
    let given =
        |alias: &str| app.models.is_empty() || app.models.iter().any(|model| model == alias);
    let models: Vec<Json> = snapshot
        .register
        .models()
        .values()
        .filter(|model| given(&model.alias))
        .map(|model| {
            object([
                ("id", model.alias.as_str().into()),
                ("object", "model".into()),
                ("created", 0.into()),
                ("owned_by", model.vendor.as_str().into()),
                ("type", "model".into()),
                ("display_name", model.alias.as_str().into()),
                ("created_at", "1970-01-01T00:00:00Z".into()),
            ])
        })
        .collect();
    let end = |model: Option<&Json>| {
        model
            .and_then(|model| model.get("id"))
            .cloned()
            .unwrap_or(Json::Null)
    };
    let list = object([
        ("object", "list".into()),
        ("first_id", end(models.first())),
        ("last_id", end(models.last())),
        ("has_more", false.into()),
        ("data", models.into()),
    ]);
    let mut response = Response::new(full(list.to_string()));
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    response
}
