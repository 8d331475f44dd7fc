//! TLS on aws-lc-rs, with certificate files that are read again when they change.
//!
//! A connection keeps the certificate it began with; the next one gets the new. Files that cannot be used, such as a
//! certificate already replaced while its key is not, leave the running pair in place and are tried again.

use crate::config::Tls as Files;
use crate::private_file::{ReadableByOthers, refuse_readable_by_others};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Certificate files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or is not PEM.
    #[error("{} cannot be read as {what} in PEM", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A file is not there.
    #[error("{} under [server.tls] does not exist", .0.display())]
    Missing(PathBuf),
    /// The private key's file can be read by others.
    #[error(transparent)]
    NotPrivate(#[from] ReadableByOthers),
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("certificate {} and its private key cannot be used: {why}", file.display())]
    Unusable {
        /// The certificate file.
        file: PathBuf,
        /// The TLS library's words.
        why: rustls::Error,
    },
}

/// The certificate in use now.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    current: Arc<ArcSwap<ServerConfig>>,
    /// How the files looked when they were last read, whether they could be used or not.
    read: Arc<Mutex<Stamps>>,
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// Refuses files that cannot be read, a key that others can read and a pair that does not belong together.
    pub fn open(files: Files) -> Result<Tls, Error> {
        let stamps = stamps(&files);
        let config = read(&files)?;
        Ok(Tls {
            files,
            current: Arc::new(ArcSwap::from_pointee(config)),
            read: Arc::new(Mutex::new(stamps)),
        })
    }

    /// The settings for the next connection.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Reads the files again and uses them from the next connection on.
    ///
    /// # Errors
    /// Leaves the running pair in place when the files cannot be used.
    pub fn reload(&self) -> Result<(), Error> {
        // Taken before reading: a change in between is seen the next time.
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = stamps(&self.files);
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// Looks at the files every `every` and reloads them when they have changed; never ends.
    pub async fn watch(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            if !self.has_changed() {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("TLS certificate reloaded"),
                Err(error) => {
                    tracing::warn!(%error, "TLS certificate not reloaded; the one in use stays");
                }
            }
        }
    }

    fn has_changed(&self) -> bool {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) != stamps(&self.files)
    }
}

/// What tells a file from the one that took its place: inode, size and time of the last change, of its mode too.
type Stamp = (u64, u64, i64, i64);
type Stamps = [Option<Stamp>; 2];

fn stamps(files: &Files) -> Stamps {
    [stamp(&files.certificate), stamp(&files.private_key)]
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((
        metadata.ino(),
        metadata.size(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ))
}

fn read(files: &Files) -> Result<ServerConfig, Error> {
    let unreadable = |file: &Path, what| Error::Unreadable {
        file: file.to_path_buf(),
        what,
    };
    let unusable = |why| Error::Unusable {
        file: files.certificate.clone(),
        why,
    };
    for file in [&files.certificate, &files.private_key] {
        if !file.exists() {
            return Err(Error::Missing(file.clone()));
        }
    }
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|_| unreadable(&files.certificate, "a certificate chain"))?;
    refuse_readable_by_others(&files.private_key)?;
    let key = PrivateKeyDer::from_pem_file(&files.private_key)
        .map_err(|_| unreadable(&files.private_key, "a private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
