//! A server that runs: sockets, jobs, signals and an orderly end.

use crate::config::{Config, Environment, KeyPlace};
use crate::health::Looked;
use crate::house::{Error, House};
use crate::listen::{Bounds, serve_tcp, serve_unix};
use crate::tls::Tls;
use crate::{control, jobs, routes};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often certificate files are looked at.
const CERTIFICATES_LOOKED_AT_EVERY: Duration = Duration::from_secs(2);

/// A running server.
pub struct Running {
    /// The address it listens on.
    pub address: SocketAddr,
    directory: PathBuf,
    house: House,
    tls: Option<Tls>,
    signals: Signals,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
    background: Vec<JoinHandle<()>>,
}

impl Running {
    /// Opens everything a configuration names and serves it.
    ///
    /// # Errors
    /// Says which part cannot be opened; nothing is then served.
    pub async fn start(config: &Config, environment: &Environment) -> Result<Running, Error> {
        let house = House::open(config, environment).await?;
        house.record_start().await?;
        if let KeyPlace::NotSecured(why) = &house.key_place {
            tracing::warn!(
                why,
                "not secured: the key-encryption key does not lie apart from the data"
            );
        }
        let running = Running::serve(house, config).await?;
        tracing::info!(address = %running.address, tls = running.tls.is_some(), "serving");
        Ok(running)
    }

    /// Serves an open installation.
    ///
    /// # Errors
    /// When an address cannot be bound or a certificate cannot be used.
    pub async fn serve(house: House, config: &Config) -> Result<Running, Error> {
        let tls = config.server.tls.clone().map(Tls::open).transpose()?;
        let gateway = house.gateway()?;
        // Watched before anything is served: whoever sees it serve may end it in order.
        let signals = Signals::watch().map_err(|source| Error::Socket {
            what: "signals".to_owned(),
            source,
        })?;
        let listener = TcpListener::bind(config.server.listen)
            .await
            .map_err(|source| Error::Socket {
                what: format!("listen on {}", config.server.listen),
                source,
            })?;
        let address = listener.local_addr().map_err(|source| Error::Socket {
            what: "the address listened on".to_owned(),
            source,
        })?;
        let control = control::bind(&config.store.directory).map_err(|source| Error::Socket {
            what: "the control socket".to_owned(),
            source,
        })?;

        let looked = Looked {
            store: house.store.clone(),
            registers: Arc::clone(&house.registers),
            gateway: gateway.clone(),
        };
        let admin = config.server.admin_api.then(|| Arc::clone(&house.admin));
        let public = routes::public(gateway, looked, admin);
        let private = routes::control(Arc::clone(&house.admin));
        let bounds = Bounds::of(&config.server);
        let (stop, stopping) = watch::channel(false);
        let serving = vec![
            tokio::spawn(serve_tcp(
                listener,
                tls.clone(),
                public,
                bounds,
                stopping.clone(),
            )),
            tokio::spawn(serve_unix(control, private, bounds, stopping)),
        ];
        let background = background(&house, config, tls.as_ref());
        Ok(Running {
            address,
            directory: config.store.directory.clone(),
            house,
            tls,
            signals,
            stop,
            serving,
            background,
        })
    }

    /// Serves until SIGTERM or SIGINT, and ends in order. SIGHUP reads the certificate again.
    pub async fn until_signal(mut self) {
        loop {
            tokio::select! {
                _ = self.signals.terminate.recv() => break,
                _ = self.signals.interrupt.recv() => break,
                _ = self.signals.hangup.recv() => self.reload(),
            }
        }
        tracing::info!("stopping: requests under way are answered first");
        self.stop().await;
    }

    /// Accepts no more, answers what is under way within the grace period, and closes the store.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.serving {
            let _ = task.await;
        }
        self.background.iter().for_each(JoinHandle::abort);
        self.house.quiet().await;
        control::unbind(&self.directory);
        if let Err(error) = self.house.store.close().await {
            tracing::error!(%error, "the store was not closed in order");
        }
    }

    fn reload(&self) {
        match self.tls.as_ref().map(Tls::reload) {
            Some(Ok(())) => tracing::info!("TLS certificate reloaded"),
            Some(Err(error)) => {
                tracing::warn!(%error, "TLS certificate not reloaded; the one in use stays")
            }
            None => {}
        }
    }
}

/// What tells the server to end, or to read its certificate again.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn watch() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

fn background(house: &House, config: &Config, tls: Option<&Tls>) -> Vec<JoinHandle<()>> {
    let (store, clock) = (&house.store, &house.clock);
    let jobs = &config.jobs;
    let mut tasks = vec![
        tokio::spawn(Arc::clone(&house.registers).follow(store.clone())),
        tokio::spawn(jobs::expire(store.clone(), Arc::clone(clock), jobs.clone())),
        tokio::spawn(jobs::rotate_log_key(
            store.clone(),
            Arc::clone(clock),
            jobs.clone(),
        )),
    ];
    if let Some(tls) = tls {
        tasks.push(tokio::spawn(
            tls.clone().watch(CERTIFICATES_LOOKED_AT_EVERY),
        ));
    }
    tasks
}
