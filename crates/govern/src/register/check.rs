//! What each object must be by itself and beside the others before it goes into the register. No check asks
//! what day it is: a row that was right stays right.

use std::collections::BTreeMap;

use super::Register;
use crate::{
    Agreement, AgreementState, ContentKept, Date, Error, MAX_DECISION_DAYS, MIRROR, Method, Model,
    RouteDecision, Vendor, id,
};

/// Refuses an id of the wrong form, or one that is taken.
pub(super) fn free<T>(
    kind: &'static str,
    id: &str,
    rows: &BTreeMap<String, T>,
) -> Result<(), Error> {
    id::check(kind, id)?;
    if rows.contains_key(id) {
        let why = format!(
            "this {} is taken",
            if kind == "model" { "alias" } else { "id" }
        );
        return Err(Error::Taken {
            object: format!("{kind}/{id}"),
            why,
        });
    }
    Ok(())
}

/// Returns the row of an id.
pub(super) fn present<'a, T>(
    kind: &'static str,
    id: &str,
    rows: &'a BTreeMap<String, T>,
) -> Result<&'a T, Error> {
    rows.get(id).ok_or_else(|| absent(kind, id))
}

/// Returns the error for an object that is not there.
pub(super) fn absent(kind: &'static str, id: &str) -> Error {
    Error::Missing {
        object: format!("{kind}/{id}"),
        missing: format!("{kind} {id}"),
        remedy: add(kind, id),
    }
}

/// Refuses the removal of an object that another names.
pub(super) fn unused(kind: &'static str, id: &str, by: Option<String>) -> Result<(), Error> {
    match by {
        None => Ok(()),
        Some(by) => Err(Error::InUse {
            object: format!("{kind}/{id}"),
            by,
        }),
    }
}

pub(super) fn vendor(vendor: &Vendor) -> Result<(), Error> {
    let object = format!("vendor/{}", vendor.id);
    filled(&object, "name", &vendor.name)
}

/// Refuses a changed agreement that does not count on from the old one, or is with another vendor.
pub(super) fn follows(old: &Agreement, new: &Agreement) -> Result<(), Error> {
    let object = format!("agreement/{}", new.id);
    if old.version.checked_add(1) != Some(new.version) {
        let why = format!(
            "it is at version {}; a change of it has the next version, not {}",
            old.version, new.version
        );
        return Err(Error::Taken { object, why });
    }
    if old.vendor != new.vendor {
        return Err(Error::Taken {
            object,
            why: format!("it is with vendor {}", old.vendor),
        });
    }
    Ok(())
}

impl Register {
    pub(super) fn check_agreement(&self, agreement: &Agreement) -> Result<(), Error> {
        let object = format!("agreement/{}", agreement.id);
        if agreement.version == 0 {
            return Err(Error::field(&object, "version", "counts from 1"));
        }
        self.known_vendor(&object, &agreement.vendor)?;
        term(&object, agreement.effective, agreement.expires)?;
        scope(&object, "services", &agreement.services, &agreement.state)?;
        scope(&object, "models", &agreement.models, &agreement.state)?;
        document(&object, agreement)?;
        self.check_overlap(&object, agreement)
    }

    fn check_overlap(&self, object: &str, agreement: &Agreement) -> Result<(), Error> {
        let others = self
            .agreements
            .values()
            .filter(|other| other.id != agreement.id && other.vendor == agreement.vendor);
        for other in others {
            if let (Some(service), Some(from)) = (
                shared_service(agreement, other),
                shared_day(agreement, other),
            ) {
                return Err(Error::Overlap {
                    object: object.to_owned(),
                    other: other.id.clone(),
                    service,
                    from,
                });
            }
        }
        Ok(())
    }

    pub(super) fn check_model(&self, model: &Model) -> Result<(), Error> {
        let object = format!("model/{}", model.alias);
        self.known_vendor(&object, &model.vendor)?;
        filled(&object, "service", &model.service)?;
        filled(&object, "upstream_model", &model.upstream_model)?;
        if model.upstream != MIRROR {
            address(&object, &model.upstream)?;
        }
        key_reference(&object, model)?;
        if model.route.content == ContentKept::Days(0) {
            return Err(Error::field(
                &object,
                "route.content",
                "is off, or at least 1 day",
            ));
        }
        for path in &model.route.screen_paths {
            filled(&object, "route.screen_paths", path)?;
        }
        Ok(())
    }

    /// Refuses to move a model that a decision names to another vendor: the decision was about the first.
    pub(super) fn check_still_decided(&self, model: &Model) -> Result<(), Error> {
        let stranded = self
            .decisions
            .values()
            .find(|row| row.model == model.alias && row.vendor != model.vendor);
        unused(
            "model",
            &model.alias,
            stranded.map(|row| format!("decision/{}", row.id)),
        )
    }

    pub(super) fn check_decision(&self, decision: &RouteDecision) -> Result<(), Error> {
        let object = format!("decision/{}", decision.id);
        self.known_vendor(&object, &decision.vendor)?;
        self.decided_model(&object, decision)?;
        filled(&object, "accepted_by", &decision.accepted_by)?;
        filled(&object, "reason", &decision.reason)?;
        if !(0.0..=1.0).contains(&decision.accepted_miss_rate) {
            return Err(Error::field(
                &object,
                "accepted_miss_rate",
                "is a share from 0 to 1",
            ));
        }
        term(&object, decision.made, Some(decision.expires))?;
        short_enough(&object, decision)?;
        method(&object, decision)
    }

    fn decided_model(&self, object: &str, decision: &RouteDecision) -> Result<(), Error> {
        if decision.model == "*" {
            return Ok(());
        }
        match self.models.get(&decision.model) {
            None => Err(missing(object, "model", &decision.model)),
            Some(model) if model.vendor != decision.vendor => Err(Error::field(
                object,
                "model",
                "is not a model of this vendor",
            )),
            Some(_) => Ok(()),
        }
    }

    fn known_vendor(&self, object: &str, vendor: &str) -> Result<(), Error> {
        if self.vendors.contains_key(vendor) {
            Ok(())
        } else {
            Err(missing(object, "vendor", vendor))
        }
    }
}

fn missing(object: &str, kind: &'static str, id: &str) -> Error {
    Error::Missing {
        object: object.to_owned(),
        missing: format!("{kind} {id}"),
        remedy: add(kind, id),
    }
}

fn add(kind: &str, id: &str) -> String {
    match kind {
        "agreement" => format!("covenant baa draft {id}"),
        kind => format!("covenant {kind} add {id}"),
    }
}

fn filled(object: &str, field: &'static str, text: &str) -> Result<(), Error> {
    let printable =
        !text.trim().is_empty() && text.len() <= 500 && !text.chars().any(char::is_control);
    if printable {
        Ok(())
    } else {
        Err(Error::field(
            object,
            field,
            "is 1 to 500 printable characters",
        ))
    }
}

fn term(object: &str, begins: Date, expires: Option<Date>) -> Result<(), Error> {
    match expires {
        Some(expires) if expires < begins => Err(Error::ExpiresBeforeItBegins {
            object: object.to_owned(),
            begins,
            expires,
        }),
        _ => Ok(()),
    }
}

/// A draft may still be silent about what it covers; a signed agreement may not.
fn scope(
    object: &str,
    field: &'static str,
    list: &[String],
    state: &AgreementState,
) -> Result<(), Error> {
    if list.is_empty() && matches!(state, AgreementState::Signed { .. }) {
        return Err(Error::field(
            object,
            field,
            "names what a signed agreement covers, or *",
        ));
    }
    list.iter()
        .try_for_each(|entry| filled(object, field, entry))
}

fn document(object: &str, agreement: &Agreement) -> Result<(), Error> {
    const EXPECTED: &str = "is the SHA-256 of the signed document, 64 digits of 0-9 and a-f";
    match (&agreement.document_digest, &agreement.state) {
        (Some(digest), _) if !is_sha256(digest) => {
            Err(Error::field(object, "document_digest", EXPECTED))
        }
        (None, AgreementState::Signed { .. }) => {
            Err(Error::field(object, "document_digest", EXPECTED))
        }
        (_, AgreementState::Signed { by, .. }) => filled(object, "state.by", by),
        (_, AgreementState::Terminated { why, .. }) => filled(object, "state.why", why),
        (_, AgreementState::Draft) => Ok(()),
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn shared_service(one: &Agreement, other: &Agreement) -> Option<String> {
    let named = one
        .services
        .iter()
        .find(|service| other.covers_service(service));
    named
        .or_else(|| {
            other
                .services
                .iter()
                .find(|service| one.covers_service(service))
        })
        .cloned()
}

/// The first day on which both, if signed, are in their term.
fn shared_day(one: &Agreement, other: &Agreement) -> Option<Date> {
    let (first_one, last_one) = signed_term(one)?;
    let (first_other, last_other) = signed_term(other)?;
    let from = first_one.max(first_other);
    let within = |last: Option<Date>| last.is_none_or(|last| from <= last);
    (within(last_one) && within(last_other)).then_some(from)
}

fn signed_term(agreement: &Agreement) -> Option<(Date, Option<Date>)> {
    let term = (agreement.begins(), agreement.last_day());
    let never = term.1.is_some_and(|last| last < term.0);
    (agreement.signed_on().is_some() && !never).then_some(term)
}

fn short_enough(object: &str, decision: &RouteDecision) -> Result<(), Error> {
    let days = decision.expires.days_since(decision.made);
    if days <= MAX_DECISION_DAYS {
        return Ok(());
    }
    Err(Error::RunsTooLong {
        object: object.to_owned(),
        days,
        most: MAX_DECISION_DAYS,
    })
}

fn method(object: &str, decision: &RouteDecision) -> Result<(), Error> {
    match &decision.method {
        Method::SafeHarbor if decision.features.is_empty() => Ok(()),
        Method::SafeHarbor => Err(Error::field(
            object,
            "features",
            "is empty under safe-harbor: only plain text goes out",
        )),
        Method::Expert {
            id,
            expires,
            determined,
        } => {
            filled(object, "method.id", id)?;
            term(object, decision.made, Some(*expires))?;
            if decision.features.iter().any(|feature| feature.is_unread()) {
                return Err(Error::field(
                    object,
                    "features",
                    "leaves out images, audio, video and files: the screen does not read them, so they are never de-identified",
                ));
            }
            let checked = determined.as_ref().map_or(Ok(()), |table| table.check());
            checked.map_err(|source| Error::Determined {
                object: object.to_owned(),
                source,
            })
        }
    }
}

fn key_reference(object: &str, model: &Model) -> Result<(), Error> {
    match (&model.api_key_env, &model.api_key_file) {
        (Some(_), Some(_)) => Err(Error::field(
            object,
            "api_key_file",
            "is not given together with api_key_env",
        )),
        (Some(name), None) if !is_variable(name) => Err(Error::field(
            object,
            "api_key_env",
            "names an environment variable, in A-Z, 0-9 and _",
        )),
        (None, Some(path)) => filled(object, "api_key_file", path),
        _ => Ok(()),
    }
}

fn is_variable(name: &str) -> bool {
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    begins_well && name.len() <= 100 && name.bytes().all(allowed)
}

/// Refuses an address that is not `https://host[:port][/path]`, or `http://` to loopback.
fn address(object: &str, url: &str) -> Result<(), Error> {
    let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => {
            return Err(Error::field(
                object,
                "upstream",
                "is https://host[:port][/path], or `mirror`",
            ));
        }
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(host) = host_of(authority) else {
        return Err(Error::field(
            object,
            "upstream",
            "names a host, and a port if need be, and nothing else before its path",
        ));
    };
    if !path
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte))
    {
        return Err(Error::field(
            object,
            "upstream",
            "has no query, fragment or unusual characters in its path",
        ));
    }
    if secure || is_loopback(host) {
        return Ok(());
    }
    Err(Error::field(
        object,
        "upstream",
        "is https; plain http is for loopback only",
    ))
}

/// Returns the host of `host[:port]`, when both are well formed.
fn host_of(authority: &str) -> Option<&str> {
    let after_bracket = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let (host, port) = match after_bracket {
        Some((host, port)) => (
            host,
            port.strip_prefix(':')
                .or(port.is_empty().then_some("443"))?,
        ),
        None => authority.split_once(':').unwrap_or((authority, "443")),
    };
    let port_ok = port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0);
    let name_ok = match after_bracket {
        Some(_) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host_name(host),
    };
    (port_ok && name_ok).then_some(host)
}

fn is_host_name(host: &str) -> bool {
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    host.len() <= 253 && host.split('.').all(label_ok)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
