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
    /// JSON lines when the name ends in .jsonl or .ndjson, text otherwise.
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
            Shape::Auto => matches!(extension, Some("jsonl" | "ndjson")),
            Shape::Text => false,
            Shape::Jsonl => true,
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
