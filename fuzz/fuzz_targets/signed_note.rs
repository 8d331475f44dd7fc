//! The signed note parser: what is read is written back as it was, and no key but the signer's opens it.

#![no_main]

use std::sync::LazyLock;

use covenant_ledger::checkpoint::{self, KeyKind, VerifierKey};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Vec<VerifierKey>> = LazyLock::new(|| {
    let kinds = [KeyKind::Log, KeyKind::Witness];
    kinds.map(|kind| VerifierKey::new("fuzz.example/log", kind, [7; 32]).expect("a name")).into()
});

fuzz_target!(|text: &str| {
    assert!(checkpoint::open(text, &KEYS).is_err());
    assert!(checkpoint::add_cosignature(text, text, &KEYS).is_err());
    if let Ok((head, lines)) = checkpoint::parse_note(text) {
        assert!(text.starts_with(&head.text()));
        let written: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert!(text.ends_with(&written));
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text.trim());
    }
});
