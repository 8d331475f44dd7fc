//! `[upstreams]`: what holds for every vendor's endpoint.

use super::document::{Document, Error};
use super::environment::Environment;
use super::keys::{KeySource, variable_name};
use crate::private_file::refuse_readable_by_others;
use covenant_gateway::Proxy;
use covenant_seal::SecretString;
use serde::Deserialize;
use std::path::PathBuf;
use toml::Spanned;

/// What holds for every vendor's endpoint.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    /// Certificate authorities trusted beside the public ones, as PEM files.
    pub certificate_authorities: Vec<PathBuf>,
    /// The region this gateway runs in, written into events.
    pub region: Option<String>,
    /// The proxy on the way to vendors, without its credentials; proxy variables of the environment are not looked at.
    pub proxy: Option<Proxy>,
    /// Where the proxy's credentials are, one line `user:password`; read when the gateway is set up.
    pub proxy_credentials: Option<KeySource>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default)]
    certificate_authorities: Vec<Spanned<String>>,
    region: Option<Spanned<String>>,
    proxy: Option<Spanned<String>>,
    #[serde(default)]
    proxy_except: Vec<Spanned<String>>,
    proxy_credentials_file: Option<Spanned<String>>,
    proxy_credentials_environment: Option<Spanned<String>>,
}

impl Upstreams {
    pub(super) fn parse(raw: Raw, document: &Document<'_>) -> Result<Upstreams, Error> {
        let files = raw.certificate_authorities.iter();
        let proxy_credentials = credentials(
            raw.proxy_credentials_file,
            raw.proxy_credentials_environment,
            document,
        )?;
        let proxy = match raw.proxy {
            Some(address) => Some(proxy(&address, &raw.proxy_except, document)?),
            None if raw.proxy_except.is_empty() && proxy_credentials.is_none() => None,
            None => {
                let words = "[upstreams] says more about a proxy than which: expected `proxy = \"http://host:port\"`";
                return Err(document.refuse_whole(words));
            }
        };
        Ok(Upstreams {
            proxy,
            proxy_credentials,
            certificate_authorities: files.map(|file| document.path(file.get_ref())).collect(),
            region: raw
                .region
                .map(|region| region_name(region, document))
                .transpose()?,
        })
    }
}

impl Upstreams {
    /// Returns the proxy with the credentials it asks for.
    ///
    /// # Errors
    /// When they cannot be read, are none, or are a secret of Covenant's own.
    pub(crate) fn proxy_with_credentials(
        &self,
        environment: &Environment,
    ) -> Result<Option<Proxy>, ProxyCredentialsError> {
        let (Some(proxy), Some(source)) = (&self.proxy, &self.proxy_credentials) else {
            return Ok(self.proxy.clone());
        };
        let text = match source {
            KeySource::Variable(name) => environment.value(name).map(str::to_owned),
            KeySource::File(file) => {
                refuse_readable_by_others(file).map_err(|_| ProxyCredentialsError::Open)?;
                std::fs::read_to_string(file).ok()
            }
        };
        let text = SecretString::from(text.ok_or(ProxyCredentialsError::Unreadable)?);
        if crate::upstream_keys::is_own(text.expose().trim()) {
            return Err(ProxyCredentialsError::Own);
        }
        let proxy = proxy.clone().with_credentials(&text);
        proxy
            .map(Some)
            .map_err(ProxyCredentialsError::NotCredentials)
    }
}

/// The credentials of the configured proxy cannot be used. Without them nothing is sent around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyCredentialsError {
    /// The file cannot be read, or the variable is not set.
    #[error(
        "the proxy's credentials cannot be read: the file is not there, or the environment variable is not set"
    )]
    Unreadable,
    /// The file can be read by others.
    #[error("the file of the proxy's credentials can be read by others; run `chmod 600` on it")]
    Open,
    /// What was read belongs to Covenant.
    #[error("what is named as the proxy's credentials is a secret of Covenant's own")]
    Own,
    /// What was read is not `user:password`.
    #[error(transparent)]
    NotCredentials(covenant_gateway::ProxyError),
}

fn proxy(
    address: &Spanned<String>,
    except: &[Spanned<String>],
    document: &Document<'_>,
) -> Result<Proxy, Error> {
    let mut proxy = Proxy::parse(address.get_ref())
        .map_err(|error| document.refuse(address.span(), format!("`proxy`: {error}")))?;
    for host in except {
        proxy = proxy
            .without([host.get_ref()])
            .map_err(|error| document.refuse(host.span(), format!("`proxy_except`: {error}")))?;
    }
    Ok(proxy)
}

fn credentials(
    file: Option<Spanned<String>>,
    variable: Option<Spanned<String>>,
    document: &Document<'_>,
) -> Result<Option<KeySource>, Error> {
    match (file, variable) {
        (Some(_), Some(variable)) => Err(document.refuse(
            variable.span(),
            "[upstreams] names the proxy's credentials twice; expected a file or a variable",
        )),
        (Some(file), None) => Ok(Some(KeySource::File(document.path(file.get_ref())))),
        (None, Some(name)) => {
            variable_name(name, document).map(|name| Some(KeySource::Variable(name)))
        }
        (None, None) => Ok(None),
    }
}

fn region_name(written: Spanned<String>, document: &Document<'_>) -> Result<String, Error> {
    let text = written.get_ref();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(written.into_inner()),
        false => Err(document.refuse(
            written.span(),
            "`region` must be 1 to 64 letters, digits, hyphens, underscores and dots",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use ProxyCredentialsError as Refused;
    use std::os::unix::fs::PermissionsExt as _;

    fn upstreams(source: KeySource) -> Upstreams {
        Upstreams {
            proxy: Some(Proxy::parse("http://proxy.example:3128").unwrap()),
            proxy_credentials: Some(source),
            ..Upstreams::default()
        }
    }

    #[test]
    fn the_proxys_credentials_come_from_the_file_or_variable_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proxy.credentials");
        std::fs::write(&file, "clinic:open sesame\n").unwrap();
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, mode(0o600)).unwrap();
        let environment = Environment::from_pairs([
            ("PROXY", "clinic:open sesame"),
            ("BARE", "clinic"),
            ("KEK", "covenant-kek-v1:AAAA"),
            ("HTTPS_PROXY", "http://elsewhere.example:1"),
        ]);
        let read = |source| upstreams(source).proxy_with_credentials(&environment);
        let variable = |name: &str| KeySource::Variable(name.to_owned());
        for fine in [KeySource::File(file.clone()), variable("PROXY")] {
            let printed = format!("{:?}", read(fine).unwrap().unwrap());
            assert!(printed.contains("authorization: true"), "{printed}");
        }
        std::fs::set_permissions(&file, mode(0o666)).unwrap();
        assert_eq!(
            read(KeySource::File(file)).unwrap_err(),
            ProxyCredentialsError::Open
        );
        assert_eq!(read(variable("UNSET")).unwrap_err(), Refused::Unreadable);
        let missing = KeySource::File(folder.path().join("missing"));
        assert_eq!(read(missing).unwrap_err(), Refused::Unreadable);
        assert_eq!(read(variable("KEK")).unwrap_err(), Refused::Own);
        assert!(matches!(
            read(variable("BARE")),
            Err(Refused::NotCredentials(_))
        ));
        // No proxy configured: none, whatever the environment says.
        let none = Upstreams::default().proxy_with_credentials(&environment);
        assert!(none.unwrap().is_none());
    }
}
