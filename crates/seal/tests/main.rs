//! The public face of the crate: round trips, known answers, and that nothing opens which should not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

use std::sync::atomic::{AtomicU8, Ordering};

use covenant_seal::{
    Context, DataKey, Error, HashKey, KeyId, KeyService, LocalKey, MAX_SEALS_PER_KEY,
    OVERHEAD_BYTES, Random, SigningKey, SystemRandom, WrappedKey, constant_time_eq, hex,
    module_description, open, seal, sha256, unhex, verify_signature,
};
use proptest::prelude::*;

const CONTEXT: Context<'static> = Context {
    tenant: "clinic",
    record: "01J9",
    kind: "prompt",
};

/// Bytes 0, 1, 2, …: known answers need known randomness.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Error> {
        buffer
            .iter_mut()
            .for_each(|byte| *byte = self.0.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

/// A source that has none.
struct Broken;

impl Random for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), Error> {
        Err(Error::Random)
    }
}

fn key_from(first: u8) -> DataKey {
    DataKey::from_bytes(&std::array::from_fn(|at| first + at as u8)).unwrap()
}

fn kek() -> LocalKey {
    LocalKey::parse("covenant-kek-v1:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n").unwrap()
}

// The known answers below were computed by another implementation (Python: hashlib, hmac and the `cryptography`
// package) from the description of the format.

#[test]
fn sealed_bytes_are_the_documented_format() {
    let sealed = seal(
        &key_from(0),
        &CONTEXT,
        b"invented note",
        &Counting::default(),
    )
    .unwrap();
    assert_eq!(
        hex(&sealed),
        "01f62e27ce437a0197f463fe4143c1af9fb394eaf84b1fc657d4a07f2741d875c6000102030405060708090a0b\
         46d9074f1441f361dec663f7e7d97ce570b4d9fb838d11032cc348be91"
    );
    assert_eq!(sealed.len(), b"invented note".len() + OVERHEAD_BYTES);
}

#[test]
fn wrapped_keys_are_the_documented_format() {
    let wrapped = kek()
        .wrap(&key_from(0), &CONTEXT, &Counting::default())
        .unwrap();
    assert_eq!(
        hex(wrapped.as_bytes()),
        "018fec8ee2519cfea8ce799c34b2da7c694a421655a4c4f04de0aafb4bec1cc644000102030405060708090a0b0c0d0e0f1011121314\
         15161718191a1b1c1d1e1f01929b07957b15b610353b644453cb94ef9469223763e08fa7d2dbbce1b364fd7a20212223242526272829\
         2a2b22c1475a2cbbe1a7ae5de92a7a72660821df7654d1afb1bc4bf2ba0d94cb5e470acc0a77197aabf255a44d525306dc49"
    );
    assert_eq!(kek().id().as_str(), "kek-8fec8ee2");
}

#[test]
fn derived_keys_and_keyed_hashes_are_the_documented_format() {
    let tokens = kek().derive("tokens").unwrap();
    assert_eq!(
        hex(&tokens.commitment()),
        "82c3b68b59c72d2b9b502346e4b357cd0eadbfec777924769e39305e05f9bbcd"
    );
    let hash = HashKey::from(key_from(0)).hash("subject", &[b"a", b"bc"]);
    assert_eq!(
        hex(&hash),
        "4dcba9dda135304c4046385a1cd38b73c00a97c30dff065711c12d8ae27e5149"
    );
}

#[test]
fn sha256_is_that_of_fips_180_4() {
    assert_eq!(
        hex(&sha256(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn ed25519_is_that_of_rfc_8032() {
    // RFC 8032 section 7.1, test 2.
    let seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
    let key = SigningKey::from_seed(&seed.clone().try_into().unwrap()).unwrap();
    assert_eq!(
        hex(&key.public()),
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    );
    let signature = key.sign(&[0x72]);
    assert_eq!(
        hex(&signature),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
    assert!(key.seed().ct_eq(&seed));
    verify_signature(&key.public(), &[0x72], &signature).unwrap();
    assert_eq!(
        verify_signature(&key.public(), &[0x73], &signature),
        Err(Error::Signature)
    );
    assert_eq!(
        verify_signature(&key.public(), &[0x72], &signature[..63]),
        Err(Error::Signature)
    );
}

#[test]
fn wrong_data_key_is_named() {
    let sealed = seal(&key_from(0), &CONTEXT, b"invented", &SystemRandom).unwrap();
    let Err(Error::WrongKey { sealed_with, given }) = open(&key_from(1), &CONTEXT, &sealed) else {
        panic!("another key must be told apart from altered bytes");
    };
    assert_eq!(sealed_with, key_from(0).id("key").unwrap().as_str());
    assert_eq!(given, key_from(1).id("key").unwrap().as_str());
}

#[test]
fn wrong_key_encryption_key_is_named() {
    let wrapped = kek().wrap(&key_from(0), &CONTEXT, &SystemRandom).unwrap();
    let other = LocalKey::generate(&SystemRandom).unwrap();
    let Err(error) = other.unwrap(&wrapped, &CONTEXT) else {
        panic!("must not unwrap")
    };
    let text = error.to_string();
    assert!(
        text.contains(kek().id().as_str()) && text.contains(other.id().as_str()),
        "{text}"
    );
}

#[test]
fn bytes_open_only_in_their_own_context() {
    let key = key_from(0);
    let sealed = seal(&key, &CONTEXT, b"invented", &SystemRandom).unwrap();
    let wrapped = kek().wrap(&key, &CONTEXT, &SystemRandom).unwrap();
    let others = [
        Context {
            tenant: "other",
            ..CONTEXT
        },
        Context {
            record: "01JA",
            ..CONTEXT
        },
        Context {
            kind: "answer",
            ..CONTEXT
        },
        // The same letters, cut elsewhere.
        Context {
            tenant: "clinic0",
            record: "1J9",
            ..CONTEXT
        },
        Context {
            record: "01J9p",
            kind: "rompt",
            ..CONTEXT
        },
    ];
    for other in others {
        assert!(
            matches!(open(&key, &other, &sealed), Err(Error::Altered { .. })),
            "{other:?}"
        );
        assert!(
            matches!(kek().unwrap(&wrapped, &other), Err(Error::Altered { .. })),
            "{other:?}"
        );
    }
}

#[test]
fn no_randomness_no_seal() {
    assert_eq!(
        seal(&key_from(0), &CONTEXT, b"", &Broken),
        Err(Error::Random)
    );
    assert!(matches!(DataKey::generate(&Broken), Err(Error::Random)));
    assert!(matches!(LocalKey::generate(&Broken), Err(Error::Random)));
    assert!(matches!(SigningKey::generate(&Broken), Err(Error::Random)));
    assert!(matches!(
        kek().wrap(&key_from(0), &CONTEXT, &Broken),
        Err(Error::Random)
    ));
}

#[test]
fn a_key_refuses_after_its_last_seal() {
    let key = key_from(0).resume_count(MAX_SEALS_PER_KEY - 1);
    let last = seal(&key, &CONTEXT, b"last", &SystemRandom).unwrap();
    assert!(matches!(
        seal(&key, &CONTEXT, b"more", &SystemRandom),
        Err(Error::KeyExhausted { .. })
    ));
    assert_eq!(key.seals().count(), MAX_SEALS_PER_KEY);
    assert_eq!(open(&key, &CONTEXT, &last).unwrap().as_slice(), b"last");
}

#[test]
fn equal_plaintexts_never_seal_to_equal_bytes() {
    let key = key_from(0);
    let once = seal(&key, &CONTEXT, b"invented", &SystemRandom).unwrap();
    assert_ne!(
        once,
        seal(&key, &CONTEXT, b"invented", &SystemRandom).unwrap()
    );
    let wrapped = kek().wrap(&key, &CONTEXT, &SystemRandom).unwrap();
    assert_ne!(wrapped, kek().wrap(&key, &CONTEXT, &SystemRandom).unwrap());
}

#[test]
fn key_text_that_is_not_a_key_is_refused_without_being_repeated() {
    let zeros = "covenant-kek-v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for text in [
        "",
        "hunter2",
        "covenant-kek-v1:",
        "covenant-kek-v1:hunter2!",
        "covenant-kek-v1:aHVudGVyMg==",
        zeros,
    ] {
        let Err(error) = LocalKey::parse(text) else {
            panic!("{text:?} must be refused")
        };
        assert!(matches!(error, Error::KeyText(_)));
        assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("aHVud"));
    }
}

#[test]
fn key_text_reads_back() {
    let key = LocalKey::generate(&SystemRandom).unwrap();
    let again = LocalKey::parse(key.to_text().expose()).unwrap();
    assert_eq!(again.id(), key.id());
    assert_eq!(
        again.derive("a").unwrap().commitment(),
        key.derive("a").unwrap().commitment()
    );
    assert_ne!(
        again.derive("a").unwrap().commitment(),
        key.derive("b").unwrap().commitment()
    );
}

#[test]
fn debug_shows_names_of_keys_and_no_key() {
    let raw: [u8; 32] = std::array::from_fn(|at| at as u8);
    let key = DataKey::from_bytes(&raw).unwrap();
    let shown = [
        format!("{:?}", kek()),
        format!("{key:?}"),
        format!("{:?}", SigningKey::from_seed(&raw).unwrap()),
        format!("{:?}", kek().wrap(&key, &CONTEXT, &SystemRandom).unwrap()),
        format!("{:?}", HashKey::from(key)),
    ];
    for text in shown {
        assert!(
            !text.contains("0001020304") && !text.contains("0, 1, 2, 3"),
            "{text}"
        );
        assert!(!text.contains(&kek().to_text().expose()[16..30]), "{text}");
    }
}

#[test]
fn key_ids_are_plain_words() {
    assert_eq!("kek-1a2b".parse::<KeyId>().unwrap().as_str(), "kek-1a2b");
    for bad in ["", "a b", "a\n", "schlüssel", &"k".repeat(65)] {
        assert_eq!(KeyId::new(bad), Err(Error::KeyName));
    }
}

#[test]
fn hexadecimal_reads_back_and_nothing_else_does() {
    assert_eq!(unhex("00fF").unwrap(), [0, 255]);
    assert_eq!(unhex(""), Some(vec![]));
    for bad in ["0", "0g", "+1", "é"] {
        assert_eq!(unhex(bad), None);
    }
}

#[test]
fn the_module_is_described_truthfully() {
    let says_not = module_description().contains("not a FIPS validated module");
    assert_eq!(says_not, aws_lc_rs::try_fips_mode().is_err());
}

proptest! {
    #[test]
    fn what_was_sealed_opens(plaintext in any::<Vec<u8>>(), tenant in ".*", record in ".*", kind in ".*") {
        let key = DataKey::generate(&SystemRandom).unwrap();
        let context = Context { tenant: &tenant, record: &record, kind: &kind };
        let sealed = seal(&key, &context, &plaintext, &SystemRandom).unwrap();
        let opened = open(&key, &context, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
    }

    #[test]
    fn any_changed_or_missing_byte_of_sealed_bytes_is_refused(plaintext in any::<Vec<u8>>(), bit in 0_u8..8) {
        let key = key_from(7);
        let sealed = seal(&key, &CONTEXT, &plaintext, &SystemRandom).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1 << bit;
            prop_assert!(open(&key, &CONTEXT, &altered).is_err(), "byte {}", at);
            prop_assert!(open(&key, &CONTEXT, &sealed[..at]).is_err(), "length {}", at);
        }
    }

    #[test]
    fn any_changed_or_missing_byte_of_a_wrapped_key_is_refused(bit in 0_u8..8) {
        let wrapped = kek().wrap(&key_from(0), &CONTEXT, &SystemRandom).unwrap();
        prop_assert_eq!(kek().unwrap(&wrapped, &CONTEXT).unwrap().commitment(), key_from(0).commitment());
        for at in 0..wrapped.as_bytes().len() {
            let mut altered = wrapped.as_bytes().to_vec();
            altered[at] ^= 1 << bit;
            prop_assert!(kek().unwrap(&WrappedKey::from_bytes(altered), &CONTEXT).is_err(), "byte {}", at);
            let cut = wrapped.as_bytes()[..at].to_vec();
            prop_assert!(kek().unwrap(&WrappedKey::from_bytes(cut), &CONTEXT).is_err(), "length {}", at);
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_open(bytes in any::<Vec<u8>>()) {
        prop_assert!(open(&key_from(0), &CONTEXT, &bytes).is_err());
        prop_assert!(kek().unwrap(&WrappedKey::from_bytes(bytes), &CONTEXT).is_err());
    }

    #[test]
    fn keyed_hashes_differ_when_domain_or_parts_differ(
        domain in "[a-c]{0,3}", parts in prop::collection::vec("[a-c]{0,3}", 0..4),
        other_domain in "[a-c]{0,3}", other_parts in prop::collection::vec("[a-c]{0,3}", 0..4),
    ) {
        let key = HashKey::from(key_from(0));
        let bytes = |parts: &[String]| parts.iter().map(|part| part.clone().into_bytes()).collect::<Vec<_>>();
        let (a, b) = (bytes(&parts), bytes(&other_parts));
        let a: Vec<&[u8]> = a.iter().map(Vec::as_slice).collect();
        let b: Vec<&[u8]> = b.iter().map(Vec::as_slice).collect();
        let same = domain == other_domain && parts == other_parts;
        let hash = key.hash(&domain, &a);
        prop_assert_eq!(hash == key.hash(&other_domain, &b), same);
        prop_assert_eq!(key.verify(&other_domain, &b, &hash), same);
        prop_assert!(!key.verify(&domain, &a, &hash[..31]));
    }

    #[test]
    fn constant_time_comparison_is_equality(a in any::<Vec<u8>>(), b in any::<Vec<u8>>()) {
        prop_assert_eq!(constant_time_eq(&a, &b), a == b);
        prop_assert!(constant_time_eq(&a, &a));
    }
}
