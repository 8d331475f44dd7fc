//! What `deid` codes, `restore` puts back; and the map on disk shows nothing.

use super::support::{Place, bytes_in, holds};

const NOTE: &str =
    "Ellen Marsh, MRN 44719026, was seen on 03/14/2025 by Dr. Paul Vance.\nCall 937-555-0142.\n";

#[test]
fn a_coded_text_comes_back_word_for_word() {
    let place = Place::new();
    place.write("note.txt", NOTE);
    let code = [
        "deid",
        "note.txt",
        "--profile",
        "pseudonymize",
        "--key-file",
        "k",
        "--map",
        "m",
    ];
    let coded = place.done(&code);
    assert!(
        !coded.contains("Marsh") && coded.contains("[NAME_"),
        "{coded}"
    );
    let sealed = bytes_in(place.path());
    place.write("coded.txt", &coded);
    assert_eq!(
        place.done(&["restore", "coded.txt", "--key-file", "k", "--map", "m"]),
        NOTE
    );
    std::fs::remove_file(place.path().join("note.txt")).unwrap();
    assert!(holds(&sealed, "Marsh"), "the note itself holds it");
    assert!(
        !holds(&bytes_in(place.path()), "Marsh"),
        "map or key hold it in the clear"
    );
}

#[test]
fn coded_lines_come_back_whatever_their_order() {
    let place = Place::new();
    let lines = [
        r#"{"id":1,"text":"Ellen Marsh is well."}"#,
        r#"{"id":2,"text":"MRN 44719026 of Ellen Marsh."}"#,
    ];
    place.write("notes.jsonl", &lines.join("\n"));
    let code = [
        "deid",
        "notes.jsonl",
        "--profile",
        "pseudonymize",
        "--key-file",
        "k",
        "--map",
        "m",
    ];
    let coded = place.done(&code);
    let backwards: Vec<&str> = coded.lines().rev().collect();
    place.write("coded.jsonl", &backwards.join("\n"));
    let restored = place.done(&["restore", "coded.jsonl", "--key-file", "k", "--map", "m"]);
    let texts: Vec<String> = restored
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["text"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        texts,
        ["MRN 44719026 of Ellen Marsh.", "Ellen Marsh is well."]
    );
}

#[test]
fn stand_ins_are_the_same_under_one_key_and_patient_and_others_under_another() {
    let place = Place::new();
    place.write("note.txt", NOTE);
    let run = |patient: &str, key: &str| {
        place.done(&[
            "deid",
            "note.txt",
            "--profile",
            "surrogate",
            "--key-file",
            key,
            "--patient",
            patient,
        ])
    };
    let first = run("p-1", "k");
    assert_eq!(first, run("p-1", "k"));
    assert_ne!(first, run("p-2", "k"));
    assert_ne!(first, run("p-1", "other"));
    assert!(
        !first.contains("Marsh") && !first.contains("44719026") && !first.contains("03/14/2025"),
        "{first}"
    );
}
