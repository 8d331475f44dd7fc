//! The mock model: reads a whole request, answers 300 bytes of text at once, or streams them in small events.

use crate::http::Connection;
use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &str = "The presentation fits stable angina. A stress echocardiogram is a sound next step; continue the beta \
blocker, make sure that aspirin and a statin are taken, and review risk factors such as smoking, blood pressure and \
diabetes. If the pain comes at rest or lasts longer than ten minutes, send to emergency care.";

/// Answers on loopback until the program ends.
pub(crate) async fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .context("mock port")?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream));
    }
}

async fn connection(stream: TcpStream) -> Result<()> {
    let mut connection = Connection::new(stream);
    while let Some(head) = connection.head().await? {
        let body = connection.body(&head).await?;
        let streamed = body.windows(13).any(|window| window == b"\"stream\":true");
        connection
            .write(
                if streamed {
                    stream_answer()
                } else {
                    whole_answer()
                }
                .as_bytes(),
            )
            .await?;
    }
    Ok(())
}

fn whole_answer() -> String {
    let message = json!({ "role": "assistant", "content": ANSWER });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 250, "completion_tokens": 60, "total_tokens": 310 });
    let body = json!({ "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "mock", "choices": [choice], "usage": usage });
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn stream_answer() -> String {
    let mut wire = String::from(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let mut event = |data: String| {
        let data = format!("data: {data}\n\n");
        wire.push_str(&format!("{:x}\r\n{data}\r\n", data.len()));
    };
    let chunk = |delta, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "mock", "choices": [choice] }).to_string()
    };
    event(chunk(json!({ "role": "assistant", "content": "" }), None));
    for word in ANSWER.split_inclusive(' ') {
        event(chunk(json!({ "content": word }), None));
    }
    event(chunk(json!({}), Some("stop")));
    event("[DONE]".to_owned());
    wire.push_str("0\r\n\r\n");
    wire
}
