//! The HTTP door: configuration, TLS, listeners, the admin API, jobs, and the wiring of the rooms below.
//!
//! Nothing of the domain is decided here. A request goes to `covenant-gateway`, a change to [`admin`], which asks
//! `covenant-access` whether it is allowed and `covenant-govern` whether it is sound, and writes it to
//! `covenant-store`. The ports the gateway needs are met by one wrapper over the store.

pub mod admin;
pub mod config;
pub mod control;
mod health;
mod house;
mod jobs;
pub mod listen;
pub mod logs;
pub mod ports;
pub mod private_file;
pub mod quickstart;
mod routes;
mod running;
pub mod state;
pub mod tls;
pub mod upstream_keys;

pub use house::{Error, House, open_store};
pub use running::Running;
