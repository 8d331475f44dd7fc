//! Tables of cases in `testdata/detect`: a text with its identifiers marked `[[CLASS|value]]`.

use std::fmt::Write as _;
use std::path::Path;

use covenant_detect::{Class, Detector};

/// The text without marks, and the marked spans in bytes.
pub(crate) fn parse(marked: &str) -> (String, Vec<(usize, usize, Class)>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once("[[") {
        text.push_str(before);
        let (class, after) = after.split_once('|').expect("a mark has a class");
        let (value, after) = after.split_once("]]").expect("a mark ends");
        let start = text.len();
        text.push_str(value);
        spans.push((
            start,
            text.len(),
            class.parse().expect("a class of the convention"),
        ));
        rest = after;
    }
    text.push_str(rest);
    (text, spans)
}

/// Compares what is found in a marked text with its marks; returns what differs.
///
/// Names, places and organisations are the lexicon's business and compared only where `all` says so.
fn check(marked: &str, all: bool) -> Result<(), String> {
    let (text, spans) = parse(marked);
    let lexical = |class: Class| matches!(class, Class::Name | Class::Org | Class::Location);
    let compared =
        |class: &Class| all || !lexical(*class) || spans.iter().any(|span| span.2 == *class);
    let found: Vec<_> = Detector::standard()
        .detect(&text)
        .into_iter()
        .filter(|finding| compared(&finding.class))
        .map(|finding| (finding.start, finding.end, finding.class))
        .collect();
    if found == spans {
        return Ok(());
    }
    let show = |spans: &[(usize, usize, Class)]| {
        spans
            .iter()
            .fold(String::new(), |mut out, (start, end, class)| {
                let _ = write!(out, " {class}={:?}", &text[*start..*end]);
                out
            })
    };
    Err(format!(
        "{text:?}\n    want{}\n    got {}",
        show(&spans),
        show(&found)
    ))
}

fn check_file(path: &Path) -> (usize, Vec<String>) {
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, group) in &table {
        let all = group
            .get("all")
            .and_then(toml::Value::as_bool)
            .unwrap_or(false);
        for case in group["cases"].as_array().unwrap() {
            count += 1;
            if let Err(difference) = check(case.as_str().unwrap(), all) {
                wrong.push(format!("{name}: {difference}"));
            }
        }
    }
    (count, wrong)
}

#[test]
fn every_case_is_found_as_marked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/detect");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension().is_some_and(|end| end == "toml") && !path.ends_with("names.toml")
    });
    files.sort();
    let mut total = 0;
    let mut wrong = Vec::new();
    for path in files {
        let (count, differences) = check_file(&path);
        total += count;
        wrong.extend(
            differences
                .into_iter()
                .map(|difference| format!("{}: {difference}", path.file_name().unwrap().display())),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {total} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(total >= 300, "only {total} cases were read");
}
