//! Certificates: changed files hold for the next connection, and files that cannot be used change nothing.

use axum::Router;
use axum::routing::get;
use covenant_server::config::Tls as Files;
use covenant_server::listen::{Bounds, serve_tcp};
use covenant_server::tls::{Error, Tls};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const BOUNDS: Bounds = Bounds {
    connections: 16,
    header_timeout: Duration::from_secs(30),
    handshake_timeout: Duration::from_secs(30),
    shutdown_grace: Duration::from_secs(30),
};

fn files(folder: &Path) -> Files {
    Files {
        certificate: folder.join("cert.pem"),
        private_key: folder.join("key.pem"),
    }
}

/// Writes a fresh certificate for localhost and returns it.
fn write_pair(files: &Files) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&files.private_key, made.signing_key.serialize_pem()).unwrap();
    allow(&files.private_key, 0o600);
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    made.cert.der().clone()
}

fn allow(file: &Path, mode: u32) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

struct Served {
    address: SocketAddr,
    _stop: watch::Sender<bool>,
}

async fn serve(tls: Tls) -> Served {
    serve_within(tls, BOUNDS).await
}

async fn serve_within(tls: Tls, bounds: Bounds) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(async || "here"));
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(serve_tcp(listener, Some(tls), router, bounds, stopping));
    Served {
        address,
        _stop: stop,
    }
}

/// A connection of a client that trusts this certificate alone; `None` when the handshake fails.
async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.ok()
}

/// Says whether a client that trusts this certificate alone gets an answer over HTTP/1.1.
async fn answers(address: SocketAddr, trusted: &CertificateDer<'static>) -> bool {
    let Some(mut stream) = connect(address, trusted, b"http/1.1").await else {
        return false;
    };
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap().ends_with("here")
}

#[tokio::test]
async fn a_changed_certificate_holds_for_the_next_connection_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = write_pair(&files);
    let tls = Tls::open(files.clone()).unwrap();
    let served = serve(tls.clone()).await;
    assert!(answers(served.address, &first).await);

    tokio::spawn(tls.watch(Duration::from_millis(5)));
    let second = write_pair(&files);
    while !answers(served.address, &second).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!answers(served.address, &first).await);
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_the_running_pair_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = write_pair(&files);
    let tls = Tls::open(files.clone()).unwrap();
    let served = serve(tls.clone()).await;

    std::fs::write(
        &files.certificate,
        "-----BEGIN CERTIFICATE-----\nhalf a file",
    )
    .unwrap();
    assert!(matches!(tls.reload(), Err(Error::Unreadable { .. })));
    assert!(answers(served.address, &first).await);

    let other = tempfile::tempdir().unwrap();
    let others = Files {
        certificate: files.certificate.clone(),
        private_key: other.path().join("key.pem"),
    };
    write_pair(&others);
    assert!(
        matches!(tls.reload(), Err(Error::Unusable { .. })),
        "a key of another certificate was taken"
    );
    assert!(answers(served.address, &first).await);
}

#[tokio::test]
async fn a_private_key_that_others_can_read_is_refused_until_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = write_pair(&files);
    let tls = Tls::open(files.clone()).unwrap();
    let served = serve(tls.clone()).await;
    allow(&files.private_key, 0o644);
    let Err(refused) = Tls::open(files.clone()) else {
        panic!("a key that others can read was taken")
    };
    assert!(refused.to_string().contains("chmod 600 "), "{refused}");

    let second = write_pair(&files);
    allow(&files.private_key, 0o640);
    assert!(matches!(tls.reload(), Err(Error::NotPrivate(_))));
    assert!(answers(served.address, &first).await);
    tokio::spawn(tls.watch(Duration::from_millis(5)));
    allow(&files.private_key, 0o600);
    while !answers(served.address, &second).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    for missing in ["cert.pem", "key.pem"] {
        write_pair(&files);
        std::fs::remove_file(folder.path().join(missing)).unwrap();
        let Err(refused) = Tls::open(files.clone()) else {
            panic!("{missing} was not missed")
        };
        let words = refused.to_string();
        assert!(
            words.contains(missing) && words.contains("does not exist"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn plain_http_to_a_tls_port_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    write_pair(&files);
    let served = serve(Tls::open(files).unwrap()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.windows(4).any(|window| window == b"here"));
}

#[tokio::test]
async fn a_client_that_negotiates_http2_and_says_nothing_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let trusted = write_pair(&files);
    let bounds = Bounds {
        header_timeout: Duration::from_millis(30),
        ..BOUNDS
    };
    let served = serve_within(Tls::open(files).unwrap(), bounds).await;
    let mut stream = connect(served.address, &trusted, b"h2").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answers(served.address, &trusted).await);
}
