//! Builds what is derived and committed: the lexicon of crate `detect` and the manifest of where it comes from.
//!
//! Not part of the product; run by hand when a list changes (`cargo xtask lexicon`), checked by its own tests.

mod lexicon;
mod train;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask lexicon [--data DIR]
       cargo xtask train [--without N] [--out FILE]
       cargo xtask predict MODEL GOLD.jsonl

Builds crates/detect/data/lexicon.bin and PROVENANCE.toml from crates/detect/data/lists and the public lists in DIR
(default: ../shared/data beside the workspace). DIR is never committed.";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["lexicon"] => build_lexicon(&default_data()),
        ["lexicon", "--data", directory] => build_lexicon(Path::new(directory)),
        ["predict", model, gold] => predict(Path::new(model), Path::new(gold)),
        ["train", options @ ..] => train_tagger(options),
        _ => bail!(USAGE),
    }
}

fn train_tagger(options: &[&str]) -> Result<()> {
    let mut sources = train::Sources {
        testdata: workspace().join("testdata"),
        data: default_data(),
        without: None,
    };
    let mut out = detect_data().join("tagger.bin");
    for option in options.chunks(2) {
        match option {
            ["--without", rest] => sources.without = Some(rest.parse()?),
            ["--out", file] => out = PathBuf::from(file),
            _ => bail!(USAGE),
        }
    }
    let model = train::build(&sources)?;
    std::fs::write(&out, &model)?;
    if sources.without.is_none() && out == detect_data().join("tagger.bin") {
        let manifest = train::manifest(&sources, &model)?;
        std::fs::write(detect_data().join("TAGGER.toml"), manifest)?;
    }
    println!("{} bytes", model.len());
    Ok(())
}

/// Prints what a detector with this model finds in the texts of a JSONL file, in code points.
fn predict(model: &Path, gold: &Path) -> Result<()> {
    let bytes: &'static [u8] = Vec::leak(std::fs::read(model)?);
    let Some(detector) = covenant_detect::Detector::with_model(bytes) else {
        bail!("{} is no model", model.display());
    };
    for line in std::fs::read_to_string(gold)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let text = row
            .get("text")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let chars = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
        let spans: Vec<serde_json::Value> = detector
            .detect(text)
            .iter()
            .map(|found| serde_json::json!({"start": chars(found.start), "end": chars(found.end), "class": found.class, "confidence": found.confidence, "reason": found.reason.to_string()}))
            .collect();
        println!("{}", serde_json::json!({ "spans": spans }));
    }
    Ok(())
}

fn build_lexicon(data: &Path) -> Result<()> {
    let built = lexicon::build(&lists(), data)?;
    std::fs::write(artefact(), &built.artefact)?;
    std::fs::write(manifest(), &built.manifest)?;
    println!("{} entries, {} bytes", built.entries, built.artefact.len());
    Ok(())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn default_data() -> PathBuf {
    workspace().join("../shared/data")
}

fn detect_data() -> PathBuf {
    workspace().join("crates/detect/data")
}

fn lists() -> PathBuf {
    detect_data().join("lists")
}

fn artefact() -> PathBuf {
    detect_data().join("lexicon.bin")
}

fn manifest() -> PathBuf {
    detect_data().join("PROVENANCE.toml")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_manifest_names_the_digest_of_the_committed_artefact_and_of_every_list() {
        let manifest = std::fs::read_to_string(manifest()).unwrap();
        let artefact = std::fs::read(artefact()).unwrap();
        assert!(
            manifest.contains(&lexicon::digest(&artefact)),
            "run cargo xtask lexicon"
        );
        for entry in std::fs::read_dir(lists()).unwrap() {
            let path = entry.unwrap().path();
            let digest = lexicon::digest(&std::fs::read(&path).unwrap());
            assert!(
                manifest.contains(&digest),
                "{} changed: run cargo xtask lexicon",
                path.display()
            );
        }
    }

    #[test]
    fn the_manifest_of_the_tagger_names_the_digest_of_the_model_and_of_every_note() {
        let manifest = std::fs::read_to_string(detect_data().join("TAGGER.toml")).unwrap();
        let model = std::fs::read(detect_data().join("tagger.bin")).unwrap();
        assert!(
            manifest.contains(&lexicon::digest(&model)),
            "run cargo xtask train"
        );
        for entry in std::fs::read_dir(workspace().join("testdata/notes")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "txt") {
                let digest = lexicon::digest(&std::fs::read(&path).unwrap());
                assert!(
                    manifest.contains(&digest),
                    "{} changed: run cargo xtask train",
                    path.display()
                );
            }
        }
    }

    #[test]
    fn building_again_gives_the_same_bytes() {
        let data = default_data();
        if !data.is_dir() {
            eprintln!("skipped: the folder of public lists is not here");
            return;
        }
        let built = lexicon::build(&lists(), &data).unwrap();
        assert!(
            built.artefact == std::fs::read(artefact()).unwrap(),
            "run cargo xtask lexicon"
        );
        assert_eq!(built.manifest, std::fs::read_to_string(manifest()).unwrap());
    }
}
