//! How a connection to a vendor comes up: name look-up, TCP, the proxy's tunnel where one is configured, TLS; all
//! within one time limit.
//!
//! TLS is spoken with the vendor and its certificate verified, tunnel or not: a proxy sees a host name, a port and
//! bytes it cannot read. Addresses of this machine never go to the proxy, for which they would mean another machine.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use tower_service::Service;

use super::http::is_loopback;
use super::proxy::Proxy;
use crate::body::BoxError;

/// Connects directly or through the proxy.
#[derive(Clone)]
pub(super) struct Connector {
    direct: HttpsConnector<HttpConnector>,
    tunnel: Option<(Proxy, HttpsConnector<Tunnel<HttpConnector>>)>,
    limit: Duration,
}

impl Connector {
    /// Sets up TLS, and the tunnel where there is a proxy.
    pub(super) fn new(
        extra_roots: &[CertificateDer<'static>],
        proxy: Option<&Proxy>,
        limit: Duration,
    ) -> Result<Connector, String> {
        let tls = tls(extra_roots)?;
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        let tunnel = proxy.map(|proxy| {
            let tunnel = HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_only()
                .enable_all_versions()
                .wrap_connector(proxy.tunnel(tcp.clone()));
            (proxy.clone(), tunnel)
        });
        let direct = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        Ok(Connector {
            direct,
            tunnel,
            limit,
        })
    }

    fn connect(&mut self, uri: Uri) -> Connecting {
        let host = uri.host().unwrap_or_default();
        match &mut self.tunnel {
            Some((proxy, tunnel)) if !is_loopback(host) && !proxy.leaves_out(host) => {
                Box::pin(tunnel.call(uri))
            }
            _ => Box::pin(self.direct.call(uri)),
        }
    }
}

fn tls(extra_roots: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, String> {
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
    Ok(tls)
}

type Connection = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
type Connecting = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if let Some((_, tunnel)) = &mut self.tunnel {
            ready!(tunnel.poll_ready(context))?;
        }
        self.direct.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let connecting = self.connect(uri);
        let limit = self.limit;
        Box::pin(async move {
            match timeout(limit, connecting).await {
                Ok(connected) => connected,
                Err(_) => Err(Box::new(ConnectTimedOut) as BoxError),
            }
        })
    }
}

/// The connection did not come up within its limit.
#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
pub(super) struct ConnectTimedOut;
