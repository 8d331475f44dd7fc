//! Receives a request body within its bounds and reads it as JSON.

use bytes::Bytes;
use covenant_formats::json::{Json, JsonErrorKind, parse};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::body::BoxError;
use crate::config::{GatewayConfig, Limits};
use crate::refusal::Refusal;

/// Receives the whole body.
pub(crate) async fn receive<B>(
    headers: &HeaderMap,
    body: B,
    config: &GatewayConfig,
) -> Result<Vec<u8>, Refusal>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let most = config.limits.body_bytes;
    check_headers(headers, most)?;
    let received = timeout(config.timeouts.body, collect(body, most)).await;
    received.map_err(|_| {
        Refusal::new(
            408,
            "body_timeout",
            "the request body did not arrive in time",
        )
    })?
}

fn check_headers(headers: &HeaderMap, most: usize) -> Result<(), Refusal> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    let content_type = text(http::header::CONTENT_TYPE)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type != "application/json" {
        return Err(Refusal::new(
            415,
            "content_type",
            "send the body as content-type: application/json",
        ));
    }
    if text(http::header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Err(Refusal::new(
            415,
            "content_encoding",
            "send the body without content-encoding",
        ));
    }
    let length = text(http::header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > most as u64) {
        Err(too_large(most))
    } else {
        Ok(())
    }
}

async fn collect<B>(body: B, most: usize) -> Result<Vec<u8>, Refusal>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Refusal::new(400, "body_cut", "the request body ended before its end"))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > most {
                return Err(too_large(most));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn too_large(most: usize) -> Refusal {
    Refusal::new(
        413,
        "body_too_large",
        format!("the request body is larger than {most} bytes"),
    )
}

/// Reads a body as JSON; the message of a fault holds its place and kind, never content.
pub(crate) fn read_json(bytes: &[u8], limits: Limits) -> Result<Json, Refusal> {
    parse(bytes, limits.json()).map_err(|error| {
        let too_much = matches!(
            error.kind,
            JsonErrorKind::TooDeep | JsonErrorKind::TooManyValues
        );
        let (status, code) = if too_much {
            (413, "json_too_large")
        } else {
            (400, "invalid_json")
        };
        Refusal::new(
            status,
            code,
            format!("the body is not JSON that is served here: {error}"),
        )
        .at(&error.path)
    })
}
