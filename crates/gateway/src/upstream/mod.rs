//! Upstreams: where requests go once everything is screened and recorded. Two kinds: a vendor over HTTP and the
//! built-in mirror. Only `forward.rs` calls them.

mod connect;
pub(crate) mod http;
pub(crate) mod mirror;
pub(crate) mod proxy;

use std::time::Duration;

use bytes::Bytes;

/// What an upstream answered with: the head, and a body to be read piece by piece.
pub(crate) struct UpstreamAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: UpstreamBody,
}

/// The body of an upstream's answer. Dropping it cancels the upstream call.
pub(crate) enum UpstreamBody {
    /// Over the network.
    Http(Box<http::TimedBody>),
    /// From the mirror, ready made.
    Ready(std::vec::IntoIter<Bytes>),
}

impl UpstreamBody {
    /// Returns the next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, UpstreamFault>> {
        match self {
            UpstreamBody::Http(body) => body.next().await,
            UpstreamBody::Ready(pieces) => pieces.next().map(Ok),
        }
    }

    /// Reads the whole body, at most `most_bytes`.
    pub(crate) async fn whole(mut self, most_bytes: usize) -> Result<Vec<u8>, UpstreamFault> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if bytes.len() + piece.len() > most_bytes {
                return Err(UpstreamFault::AnswerTooLong);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// What can go wrong with an upstream. Carries no content of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpstreamFault {
    /// The address in the register cannot be used.
    #[error("the model's address is not https, nor plain http to loopback")]
    Address,
    /// No connection, a failed handshake, a certificate that is not trusted.
    #[error("the model's service could not be reached")]
    Unreachable,
    /// The configured proxy cannot be reached.
    #[error("the proxy on the way to the model's service could not be reached")]
    ProxyUnreachable,
    /// The configured proxy did not open a tunnel, or answered with what is not an answer.
    #[error("the proxy on the way to the model's service did not open a tunnel to it")]
    ProxyRefused,
    /// The configured proxy asks for credentials, or refuses those it was given.
    #[error(
        "the proxy on the way to the model's service does not accept the credentials it was given"
    )]
    ProxyCredentials,
    /// The connection did not come up in time.
    #[error("the model's service could not be reached in time")]
    ConnectTimeout,
    /// Nothing came back in time.
    #[error("the model's service did not answer in time")]
    FirstByteTimeout,
    /// The answer stopped coming.
    #[error("the model's service stopped in the middle of its answer")]
    IdleTimeout,
    /// The whole call took too long.
    #[error("the model's service took longer than a call may take")]
    TotalTimeout,
    /// The connection broke.
    #[error("the connection to the model's service broke")]
    Broken,
    /// The answer is longer than allowed.
    #[error("the answer of the model's service is longer than allowed")]
    AnswerTooLong,
    /// The answer sends the request elsewhere.
    #[error("the model's service answered with a redirect ({0}), which is never followed")]
    Redirect(u16),
    /// The answer is not of the type asked for.
    #[error("the model's service answered with another content type than asked for")]
    ContentType,
    /// The answer is encoded though none was asked for.
    #[error("the model's service answered with a content encoding that was not asked for")]
    ContentEncoding,
    /// The answer is not what the dialect says.
    #[error("the answer of the model's service is malformed")]
    Malformed,
    /// The stream ended without its last message.
    #[error("the stream of the model's service ended before its last message")]
    Cut,
    /// The service answered with an error status.
    #[error("the model's service answered with an error ({status})")]
    Status {
        /// The status it answered with.
        status: u16,
        /// The seconds it asked to wait.
        retry_after: Option<u64>,
    },
    /// The service reported an error in an answer or stream that had begun well.
    #[error("the model's service reported an error in its answer")]
    Reported,
}

impl UpstreamFault {
    /// Returns the code written in events and answers.
    pub(crate) fn code(self) -> &'static str {
        match self {
            UpstreamFault::Address => "upstream_address",
            UpstreamFault::Unreachable => "upstream_unreachable",
            UpstreamFault::ProxyUnreachable => "upstream_proxy_unreachable",
            UpstreamFault::ProxyRefused => "upstream_proxy_refused",
            UpstreamFault::ProxyCredentials => "upstream_proxy_credentials",
            UpstreamFault::ConnectTimeout => "upstream_connect_timeout",
            UpstreamFault::FirstByteTimeout => "upstream_first_byte_timeout",
            UpstreamFault::IdleTimeout => "upstream_idle_timeout",
            UpstreamFault::TotalTimeout => "upstream_total_timeout",
            UpstreamFault::Broken => "upstream_broken",
            UpstreamFault::AnswerTooLong => "upstream_answer_too_long",
            UpstreamFault::Redirect(_) => "upstream_redirect",
            UpstreamFault::ContentType => "upstream_content_type",
            UpstreamFault::ContentEncoding => "upstream_content_encoding",
            UpstreamFault::Malformed => "upstream_malformed",
            UpstreamFault::Cut => "upstream_cut",
            UpstreamFault::Status { .. } => "upstream_status",
            UpstreamFault::Reported => "upstream_error",
        }
    }

    /// Returns the status the caller is answered with.
    pub(crate) fn status(self) -> u16 {
        match self {
            UpstreamFault::ConnectTimeout
            | UpstreamFault::FirstByteTimeout
            | UpstreamFault::IdleTimeout
            | UpstreamFault::TotalTimeout => 504,
            // What the caller can act on keeps its status; our own credential's troubles are ours.
            UpstreamFault::Status {
                status: status @ (400 | 413 | 422 | 429),
                ..
            } => status,
            UpstreamFault::Status {
                status: 503 | 529, ..
            } => 503,
            UpstreamFault::Status { status: 504, .. } => 504,
            _ => 502,
        }
    }

    /// Returns the seconds the caller is asked to wait, where waiting helps.
    pub(crate) fn retry_after(self) -> Option<u64> {
        match self {
            UpstreamFault::Status {
                status: 429 | 503 | 529,
                retry_after,
            } => Some(retry_after.unwrap_or(5)),
            _ => None,
        }
    }
}

/// Returns the seconds of a `Retry-After` header, bounded; dates are not read.
pub(crate) fn retry_after_seconds(value: Option<&str>) -> Option<u64> {
    value?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|seconds| seconds.min(Duration::from_secs(3600).as_secs()))
}
