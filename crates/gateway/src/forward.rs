//! The only function that sends. It takes what was screened, what allows it, what covers it and the proof that the
//! record is durable, and checks that all four speak of the same route. Raw PHI is none of these types.

use bytes::Bytes;
use covenant_access::{Action, Permit};
use covenant_deid::Screened;
use covenant_govern::{Coverage, Dialect as Family, Model};
use covenant_seal::SecretString;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::dialect::Dialect;
use crate::gateway::Inner;
use crate::record::Recorded;
use crate::refusal::Refusal;
use crate::upstream::{UpstreamAnswer, UpstreamFault, http as over_http, mirror};

/// Where it goes, and how.
pub(crate) struct Destination<'a> {
    pub(crate) model: &'a Model,
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) credential: Option<&'a SecretString>,
    /// The caller's headers that may go on.
    pub(crate) headers: HeaderMap,
}

/// Sends a screened request and returns the head of the answer.
pub(crate) async fn forward(
    gateway: &Inner,
    screened: Screened<Vec<u8>>,
    permit: &Permit,
    coverage: &Coverage,
    recorded: Recorded,
    destination: Destination<'_>,
) -> Result<UpstreamAnswer, Refusal> {
    if !same_route(&screened, permit, coverage, &recorded, destination.model) {
        return Err(Refusal::new(
            500,
            "route_mismatch",
            "the proofs of this request name different routes; nothing was sent",
        ));
    }
    let body = screened.into_inner();
    let answer = if destination.model.is_mirror() {
        mirror::answer(destination.dialect, &body, gateway.clock.now_ms())?
    } else {
        let uri = over_http::address(&destination.model.upstream, destination.dialect.path())?;
        let headers = headers(&destination)?;
        gateway
            .upstreams
            .send(uri, headers, Bytes::from(body))
            .await?
    };
    match answer.status {
        200..=299 => Ok(answer),
        status => Err(UpstreamFault::Status {
            status,
            retry_after: answer.retry_after,
        }
        .into()),
    }
}

fn same_route(
    screened: &Screened<Vec<u8>>,
    permit: &Permit,
    coverage: &Coverage,
    recorded: &Recorded,
    model: &Model,
) -> bool {
    permit.action() == Action::InvokeModel
        && [
            permit.model(),
            Some(coverage.model()),
            Some(recorded.model()),
        ] == [Some(model.alias.as_str()); 3]
        && [
            permit.vendor(),
            Some(coverage.vendor()),
            Some(recorded.vendor()),
        ] == [Some(model.vendor.as_str()); 3]
        && recorded.tells_of(screened)
}

/// The headers every request goes out with, and the few of the caller that its dialect names.
fn headers(destination: &Destination<'_>) -> Result<HeaderMap, Refusal> {
    let mut headers = destination.headers.clone();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    headers.insert(
        header::USER_AGENT,
        HeaderValue::from_static(concat!("covenant/", env!("CARGO_PKG_VERSION"))),
    );
    if let Some(credential) = destination.credential {
        let (name, value) = match destination.dialect.family() {
            Family::OpenAi => (
                header::AUTHORIZATION,
                format!("Bearer {}", credential.expose()),
            ),
            Family::Anthropic => (
                HeaderName::from_static("x-api-key"),
                credential.expose().to_owned(),
            ),
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            Refusal::new(
                502,
                "upstream_credential",
                "the vendor's credential is not one a header can hold",
            )
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Returns the caller's headers that go on: those the dialect names, and the trace context, where they have the form
/// they should have.
pub(crate) fn forwarded_headers(from: &HeaderMap, dialect: &dyn Dialect) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, otherwise) in dialect.headers() {
        let value = from.get(*name).filter(|value| is_plain(value)).cloned();
        headers.insert(
            HeaderName::from_static(name),
            value.unwrap_or(HeaderValue::from_static(otherwise)),
        );
    }
    if let Some(value) = from
        .get("traceparent")
        .filter(|value| is_traceparent(value.as_bytes()))
    {
        headers.insert(HeaderName::from_static("traceparent"), value.clone());
    }
    headers
}

/// A version or date: nothing in it could be anything else.
fn is_plain(value: &HeaderValue) -> bool {
    value.len() <= 16
        && value
            .as_bytes()
            .iter()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, W3C Trace Context, version 00.
fn is_traceparent(value: &[u8]) -> bool {
    let lower_hex = |part: &[u8]| {
        part.iter()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte))
    };
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'-').collect();
    parts.iter().map(|part| part.len()).eq([2, 32, 16, 2])
        && parts.iter().all(|part| lower_hex(part))
}
