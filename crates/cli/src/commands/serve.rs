//! `covenant serve`: the gateway, until it is told to stop.

use crate::arguments::Globals;
use crate::exit::{Exit, Failure, Outcome};
use crate::reach;
use clap::Args;

/// Runs the gateway. SIGTERM or SIGINT ends it once the requests under way are answered.
#[derive(Args)]
#[command(
    after_help = "Everything is in covenant.toml, which `covenant init` writes with a comment for every key. \
These variables win over it: COVENANT_LISTEN, COVENANT_DIRECTORY, COVENANT_KEY_FILE, COVENANT_LOG_LEVEL, \
COVENANT_LOG_FORMAT.\n\n\
SIGTERM or SIGINT ends the server once the requests under way are answered, or cut after the grace period; SIGHUP \
reads the certificate again. GET /healthz, /readyz and /metrics need no key."
)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_: Arguments, globals: &Globals) -> Outcome {
    let config = reach::config(globals)?;
    let environment = reach::environment();
    covenant_server::logs::begin(&config.logs);
    reach::runtime()?.block_on(async {
        let running = covenant_server::Running::start(&config, &environment)
            .await
            .map_err(Failure::cannot_open)?;
        running.until_signal().await;
        Ok(Exit::Done)
    })
}
