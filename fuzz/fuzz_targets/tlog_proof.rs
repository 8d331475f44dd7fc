//! The tlog-proof parser: what is read is written back as it was, and proves nothing without the log's key.

#![no_main]

use covenant_ledger::proof;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(proof) = proof::parse(text) {
        assert_eq!(proof.to_string(), text);
        assert!(proof.verify(text.as_bytes(), &[]).is_err());
    }
});
