//! Who is asking, why, and about whom: the app by its key, the purpose and the subjects by their headers.

use std::sync::Arc;

use covenant_access::key::{KeyKind, parse};
use covenant_access::{App, KeyState, Purpose};
use covenant_seal::unhex;
use http::HeaderMap;

use crate::config::GatewayKeys;
use crate::refusal::Refusal;
use crate::snapshot::Snapshot;

/// The header that names the purpose of use.
pub(crate) const PURPOSE: &str = "x-covenant-purpose";
/// The header that names a subject by an opaque reference; may be repeated.
pub(crate) const PATIENT: &str = "x-covenant-patient";
/// The most subjects of one request.
const MOST_SUBJECTS: usize = 64;
/// The longest reference to a subject.
const MOST_REFERENCE_BYTES: usize = 256;

/// The app behind a request.
pub(crate) struct Caller {
    pub(crate) app: Arc<App>,
}

/// Why the request is made, and for whom.
pub(crate) struct Intent {
    pub(crate) purpose: Purpose,
    /// Keyed hashes of the references.
    pub(crate) subjects: Vec<[u8; 32]>,
}

/// Finds the app of the presented key.
pub(crate) fn identify(
    headers: &HeaderMap,
    snapshot: &Snapshot,
    keys: &GatewayKeys,
    now_ms: i64,
) -> Result<Caller, Refusal> {
    const UNKNOWN: &str = "this key is not known";
    let presented = presented_key(headers)?;
    let key = parse(presented).map_err(|_| Refusal::unauthenticated(UNKNOWN))?;
    if key.kind != KeyKind::App {
        return Err(Refusal::unauthenticated(
            "this key is an operator's; the gateway takes keys of apps",
        ));
    }
    let found = snapshot.apps.find(&key.prefix);
    let row = found.and_then(|(app, index)| Some((app, app.keys.get(index)?)));
    // Hashed and compared for an unknown prefix too, so that time does not tell which prefixes exist.
    let expected = row
        .and_then(|(_, key)| unhex(&key.hash))
        .unwrap_or_default();
    let genuine = keys
        .app_key_hash
        .verify("app-key", &[presented.as_bytes()], &expected);
    let Some((app, key)) = row.filter(|_| genuine) else {
        return Err(Refusal::unauthenticated(UNKNOWN));
    };
    match key.state(now_ms) {
        KeyState::Active if app.disabled => Err(Refusal::unauthenticated("this app is disabled")),
        KeyState::Active => Ok(Caller {
            app: Arc::clone(app),
        }),
        KeyState::Expired => Err(Refusal::unauthenticated("this key has expired")),
        KeyState::Revoked => Err(Refusal::unauthenticated("this key was revoked")),
    }
}

/// Returns the key of `Authorization: Bearer` or `x-api-key`.
fn presented_key(headers: &HeaderMap) -> Result<&str, Refusal> {
    let bearer = headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    let api_key = headers
        .get("x-api-key")
        .and_then(|value| value.to_str().ok())
        .map(str::trim);
    match (bearer, api_key) {
        (Some(one), Some(other)) if one != other => Err(Refusal::unauthenticated(
            "Authorization and x-api-key hold different keys; send one",
        )),
        (Some(key), _) | (None, Some(key)) => Ok(key),
        (None, None) => Err(Refusal::unauthenticated(
            "no key: send the app's key as `Authorization: Bearer cov_...` or `x-api-key: cov_...`",
        )),
    }
}

/// Reads why the request is made, and for whom.
pub(crate) fn intent(
    headers: &HeaderMap,
    app: &App,
    keys: &GatewayKeys,
) -> Result<Intent, Refusal> {
    Ok(Intent {
        purpose: purpose(headers, app)?,
        subjects: subjects(headers, keys)?,
    })
}

fn purpose(headers: &HeaderMap, app: &App) -> Result<Purpose, Refusal> {
    let known = || {
        Purpose::ALL
            .iter()
            .map(|purpose| purpose.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut named = headers.get_all(PURPOSE).iter();
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => Err(Refusal::new(
            400,
            "purpose_repeated",
            "X-Covenant-Purpose may be sent once",
        )),
        (Some(value), None) => value
            .to_str()
            .ok()
            .and_then(|word| word.trim().parse().ok())
            .ok_or_else(|| {
                Refusal::new(
                    400,
                    "unknown_purpose",
                    format!(
                        "X-Covenant-Purpose names no purpose; the purposes are {}",
                        known()
                    ),
                )
            }),
        (None, _) => app.default_purpose.ok_or_else(|| {
            let words = format!(
                "no purpose: this app has no default, so send X-Covenant-Purpose with one of {}",
                known()
            );
            Refusal::new(400, "no_purpose", words)
        }),
    }
}

fn subjects(headers: &HeaderMap, keys: &GatewayKeys) -> Result<Vec<[u8; 32]>, Refusal> {
    let invalid = |reason: &str| {
        Refusal::new(
            400,
            "invalid_patient",
            format!("X-Covenant-Patient {reason}"),
        )
    };
    let mut subjects = Vec::new();
    for value in headers.get_all(PATIENT) {
        let reference = value.as_bytes().trim_ascii();
        if reference.is_empty() || reference.len() > MOST_REFERENCE_BYTES {
            return Err(invalid("holds 1 to 256 bytes"));
        }
        let hash = keys.subject.hash("patient", &[reference]);
        if !subjects.contains(&hash) {
            subjects.push(hash);
        }
        if subjects.len() > MOST_SUBJECTS {
            return Err(invalid("may be sent 64 times at most"));
        }
    }
    Ok(subjects)
}
