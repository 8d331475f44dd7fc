//! One file a command: its arguments and its function.

pub(crate) mod app;
pub(crate) mod baa;
pub(crate) mod content;
pub(crate) mod decision;
pub(crate) mod deid;
pub(crate) mod detect;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod model;
pub(crate) mod operator;
pub(crate) mod policy;
pub(crate) mod quickstart;
pub(crate) mod register;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod vendor;
