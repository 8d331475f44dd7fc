//! `covenant model`: models an app may name, and where they run.

use crate::arguments::Globals;
use crate::commands::register;
use crate::exit::{Failure, Outcome};
use crate::reach::change;
use clap::{Args, Subcommand};
use covenant_govern::{
    ContentKept, Dialect, Feature, Inspect, ResearchBasis, RouteOptions, Typed, Unsure,
};
use covenant_server::admin::Change;
use std::path::PathBuf;

/// Models in the register.
#[derive(Subcommand)]
pub(crate) enum Model {
    /// Add a model, or change one
    Add(Box<Add>),
    /// List the models and what covers each today
    List,
    /// Show one model
    Show {
        /// The alias apps use
        alias: String,
    },
    /// Remove a model
    Remove {
        /// The alias apps use
        alias: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// A model and its route.
#[derive(Args)]
#[command(after_help = "Example:
  covenant model add gpt --vendor acme --service api --upstream https://api.acme.example/v1 \\
      --dialect openai --api-key-env ACME_KEY
The key is read where the server runs; covenant model list says what covers the model today.")]
pub(crate) struct Add {
    /// The name apps send
    alias: String,
    /// The vendor's id, as `vendor list` prints it
    #[arg(long, value_name = "ID")]
    vendor: String,
    /// The vendor's service, as agreements name it
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// The name sent to the vendor; the alias when absent
    #[arg(long, value_name = "NAME")]
    upstream_model: Option<String>,
    /// The base address: https://…, http:// to loopback only, or mirror
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// The language it speaks: openai or anthropic
    #[arg(long)]
    dialect: Dialect,
    /// The environment variable of the server that holds the vendor's key
    #[arg(long, value_name = "NAME", conflicts_with = "api_key_file")]
    api_key_env: Option<String>,
    /// The file, readable by the server, that holds the vendor's key
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    #[command(flatten)]
    why: register::Why,
    #[command(flatten)]
    route: Route,
}

/// How the route treats what goes there.
#[derive(Args)]
#[command(next_help_heading = "Route")]
struct Route {
    /// How many days prompts, answers and maps are kept, sealed; 0 for not at all
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    keep_days: u16,
    /// A feature requests may use, where the agreement names it too
    #[arg(long = "allow", value_name = "FEATURE")]
    allow: Vec<Feature>,
    /// A JSON path screened like text beside those of the dialect's table
    #[arg(long = "screen-path", value_name = "PATH")]
    screen_paths: Vec<String>,
    /// The basis on which research may use the route: authorization, waiver, limited-data-set or de-identified
    #[arg(long, value_name = "BASIS")]
    research_basis: Option<ResearchBasis>,
    /// Let findings pass that the detector is unsure of
    #[arg(long)]
    keep_unsure: bool,
    /// Remove from answers whatever identifies and was not in the request
    #[arg(long)]
    strict_answers: bool,
    /// Generalise a value where a token cannot stand, instead of refusing the request
    #[arg(long)]
    generalize_typed: bool,
}

/// Runs the command.
pub(crate) fn run(command: Model, globals: &Globals) -> Outcome {
    match command {
        Model::Add(add) => {
            let (model, why) = add.read()?;
            change(globals, Change::ModelAdd { model }, why)
        }
        Model::List => register::list(globals, "model"),
        Model::Show { alias } => register::show(globals, "model", &alias),
        Model::Remove { alias, why } => change(globals, Change::ModelRemove { alias }, why),
    }
}

impl Add {
    fn read(self) -> Result<(covenant_govern::Model, register::Why), Failure> {
        let upstream_model = self.upstream_model.unwrap_or_else(|| self.alias.clone());
        let mut model = covenant_govern::Model::new(
            &self.alias,
            &self.vendor,
            &self.service,
            &upstream_model,
            &self.upstream,
            self.dialect,
        );
        model.api_key_env = self.api_key_env;
        model.api_key_file = self.api_key_file.map(|file| absolute(&file)).transpose()?;
        model.route = self.route.read();
        Ok((model, self.why))
    }
}

impl Route {
    fn read(self) -> RouteOptions {
        RouteOptions {
            content: if self.keep_days == 0 {
                ContentKept::Off
            } else {
                ContentKept::Days(self.keep_days)
            },
            screen_paths: self.screen_paths,
            research_basis: self.research_basis,
            unsure: if self.keep_unsure {
                Unsure::Keep
            } else {
                Unsure::Remove
            },
            inspect: if self.strict_answers {
                Inspect::Strict
            } else {
                Inspect::Standard
            },
            typed: if self.generalize_typed {
                Typed::Generalize
            } else {
                Typed::Refuse
            },
            allow: self.allow,
        }
    }
}

/// The server may run in another directory: a path is sent whole.
fn absolute(file: &std::path::Path) -> Result<String, Failure> {
    let whole = std::path::absolute(file)?;
    whole
        .into_os_string()
        .into_string()
        .map_err(|_| Failure::usage("the path of --api-key-file is not UTF-8"))
}
