//! Counters and durations of the write path, without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A look at what the write path has done since the store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Events that became durable.
    pub events: u64,
    /// Commits that became durable.
    pub commits: u64,
    /// Commits that failed.
    pub failed_commits: u64,
    /// The most records one commit took.
    pub largest_batch: u64,
    /// Sealing, on the caller's task, a record.
    pub seal: Durations,
    /// From handing a record to the writer until it was durable.
    pub queue_and_commit: Durations,
    /// Working out a transaction: numbering, hashing, signing the checkpoint.
    pub plan: Durations,
    /// One transaction, its working out and its fsync included.
    pub commit: Durations,
}

/// How long something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Durations {
    /// How many times.
    pub count: u64,
    /// Microseconds altogether.
    pub total_us: u64,
    /// Half of them took at most so many microseconds; read from buckets, up to a fifth too high.
    pub p50_us: u64,
    /// 99 in 100 of them took at most so many microseconds.
    pub p99_us: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) events: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) failed_commits: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
    pub(crate) seal: Histogram,
    pub(crate) queue_and_commit: Histogram,
    pub(crate) plan: Histogram,
    pub(crate) commit: Histogram,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            events: read(&self.events),
            commits: read(&self.commits),
            failed_commits: read(&self.failed_commits),
            largest_batch: read(&self.largest_batch),
            seal: self.seal.read(),
            queue_and_commit: self.queue_and_commit.read(),
            plan: self.plan.read(),
            commit: self.commit.read(),
        }
    }
}

/// Four buckets to a doubling, from 1 microsecond to over an hour.
const BUCKETS: usize = 128;

#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    total_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            total_us: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    pub(crate) fn add(&self, duration: Duration) {
        let us = microseconds(duration);
        self.total_us.fetch_add(us, Ordering::Relaxed);
        if let Some(bucket) = self.buckets.get(bucket_of(us)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Durations {
        let counts: Vec<u64> = self
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
            .collect();
        let count: u64 = counts.iter().sum();
        let quantile = |share: u64| {
            let wanted = (count * share).div_ceil(100);
            let mut seen = 0;
            let bucket = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            if count == 0 {
                0
            } else {
                upper_bound(bucket.unwrap_or(BUCKETS - 1))
            }
        };
        let total_us = self.total_us.load(Ordering::Relaxed);
        Durations {
            count,
            total_us,
            p50_us: quantile(50),
            p99_us: quantile(99),
        }
    }
}

/// Returns a duration in whole microseconds.
pub(crate) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn bucket_of(us: u64) -> usize {
    let doubling = us.max(1).ilog2();
    let quarter = if doubling < 2 {
        0
    } else {
        (us >> (doubling - 2)) & 3
    };
    let bucket = u64::from(doubling) * 4 + quarter;
    usize::try_from(bucket).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper_bound(bucket: usize) -> u64 {
    let (doubling, quarter) = ((bucket / 4).min(60), (bucket % 4) as u64);
    let base = 1_u64 << doubling;
    base + (base * (quarter + 1)) / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_at_most_a_quarter_too_high() {
        let histogram = Histogram::default();
        for us in 1..=1000 {
            histogram.add(Duration::from_micros(us));
        }
        let read = histogram.read();
        assert_eq!((read.count, read.total_us), (1000, 500_500));
        assert!((500..=625).contains(&read.p50_us), "{}", read.p50_us);
        assert!((990..=1240).contains(&read.p99_us), "{}", read.p99_us);
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Histogram::default().read(), Durations::default());
    }
}
