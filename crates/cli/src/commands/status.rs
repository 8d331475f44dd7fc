//! `covenant status`: what runs, what is secured and what is not, in words that hold.

use crate::arguments::{Format, Globals};
use crate::clock::{moment, now_ms, today};
use crate::exit::{Exit, Failure, Outcome};
use crate::reach::Reading;
use crate::terminal::{self, Paper, Text, Tone};
use clap::Args;
use covenant_access::KeyState;
use covenant_ledger::EventKind;
use covenant_server::config::{KeyPlace, KeySource};
use covenant_store::EventFilter;
use serde::Serialize;

/// Says what runs, what is secured and what is not.
#[derive(Args)]
pub(crate) struct Arguments {}

/// What is said.
#[derive(Serialize)]
struct Status {
    version: &'static str,
    cryptographic_module: &'static str,
    configuration: String,
    data: String,
    server_runs: bool,
    key: KeyStatus,
    ledger: LedgerStatus,
    models_covered: Vec<String>,
    models_refused: Vec<String>,
    apps: usize,
    operators: usize,
    recoveries: Vec<RecoveryStatus>,
    red_flags: Vec<String>,
}

#[derive(Serialize)]
struct KeyStatus {
    secured: bool,
    source: String,
    words: String,
}

#[derive(Serialize)]
struct LedgerStatus {
    size: u64,
    root: String,
    verifier_key: String,
}

/// A time an operator was given a key by the owner of the machine.
#[derive(Serialize)]
struct RecoveryStatus {
    entry: u64,
    at: String,
    object: String,
    why: String,
}

/// Runs the command.
pub(crate) fn run(_: Arguments, globals: &Globals) -> Outcome {
    let reading = Reading::open(globals)?;
    let status = status(&reading)?;
    match globals.format {
        Format::Json => {
            terminal::line(serde_json::to_string(&status).map_err(Failure::cannot_open)?)?
        }
        Format::Text => print(&status, &Paper::of_stdout(globals.color))?,
    }
    Ok(Exit::Done)
}

/// `covenant keys status`: the key alone.
pub(crate) fn keys(globals: &Globals) -> Outcome {
    let reading = Reading::open(globals)?;
    let key = key(&reading);
    match globals.format {
        Format::Json => terminal::line(serde_json::to_string(&key).map_err(Failure::cannot_open)?)?,
        Format::Text => print_key(&key, &Paper::of_stdout(globals.color))?,
    }
    Ok(Exit::Done)
}

fn status(reading: &Reading) -> Result<Status, Failure> {
    let state = reading.state()?;
    let (mut models_covered, mut models_refused) = (Vec::new(), Vec::new());
    for alias in state.register.models().keys() {
        match state.register.cover(alias, &[], today()) {
            Ok(coverage) => models_covered.push(format!("{alias} {}", coverage.describe())),
            Err(uncovered) => models_refused.push(format!("{alias}: {}", uncovered.words)),
        }
    }
    let active = |keys: &[covenant_access::AppKey]| {
        keys.iter()
            .any(|key| key.state(now_ms()) == KeyState::Active)
    };
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        cryptographic_module: covenant_seal::module_description(),
        configuration: reading.config.file.display().to_string(),
        data: reading.config.store.directory.display().to_string(),
        server_runs: reading.server_runs(),
        key: key(reading),
        ledger: ledger(reading)?,
        models_covered,
        models_refused,
        apps: state
            .apps
            .values()
            .filter(|app| !app.disabled && active(&app.keys))
            .count(),
        operators: state
            .operators
            .values()
            .filter(|operator| !operator.disabled && active(&operator.keys))
            .count(),
        recoveries: recoveries(reading)?,
        red_flags: state.register.red_flags(today()),
    })
}

fn recoveries(reading: &Reading) -> Result<Vec<RecoveryStatus>, Failure> {
    let filter = EventFilter {
        kinds: vec![EventKind::OperatorRecovered],
        limit: usize::MAX,
        ..EventFilter::default()
    };
    let events = reading.wait(reading.store.events(&filter))?;
    let told = events.into_iter().map(|(entry, event)| {
        let change = event.change.unwrap_or_default();
        RecoveryStatus {
            entry,
            at: moment(event.at_ms),
            object: change.object,
            why: change.why,
        }
    });
    Ok(told.collect())
}

fn key(reading: &Reading) -> KeyStatus {
    let source = match &reading.config.keys.source {
        KeySource::File(file) => format!("file {}", file.display()),
        KeySource::Variable(name) => format!("environment variable {name}"),
    };
    let (secured, words) = match &reading.key_place {
        KeyPlace::Apart => (true, "kept apart from the data directory".to_owned()),
        KeyPlace::NotSecured(why) => (
            false,
            format!(
                "it {why}; HHS counts PHI as secured only where the key is kept apart from the data (74 FR 19006)"
            ),
        ),
    };
    KeyStatus {
        secured,
        source,
        words,
    }
}

fn ledger(reading: &Reading) -> Result<LedgerStatus, Failure> {
    let note = reading.wait(reading.store.checkpoint())?;
    let verifier_key = reading.store.log_vkey();
    let key = verifier_key.parse().map_err(Failure::cannot_open)?;
    let (checkpoint, _) =
        covenant_ledger::checkpoint::open(&note, &[key]).map_err(Failure::cannot_open)?;
    Ok(LedgerStatus {
        size: checkpoint.size,
        root: covenant_seal::hex(&checkpoint.root),
        verifier_key,
    })
}

fn print(status: &Status, paper: &Paper) -> Result<(), Failure> {
    let field = |name: &str, text: &Text| terminal::line(paper.field(12, name, text));
    field(
        "covenant",
        &Text::plain(format!(
            "{}, {}",
            status.version, status.cryptographic_module
        )),
    )?;
    field("config", &Text::plain(&status.configuration))?;
    field("data", &Text::plain(&status.data))?;
    let server = match status.server_runs {
        true => Text::of(Tone::Good, "runs"),
        false => Text::of(Tone::Dim, "does not run"),
    };
    field("server", &server)?;
    print_key(&status.key, paper)?;
    let root = status.ledger.root.get(..16).unwrap_or_default();
    field(
        "ledger",
        &Text::plain(format!("{} entries, root {root}…", status.ledger.size)),
    )?;
    field("", &Text::of(Tone::Dim, &status.ledger.verifier_key))?;
    for model in &status.models_covered {
        field("model", &Text::of(Tone::Good, "✓ ").add(Tone::Plain, model))?;
    }
    for model in &status.models_refused {
        field("model", &Text::of(Tone::Bad, "✗ ").add(Tone::Plain, model))?;
    }
    field(
        "apps",
        &Text::plain(format!("{} with a key in force", status.apps)),
    )?;
    field(
        "operators",
        &Text::plain(format!("{} with a key in force", status.operators)),
    )?;
    for recovery in &status.recoveries {
        let words = format!(
            "{} was given a key by the owner of the machine, {}: {} (ledger entry {})",
            recovery.object, recovery.at, recovery.why, recovery.entry
        );
        field("recovered", &Text::of(Tone::Warn, words))?;
    }
    for flag in &status.red_flags {
        field("red flag", &Text::of(Tone::Warn, flag))?;
    }
    Ok(())
}

fn print_key(key: &KeyStatus, paper: &Paper) -> Result<(), Failure> {
    let (tone, word) = if key.secured {
        (Tone::Good, "secured")
    } else {
        (Tone::Bad, "not secured")
    };
    let text = Text::of(tone, word).add(Tone::Plain, format!(": {}, {}", key.source, key.words));
    Ok(terminal::line(paper.field(12, "key", &text))?)
}
