//! A vendor over HTTP: https with verified certificates, or plain http to loopback. No redirects, no decompression,
//! no proxy but the configured one; every wait has its limit.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{ConnectTimedOut, Connector};
use super::proxy::{Proxy, TunnelFault};
use super::{UpstreamAnswer, UpstreamBody, UpstreamFault, retry_after_seconds};
use crate::config::Timeouts;

/// The client all HTTP upstreams share; it pools connections per host.
pub(crate) struct HttpUpstreams {
    client: Client<Connector, Full<Bytes>>,
    timeouts: Timeouts,
}

impl HttpUpstreams {
    /// Sets up TLS and the pool.
    pub(crate) fn new(
        extra_roots: &[CertificateDer<'static>],
        proxy: Option<&Proxy>,
        timeouts: Timeouts,
    ) -> Result<HttpUpstreams, String> {
        let connector = Connector::new(extra_roots, proxy, timeouts.connect)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(55))
            .timer(TokioTimer::new())
            .build(connector);
        Ok(HttpUpstreams { client, timeouts })
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<UpstreamAnswer, UpstreamFault> {
        let deadline = Instant::now() + self.timeouts.total;
        let mut request = http::Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let response = timeout(self.timeouts.first_byte, self.client.request(request))
            .await
            .map_err(|_| UpstreamFault::FirstByteTimeout)?
            .map_err(|fault| fault_of(&fault))?;
        let (head, body) = response.into_parts();
        if head.status.is_redirection() {
            return Err(UpstreamFault::Redirect(head.status.as_u16()));
        }
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        if text(http::header::CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
        {
            return Err(UpstreamFault::ContentEncoding);
        }
        Ok(UpstreamAnswer {
            status: head.status.as_u16(),
            content_type: text(http::header::CONTENT_TYPE)
                .unwrap_or_default()
                .to_ascii_lowercase(),
            retry_after: retry_after_seconds(text(http::header::RETRY_AFTER)),
            body: UpstreamBody::Http(Box::new(TimedBody {
                body,
                idle: self.timeouts.idle,
                deadline,
            })),
        })
    }
}

/// Joins a base address of the register and the path of an endpoint; the base may or may not end in `/v1`.
pub(crate) fn address(base: &str, path: &str) -> Result<Uri, UpstreamFault> {
    let base = base.trim_end_matches('/');
    let path = if base.ends_with("/v1") {
        path.trim_start_matches("/v1")
    } else {
        path
    };
    let uri: Uri = format!("{base}{path}")
        .parse()
        .map_err(|_| UpstreamFault::Address)?;
    let has_credentials = uri
        .authority()
        .is_none_or(|authority| authority.as_str().contains('@'));
    let allowed = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => uri.host().is_some_and(is_loopback),
        _ => false,
    };
    if allowed && !has_credentials && uri.query().is_none() {
        Ok(uri)
    } else {
        Err(UpstreamFault::Address)
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn fault_of(fault: &hyper_util::client::legacy::Error) -> UpstreamFault {
    let mut cause = std::error::Error::source(fault);
    while let Some(inner) = cause {
        if inner.is::<ConnectTimedOut>() {
            return UpstreamFault::ConnectTimeout;
        }
        if let Some(fault) = inner.downcast_ref::<TunnelFault>() {
            return of_tunnel(fault);
        }
        cause = inner.source();
    }
    if fault.is_connect() {
        UpstreamFault::Unreachable
    } else {
        UpstreamFault::Broken
    }
}

fn of_tunnel(fault: &TunnelFault) -> UpstreamFault {
    match fault {
        TunnelFault::ConnectFailed(_) => UpstreamFault::ProxyUnreachable,
        TunnelFault::ProxyAuthRequired => UpstreamFault::ProxyCredentials,
        _ => UpstreamFault::ProxyRefused,
    }
}

/// A body whose every read has a limit, and the whole of it too.
pub(crate) struct TimedBody {
    body: Incoming,
    idle: Duration,
    deadline: Instant,
}

impl TimedBody {
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, UpstreamFault>> {
        loop {
            let until = self.deadline.min(Instant::now() + self.idle);
            let frame = match timeout_at(until, self.body.frame()).await {
                Ok(frame) => frame?,
                Err(_) if until == self.deadline => return Some(Err(UpstreamFault::TotalTimeout)),
                Err(_) => return Some(Err(UpstreamFault::IdleTimeout)),
            };
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(data)) => return Some(Ok(data)),
                // Trailers carry nothing a table knows.
                Ok(Err(_)) => {}
                Err(_) => return Some(Err(UpstreamFault::Broken)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_loopback() {
        let joined = |base: &str| address(base, "/v1/messages").map(|uri| uri.to_string());
        assert_eq!(
            joined("https://api.acme.example"),
            Ok("https://api.acme.example/v1/messages".into())
        );
        assert_eq!(
            joined("https://api.acme.example/v1/"),
            Ok("https://api.acme.example/v1/messages".into())
        );
        assert_eq!(
            joined("https://gw.acme.example/eu"),
            Ok("https://gw.acme.example/eu/v1/messages".into())
        );
        assert_eq!(
            joined("http://127.0.0.1:9/v1"),
            Ok("http://127.0.0.1:9/v1/messages".into())
        );
        assert_eq!(
            joined("http://[::1]:9"),
            Ok("http://[::1]:9/v1/messages".into())
        );
        for refused in [
            "http://api.acme.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://user:pass@acme.example",
            "https://acme.example?x=1",
            "mirror",
            "",
            "http://127.0.0.1.acme.example",
            "http://localhost.acme.example",
        ] {
            assert_eq!(joined(refused), Err(UpstreamFault::Address), "{refused}");
        }
    }
}
