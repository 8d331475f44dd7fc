//! The tables of `testdata/names`: texts with every name, place and organisation marked `[[CLASS|value]]`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

use std::fmt::Write as _;
use std::path::Path;

use crate::{Class, Detector};

type Spans = Vec<(usize, usize, Class)>;

fn parse(marked: &str) -> (String, Spans) {
    let (mut text, mut spans, mut rest) = (String::new(), Vec::new(), marked);
    while let Some((before, after)) = rest.split_once("[[") {
        text.push_str(before);
        let (class, after) = after.split_once('|').expect("a mark has a class");
        let (value, after) = after.split_once("]]").expect("a mark ends");
        spans.push((
            text.len(),
            text.len() + value.len(),
            class.parse().expect("a class"),
        ));
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    (text, spans)
}

fn check(marked: &str) -> Result<(), String> {
    let (text, wanted) = parse(marked);
    let found: Spans = Detector::standard()
        .detect(&text)
        .into_iter()
        .filter(|finding| matches!(finding.class, Class::Name | Class::Location | Class::Org))
        .map(|finding| (finding.start, finding.end, finding.class))
        .collect();
    // An address line is one case of its own elsewhere; here streets beside a wanted place are not looked at.
    let found: Spans = found
        .into_iter()
        .filter(|span| wanted.contains(span) || !is_street(&text, *span))
        .collect();
    if found == wanted {
        return Ok(());
    }
    let show = |spans: &Spans| {
        spans
            .iter()
            .fold(String::new(), |mut out, (start, end, class)| {
                let _ = write!(out, " {class}={:?}", &text[*start..*end]);
                out
            })
    };
    Err(format!(
        "{text:?}\n    want{}\n    got {}",
        show(&wanted),
        show(&found)
    ))
}

fn is_street(text: &str, span: (usize, usize, Class)) -> bool {
    text[span.0..span.1].starts_with(|first: char| first.is_ascii_digit())
}

#[test]
fn every_name_place_and_organisation_is_found_as_marked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/names");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    let mut total = 0;
    let mut wrong = Vec::new();
    for path in files {
        let table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        for (topic, group) in &table {
            for case in group["cases"].as_array().unwrap() {
                total += 1;
                if let Err(difference) = check(case.as_str().unwrap()) {
                    wrong.push(format!("{topic}: {difference}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {total} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(total >= 200, "only {total} cases were read");
}
