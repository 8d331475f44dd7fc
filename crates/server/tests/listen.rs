//! The accept loop: what bounds a connection, and an orderly end.

use axum::Router;
use axum::routing::get;
use covenant_server::listen::{Bounds, serve_tcp};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

const LONG: Duration = Duration::from_secs(600);
const BOUNDS: Bounds = Bounds {
    connections: 16,
    header_timeout: LONG,
    handshake_timeout: LONG,
    shutdown_grace: LONG,
};

struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// A request to `/wait` is answered after this.
    go_on: Arc<Notify>,
    /// A request to `/wait` has come.
    came: Arc<Notify>,
}

async fn serve(bounds: Bounds) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (go_on, came) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, coming) = (Arc::clone(&go_on), Arc::clone(&came));
    let slow = move || async move {
        coming.notify_one();
        wait.notified().await;
        "waited"
    };
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/wait", get(slow));
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(serve_tcp(listener, None, router, bounds, stopping));
    Served {
        address,
        stop,
        task,
        go_on,
        came,
    }
}

async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn ask(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_header_that_does_not_come_ends_the_connection() {
    let served = serve(Bounds {
        header_timeout: Duration::from_millis(30),
        ..BOUNDS
    })
    .await;
    let dribbling = send(served.address, "GET / HTTP/1.1\r\nhost: loc").await;
    assert!(!rest(dribbling).await.contains("here"));
    let silent = send(served.address, "").await;
    assert!(!rest(silent).await.contains("here"));
    assert!(
        rest(send(served.address, &ask("/")).await)
            .await
            .ends_with("here")
    );
}

#[tokio::test]
async fn connections_above_the_bound_wait_for_a_place() {
    let served = serve(Bounds {
        connections: 1,
        ..BOUNDS
    })
    .await;
    let first = send(served.address, &ask("/wait")).await;
    served.came.notified().await;
    let second = tokio::spawn(rest(send(served.address, &ask("/")).await));
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(
        !second.is_finished(),
        "the second connection was served beside the first"
    );
    served.go_on.notify_one();
    assert!(rest(first).await.ends_with("waited"));
    assert!(second.await.unwrap().ends_with("here"));
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let served = serve(BOUNDS).await;
    let under_way = send(served.address, &ask("/wait")).await;
    served.came.notified().await;
    served.stop.send(true).unwrap();
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.go_on.notify_one();
    assert!(rest(under_way).await.ends_with("waited"));
    served.task.await.unwrap();
}

#[tokio::test]
async fn what_is_still_under_way_after_the_grace_is_cut() {
    let served = serve(Bounds {
        shutdown_grace: Duration::from_millis(30),
        ..BOUNDS
    })
    .await;
    let under_way = send(served.address, &ask("/wait")).await;
    served.came.notified().await;
    served.stop.send(true).unwrap();
    served.task.await.unwrap();
    drop(under_way);
}
