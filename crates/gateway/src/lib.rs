//! The one way out: identify, authorise, screen, record, forward, inspect, restore.
//!
//! An application speaks the API of OpenAI or Anthropic to [`Gateway::handle`]; the gateway finds what identifies
//! a patient in the request, replaces it as the route says, seals and records what it is about to do, sends what
//! is left to the vendor, looks at what comes back and gives the caller its own words again. The way of a request
//! is a list of named steps in `pipeline.rs`; nothing else in the program speaks to a vendor.
//!
//! What is deliberately not here: where records rest ([`Log`] and [`Register`] are ports, met by the server), who
//! may do what (`covenant-access` decides), what the law asks (`covenant-govern`), what a finding is
//! (`covenant-detect`) and what is done with it (`covenant-deid`).

mod answer;
mod authorise;
mod body;
mod config;
mod dialect;
mod encoded;
mod forward;
mod gateway;
mod identify;
mod inspect;
mod lanes;
mod metrics;
mod models;
mod opaque;
mod pipeline;
mod ports;
mod read;
mod receive;
mod record;
mod refusal;
mod restore;
mod room;
mod screen;
mod snapshot;
mod sse;
mod steps;
mod stream;
mod table;
mod upstream;

pub use body::{Body, BoxError};
pub use config::{GatewayConfig, GatewayKeys, Limits, Timeouts};
pub use gateway::{Gateway, SetupError};
pub use ports::{Clock, Log, LogRecord, Payload, PayloadKind, Register, Unavailable};
pub use snapshot::{AppDirectory, Profiles, Snapshot, SnapshotError, UpstreamKeys};
pub use table::TableError;
pub use upstream::proxy::{Proxy, ProxyError};
