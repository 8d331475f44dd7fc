//! Identifiers disguised on purpose or by what carries them (`testdata/evasion`): how many are caught, by kind. No kind
//! may fall below what `caught.toml` says of it; what is caught more is to be written there.

use std::collections::BTreeMap;
use std::path::Path;

use covenant_detect::Detector;
use covenant_detect::evaluate::Score;

use crate::cases::parse;

#[test]
fn no_disguise_hides_more_than_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/evasion");
    let read = |name: &str| -> toml::Table {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.parse().unwrap()
    };
    let known = read("caught.toml");
    let mut all = (0, 0);
    let mut told = BTreeMap::new();
    let mut fallen = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml") && name != "caught.toml")
        .collect();
    files.sort();
    for file in files {
        let kind = file.trim_end_matches(".toml").to_owned();
        let mut score = Score::default();
        for group in read(&file).values() {
            for case in group["cases"].as_array().unwrap() {
                let (text, spans) = parse(case.as_str().unwrap());
                let marks: Vec<_> = spans
                    .iter()
                    .map(|(start, end, class)| (*start..*end, class.as_str()))
                    .collect();
                let found = Detector::standard().detect(&text);
                let found: Vec<_> = found
                    .iter()
                    .map(|finding| finding.start..finding.end)
                    .collect();
                score.add(&text, &marks, &found);
            }
        }
        let (caught, count) = (score.all.covered, score.all.count);
        all = (all.0 + caught, all.1 + count);
        told.insert(kind.clone(), (caught, count, score.free_flagged));
        let floor = known
            .get(&kind)
            .and_then(toml::Value::as_integer)
            .unwrap_or(i64::MAX);
        if i64::try_from(caught).unwrap() < floor {
            fallen.push(format!("{kind}: {caught} of {count}, was {floor}"));
        }
    }
    for (kind, (caught, count, flagged)) in &told {
        println!("{kind} = {caught} # of {count}; {flagged} cases of nothing flagged");
    }
    println!("# all: {} of {}", all.0, all.1);
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
}
