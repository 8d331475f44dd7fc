//! `covenant deid` and `covenant restore`: take out what identifies a patient, and put it back where that is wanted.

use crate::arguments::Globals;
use crate::exit::{Failure, Outcome};
use clap::Args;

/// Takes out what identifies a patient, or puts tokens in its place.
#[derive(Args)]
pub(crate) struct Arguments {}

/// Puts the originals back.
#[derive(Args)]
pub(crate) struct RestoreArguments {}

/// Runs the command.
pub(crate) fn run(_: &Arguments, _: &Globals) -> Outcome {
    Err(Failure::usage("not yet built"))
}

/// Runs the command.
pub(crate) fn restore(_: &RestoreArguments, _: &Globals) -> Outcome {
    Err(Failure::usage("not yet built"))
}
