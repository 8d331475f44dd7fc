//! `[keys]`: where the key-encryption key is, and the rule that it lies apart from the data.
//!
//! HHS counts PHI as secured only where the decryption key is kept on a separate device or place from the data
//! (guidance of 17 April 2009, 74 FR 19006). A key inside the data directory, or readable by others, is therefore
//! refused unless the file says `dangerous_key_beside_data = true`, and `status` then reports "not secured".

use super::document::{Document, Error};
use super::environment::Environment;
use covenant_seal::{KeyService as _, LocalKey};
use serde::Deserialize;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Where the key-encryption key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// A file or an environment variable.
    pub source: KeySource,
    /// Accepts a key that lies inside the data directory or that others can read.
    pub dangerous_key_beside_data: bool,
}

/// A place a key is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file of one line.
    File(PathBuf),
    /// An environment variable, by name; the value is read when the key is.
    Variable(String),
}

/// Whether the key lies apart from what it protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// Apart from the data and readable by its owner alone.
    Apart,
    /// Beside the data, or readable by others: what is at rest does not count as secured. Says why.
    NotSecured(&'static str),
}

/// The key-encryption key and where it lay.
pub struct LoadedKey {
    /// The key.
    pub key: LocalKey,
    /// Whether it lies apart.
    pub place: KeyPlace,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file is not there.
    #[error("key file {} does not exist; nothing is opened without its key", .0.display())]
    Missing(PathBuf),
    /// The key file cannot be read.
    #[error("key file {} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The variable is not set.
    #[error("environment variable {0} is not set; it must hold the key-encryption key")]
    Unset(String),
    /// What was read is not a key.
    #[error("{0} does not hold a key: expected one line, covenant-kek-v1: and the key in base64")]
    NotAKey(String),
    /// The key lies where it should not.
    #[error(
        "key file {} {}: keep it apart from the data with mode 0600, or accept the risk with \
         `dangerous_key_beside_data = true` under [keys]", .0.display(), .1
    )]
    NotApart(PathBuf, &'static str),
    /// A key file is already there.
    #[error("key file {} cannot be written: {}", .0.display(), .1)]
    Unwritable(PathBuf, std::io::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    file: Option<Spanned<String>>,
    environment: Option<Spanned<String>>,
    dangerous_key_beside_data: Option<bool>,
}

impl Keys {
    pub(super) fn parse(
        raw: Raw,
        document: &Document<'_>,
        environment: &Environment,
    ) -> Result<Keys, Error> {
        let source = match (
            environment.value("COVENANT_KEY_FILE"),
            raw.file,
            raw.environment,
        ) {
            (Some(file), ..) => KeySource::File(PathBuf::from(file)),
            (None, Some(file), None) => KeySource::File(document.path(file.get_ref())),
            (None, None, Some(name)) => KeySource::Variable(variable_name(name, document)?),
            (None, Some(_), Some(name)) => {
                return Err(document.refuse(
                    name.span(),
                    "[keys] names both `file` and `environment`; expected one",
                ));
            }
            (None, None, None) => {
                return Err(document
                    .refuse_whole("[keys] must name the key: `file = …` or `environment = …`"));
            }
        };
        Ok(Keys {
            source,
            dangerous_key_beside_data: raw.dangerous_key_beside_data.unwrap_or(false),
        })
    }

    /// Reads the key and looks where it lies.
    ///
    /// # Errors
    /// Refuses a missing or malformed key, and one that does not lie apart unless that was accepted.
    pub fn load(
        &self,
        data_directory: &Path,
        environment: &Environment,
    ) -> Result<LoadedKey, KeyError> {
        match &self.source {
            KeySource::Variable(name) => {
                let text = environment
                    .value(name)
                    .ok_or_else(|| KeyError::Unset(name.clone()))?;
                let key = LocalKey::parse(text.trim())
                    .map_err(|_| KeyError::NotAKey(format!("environment variable {name}")))?;
                Ok(LoadedKey {
                    key,
                    place: KeyPlace::Apart,
                })
            }
            KeySource::File(file) => self.load_file(file, data_directory),
        }
    }

    fn load_file(&self, file: &Path, data_directory: &Path) -> Result<LoadedKey, KeyError> {
        let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => KeyError::Missing(file.to_path_buf()),
            std::io::ErrorKind::InvalidData => {
                KeyError::NotAKey(format!("key file {}", file.display()))
            }
            _ => KeyError::Unreadable(file.to_path_buf(), error),
        })?;
        let text = covenant_seal::SecretString::from(text);
        let place = place(file, data_directory)
            .map_err(|error| KeyError::Unreadable(file.to_path_buf(), error))?;
        if let (KeyPlace::NotSecured(why), false) = (&place, self.dangerous_key_beside_data) {
            return Err(KeyError::NotApart(file.to_path_buf(), why));
        }
        let key = LocalKey::parse(text.expose().trim())
            .map_err(|_| KeyError::NotAKey(format!("key file {}", file.display())))?;
        tracing::debug!(key = %key.id(), "key-encryption key read");
        Ok(LoadedKey { key, place })
    }
}

pub(super) fn variable_name(
    written: Spanned<String>,
    document: &Document<'_>,
) -> Result<String, Error> {
    let text = written.get_ref();
    let fine = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match fine {
        true => Ok(written.into_inner()),
        false => Err(document.refuse(
            written.span(),
            "`environment` must be the name of an environment variable, such as \"COVENANT_KEK\"",
        )),
    }
}

/// Reads a key that a command names: a regular file of its owner's, small, apart from the data. A link is not followed
/// and a pipe is not waited for.
///
/// # Errors
/// Refuses a key that is missing, malformed or does not lie apart.
pub fn read_key_file(file: &Path, data_directory: &Path) -> Result<LocalKey, KeyError> {
    use std::io::Read as _;
    const KEY_BYTES: u64 = 1024;
    let unreadable = |error| KeyError::Unreadable(file.to_path_buf(), error);
    let not_a_key = || KeyError::NotAKey(format!("key file {}", file.display()));
    let found = std::fs::symlink_metadata(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyError::Missing(file.to_path_buf()),
        _ => unreadable(error),
    })?;
    if !found.is_file() || found.len() > KEY_BYTES {
        return Err(not_a_key());
    }
    if let KeyPlace::NotSecured(why) = place(file, data_directory).map_err(unreadable)? {
        return Err(KeyError::NotApart(file.to_path_buf(), why));
    }
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened
        .take(KEY_BYTES)
        .read_to_string(&mut text)
        .map_err(|_| not_a_key())?;
    let text = covenant_seal::SecretString::from(text);
    LocalKey::parse(text.expose().trim()).map_err(|_| not_a_key())
}

fn place(file: &Path, data_directory: &Path) -> std::io::Result<KeyPlace> {
    let file = file.canonicalize()?;
    let inside = data_directory
        .canonicalize()
        .is_ok_and(|directory| file.starts_with(directory));
    let mode = std::fs::metadata(&file)?.permissions().mode();
    Ok(match (inside, mode & 0o077) {
        (true, _) => KeyPlace::NotSecured("lies inside the data directory"),
        (false, 0) => KeyPlace::Apart,
        (false, _) => KeyPlace::NotSecured("can be read by others"),
    })
}

/// Writes a key to a new file that its owner alone can read.
///
/// # Errors
/// Refuses to write over a file that exists.
pub fn write_key_file(file: &Path, key: &LocalKey) -> Result<(), KeyError> {
    use std::io::Write as _;
    let text = key.to_text();
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut opened| {
            opened.write_all(text.expose().as_bytes())?;
            opened.write_all(b"\n")?;
            opened.sync_all()?;
            // The name too must survive a power cut: what is rewrapped next opens with this key alone.
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        })
        .map_err(|error| KeyError::Unwritable(file.to_path_buf(), error))
}
