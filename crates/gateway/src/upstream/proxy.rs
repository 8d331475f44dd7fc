//! A proxy on the way to vendors: configuration, never an environment's proxy variable.
//!
//! Only HTTP CONNECT over plain TCP to the proxy: what goes through the tunnel is TLS with the vendor. The proxy's
//! credentials travel to it in the clear, as every proxy of this kind has them, so they belong to a network one trusts
//! with them.

use std::net::IpAddr;

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;

/// What may go wrong while a tunnel is opened.
pub(super) type TunnelFault = <Tunnel<HttpConnector> as tower_service::Service<Uri>>::Error;

/// A proxy that opens tunnels to vendors with HTTP CONNECT.
#[derive(Clone)]
pub struct Proxy {
    address: Uri,
    authorization: Option<HeaderValue>,
    /// Hosts reached without it, in lower case.
    left_out: Vec<String>,
}

/// A text that is no proxy, or not one this program would use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// The address has another form.
    #[error("a proxy is written http://host:port, without path or query")]
    Address,
    /// The address carries credentials.
    #[error(
        "a proxy's address must not hold credentials; name a file or an environment variable for them"
    )]
    UserInfo,
    /// The credentials are not `user:password`.
    #[error("a proxy's credentials are one line, user:password")]
    Credentials,
    /// A host to be reached directly is not a host name or an address.
    #[error("a host is a name or an address, without scheme, port or pattern")]
    Host,
}

impl Proxy {
    /// Reads a proxy's address.
    ///
    /// # Errors
    /// Refuses another form than `http://host:port`, and credentials within.
    ///
    /// ```
    /// use covenant_gateway::{Proxy, ProxyError};
    /// assert!(Proxy::parse("http://proxy.clinic.example:3128").is_ok());
    /// assert_eq!(Proxy::parse("http://me:secret@proxy.example:3128").unwrap_err(), ProxyError::UserInfo);
    /// ```
    pub fn parse(address: &str) -> Result<Proxy, ProxyError> {
        if address.contains('@') {
            return Err(ProxyError::UserInfo);
        }
        let address: Uri = address.parse().map_err(|_| ProxyError::Address)?;
        let plain = address.scheme_str() == Some("http")
            && address.host().is_some_and(|host| !host.is_empty())
            && address.port_u16().is_some_and(|port| port > 0)
            && address.path_and_query().is_none_or(|path| path == "/");
        if !plain {
            return Err(ProxyError::Address);
        }
        Ok(Proxy {
            address,
            authorization: None,
            left_out: Vec::new(),
        })
    }

    /// Adds credentials, written `user:password`; they go to the proxy alone.
    ///
    /// # Errors
    /// [`ProxyError::Credentials`] when they have another form.
    pub fn with_credentials(
        mut self,
        credentials: &covenant_seal::SecretString,
    ) -> Result<Proxy, ProxyError> {
        let text = credentials.expose().trim();
        let printable = text.chars().all(|character| !character.is_control());
        let (user, _) = text.split_once(':').ok_or(ProxyError::Credentials)?;
        if user.is_empty() || !printable {
            return Err(ProxyError::Credentials);
        }
        self.authorization = Some(basic(text).ok_or(ProxyError::Credentials)?);
        Ok(self)
    }

    /// Names hosts that are reached without the proxy: exact names, no patterns.
    ///
    /// # Errors
    /// [`ProxyError::Host`] when one is not a host.
    pub fn without(
        mut self,
        hosts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Proxy, ProxyError> {
        for host in hosts {
            self.left_out.push(host_name(host.as_ref())?);
        }
        Ok(self)
    }

    /// Says whether a host is reached without the proxy.
    pub(super) fn leaves_out(&self, host: &str) -> bool {
        self.left_out
            .iter()
            .any(|left_out| left_out.eq_ignore_ascii_case(bare(host)))
    }

    pub(super) fn tunnel(&self, tcp: HttpConnector) -> Tunnel<HttpConnector> {
        let tunnel = Tunnel::new(self.address.clone(), tcp);
        match &self.authorization {
            Some(authorization) => tunnel.with_auth(authorization.clone()),
            None => tunnel,
        }
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .field("authorization", &self.authorization.is_some())
            .field("left_out", &self.left_out)
            .finish()
    }
}

/// The header of RFC 7617.
fn basic(text: &str) -> Option<HeaderValue> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    let mut value = HeaderValue::try_from(format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The host without the brackets of an IPv6 address in a URI.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn host_name(written: &str) -> Result<String, ProxyError> {
    let host = bare(written);
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = host.len() <= 253 && host.split('.').all(label);
    match name || host.parse::<IpAddr>().is_ok() {
        true => Ok(host.to_ascii_lowercase()),
        false => Err(ProxyError::Host),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_proxy_is_a_plain_host_and_port() {
        for fine in [
            "http://proxy.example:3128",
            "http://10.0.0.9:8080/",
            "http://[::1]:3128",
        ] {
            assert!(Proxy::parse(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "proxy.example:3128",
            "http://proxy.example",
            "http://proxy.example:0",
            "http://:3128",
            "https://proxy.example:3128",
            "socks5://proxy.example:1080",
            "http://proxy.example:3128/pac",
            "http://proxy.example:3128?x=1",
            "http://proxy.example:99999",
        ] {
            assert_eq!(
                Proxy::parse(wrong).unwrap_err(),
                ProxyError::Address,
                "{wrong}"
            );
        }
        for wrong in [
            "http://me:word@proxy.example:3128",
            "http://me@proxy.example:3128",
        ] {
            assert_eq!(Proxy::parse(wrong).unwrap_err(), ProxyError::UserInfo);
        }
    }

    #[test]
    fn credentials_are_one_line_and_never_printed() {
        let proxy = || Proxy::parse("http://proxy.example:3128").unwrap();
        let with = |text: &str| proxy().with_credentials(&text.to_owned().into());
        for wrong in ["", "user", ":word", "user:wo\nrd"] {
            assert_eq!(with(wrong).unwrap_err(), ProxyError::Credentials, "{wrong}");
        }
        let proxy = with("user:pass:word\n").unwrap();
        let header = proxy.authorization.as_ref().unwrap();
        assert_eq!(header, "Basic dXNlcjpwYXNzOndvcmQ=");
        let printed = format!("{proxy:?}");
        assert!(
            !printed.contains("word") && !printed.contains("dXNl"),
            "{printed}"
        );
    }

    #[test]
    fn hosts_left_out_are_exact() {
        let proxy = Proxy::parse("http://proxy.example:3128").unwrap();
        let proxy = proxy
            .without(["LLM.clinic.example", "10.1.2.3", "::2"])
            .unwrap();
        for host in [
            "llm.clinic.example",
            "LLM.CLINIC.EXAMPLE",
            "10.1.2.3",
            "[::2]",
        ] {
            assert!(proxy.leaves_out(host), "{host}");
        }
        for host in ["clinic.example", "a.llm.clinic.example", "10.1.2.30"] {
            assert!(!proxy.leaves_out(host), "{host}");
        }
        for wrong in [
            "",
            "*.clinic.example",
            "https://x.example",
            "x.example:443",
            "a..b",
        ] {
            assert_eq!(
                proxy.clone().without([wrong]).unwrap_err(),
                ProxyError::Host
            );
        }
    }
}
