//! A proxy on a loopback socket that knows CONNECT and nothing else: keeps the heads it receives, and opens a tunnel
//! to a vendor of the test whatever host is asked for, or answers what the test says.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does with a request.
#[derive(Clone)]
pub enum Way {
    /// Opens a tunnel to this socket.
    To(String),
    /// Writes these bytes and closes.
    Says(&'static str),
    /// Never answers.
    Stalls,
}

/// The proxy.
pub struct ConnectProxy {
    pub address: String,
    /// Every byte read in the clear before a tunnel, a text a connection.
    heads: Arc<Mutex<Vec<String>>>,
    tunnels: Arc<Mutex<usize>>,
}

impl ConnectProxy {
    pub async fn start(way: Way) -> ConnectProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (heads, tunnels) = (Arc::default(), Arc::default());
        let proxy = ConnectProxy {
            address,
            heads: Arc::clone(&heads),
            tunnels: Arc::clone(&tunnels),
        };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (way, heads, tunnels) = (way.clone(), Arc::clone(&heads), Arc::clone(&tunnels));
                tokio::spawn(serve(socket, way, heads, tunnels));
            }
        });
        proxy
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// How many tunnels it opened.
    pub fn tunnels(&self) -> usize {
        *self.tunnels.lock().unwrap()
    }
}

async fn serve(
    mut socket: TcpStream,
    way: Way,
    heads: Arc<Mutex<Vec<String>>>,
    tunnels: Arc<Mutex<usize>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    match way {
        Way::To(vendor) => {
            let mut vendor = TcpStream::connect(vendor).await.unwrap();
            let opened = b"HTTP/1.1 200 Connection established\r\n\r\n";
            socket.write_all(opened).await.unwrap();
            *tunnels.lock().unwrap() += 1;
            let _ = copy_bidirectional(&mut socket, &mut vendor).await;
        }
        Way::Says(answer) => {
            let _ = socket.write_all(answer.as_bytes()).await;
        }
        Way::Stalls => std::future::pending().await,
    }
}
