//! A gateway in process, with a log in memory that can fail and vendors on loopback sockets that record and play.

mod house;
mod proxy;
mod tls_vendor;
mod vendor;

pub use house::{Answer, House, Setting, TODAY_MS};
pub use proxy::{ConnectProxy, Way};
pub use tls_vendor::TlsVendor;
pub use vendor::{Act, RecordingVendor, json_answer, sse_answer};
