//! `covenant evaluate`: how well identifiers are found in texts in which they are marked, beside the rules alone and
//! beside what other programs found. Nothing leaves the machine.

use crate::arguments::{Format, Globals};
use crate::documents::{self, Document};
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal::{Paper, Text, Tone, table, visible};
use clap::Args;
use covenant_detect::evaluate::{Fault, Score};
use covenant_detect::{Detector, Finding};
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

/// Scores the detector on texts whose identifiers are marked: JSON lines of {"text", "spans": [{"start", "end",
/// "type"}]}, offsets in Unicode code points, end exclusive; a text without spans identifies nobody.
#[derive(Args)]
#[command(after_help = "\
Examples:
  covenant evaluate notes.jsonl                        the figures, and the first errors in context
  covenant evaluate notes.jsonl --errors 0             the figures alone
  covenant evaluate notes.jsonl --beside other.jsonl   and what another program found: one line of {\"spans\"} a text

A mention counts as covered only when every letter and digit of it is. Precision and recall are over letters and digits.")]
pub(crate) struct Arguments {
    /// The marked texts; - for standard input
    gold: PathBuf,
    /// What another program found in the same texts, in the same order; may be given several times
    #[arg(long, value_name = "FILE")]
    beside: Vec<PathBuf>,
    /// How many errors to show in context
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    errors: usize,
}

/// Somebody who found something.
struct Finder {
    name: String,
    score: Score,
    /// What another program found, a list a text; `None` for our own.
    found: Option<std::vec::IntoIter<Vec<Value>>>,
    detector: Option<Detector>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, globals: &Globals) -> Outcome {
    let mut finders = vec![
        Finder::own("covenant", Detector::standard().clone()),
        Finder::own("rules alone", Detector::rules_alone()),
    ];
    for file in &arguments.beside {
        finders.push(Finder::other(file)?);
    }
    let mut errors = Vec::new();
    let mut number = 0;
    documents::each_line(&arguments.gold, |document| {
        number += 1;
        let marks = marks(&document).ok_or_else(|| wrong_line(&arguments.gold, number))?;
        let marks: Vec<(Range<usize>, &str)> = marks
            .iter()
            .map(|(range, class)| (range.clone(), class.as_str()))
            .collect();
        for (position, finder) in finders.iter_mut().enumerate() {
            let (spans, findings) = finder.spans(&document.text, number)?;
            let faults = finder.score.add(&document.text, &marks, &spans);
            if position == 0 {
                let room = arguments.errors.saturating_sub(errors.len());
                let told = faults
                    .iter()
                    .map(|fault| told(&document.text, fault, &findings));
                errors.extend(told.take(room));
            }
        }
        Ok(())
    })?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match globals.format {
        Format::Json => write_json(&mut out, &finders)?,
        Format::Text => write_text(
            &mut out,
            &Paper::of_stdout(globals.color),
            &finders,
            &errors,
        )?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

impl Finder {
    fn own(name: &str, detector: Detector) -> Finder {
        Finder {
            name: name.to_owned(),
            score: Score::default(),
            found: None,
            detector: Some(detector),
        }
    }

    /// Reads what another program found.
    fn other(file: &std::path::Path) -> Result<Finder, Failure> {
        let mut lists = Vec::new();
        for (number, line) in documents::whole(file)?.lines().enumerate() {
            let row: Option<Value> = serde_json::from_str(line).ok();
            let spans = row
                .as_ref()
                .and_then(|row| row.get("spans")?.as_array().cloned());
            lists.push(spans.ok_or_else(|| wrong_line(file, number + 1))?);
        }
        Ok(Finder {
            name: file.file_stem().map_or_else(String::new, |name| {
                visible(&name.to_string_lossy()).into_owned()
            }),
            score: Score::default(),
            found: Some(lists.into_iter()),
            detector: None,
        })
    }

    fn spans(
        &mut self,
        text: &str,
        number: usize,
    ) -> Result<(Vec<Range<usize>>, Vec<Finding>), Failure> {
        if let Some(detector) = &self.detector {
            let findings = detector.detect(text);
            let spans = findings
                .iter()
                .map(|finding| finding.start..finding.end)
                .collect();
            return Ok((spans, findings));
        }
        let spans = self.found.as_mut().and_then(Iterator::next);
        let spans = spans.ok_or_else(|| {
            Failure::usage(format!("{} has no line for text {number}", self.name))
        })?;
        let ranges = spans
            .iter()
            .map(|span| bytes(text, span))
            .collect::<Option<Vec<_>>>();
        let ranges = ranges.ok_or_else(|| {
            Failure::usage(format!(
                "{}: line {number}: a span without \"start\" and \"end\"",
                self.name
            ))
        })?;
        Ok((ranges, Vec::new()))
    }
}

/// The marks of a text, in bytes.
fn marks(document: &Document) -> Option<Vec<(Range<usize>, String)>> {
    let spans = document.rest.get("spans")?.as_array()?;
    let mark = |span: &Value| {
        let class = ["type", "label", "class"]
            .iter()
            .find_map(|name| span.get(name)?.as_str());
        Some((
            bytes(&document.text, span)?,
            class.unwrap_or("?").to_owned(),
        ))
    };
    spans.iter().map(mark).collect()
}

/// The bytes of a span whose offsets are code points.
fn bytes(text: &str, span: &Value) -> Option<Range<usize>> {
    let at = |name: &str| {
        let chars = usize::try_from(span.get(name)?.as_u64()?).ok()?;
        Some(
            text.char_indices()
                .nth(chars)
                .map_or(text.len(), |(at, _)| at),
        )
    };
    Some(at("start")?..at("end")?)
}

fn wrong_line(file: &std::path::Path, number: usize) -> Failure {
    Failure::usage(format!(
        "{}: line {number}: expected \"spans\", a list of {{\"start\", \"end\", \"type\"}}",
        file.display()
    ))
}

/// An error in its context, on one line.
fn told(text: &str, fault: &Fault, findings: &[Finding]) -> [Text; 4] {
    let (what, class, range, why) = match fault {
        Fault::Missed(range, class) => ("missed", class.clone(), range, String::new()),
        Fault::Spurious(range, position) => {
            let finding = findings.get(*position);
            (
                "too much",
                finding.map_or_else(String::new, |finding| finding.class.to_string()),
                range,
                finding.map_or_else(String::new, |finding| finding.reason.to_string()),
            )
        }
    };
    let line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let from = text.floor_char_boundary(range.start.saturating_sub(36));
    let to = text.ceil_char_boundary((range.end + 24).min(text.len()));
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let context = Text::of(Tone::Dim, format!("…{} ", line(part(from..range.start))))
        .add(Tone::Plain, line(part(range.clone())))
        .add(Tone::Dim, format!(" {}…", line(part(range.end..to))));
    [
        Text::plain(what),
        Text::plain(class),
        context,
        Text::of(Tone::Dim, why),
    ]
}

fn write_text(
    out: &mut impl Write,
    paper: &Paper,
    finders: &[Finder],
    errors: &[[Text; 4]],
) -> Result<(), Failure> {
    let share = |value: f64| Text::plain(format!("{value:.3}"));
    let rows: Vec<[Text; 9]> = finders
        .iter()
        .map(|finder| {
            let score = &finder.score;
            [
                Text::plain(finder.name.clone()),
                Text::plain(score.all.count.to_string()),
                share(score.all.covered_share()),
                share(score.all.touched_share()),
                share(score.precision()),
                share(score.recall()),
                share(score.f1()),
                Text::plain(format!(
                    "{:.1} % of {}",
                    100.0 * score.flagged(),
                    score.free_texts
                )),
                Text::plain(format!("{:.2}", score.spans_in_a_thousand_words())),
            ]
        })
        .collect();
    let heads = [
        "FINDER",
        "MENTIONS",
        "COVERED",
        "TOUCHED",
        "PRECISION",
        "RECALL",
        "F1",
        "FREE TEXTS FLAGGED",
        "SPANS/1,000 WORDS",
    ];
    writeln!(out, "{}", table(paper, heads, &rows))?;
    if let Some(first) = finders
        .first()
        .filter(|first| !first.score.by_class.is_empty())
    {
        let rows: Vec<[Text; 4]> = first
            .score
            .by_class
            .iter()
            .map(|(class, mentions)| {
                [
                    Text::plain(visible(class).into_owned()),
                    Text::plain(mentions.count.to_string()),
                    share(mentions.covered_share()),
                    share(mentions.touched_share()),
                ]
            })
            .collect();
        writeln!(
            out,
            "\n{}",
            table(paper, ["CLASS", "MENTIONS", "COVERED", "TOUCHED"], &rows)
        )?;
    }
    if !errors.is_empty() {
        writeln!(
            out,
            "\n{}",
            table(paper, ["ERROR", "CLASS", "IN CONTEXT", "WHY"], errors)
        )?;
    }
    Ok(())
}

fn write_json(out: &mut impl Write, finders: &[Finder]) -> Result<(), Failure> {
    let of = |finder: &Finder| {
        let score = &finder.score;
        let classes: serde_json::Map<String, Value> = score
            .by_class
            .iter()
            .map(|(class, mentions)| {
                let figures = json!({
                    "mentions": mentions.count,
                    "covered": mentions.covered_share(),
                    "touched": mentions.touched_share(),
                });
                (class.clone(), figures)
            })
            .collect();
        json!({
            "finder": finder.name,
            "mentions": score.all.count,
            "covered": score.all.covered_share(),
            "touched": score.all.touched_share(),
            "precision": score.precision(),
            "recall": score.recall(),
            "f1": score.f1(),
            "free_texts": score.free_texts,
            "free_texts_flagged": score.flagged(),
            "free_spans_per_1000_words": score.spans_in_a_thousand_words(),
            "classes": classes,
        })
    };
    for finder in finders {
        writeln!(out, "{}", of(finder))?;
    }
    Ok(())
}
