//! A TOML file with its name, so that every refusal can say where and what is expected.

use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::Spanned;

/// A configuration that is refused: which file, which line, what is expected.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {message}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct Error {
    /// The file, or the name of the environment variable.
    pub file: PathBuf,
    /// The line, counted from 1, when the fault lies in one.
    pub line: Option<usize>,
    /// What is wrong and what is expected, in words.
    pub message: String,
}

impl Error {
    /// A file that cannot be read.
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Error {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "no such file; `covenant init` writes one, or name it with --config".to_owned()
            }
            _ => format!("cannot read it: {error}"),
        };
        Error {
            file: file.to_path_buf(),
            line: None,
            message,
        }
    }

    /// A wrong value in an environment variable.
    pub(super) fn variable(name: &str, message: impl Display) -> Error {
        Error {
            file: PathBuf::from(format!("environment variable {name}")),
            line: None,
            message: message.to_string(),
        }
    }
}

/// The text of a configuration file and its name.
pub(super) struct Document<'a> {
    file: &'a Path,
    text: &'a str,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Document<'a> {
        Document { file, text }
    }

    /// Reads the text into the raw structs.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        toml::from_str(self.text).map_err(|error| Error {
            file: self.file.to_path_buf(),
            line: error.span().map(|span| self.line(span.start)),
            message: in_words(error.message()),
        })
    }

    /// A refusal at a place in the file.
    pub(super) fn refuse(&self, place: Range<usize>, message: impl Display) -> Error {
        Error {
            file: self.file.to_path_buf(),
            line: Some(self.line(place.start)),
            message: message.to_string(),
        }
    }

    /// A refusal of the file as a whole.
    pub(super) fn refuse_whole(&self, message: impl Display) -> Error {
        Error {
            file: self.file.to_path_buf(),
            line: None,
            message: message.to_string(),
        }
    }

    /// A path as written, taken from the folder the file lies in.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(written)
    }

    /// A number that must lie in a range, or the default.
    pub(super) fn number<T>(
        &self,
        value: Option<Spanned<i64>>,
        name: &str,
        range: RangeInclusive<i64>,
        default: T,
    ) -> Result<T, Error>
    where
        T: TryFrom<i64>,
    {
        let Some(value) = value else {
            return Ok(default);
        };
        let expected = || {
            format!(
                "`{name}` must be a whole number from {} to {}",
                range.start(),
                range.end()
            )
        };
        if !range.contains(value.get_ref()) {
            return Err(self.refuse(value.span(), expected()));
        }
        T::try_from(*value.get_ref()).map_err(|_| self.refuse(value.span(), expected()))
    }

    /// A text that must parse, or the default.
    pub(super) fn parsed<T: FromStr>(
        &self,
        value: Option<Spanned<String>>,
        name: &str,
        expected: &str,
        default: T,
    ) -> Result<T, Error> {
        let Some(value) = value else {
            return Ok(default);
        };
        value
            .get_ref()
            .parse()
            .map_err(|_| self.refuse(value.span(), format!("`{name}` must be {expected}")))
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// The parser's words in those of a configuration, without the text of a value: a secret may have been pasted where it
/// does not belong.
fn in_words(message: &str) -> String {
    if let Some(types) = message.strip_prefix("invalid type: ") {
        let expected = types
            .rsplit_once(", expected ")
            .map_or("", |(_, expected)| expected);
        return format!("expected {}, not {}", wanted(expected), given(types));
    }
    match message.strip_prefix("missing field ") {
        Some(name @ ("`store`" | "`keys`")) => {
            format!("the section [{}] is missing", name.trim_matches('`'))
        }
        Some(name) => format!("the key {name} is missing"),
        None => message.replace("unknown field", "unknown key"),
    }
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "i64" => "a whole number",
        text if text.starts_with("struct") => "a section",
        _ => "a value of another kind",
    }
}

fn given(types: &str) -> &'static str {
    const KINDS: [(&str, &str); 6] = [
        ("string", "a text"),
        ("integer", "a number"),
        ("floating point", "a number with a fraction"),
        ("boolean", "true or false"),
        ("sequence", "a list"),
        ("map", "a section"),
    ];
    KINDS
        .into_iter()
        .find(|(kind, _)| types.starts_with(kind))
        .map_or("this", |(_, words)| words)
}
