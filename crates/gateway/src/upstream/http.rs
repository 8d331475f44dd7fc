//! A vendor over HTTP: https with verified certificates, or plain http to loopback. No redirects, no proxy, no
//! decompression; every wait has its limit.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout, timeout_at};

use super::{UpstreamAnswer, UpstreamBody, UpstreamFault, retry_after_seconds};
use crate::body::BoxError;
use crate::config::Timeouts;

/// The client all HTTP upstreams share; it pools connections per host.
pub(crate) struct HttpUpstreams {
    client: Client<TimedConnector, Full<Bytes>>,
    timeouts: Timeouts,
}

impl HttpUpstreams {
    /// Sets up TLS and the pool.
    pub(crate) fn new(
        extra_roots: &[CertificateDer<'static>],
        timeouts: Timeouts,
    ) -> Result<HttpUpstreams, String> {
        let connector = TimedConnector {
            inner: connector(extra_roots)?,
            limit: timeouts.connect,
        };
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

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn connector(
    extra_roots: &[CertificateDer<'static>],
) -> Result<HttpsConnector<HttpConnector>, String> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for root in extra_roots {
        roots.add(root.clone()).map_err(|fault| fault.to_string())?;
    }
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| fault.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp.set_keepalive(Some(Duration::from_secs(30)));
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp))
}

/// Connects within a time limit that covers name look-up, TCP and TLS.
#[derive(Clone)]
struct TimedConnector {
    inner: HttpsConnector<HttpConnector>,
    limit: Duration,
}

type Connection = <HttpsConnector<HttpConnector> as tower_service::Service<Uri>>::Response;

impl tower_service::Service<Uri> for TimedConnector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match timeout(limit, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(Box::new(ConnectTimedOut) as BoxError),
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
struct ConnectTimedOut;

fn fault_of(fault: &hyper_util::client::legacy::Error) -> UpstreamFault {
    let mut cause = std::error::Error::source(fault);
    while let Some(inner) = cause {
        if inner.is::<ConnectTimedOut>() {
            return UpstreamFault::ConnectTimeout;
        }
        cause = inner.source();
    }
    if fault.is_connect() {
        UpstreamFault::Unreachable
    } else {
        UpstreamFault::Broken
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
