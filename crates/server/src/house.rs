//! Everything wired: from a configuration to an open store, its register, an admin and a gateway.
//!
//! The server, the commands that change something when no server runs, and the quickstart all begin here.

use crate::admin::{Admin, Change, Done, Order, Parts, Recovery, ShownOnce};
use crate::config::{
    Config, Environment, KeyError, KeyPlace, KeySource, Limits, ProxyCredentialsError, Upstreams,
};
use crate::ports::{GatewayClock, Registers, StoreLog};
use crate::upstream_keys::UpstreamKeySource;
use covenant_detect::Detector;
use covenant_gateway::{Gateway, GatewayConfig, GatewayKeys, SetupError, Timeouts};
use covenant_ledger::{Event, EventKind, new_id};
use covenant_seal::{Random, SystemRandom};
use covenant_store::{Clock, Mode, Options, Record, Store, SystemClock, Tuning};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key-encryption key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] covenant_store::Error),
    /// The register's rows cannot be put in force.
    #[error("{0}")]
    Register(String),
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] SetupError),
    /// The credentials of the proxy.
    #[error("[upstreams] proxy: {0}")]
    Proxy(#[from] ProxyCredentialsError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] crate::tls::Error),
    /// The data directory is not there.
    #[error(
        "data directory {} does not exist; `covenant init` makes one, or `directory` under [store] names another",
        .0.display()
    )]
    NoData(PathBuf),
    /// A socket.
    #[error("{what}: {source}")]
    Socket {
        /// Which socket.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] covenant_ledger::Error),
}

/// An open installation.
pub struct House {
    /// Where things rest.
    pub store: Store,
    /// The register in force.
    pub registers: Arc<Registers>,
    /// Makes changes.
    pub admin: Arc<Admin>,
    /// Whether the key lies apart from the data.
    pub key_place: KeyPlace,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    limits: Limits,
    upstreams: Upstreams,
    environment: Environment,
    log: Arc<StoreLog>,
}

impl House {
    /// Opens the store as its one writer, and what stands on it.
    ///
    /// # Errors
    /// Says which part cannot be opened, and why.
    pub async fn open(config: &Config, environment: &Environment) -> Result<House, Error> {
        House::open_as(Mode::ReadWrite, config, environment).await
    }

    /// As [`House::open`], and makes the store where there is none: only what sets an installation up does.
    ///
    /// # Errors
    /// Says which part cannot be opened or made, and why.
    pub async fn create(config: &Config, environment: &Environment) -> Result<House, Error> {
        House::open_as(Mode::Create, config, environment).await
    }

    async fn open_as(
        mode: Mode,
        config: &Config,
        environment: &Environment,
    ) -> Result<House, Error> {
        let (store, key_place) = open_store(config, environment, mode).await?;
        let upstream_keys = UpstreamKeySource {
            environment: environment.clone(),
            forbidden: own_files(config),
            forbidden_variable: own_variable(config),
        };
        let registers = Registers::open(&store, upstream_keys)
            .await
            .map_err(Error::Register)?;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) =
            (Arc::new(SystemClock), Arc::new(SystemRandom));
        let log = Arc::new(StoreLog {
            store: store.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            keep_days: config.content.keep_days,
        });
        let admin = Arc::new(Admin::new(Parts {
            store: store.clone(),
            registers: Arc::clone(&registers),
            app_keys: store.hash_key(APP_KEYS)?,
            subjects: store.hash_key(SUBJECTS)?,
            witnesses: config.ledger.witness_keys(),
            data_directory: config.store.directory.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
        }));
        Ok(House {
            store,
            registers,
            admin,
            key_place,
            clock,
            random,
            limits: config.limits.clone(),
            upstreams: config.upstreams.clone(),
            environment: environment.clone(),
            log,
        })
    }

    /// Sets up the gateway.
    ///
    /// # Errors
    /// When TLS to the upstreams cannot be set up.
    pub fn gateway(&self) -> Result<Gateway, Error> {
        let registers: Arc<Registers> = Arc::clone(&self.registers);
        self.gateway_over(registers)
    }

    /// Sets up the gateway over another view of the register.
    pub(crate) fn gateway_over(
        &self,
        registers: Arc<dyn covenant_gateway::Register>,
    ) -> Result<Gateway, Error> {
        let log: Arc<StoreLog> = Arc::clone(&self.log);
        let keys = GatewayKeys {
            app_key_hash: Arc::new(self.store.hash_key(APP_KEYS)?),
            token: Arc::new(self.store.hash_key("token")?),
            subject: Arc::new(self.store.hash_key(SUBJECTS)?),
            cache: Arc::new(self.store.hash_key("cache")?),
        };
        Ok(Gateway::new(
            gateway_config(&self.limits, &self.upstreams, &self.environment)?,
            Detector::standard().clone(),
            log,
            registers,
            keys,
            Arc::new(GatewayClock(Arc::clone(&self.clock))),
            Arc::clone(&self.random),
        )?)
    }

    /// Waits until no request holds the log any more: one that was cut writes its end after its connection is gone.
    pub(crate) async fn quiet(&self) {
        let alone = async {
            while Arc::strong_count(&self.log) > 1 {
                tokio::time::sleep(LOOKED_AGAIN_AFTER).await;
            }
        };
        if tokio::time::timeout(QUIET_WITHIN, alone).await.is_err() {
            tracing::warn!("some requests did not end; the next start records them as interrupted");
        }
    }

    /// Makes the first operator of a new installation; there is nobody yet whose key could be asked for.
    ///
    /// # Errors
    /// When there is an operator already, or the name is no name.
    pub async fn first_operator(
        &self,
        name: &str,
        roles: Vec<covenant_access::Role>,
    ) -> Result<ShownOnce, crate::admin::Error> {
        use crate::admin::Error;
        let state = self.registers.state().map_err(Error::Unavailable)?;
        if !state.operators.is_empty() {
            return Err(Error::Invalid(
                "there are operators already; one of them adds the next".to_owned(),
            ));
        }
        let change = Change::OperatorAdd {
            name: name.to_owned(),
            roles,
            key_expires_in_ms: None,
        };
        let order = Order {
            change,
            why: "the first operator".to_owned(),
        };
        let done = self.admin.dangerous_execute_as(name, order).await?;
        done.key
            .ok_or_else(|| Error::Unavailable("no key came back".to_owned()))
    }

    /// Gives an operator whose keys are lost a new one: having opened the store, the caller holds the key-encryption
    /// key, and no server runs.
    ///
    /// # Errors
    /// Without a reason, or for an operator who does not exist or is disabled.
    pub async fn recover(&self, recovery: Recovery) -> Result<Done, crate::admin::Error> {
        self.admin.recover(recovery).await
    }

    /// Records that the program started.
    pub(crate) async fn record_start(&self) -> Result<(), Error> {
        let now = self.clock.now_ms();
        let mut event = Event::new(EventKind::Started, new_id(now, self.random.as_ref())?, now);
        let module = covenant_seal::module_description();
        event.note = Some(format!("covenant {}, {module}", env!("CARGO_PKG_VERSION")));
        self.store.append(Record::of(event)).await?;
        Ok(())
    }
}

/// Opens the store alone.
///
/// # Errors
/// Says which part cannot be opened, and why.
pub async fn open_store(
    config: &Config,
    environment: &Environment,
    mode: Mode,
) -> Result<(Store, KeyPlace), Error> {
    let loaded = config.keys.load(&config.store.directory, environment)?;
    let directory = &config.store.directory;
    if !matches!(mode, Mode::Create) && !directory.exists() {
        return Err(Error::NoData(directory.clone()));
    }
    let options = Options {
        directory: config.store.directory.clone(),
        tenant: config.store.tenant.clone(),
        origin: config.ledger.origin.clone(),
        keys: Arc::new(loaded.key),
        mode,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        tuning: Tuning::default(),
    };
    Ok((Store::open(options).await?, loaded.place))
}

/// How long requests that were cut may take to write their end, and how often it is looked at.
const QUIET_WITHIN: Duration = Duration::from_secs(5);
const LOOKED_AGAIN_AFTER: Duration = Duration::from_millis(2);

/// The label of the key that hashes keys of apps and operators.
const APP_KEYS: &str = "app-key";
/// The label of the key that hashes patients' references.
const SUBJECTS: &str = "subject";

fn own_files(config: &Config) -> Vec<PathBuf> {
    let mut files = vec![config.store.directory.clone()];
    if let KeySource::File(file) = &config.keys.source {
        files.push(file.clone());
    }
    files.extend(config.server.tls.iter().map(|tls| tls.private_key.clone()));
    files
}

/// The variable that holds the key-encryption key; no model's row may name it.
fn own_variable(config: &Config) -> Option<String> {
    match &config.keys.source {
        KeySource::Variable(name) => Some(name.clone()),
        KeySource::File(_) => None,
    }
}

fn gateway_config(
    limits: &Limits,
    upstreams: &Upstreams,
    environment: &Environment,
) -> Result<GatewayConfig, Error> {
    Ok(GatewayConfig {
        limits: covenant_gateway::Limits {
            body_bytes: limits.request_bytes,
            answer_bytes: limits.answer_bytes,
            in_flight: limits.requests,
            in_flight_per_upstream: limits.requests_per_upstream,
            ..covenant_gateway::Limits::default()
        },
        timeouts: Timeouts {
            body: limits.body_timeout,
            connect: limits.connect_timeout,
            first_byte: limits.first_byte_timeout,
            idle: limits.idle_timeout,
            total: limits.total_timeout,
        },
        host: host_name(),
        region: upstreams.region.clone(),
        extra_roots: roots(&upstreams.certificate_authorities)?,
        proxy: upstreams.proxy_with_credentials(environment)?,
    })
}

/// The certificates of authorities trusted beside the public ones.
fn roots(files: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for file in files {
        let read =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        roots.extend(read.map_err(|_| crate::tls::Error::Unreadable {
            file: file.clone(),
            what: "certificates",
        })?);
    }
    Ok(roots)
}

/// The machine's name, for events; Linux tells it in a file.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
