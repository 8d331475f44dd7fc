//! The decision of [`Register::cover`]. An agreement in force is looked at first; where none covers, a decision
//! that holds may still open the route; where neither does, the reason is the one nearest to being mended.

use super::Register;
use crate::{
    Agreement, AgreementStatus, Basis, Coverage, Date, Feature, Method, Model, RouteDecision,
    Uncovered, UncoveredReason as Reason,
};

pub(super) fn cover(
    register: &Register,
    alias: &str,
    features: &[Feature],
    today: Date,
) -> Result<Coverage, Uncovered> {
    let Some(model) = register.models.get(alias) else {
        return Err(unknown_model(alias));
    };
    let features = sorted(features);
    route_allows(model, &features)?;
    let by_agreement = agreement_for(register, model, &features, today);
    let refusal = match by_agreement {
        Ok(basis) => return Ok(Coverage::new(&model.vendor, alias, &features, basis, today)),
        Err(refusal) => refusal,
    };
    match decision_for(register, model, &features, today) {
        Ok(basis) => Ok(Coverage::new(&model.vendor, alias, &features, basis, today)),
        Err(Some(about_decision)) if !agreement_in_force(register, model, today) => {
            Err(about_decision)
        }
        Err(_) => Err(refusal),
    }
}

/// Pictures, sound, film and files carry faces, voices and text that the screen does not read, so the route must
/// allow them by name, beside the agreement.
fn route_allows(model: &Model, features: &[Feature]) -> Result<(), Uncovered> {
    let refused: Vec<Feature> = features
        .iter()
        .copied()
        .filter(|feature| feature.is_unread() && !model.route.allow.contains(feature))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let names = list(&refused);
    Err(Uncovered {
        reason: Reason::FeatureNotAllowed,
        words: format!("the route to {} does not allow {names}", model.alias),
        citation: "164.514(b)(2)(i)(P)-(Q)",
        remedy: format!(
            "`covenant model add {}` with `--allow {names}`, where the agreement names it too",
            model.alias
        ),
    })
}

fn agreement_for(
    register: &Register,
    model: &Model,
    features: &[Feature],
    today: Date,
) -> Result<Basis, Uncovered> {
    let of_vendor = || {
        register
            .agreements
            .values()
            .filter(|row| row.vendor == model.vendor)
    };
    let in_force: Vec<&Agreement> = of_vendor()
        .filter(|row| row.status(today) == AgreementStatus::InForce)
        .collect();
    if in_force.is_empty() {
        let nearest = of_vendor().max_by_key(|row| {
            (
                row.covers_service(&model.service),
                row.status(today).nearness(),
            )
        });
        return Err(nearest.map_or_else(|| no_agreement(model), |row| not_in_force(row, today)));
    }
    let for_service: Vec<&Agreement> = in_force
        .iter()
        .copied()
        .filter(|row| row.covers_service(&model.service))
        .collect();
    if for_service.is_empty() {
        return Err(not_named(
            &in_force,
            "service",
            &model.service,
            Reason::ServiceNotCovered,
        ));
    }
    let for_model: Vec<&Agreement> = for_service
        .iter()
        .copied()
        .filter(|row| row.covers_model(&model.upstream_model))
        .collect();
    let covering = for_model.iter().find(|row| {
        features
            .iter()
            .all(|feature| row.features.contains(feature))
    });
    match (covering, for_model.first()) {
        (Some(row), _) => Ok(Basis::Agreement {
            id: row.id.clone(),
            version: row.version,
        }),
        (None, Some(row)) => Err(feature_not_covered(row, features)),
        (None, None) => Err(not_named(
            &for_service,
            "model",
            &model.upstream_model,
            Reason::ModelNotCovered,
        )),
    }
}

fn agreement_in_force(register: &Register, model: &Model, today: Date) -> bool {
    register
        .agreements
        .values()
        .any(|row| row.vendor == model.vendor && row.status(today) == AgreementStatus::InForce)
}

/// Returns the decision that opens the route, or why the nearest one does not; nothing when there is none.
fn decision_for(
    register: &Register,
    model: &Model,
    features: &[Feature],
    today: Date,
) -> Result<Basis, Option<Uncovered>> {
    let opening = || {
        register
            .decisions
            .values()
            .filter(|row| row.opens(&model.vendor, &model.alias))
    };
    let holding: Vec<&RouteDecision> = opening().filter(|row| row.holds_on(today)).collect();
    let allowing = holding
        .iter()
        .find(|row| features.iter().all(|feature| decided(row, *feature)));
    match (allowing, holding.first()) {
        (Some(row), _) => Ok(Basis::Decision {
            id: row.id.clone(),
            method: row.method.clone(),
        }),
        (None, Some(row)) => Err(Some(feature_not_decided(row, features))),
        (None, None) => Err(opening()
            .max_by_key(|row| row.last_day())
            .map(|row| decision_not_in_force(row, today))),
    }
}

/// Under Safe Harbor only plain text goes out, whatever the decision lists; what the screen does not read is never
/// de-identified, so no decision opens a route for it.
fn decided(decision: &RouteDecision, feature: Feature) -> bool {
    match decision.method {
        Method::SafeHarbor => false,
        Method::Expert { .. } => !feature.is_unread() && decision.features.contains(&feature),
    }
}

fn unknown_model(alias: &str) -> Uncovered {
    // The alias comes from the request: it is named only when it has the form of one.
    let named = crate::id::check("model", alias).is_ok();
    Uncovered {
        reason: Reason::UnknownModel,
        words: if named {
            format!("there is no model {alias}")
        } else {
            "there is no such model".to_owned()
        },
        citation: "164.502(e)",
        remedy: if named {
            format!("`covenant model add {alias}`")
        } else {
            "`covenant model add`".to_owned()
        },
    }
}

fn no_agreement(model: &Model) -> Uncovered {
    let vendor = &model.vendor;
    Uncovered {
        reason: Reason::NoAgreement,
        words: format!("there is no business associate agreement with vendor {vendor}"),
        citation: "164.502(e), 164.504(e)",
        remedy: format!(
            "`covenant baa draft --vendor {vendor}` and `covenant baa sign` once there is one, or `covenant decision add --vendor {vendor}` for a de-identified route"
        ),
    }
}

fn not_in_force(agreement: &Agreement, today: Date) -> Uncovered {
    let id = &agreement.id;
    let status = agreement.status(today);
    let (since, remedy) = match status {
        AgreementStatus::Draft => (String::new(), format!("`covenant baa sign {id}`")),
        AgreementStatus::Signed => (
            format!(", its term begins on {}", agreement.begins()),
            format!("wait, or `covenant baa sign {id}` again if the date is wrong"),
        ),
        AgreementStatus::Expired => (
            agreement
                .expires
                .map(|last| format!(" since the end of {last}"))
                .unwrap_or_default(),
            format!(
                "`covenant baa draft --vendor {}` and `covenant baa sign` for its successor",
                agreement.vendor
            ),
        ),
        AgreementStatus::Terminated | AgreementStatus::InForce => (
            String::new(),
            format!(
                "`covenant baa draft --vendor {}` and `covenant baa sign` for another",
                agreement.vendor
            ),
        ),
    };
    Uncovered {
        reason: Reason::NoAgreementInForce,
        words: format!(
            "the business associate agreement {id} with vendor {} is {status}{since}",
            agreement.vendor
        ),
        citation: "164.502(e), 164.504(e)",
        remedy,
    }
}

fn not_named(agreements: &[&Agreement], what: &str, name: &str, reason: Reason) -> Uncovered {
    let ids: Vec<&str> = agreements.iter().map(|row| row.id.as_str()).collect();
    let ids = ids.join(", ");
    Uncovered {
        reason,
        words: format!("the business associate agreement {ids} does not name the {what} {name}"),
        citation: "164.504(e)(2)(i)",
        remedy: format!(
            "`covenant baa draft {ids}` anew with `--{what} {name}`, and `covenant baa sign`, once the paper says so"
        ),
    }
}

fn feature_not_covered(agreement: &Agreement, features: &[Feature]) -> Uncovered {
    let lacking: Vec<Feature> = features
        .iter()
        .copied()
        .filter(|feature| !agreement.features.contains(feature))
        .collect();
    let names = list(&lacking);
    let id = &agreement.id;
    Uncovered {
        reason: Reason::FeatureNotCovered,
        words: format!("the business associate agreement {id} does not name {names}"),
        citation: "164.504(e)(2)(i)",
        remedy: format!(
            "`covenant baa draft {id}` anew with `--feature {names}`, and `covenant baa sign`, once the paper says so"
        ),
    }
}

fn decision_not_in_force(decision: &RouteDecision, today: Date) -> Uncovered {
    let id = &decision.id;
    let when = if today < decision.made {
        format!("holds only from {}", decision.made)
    } else {
        format!("expired at the end of {}", decision.last_day())
    };
    Uncovered {
        reason: Reason::DecisionNotInForce,
        words: format!(
            "there is no agreement in force with vendor {}, and decision {id} {when}",
            decision.vendor
        ),
        citation: decision.method.citation(),
        remedy: format!(
            "`covenant decision add --vendor {}` to decide anew",
            decision.vendor
        ),
    }
}

fn feature_not_decided(decision: &RouteDecision, features: &[Feature]) -> Uncovered {
    let lacking: Vec<Feature> = features
        .iter()
        .copied()
        .filter(|feature| !decided(decision, *feature))
        .collect();
    let names = list(&lacking);
    Uncovered {
        reason: Reason::FeatureNotDecided,
        words: format!(
            "decision {} opens the route for de-identified text, not for {names}",
            decision.id
        ),
        citation: decision.method.citation(),
        remedy: format!(
            "leave {names} out, or `covenant baa draft --vendor {}` for an agreement that names it",
            decision.vendor
        ),
    }
}

fn sorted(features: &[Feature]) -> Vec<Feature> {
    let mut features = features.to_vec();
    features.sort_unstable();
    features.dedup();
    features
}

fn list(features: &[Feature]) -> String {
    let names: Vec<&str> = features.iter().map(|feature| feature.as_str()).collect();
    names.join(", ")
}
