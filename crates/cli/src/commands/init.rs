//! `covenant init`: what a real installation begins with.

use crate::arguments::Globals;
use crate::exit::{Exit, Failure, Outcome};
use crate::reach;
use crate::terminal::{self, Paper, Text, Tone};
use clap::Args;
use covenant_access::{Operator, Role};
use covenant_seal::{KeyService as _, LocalKey, SystemRandom};
use covenant_server::House;
use covenant_server::config::{Config, write_key_file};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The commented configuration, with places for what was asked.
const TEMPLATE: &str = include_str!("../../assets/covenant.toml");

/// Writes a commented covenant.toml, makes a key apart from the data, and the first named operator.
#[derive(Args)]
#[command(
    after_help = "Then: covenant vendor add, baa draft, baa sign, model add, app add; each says by --help what comes next.
And: covenant serve"
)]
pub(crate) struct Arguments {
    /// The configuration to write
    #[arg(long, value_name = "FILE", default_value = "covenant.toml")]
    write: PathBuf,
    /// The data directory
    #[arg(long, value_name = "DIRECTORY", default_value = "covenant-store")]
    directory: PathBuf,
    /// The key file; it must lie outside the data directory, best on another device
    #[arg(long, value_name = "FILE", default_value = "covenant-kek.key")]
    key_file: PathBuf,
    /// The name of the first operator, recorded as the who of every change
    #[arg(long, value_name = "NAME", default_value = "admin")]
    operator: String,
    /// Roles of the first operator
    #[arg(long = "role", value_name = "ROLE", default_values = ["privacy-officer", "security-officer"])]
    roles: Vec<Role>,
    /// The origin of the ledger: a name of yours, without a scheme
    #[arg(long, value_name = "NAME", default_value = "covenant.invalid/log")]
    origin: String,
}

/// Variables that would win over the file that is written, and the options that say the same here.
const OVERRULING: [(&str, &str); 2] = [
    ("COVENANT_DIRECTORY", "--directory"),
    ("COVENANT_KEY_FILE", "--key-file"),
];

/// Runs the command.
pub(crate) fn run(arguments: Arguments, globals: &Globals) -> Outcome {
    not_overruled(&arguments, globals)?;
    apart(&arguments.key_file, &arguments.directory)?;
    let text = filled(&arguments)?;
    // Parsed before anything is written: a name that does not fit leaves nothing behind.
    Operator::new(&arguments.operator, arguments.roles.clone()).map_err(Failure::usage)?;
    Config::parse(&text, &arguments.write, &reach::environment()).map_err(Failure::usage)?;
    new_file(&arguments.write, &text)?;
    let config =
        Config::load(&arguments.write, &reach::environment()).map_err(Failure::cannot_open)?;
    let key_id = make_key(&arguments.key_file)?;
    directory(&arguments.directory)?;

    let shown = reach::runtime()?.block_on(async {
        let house = House::create(&config, &reach::environment())
            .await
            .map_err(Failure::cannot_open)?;
        let done = house
            .first_operator(&arguments.operator, arguments.roles.clone())
            .await;
        house.store.close().await.map_err(Failure::cannot_open)?;
        done.map_err(Failure::refused)
    })?;

    let paper = Paper::of_stdout(globals.color);
    let made = |what: &str, path: &Path, note: &str| {
        let text = Text::plain(path.display().to_string()).add(Tone::Dim, format!("  {note}"));
        terminal::line(paper.field(14, what, &text))
    };
    made("configuration", &arguments.write, "commented; read it once")?;
    made(
        "key",
        &arguments.key_file,
        &format!("{key_id}, mode 0600; without it nothing can be read: keep a copy elsewhere"),
    )?;
    made("data", &arguments.directory, "mode 0700")?;
    terminal::line(paper.field(
        14,
        "operator",
        &Text::of(Tone::Bold, &arguments.operator).add(Tone::Dim, "  the key, shown this once:"),
    ))?;
    terminal::line(format!("\n{}\n", shown.expose()))?;
    let next = "Next: export COVENANT_OPERATOR_KEY with that key, then `covenant vendor add`, `covenant baa draft`, \
                `covenant baa sign`, `covenant model add`, `covenant app add`; and `covenant serve`.";
    terminal::line(paper.paragraph(0, &Text::plain(next)))?;
    Ok(Exit::Done)
}

/// What is made is what is asked for and told: a variable or an option that leads elsewhere is refused.
fn not_overruled(arguments: &Arguments, globals: &Globals) -> Result<(), Failure> {
    let environment = reach::environment();
    for (variable, option) in OVERRULING {
        if environment.value(variable).is_some() {
            return Err(Failure::usage(format!(
                "{variable} is set and would win over the configuration that is written here; \
                 unset it, and name the place with {option}"
            )));
        }
    }
    match &globals.config {
        Some(file) if *file != arguments.write => Err(Failure::usage(format!(
            "--config (or COVENANT_CONFIG) names {}, and {} would be written; name one file with --write alone",
            file.display(),
            arguments.write.display()
        ))),
        _ => Ok(()),
    }
}

/// A key that lies inside the data directory would not count as kept apart.
fn apart(key: &Path, directory: &Path) -> Result<(), Failure> {
    let (key, directory) = (std::path::absolute(key)?, std::path::absolute(directory)?);
    match key.starts_with(&directory) {
        true => Err(Failure::usage(
            "--key-file lies inside the data directory; keep it apart, best on another device",
        )),
        false => Ok(()),
    }
}

fn filled(arguments: &Arguments) -> Result<String, Failure> {
    let whole = |path: &Path| -> Result<String, Failure> {
        let path = std::path::absolute(path)?;
        let text = path
            .to_str()
            .ok_or_else(|| Failure::usage("a path is not UTF-8"))?;
        Ok(toml::Value::String(text.to_owned()).to_string())
    };
    Ok(TEMPLATE
        .replace("{directory}", &whole(&arguments.directory)?)
        .replace("{key_file}", &whole(&arguments.key_file)?)
        .replace(
            "{origin}",
            &toml::Value::String(arguments.origin.clone()).to_string(),
        ))
}

fn new_file(file: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::cannot_open(format!("{}: {error}", file.display()));
    let mut opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(file)
        .map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)
}

fn make_key(file: &Path) -> Result<String, Failure> {
    if let Some(parent) = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        directory(parent)?;
    }
    let key = LocalKey::generate(&SystemRandom).map_err(Failure::cannot_open)?;
    write_key_file(file, &key).map_err(Failure::cannot_open)?;
    Ok(key.id().to_string())
}

fn directory(path: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Failure::cannot_open(format!("{}: {error}", path.display())))
}
