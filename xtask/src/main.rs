//! Builds what is derived.
fn main() {}
