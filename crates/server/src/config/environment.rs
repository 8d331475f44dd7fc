//! The environment variables Covenant looks at, taken once at start.

use std::collections::BTreeMap;

/// The environment as a value, so that nothing else in the program asks for it.
///
/// Only names in [`Environment::NAMES`], and the variables the configuration names for keys, are ever looked up.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The variables that win over the configuration file, with what they set.
    pub const NAMES: [(&'static str, &'static str); 5] = [
        ("COVENANT_LISTEN", "server.listen"),
        ("COVENANT_DIRECTORY", "store.directory"),
        ("COVENANT_KEY_FILE", "keys.file"),
        ("COVENANT_LOG_LEVEL", "logs.level"),
        ("COVENANT_LOG_FORMAT", "logs.format"),
    ];

    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Environment {
        Environment {
            // A variable that is not UTF-8 is none of ours.
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        }
    }

    /// An environment made of pairs.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
        Environment {
            variables: pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// The value of a variable, when it is set and not empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("variables", &self.variables.len())
            .finish()
    }
}
