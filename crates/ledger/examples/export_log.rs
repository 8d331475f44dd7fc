//! Writes an invented log in the layout of C2SP tlog-tiles, to try a verifier on.
//!
//! `cargo run -p covenant-ledger --example export_log -- DIRECTORY SIZE OLD_SIZE` writes the log of SIZE entries into
//! DIRECTORY, the checkpoint it had at OLD_SIZE to DIRECTORY.old-checkpoint, and prints the public keys.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "an example ends at its first error"
)]

#[path = "../tests/main/support/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod support;

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [directory, size, old] = arguments.as_slice() else {
        eprintln!("usage: export_log DIRECTORY SIZE OLD_SIZE");
        std::process::exit(2);
    };
    let log = support::Log::of(size.parse().expect("SIZE is a number"));
    for (path, bytes) in log.export() {
        let path = Path::new(directory).join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)?;
    }
    let old = log.note(old.parse().expect("OLD_SIZE is a number"));
    fs::write(format!("{directory}.old-checkpoint"), old)?;
    println!("{}", support::signer().verifier_key());
    println!("{}", support::witness(1).verifier_key());
    Ok(())
}
