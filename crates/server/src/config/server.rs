//! `[server]`: where to listen, TLS, and what bounds a connection.

use super::document::{Document, Error};
use super::environment::Environment;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;

/// Where the gateway listens, and how.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address; a loopback address unless [`Server::tls`] is set.
    pub listen: SocketAddr,
    /// Certificate and key, for TLS.
    pub tls: Option<Tls>,
    /// Whether the admin API is served over HTTP too, and not on the control socket alone.
    pub admin_api: bool,
    /// How many connections may be open at once; the next one waits.
    pub connections: usize,
    /// How long a client may take to send the header of a request.
    pub header_timeout: Duration,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long requests under way may take to end once the server is told to stop.
    pub shutdown_grace: Duration,
}

/// The files of a TLS certificate; they are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain, PEM, the server's own first.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub private_key: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    listen: Option<Spanned<String>>,
    tls: Option<RawTls>,
    admin_api: Option<bool>,
    connections: Option<Spanned<i64>>,
    header_timeout_ms: Option<Spanned<i64>>,
    handshake_timeout_ms: Option<Spanned<i64>>,
    shutdown_grace_ms: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    certificate: String,
    private_key: String,
}

impl Server {
    pub(super) fn parse(
        raw: Raw,
        document: &Document<'_>,
        environment: &Environment,
    ) -> Result<Server, Error> {
        let tls = raw.tls.map(|tls| Tls {
            certificate: document.path(&tls.certificate),
            private_key: document.path(&tls.private_key),
        });
        let milliseconds = |value, name, range, default| {
            document
                .number(value, name, range, default)
                .map(Duration::from_millis)
        };
        Ok(Server {
            listen: listen(raw.listen, tls.is_some(), document, environment)?,
            tls,
            admin_api: raw.admin_api.unwrap_or(true),
            connections: document.number(raw.connections, "connections", 1..=100_000, 1024)?,
            header_timeout: milliseconds(
                raw.header_timeout_ms,
                "header_timeout_ms",
                100..=300_000,
                30_000,
            )?,
            handshake_timeout: milliseconds(
                raw.handshake_timeout_ms,
                "handshake_timeout_ms",
                100..=300_000,
                10_000,
            )?,
            shutdown_grace: milliseconds(
                raw.shutdown_grace_ms,
                "shutdown_grace_ms",
                0..=3_600_000,
                20_000,
            )?,
        })
    }
}

const EXPECTED: &str = "an address and a port, such as \"127.0.0.1:8787\"";
const PLAIN: &str = "is not a loopback address and [server.tls] is missing: plain HTTP is served on loopback only; \
                     name a certificate and private_key under [server.tls], or listen on 127.0.0.1";

fn listen(
    written: Option<Spanned<String>>,
    tls: bool,
    document: &Document<'_>,
    environment: &Environment,
) -> Result<SocketAddr, Error> {
    const VARIABLE: &str = "COVENANT_LISTEN";
    if let Some(value) = environment.value(VARIABLE) {
        let address: SocketAddr = value
            .parse()
            .map_err(|_| Error::variable(VARIABLE, format!("must be {EXPECTED}")))?;
        return match may_listen(&address, tls) {
            true => Ok(address),
            false => Err(Error::variable(VARIABLE, PLAIN)),
        };
    }
    let place = written.as_ref().map(Spanned::span);
    let default = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);
    let address = document.parsed(written, "listen", EXPECTED, default)?;
    if !may_listen(&address, tls) {
        return Err(document.refuse(place.unwrap_or_default(), format!("`listen` {PLAIN}")));
    }
    Ok(address)
}

fn may_listen(address: &SocketAddr, tls: bool) -> bool {
    tls || address.ip().to_canonical().is_loopback()
}
