//! Inspects and restores an answer that came whole; a long one on a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use covenant_formats::json::{Json, Limits, parse};
use covenant_seal::Phi;

use crate::answer::{AnswerFault, inspect};
use crate::dialect::Dialect;
use crate::inspect::{Constraint, Inspector, Tally};
use crate::refusal::Refusal;
use crate::screen::INLINE_BYTES;
use crate::upstream::UpstreamFault;

/// An answer as the caller gets it.
pub(crate) struct Restored {
    pub(crate) body: Phi<Vec<u8>>,
    pub(crate) tally: Tally,
    pub(crate) took: Duration,
}

/// Reads, inspects and restores an answer.
pub(crate) async fn restore(
    bytes: Vec<u8>,
    limits: Limits,
    dialect: Arc<dyn Dialect>,
    inspector: Inspector,
    structure: Option<Arc<Constraint>>,
) -> Result<Restored, Refusal> {
    let long = bytes.len() > INLINE_BYTES;
    let work = move || {
        restore_now(
            &bytes,
            limits,
            dialect.as_ref(),
            inspector,
            structure.as_ref(),
        )
    };
    if !long {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Refusal::unavailable("the detector")))
}

fn restore_now(
    bytes: &[u8],
    limits: Limits,
    dialect: &dyn Dialect,
    mut inspector: Inspector,
    structure: Option<&Arc<Constraint>>,
) -> Result<Restored, Refusal> {
    let begun = Instant::now();
    let mut answer = parse(bytes, limits).map_err(|_| UpstreamFault::Malformed)?;
    if is_error(&answer) {
        return Err(UpstreamFault::Reported.into());
    }
    inspect(
        &dialect.tables().answer,
        &mut answer,
        &mut inspector,
        structure,
    )
    .map_err(refuse)?;
    let body = Phi::new(answer.to_string().into_bytes());
    Ok(Restored {
        body,
        tally: inspector.tally,
        took: begun.elapsed(),
    })
}

/// An error that came with a status of success. A response object has an `error` of its own, among what it says.
fn is_error(answer: &Json) -> bool {
    let is_response = answer.get("object").and_then(Json::as_str) == Some("response");
    !is_response && answer.get("error").is_some_and(|error| !error.is_null())
}

/// Says why an answer cannot be given.
fn refuse(fault: AnswerFault) -> Refusal {
    match fault {
        AnswerFault::Malformed => UpstreamFault::Malformed.into(),
        AnswerFault::Broken(path) => Refusal::withheld(&path),
    }
}
