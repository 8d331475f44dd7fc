//! A vendor on a loopback socket: keeps every byte it receives and plays back what the test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One thing the vendor does after it has read a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Writes bytes at once.
    Send(Vec<u8>),
    /// Writes bytes one at a time.
    Dribble(Vec<u8>),
    /// Waits until the test says go on.
    Wait,
    /// Says nothing more and keeps the connection open.
    Stall,
    /// Closes the connection.
    Cut,
}

/// One request as the vendor saw it.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the vendor receives UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the vendor receives JSON")
    }
}

/// The vendor. Its acts are played for every request.
pub struct RecordingVendor {
    pub address: String,
    received: Arc<Mutex<Vec<Received>>>,
    /// Every byte that came in, heads and bodies.
    raw: Arc<Mutex<Vec<u8>>>,
    go_on: watch::Sender<u64>,
    gone: watch::Receiver<u64>,
}

impl RecordingVendor {
    pub async fn start(acts: Vec<Act>) -> RecordingVendor {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let (go_on, gate) = watch::channel(0);
        let (left, gone) = watch::channel(0);
        let (keep, keep_raw) = (Arc::clone(&received), Arc::clone(&raw));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acts, keep, keep_raw) =
                    (acts.clone(), Arc::clone(&keep), Arc::clone(&keep_raw));
                let (gate, left) = (gate.clone(), left.clone());
                tokio::spawn(async move {
                    serve(socket, acts, keep, keep_raw, gate).await;
                    left.send_modify(|count| *count += 1);
                });
            }
        });
        RecordingVendor {
            address,
            received,
            raw,
            go_on,
            gone,
        }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    pub fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "the vendor was to receive one request");
        received.into_iter().next().unwrap()
    }

    /// Lets every `Wait` pass.
    pub fn go_on(&self) {
        self.go_on.send_modify(|count| *count += 1);
    }

    /// Waits until a connection has ended.
    pub async fn connection_ended(&mut self) {
        self.gone.wait_for(|count| *count > 0).await.unwrap();
    }
}

async fn serve(
    mut socket: TcpStream,
    acts: Vec<Act>,
    keep: Arc<Mutex<Vec<Received>>>,
    raw: Arc<Mutex<Vec<u8>>>,
    mut gate: watch::Receiver<u64>,
) {
    while let Some(request) = read_request(&mut socket, &raw).await {
        keep.lock().unwrap().push(request);
        for act in &acts {
            match act {
                Act::Send(bytes) => {
                    if socket.write_all(bytes).await.is_err() {
                        return;
                    }
                }
                Act::Dribble(bytes) => {
                    for byte in bytes {
                        if socket.write_all(&[*byte]).await.is_err()
                            || socket.flush().await.is_err()
                        {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                Act::Wait => {
                    let passed = *gate.borrow_and_update();
                    tokio::select! {
                        _ = gate.wait_for(|count| *count > passed) => {}
                        () = closed(&mut socket) => return,
                    }
                }
                Act::Stall => {
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_secs(3600)) => {}
                        () = closed(&mut socket) => return,
                    }
                }
                Act::Cut => return,
            }
        }
    }
}

async fn closed(socket: &mut TcpStream) {
    let mut byte = [0; 1];
    while matches!(socket.read(&mut byte).await, Ok(count) if count > 0) {}
}

async fn read_request(socket: &mut TcpStream, raw: &Mutex<Vec<u8>>) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")
                        .map(|n| n.trim().parse::<usize>())
                })
                .map_or(0, |length| length.unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(Received {
                    head,
                    body: bytes[end + 4..end + 4 + length].to_vec(),
                });
            }
        }
        let count = socket.read(&mut chunk).await.ok()?;
        if count == 0 {
            return None;
        }
        raw.lock().unwrap().extend_from_slice(&chunk[..count]);
        bytes.extend_from_slice(&chunk[..count]);
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}

/// An answer with a JSON body.
pub fn json_answer(status: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The head of a stream and its events, to the end of the connection.
pub fn sse_answer(events: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}"
    )
    .into_bytes()
}
