//! Checkpoints, their signatures and cosignatures. The notes themselves are tested where they are read.

use covenant_ledger::Error;
use covenant_ledger::checkpoint::{
    Checkpoint, KeyKind, Signer, VerifierKey, add_cosignature, cosign, open, parse_note,
};
use covenant_seal::SigningKey;
use proptest::prelude::*;

use crate::support::{Log, ORIGIN, keys, signer, witness};

const EXAMPLE: &str =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn signed() -> String {
    Log::of(3).head(3).sign(&signer()).unwrap()
}

#[test]
fn text_of_the_specification_reads_back() {
    let checkpoint: Checkpoint = EXAMPLE.parse().unwrap();
    assert_eq!(
        (checkpoint.origin.as_str(), checkpoint.size),
        ("example.com/behind-the-sofa", 20_852_163)
    );
    assert_eq!(checkpoint.text(), EXAMPLE);
}

#[test]
fn texts_that_are_no_checkpoint_are_refused() {
    let broken = [
        ("no newline at the end", EXAMPLE.trim_end().to_owned()),
        (
            "no root",
            EXAMPLE
                .lines()
                .take(2)
                .map(|line| format!("{line}\n"))
                .collect(),
        ),
        (
            "empty origin",
            EXAMPLE.replace("example.com/behind-the-sofa", ""),
        ),
        ("leading zero", EXAMPLE.replace("20852163", "020852163")),
        ("sign", EXAMPLE.replace("20852163", "+20852163")),
        ("space", EXAMPLE.replace("20852163", " 20852163")),
        (
            "too large",
            EXAMPLE.replace("20852163", "18446744073709551616"),
        ),
        ("short root", EXAMPLE.replace("CsUY", "")),
        ("root without padding", EXAMPLE.replace('=', "")),
        ("empty extension line", format!("{EXAMPLE}\nextension\n")),
    ];
    for (name, text) in broken {
        assert!(text.parse::<Checkpoint>().is_err(), "{name}");
    }
    assert!(
        format!("{EXAMPLE}extension\n")
            .parse::<Checkpoint>()
            .is_ok()
    );
}

#[test]
fn a_signed_checkpoint_opens_with_the_logs_key() {
    let (checkpoint, by) = open(&signed(), &keys()).unwrap();
    assert_eq!(checkpoint, Log::of(3).head(3));
    assert_eq!(
        by.iter()
            .map(|by| (by.key.name(), by.at_s))
            .collect::<Vec<_>>(),
        [(ORIGIN, None)]
    );
}

#[test]
fn a_checkpoint_needs_the_signature_of_its_own_log() {
    let stranger = Signer::log(ORIGIN, SigningKey::from_seed(&[9; 32]).unwrap()).unwrap();
    assert_eq!(
        open(&signed(), &[stranger.verifier_key().clone()]),
        Err(Error::Unsigned)
    );
    assert_eq!(open(&signed(), &[]), Err(Error::Unsigned));

    let other_log = Signer::log(
        "other.example/log",
        SigningKey::from_seed(&[9; 32]).unwrap(),
    )
    .unwrap();
    assert!(Log::of(3).head(3).sign(&other_log).is_err());
    assert!(Log::of(3).head(3).sign(&witness(1)).is_err());

    let only_witness: String = Log::of(3)
        .note(3)
        .lines()
        .filter(|line| !line.contains("\u{2014} clinic"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(open(&only_witness, &keys()), Err(Error::Unsigned));
}

#[test]
fn a_cosignature_is_kept_with_its_time() {
    let line = cosign(&signed(), &witness(1), 1_790_000_100)
        .unwrap()
        .to_string();
    let note = add_cosignature(&signed(), &line, &keys()).unwrap();
    let (_, by) = open(&note, &keys()).unwrap();
    let times: Vec<_> = by.iter().map(|by| (by.key.name(), by.at_s)).collect();
    assert_eq!(
        times,
        [(ORIGIN, None), ("witness.example/w1", Some(1_790_000_100))]
    );

    let later = cosign(&note, &witness(1), 1_790_000_200)
        .unwrap()
        .to_string();
    let note = add_cosignature(&note, &format!("{later}\n"), &keys()).unwrap();
    assert_eq!(
        parse_note(&note).unwrap().1.len(),
        2,
        "a witness has one line"
    );
    assert_eq!(open(&note, &keys()).unwrap().1[1].at_s, Some(1_790_000_200));
}

#[test]
fn cosignatures_are_taken_from_configured_witnesses_only() {
    let line = cosign(&signed(), &witness(2), 1_790_000_100)
        .unwrap()
        .to_string();
    assert_eq!(
        add_cosignature(&signed(), &line, &keys()),
        Err(Error::UnknownWitness)
    );

    let log_line = parse_note(&signed()).unwrap().1[0].to_string();
    assert_eq!(
        add_cosignature(&signed(), &log_line, &keys()),
        Err(Error::UnknownWitness)
    );
    assert!(cosign(&signed(), &signer(), 1).is_err());
}

#[test]
fn cosignatures_of_another_checkpoint_or_without_a_time_are_refused() {
    let other = Log::of(4).head(4).sign(&signer()).unwrap();
    let line = cosign(&other, &witness(1), 1_790_000_100)
        .unwrap()
        .to_string();
    assert!(matches!(
        add_cosignature(&signed(), &line, &keys()),
        Err(Error::BadSignature(_))
    ));
    for time in [0, u64::MAX] {
        let line = cosign(&signed(), &witness(1), time).unwrap().to_string();
        assert!(matches!(
            add_cosignature(&signed(), &line, &keys()),
            Err(Error::BadSignature(_))
        ));
    }
}

#[test]
fn the_same_key_as_log_and_as_witness_are_two_keys() {
    let public = *signer().verifier_key().public();
    let as_witness = VerifierKey::new(ORIGIN, KeyKind::Witness, public).unwrap();
    assert_ne!(as_witness.id(), signer().verifier_key().id());
    assert_eq!(open(&signed(), &[as_witness]), Err(Error::Unsigned));
}

#[test]
fn verifier_keys_read_back_as_text() {
    for key in keys() {
        assert_eq!(key.to_string().parse::<VerifierKey>().unwrap(), key);
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        assert!(
            VerifierKey::new(name, KeyKind::Log, [0; 32]).is_err(),
            "{name:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_changed_character_of_a_signed_checkpoint_is_refused(at in any::<prop::sample::Index>(), to in "[ -~\n]") {
        let note = Log::of(3).note(3);
        let places: Vec<(usize, char)> = note.char_indices().collect();
        let (start, old) = places[at.index(places.len())];
        prop_assume!(!to.starts_with(old));
        let altered = format!("{}{to}{}", &note[..start], &note[start + old.len_utf8()..]);
        // Either it is refused, or the witness's line became a line of nobody and the rest still holds.
        match open(&altered, &keys()) {
            Err(_) => {}
            Ok((checkpoint, by)) => {
                prop_assert_eq!(checkpoint, Log::of(3).head(3));
                prop_assert_eq!(by.len(), 1);
            }
        }
    }

    #[test]
    fn arbitrary_text_is_no_note(text in ".*") {
        prop_assert!(open(&text, &keys()).is_err());
        prop_assert!(text.parse::<VerifierKey>().is_err());
    }
}
