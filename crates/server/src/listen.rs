//! The accept loop: TCP or a Unix socket in, HTTP out, with bounds on connections, handshakes and headers.
//!
//! We run our own loop and not a framework's because TCP_NODELAY, the handshake's and the header's time limits, the
//! bound on connections and certificates that change are ours to set. The protocol is taken from the TLS negotiation
//! and never guessed from the first bytes, which a client could hold back for ever; plain HTTP is HTTP/1.1.

use crate::tls::Tls;
use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How long connections that are cut may take to be gone.
const CUT_WITHIN: Duration = Duration::from_secs(5);

/// What bounds connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many may be open at once; the next one waits to be accepted.
    pub connections: usize,
    /// How long a client may take to send the header of a request.
    pub header_timeout: Duration,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long requests under way may take to end after the signal to stop.
    pub shutdown_grace: Duration,
}

/// Serves HTTP on a TCP socket until `stop` turns true.
pub async fn serve_tcp(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let (cut, cutting) = watch::channel(false);
    loop {
        let Some(place) = next_place(&places, &mut stop).await else {
            break;
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    accept_failed(&error).await;
                    continue;
                }
            },
            _ = stopped(&mut stop) => break,
        };
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            router: router.clone(),
            bounds,
            watcher: graceful.watcher(),
            cutting: cutting.clone(),
            _place: place,
        };
        match tls.clone() {
            Some(tls) => tokio::spawn(connection.over_tls(stream, tls)),
            None => tokio::spawn(connection.run(stream, false)),
        };
    }
    drop(listener);
    finish(graceful, bounds, &cut, &places).await;
}

/// Serves HTTP/1.1 on a Unix socket until `stop` turns true.
pub async fn serve_unix(
    listener: UnixListener,
    router: Router,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let (cut, cutting) = watch::channel(false);
    loop {
        let Some(place) = next_place(&places, &mut stop).await else {
            break;
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (watcher, cutting) = (graceful.watcher(), cutting.clone());
                    let connection = Connection { router: router.clone(), bounds, watcher, cutting, _place: place };
                    tokio::spawn(connection.run(stream, false));
                }
                Err(error) => accept_failed(&error).await,
            },
            _ = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    finish(graceful, bounds, &cut, &places).await;
}

struct Connection {
    router: Router,
    bounds: Bounds,
    watcher: Watcher,
    /// Turns true when the grace period is over.
    cutting: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn over_tls(self, stream: TcpStream, tls: Tls) {
        let handshake = TlsAcceptor::from(tls.current()).accept(stream);
        match tokio::time::timeout(self.bounds.handshake_timeout, handshake).await {
            Ok(Ok(stream)) => {
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.run(stream, http2).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake timed out"),
        }
    }

    async fn run(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        http2: bool,
    ) {
        let asked = Arc::new(AtomicBool::new(false));
        let service = Service {
            router: TowerToHyperService::new(self.router),
            asked: Arc::clone(&asked),
        };
        let builder = builder(&self.bounds, http2);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            ended = self.watcher.watch(connection) => {
                if let Err(error) = ended {
                    tracing::debug!(error = error.as_ref() as &dyn std::error::Error, "connection ended early");
                }
            }
            () = never_asks(&asked, self.bounds.header_timeout) => {
                tracing::debug!("a connection without a request ended");
            }
            _ = stopped(&mut self.cutting) => tracing::debug!("a connection was cut"),
        }
    }
}

/// The router, and a note that a request has come.
#[derive(Clone)]
struct Service {
    router: TowerToHyperService<Router>,
    asked: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future =
        <TowerToHyperService<Router> as hyper::service::Service<Request<Incoming>>>::Future;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.asked.store(true, Ordering::Relaxed);
        self.router.call(request)
    }
}

/// Ends when a connection has brought no request in time. The HTTP/1 header time limit does not reach HTTP/2, whose
/// client could hold a place for ever by saying nothing.
async fn never_asks(asked: &AtomicBool, limit: Duration) {
    tokio::time::sleep(limit).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

fn builder(bounds: &Bounds, http2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_buf_size(128 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(bounds.header_timeout)
        .max_concurrent_streams(128)
        .max_header_list_size(64 * 1024);
    match http2 {
        true => builder.http2_only(),
        false => builder.http1_only(),
    }
}

/// A free place, or nothing when it is time to stop.
async fn next_place(
    places: &Arc<Semaphore>,
    stop: &mut watch::Receiver<bool>,
) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        place = places.clone().acquire_owned() => place.ok(),
        _ = stopped(stop) => None,
    }
}

/// Ends when `stop` turns true or its sender is gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Accepting fails when file descriptors run out; waiting a moment lets some come back.
async fn accept_failed(error: &std::io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Waits for the requests under way, and cuts them when the grace period is over: each is dropped while the ledger is
/// still there to take its end.
async fn finish(
    graceful: GracefulShutdown,
    bounds: Bounds,
    cut: &watch::Sender<bool>,
    places: &Semaphore,
) {
    let ended = tokio::time::timeout(bounds.shutdown_grace, graceful.shutdown());
    if ended.await.is_ok() {
        return;
    }
    tracing::warn!("requests still under way were cut after the grace period");
    let _ = cut.send(true);
    let all = u32::try_from(bounds.connections).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(CUT_WITHIN, places.acquire_many(all)).await;
}

impl Bounds {
    /// The bounds a configuration sets.
    #[must_use]
    pub fn of(server: &crate::config::Server) -> Bounds {
        Bounds {
            connections: server.connections,
            header_timeout: server.header_timeout,
            handshake_timeout: server.handshake_timeout,
            shutdown_grace: server.shutdown_grace,
        }
    }
}
