//! The policies in force, and the decisions they make.

use cedar_policy::{Authorizer, Decision, PolicySet, Response, Schema};

use crate::policies::{self, Policies};
use crate::question::{Question, Types};
use crate::remembered::Remembered;
use crate::{Ask, Denied, Error, Explanation, Permit, explain};

const SCHEMA: &str = include_str!("../policies/schema.cedarschema");
const SHIPPED: [(&str, &str); 5] = [
    ("content.cedar", include_str!("../policies/content.cedar")),
    ("ledger.cedar", include_str!("../policies/ledger.cedar")),
    ("models.cedar", include_str!("../policies/models.cedar")),
    (
        "protected.cedar",
        include_str!("../policies/protected.cedar"),
    ),
    ("register.cedar", include_str!("../policies/register.cedar")),
];

/// Validated policies, ready to decide. What none allows is denied, and one that forbids outweighs all that allow.
#[derive(Clone, Debug)]
pub struct Engine {
    schema: Schema,
    types: Types,
    policies: Policies,
    authorizer: Authorizer,
    digest: String,
    remembered: Remembered,
}

/// What Cedar said to a question, in our words.
#[derive(Clone)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    pub(crate) policies: Vec<String>,
    pub(crate) reason: String,
}

impl Engine {
    /// Returns the engine of the policies in the program.
    ///
    /// # Errors
    /// Never in a program that passed its tests.
    pub fn shipped() -> Result<Engine, Error> {
        Engine::from_sources(&Engine::shipped_sources())
    }

    /// Reads and validates policies, given as file names and texts. They take the place of those in the program.
    ///
    /// # Errors
    /// [`Error::Policies`] with every fault found, each with its file and line.
    pub fn from_sources(sources: &[(String, String)]) -> Result<Engine, Error> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .map_err(|error| Error::Schema(error.to_string()))?;
        let policies = policies::read(&schema, sources)?;
        let digest = digest(sources);
        Ok(Engine {
            schema,
            types: Types::new()?,
            policies,
            authorizer: Authorizer::new(),
            digest,
            remembered: Remembered::default(),
        })
    }

    /// Returns the policies in the program, as file names and texts.
    #[must_use]
    pub fn shipped_sources() -> Vec<(String, String)> {
        SHIPPED
            .map(|(file, text)| (file.to_owned(), text.to_owned()))
            .to_vec()
    }

    /// Returns the schema that policies are checked against.
    #[must_use]
    pub fn schema_source() -> &'static str {
        SCHEMA
    }

    /// Decides.
    ///
    /// # Errors
    /// [`Denied`] with the policies that forbid it, or without any when none allows it.
    pub fn authorize(&self, ask: &Ask) -> Result<Permit, Denied> {
        let verdict = self.remembered.or_decide(ask, || self.decide(ask));
        match verdict.allowed {
            true => Ok(Permit::new(ask, verdict.policies, verdict.reason)),
            false => Err(Denied {
                policies: verdict.policies,
                reason: verdict.reason,
            }),
        }
    }

    /// Says for each policy that bears on the question whether it holds, why, and what would have to differ.
    #[must_use]
    pub fn explain(&self, ask: &Ask) -> Explanation {
        explain::explain(self, ask)
    }

    /// Returns the ids of the policies and their reasons, in alphabetical order.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.policies
            .about
            .iter()
            .map(|(id, about)| (id.as_str(), about.reason.as_str()))
    }

    /// Returns the SHA-256 of the schema and the policies, in hexadecimal. The order of the files does not matter.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    pub(crate) fn types(&self) -> &Types {
        &self.types
    }

    pub(crate) fn decide(&self, ask: &Ask) -> Verdict {
        match self.types.question(ask, &self.schema) {
            Ok(question) => self.verdict(ask, &self.put(&question, &self.policies.set)),
            Err(_) => refused(&format!(
                "{} does not go with {}",
                ask.action,
                self.types.resource_type(&ask.resource)
            )),
        }
    }

    /// Puts an ask to other policies than those in force; nothing when it fits no question.
    pub(crate) fn response(&self, ask: &Ask, policies: &PolicySet) -> Option<Response> {
        let question = self.types.question(ask, &self.schema).ok()?;
        Some(self.put(&question, policies))
    }

    fn put(&self, question: &Question, policies: &PolicySet) -> Response {
        self.authorizer
            .is_authorized(&question.request, policies, &question.entities)
    }

    /// A policy that could not be evaluated is skipped by Cedar, a forbidding one too; here it denies.
    fn verdict(&self, ask: &Ask, response: &Response) -> Verdict {
        if response.diagnostics().errors().next().is_some() {
            return refused("a policy could not be evaluated, and nothing is allowed until it can");
        }
        let mut policies: Vec<String> = response
            .diagnostics()
            .reason()
            .map(ToString::to_string)
            .collect();
        policies.sort_unstable();
        let allowed = response.decision() == Decision::Allow;
        let reason = if policies.is_empty() {
            no_policy(ask)
        } else {
            self.reason_of(&policies)
        };
        Verdict {
            allowed,
            policies,
            reason,
        }
    }

    fn reason_of(&self, policies: &[String]) -> String {
        let about = policies.iter().filter_map(|id| self.policies.about.get(id));
        about
            .map(|about| about.reason.as_str())
            .collect::<Vec<&str>>()
            .join("; ")
    }
}

fn refused(reason: &str) -> Verdict {
    Verdict {
        allowed: false,
        policies: Vec::new(),
        reason: reason.to_owned(),
    }
}

fn no_policy(ask: &Ask) -> String {
    let who = match ask.principal.kind {
        crate::PrincipalKind::App => "an app",
        crate::PrincipalKind::Operator => "an operator",
        crate::PrincipalKind::Patient => "a patient",
    };
    let mut roles: Vec<&str> = ask
        .principal
        .roles
        .iter()
        .map(|role| role.as_str())
        .collect();
    roles.sort_unstable();
    let roles = if roles.is_empty() {
        "without a role".to_owned()
    } else {
        format!("in the role {}", roles.join(", "))
    };
    format!(
        "no policy allows it: {} by {who} {roles} for {}",
        ask.action, ask.purpose
    )
}

/// Each part goes in with its length, so that no two sets of files run together to the same bytes.
fn digest(sources: &[(String, String)]) -> String {
    let mut sources: Vec<(&str, &str)> = sources
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    sources.sort_unstable();
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut part = |text: &str| {
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(SCHEMA);
    for (file, text) in sources {
        part(file);
        part(text);
    }
    hash.finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
