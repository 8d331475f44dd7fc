//! Reads and writes the formats health data travels in.
//!
//! A format is parsed into a tree that keeps what its writer meant (number text, field order), can be walked field
//! by field, and is written back so that what was not changed stays what it was. Deliberately not here: what the
//! fields mean for privacy (`deid`), and any reading of files or sockets.

pub mod json;
