//! What `detect`, `deid` and `restore` read: a text, or JSON lines of `{"id", "text"}`.

use crate::exit::Failure;
use crate::reach;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// How the input is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// JSON lines when the name ends in .jsonl or .ndjson or the first line is an object with a "text"; text otherwise.
    #[default]
    Auto,
    /// One text.
    Text,
    /// JSON lines.
    Jsonl,
}

impl Shape {
    /// Says whether a file is read as JSON lines.
    pub(crate) fn is_lines(self, file: &Path) -> bool {
        let extension = file.extension().and_then(|extension| extension.to_str());
        match self {
            Shape::Auto => {
                matches!(extension, Some("jsonl" | "ndjson")) || begins_with_a_document(file)
            }
            Shape::Text => false,
            Shape::Jsonl => true,
        }
    }
}

/// Says whether the first line is a document. Standard input is looked at without being taken; of files only regular
/// ones, which can be opened again.
fn begins_with_a_document(file: &Path) -> bool {
    let peek = || -> std::io::Result<bool> {
        match file.as_os_str() == "-" {
            true => Ok(is_document(std::io::stdin().lock().fill_buf()?)),
            false if file.is_file() => {
                Ok(is_document(BufReader::new(File::open(file)?).fill_buf()?))
            }
            false => Ok(false),
        }
    };
    // What cannot be read is told when it is read.
    peek().unwrap_or(false)
}

/// Says whether what a text begins with is a line of JSON lines; of a first line longer than this, its beginning decides.
fn is_document(beginning: &[u8]) -> bool {
    let beginning = beginning.trim_ascii_start();
    match beginning.iter().position(|&byte| byte == b'\n') {
        Some(end) => {
            serde_json::from_slice::<Document>(beginning.get(..end).unwrap_or_default()).is_ok()
        }
        None => {
            serde_json::from_slice::<Document>(beginning).is_ok()
                || beginning.len() > 4096 && beginning.starts_with(b"{\"")
        }
    }
}

/// One line of JSON lines. What else stands on the line is carried along.
#[derive(Deserialize, Serialize)]
pub(crate) struct Document {
    /// The caller's id, of any kind.
    #[serde(default)]
    pub(crate) id: Value,
    /// The text.
    pub(crate) text: String,
    /// The rest of the line, in its order.
    #[serde(flatten)]
    pub(crate) rest: serde_json::Map<String, Value>,
}

/// Reads JSON lines one at a time, so that memory is bounded by the longest line.
pub(crate) fn each_line(
    file: &Path,
    mut take: impl FnMut(Document) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let cannot =
        |error: std::io::Error| Failure::cannot_open(format!("{}: {error}", file.display()));
    let reader: Box<dyn BufRead> = match file.as_os_str() == "-" {
        true => Box::new(BufReader::new(std::io::stdin().lock())),
        false => Box::new(BufReader::new(File::open(file).map_err(cannot)?)),
    };
    for (number, line) in reader.split(b'\n').enumerate() {
        let line = line.map_err(cannot)?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        // The parser's own words may repeat what stands there.
        let document = serde_json::from_slice(&line).map_err(|error| {
            let column = error.column();
            Failure::usage(format!(
                "{}: line {}, column {column}: expected a JSON object with a \"text\"",
                file.display(),
                number + 1
            ))
        })?;
        take(document)?;
    }
    Ok(())
}

/// Reads one text.
pub(crate) fn whole(file: &Path) -> Result<String, Failure> {
    reach::text_input(file)
}

/// The id of a text that has none of its own.
pub(crate) fn name(file: &Path) -> Value {
    Value::String(file.display().to_string())
}
