//! Just enough HTTP/1.1 to ask and to answer over a kept connection, so that the client costs little of the two cores.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept connection with what was read beyond the last message.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Connection {
        Connection {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    pub(crate) async fn open(address: &str) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection::new(stream))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads a head up to and with its blank line; `None` where the peer closed before one began.
    pub(crate) async fn head(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return Ok(Some(String::from_utf8_lossy(&head).to_ascii_lowercase()));
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Reads a whole body, by its length or by chunks.
    pub(crate) async fn body(&mut self, head: &str) -> Result<Vec<u8>> {
        if head.contains("transfer-encoding: chunked") {
            return self.chunks().await;
        }
        let length = header(head, "content-length")
            .and_then(|v| v.parse().ok())
            .unwrap_or(0);
        self.exactly(length).await
    }

    /// Waits for the first byte of a body.
    pub(crate) async fn first_byte(&mut self) -> Result<()> {
        while self.buffer.is_empty() {
            if !self.more().await? {
                bail!("the connection closed before the first event");
            }
        }
        Ok(())
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let size = usize::from_str_radix(line.trim(), 16).context("chunk size")?;
            body.extend(self.exactly(size).await?);
            self.line().await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if !self.more().await? {
                bail!("the connection closed inside a line");
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.more().await? {
                bail!("the connection closed inside a body");
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn more(&mut self) -> Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }
}

/// The value of a header in a lower-cased head.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

/// The status of a response head; 0 where there is none.
pub(crate) fn status(head: &str) -> u16 {
    head.split_whitespace()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
