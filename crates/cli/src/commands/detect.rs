//! `covenant detect`: what identifies a patient, where, and why it was found. Nothing leaves the machine.

use crate::arguments::{Format, Globals};
use crate::documents::{self, Document, Shape};
use crate::exit::{Exit, Failure, Outcome};
use crate::highlight;
use crate::terminal::{Paper, Text, Tone, table};
use clap::{Args, ValueEnum};
use covenant_detect::{Detector, Finding};
use serde::Serialize;
use serde_json::Value;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Finds what identifies a patient in a text or in JSON lines of {"id", "text"}.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file; - for standard input
    file: PathBuf,
    /// How to read it
    #[arg(long, value_name = "SHAPE", default_value = "auto")]
    input: Shape,
    /// What offsets count, with --format json: Unicode code points, bytes of UTF-8 or units of UTF-16; end exclusive
    #[arg(long, value_name = "UNIT", default_value = "chars")]
    offsets: Offsets,
    /// End with code 1 when something was found
    #[arg(long)]
    fail_if_found: bool,
}

/// What offsets count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Offsets {
    /// Unicode code points.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// Units of UTF-16.
    Utf16,
}

/// What is written about one document.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a Value,
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    class: &'static str,
    kind: &'static str,
    basis: String,
    confidence: f64,
    reason: String,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, globals: &Globals) -> Outcome {
    let paper = Paper::of_stdout(globals.color);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut found = false;
    let mut take = |document: Document| -> Result<(), Failure> {
        let findings = Detector::standard().detect(&document.text);
        found |= !findings.is_empty();
        match globals.format {
            Format::Json => write_line(&mut out, &document, &findings, arguments.offsets),
            Format::Text => write_view(&mut out, &paper, &document, &findings),
        }
    };
    match arguments.input.is_lines(&arguments.file) {
        true => documents::each_line(&arguments.file, take)?,
        false => take(Document {
            id: documents::name(&arguments.file),
            text: documents::whole(&arguments.file)?,
            rest: serde_json::Map::new(),
        })?,
    }
    out.flush()?;
    Ok(if found && arguments.fail_if_found {
        Exit::Refused
    } else {
        Exit::Done
    })
}

fn write_line(
    out: &mut impl Write,
    document: &Document,
    findings: &[Finding],
    offsets: Offsets,
) -> Result<(), Failure> {
    let mut ruler = Ruler {
        text: &document.text,
        offsets,
        bytes: 0,
        units: 0,
    };
    let spans = findings
        .iter()
        .map(|finding| Span::of(finding, &mut ruler))
        .collect();
    serde_json::to_writer(
        &mut *out,
        &Line {
            id: &document.id,
            spans,
        },
    )
    .map_err(Failure::cannot_open)?;
    Ok(out.write_all(b"\n")?)
}

impl Span {
    fn of(finding: &Finding, ruler: &mut Ruler<'_>) -> Span {
        Span {
            start: ruler.at(finding.start),
            end: ruler.at(finding.end),
            class: finding.class.as_str(),
            kind: finding.kind.as_str(),
            basis: finding.basis.to_string(),
            confidence: (f64::from(finding.confidence) * 1000.0).round() / 1000.0,
            reason: finding.reason.to_string(),
        }
    }
}

/// Counts units from the beginning of a text; asked in ascending order, it walks the text once.
struct Ruler<'a> {
    text: &'a str,
    offsets: Offsets,
    bytes: usize,
    units: usize,
}

impl Ruler<'_> {
    fn at(&mut self, byte: usize) -> usize {
        let between = self.text.get(self.bytes..byte).unwrap_or_default();
        self.units += match self.offsets {
            Offsets::Bytes => between.len(),
            Offsets::Chars => between.chars().count(),
            Offsets::Utf16 => between.encode_utf16().count(),
        };
        self.bytes = byte;
        self.units
    }
}

fn write_view(
    out: &mut impl Write,
    paper: &Paper,
    document: &Document,
    findings: &[Finding],
) -> Result<(), Failure> {
    if let Value::String(id) = &document.id {
        writeln!(out, "{}", paper.heading(id))?;
    }
    let shown = highlight::marked(&document.text, findings, paper.colour);
    for line in shown.wrap(paper.width) {
        writeln!(out, "{}", paper.paint(&line))?;
    }
    writeln!(out)?;
    if findings.is_empty() {
        writeln!(out, "nothing found")?;
        return Ok(());
    }
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| reason(&document.text, finding))
        .collect();
    writeln!(
        out,
        "{}",
        table(
            paper,
            ["LINE", "CLASS", "KIND", "BASIS", "SURE", "WHY"],
            &rows
        )
    )?;
    let unsure = findings
        .iter()
        .filter(|finding| finding.is_unsure())
        .count();
    writeln!(
        out,
        "\n{} found, {unsure} of them unsure (marked ?)",
        findings.len()
    )?;
    Ok(())
}

fn reason(text: &str, finding: &Finding) -> [Text; 6] {
    let line = text
        .get(..finding.start)
        .unwrap_or_default()
        .matches('\n')
        .count()
        + 1;
    let unsure = if finding.is_unsure() { "?" } else { "" };
    [
        Text::plain(line.to_string()),
        Text::of(highlight::tone(finding.class), finding.class.as_str()),
        Text::plain(finding.kind.as_str()),
        Text::of(Tone::Dim, finding.basis.to_string()),
        Text::plain(format!("{:.2}{unsure}", finding.confidence)),
        Text::of(Tone::Dim, finding.reason.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_what_was_asked() {
        let at = |offsets, byte| {
            Ruler {
                text: "a😀é b",
                offsets,
                bytes: 0,
                units: 0,
            }
            .at(byte)
        };
        assert_eq!(
            (
                at(Offsets::Bytes, 7),
                at(Offsets::Chars, 7),
                at(Offsets::Utf16, 7)
            ),
            (7, 3, 4)
        );
    }
}
