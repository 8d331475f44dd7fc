//! The quickstart: the real pipeline on invented data, with nothing to set up.
//!
//! It differs from `serve` in three ways, all said on the screen: the key lies beside the data, the vendors are
//! invented, and the built-in mirror stands behind a loopback socket so that what arrived there can be shown.

mod setup;
mod wire;

pub use setup::{
    APP, COVERED, COVERED_MODEL, DECISION, Keys, UNCOVERED, UNCOVERED_MODEL, config_file,
};

use crate::config::{Config, Environment, KeyError};
use crate::house::House;
use bytes::Bytes;
use covenant_formats::json::{self, Json};
use covenant_gateway::{Gateway, Snapshot, Unavailable, UpstreamKeys};
use covenant_govern::RouteDecision;
use covenant_ledger::Event;
use covenant_seal::hex;
use covenant_store::{EventFilter, Verification};
use http_body_util::{BodyExt as _, Full};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::Wire;

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory.
    #[error("data directory {}: {source}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] crate::config::Error),
    /// Its key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What stands on it.
    #[error(transparent)]
    House(#[from] crate::house::Error),
    /// Its store.
    #[error(transparent)]
    Store(#[from] covenant_store::Error),
    /// Its register.
    #[error("{0}")]
    Register(String),
    /// A change of the register.
    #[error("{0}")]
    Change(crate::admin::Error),
    /// The loopback socket of the mirror.
    #[error("the mirror's loopback socket: {0}")]
    Wire(std::io::Error),
    /// No randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// The clock is far off.
    #[error("the clock is far off")]
    Clock,
    /// The gateway's answer could not be read.
    #[error("the gateway's answer could not be read")]
    Answer,
    /// A proof could not be checked.
    #[error("the proof: {0}")]
    Ledger(#[from] covenant_ledger::Error),
}

/// A demonstration that is set up.
pub struct Quickstart {
    /// The configuration it serves with.
    pub config: Config,
    /// Whether the data directory was made in this run.
    pub made: bool,
    /// The keys shown in this run.
    pub keys: Keys,
    house: House,
    gateway: Gateway,
    wire: Wire,
}

/// A request and all that came of it.
pub struct Exchange {
    /// The text the app sent.
    pub sent: String,
    /// The text that arrived at the model; `None` when nothing did.
    pub arrived: Option<String>,
    /// How many bytes arrived at the model.
    pub arrived_bytes: usize,
    /// The HTTP status the app got.
    pub status: u16,
    /// What the app got: the model's text, or the words of the refusal.
    pub back: String,
    /// The entries of this request, with their index in the ledger.
    pub entries: Vec<(u64, Event)>,
}

/// A proof that was checked.
pub struct Proved {
    /// The entry.
    pub index: u64,
    /// The size of the signed tree it is in.
    pub size: u64,
    /// The root of that tree, hexadecimal.
    pub root: String,
    /// How many hashes lead from the entry to the root.
    pub hashes: usize,
}

impl Quickstart {
    /// Makes or finds the data directory, opens it and sets up the demonstration.
    ///
    /// # Errors
    /// Says what is in the way.
    pub async fn prepare(directory: &Path, environment: &Environment) -> Result<Quickstart, Error> {
        let (config, made) = setup::directory(directory, environment)?;
        let house = House::create(&config, environment).await?;
        house.record_start().await?;
        let keys = setup::register(&house).await?;
        let wire = Wire::open().await.map_err(Error::Wire)?;
        let register = Tapped {
            house_registers: Arc::clone(&house.registers),
            wire: wire.address.to_string(),
        };
        let gateway = house.gateway_over(Arc::new(register))?;
        Ok(Quickstart {
            config,
            made,
            keys,
            house,
            gateway,
            wire,
        })
    }

    /// Sends a note to a model through the gateway, for treatment.
    ///
    /// # Errors
    /// When the gateway's answer cannot be read; a refusal is an answer.
    pub async fn ask(&self, model: &str, note: &str) -> Result<Exchange, Error> {
        self.wire.take();
        let response = self.gateway.handle(self.request(model, note)?).await;
        let status = response.status().as_u16();
        let request = header(&response, "x-request-id");
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|_| Error::Answer)?
            .to_bytes();
        let arrived = self.wire.take();
        Ok(Exchange {
            sent: note.to_owned(),
            arrived_bytes: arrived.iter().map(Bytes::len).sum(),
            arrived: arrived.last().and_then(|body| wire::said(body)),
            status,
            back: wire::said(&body)
                .or_else(|| refused(&body))
                .ok_or(Error::Answer)?,
            entries: self.entries(request).await?,
        })
    }

    fn request(&self, model: &str, note: &str) -> Result<http::Request<Full<Bytes>>, Error> {
        let message = json::object([("role", Json::from("user")), ("content", Json::from(note))]);
        let body = json::object([
            ("model", Json::from(model)),
            ("messages", Json::from(vec![message])),
        ]);
        http::Request::post("/v1/chat/completions")
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(
                http::header::AUTHORIZATION,
                format!("Bearer {}", self.keys.app.expose()),
            )
            .header("x-covenant-purpose", "treatment")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|_| Error::Answer)
    }

    async fn entries(&self, request: Option<String>) -> Result<Vec<(u64, Event)>, Error> {
        let filter = EventFilter {
            request: Some(request.ok_or(Error::Answer)?),
            ..EventFilter::default()
        };
        Ok(self.house.store.events(&filter).await?)
    }

    /// Opens the de-identified route to the second vendor by a recorded decision.
    ///
    /// # Errors
    /// When the register refuses it.
    pub async fn open_route(&self, miss_rate: f64) -> Result<RouteDecision, Error> {
        setup::open_route(&self.house, miss_rate).await
    }

    /// Proves that an entry is in the log, and checks the proof as anybody would: against the log's public key.
    ///
    /// # Errors
    /// When the proof does not lead to the signed root.
    pub async fn prove(&self, index: u64) -> Result<Proved, Error> {
        let text = self.house.store.prove(index).await?;
        let proof = covenant_ledger::proof::parse(&text)?;
        let leaf = proof.extra.as_deref().unwrap_or_default();
        let (checkpoint, _) = proof.verify(leaf, &[self.house.store.log_vkey().parse()?])?;
        Ok(Proved {
            index,
            size: checkpoint.size,
            root: hex(&checkpoint.root),
            hashes: proof.hashes.len(),
        })
    }

    /// Verifies everything that rests.
    ///
    /// # Errors
    /// When the store cannot be read; what is bad is in the result.
    pub async fn verify(&self) -> Result<Verification, Error> {
        Ok(self.house.store.verify(None, &[]).await?)
    }

    /// The installation, to be served.
    #[must_use]
    pub fn into_house(self) -> (House, Config) {
        (self.house, self.config)
    }

    /// Ends the demonstration in order.
    ///
    /// # Errors
    /// When the store cannot be closed in order.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.house.store.close().await?)
    }
}

fn header<B>(response: &http::Response<B>, name: &str) -> Option<String> {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// The words of a refusal, in OpenAI's envelope.
fn refused(body: &[u8]) -> Option<String> {
    let parsed = json::parse(body, json::Limits::default()).ok()?;
    parsed
        .get("error")?
        .get("message")?
        .as_str()
        .map(str::to_owned)
}

/// The register in force, with the mirror behind the demonstration's socket. Rows stay as they are.
struct Tapped {
    house_registers: Arc<crate::ports::Registers>,
    wire: String,
}

impl covenant_gateway::Register for Tapped {
    fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        let unavailable = |reason: String| Unavailable {
            part: "register",
            reason,
        };
        let mut state = (*self.house_registers.state().map_err(unavailable)?).clone();
        let models: Vec<_> = state
            .register
            .models()
            .values()
            .filter(|model| model.is_mirror())
            .cloned()
            .collect();
        for mut model in models {
            model.upstream = format!("http://{}/v1", self.wire);
            state
                .register
                .replace_model(model)
                .map_err(|error| unavailable(error.to_string()))?;
        }
        let snapshot = state
            .snapshot(UpstreamKeys::default())
            .map_err(|error| unavailable(error.to_string()))?;
        Ok(Arc::new(snapshot))
    }
}
