//! What the program says about itself: lines on standard error. Values of requests never come here; the crates below
//! log ids, counts and kinds.

use crate::config::{LogFormat, Logs};
use tracing_subscriber::EnvFilter;

/// Begins logging; a second call changes nothing.
pub fn begin(logs: &Logs) {
    // Libraries speak up only when something is wrong: their finer lines may show what passes through them.
    let ours = logs.level.as_str().to_lowercase();
    let filter = EnvFilter::new(format!(
        "warn,covenant_server={ours},covenant_gateway={ours},covenant_store={ours},hyper=error,h2=error,rustls=error"
    ));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _ = match logs.format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
}
