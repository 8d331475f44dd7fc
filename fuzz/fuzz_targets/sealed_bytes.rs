//! The opener of sealed bytes and of wrapped keys: what nobody sealed does not open, whatever it looks like.

#![no_main]

use std::sync::LazyLock;

use covenant_seal::{Context, DataKey, KeyService, LocalKey, SystemRandom, WrappedKey, open};
use libfuzzer_sys::fuzz_target;

const CONTEXT: Context<'static> = Context { tenant: "clinic", record: "01J9", kind: "prompt" };

static KEY: LazyLock<DataKey> = LazyLock::new(|| DataKey::from_bytes(&[7; 32]).expect("a key"));
static KEK: LazyLock<LocalKey> = LazyLock::new(|| LocalKey::generate(&SystemRandom).expect("a key"));

fuzz_target!(|bytes: &[u8]| {
    assert!(open(&KEY, &CONTEXT, bytes).is_err());
    // Past the check of the commitment, too.
    let mut committed = vec![1];
    committed.extend_from_slice(&KEY.commitment());
    committed.extend_from_slice(bytes);
    assert!(open(&KEY, &CONTEXT, &committed).is_err());

    assert!(KEK.unwrap(&WrappedKey::from_bytes(bytes.to_vec()), &CONTEXT).is_err());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = LocalKey::parse(text);
    }
});
