//! `covenant serve`: the gateway, until it is told to stop.

use crate::arguments::Globals;
use crate::exit::{Exit, Failure, Outcome};
use crate::reach;
use clap::Args;

/// Runs the gateway. SIGTERM or SIGINT ends it once the requests under way are answered.
#[derive(Args)]
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
