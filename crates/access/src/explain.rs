//! Why something was allowed or denied, policy by policy, and what would have to differ.
//!
//! What would have to differ is found by trying: the ask is changed in one place (and, where no single change
//! does, in two), put to the policies again, and the change is named when the answer turns. So it holds for
//! policies of others too, and never names a change that would not do.

use cedar_policy::{
    ActionConstraint, Decision, Policy, PolicyId, PolicySet, PrincipalConstraint,
    ResourceConstraint,
};

use crate::Ask;
use crate::change::Change;
use crate::engine::Engine;
use crate::policies::About;

/// Why something was allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The reason in words, as the caller is told it.
    pub reason: String,
    /// Each policy that bears on the question, in alphabetical order of their ids.
    pub policies: Vec<PolicyExplanation>,
    /// When denied: the changes, each of which alone would have it allowed, where any does.
    pub would_allow: Vec<String>,
}

/// How one policy bears on the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyExplanation {
    /// The id.
    pub id: String,
    /// What it does where it holds.
    pub effect: Effect,
    /// Whether it holds here.
    pub satisfied: bool,
    /// Whether the answer rests on it.
    pub decisive: bool,
    /// Why it is there.
    pub reason: String,
    /// For one that stands in the way (forbids, or does not allow): the changes, each of which alone would do.
    pub differs: Vec<String>,
}

/// What a policy does where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Permit,
    /// It forbids.
    Forbid,
}

impl Effect {
    /// Returns the word of the policies for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Permit => "permit",
            Effect::Forbid => "forbid",
        }
    }
}

pub(crate) fn explain(engine: &Engine, ask: &Ask) -> Explanation {
    let verdict = engine.decide(ask);
    let changes = Change::all(ask);
    let bearing = engine
        .policies()
        .about
        .iter()
        .filter(|(_, about)| bears_on(engine, ask, &about.policy));
    let policies = bearing
        .map(|(id, about)| {
            policy(
                engine,
                ask,
                &changes,
                id,
                about,
                verdict.policies.contains(id),
            )
        })
        .collect();
    let would_allow = match verdict.allowed {
        true => Vec::new(),
        false => turning(ask, &changes, |changed| engine.decide(changed).allowed),
    };
    Explanation {
        allowed: verdict.allowed,
        reason: verdict.reason,
        policies,
        would_allow,
    }
}

fn policy(
    engine: &Engine,
    ask: &Ask,
    changes: &[Change],
    id: &str,
    about: &About,
    decisive: bool,
) -> PolicyExplanation {
    let effect = match about.policy.effect() {
        cedar_policy::Effect::Permit => Effect::Permit,
        cedar_policy::Effect::Forbid => Effect::Forbid,
    };
    let alone = PolicySet::from_policies([about.policy.clone()]).unwrap_or_default();
    let holds = |ask: &Ask| {
        engine.response(ask, &alone).is_some_and(|response| {
            response.decision() == Decision::Allow
                || response
                    .diagnostics()
                    .reason()
                    .any(|reason| *reason == PolicyId::new(id))
        })
    };
    let satisfied = holds(ask);
    let in_the_way = satisfied == (effect == Effect::Forbid);
    let differs = if in_the_way {
        turning(ask, changes, |changed| holds(changed) != satisfied)
    } else {
        Vec::new()
    };
    PolicyExplanation {
        id: id.to_owned(),
        effect,
        satisfied,
        decisive,
        reason: about.reason.clone(),
        differs,
    }
}

/// The changes that turn an answer: single ones, or pairs where no single one does.
fn turning(ask: &Ask, changes: &[Change], turned: impl Fn(&Ask) -> bool) -> Vec<String> {
    let singles: Vec<String> = changes
        .iter()
        .filter(|change| turned(&change.applied(ask)))
        .map(|change| change.words(ask))
        .collect();
    if !singles.is_empty() {
        return singles;
    }
    let pairs = changes
        .iter()
        .enumerate()
        .flat_map(|(at, one)| changes.iter().skip(at + 1).map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| one.goes_with(other) && turned(&other.applied(&one.applied(ask))))
        .map(|(one, other)| format!("{}, and {}", one.words(ask), other.words(ask)))
        .collect()
}

/// Says whether a policy is about this action, kind of principal and kind of resource. Roles are a condition,
/// not a bearing: a policy for another role bears on the question, and the role is what would have to differ.
fn bears_on(engine: &Engine, ask: &Ask, policy: &Policy) -> bool {
    let action = engine.types().action_uid(ask.action);
    let principal = engine.types().principal_type(ask.principal.kind);
    let resource = engine.types().resource_type(&ask.resource);
    let of_action = match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::In(actions) => actions.contains(&action),
        ActionConstraint::Eq(only) => only == action,
    };
    let of_principal = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::In(_) => true,
        PrincipalConstraint::Eq(only) => only.type_name() == principal,
        PrincipalConstraint::Is(kind) | PrincipalConstraint::IsIn(kind, _) => kind == *principal,
    };
    let of_resource = match policy.resource_constraint() {
        ResourceConstraint::Any | ResourceConstraint::In(_) => true,
        ResourceConstraint::Eq(only) => only.type_name() == resource,
        ResourceConstraint::Is(kind) | ResourceConstraint::IsIn(kind, _) => kind == *resource,
    };
    of_action && of_principal && of_resource
}
