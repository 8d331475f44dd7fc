//! The client: one request at a time, or many connections at once.

use crate::figures::Quantiles;
use crate::http::{Connection, status};
use crate::notes;
use anyhow::{Result, bail};
use serde_json::json;
use std::time::Instant;

/// Who is asked, with which key, for which model.
#[derive(Clone)]
pub(crate) struct Target {
    address: String,
    key: String,
    model: &'static str,
}

/// What many connections gave.
pub(crate) struct Throughput {
    pub(crate) per_second: f64,
    pub(crate) errors: usize,
    pub(crate) latency: Quantiles,
}

impl Target {
    pub(crate) fn new(address: String, key: String, model: &'static str) -> Target {
        Target {
            address,
            key,
            model,
        }
    }

    fn request(&self, seed: usize, bytes: usize, stream: bool) -> Vec<u8> {
        let message = json!({ "role": "user", "content": notes::note(seed, bytes) });
        let body =
            json!({ "model": self.model, "messages": [message], "stream": stream }).to_string();
        let Target { address, key, .. } = self;
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    }
}

/// Sends `count` requests one after another over one connection; a stream's time ends at its first event.
pub(crate) async fn sequential(
    target: &Target,
    count: usize,
    bytes: usize,
    stream: bool,
) -> Result<Quantiles> {
    let mut connection = Connection::open(&target.address).await?;
    let mut times = Vec::with_capacity(count);
    for seed in 0..count {
        let request = target.request(seed, bytes, stream);
        let start = Instant::now();
        connection.write(&request).await?;
        let Some(head) = connection.head().await? else {
            bail!("{} closed the connection", target.address)
        };
        if stream {
            connection.first_byte().await?;
            times.push(start.elapsed().as_nanos() as u64);
        }
        let body = connection.body(&head).await?;
        if status(&head) != 200 {
            bail!(
                "{} answered {}: {}",
                target.address,
                status(&head),
                String::from_utf8_lossy(&body)
            );
        }
        if !stream {
            times.push(start.elapsed().as_nanos() as u64);
        }
    }
    Ok(Quantiles::of(times))
}

/// Sends `count` requests over `connections` connections at once.
pub(crate) async fn concurrent(
    target: &Target,
    connections: usize,
    count: usize,
    bytes: usize,
) -> Result<Throughput> {
    let each = count.div_ceil(connections);
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|n| tokio::spawn(worker(target.clone(), n * each, each, bytes)))
        .collect();
    let (mut times, mut errors) = (Vec::new(), 0);
    for task in tasks {
        let (worked, failed) = task.await?;
        times.extend(worked);
        errors += failed;
    }
    let per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    Ok(Throughput {
        per_second,
        errors,
        latency: Quantiles::of(times),
    })
}

async fn worker(target: Target, first: usize, count: usize, bytes: usize) -> (Vec<u64>, usize) {
    let mut times = Vec::with_capacity(count);
    let Ok(mut connection) = Connection::open(&target.address).await else {
        return (times, count);
    };
    for seed in first..first + count {
        let start = Instant::now();
        match once(&mut connection, &target.request(seed, bytes, false)).await {
            Ok(200) => times.push(start.elapsed().as_nanos() as u64),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let failed = count - times.len();
    (times, failed)
}

async fn once(connection: &mut Connection, request: &[u8]) -> Result<u16> {
    connection.write(request).await?;
    let Some(head) = connection.head().await? else {
        bail!("closed")
    };
    connection.body(&head).await?;
    Ok(status(&head))
}

/// The gateway's own figures, as it exposes them.
pub(crate) async fn metrics(target: &Target) -> Result<String> {
    let address = target.address.as_str();
    let mut connection = Connection::open(address).await?;
    connection
        .write(format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
        .await?;
    let Some(head) = connection.head().await? else {
        bail!("closed")
    };
    Ok(String::from_utf8_lossy(&connection.body(&head).await?).into_owned())
}
