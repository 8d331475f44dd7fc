//! The reading half of `covenant policy`: check, explain, show.

use super::policy::Explain;
use crate::arguments::{Format, Globals};
use crate::clock::today;
use crate::exit::{Exit, Failure, Outcome};
use crate::reach::{self, Reading};
use crate::terminal::{self, Paper, Text, Tone};
use covenant_access::{
    Action, Ask, Context, Effect, Engine, Explanation, KeysKind, PolicyExplanation, Principal,
    Purpose, RegisterKind, ResearchBasis, Resource,
};
use covenant_govern::{Coverage, Model, Uncovered};
use covenant_server::state::State;
use std::path::PathBuf;

/// Checks policy files together with the shipped ones.
pub(crate) fn check(files: &[PathBuf], globals: &Globals) -> Outcome {
    let sources = match files {
        [] => Reading::open(globals)?.state()?.policy_sources(),
        files => {
            let mut sources: std::collections::BTreeMap<String, String> =
                Engine::shipped_sources().into_iter().collect();
            for file in files {
                let name = file
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or("policy.cedar")
                    .to_owned();
                sources.insert(name, reach::text_input(file)?);
            }
            sources.into_iter().collect()
        }
    };
    match Engine::from_sources(&sources) {
        Ok(engine) => {
            eprintln!(
                "{} policy files are sound; digest {}",
                sources.len(),
                engine.digest()
            );
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure::refused(error)),
    }
}

/// Prints the policies in force.
pub(crate) fn show(name: Option<&str>, globals: &Globals) -> Outcome {
    let sources = match name {
        // The shipped set can be read before there is a store.
        None if reach::config(globals).is_err() => Engine::shipped_sources(),
        _ => Reading::open(globals)?.state()?.policy_sources(),
    };
    let chosen: Vec<_> = sources
        .iter()
        .filter(|(file, _)| name.is_none_or(|name| name == file))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::refused("there is no policy file of that name"));
    }
    for (file, source) in chosen {
        terminal::line(format!("// {file}\n{source}"))?;
    }
    Ok(Exit::Done)
}

/// Prints the minimum-necessary table in force.
pub(crate) fn show_table(globals: &Globals) -> Outcome {
    let table = Reading::open(globals)?
        .state()?
        .table()
        .map_err(Failure::cannot_open)?
        .into_owned();
    for row in table.rows() {
        let basis = row
            .basis
            .map(|basis| format!(", {basis}"))
            .unwrap_or_default();
        terminal::line(format!("{}{basis}  ({})", row.purpose, row.citation))?;
        for (class, cell) in &row.treatments {
            terminal::line(format!(
                "  {class:<24}{:<14}{}  ({})",
                cell.treatment, cell.why, cell.citation
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// Answers a question to the policies, and says what covers the model or why nothing does.
pub(crate) fn explain(question: &Explain, globals: &Globals) -> Outcome {
    let reading = Reading::open(globals)?;
    let state = reading.state()?;
    let engine = state.engine().map_err(Failure::cannot_open)?;
    let (principal, purpose) = principal(question, &state)?;
    let (action, resource, paper_trail) = asked(question, &state)?;
    // The question is about a request made in order: with a reason, and naming a patient where the app must.
    let patients_named = u32::from(principal.require_patient || purpose == Purpose::PatientRequest);
    let context = Context {
        patients_named,
        reason_given: true,
        ..Context::default()
    };
    let explanation = engine.explain(&Ask {
        principal,
        purpose,
        action,
        resource,
        context,
    });
    match globals.format {
        Format::Json => terminal::line(as_json(&explanation, purpose, &paper_trail))?,
        Format::Text => {
            let answer = Answer {
                explanation: &explanation,
                purpose,
                trail: &paper_trail,
                all: question.all,
            };
            answer.print(&Paper::of_stdout(globals.color))?;
        }
    }
    let covered = !matches!(paper_trail, PaperTrail::Uncovered(_));
    Ok(if explanation.allowed && covered {
        Exit::Done
    } else {
        Exit::Refused
    })
}

/// What the register says about the model.
enum PaperTrail {
    /// It is not about a model.
    None,
    /// Something covers it today.
    Covered(Box<Coverage>),
    /// Nothing covers it today.
    Uncovered(Box<Uncovered>),
}

fn principal(question: &Explain, state: &State) -> Result<(Principal, Purpose), Failure> {
    if let Some(name) = &question.operator {
        let operator = state
            .operators
            .get(name)
            .ok_or_else(|| Failure::refused(format!("there is no operator {name:?}")))?;
        return Ok((
            operator.principal(),
            question.purpose.unwrap_or(Purpose::Operations),
        ));
    }
    let id = question.app.as_deref().unwrap_or_default();
    let app = state
        .apps
        .get(id)
        .ok_or_else(|| Failure::refused(format!("there is no app {id:?}")))?;
    let purpose = question.purpose.or(app.default_purpose);
    let purpose = purpose.ok_or_else(|| {
        Failure::usage(format!(
            "app {id} has no default purpose; name one with --purpose"
        ))
    })?;
    Ok((app.principal(), purpose))
}

fn asked(question: &Explain, state: &State) -> Result<(Action, Resource, PaperTrail), Failure> {
    let action = match &question.action {
        Some(action) => action.parse::<Action>().map_err(Failure::usage)?,
        None => Action::InvokeModel,
    };
    let resource = match action {
        Action::InvokeModel => return invoked(question, state),
        Action::ReadContent | Action::ShredContent | Action::HoldContent => Resource::Content,
        Action::ReadEvents | Action::ExportLedger | Action::CosignLedger => Resource::Ledger,
        Action::ReadRegister | Action::ChangeRegister => Resource::Register {
            kind: RegisterKind::Agreement,
        },
        Action::ChangePolicy => Resource::Policies,
        Action::ManageKeys => Resource::Keys {
            kind: KeysKind::App,
        },
    };
    Ok((action, resource, PaperTrail::None))
}

fn invoked(question: &Explain, state: &State) -> Result<(Action, Resource, PaperTrail), Failure> {
    let alias = question
        .model
        .as_deref()
        .ok_or_else(|| Failure::usage("name a model with --model"))?;
    let model = state
        .register
        .model(alias)
        .ok_or_else(|| Failure::refused(format!("there is no model {alias:?}")))?;
    let cover = state.register.cover(alias, &[], today());
    let resource = Resource::Model {
        alias: alias.to_owned(),
        vendor: model.vendor.clone(),
        features: Vec::new(),
        agreement_in_force: cover
            .as_ref()
            .is_ok_and(|coverage| coverage.agreement().is_some()),
        deidentified_route: cover
            .as_ref()
            .is_ok_and(|coverage| coverage.decision().is_some()),
        research_basis: research_basis(model),
    };
    let trail = match cover {
        Ok(coverage) => PaperTrail::Covered(Box::new(coverage)),
        Err(uncovered) => PaperTrail::Uncovered(Box::new(uncovered)),
    };
    Ok((Action::InvokeModel, resource, trail))
}

fn research_basis(model: &Model) -> Option<ResearchBasis> {
    model
        .route
        .research_basis
        .and_then(|basis| basis.as_str().parse().ok())
}

/// What is told about a question.
struct Answer<'a> {
    explanation: &'a Explanation,
    purpose: Purpose,
    trail: &'a PaperTrail,
    all: bool,
}

impl Answer<'_> {
    fn print(&self, paper: &Paper) -> Result<(), Failure> {
        let (tone, word) = match self.explanation.allowed {
            true => (Tone::Good, "allowed"),
            false => (Tone::Bad, "denied"),
        };
        let why = format!(" for {}: {}", self.purpose, self.explanation.reason);
        terminal::line(paper.field(8, "policies", &Text::of(tone, word).add(Tone::Plain, why)))?;
        let mut silent = 0;
        for policy in &self.explanation.policies {
            match policy.satisfied || policy.decisive || self.all {
                true => print_policy(paper, policy)?,
                false => silent += 1,
            }
        }
        if silent > 0 {
            let note = format!("{silent} more do not bear on it (--all shows them)");
            terminal::line(paper.field(8, "", &Text::of(Tone::Dim, note)))?;
        }
        for change in &self.explanation.would_allow {
            terminal::line(paper.field(8, "because", &Text::plain(change)))?;
        }
        self.print_papers(paper)
    }

    fn print_papers(&self, paper: &Paper) -> Result<(), Failure> {
        match self.trail {
            PaperTrail::None => {}
            PaperTrail::Covered(coverage) => {
                let words = format!(" today, {}", coverage.describe());
                let text = Text::of(Tone::Good, "covered").add(Tone::Plain, words);
                terminal::line(paper.field(8, "papers", &text))?;
            }
            PaperTrail::Uncovered(uncovered) => {
                let words = format!(" today: {} ({})", uncovered.words, uncovered.citation);
                let text = Text::of(Tone::Bad, "not covered").add(Tone::Plain, words);
                terminal::line(paper.field(8, "papers", &text))?;
                terminal::line(paper.field(8, "remedy", &Text::plain(&uncovered.remedy)))?;
            }
        }
        Ok(())
    }
}

fn print_policy(paper: &Paper, policy: &PolicyExplanation) -> Result<(), Failure> {
    terminal::line(paper.field(8, "", &policy_line(policy)))?;
    for differs in &policy.differs {
        terminal::line(paper.field(
            12,
            "",
            &Text::of(Tone::Dim, format!("in the way: {differs}")),
        ))?;
    }
    Ok(())
}

fn policy_line(policy: &PolicyExplanation) -> Text {
    let (mark, tone) = match (policy.effect, policy.satisfied) {
        (Effect::Permit, true) => ("✓ permits", Tone::Good),
        (Effect::Forbid, true) => ("✗ forbids", Tone::Bad),
        (_, false) => ("· does not hold", Tone::Dim),
    };
    Text::of(tone, mark)
        .add(Tone::Plain, format!("  {}  ", policy.id))
        .add(Tone::Dim, &policy.reason)
}

fn as_json(explanation: &Explanation, purpose: Purpose, trail: &PaperTrail) -> serde_json::Value {
    let policies: Vec<_> = explanation
        .policies
        .iter()
        .map(|policy| {
            serde_json::json!({
                "id": policy.id,
                "effect": match policy.effect { Effect::Permit => "permit", Effect::Forbid => "forbid" },
                "satisfied": policy.satisfied,
                "reason": policy.reason,
                "differs": policy.differs,
            })
        })
        .collect();
    let papers = match trail {
        PaperTrail::None => serde_json::Value::Null,
        PaperTrail::Covered(coverage) => {
            serde_json::json!({ "covered": true, "words": coverage.describe() })
        }
        PaperTrail::Uncovered(uncovered) => serde_json::json!({
            "covered": false,
            "reason": uncovered.reason.as_str(),
            "words": uncovered.words,
            "citation": uncovered.citation,
            "remedy": uncovered.remedy,
        }),
    };
    serde_json::json!({
        "allowed": explanation.allowed,
        "purpose": purpose.as_str(),
        "reason": explanation.reason,
        "policies": policies,
        "would_allow": explanation.would_allow,
        "papers": papers,
    })
}
