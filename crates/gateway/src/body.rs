//! The body type that leaves the gateway.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};

/// An error of a body, of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer: whole or a stream.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Returns a body that holds all of `bytes`.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
