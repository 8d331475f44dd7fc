//! The control socket: how a command on the same machine reaches the process that writes.
//!
//! It is a Unix socket in the data directory (mode 0600) that speaks the admin API. Who may connect is decided by
//! the file system, and what they may do by their operator key, as over HTTP; what only the owner of the machine may
//! ask (other keys, a lost operator's key) is taken here alone.

use crate::admin::{Done, Error, Order, Proven, RECOVERIES, Recovery};
use bytes::Bytes;
use covenant_seal::SecretString;
use covenant_store::{Clock as _, Store, SystemClock};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::fs::{File, Permissions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// The name of the socket in the data directory.
pub const SOCKET: &str = "control.sock";

/// The longest path a socket address holds, with its closing zero (`sun_path` on Linux).
const ADDRESS_BYTES: usize = 108;

/// The largest answer a command reads: a payload is bounded by the gateway's own limits, far below.
const ANSWER_BYTES: usize = 1 << 30;

/// Binds the control socket. Only the process that holds the writer's lock calls this, so a socket that is already
/// there was left by a process that is gone.
///
/// # Errors
/// When the data directory cannot be written.
pub fn bind(directory: &Path) -> std::io::Result<UnixListener> {
    let path = directory.join(SOCKET);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let address = Address::of(directory)?;
    let listener = UnixListener::bind(&address.path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes the control socket away, while the writer's lock is still held.
pub(crate) fn unbind(directory: &Path) {
    let _ = std::fs::remove_file(directory.join(SOCKET));
}

/// A connection to the process that writes.
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects to the server of a data directory; `None` when none runs, or when directory or server are not the
    /// caller's own: an operator's key goes to nobody else on the machine.
    pub async fn connect(directory: &Path) -> Option<Client> {
        let owner = private_to(directory)?;
        let address = Address::of(directory).ok()?;
        let stream = UnixStream::connect(&address.path).await.ok()?;
        (stream.peer_cred().ok()?.uid() == owner).then_some(Client { stream })
    }

    /// Sends an order and waits until it is done.
    ///
    /// # Errors
    /// The server's refusal, or [`Error::Unavailable`] when it went away.
    pub async fn order(self, operator_key: &SecretString, order: &Order) -> Result<Done, Error> {
        self.post("/admin/v1/changes", operator_key, order).await
    }

    /// Asks for a new key for an operator, with the store open here as proof that the key-encryption key is at hand.
    ///
    /// # Errors
    /// As [`Client::order`].
    pub async fn recover(self, recovery: Recovery, store: &Store) -> Result<Done, Error> {
        let proven = Proven::new(recovery, store, SystemClock.now_ms())?;
        let no_key = SecretString::new(String::new());
        self.post(RECOVERIES, &no_key, &proven).await
    }

    async fn post(
        self,
        path: &str,
        operator_key: &SecretString,
        asked: &impl Serialize,
    ) -> Result<Done, Error> {
        let gone = |_| {
            Error::Unavailable("the running server did not answer on its control socket".to_owned())
        };
        let body = serde_json::to_vec(asked)
            .map_err(|_| Error::Invalid("the order cannot be written".to_owned()))?;
        let request = http::Request::post(path)
            .header(http::header::HOST, "localhost")
            .header(
                http::header::AUTHORIZATION,
                format!("Bearer {}", operator_key.expose()),
            )
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| {
                Error::Invalid("the operator key cannot be sent in a header".to_owned())
            })?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(self.stream))
                .await
                .map_err(gone)?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(gone)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES)
            .collect()
            .await;
        let body = body
            .map_err(|_| Error::Unavailable("the running server's answer was cut".to_owned()))?
            .to_bytes();
        match status.is_success() {
            true => serde_json::from_slice(&body).map_err(|_| {
                Error::Unavailable("the running server's answer was not understood".to_owned())
            }),
            false => Err(Error::from_wire(&body)),
        }
    }
}

/// The owner of a directory, where that is the caller and nobody else may enter.
fn private_to(directory: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(directory).ok()?;
    let caller = std::fs::metadata("/proc/self").ok()?.uid();
    (found.uid() == caller && found.mode() & 0o077 == 0).then_some(found.uid())
}

/// The socket's address. A path too long for one is reached through the descriptor of its directory.
struct Address {
    path: PathBuf,
    _directory: Option<File>,
}

impl Address {
    fn of(directory: &Path) -> std::io::Result<Address> {
        let path = directory.join(SOCKET);
        if path.as_os_str().len() < ADDRESS_BYTES {
            return Ok(Address {
                path,
                _directory: None,
            });
        }
        let opened = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", opened.as_raw_fd()));
        Ok(Address {
            path,
            _directory: Some(opened),
        })
    }
}
