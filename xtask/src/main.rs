//! Builds what is derived and committed: the lexicon of crate `detect` and the manifest of where it comes from.
//!
//! Not part of the product; run by hand when a list changes (`cargo xtask lexicon`), checked by its own tests.

mod lexicon;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask lexicon [--data DIR]

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
        _ => bail!(USAGE),
    }
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
