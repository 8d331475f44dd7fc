//! What the disk and the kernel say: fdatasync of the same file system, and a process's resident memory.

use crate::figures::Quantiles;
use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Times `count` appends of 4 KB each followed by fdatasync, in a file beside the gateway's own.
pub(crate) fn fdatasync(directory: &Path, count: usize) -> Result<Quantiles> {
    let path = directory.join("bench-fdatasync");
    let mut file = std::fs::File::create(&path)?;
    let page = [0x5a_u8; 4096];
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(start.elapsed().as_nanos() as u64);
    }
    std::fs::remove_file(&path)?;
    Ok(Quantiles::of(times))
}

/// The most memory the process has had resident, in megabytes (`VmHWM`).
pub(crate) fn resident_mb(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .context("no VmHWM in the process status")?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("no figure in VmHWM")?
        .parse()?;
    Ok(kilobytes / 1024.0)
}
