//! The header of a leaf: it is read or refused, and a leaf nobody sealed does not open.

#![no_main]

use std::sync::LazyLock;

use covenant_ledger::{entry, tiles};
use covenant_seal::DataKey;
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<DataKey> = LazyLock::new(|| DataKey::from_bytes(&[9; 32]).expect("a key"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = entry::header(bytes) {
        assert!(bytes.windows(header.event_id.len()).any(|part| part == header.event_id.as_bytes()));
    }
    assert!(entry::open_event(bytes, &KEY, "clinic").is_err());
    if let Ok(entries) = tiles::decode_bundle(bytes) {
        assert_eq!(tiles::encode_bundle(entries).expect("short entries"), bytes);
    }
});
