//! `covenant deid` and `covenant restore`: take out what identifies a patient, and put it back where that is wanted.
//! Nothing leaves the machine.

use crate::arguments::{Format, Globals};
use crate::documents::{self, Document, Shape};
use crate::exit::{Exit, Failure, Outcome};
use crate::sealed_map::{self, Joined};
use clap::{Args, ValueEnum};
use covenant_deid::files::{self, FileJob, FileOutput};
use covenant_deid::{Profile, Report, RestoreReport, TokenMap};
use covenant_detect::{Class, Detector};
use covenant_seal::{DataKey, HashKey, KeyService as _, LocalKey, Phi, SystemRandom};
use covenant_server::config::write_key_file;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Takes out what identifies a patient from a text or from JSON lines of {"id", "text"}.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file; - for standard input
    file: PathBuf,
    /// How to read it
    #[arg(long, value_name = "SHAPE", default_value = "auto")]
    input: Shape,
    /// What is done with what is found
    #[arg(long, value_name = "PROFILE", default_value = "safe-harbor")]
    profile: Named,
    /// The key stand-ins, codes and the date shift are derived under; made when it does not exist. Without one a key
    /// of this run alone is used
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Whose text it is, in your words: stand-ins and the date shift are the same in every text of one patient
    #[arg(long, value_name = "REFERENCE")]
    patient: Option<String>,
    /// The field of each JSON line that says whose text it is
    #[arg(long, value_name = "FIELD", conflicts_with = "patient")]
    patient_field: Option<String>,
    /// A field of each JSON line that is passed on as it is; others than id and text are dropped
    #[arg(long = "keep-field", value_name = "FIELD")]
    keep_fields: Vec<String>,
    /// Where to write the map that `covenant restore` needs, sealed under the key; only with pseudonymize
    #[arg(long, value_name = "FILE", requires = "key_file")]
    map: Option<PathBuf>,
}

/// Puts the originals back into a text that `covenant deid --profile pseudonymize --map` made.
#[derive(Args)]
pub(crate) struct RestoreArguments {
    /// The file; - for standard input
    file: PathBuf,
    /// How to read it
    #[arg(long, value_name = "SHAPE", default_value = "auto")]
    input: Shape,
    /// The key it was made under
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// The map that was written beside it
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
}

/// What is done with what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Named {
    /// Everything out; dates to the year, ages over 89 to "90 or older", ZIP codes to three digits or 000
    /// (164.514(b)(2)).
    SafeHarbor,
    /// Everything out.
    Redact,
    /// Realistic stand-ins of the same kind, stable per patient; dates shifted, intervals kept.
    Surrogate,
    /// Keyed codes that can be restored: coded data, not de-identified without an expert (164.514(c)).
    Pseudonymize,
}

impl Named {
    fn profile(self) -> Profile {
        let mut profile = match self {
            Named::SafeHarbor => Profile::safe_harbor_files(),
            Named::Redact => files::redacted(),
            Named::Surrogate => files::surrogates(),
            Named::Pseudonymize => files::codes(),
        };
        profile.as_of_year = Some(i32::from(crate::clock::today().year()));
        profile
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, globals: &Globals) -> Outcome {
    if arguments.map.is_some() && arguments.profile != Named::Pseudonymize {
        return Err(Failure::usage(
            "--map goes with --profile pseudonymize: nothing else comes back",
        ));
    }
    if let Some(map) = arguments.map.as_ref().filter(|map| map.exists()) {
        return Err(Failure::cannot_open(format!(
            "{}: a map is never written over",
            map.display()
        )));
    }
    let keys = FileKeys::open(arguments.key_file.as_deref())?;
    let mut work = Work {
        arguments,
        profile: arguments.profile.profile(),
        key: keys.derived()?,
        json: globals.format == Format::Json,
        told: Told::default(),
        map: Joined::default(),
    };
    match arguments.input.is_lines(&arguments.file) {
        true => documents::each_line(&arguments.file, |document| work.line(document))?,
        false => work.text()?,
    }
    std::io::stdout().lock().flush()?;
    if let (Some(file), Some(kek)) = (&arguments.map, &keys.kek) {
        sealed_map::write(file, &work.map, kek)?;
        eprintln!("the map, sealed: {}", file.display());
    }
    work.told.tell();
    Ok(Exit::Done)
}

struct Work<'a> {
    arguments: &'a Arguments,
    profile: Profile,
    key: HashKey,
    json: bool,
    told: Told,
    map: Joined,
}

impl Work<'_> {
    fn text(&mut self) -> Result<(), Failure> {
        let file = &self.arguments.file;
        let text = Phi::new(documents::whole(file)?);
        let output = self.screen(text.expose(), self.arguments.patient.as_deref())?;
        match self.json {
            true => print_line(
                &documents::name(file),
                output.text.get(),
                output.label,
                &Map::new(),
            ),
            false => Ok(std::io::stdout()
                .lock()
                .write_all(output.text.get().as_bytes())?),
        }
    }

    fn line(&mut self, document: Document) -> Result<(), Failure> {
        let of_field = match &self.arguments.patient_field {
            None => None,
            Some(field) => Some(patient_in(&document, field)?),
        };
        let patient = of_field.as_deref().or(self.arguments.patient.as_deref());
        let output = self.screen(&document.text, patient)?;
        let mut kept = Map::new();
        for (field, value) in document.rest {
            match self.arguments.keep_fields.contains(&field) {
                true => drop(kept.insert(field, value)),
                false => self.told.dropped += 1,
            }
        }
        self.told.lines += 1;
        print_line(&document.id, output.text.get(), output.label, &kept)
    }

    fn screen(&mut self, text: &str, patient: Option<&str>) -> Result<FileOutput, Failure> {
        let job = FileJob {
            detector: Detector::standard(),
            profile: &self.profile,
            key: &self.key,
            patient,
        };
        let output = job.run(Phi::new(text)).map_err(Failure::refused)?;
        self.told.add(output.text.report(), output.label);
        self.map.add(&output.map);
        Ok(output)
    }
}

/// The patient a line says it is of; a line that does not say is refused, for it would be taken for another's.
fn patient_in(document: &Document, field: &str) -> Result<String, Failure> {
    match document.rest.get(field) {
        Some(Value::String(patient)) => Ok(patient.clone()),
        Some(Value::Number(patient)) => Ok(patient.to_string()),
        _ => Err(Failure::usage(format!(
            "a line has no text or number in the field {field:?}"
        ))),
    }
}

fn print_line(
    id: &Value,
    text: &str,
    label: Option<&str>,
    kept: &Map<String, Value>,
) -> Result<(), Failure> {
    let mut line = Map::new();
    line.insert("id".to_owned(), id.clone());
    line.insert("text".to_owned(), Value::from(text));
    line.extend(label.map(|label| ("label".to_owned(), Value::from(label))));
    line.extend(kept.clone());
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &line).map_err(Failure::cannot_open)?;
    Ok(out.write_all(b"\n")?)
}

/// What is said on standard error: counts by class, and what the output must be labelled with.
#[derive(Default)]
struct Told {
    removed: BTreeMap<Class, u32>,
    generalised: BTreeMap<Class, u32>,
    unsure: u32,
    label: Option<&'static str>,
    lines: u64,
    dropped: u64,
}

impl Told {
    fn add(&mut self, report: &Report, label: Option<&'static str>) {
        for (total, counts) in [
            (&mut self.removed, &report.removed),
            (&mut self.generalised, &report.generalised),
        ] {
            for (class, count) in counts {
                *total.entry(*class).or_default() += count;
            }
        }
        self.unsure += report.unsure;
        self.label = self.label.or(label);
    }

    fn tell(&self) {
        eprintln!("taken out: {}", counted(&self.removed));
        if !self.generalised.is_empty() {
            eprintln!("generalised: {}", counted(&self.generalised));
        }
        if self.unsure > 0 {
            eprintln!("{} of them unsure", self.unsure);
        }
        if self.lines > 0 {
            eprintln!(
                "{} lines; ids are passed as they are: see that they identify nobody",
                self.lines
            );
        }
        if self.dropped > 0 {
            eprintln!(
                "{} fields dropped (--keep-field passes one on as it is)",
                self.dropped
            );
        }
        if let Some(label) = self.label {
            eprintln!("{label}");
        }
        eprintln!(
            "what the detector misses stays in the text; its miss rate is published in docs/DETECTION.md"
        );
    }
}

fn counted(counts: &BTreeMap<Class, u32>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The key of a run.
struct FileKeys {
    /// The key that was named; it also seals the map.
    kek: Option<LocalKey>,
}

impl FileKeys {
    fn open(file: Option<&Path>) -> Result<FileKeys, Failure> {
        let Some(file) = file else {
            return Ok(FileKeys { kek: None });
        };
        if file.exists() {
            return Ok(FileKeys {
                kek: Some(read_key(file)?),
            });
        }
        let key = LocalKey::generate(&SystemRandom).map_err(Failure::cannot_open)?;
        write_key_file(file, &key).map_err(Failure::cannot_open)?;
        eprintln!(
            "a new key was written to {}; whoever has it can link and restore",
            file.display()
        );
        Ok(FileKeys { kek: Some(key) })
    }

    fn derived(&self) -> Result<HashKey, Failure> {
        let key = match &self.kek {
            Some(kek) => kek.derive("deid-files"),
            None => DataKey::generate(&SystemRandom),
        };
        key.map(HashKey::from).map_err(Failure::cannot_open)
    }
}

fn read_key(file: &Path) -> Result<LocalKey, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::cannot_open(format!("{}: {error}", file.display())))?;
    let text = covenant_seal::SecretString::new(text);
    LocalKey::parse(text.expose())
        .map_err(|error| Failure::cannot_open(format!("{}: not a key: {error}", file.display())))
}

/// Runs the command.
pub(crate) fn restore(arguments: &RestoreArguments, _: &Globals) -> Outcome {
    let map = sealed_map::read(&arguments.map, &read_key(&arguments.key_file)?)?;
    let mut report = RestoreReport::default();
    match arguments.input.is_lines(&arguments.file) {
        true => documents::each_line(&arguments.file, |mut document| {
            document.text = restored(&document.text, &map, &mut report);
            let line = serde_json::to_string(&document).map_err(Failure::cannot_open)?;
            Ok(crate::terminal::line(line)?)
        })?,
        false => {
            let text = restored(&documents::whole(&arguments.file)?, &map, &mut report);
            std::io::stdout().lock().write_all(text.as_bytes())?;
        }
    }
    eprintln!("restored: {}", counted(&report.restored));
    if report.never_issued > 0 {
        eprintln!(
            "{} code-like strings are not in the map and stay as they are",
            report.never_issued
        );
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}

fn restored(text: &str, map: &TokenMap, total: &mut RestoreReport) -> String {
    let (text, report) = files::restore(text, map);
    for (class, count) in report.restored {
        *total.restored.entry(class).or_default() += count;
    }
    total.never_issued += report.never_issued;
    text
}
