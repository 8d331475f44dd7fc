//! The changes an explanation tries: each turns one fact of an ask, and says in words what would have to differ
//! and which command does it.

use crate::{Ask, Label, PrincipalKind, Purpose, ResearchBasis, Resource, Role};

/// One fact of an ask, turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    GivePurpose,
    GiveModel,
    GiveReason,
    NamePatient,
    NoteConsent(Label),
    Agreement,
    OpenRoute,
    NameBasis(ResearchBasis),
    AskFor(Purpose),
    AddRole(Role),
    DropRole(Role),
}

impl Change {
    /// Returns the changes that make a difference to an ask, those nearest to it first.
    pub(crate) fn all(ask: &Ask) -> Vec<Change> {
        let facts = [
            Change::GivePurpose,
            Change::GiveModel,
            Change::GiveReason,
            Change::NamePatient,
        ];
        let consents = ask
            .context
            .labels
            .iter()
            .map(|label| Change::NoteConsent(*label));
        let route = [Change::Agreement, Change::OpenRoute];
        let bases = ResearchBasis::ALL
            .iter()
            .map(|basis| Change::NameBasis(*basis));
        let purposes = Purpose::ALL.iter().map(|purpose| Change::AskFor(*purpose));
        let roles = Role::ALL.iter().map(|role| Change::AddRole(*role));
        let dropped = ask
            .principal
            .roles
            .iter()
            .map(|role| Change::DropRole(*role));
        let all = facts
            .into_iter()
            .chain(consents)
            .chain(route)
            .chain(bases)
            .chain(purposes)
            .chain(dropped)
            .chain(roles);
        all.filter(|change| change.applied(ask) != *ask).collect()
    }

    /// Returns the ask with the fact turned.
    pub(crate) fn applied(self, ask: &Ask) -> Ask {
        let mut ask = ask.clone();
        match self {
            Change::GivePurpose if !ask.principal.purposes.contains(&ask.purpose) => {
                ask.principal.purposes.push(ask.purpose)
            }
            Change::GiveModel => give_model(&mut ask),
            Change::GiveReason => ask.context.reason_given = true,
            Change::NamePatient => ask.context.patients_named = 1,
            Change::NoteConsent(label) => {
                ask.context.consents.insert(label);
            }
            Change::AskFor(purpose) => ask.purpose = purpose,
            Change::AddRole(role) if !ask.principal.roles.contains(&role) => {
                ask.principal.roles.push(role)
            }
            Change::DropRole(role) => ask.principal.roles.retain(|held| *held != role),
            Change::Agreement | Change::OpenRoute | Change::NameBasis(_) => {
                self.turn_route(&mut ask.resource)
            }
            Change::GivePurpose | Change::AddRole(_) => {}
        }
        ask
    }

    fn turn_route(self, resource: &mut Resource) {
        let Resource::Model {
            agreement_in_force,
            deidentified_route,
            research_basis,
            ..
        } = resource
        else {
            return;
        };
        match self {
            Change::Agreement => *agreement_in_force = true,
            Change::OpenRoute => *deidentified_route = true,
            Change::NameBasis(basis) => *research_basis = Some(basis),
            _ => {}
        }
    }

    /// Says whether two changes are two facts: one purpose cannot be asked for and given up for another.
    pub(crate) fn goes_with(self, other: &Change) -> bool {
        !matches!(
            (self, other),
            (Change::AskFor(_), Change::AskFor(_))
                | (Change::GivePurpose, Change::AskFor(_))
                | (Change::NameBasis(_), Change::NameBasis(_))
        )
    }

    /// Says what would have to differ.
    pub(crate) fn words(self, ask: &Ask) -> String {
        let who = noun(ask.principal.kind);
        match self {
            Change::GivePurpose => format!("the {who} was not given the purpose {}{}", ask.purpose, give_purpose(ask)),
            Change::GiveModel => format!("the {who} was not given the model {}", alias(ask)),
            Change::GiveReason => "no reason was given in words".to_owned(),
            Change::NamePatient => {
                "the request does not name exactly one patient; name one in the header X-Covenant-Patient".to_owned()
            }
            Change::NoteConsent(label) => format!("no authorization or consent is noted for {label}"),
            Change::Agreement => format!("no agreement in force covers {}; record one with `covenant baa draft` and `covenant baa sign`", alias(ask)),
            Change::OpenRoute => {
                format!("no decision opens a de-identified route to {}; record one with `covenant decision add`", alias(ask))
            }
            Change::NameBasis(basis) => {
                format!("the route to {} does not name the research basis {basis}; name it with `covenant model add --research-basis {basis}`", alias(ask))
            }
            Change::AskFor(purpose) => format!("the purpose is {}, not {purpose}", ask.purpose),
            Change::AddRole(role) => format!("the {who} does not hold the role {role}"),
            Change::DropRole(role) => format!("the {who} holds the role {role}"),
        }
    }
}

fn give_model(ask: &mut Ask) {
    let Resource::Model { alias, .. } = &ask.resource else {
        return;
    };
    let models = &mut ask.principal.models;
    if !models.is_empty() && !models.contains(alias) {
        models.push(alias.clone());
    }
}

/// The command sets all purposes of an app at once, so it names those it has too.
fn give_purpose(ask: &Ask) -> String {
    if ask.principal.kind != PrincipalKind::App {
        return String::new();
    }
    let mut purposes = ask.principal.purposes.clone();
    purposes.push(ask.purpose);
    let purposes: Vec<String> = purposes
        .iter()
        .map(|purpose| format!("--purpose {purpose}"))
        .collect();
    format!(
        "; give it with `covenant app purpose {} {}`",
        ask.principal.id,
        purposes.join(" ")
    )
}

fn alias(ask: &Ask) -> &str {
    match &ask.resource {
        Resource::Model { alias, .. } => alias,
        _ => "the model",
    }
}

fn noun(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::App => "app",
        PrincipalKind::Operator => "operator",
        PrincipalKind::Patient => "patient",
    }
}
