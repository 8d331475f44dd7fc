//! The vendors' own credentials, read where a model's row says: an environment variable or a file.
//!
//! A row is changed by operators, and an upstream is an address outside: what a row may name is therefore bounded.
//! No variable of Covenant's own and no file of the data directory, nor the key file itself, is ever read for a vendor.

use crate::config::Environment;
use crate::private_file::refuse_readable_by_others;
use covenant_gateway::UpstreamKeys;
use covenant_govern::{Model, Register};
use covenant_seal::SecretString;
use std::path::{Path, PathBuf};

/// Where vendors' credentials are looked for.
pub struct UpstreamKeySource {
    /// The environment at start.
    pub environment: Environment,
    /// Files and folders that are never read.
    pub forbidden: Vec<PathBuf>,
    /// The variable that holds the key-encryption key, when one does.
    pub forbidden_variable: Option<String>,
}

impl UpstreamKeySource {
    /// Reads the credential of every model that names one. One that cannot be read is left out, and said so: the
    /// vendor will refuse the request.
    #[must_use]
    pub fn read(&self, register: &Register) -> UpstreamKeys {
        let mut keys = UpstreamKeys::default();
        for model in register.models().values() {
            match self.credential(model) {
                Ok(Some(key)) => keys.insert(model.alias.clone(), key),
                Ok(None) => {}
                Err(problem) => {
                    tracing::warn!(model = model.alias, problem, "no credential for this model")
                }
            }
        }
        keys
    }

    fn credential(&self, model: &Model) -> Result<Option<SecretString>, &'static str> {
        if let Some(name) = &model.api_key_env {
            let own = name.to_ascii_uppercase().starts_with("COVENANT");
            if own || self.forbidden_variable.as_ref() == Some(name) {
                return Err("its row names a variable of Covenant's own");
            }
            let value = self
                .environment
                .value(name)
                .ok_or("its environment variable is not set")?;
            return vendors(value).map(Some);
        }
        let Some(file) = &model.api_key_file else {
            return Ok(None);
        };
        let file = Path::new(file)
            .canonicalize()
            .map_err(|_| "its key file cannot be found")?;
        if self.is_forbidden(&file) {
            return Err("its row names a file of Covenant's own");
        }
        refuse_readable_by_others(&file)
            .map_err(|_| "its key file can be read by others; run `chmod 600` on it")?;
        let text = std::fs::read_to_string(file).map_err(|_| "its key file cannot be read")?;
        vendors(&text).map(Some)
    }

    fn is_forbidden(&self, file: &Path) -> bool {
        self.forbidden
            .iter()
            .filter_map(|path| path.canonicalize().ok())
            .any(|path| file.starts_with(path))
    }
}

/// The credential itself, unless it is a secret of Covenant's own: whatever names it and wherever it lies, no key of
/// ours goes to a vendor.
fn vendors(text: &str) -> Result<SecretString, &'static str> {
    let text = text.trim();
    match is_own(text) {
        true => Err("what its row names is a secret of Covenant's own, or no vendor's key"),
        false => Ok(SecretString::new(text.to_owned())),
    }
}

/// Says whether a text has the form of one of Covenant's own secrets.
pub(crate) fn is_own(text: &str) -> bool {
    const OWN: [&str; 4] = ["covenant-kek", "cov_", "covop_", "-----BEGIN"];
    OWN.iter().any(|own| text.starts_with(own))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use covenant_govern::Dialect;
    use std::os::unix::fs::PermissionsExt as _;

    fn source(forbidden: &Path) -> UpstreamKeySource {
        let environment = Environment::from_pairs([
            ("VENDOR", " key-1\n"),
            ("COVENANT_KEK", "no"),
            ("CLINIC_KEK", "no"),
            ("COPIED_KEK", "covenant-kek-v1:AAAA"),
        ]);
        UpstreamKeySource {
            environment,
            forbidden: vec![forbidden.to_path_buf()],
            forbidden_variable: Some("CLINIC_KEK".to_owned()),
        }
    }

    fn model(env: Option<&str>, file: Option<&Path>) -> Model {
        let mut model = Model::new("m", "v", "chat", "m", "mirror", Dialect::OpenAi);
        model.api_key_env = env.map(str::to_owned);
        model.api_key_file = file.map(|file| file.display().to_string());
        model
    }

    #[test]
    fn a_credential_is_read_from_the_variable_or_file_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vendor.key");
        std::fs::write(&file, "key-2\n").unwrap();
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, mode(0o600)).unwrap();
        let source = source(Path::new("/nowhere"));
        let read = |model: &Model| {
            source
                .credential(model)
                .map(|key| key.map(|key| key.expose().to_owned()))
        };
        assert_eq!(
            read(&model(Some("VENDOR"), None)),
            Ok(Some("key-1".to_owned()))
        );
        assert_eq!(
            read(&model(None, Some(&file))),
            Ok(Some("key-2".to_owned()))
        );
        assert_eq!(read(&model(None, None)), Ok(None));
        assert!(read(&model(Some("UNSET"), None)).is_err());
        std::fs::set_permissions(&file, mode(0o644)).unwrap();
        assert!(read(&model(None, Some(&file))).is_err());
    }

    #[test]
    fn nothing_of_covenants_own_is_sent_to_a_vendor() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("covenant.db"), "rows").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(data.join("covenant.db"), &link).unwrap();
        let source = source(&data);
        for model in [
            model(Some("COVENANT_KEK"), None),
            model(Some("covenant_kek"), None),
            model(Some("CLINIC_KEK"), None),
            model(Some("COPIED_KEK"), None),
            model(None, Some(&data.join("covenant.db"))),
            model(None, Some(&folder.path().join("data/../data/covenant.db"))),
            model(None, Some(&link)),
        ] {
            assert!(
                source.credential(&model).is_err(),
                "{:?} {:?}",
                model.api_key_env,
                model.api_key_file
            );
        }
    }
}
