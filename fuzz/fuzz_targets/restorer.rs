//! The restorer over arbitrary chunks: how the text was cut changes nothing, and text without tokens stays.

#![no_main]

use std::sync::{Arc, LazyLock};

use covenant_deid::{Restorer, TokenMap, Tokens};
use covenant_detect::Class;
use covenant_seal::{DataKey, HashKey};
use libfuzzer_sys::fuzz_target;

/// Some tokens, and their texts, so that the fuzzer can put them in by number.
static ISSUED: LazyLock<(Arc<TokenMap>, Vec<String>)> = LazyLock::new(|| {
    let key = HashKey::from(DataKey::from_bytes(&[7; 32]).expect("a key"));
    let mut tokens = Tokens::new(Arc::new(key), "fuzz");
    let values = [(Class::Name, "Ellen \"Nell\" Marsh"), (Class::Name, "Ira Vane"), (Class::Mrn, "00417")];
    let texts = values.map(|(class, value)| tokens.token_for(class, value)).into();
    (Arc::new(tokens.map()), texts)
});

fuzz_target!(|chunks: Vec<(&str, u8)>| {
    let (map, tokens) = &*ISSUED;
    let pieces: Vec<String> = chunks
        .iter()
        .map(|(text, number)| format!("{text}{}", tokens.get(usize::from(*number)).map_or("", String::as_str)))
        .collect();
    for make in [Restorer::new, Restorer::json_string] {
        let once = restored(make(Arc::clone(map)), &[pieces.concat()]);
        assert_eq!(restored(make(Arc::clone(map)), &pieces), once);
        let characters: Vec<String> = pieces.concat().chars().map(String::from).collect();
        assert_eq!(restored(make(Arc::clone(map)), &characters), once);
    }
});

fn restored(mut restorer: Restorer, chunks: &[String]) -> String {
    let mut text: String = chunks.iter().map(|chunk| restorer.push(chunk)).collect();
    text.push_str(&restorer.finish());
    text
}
