//! `covenant app`: applications, the purposes given to them, and their keys.

use crate::arguments::Globals;
use crate::clock::Span;
use crate::commands::register;
use crate::exit::Outcome;
use crate::reach::change;
use clap::{Args, Subcommand};
use covenant_access::{Purpose, Role};
use covenant_server::admin::{AppForm, Change};

/// Applications.
#[derive(Subcommand)]
pub(crate) enum App {
    /// Add an application; its key is shown once
    Add(Box<Add>),
    /// List the applications
    List,
    /// Show one application
    Show {
        /// The application's id
        id: String,
    },
    /// Stop an application at once
    Disable {
        /// The application's id
        id: String,
        #[command(flatten)]
        why: register::Why,
    },
    /// Give an application other purposes
    Purpose(SetPurposes),
    /// Keys of an application
    #[command(subcommand)]
    Key(Key),
}

/// An application.
#[derive(Args)]
#[command(after_help = "Example:
  covenant app add intake --name 'Intake summaries' --purpose treatment --default-purpose treatment
The app sends the key as its API key, to this gateway's address. Whether it may, and why:
  covenant policy explain --app intake --model gpt")]
pub(crate) struct Add {
    /// The id, such as intake-summaries
    id: String,
    /// The name for people
    #[arg(long, value_name = "WORDS")]
    name: String,
    /// A role of the application
    #[arg(long = "role", value_name = "ROLE", default_value = "app")]
    roles: Vec<Role>,
    #[command(flatten)]
    purposes: Purposes,
    /// Refuse requests that do not name a patient in X-Covenant-Patient
    #[arg(long)]
    require_patient: bool,
    /// A model it may use, by alias; all when none is named
    #[arg(long = "model", value_name = "ALIAS")]
    models: Vec<String>,
    /// When its first key expires, such as 90d
    #[arg(long, value_name = "SPAN")]
    key_expires: Option<Span>,
    #[command(flatten)]
    why: register::Why,
}

/// What an application may use data for.
#[derive(Args)]
pub(crate) struct Purposes {
    /// A purpose given to it: treatment, payment, operations, research, patient-request
    #[arg(long = "purpose", value_name = "PURPOSE", required = true)]
    purposes: Vec<Purpose>,
    /// The purpose of a request that names none
    #[arg(long, value_name = "PURPOSE")]
    default_purpose: Option<Purpose>,
}

/// Other purposes.
#[derive(Args)]
pub(crate) struct SetPurposes {
    /// The application's id
    id: String,
    #[command(flatten)]
    purposes: Purposes,
    #[command(flatten)]
    why: register::Why,
}

/// Keys of an application.
#[derive(Subcommand)]
pub(crate) enum Key {
    /// One more key, shown once
    Add {
        /// The application's id
        id: String,
        /// When it expires, such as 90d
        #[arg(long, value_name = "SPAN")]
        expires: Option<Span>,
        #[command(flatten)]
        why: register::Why,
    },
    /// A fresh key, shown once; the others stay good for the overlap
    Rotate {
        /// The application's id
        id: String,
        /// How long the old keys stay good, such as 24h
        #[arg(long, value_name = "SPAN", default_value = "24h")]
        overlap: Span,
        /// When the fresh key expires, such as 90d
        #[arg(long, value_name = "SPAN")]
        expires: Option<Span>,
        #[command(flatten)]
        why: register::Why,
    },
    /// End a key at once
    Revoke {
        /// The application's id
        id: String,
        /// The first eight characters after cov_, as `app show` prints them
        prefix: String,
        #[command(flatten)]
        why: register::Why,
    },
}

/// Runs the command.
pub(crate) fn run(command: App, globals: &Globals) -> Outcome {
    match command {
        App::Add(add) => {
            let (form, key_expires_in_ms, why) = add.read();
            change(
                globals,
                Change::AppAdd {
                    app: form,
                    key_expires_in_ms,
                },
                why,
            )
        }
        App::List => register::list(globals, "app"),
        App::Show { id } => register::show(globals, "app", &id),
        App::Disable { id, why } => change(globals, Change::AppDisable { id }, why),
        App::Purpose(SetPurposes {
            id,
            purposes:
                Purposes {
                    purposes,
                    default_purpose,
                },
            why,
        }) => change(
            globals,
            Change::AppPurposes {
                id,
                purposes,
                default_purpose,
            },
            why,
        ),
        App::Key(key) => run_key(key, globals),
    }
}

fn run_key(key: Key, globals: &Globals) -> Outcome {
    let ms = |span: Option<Span>| span.map(|span| span.ms);
    match key {
        Key::Add { id, expires, why } => change(
            globals,
            Change::AppKeyAdd {
                id,
                expires_in_ms: ms(expires),
            },
            why,
        ),
        Key::Rotate {
            id,
            overlap,
            expires,
            why,
        } => {
            let rotate = Change::AppKeyRotate {
                id,
                overlap_ms: overlap.ms,
                expires_in_ms: ms(expires),
            };
            change(globals, rotate, why)
        }
        Key::Revoke { id, prefix, why } => {
            change(globals, Change::AppKeyRevoke { id, prefix }, why)
        }
    }
}

impl Add {
    fn read(self) -> (AppForm, Option<i64>, register::Why) {
        let form = AppForm {
            id: self.id,
            name: self.name,
            roles: self.roles,
            purposes: self.purposes.purposes,
            default_purpose: self.purposes.default_purpose,
            require_patient: self.require_patient,
            models: self.models,
        };
        (form, self.key_expires.map(|span| span.ms), self.why)
    }
}
