//! What the commands of the register share: the reason of a change, lists and single objects.

use crate::arguments::{Format, Globals};
use crate::clock::{moment, now_ms, today};
use crate::exit::{Exit, Failure, Outcome};
use crate::reach::Reading;
use crate::terminal::{self, Paper, Text, Tone, table};
use clap::Args;
use covenant_access::{AppKey, KeyState};
use covenant_govern::{Agreement, AgreementStatus};
use covenant_server::state::{State, kind, shown};
use serde_json::Value;

/// Why something is changed; recorded with the change.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Why {
    /// Why, naming no patient; recorded with the change
    #[arg(
        long = "why",
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) words: String,
}

impl Why {
    /// A reason given otherwise.
    pub(crate) fn of(words: &str) -> Why {
        Why {
            words: words.to_owned(),
        }
    }
}

/// Lists the rows of a kind.
pub(crate) fn list(globals: &Globals, kind: &str) -> Outcome {
    let reading = Reading::open(globals)?;
    if globals.format == Format::Json {
        for (_, row) in rows(&reading, kind)? {
            terminal::line(row)?;
        }
        return Ok(Exit::Done);
    }
    let state = reading.state()?;
    terminal::line(listed(&Paper::of_stdout(globals.color), &state, kind))?;
    for flag in state.register.red_flags(today()) {
        if kind == kind::VENDOR {
            terminal::line(
                Paper::of_stdout(globals.color)
                    .paint(&Text::of(Tone::Warn, format!("red flag: {flag}"))),
            )?;
        }
    }
    Ok(Exit::Done)
}

/// Shows one row.
pub(crate) fn show(globals: &Globals, kind: &str, id: &str) -> Outcome {
    let reading = Reading::open(globals)?;
    let rows = rows(&reading, kind)?;
    let Some((_, row)) = rows.into_iter().find(|(found, _)| found == id) else {
        return Err(Failure::refused(format!("there is no {kind} {id:?}")));
    };
    match globals.format {
        Format::Json => terminal::line(row)?,
        Format::Text => {
            terminal::line(serde_json::to_string_pretty(&row).map_err(Failure::cannot_open)?)?
        }
    }
    Ok(Exit::Done)
}

/// The rows of a kind, as they are kept, without the hashes of keys.
fn rows(reading: &Reading, kind: &str) -> Result<Vec<(String, Value)>, Failure> {
    let rows = reading.wait(reading.store.register_rows())?;
    let rows = rows.into_iter().filter(|row| row.kind == kind);
    rows.map(|row| Ok((row.id.clone(), shown(&row).map_err(Failure::cannot_open)?)))
        .collect()
}

fn listed(paper: &Paper, state: &State, kind: &str) -> String {
    match kind {
        kind::VENDOR => vendors(paper, state),
        kind::AGREEMENT => agreements(paper, state),
        kind::MODEL => models(paper, state),
        kind::DECISION => decisions(paper, state),
        kind::APP => apps(paper, state),
        _ => operators(paper, state),
    }
}

fn vendors(paper: &Paper, state: &State) -> String {
    let agreements = |vendor: &str| -> Vec<&Agreement> {
        state
            .register
            .agreements()
            .values()
            .filter(|agreement| agreement.vendor == vendor)
            .collect()
    };
    let rows: Vec<_> = state
        .register
        .vendors()
        .values()
        .map(|vendor| {
            let agreements = agreements(&vendor.id);
            let in_force = agreements
                .iter()
                .any(|one| one.status(today()) == AgreementStatus::InForce);
            let agreement = if in_force {
                Text::of(Tone::Good, "in force")
            } else {
                Text::of(Tone::Bad, "none in force")
            };
            [
                Text::of(Tone::Bold, &vendor.id),
                Text::plain(&vendor.name),
                agreement,
                Text::plain(vendor.claims.join(", ")),
            ]
        })
        .collect();
    table(paper, ["VENDOR", "NAME", "AGREEMENT", "CLAIMS"], &rows)
}

fn agreements(paper: &Paper, state: &State) -> String {
    let rows: Vec<_> = state
        .register
        .agreements()
        .values()
        .map(|agreement| {
            let status = agreement.status(today());
            let tone = if status == AgreementStatus::InForce {
                Tone::Good
            } else {
                Tone::Warn
            };
            let until = agreement
                .last_day()
                .map_or_else(|| "until ended".to_owned(), |date| date.to_string());
            let features: Vec<&str> = agreement
                .features
                .iter()
                .map(|feature| feature.as_str())
                .collect();
            [
                Text::of(Tone::Bold, &agreement.id),
                Text::plain(&agreement.vendor),
                Text::plain(format!("v{}", agreement.version)),
                Text::of(tone, status.as_str()),
                Text::plain(format!("{} to {until}", agreement.effective)),
                Text::plain(agreement.services.join(",")),
                Text::plain(agreement.models.join(",")),
                Text::plain(features.join(",")),
            ]
        })
        .collect();
    table(
        paper,
        [
            "AGREEMENT",
            "VENDOR",
            "",
            "STATUS",
            "TERM",
            "SERVICES",
            "MODELS",
            "FEATURES",
        ],
        &rows,
    )
}

fn models(paper: &Paper, state: &State) -> String {
    let rows: Vec<_> = state
        .register
        .models()
        .values()
        .map(|model| {
            let covered = match state.register.cover(&model.alias, &[], today()) {
                Ok(coverage) => Text::of(Tone::Good, coverage.describe()),
                Err(uncovered) => {
                    Text::of(Tone::Bad, format!("refused: {}", uncovered.reason.as_str()))
                }
            };
            [
                Text::of(Tone::Bold, &model.alias),
                Text::plain(&model.vendor),
                Text::plain(model.dialect.as_str()),
                Text::plain(&model.upstream),
                covered,
            ]
        })
        .collect();
    table(
        paper,
        ["MODEL", "VENDOR", "DIALECT", "UPSTREAM", "TODAY"],
        &rows,
    )
}

fn decisions(paper: &Paper, state: &State) -> String {
    let rows: Vec<_> = state
        .register
        .decisions()
        .values()
        .map(|decision| {
            let holds = match decision.holds_on(today()) {
                true => Text::of(Tone::Good, format!("until {}", decision.last_day())),
                false => Text::of(
                    Tone::Warn,
                    format!("not today (last day {})", decision.last_day()),
                ),
            };
            [
                Text::of(Tone::Bold, &decision.id),
                Text::plain(&decision.vendor),
                Text::plain(&decision.model),
                Text::plain(decision.method.to_string()),
                holds,
                Text::plain(&decision.accepted_by),
                Text::plain(format!("{}", decision.accepted_miss_rate)),
            ]
        })
        .collect();
    table(
        paper,
        [
            "DECISION",
            "VENDOR",
            "MODEL",
            "METHOD",
            "HOLDS",
            "ACCEPTED BY",
            "MISS RATE",
        ],
        &rows,
    )
}

fn apps(paper: &Paper, state: &State) -> String {
    let rows: Vec<_> = state
        .apps
        .values()
        .map(|app| {
            let purposes: Vec<&str> = app
                .purposes
                .iter()
                .map(|purpose| purpose.as_str())
                .collect();
            let models = if app.models.is_empty() {
                "all".to_owned()
            } else {
                app.models.join(",")
            };
            [
                name(&app.id, app.disabled),
                Text::plain(&app.name),
                Text::plain(purposes.join(",")),
                Text::plain(models),
                keys(&app.keys),
            ]
        })
        .collect();
    table(paper, ["APP", "NAME", "PURPOSES", "MODELS", "KEYS"], &rows)
}

fn operators(paper: &Paper, state: &State) -> String {
    let rows: Vec<_> = state
        .operators
        .values()
        .map(|operator| {
            let roles: Vec<&str> = operator.roles.iter().map(|role| role.as_str()).collect();
            [
                name(&operator.name, operator.disabled),
                Text::plain(roles.join(",")),
                keys(&operator.keys),
            ]
        })
        .collect();
    table(paper, ["OPERATOR", "ROLES", "KEYS"], &rows)
}

fn name(name: &str, disabled: bool) -> Text {
    match disabled {
        true => Text::of(Tone::Dim, format!("{name} (disabled)")),
        false => Text::of(Tone::Bold, name),
    }
}

fn keys(keys: &[AppKey]) -> Text {
    let words: Vec<String> = keys
        .iter()
        .map(|key| match (key.state(now_ms()), key.expires_at_ms) {
            (KeyState::Active, Some(end)) => format!("{} (until {})", key.prefix, moment(end)),
            (KeyState::Active, None) => key.prefix.clone(),
            (KeyState::Expired, _) => format!("{} (expired)", key.prefix),
            (KeyState::Revoked, _) => format!("{} (revoked)", key.prefix),
        })
        .collect();
    Text::plain(words.join(", "))
}
