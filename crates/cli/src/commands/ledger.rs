//! `covenant ledger`: is the log whole, what does it say, and how does anybody else check it.

use crate::arguments::{Format, Globals};
use crate::clock::{moment, now_ms};
use crate::commands::register::Why;
use crate::exit::{Exit, Failure, Outcome};
use crate::reach::{self, Reading};
use crate::terminal::{self, Paper, Text, Tone};
use clap::{Args, Subcommand};
use covenant_ledger::{Event, EventKind};
use covenant_server::admin::Change;
use covenant_store::EventFilter;
use serde::Serialize;
use std::path::PathBuf;

/// The ledger.
#[derive(Subcommand)]
pub(crate) enum Ledger {
    /// Check every entry, value and payload digest; name the first bad one
    Verify {
        /// A checkpoint saved earlier, elsewhere; without one only consistency is checked
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
    },
    /// Print entries
    Show(Show),
    /// Print a proof that an entry is in the log (C2SP tlog-proof); anybody can check it offline
    Prove {
        /// The entry's index
        index: u64,
    },
    /// Write tiles, entries and checkpoint (C2SP tlog-tiles) for another verifier
    Export {
        /// A folder that does not exist yet
        directory: PathBuf,
        /// Also write the events as JSON lines, opened
        #[arg(long, value_name = "FILE")]
        events: Option<PathBuf>,
    },
    /// Print the signed checkpoint; keep it elsewhere and give it to `verify --since`. With --format json its parts too
    Checkpoint,
    /// Keep the signature of a witness
    Cosign {
        /// The checkpoint with the witness's signature lines; - for standard input
        file: PathBuf,
        #[command(flatten)]
        why: Why,
    },
}

/// Which entries.
#[derive(Args)]
pub(crate) struct Show {
    /// Of one request, by its x-request-id
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Of one app
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Of one kind, such as refused, answered or register; repeatable
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<EventKind>,
    /// Not before this day (YYYY-MM-DD) or this long ago (such as 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// At most so many, the latest
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

fn kind(text: &str) -> Result<EventKind, String> {
    text.parse().map_err(|_| {
        let kinds = EventKind::ALL.map(EventKind::as_str).join(", ");
        format!("no such kind of entry; there are {kinds}")
    })
}

/// A day, or a span back from now.
#[derive(Clone, Copy, Debug)]
struct Since {
    at_ms: i64,
}

impl std::str::FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Since, &'static str> {
        if let Ok(day) = text.parse::<covenant_govern::Date>() {
            return Ok(Since {
                at_ms: day.start_ms(),
            });
        }
        let span: crate::clock::Span = text
            .parse()
            .map_err(|_| "expected a day such as 2026-03-01 or a span such as 24h")?;
        Ok(Since {
            at_ms: now_ms().saturating_sub(span.ms),
        })
    }
}

/// Runs the command.
pub(crate) fn run(command: Ledger, globals: &Globals) -> Outcome {
    match command {
        Ledger::Verify { since } => verify(since.as_deref(), globals),
        Ledger::Show(which) => show(which, globals),
        Ledger::Prove { index } => {
            let reading = Reading::open(globals)?;
            print(&reading.wait(reading.store.prove(index))?)
        }
        Ledger::Export { directory, events } => export(&directory, events.as_deref(), globals),
        Ledger::Checkpoint => checkpoint(globals),
        Ledger::Cosign { file, why } => cosign(&file, &why, globals),
    }
}

/// A checkpoint for a script: the note, and what it says.
#[derive(Serialize)]
struct Told {
    note: String,
    origin: String,
    size: u64,
    root: String,
    verifier_key: String,
}

fn checkpoint(globals: &Globals) -> Outcome {
    let reading = Reading::open(globals)?;
    let note = reading.wait(reading.store.checkpoint())?;
    if globals.format == Format::Text {
        return print(&note);
    }
    let verifier_key = reading.store.log_vkey();
    let key = verifier_key.parse().map_err(Failure::cannot_open)?;
    let (checkpoint, _) =
        covenant_ledger::checkpoint::open(&note, &[key]).map_err(Failure::cannot_open)?;
    let told = Told {
        note,
        origin: checkpoint.origin,
        size: checkpoint.size,
        root: covenant_seal::hex(&checkpoint.root),
        verifier_key,
    };
    terminal::line(serde_json::to_string(&told).map_err(Failure::cannot_open)?)?;
    Ok(Exit::Done)
}

/// Prints a text that ends in a newline of its own.
fn print(text: &str) -> Outcome {
    terminal::line(text.trim_end_matches('\n'))?;
    Ok(Exit::Done)
}

fn verify(since: Option<&std::path::Path>, globals: &Globals) -> Outcome {
    let saved = since.map(reach::text_input).transpose()?;
    let reading = Reading::open(globals)?;
    let witnesses = reading.config.ledger.witness_keys();
    let report = reading.wait(reading.store.verify(saved.as_deref(), &witnesses))?;
    let good = report.is_good();
    match globals.format {
        Format::Json => {
            terminal::line(serde_json::to_string(&report).map_err(Failure::cannot_open)?)?
        }
        Format::Text => {
            let paper = Paper::of_stdout(globals.color);
            for line in report.to_string().lines() {
                terminal::line(paper.paint(&judged(line)))?;
            }
        }
    }
    Ok(if good { Exit::Done } else { Exit::Refused })
}

/// A line of the report in the tone of what it says.
fn judged(line: &str) -> Text {
    match line {
        line if line.starts_with("no bad entry") => Text::of(Tone::Good, format!("✓ {line}")),
        line if line.starts_with("first bad entry") || line.starts_with("found:") => {
            Text::of(Tone::Bad, format!("✗ {line}"))
        }
        line if line.contains("consistency only") => Text::of(Tone::Warn, line),
        line => Text::plain(line),
    }
}

fn show(which: Show, globals: &Globals) -> Outcome {
    let reading = Reading::open(globals)?;
    let filter = EventFilter {
        request: which.request,
        app: which.app,
        kinds: which.kinds,
        from_ms: which.since.map(|since| since.at_ms),
        limit: which.limit,
        newest_first: true,
        ..EventFilter::default()
    };
    let mut events = reading.wait(reading.store.events(&filter))?;
    events.reverse();
    let paper = Paper::of_stdout(globals.color);
    for (index, event) in &events {
        match globals.format {
            Format::Json => {
                let line = serde_json::json!({ "index": index, "event": event });
                terminal::line(line)?;
            }
            Format::Text => terminal::line(told(&paper, *index, event))?,
        }
    }
    Ok(Exit::Done)
}

/// An entry in a few lines: when, what, who, and what is worth knowing of it.
fn told(paper: &Paper, index: u64, event: &Event) -> String {
    let tone = match event.kind {
        EventKind::Refused | EventKind::Failed | EventKind::Interrupted => Tone::Bad,
        _ => Tone::Good,
    };
    let head = Text::of(Tone::Dim, format!("{index:>6}  {}  ", moment(event.at_ms)))
        .add(tone, format!("{:<18}", event.kind.as_str()))
        .add(Tone::Bold, who(event));
    let mut lines = vec![paper.paint(&head)];
    for (name, words) in facts(event) {
        lines.push(paper.field(
            24,
            "",
            &Text::of(Tone::Dim, format!("{name} ")).add(Tone::Plain, words),
        ));
    }
    lines.join("\n")
}

fn who(event: &Event) -> String {
    let who = &event.who;
    match (&who.operator, &who.app, &who.principal) {
        (Some(operator), ..) => format!("operator {operator}"),
        (None, Some(app), _) => format!("app {app}"),
        (None, None, Some(principal)) => principal.clone(),
        (None, None, None) => "covenant".to_owned(),
    }
}

fn facts(event: &Event) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(request) = &event.request {
        facts.push(("request", request.clone()));
    }
    if let Some(what) = &event.what {
        facts.push((
            "to",
            format!("{} of {} ({})", what.model, what.vendor, what.endpoint),
        ));
        if let Some(agreement) = &what.agreement {
            facts.push((
                "under",
                format!(
                    "{agreement} v{}",
                    what.agreement_version.unwrap_or_default()
                ),
            ));
        }
        if let Some(decision) = &what.decision {
            facts.push(("sent as de-identified under", decision.clone()));
        }
    }
    if let Some(why) = &event.why {
        facts.push(("for", format!("{} {}", why.purpose, why.legal_basis)));
    }
    if let Some(policy) = event
        .policy
        .as_ref()
        .filter(|policy| !policy.policies.is_empty())
    {
        facts.push(("policy", policy.policies.join(", ")));
    }
    if let Some(counts) = &event.counts {
        facts.extend(
            [
                ("found", &counts.found),
                ("taken out", &counts.removed),
                ("passed", &counts.sent),
            ]
            .into_iter()
            .chain([
                ("restored", &counts.restored),
                ("invented by the model", &counts.invented),
            ])
            .filter(|(_, counts)| !counts.is_empty())
            .map(|(name, counts)| (name, counted(counts))),
        );
    }
    if let Some(change) = &event.change {
        let why = if change.why.is_empty() {
            String::new()
        } else {
            format!(": {}", change.why)
        };
        facts.push((
            "change",
            format!("{} {}{why}", change.object, change.action),
        ));
    }
    if let Some(outcome) = event
        .outcome
        .as_ref()
        .filter(|outcome| !outcome.message.is_empty())
    {
        facts.push(("because", outcome.message.clone()));
    }
    for payload in &event.payloads {
        facts.push(("sealed", format!("{} {}", payload.kind, payload.id)));
    }
    facts.extend(event.note.clone().map(|note| ("note", note)));
    facts
}

fn counted(counts: &std::collections::BTreeMap<String, u32>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    parts.join(", ")
}

fn export(
    directory: &std::path::Path,
    events: Option<&std::path::Path>,
    globals: &Globals,
) -> Outcome {
    let reading = Reading::open(globals)?;
    let size = reading.wait(reading.store.export(directory))?;
    if let Some(file) = events {
        let failed =
            |error: std::io::Error| Failure::cannot_open(format!("{}: {error}", file.display()));
        let mut out = std::io::BufWriter::new(std::fs::File::create_new(file).map_err(failed)?);
        let all = EventFilter {
            limit: usize::MAX,
            ..EventFilter::default()
        };
        reading.wait(reading.store.export_jsonl(&all, &mut out))?;
        std::io::Write::flush(&mut out).map_err(failed)?;
    }
    eprintln!(
        "{size} entries, tiles and checkpoint written to {}",
        directory.display()
    );
    eprintln!("the log's verifier key: {}", reading.store.log_vkey());
    if reach::has_operator_key(globals) {
        let done = reach::send(globals, Change::ExportRecord { size }, &Why::default())?;
        eprintln!(
            "the export is entry {} of the ledger",
            done.event.unwrap_or_default()
        );
    } else {
        eprintln!("not recorded: no operator's key was given");
    }
    Ok(Exit::Done)
}

/// Sends every signature line of a note that the log itself did not write.
fn cosign(file: &std::path::Path, why: &Why, globals: &Globals) -> Outcome {
    let text = reach::text_input(file)?;
    let (_, lines) = text
        .rsplit_once("\n\n")
        .ok_or_else(|| Failure::usage("not a signed note: no signature lines"))?;
    let origin = text.lines().next().unwrap_or_default();
    let of_log = format!("— {origin} ");
    let lines: Vec<&str> = lines
        .lines()
        .filter(|line| line.starts_with("— ") && !line.starts_with(&of_log))
        .collect();
    if lines.is_empty() {
        return Err(Failure::usage(
            "the note has no signature line of a witness",
        ));
    }
    let mut last = Exit::Done;
    for line in lines {
        let cosign = Change::Cosign {
            note: text.clone(),
            line: line.to_owned(),
        };
        last = reach::change(globals, cosign, why.clone())?;
    }
    Ok(last)
}
