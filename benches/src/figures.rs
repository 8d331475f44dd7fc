//! Quantiles, bars and the JSON they are printed as.

use serde_json::{Map, Value, json};

/// Quantiles of a measured duration, in milliseconds.
pub(crate) struct Quantiles {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) count: usize,
}

impl Quantiles {
    /// Of durations in nanoseconds; all zero for none.
    pub(crate) fn of(mut nanoseconds: Vec<u64>) -> Quantiles {
        nanoseconds.sort_unstable();
        let at = |share: f64| {
            let index = ((nanoseconds.len() as f64 * share) as usize)
                .min(nanoseconds.len().saturating_sub(1));
            nanoseconds.get(index).copied().unwrap_or(0) as f64 / 1e6
        };
        Quantiles {
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            count: nanoseconds.len(),
        }
    }
}

/// Everything measured in this run, in the order it was measured.
#[derive(Default)]
pub(crate) struct Figures(Map<String, Value>);

impl Figures {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        eprintln!("{name}: {value}");
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn line(&mut self, name: &str, measured: &Quantiles) {
        let (p50, p99) = (round(measured.p50_ms), round(measured.p99_ms));
        self.set(
            name,
            json!({ "p50_ms": p50, "p99_ms": p99, "count": measured.count }),
        );
    }

    /// A figure with the bar it must reach: at most (`below`) or at least.
    pub(crate) fn bar(&mut self, name: &str, value: f64, bar: f64, below: bool) {
        let met = if below { value <= bar } else { value >= bar };
        self.set(name, json!({ "value": round(value), "bar": round(bar), "must be": if below { "<=" } else { ">=" }, "met": met }));
    }

    pub(crate) fn into_json(self) -> String {
        Value::Object(self.0).to_string()
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
