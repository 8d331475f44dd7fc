//! The JSON parser: what is read is written as JSON that reads to the same value.

#![no_main]

use covenant_formats::json::{Limits, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes, Limits::default()) else { return };
    let mut written = Vec::new();
    value.write(&mut written);
    let again = parse(&written, Limits::default()).expect("what we write is JSON");
    assert!(again == value);
});
