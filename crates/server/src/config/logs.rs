//! `[logs]`: what the program says about itself on standard error. No log line carries PHI.

use super::document::{Document, Error};
use super::environment::Environment;
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// The least severe level that is written.
    pub level: tracing::Level,
    /// For people or for machines.
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<LogFormat, ()> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(()),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    level: Option<Spanned<String>>,
    format: Option<Spanned<String>>,
}

const LEVELS: &str = "\"error\", \"warn\", \"info\" or \"debug\"";
const FORMATS: &str = "\"text\" or \"json\"";

impl Logs {
    pub(super) fn parse(
        raw: Raw,
        document: &Document<'_>,
        environment: &Environment,
    ) -> Result<Logs, Error> {
        let level = document.parsed(raw.level, "level", LEVELS, Level(tracing::Level::INFO))?;
        let format = document.parsed(raw.format, "format", FORMATS, LogFormat::Text)?;
        Ok(Logs {
            level: variable(environment, "COVENANT_LOG_LEVEL", LEVELS)?
                .unwrap_or(level)
                .0,
            format: variable(environment, "COVENANT_LOG_FORMAT", FORMATS)?.unwrap_or(format),
        })
    }
}

fn variable<T: FromStr>(
    environment: &Environment,
    name: &str,
    expected: &str,
) -> Result<Option<T>, Error> {
    let parse = |text: &str| {
        text.parse()
            .map_err(|_| Error::variable(name, format!("must be {expected}")))
    };
    environment.value(name).map(parse).transpose()
}

struct Level(tracing::Level);

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Level, ()> {
        let level = match text {
            "error" => tracing::Level::ERROR,
            "warn" => tracing::Level::WARN,
            "info" => tracing::Level::INFO,
            "debug" => tracing::Level::DEBUG,
            _ => return Err(()),
        };
        Ok(Level(level))
    }
}
