//! The mirror: a model in this process that answers with the last text it was sent. It shows what a vendor would
//! have seen; nothing leaves the machine.

use bytes::Bytes;
use covenant_formats::json::{Json, Limits, parse};

use super::{UpstreamAnswer, UpstreamBody, UpstreamFault};
use crate::dialect::{Dialect, Mirrored, last_text};

/// Answers a screened request.
pub(crate) fn answer(
    dialect: &dyn Dialect,
    body: &[u8],
    now_ms: i64,
) -> Result<UpstreamAnswer, UpstreamFault> {
    let body = parse(body, Limits::default()).map_err(|_| UpstreamFault::Malformed)?;
    let said = said(dialect, &body, now_ms);
    let streamed = body.get("stream").and_then(Json::as_bool) == Some(true);
    let (content_type, pieces) = if streamed {
        (
            "text/event-stream",
            dialect
                .mirror_stream(&body, &said)
                .iter()
                .map(|event| Bytes::from(event.to_string()))
                .collect(),
        )
    } else {
        (
            "application/json",
            vec![Bytes::from(dialect.mirror(&body, &said).to_string())],
        )
    };
    Ok(UpstreamAnswer {
        status: 200,
        content_type: content_type.to_owned(),
        retry_after: None,
        body: UpstreamBody::Ready(pieces.into_iter()),
    })
}

fn said(dialect: &dyn Dialect, body: &Json, now_ms: i64) -> Mirrored {
    let mut text = body
        .get(dialect.conversation())
        .map(last_text)
        .unwrap_or_default();
    if dialect.structure(body).is_some() {
        text = covenant_formats::json::object([("mirror", text.into())]).to_string();
    }
    Mirrored {
        input_tokens: tokens_of(&body.to_string()),
        output_tokens: tokens_of(&text),
        created: now_ms / 1000,
        text,
    }
}

/// A rough count, as English has about four characters a token.
fn tokens_of(text: &str) -> i64 {
    i64::try_from(text.len().div_ceil(4)).unwrap_or(i64::MAX)
}
