//! The error envelopes of the two families. Codes and words are ours, the form is what their clients expect.

use covenant_formats::json::{Json, object};
use covenant_govern::Dialect as Family;

use crate::refusal::Refusal;

/// Writes a refusal as the family's clients expect errors.
pub(crate) fn envelope(family: Family, refusal: &Refusal, request_id: &str) -> Json {
    let policies = refusal
        .policies
        .iter()
        .map(|policy| Json::from(policy.as_str()))
        .collect::<Vec<_>>();
    let param = refusal.param.as_deref().map_or(Json::Null, Json::from);
    match family {
        Family::OpenAi => object([(
            "error",
            object([
                ("message", refusal.message.as_str().into()),
                ("type", openai_type(refusal.status).into()),
                ("param", param),
                ("code", refusal.code.into()),
                ("policies", policies.into()),
                ("request_id", request_id.into()),
            ]),
        )]),
        Family::Anthropic => object([
            ("type", "error".into()),
            (
                "error",
                object([
                    ("type", anthropic_type(refusal.status).into()),
                    ("message", refusal.message.as_str().into()),
                    ("code", refusal.code.into()),
                    ("param", param),
                    ("policies", policies.into()),
                ]),
            ),
            ("request_id", request_id.into()),
        ]),
    }
}

/// The refusal of a path that is not served, with what is.
pub(crate) fn not_found(served: &[String]) -> Refusal {
    Refusal::new(
        404,
        "not_found",
        format!("this path is not served; served are {}", served.join(", ")),
    )
}

fn openai_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        502 | 504 => "upstream_error",
        _ => "server_error",
    }
}

fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        _ => "api_error",
    }
}
