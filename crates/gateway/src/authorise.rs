//! May this go there? The policies say whether this app may, for this purpose; the register says whether an
//! agreement or a decision covers it today; the minimum necessary table says what may be in it.

use std::collections::BTreeMap;

use covenant_access::{Action, App, Ask, Context, Permit, Resource};
use covenant_deid::{OnTyped, Profile, UnsurePolicy};
use covenant_formats::json::Path;
use covenant_govern::{
    Coverage, Date, Feature, Method, Model, Typed, Uncovered, UncoveredReason, Unsure,
};
use covenant_ledger::PolicyDecision;

use crate::identify::Intent;
use crate::record::Trail;
use crate::refusal::Refusal;
use crate::snapshot::Snapshot;

/// Everything without which nothing is sent.
pub(crate) struct Authorised {
    pub(crate) permit: Permit,
    pub(crate) coverage: Coverage,
    pub(crate) profile: Profile,
}

/// What is to be sent where.
pub(crate) struct Route<'a> {
    pub(crate) model: &'a Model,
    /// The features the request asks for, with the place of the first that asks.
    pub(crate) asked: &'a BTreeMap<Feature, Path>,
    /// Features the vendor uses where the request does not say otherwise.
    pub(crate) implied: &'a [Feature],
    /// How many parts of each kind leave unscreened where they are covered.
    pub(crate) unscreened: &'a BTreeMap<Feature, u32>,
}

/// Asks the policies and the register.
pub(crate) fn authorise(
    app: &App,
    intent: &Intent,
    route: &Route<'_>,
    snapshot: &Snapshot,
    today: Date,
    trail: &mut Trail,
) -> Result<Authorised, Refusal> {
    let coverage = cover(route, snapshot, today);
    // The policies judge the route; a feature that is not covered is the register's to refuse.
    let of_route = snapshot.register.cover(&route.model.alias, &[], today);
    let decided = snapshot
        .engine
        .authorize(&ask(app, intent, route, of_route.as_ref().ok()));
    trail.decided(match &decided {
        Ok(permit) => PolicyDecision {
            allowed: true,
            policies: permit.policies().to_vec(),
            reason: permit.reason().to_owned(),
        },
        Err(denied) => PolicyDecision {
            allowed: false,
            policies: denied.policies.clone(),
            reason: denied.reason.clone(),
        },
    });
    // What is not covered is said first: it names the remedy.
    let coverage = coverage.map_err(|uncovered| refuse_uncovered(&uncovered, route.asked))?;
    let permit = decided.map_err(|denied| {
        Refusal::new(403, "denied_by_policy", denied.reason.clone()).policies(&denied.policies)
    })?;
    trail.covered(&coverage, route.model.route.content, route.unscreened);
    let profile = profile(intent, route, snapshot, &coverage, today)?;
    Ok(Authorised {
        permit,
        coverage,
        profile,
    })
}

/// Covers what the request asks for and, where it can be had, what the vendor does anyway.
fn cover(route: &Route<'_>, snapshot: &Snapshot, today: Date) -> Result<Coverage, Uncovered> {
    let asked: Vec<Feature> = route.asked.keys().copied().collect();
    let with_implied = [&asked[..], route.implied].concat();
    let alias = route.model.alias.as_str();
    if !route.implied.is_empty()
        && let Ok(coverage) = snapshot.register.cover(alias, &with_implied, today)
    {
        return Ok(coverage);
    }
    snapshot.register.cover(alias, &asked, today)
}

fn ask(app: &App, intent: &Intent, route: &Route<'_>, basis: Option<&Coverage>) -> Ask {
    Ask {
        principal: app.principal(),
        purpose: intent.purpose,
        action: Action::InvokeModel,
        resource: Resource::Model {
            alias: route.model.alias.clone(),
            vendor: route.model.vendor.clone(),
            features: route
                .asked
                .keys()
                .map(|feature| feature.as_str().to_owned())
                .collect(),
            agreement_in_force: basis.is_some_and(|coverage| coverage.agreement().is_some()),
            deidentified_route: basis.is_some_and(|coverage| coverage.decision().is_some()),
            // Both crates write the same words for the same bases.
            research_basis: route
                .model
                .route
                .research_basis
                .and_then(|basis| basis.as_str().parse().ok()),
        },
        context: Context {
            patients_named: u32::try_from(intent.subjects.len()).unwrap_or(u32::MAX),
            ..Context::default()
        },
    }
}

/// A feature that is not covered is refused at its field; everything else for the whole request.
fn refuse_uncovered(uncovered: &Uncovered, asked: &BTreeMap<Feature, Path>) -> Refusal {
    use UncoveredReason as Reason;
    let message = uncovered.to_string();
    let code = match uncovered.reason {
        Reason::UnknownModel => return Refusal::new(404, "unknown_model", message),
        Reason::FeatureNotCovered => "feature_not_covered",
        Reason::FeatureNotAllowed => "feature_not_allowed",
        Reason::FeatureNotDecided => "feature_not_decided",
        Reason::NoAgreement => "no_agreement",
        Reason::NoAgreementInForce => "no_agreement_in_force",
        Reason::ServiceNotCovered => "service_not_covered",
        Reason::ModelNotCovered => "model_not_covered",
        Reason::DecisionNotInForce => "decision_not_in_force",
    };
    let of_feature = matches!(
        uncovered.reason,
        Reason::FeatureNotCovered | Reason::FeatureNotAllowed | Reason::FeatureNotDecided
    );
    if !of_feature {
        return Refusal::new(403, code, message);
    }
    let place = asked
        .iter()
        .find(|(feature, _)| message.contains(feature.as_str()))
        .or_else(|| asked.iter().next());
    match place {
        Some((_, path)) => Refusal::field(code, path, message),
        None => Refusal::new(403, code, message),
    }
}

/// The treatments of the purpose; where a decision opened the route Safe Harbor in full, or what its expert determined.
fn profile(
    intent: &Intent,
    route: &Route<'_>,
    snapshot: &Snapshot,
    coverage: &Coverage,
    today: Date,
) -> Result<Profile, Refusal> {
    let options = &route.model.route;
    let mut profile = match coverage.decision() {
        Some((_, method)) => of_decision(method, snapshot.minimum_necessary.safe_harbor())?,
        None => {
            let (row, profile) = snapshot
                .minimum_necessary
                .of(intent.purpose.as_str(), options.research_basis)
                .map_err(|refused| Refusal::new(403, "minimum_necessary", refused.to_string()))?;
            if row.patient_required && intent.subjects.is_empty() {
                let words = format!(
                    "for {} the request must name its patient with X-Covenant-Patient ({})",
                    row.purpose, row.citation
                );
                return Err(Refusal::new(403, "patient_required", words));
            }
            let mut profile = profile.clone();
            profile.unsure = match options.unsure {
                Unsure::Remove => UnsurePolicy::Remove,
                Unsure::Keep => UnsurePolicy::Keep,
            };
            profile
        }
    };
    profile.on_typed = match options.typed {
        Typed::Refuse => OnTyped::Refuse,
        Typed::Generalize => OnTyped::Generalize,
    };
    profile.as_of_year = Some(i32::from(today.year()));
    Ok(profile)
}

/// Safe Harbor, with what an expert determined laid over it. The register has checked the table; that a route can
/// serve it is checked once more, for whatever it says is what leaves.
fn of_decision(method: &Method, safe_harbor: &Profile) -> Result<Profile, Refusal> {
    let Some(determined) = method.determined() else {
        return Ok(safe_harbor.clone());
    };
    let unserved = |reason: String| {
        let words = format!("the determination's treatments cannot be served: {reason}");
        Refusal::new(403, "determination", words)
    };
    determined
        .check()
        .map_err(|error| unserved(error.to_string()))?;
    let mut profile = safe_harbor
        .overlaid(method.to_string(), determined.pairs())
        .map_err(|error| unserved(error.to_string()))?;
    profile
        .check_gateway()
        .map_err(|error| unserved(error.to_string()))?;
    profile.citation = format!("45 CFR {}, {method}", method.citation());
    Ok(profile)
}
