//! A vendor over TLS on a loopback socket, with a certificate for `localhost` and `vendor.example`.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Response, Version};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const AUTHORITY: &[u8] = include_bytes!("tls/ca.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/server.der");
const KEY: &[u8] = include_bytes!("tls/server.key.der");

/// The vendor; it answers everything with an empty answer.
pub struct TlsVendor {
    pub address: String,
    versions: Arc<Mutex<Vec<Version>>>,
}

impl TlsVendor {
    pub async fn start() -> TlsVendor {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let versions = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&versions);
        let acceptor = acceptor();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, keep) = (acceptor.clone(), Arc::clone(&keep));
                tokio::spawn(async move {
                    let Ok(socket) = acceptor.accept(socket).await else {
                        return;
                    };
                    let service =
                        service_fn(move |request: http::Request<hyper::body::Incoming>| {
                            keep.lock().unwrap().push(request.version());
                            let body = Full::new(Bytes::from_static(b"{\"choices\":[]}"));
                            let response = Response::builder()
                                .header("content-type", "application/json")
                                .body(body);
                            async move { response }
                        });
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        TlsVendor { address, versions }
    }

    /// The socket behind the address, as a proxy reaches it.
    pub fn socket(&self) -> String {
        self.address.replace("https://localhost", "127.0.0.1")
    }

    pub fn authority(&self) -> CertificateDer<'static> {
        CertificateDer::from(AUTHORITY)
    }

    /// The HTTP versions of the requests that came.
    pub fn versions(&self) -> Vec<Version> {
        self.versions.lock().unwrap().clone()
    }
}

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
