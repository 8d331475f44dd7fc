//! The demonstration's vendors: a mirror behind a loopback socket that keeps what reached it.
//!
//! The built-in mirror answers inside the gateway, where nobody can look. For the demonstration it stands behind a
//! socket instead, so that what is shown as "what the model saw" is what arrived there, byte for byte.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use covenant_formats::json::{self, Json, Limits};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A mirror that listens on loopback and keeps what arrived.
pub(super) struct Wire {
    pub(super) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Bytes>>>,
    task: JoinHandle<()>,
}

impl Wire {
    pub(super) async fn open() -> std::io::Result<Wire> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new()
            .fallback(mirror)
            .with_state(Arc::clone(&arrived));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Wire {
            address,
            arrived,
            task,
        })
    }

    /// What arrived since the last time, and forgets it.
    pub(super) fn take(&self) -> Vec<Bytes> {
        std::mem::take(&mut *self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn mirror(State(arrived): State<Arc<Mutex<Vec<Bytes>>>>, body: Bytes) -> Response {
    let answer = answer(&said(&body).unwrap_or_default());
    arrived
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(body);
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

/// The last message of a chat request, or of an answer.
pub(super) fn said(body: &[u8]) -> Option<String> {
    let parsed = json::parse(body, Limits::default()).ok()?;
    let message = match parsed.get("messages") {
        Some(messages) => messages.as_array()?.last()?,
        None => parsed.get("choices")?.as_array()?.first()?.get("message")?,
    };
    message.get("content")?.as_str().map(str::to_owned)
}

/// A chat completion that says what was said.
fn answer(said: &str) -> String {
    let message = json::object([
        ("role", Json::from("assistant")),
        ("content", Json::from(said)),
    ]);
    let choice = json::object([
        ("index", Json::from(0)),
        ("message", message),
        ("finish_reason", Json::from("stop")),
    ]);
    let usage = json::object([
        ("prompt_tokens", Json::from(0)),
        ("completion_tokens", Json::from(0)),
        ("total_tokens", Json::from(0)),
    ]);
    let answer = json::object([
        ("id", Json::from("chatcmpl-mirror")),
        ("object", Json::from("chat.completion")),
        ("created", Json::from(0)),
        ("model", Json::from("mirror")),
        ("choices", Json::from(vec![choice])),
        ("usage", usage),
    ]);
    answer.to_string()
}
