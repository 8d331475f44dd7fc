//! Measures detection on texts made to be slow: one line a text, megabytes a second of one megabyte of it.

use std::time::Instant;

use covenant_detect::Detector;

const PIECES: &[&str] = &[
    "a",
    "A",
    "1",
    " ",
    "\n",
    "a ",
    "A ",
    "Aa ",
    "1 ",
    "1-",
    "1/",
    "1.",
    "a.",
    "a@",
    "@",
    "-",
    "(",
    "((1)",
    "\"",
    "%",
    "%41",
    "\\",
    "\\n",
    "&",
    "&amp;",
    "=",
    "=3D",
    "é",
    "é ",
    "日",
    "\u{200B}",
    "\u{200B}a",
    "ａ",
    "Ж",
    "Jа",
    "Dr. ",
    "Dr. A ",
    "MRN ",
    "MRN: ",
    "number ",
    "the ",
    "May ",
    "March 1 ",
    "John ",
    "Smith ",
    "Smith, ",
    "St. ",
    "1 Elm ",
    "12 Oak Street ",
    "a,b\n",
    "a|b\n",
    "PID|1|",
    "one ",
    "x:",
    ":",
    "::",
    "https://x.org/a/",
    "12345 ",
    "123-45-6789 ",
    "and ",
    "Hospital ",
    "of ",
    "\"a\": \"b\", ",
    "John Smith ",
    "The patient was seen. ",
    "A.",
    "J. ",
    "O'",
];

fn main() {
    let detector = Detector::new();
    for piece in PIECES {
        let text = piece.repeat(1_000_000 / piece.len());
        let started = Instant::now();
        let found = detector.detect(&text).len();
        let rate = text.len() as f64 / 1e6 / started.elapsed().as_secs_f64();
        println!("{rate:8.2} MB/s  {found:7} findings  {piece:?}");
    }
}
