//! How a command reaches what it needs: the configuration, the store for reading, the writer for changes.

use crate::arguments::{Format, Globals};
use crate::commands::register::Why;
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal::{self, Paper, Text, Tone};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use covenant_seal::SecretString;
use covenant_server::admin::{Change, Done, Error, Order, Recovery};
use covenant_server::config::{Config, Environment, KeyPlace};
use covenant_server::control::Client;
use covenant_server::private_file::refuse_readable_by_others;
use covenant_server::state::State;
use covenant_server::{House, open_store};
use covenant_store::{Mode, Store};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// Where a configuration is looked for when none is named.
const CONFIGS: [&str; 2] = ["covenant.toml", "covenant-data/covenant.toml"];

/// The environment of this process.
pub(crate) fn environment() -> Environment {
    Environment::of_process()
}

/// The configuration that is named, or the nearest one.
pub(crate) fn config(globals: &Globals) -> Result<Config, Failure> {
    let near = || {
        CONFIGS
            .into_iter()
            .map(PathBuf::from)
            .find(|file| file.exists())
    };
    let file = globals.config.clone().or_else(near).ok_or_else(|| {
        Failure::cannot_open(
            "no covenant.toml here; write one with `covenant init`, or name one with --config",
        )
    })?;
    Config::load(&file, &environment()).map_err(Failure::cannot_open)
}

/// The runtime of asynchronous work: one worker for two cores. The store writes on a thread of its own and long texts
/// are read on others; a second worker on the last core mostly looks for work and slows those that have it down.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads((cores / 2).max(1))
        .enable_all()
        .build()?)
}

/// The store, open for reading beside a running server.
pub(crate) struct Reading {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) key_place: KeyPlace,
    runtime: Runtime,
}

impl Reading {
    pub(crate) fn open(globals: &Globals) -> Result<Reading, Failure> {
        let config = config(globals)?;
        let runtime = runtime()?;
        let opened = runtime.block_on(open_store(&config, &environment(), Mode::ReadOnly));
        let (store, key_place) = opened.map_err(Failure::cannot_open)?;
        Ok(Reading {
            config,
            store,
            key_place,
            runtime,
        })
    }

    /// Waits for what the store does.
    pub(crate) fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, covenant_store::Error>>,
    ) -> Result<T, Failure> {
        self.runtime.block_on(work).map_err(from_store)
    }

    /// The register as it stands.
    pub(crate) fn state(&self) -> Result<State, Failure> {
        let rows = self.wait(self.store.register_rows())?;
        State::read(&rows).map_err(Failure::cannot_open)
    }

    /// Whether a server runs on this data directory.
    pub(crate) fn server_runs(&self) -> bool {
        self.runtime
            .block_on(Client::connect(&self.config.store.directory))
            .is_some()
    }
}

fn from_store(error: covenant_store::Error) -> Failure {
    use covenant_store::Error as Store;
    match error {
        Store::NotFound { .. }
        | Store::Refused(_)
        | Store::Held { .. }
        | Store::Shredded { .. } => Failure::refused(error),
        _ => Failure::cannot_open(error),
    }
}

/// Makes a change and says what was done.
pub(crate) fn change(globals: &Globals, change: Change, why: Why) -> Outcome {
    said(globals, &send(globals, change, &why)?)
}

fn said(globals: &Globals, done: &Done) -> Outcome {
    match globals.format {
        Format::Json => terminal::line(serde_json::to_string(done).map_err(Failure::cannot_open)?)?,
        Format::Text => tell(done, &Paper::of_stdout(globals.color))?,
    }
    Ok(Exit::Done)
}

/// Gives an operator a new key without an operator's key: the store is opened with the key-encryption key, beside the
/// running server, which then makes the change, or as the one writer when none runs.
pub(crate) fn recover(globals: &Globals, recovery: Recovery) -> Outcome {
    let config = config(globals)?;
    let done = runtime()?.block_on(async {
        if let Some(client) = Client::connect(&config.store.directory).await {
            let (store, _) = open_store(&config, &environment(), Mode::ReadOnly)
                .await
                .map_err(Failure::cannot_open)?;
            return client.recover(recovery, &store).await.map_err(from_admin);
        }
        let house = House::open(&config, &environment())
            .await
            .map_err(Failure::cannot_open)?;
        let done = house.recover(recovery).await.map_err(from_admin);
        house.store.close().await.map_err(Failure::cannot_open)?;
        done
    })?;
    said(globals, &done)
}

/// Reads content back: the bytes to standard output, the rest to standard error.
pub(crate) fn read_content(globals: &Globals, change: Change, why: &Why) -> Outcome {
    let done = send(globals, change, why)?;
    let content = done
        .content
        .as_ref()
        .ok_or_else(|| Failure::cannot_open("no content came back"))?;
    let bytes = BASE64
        .decode(content.expose())
        .map_err(Failure::cannot_open)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes)?;
    out.flush()?;
    eprintln!(
        "\nthe reading is entry {} of the ledger",
        done.event.unwrap_or_default()
    );
    Ok(Exit::Done)
}

/// Sends a change to the running server, or makes it here when none runs.
pub(crate) fn send(globals: &Globals, change: Change, why: &Why) -> Result<Done, Failure> {
    let config = config(globals)?;
    let key = operator_key(globals)?;
    let order = Order {
        change,
        why: why.words.clone(),
    };
    runtime()?.block_on(async {
        if let Some(client) = Client::connect(&config.store.directory).await {
            return client.order(&key, &order).await.map_err(from_admin);
        }
        let house = House::open(&config, &environment())
            .await
            .map_err(Failure::cannot_open)?;
        let done = house.admin.execute(&key, order).await.map_err(from_admin);
        house.store.close().await.map_err(Failure::cannot_open)?;
        done
    })
}

fn from_admin(error: Error) -> Failure {
    match error {
        Error::Unavailable(_) => Failure::cannot_open(error),
        _ => Failure::refused(error),
    }
}

/// The operator's key: from a file that is named, or from the environment; never an argument, which others can see.
fn operator_key(globals: &Globals) -> Result<SecretString, Failure> {
    let text = match &globals.operator_key_file {
        Some(file) => {
            refuse_readable_by_others(file).map_err(Failure::cannot_open)?;
            text_input(file)?
        }
        None => environment()
            .value("COVENANT_OPERATOR_KEY")
            .unwrap_or_default()
            .to_owned(),
    };
    Ok(SecretString::new(text.trim().to_owned()))
}

/// Whether there is an operator's key to be had.
pub(crate) fn has_operator_key(globals: &Globals) -> bool {
    operator_key(globals).is_ok_and(|key| !key.expose().is_empty())
}

/// Says what was done.
fn tell(done: &Done, paper: &Paper) -> Result<(), Failure> {
    let recorded = done
        .event
        .map(|event| format!("  (ledger entry {event})"))
        .unwrap_or_default();
    let text = Text::new()
        .add(Tone::Good, "✓ ")
        .add(Tone::Bold, &done.object)
        .add(Tone::Plain, format!(" {}", done.action))
        .add(Tone::Dim, recorded);
    terminal::line(paper.paint(&text))?;
    for (what, count) in &done.figures {
        terminal::line(format!("  {count:>8}  {what}"))?;
    }
    for note in &done.notes {
        terminal::line(paper.paragraph(2, &Text::of(Tone::Warn, note)))?;
    }
    if let Some(key) = &done.key {
        terminal::line(paper.paint(&Text::of(Tone::Dim, "  its key, shown this once:")))?;
        terminal::line(format!("  {}", key.expose()))?;
    }
    Ok(())
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn text_input(file: &Path) -> Result<String, Failure> {
    let bytes = bytes_input(file)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("{}: not UTF-8 at byte {at}", file.display()))
    })
}

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn bytes_input(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = || -> std::io::Result<Vec<u8>> {
        match file.as_os_str() == "-" {
            true => {
                let mut bytes = Vec::new();
                std::io::stdin().lock().read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            false => std::fs::read(file),
        }
    };
    read().map_err(|error| Failure::cannot_open(format!("{}: {error}", file.display())))
}
