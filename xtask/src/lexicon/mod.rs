//! Builds the compiled lexicon: one pass over each public list and each list of our own, one artefact, one manifest.
//!
//! Deterministic: no clock, no random state, integers only, ordered maps; the same inputs give the same bytes.

mod count;
pub(crate) mod csv;
#[path = "../../../crates/detect/src/lexicon/format.rs"]
#[allow(dead_code, reason = "the detector reads what the builder writes")]
mod format;
mod gazetteer;
mod manifest;
mod table;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use format::Sort;
use manifest::{Read, SOURCES};
use table::{Table, Weight};

/// The largest artefact that may be embedded.
const MOST_BYTES: usize = 4 << 20;

/// What was built.
pub(crate) struct Built {
    pub(crate) artefact: Vec<u8>,
    pub(crate) manifest: String,
    pub(crate) entries: usize,
}

/// Builds the artefact and its manifest from our lists and the public lists.
pub(crate) fn build(lists: &Path, data: &Path) -> Result<Built> {
    let mut table = Table::default();
    let own = add_lists(&mut table, lists)?;
    let mut read = Vec::new();
    let mut counts = count::Counts::default();
    let mut places = gazetteer::Places::default();
    for source in &SOURCES {
        let path = data.join(source.file);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let count = match source.file {
            "gazetteers/names/dist.all.last" => {
                gazetteer::census(&mut table, &text, Weight::Surname)
            }
            "gazetteers/names/dist.female.first" | "gazetteers/names/dist.male.first" => {
                gazetteer::census(&mut table, &text, Weight::Given)
            }
            "gazetteers/names/new-top-firstNames.csv" => {
                gazetteer::top(&mut table, &text, Weight::Given)
            }
            "gazetteers/names/new-top-surnames.csv" => {
                gazetteer::top(&mut table, &text, Weight::Surname)
            }
            "gazetteers/names/unisex_names_table.csv" => gazetteer::unisex(&mut table, &text),
            "gazetteers/places/geo-data.csv" => places.zips(&mut table, &text),
            "gazetteers/places/zip-code-population.csv" => places.population(&mut table, &text),
            "gazetteers/hospitals/hospital-data.csv" => gazetteer::hospitals(&mut table, &text),
            file if file.ends_with(".jsonl") => counts.education(&text)?,
            file if file.starts_with("text/mts-dialog/") => {
                counts.columns(&table, &text, &["section_text", "dialogue"], &[])
            }
            file if file.starts_with("text/aci-bench/") => {
                counts.columns(&table, &text, &["note"], &["dialogue"])
            }
            file if file.starts_with("text/ner/") => counts.tagged(&text),
            file => anyhow::bail!("no reader for {file}"),
        };
        read.push(Read {
            source,
            sha256: digest(&bytes),
            count,
        });
    }
    counts.write(&mut table);
    let artefact = table.write()?;
    ensure!(
        artefact.len() <= MOST_BYTES,
        "the artefact is larger than {MOST_BYTES} bytes"
    );
    let manifest = manifest::text(
        (&digest(&artefact), artefact.len(), table.len()),
        &read,
        &own,
    );
    Ok(Built {
        artefact,
        manifest,
        entries: table.len(),
    })
}

/// Returns the SHA-256 of `bytes` in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Adds every list of our own; returns file, digest and number of entries of each.
fn add_lists(table: &mut Table, lists: &Path) -> Result<Vec<(String, String, usize)>> {
    let mut paths: Vec<_> = std::fs::read_dir(lists)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.sort();
    let mut read = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)?;
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let count = entries(&text)
            .map(|entry| add(table, stem, entry))
            .collect::<Result<Vec<()>>>()?
            .len();
        read.push((format!("{stem}.txt"), digest(text.as_bytes()), count));
    }
    Ok(read)
}

/// Adds one entry of the list `stem`.
fn add(table: &mut Table, stem: &str, entry: &str) -> Result<()> {
    match stem {
        "given" => table.raise(entry, Weight::Given, 6),
        "nicknames" => table.raise(entry, Weight::Given, 8),
        "surnames" => table.raise(entry, Weight::Surname, 6),
        "foreign_cities" => table.raise(entry, Weight::Place, 9),
        "common" => table.raise(entry, Weight::Common, 5),
        _ => {
            let sort = Sort::ALL
                .iter()
                .find(|(_, list)| *list == stem)
                .with_context(|| format!("no sort for the list {stem}"))?;
            table.mark(entry, sort.0);
        }
    }
    Ok(())
}

/// Returns the entries of a list: separated by commas or line breaks, lines with `#` left out.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}
