//! Trains the tagger of crate `detect` from the notes in `testdata` and public sentences.

mod marked;
mod refill;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use covenant_detect::training::{Example, Settings, train};
use covenant_detect::{Class, Detector, Finding};

use crate::lexicon::digest;
use marked::{Note, Part};
use refill::{Refill, Values};

/// How often every note is learnt from: once as it is, and with other values.
const COPIES: u64 = 9;

/// How often every marked case of the detector's tests is learnt from.
const CASE_COPIES: usize = 12;

/// What to train from.
pub(crate) struct Sources {
    /// The folder with `notes`, `names` and `detect`.
    pub(crate) testdata: PathBuf,
    /// The folder of public data.
    pub(crate) data: PathBuf,
    /// Leave out every note whose number, counted over all, has this rest by 5.
    pub(crate) without: Option<usize>,
}

/// Trains and returns the bytes of the model.
pub(crate) fn build(sources: &Sources) -> Result<Vec<u8>> {
    let values = Values::read(&sources.data)?;
    let notes = all_notes(&sources.testdata.join("notes"))?;
    let mut examples = Vec::new();
    for (number, note) in notes.iter().enumerate() {
        if sources.without == Some(number % 5) {
            continue;
        }
        for copy in 0..COPIES {
            let mut refill = Refill::new(&values, number as u64 * 1000 + copy + 1);
            let parts = match copy {
                0 => note.parts.clone(),
                1 => refill.tokens(&note.parts),
                _ => refill.note(&note.parts),
            };
            examples.push(cased(example(&parts), number as u64 * COPIES + copy));
        }
    }
    for folder in ["names", "detect"] {
        let cases = cases(&sources.testdata.join(folder), folder == "names")?;
        for _ in 0..CASE_COPIES {
            examples.extend(cases.iter().cloned());
        }
    }
    examples.extend(sentences(
        &sources
            .data
            .join("text/presidio-research/synth_dataset_v2.json"),
    )?);
    examples.extend(answers(
        &sources.data.join("text/medquad_phi_free_dev.jsonl"),
    )?);
    println!("{} examples", examples.len());
    Ok(train(&examples, Settings::default(), |epoch, share| {
        println!("epoch {epoch}: {share:.4} of the units right");
    }))
}

/// Returns the manifest of a model: its digest, and what it was trained from.
pub(crate) fn manifest(sources: &Sources, model: &[u8]) -> Result<String> {
    let mut text = String::from(
        "# What the tagger was trained from. Written by `cargo xtask train`; do not edit.\n\n[artefact]\nfile = \"tagger.bin\"\n",
    );
    text += &format!("sha256 = \"{}\"\nbytes = {}\n", digest(model), model.len());
    let mut files = Vec::new();
    for (folder, ending) in [("notes", "txt"), ("names", "toml"), ("detect", "toml")] {
        for file in listed(&sources.testdata.join(folder), ending)? {
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            files.push((
                format!("testdata/{folder}/{name}"),
                "written for this project",
                "Apache-2.0",
                file,
            ));
        }
    }
    for (file, attribution, licence) in PUBLIC {
        files.push((
            file.to_owned(),
            attribution,
            licence,
            sources.data.join(file),
        ));
    }
    for (name, attribution, licence, file) in files {
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        text += &format!(
            "\n[[source]]\nfile = {name:?}\nattribution = {attribution:?}\nlicence = {licence:?}\nsha256 = \"{}\"\n",
            digest(&bytes)
        );
    }
    Ok(text)
}

/// The public sources: file, whom it is from, licence. Of the names and cities only the values are used, to refill our
/// own notes; nothing of them can be read back from the model.
const PUBLIC: [(&str, &str, &str); 7] = [
    (
        "text/presidio-research/synth_dataset_v2.json",
        "Microsoft, presidio-research",
        "MIT",
    ),
    (
        "text/medquad_phi_free_dev.jsonl",
        "Ben Abacha and Demner-Fushman, MedQuAD (every second answer)",
        "CC BY 4.0",
    ),
    (
        "gazetteers/names/dist.all.last",
        "U.S. Census Bureau",
        "public domain",
    ),
    (
        "gazetteers/names/dist.female.first",
        "U.S. Census Bureau",
        "public domain",
    ),
    (
        "gazetteers/names/dist.male.first",
        "U.S. Census Bureau",
        "public domain",
    ),
    ("gazetteers/places/us_cities.csv", "US cities (MIT)", "MIT"),
    (
        "gazetteers/hospitals/hospital-data.csv",
        "U.S. Centers for Medicare and Medicaid Services",
        "public domain",
    ),
];

/// Returns the files of a folder with this ending, in the order of their names.
fn listed(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|other| other == ending));
    files.sort();
    Ok(files)
}

/// Reads every file of notes of a folder, in the order of their names.
pub(crate) fn all_notes(folder: &Path) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for file in &listed(folder, "txt")? {
        notes.extend(
            marked::notes(&std::fs::read_to_string(file)?)
                .with_context(|| file.display().to_string())?,
        );
    }
    Ok(notes)
}

fn example(parts: &[Part]) -> Example {
    let mut text = String::new();
    let mut spans = Vec::new();
    for part in parts {
        match part {
            Part::Text(plain) => text += plain,
            Part::Value { class, value, .. } => {
                spans.push((text.len(), text.len() + value.len(), *class));
                text += value;
            }
        }
    }
    Example {
        text,
        spans,
        unknown: Vec::new(),
    }
}

/// Now and then a note in small letters or in capitals.
fn cased(example: Example, number: u64) -> Example {
    let text = match number % 16 {
        5 => example.text.to_ascii_lowercase(),
        11 => example.text.to_ascii_uppercase(),
        _ => return example,
    };
    Example { text, ..example }
}

/// Reads the marked cases of the detector's own tests. Those about dates and numbers do not mark names.
fn cases(folder: &Path, names: bool) -> Result<Vec<Example>> {
    let rules = Detector::rules_alone();
    let mut examples = Vec::new();
    for file in &listed(folder, "toml")? {
        let tables: toml::Table = toml::from_str(&std::fs::read_to_string(file)?)?;
        for (_, table) in &tables {
            let all = names || table.get("all").and_then(toml::Value::as_bool) == Some(true);
            let cases = table.get("cases").and_then(toml::Value::as_array);
            for case in cases.into_iter().flatten().filter_map(toml::Value::as_str) {
                let example = example(&marked::parts(case)?);
                if all || !names_somebody(&rules, &example) {
                    examples.push(example);
                }
            }
        }
    }
    Ok(examples)
}

/// Says whether the rules see a name, place or organisation that is not marked.
fn names_somebody(rules: &Detector, example: &Example) -> bool {
    let marked = |found: &Finding| {
        example
            .spans
            .iter()
            .any(|span| span.0 < found.end && found.start < span.1)
    };
    let named = |found: &Finding| matches!(found.class, Class::Name | Class::Location | Class::Org);
    rules
        .detect(&example.text)
        .iter()
        .any(|found| named(found) && !marked(found))
}

/// Reads sentences that mark persons as we do, and everything else by another convention.
fn sentences(file: &Path) -> Result<Vec<Example>> {
    let rows: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut examples = Vec::new();
    for row in rows.as_array().into_iter().flatten() {
        let Some(text) = text_of(row, "full_text") else {
            continue;
        };
        let bytes: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let mut spans = Vec::new();
        for span in row
            .get("spans")
            .and_then(serde_json::Value::as_array)
            .into_iter()
            .flatten()
        {
            let place = |name: &str| {
                span.get(name)
                    .and_then(serde_json::Value::as_u64)
                    .and_then(|at| bytes.get(usize::try_from(at).ok()?).copied())
            };
            let (Some(start), Some(end)) = (place("start_position"), place("end_position")) else {
                continue;
            };
            let class = match text_of(span, "entity_type") {
                Some("PERSON") => Class::Name,
                Some("PHONE_NUMBER") => Class::Phone,
                Some("CREDIT_CARD" | "US_SSN" | "IBAN_CODE" | "EMAIL_ADDRESS" | "IP_ADDRESS") => {
                    Class::Account
                }
                _ => Class::Location,
            };
            spans.push((start, end, class));
        }
        spans.sort_unstable_by_key(|span| span.0);
        examples.push(Example {
            text: text.to_owned(),
            spans,
            unknown: vec![Class::Location],
        });
    }
    Ok(examples)
}

fn text_of<'r>(row: &'r serde_json::Value, name: &str) -> Option<&'r str> {
    row.get(name).and_then(serde_json::Value::as_str)
}

/// Reads every second of the answers that name nobody; the others are for measuring.
fn answers(file: &Path) -> Result<Vec<Example>> {
    let text = std::fs::read_to_string(file)?;
    let mut examples = Vec::new();
    for line in text.lines().step_by(2) {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let text = text_of(&row, "text").unwrap_or_default().to_owned();
        examples.push(Example {
            text,
            spans: Vec::new(),
            unknown: Vec::new(),
        });
    }
    Ok(examples)
}
