//! An ask in Cedar's terms: a request, and the few entities it is about, built anew for each.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request,
    RestrictedExpression as Value, Schema,
};

use crate::{Action, Ask, Error, Label, Principal, PrincipalKind, Purpose, Resource};

/// The names of the entity types, parsed once.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    action: EntityTypeName,
    role: EntityTypeName,
    purpose: EntityTypeName,
    label: EntityTypeName,
    research_basis: EntityTypeName,
    register_kind: EntityTypeName,
    keys_kind: EntityTypeName,
    app: EntityTypeName,
    operator: EntityTypeName,
    patient: EntityTypeName,
    model: EntityTypeName,
    content: EntityTypeName,
    ledger: EntityTypeName,
    policies: EntityTypeName,
    register: EntityTypeName,
    keys: EntityTypeName,
}

/// An ask in Cedar's terms.
pub(crate) struct Question {
    pub(crate) request: Request,
    pub(crate) entities: Entities,
}

/// Why an ask cannot be put: what is asked does not go with the action, or with the principal.
pub(crate) struct DoesNotFit;

impl Types {
    pub(crate) fn new() -> Result<Types, Error> {
        let name = |text: &str| {
            EntityTypeName::from_str(text).map_err(|error| Error::Schema(error.to_string()))
        };
        Ok(Types {
            action: name("Action")?,
            role: name("Role")?,
            purpose: name("Purpose")?,
            label: name("Label")?,
            research_basis: name("ResearchBasis")?,
            register_kind: name("RegisterKind")?,
            keys_kind: name("KeysKind")?,
            app: name("App")?,
            operator: name("Operator")?,
            patient: name("Patient")?,
            model: name("Model")?,
            content: name("Content")?,
            ledger: name("Ledger")?,
            policies: name("Policies")?,
            register: name("Register")?,
            keys: name("Keys")?,
        })
    }

    /// Puts an ask in Cedar's terms.
    pub(crate) fn question(&self, ask: &Ask, schema: &Schema) -> Result<Question, DoesNotFit> {
        let principal = self.principal(&ask.principal)?;
        let resource = self.resource(&ask.resource)?;
        let context = self.context(ask)?;
        let request = Request::new(
            principal.uid(),
            self.action_uid(ask.action),
            resource.uid(),
            context,
            Some(schema),
        )
        .map_err(|_| DoesNotFit)?;
        let entities =
            Entities::from_entities([principal, resource], None).map_err(|_| DoesNotFit)?;
        Ok(Question { request, entities })
    }

    pub(crate) fn action_uid(&self, action: Action) -> EntityUid {
        uid(&self.action, action.as_str())
    }

    pub(crate) fn principal_type(&self, kind: PrincipalKind) -> &EntityTypeName {
        match kind {
            PrincipalKind::App => &self.app,
            PrincipalKind::Operator => &self.operator,
            PrincipalKind::Patient => &self.patient,
        }
    }

    pub(crate) fn resource_type(&self, resource: &Resource) -> &EntityTypeName {
        match resource {
            Resource::Model { .. } => &self.model,
            Resource::Content => &self.content,
            Resource::Ledger => &self.ledger,
            Resource::Policies => &self.policies,
            Resource::Register { .. } => &self.register,
            Resource::Keys { .. } => &self.keys,
        }
    }

    fn principal(&self, principal: &Principal) -> Result<Entity, DoesNotFit> {
        let uid_of = uid(self.principal_type(principal.kind), &principal.id);
        let roles: HashSet<EntityUid> = principal
            .roles
            .iter()
            .map(|role| uid(&self.role, role.as_str()))
            .collect();
        let attributes = HashMap::from([
            (
                "purposes".to_owned(),
                Value::new_set(
                    principal
                        .purposes
                        .iter()
                        .map(|purpose| self.purpose(*purpose)),
                ),
            ),
            ("models".to_owned(), texts(&principal.models)),
            (
                "any_model".to_owned(),
                Value::new_bool(principal.models.is_empty()),
            ),
            (
                "require_patient".to_owned(),
                Value::new_bool(principal.require_patient),
            ),
        ]);
        Entity::new(uid_of, attributes, roles).map_err(|_| DoesNotFit)
    }

    fn resource(&self, resource: &Resource) -> Result<Entity, DoesNotFit> {
        let id = match resource {
            Resource::Model { alias, .. } => alias.as_str(),
            Resource::Register { kind } => kind.as_str(),
            Resource::Keys { kind } => kind.as_str(),
            Resource::Content | Resource::Ledger | Resource::Policies => "all",
        };
        Entity::new(
            uid(self.resource_type(resource), id),
            self.attributes(resource),
            HashSet::new(),
        )
        .map_err(|_| DoesNotFit)
    }

    fn attributes(&self, resource: &Resource) -> HashMap<String, Value> {
        match resource {
            Resource::Content | Resource::Ledger | Resource::Policies => HashMap::new(),
            Resource::Register { kind } => self.kind(&self.register_kind, kind.as_str()),
            Resource::Keys { kind } => self.kind(&self.keys_kind, kind.as_str()),
            Resource::Model {
                alias,
                vendor,
                features,
                agreement_in_force,
                deidentified_route,
                research_basis,
            } => {
                let mut attributes = HashMap::from([
                    ("alias".to_owned(), Value::new_string(alias.clone())),
                    ("vendor".to_owned(), Value::new_string(vendor.clone())),
                    ("features".to_owned(), texts(features)),
                    (
                        "agreement_in_force".to_owned(),
                        Value::new_bool(*agreement_in_force),
                    ),
                    (
                        "deidentified_route".to_owned(),
                        Value::new_bool(*deidentified_route),
                    ),
                ]);
                if let Some(basis) = research_basis {
                    let value = Value::new_entity_uid(uid(&self.research_basis, basis.as_str()));
                    attributes.insert("research_basis".to_owned(), value);
                }
                attributes
            }
        }
    }

    fn kind(&self, of: &EntityTypeName, kind: &str) -> HashMap<String, Value> {
        HashMap::from([("kind".to_owned(), Value::new_entity_uid(uid(of, kind)))])
    }

    fn context(&self, ask: &Ask) -> Result<Context, DoesNotFit> {
        let known = &ask.context;
        Context::from_pairs([
            ("purpose".to_owned(), self.purpose(ask.purpose)),
            (
                "patients_named".to_owned(),
                Value::new_long(i64::from(known.patients_named)),
            ),
            (
                "labels".to_owned(),
                Value::new_set(known.labels.iter().map(|label| self.label(*label))),
            ),
            (
                "consents".to_owned(),
                Value::new_set(known.consents.iter().map(|label| self.label(*label))),
            ),
            (
                "reason_given".to_owned(),
                Value::new_bool(known.reason_given),
            ),
        ])
        .map_err(|_| DoesNotFit)
    }

    fn purpose(&self, purpose: Purpose) -> Value {
        Value::new_entity_uid(uid(&self.purpose, purpose.as_str()))
    }

    fn label(&self, label: Label) -> Value {
        Value::new_entity_uid(uid(&self.label, label.as_str()))
    }
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

fn texts(values: &[String]) -> Value {
    Value::new_set(values.iter().map(|value| Value::new_string(value.clone())))
}
