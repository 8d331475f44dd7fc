//! Reads JSON lines `{"id","text"}` and writes `{"id","spans":[{"start","end","class","kind"}]}` for the scorer.
//! Offsets are Unicode code points, end exclusive.

use std::io::{BufRead, Write};

use covenant_detect::Detector;
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let detector = Detector::new();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let record: Value = serde_json::from_str(&line)?;
        let text = record
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let spans: Vec<Value> = detector
            .detect(text)
            .iter()
            .map(|finding| span(text, finding))
            .collect();
        let id = record.get("id").cloned().unwrap_or(Value::Null);
        writeln!(out, "{}", json!({ "id": id, "spans": spans }))?;
    }
    out.flush()
}

fn span(text: &str, finding: &covenant_detect::Finding) -> Value {
    let chars = |bytes: usize| text.get(..bytes).map_or(0, |before| before.chars().count());
    json!({
        "start": chars(finding.start),
        "end": chars(finding.end),
        "class": finding.class.as_str(),
        "kind": finding.kind.as_str(),
        "confidence": finding.confidence,
        "reason": finding.reason.to_string(),
    })
}
