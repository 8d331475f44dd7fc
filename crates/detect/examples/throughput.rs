//! Measures detection on one core: `throughput FILE [ROUNDS] [whole]` prints megabytes a second of processor time (of
//! wall time where the system does not tell), whole and in a stream of pieces of 4 and 64 characters.

use std::time::Instant;

use covenant_detect::Detector;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        return Err(std::io::Error::other("usage: throughput FILE [ROUNDS]"));
    };
    let rounds: usize = arguments
        .next()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(5);
    let text = std::fs::read_to_string(path)?;
    let built = Instant::now();
    let detector = Detector::new();
    println!("built in {:.1} ms", built.elapsed().as_secs_f64() * 1e3);
    measure("whole", &text, rounds, || detector.detect(&text).len());
    if arguments.next().is_some() {
        return Ok(());
    }
    for size in [4, 64] {
        measure(&format!("pieces of {size}"), &text, rounds, || {
            let mut stream = detector.stream();
            let mut found = 0;
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let end = rest
                    .char_indices()
                    .nth(size)
                    .map_or(rest.len(), |(end, _)| end);
                let (piece, after) = rest.split_at(end);
                found += stream.push(piece).len();
                rest = after;
            }
            found + stream.finish().len()
        });
    }
    Ok(())
}

fn measure(name: &str, text: &str, rounds: usize, work: impl Fn() -> usize) {
    let found = work();
    let (started, spent) = (Instant::now(), processor_seconds());
    for _ in 0..rounds {
        std::hint::black_box(work());
    }
    let seconds = match (spent, processor_seconds()) {
        (Some(before), Some(after)) => after - before,
        _ => started.elapsed().as_secs_f64(),
    } / rounds as f64;
    let megabytes = text.len() as f64 / 1e6;
    println!(
        "{name:14} {megabytes:.2} MB  {found} findings  {:.2} MB/s",
        megabytes / seconds
    );
}

/// Returns the seconds this process has run on a processor.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_ascii_whitespace()
        .next()?
        .parse::<f64>()
        .ok()
        .map(|nanoseconds| nanoseconds / 1e9)
}
