//! Counters and histograms of the gateway, rendered as Prometheus text. Labels hold names from our own tables only:
//! endpoint, model alias, status, stage; never anything of a request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use covenant_detect::HELD_CHARS;

/// The stages whose time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Identify,
    Policy,
    Detect,
    Record,
    Upstream,
    Restore,
}

impl Stage {
    const ALL: [Stage; 6] = [
        Stage::Identify,
        Stage::Policy,
        Stage::Detect,
        Stage::Record,
        Stage::Upstream,
        Stage::Restore,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Stage::Identify => "identify",
            Stage::Policy => "policy",
            Stage::Detect => "detect",
            Stage::Record => "record",
            Stage::Upstream => "upstream",
            Stage::Restore => "restore",
        }
    }
}

/// All figures of one gateway.
#[derive(Default)]
pub(crate) struct Metrics {
    in_flight: AtomicI64,
    counts: Mutex<BTreeMap<(&'static str, String), u64>>,
    stages: [Histogram; 6],
    held: Characters,
    first_event: Histogram,
}

impl Metrics {
    /// Adds one to a counter; `labels` are ready-made Prometheus labels.
    pub(crate) fn count(&self, name: &'static str, labels: String) {
        self.add(name, labels, 1);
    }

    /// Adds `n` to a counter.
    pub(crate) fn add(&self, name: &'static str, labels: String, n: u64) {
        if let Ok(mut counts) = self.counts.lock() {
            *counts.entry((name, labels)).or_default() += n;
        }
    }

    /// Notes the time one stage took.
    pub(crate) fn stage(&self, stage: Stage, took: Duration) {
        if let Some(histogram) = self.stages.get(stage as usize) {
            histogram.observe(micros(took));
        }
    }

    /// Notes how many characters of a stream were held back when an event went out.
    pub(crate) fn held(&self, characters: usize) {
        self.held.observe(characters);
    }

    /// Notes the time from the caller's request to the first event of a stream.
    pub(crate) fn first_event(&self, took: Duration) {
        self.first_event.observe(micros(took));
    }

    /// Counts a request in, until the returned guard is dropped.
    pub(crate) fn enter(&self) -> i64 {
        self.in_flight.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a request out.
    pub(crate) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Renders all figures as Prometheus text.
    pub(crate) fn render(&self) -> String {
        let mut out = String::with_capacity(4096);
        let _ = writeln!(out, "# TYPE covenant_gateway_in_flight gauge");
        let _ = writeln!(
            out,
            "covenant_gateway_in_flight {}",
            self.in_flight.load(Ordering::Relaxed)
        );
        self.render_counts(&mut out);
        let _ = writeln!(out, "# TYPE covenant_gateway_stage_seconds histogram");
        for stage in Stage::ALL {
            if let Some(histogram) = self.stages.get(stage as usize) {
                let label = format!("stage=\"{}\"", stage.as_str());
                histogram.render(&mut out, "covenant_gateway_stage_seconds", &label, 1e-6);
            }
        }
        let _ = writeln!(out, "# TYPE covenant_gateway_first_event_seconds histogram");
        self.first_event
            .render(&mut out, "covenant_gateway_first_event_seconds", "", 1e-6);
        self.held.render(&mut out);
        out
    }

    fn render_counts(&self, out: &mut String) {
        let Ok(counts) = self.counts.lock() else {
            return;
        };
        let mut last = "";
        for ((name, labels), value) in counts.iter() {
            if *name != last {
                let _ = writeln!(out, "# TYPE {name} counter");
                last = name;
            }
            let _ = if labels.is_empty() {
                writeln!(out, "{name} {value}")
            } else {
                writeln!(out, "{name}{{{labels}}} {value}")
            };
        }
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// A histogram with bounds 1, 2, 4, ... of whole units; lock-free enough for one lock a value.
#[derive(Default)]
struct Histogram(Mutex<Buckets>);

#[derive(Clone)]
struct Buckets {
    counts: [u64; 33],
    sum: u64,
    total: u64,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets {
            counts: [0; 33],
            sum: 0,
            total: 0,
        }
    }
}

impl Histogram {
    fn observe(&self, value: u64) {
        let Ok(mut buckets) = self.0.lock() else {
            return;
        };
        if let Some(count) = buckets.counts.get_mut(bucket_of(value)) {
            *count += 1;
        }
        buckets.sum = buckets.sum.saturating_add(value);
        buckets.total += 1;
    }

    fn render(&self, out: &mut String, name: &str, label: &str, unit: f64) {
        let Ok(buckets) = self.0.lock().map(|buckets| buckets.clone()) else {
            return;
        };
        let comma = if label.is_empty() { "" } else { "," };
        let mut below = 0;
        for (index, count) in buckets.counts.iter().enumerate() {
            below += count;
            if *count > 0 {
                let bound = bound_of(index) as f64 * unit;
                let _ = writeln!(out, "{name}_bucket{{{label}{comma}le=\"{bound}\"}} {below}");
            }
        }
        let _ = writeln!(out, "{name}_bucket{{{label}{comma}le=\"+Inf\"}} {below}");
        let braces = if label.is_empty() {
            String::new()
        } else {
            format!("{{{label}}}")
        };
        let _ = writeln!(out, "{name}_sum{braces} {}", buckets.sum as f64 * unit);
        let _ = writeln!(out, "{name}_count{braces} {}", buckets.total);
    }
}

/// The bucket of a value: 0, 1, 2, 3..4, 5..8, ...
fn bucket_of(value: u64) -> usize {
    match value {
        0 => 0,
        1 => 1,
        _ => ((64 - (value - 1).leading_zeros()) as usize + 1).min(32),
    }
}

/// The largest value of a bucket.
fn bound_of(index: usize) -> u64 {
    match index {
        0 => 0,
        _ => 1u64 << (index - 1),
    }
}

/// How many characters were held back, each number on its own: there are few.
struct Characters(Mutex<Held>);

struct Held {
    counts: [u64; HELD_CHARS + 2],
    sum: u64,
}

impl Default for Characters {
    fn default() -> Characters {
        Characters(Mutex::new(Held {
            counts: [0; HELD_CHARS + 2],
            sum: 0,
        }))
    }
}

impl Characters {
    fn observe(&self, characters: usize) {
        let Ok(mut held) = self.0.lock() else { return };
        // What is above the promise is counted together, in the last place.
        if let Some(count) = held.counts.get_mut(characters.min(HELD_CHARS + 1)) {
            *count += 1;
        }
        held.sum += characters as u64;
    }

    fn render(&self, out: &mut String) {
        const NAME: &str = "covenant_gateway_held_characters";
        let Ok(held) = self.0.lock() else { return };
        let total: u64 = held.counts.iter().sum();
        let _ = writeln!(out, "# TYPE {NAME} histogram");
        let mut below = 0;
        for (characters, count) in held.counts.iter().enumerate().take(HELD_CHARS + 1) {
            below += count;
            if characters % 8 == 0 {
                let _ = writeln!(out, "{NAME}_bucket{{le=\"{characters}\"}} {below}");
            }
        }
        let _ = writeln!(out, "{NAME}_bucket{{le=\"+Inf\"}} {total}");
        let _ = writeln!(out, "{NAME}_sum {}\n{NAME}_count {total}", held.sum);
        for (name, percent) in [("median", 50), ("p99", 99)] {
            let _ = writeln!(out, "# TYPE {NAME}_{name} gauge");
            let _ = writeln!(
                out,
                "{NAME}_{name} {}",
                quantile(&held.counts, total, percent)
            );
        }
    }
}

/// Returns the least value that the given share of all values does not exceed.
fn quantile(counts: &[u64], total: u64, percent: u64) -> usize {
    let wanted = (total * percent).div_ceil(100);
    let mut below = 0;
    for (value, count) in counts.iter().enumerate() {
        below += count;
        if total > 0 && below >= wanted {
            return value;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_characters_are_told_exactly() {
        let metrics = Metrics::default();
        assert!(
            metrics
                .render()
                .contains("covenant_gateway_held_characters_p99 0")
        );
        (1..=100).for_each(|characters| metrics.held(characters / 2));
        let text = metrics.render();
        for line in [
            "_median 25",
            "_p99 49",
            "_count 100",
            "_bucket{le=\"48\"} 97",
        ] {
            assert!(
                text.contains(&format!("covenant_gateway_held_characters{line}\n")),
                "{line} in {text}"
            );
        }
    }

    #[test]
    fn histograms_add_up_and_labels_stand_in_braces() {
        let metrics = Metrics::default();
        for micros in [1, 3, 1000] {
            metrics.stage(Stage::Detect, Duration::from_micros(micros));
        }
        metrics.count("covenant_test_total", "code=\"x\"".into());
        let text = metrics.render();
        for line in [
            "covenant_gateway_stage_seconds_bucket{stage=\"detect\",le=\"+Inf\"} 3",
            "covenant_gateway_stage_seconds_count{stage=\"detect\"} 3",
            "covenant_test_total{code=\"x\"} 1",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} in {text}");
        }
    }
}
