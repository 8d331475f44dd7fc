//! Measures the gateway beside the direct call: the same client, the same mock model, the same two cores.
//!
//! `scripts/bench` starts a real `covenant serve`, points a model at the mock that runs inside this program, and
//! prints what comes out. Nothing here knows the gateway's insides: it speaks HTTP/1.1 over loopback sockets, and
//! reads the gateway's memory from `/proc` and its shares of time from `/metrics`.

mod disk;
mod figures;
mod http;
mod load;
mod mock;
mod notes;

use anyhow::Result;
use clap::Parser;
use figures::{Figures, Quantiles};
use load::Target;
use serde_json::json;

/// What to measure, and where.
#[derive(Parser)]
struct Arguments {
    /// Address of the gateway, such as 127.0.0.1:8787.
    #[arg(long)]
    gateway: String,
    /// File with the app key to present.
    #[arg(long)]
    key_file: std::path::PathBuf,
    /// Port on which the mock model listens.
    #[arg(long)]
    mock_port: u16,
    /// Data directory of the gateway: its disk's fdatasync is measured beside it.
    #[arg(long)]
    data: std::path::PathBuf,
    /// Process id of the gateway, for its resident memory.
    #[arg(long)]
    pid: u32,
    /// Requests a measurement (one at a time), and for each connection under load a share of ten times as many.
    #[arg(long, default_value_t = 400)]
    requests: usize,
    /// Measure only what one request at a time costs.
    #[arg(long)]
    latency_only: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let key = std::fs::read_to_string(&arguments.key_file)?
        .trim()
        .to_owned();
    tokio::spawn(mock::serve(arguments.mock_port));
    let direct = Target::new(
        format!("127.0.0.1:{}", arguments.mock_port),
        key.clone(),
        "mock",
    );
    let gateway = Target::new(arguments.gateway.clone(), key, "bench");
    let mut figures = Figures::default();

    let sync = disk::fdatasync(&arguments.data, 300)?;
    figures.line("fdatasync of the data directory's disk", &sync);
    one_at_a_time(&mut figures, &direct, &gateway, &sync, arguments.requests).await?;
    first_event(&mut figures, &direct, &gateway, &sync, arguments.requests).await?;
    if !arguments.latency_only {
        under_load(&mut figures, &gateway, &direct, &arguments).await?;
        curves(&mut figures, &gateway, arguments.requests).await?;
    }
    println!("{}", figures.into_json());
    Ok(())
}

async fn one_at_a_time(
    figures: &mut Figures,
    direct: &Target,
    gateway: &Target,
    sync: &Quantiles,
    n: usize,
) -> Result<()> {
    load::sequential(gateway, 50, 1024, false).await?;
    let plain = load::sequential(direct, n, 1024, false).await?;
    let before = load::metrics(gateway).await?;
    let through = load::sequential(gateway, n, 1024, false).await?;
    let after = load::metrics(gateway).await?;
    figures.set("metrics", json!({ "before": before, "after": after }));
    figures.line("direct call, 1 KB note, one at a time", &plain);
    figures.line("through the gateway, 1 KB note, one at a time", &through);
    let (p50, p99) = (through.p50_ms - plain.p50_ms, through.p99_ms - plain.p99_ms);
    figures.bar("added latency p50 (ms)", p50, 0.8 + 2.0 * sync.p50_ms, true);
    figures.bar("added latency p99 (ms)", p99, 4.0 + 2.0 * sync.p99_ms, true);
    Ok(())
}

async fn first_event(
    figures: &mut Figures,
    direct: &Target,
    gateway: &Target,
    sync: &Quantiles,
    n: usize,
) -> Result<()> {
    let plain = load::sequential(direct, n, 1024, true).await?;
    let through = load::sequential(gateway, n, 1024, true).await?;
    figures.line("direct stream, first event", &plain);
    figures.line("stream through the gateway, first event", &through);
    figures.bar(
        "added to a stream's first event p99 (ms)",
        through.p99_ms - plain.p99_ms,
        2.0 + 2.0 * sync.p99_ms,
        true,
    );
    Ok(())
}

async fn under_load(
    figures: &mut Figures,
    gateway: &Target,
    direct: &Target,
    arguments: &Arguments,
) -> Result<()> {
    let plain = load::concurrent(direct, 64, arguments.requests * 10, 1024).await?;
    let through = load::concurrent(gateway, 64, arguments.requests * 10, 1024).await?;
    figures.set(
        "direct requests a second, 64 connections",
        json!(plain.per_second.round()),
    );
    figures.bar(
        "requests a second, 64 connections",
        through.per_second,
        800.0,
        false,
    );
    figures.bar("errors under that load", through.errors as f64, 0.0, true);
    figures.line("latency at 64 connections", &through.latency);
    figures.bar(
        "resident memory under that load (MB)",
        disk::resident_mb(arguments.pid)?,
        150.0,
        true,
    );
    Ok(())
}

async fn curves(figures: &mut Figures, gateway: &Target, n: usize) -> Result<()> {
    for kilobytes in [1, 20, 200] {
        let measured = load::sequential(
            gateway,
            (n / kilobytes).clamp(20, n),
            kilobytes * 1024,
            false,
        )
        .await?;
        figures.line(&format!("body of {kilobytes} KB, one at a time"), &measured);
    }
    for connections in [1, 16, 64, 256] {
        let measured =
            load::concurrent(gateway, connections, (n * 4).max(connections * 4), 1024).await?;
        figures.set(
            &format!("requests a second, {connections} connections"),
            json!(measured.per_second.round()),
        );
        figures.set(
            &format!("errors, {connections} connections"),
            json!(measured.errors),
        );
    }
    Ok(())
}
