//! The detector over arbitrary text: findings are in order, apart, on character boundaries, and the same streamed.

#![no_main]

use covenant_detect::{Detector, Finding};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u8)| {
    let (text, cut) = input;
    let whole = Detector::standard().detect(text);
    let mut end = 0;
    for finding in &whole {
        assert!(finding.start >= end && finding.end > finding.start);
        assert!(text.get(finding.start..finding.end).is_some());
        end = finding.end;
    }
    assert!(streamed(text, usize::from(cut) + 1) == whole);
});

/// The findings of the text in chunks of so many characters.
fn streamed(text: &str, chunk: usize) -> Vec<Finding> {
    let mut stream = Detector::standard().stream();
    let characters: Vec<char> = text.chars().collect();
    let mut findings = Vec::new();
    for chunk in characters.chunks(chunk) {
        findings.extend(stream.push(&chunk.iter().collect::<String>()));
    }
    findings.extend(stream.finish());
    findings
}
