//! `covenant quickstart`: the whole way of a note to a model, shown.

use crate::arguments::Globals;
use crate::exit::{Exit, Failure, Outcome};
use crate::highlight;
use crate::reach;
use crate::terminal::{self, Pane, Paper, Text, Tone, side_by_side};
use clap::Args;
use covenant_detect::Detector;
use covenant_ledger::{Event, EventKind};
use covenant_server::quickstart::{
    COVERED_MODEL, Exchange, Quickstart, UNCOVERED, UNCOVERED_MODEL, config_file,
};
use covenant_server::{House, Running};
use std::path::{Path, PathBuf};

/// The invented note the demonstration sends.
const NOTE: &str = include_str!("../../assets/note.txt");

/// The share of mentions missed, as docs/DETECTION.md publishes it; the decision of the demonstration accepts it.
const MISS_RATE: f64 = 0.136;

/// Shows what an app sends, what the model sees, what comes back and what is recorded, on invented data.
#[derive(Args)]
pub(crate) struct Arguments {
    /// End after the demonstration instead of serving
    #[arg(long)]
    once: bool,
    /// Where to keep the demonstration's data
    #[arg(long, value_name = "DIRECTORY", default_value = "covenant-data")]
    directory: PathBuf,
}

impl Default for Arguments {
    fn default() -> Arguments {
        Arguments {
            once: false,
            directory: PathBuf::from("covenant-data"),
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, globals: &Globals) -> Outcome {
    let paper = Paper::of_stdout(globals.color);
    // Building the detector takes longer than opening the store: both begin now.
    std::thread::spawn(Detector::standard);
    reach::runtime()?.block_on(async {
        let quickstart = prepare(&arguments.directory).await?;
        Show {
            paper,
            quickstart: &quickstart,
            directory: &arguments.directory,
        }
        .all()
        .await?;
        match arguments.once {
            true => quickstart.close().await.map_err(Failure::cannot_open)?,
            false => serve(quickstart, &paper, &arguments.directory).await?,
        }
        Ok(Exit::Done)
    })
}

async fn prepare(directory: &Path) -> Result<Quickstart, Failure> {
    use covenant_server::quickstart::Error;
    Quickstart::prepare(directory, &reach::environment()).await.map_err(|error| match error {
        Error::House(covenant_server::Error::Store(covenant_store::Error::Locked(_))) => Failure::cannot_open(format!(
            "{error}; a quickstart is running there: end it, or name another folder with --directory"
        )),
        error => Failure::cannot_open(error),
    })
}

struct Show<'a> {
    paper: Paper,
    quickstart: &'a Quickstart,
    directory: &'a Path,
}

impl Show<'_> {
    async fn all(&self) -> Result<(), Failure> {
        self.beginning()?;
        self.covered().await?;
        self.refused().await?;
        self.opened().await?;
        self.verified().await
    }

    fn beginning(&self) -> Result<(), Failure> {
        let paper = &self.paper;
        let made = if self.quickstart.made {
            "made"
        } else {
            "found"
        };
        terminal::line(
            paper.paint(
                &Text::of(Tone::Bold, "Covenant")
                    .add(Tone::Plain, ": the trust layer between healthcare and AI"),
            ),
        )?;
        terminal::line(paper.paint(&Text::of(
            Tone::Dim,
            "Everything below is invented, and went through the real gateway.",
        )))?;
        terminal::line("")?;
        let place = format!(
            "{made} {}/: store, register, policies, two invented vendors",
            self.directory.display()
        );
        terminal::line(paper.field(10, "data", &Text::plain(place)))?;
        let secured = Text::of(Tone::Warn, "not secured: ").add(
            Tone::Plain,
            "the demonstration key lies beside the data; `covenant init` keeps it apart",
        );
        terminal::line(paper.field(10, "key", &secured))?;
        let shown = Text::plain(self.quickstart.keys.app.expose());
        terminal::line(paper.field(10, "app key", &shown))?;
        let once = if self.quickstart.made {
            "shown this once, kept as a keyed hash"
        } else {
            "made anew in this run; the one before no longer counts"
        };
        terminal::line(paper.field(10, "", &Text::of(Tone::Dim, once)))?;
        Ok(())
    }

    async fn covered(&self) -> Result<(), Failure> {
        self.heading("1  A vendor with an agreement in force")?;
        let exchange = self.ask(COVERED_MODEL).await?;
        terminal::line(side_by_side(&self.paper, &panes(&exchange)))?;
        terminal::line("")?;
        self.entries(&exchange)?;
        self.proof(&exchange).await
    }

    async fn refused(&self) -> Result<(), Failure> {
        self.heading("2  The same note to a vendor without one")?;
        let exchange = self.ask(UNCOVERED_MODEL).await?;
        let paper = &self.paper;
        let verdict = Text::of(Tone::Bad, format!("refused, {}", exchange.status)).add(
            Tone::Plain,
            format!("   {} bytes reached {UNCOVERED}", exchange.arrived_bytes),
        );
        terminal::line(paper.field(10, "answer", &verdict))?;
        terminal::line(paper.field(10, "why", &Text::plain(&exchange.back)))?;
        if let Some(policy) = exchange
            .entries
            .iter()
            .find_map(|(_, event)| event.policy.as_ref())
        {
            let ids = if policy.policies.is_empty() {
                "default deny".to_owned()
            } else {
                policy.policies.join(", ")
            };
            terminal::line(paper.field(10, "policy", &Text::plain(ids)))?;
        }
        self.entries(&exchange)
    }

    async fn opened(&self) -> Result<(), Failure> {
        self.heading("3  A named person opens a de-identified route, until a day")?;
        let decision = self
            .quickstart
            .open_route(MISS_RATE)
            .await
            .map_err(Failure::cannot_open)?;
        let paper = &self.paper;
        let words = Text::plain(&decision.id).add(
            Tone::Dim,
            format!(", {} ({})", decision.method, decision.method.citation()),
        );
        terminal::line(paper.field(10, "decision", &words))?;
        let accepted = format!(
            "{}, who accepts the published miss rate of {:.1} %; expires {}",
            decision.accepted_by,
            decision.accepted_miss_rate * 100.0,
            decision.expires
        );
        terminal::line(paper.field(10, "opened by", &Text::plain(accepted)))?;
        terminal::line("")?;
        let exchange = self.ask(UNCOVERED_MODEL).await?;
        terminal::line(side_by_side(paper, &panes(&exchange)))?;
        terminal::line("")?;
        self.entries(&exchange)?;
        self.proof(&exchange).await
    }

    async fn verified(&self) -> Result<(), Failure> {
        self.heading("4  The whole log")?;
        let verification = self
            .quickstart
            .verify()
            .await
            .map_err(Failure::cannot_open)?;
        let report = &verification.log;
        let (mark, tone) = if verification.is_good() {
            ("✓ ", Tone::Good)
        } else {
            ("✗ ", Tone::Bad)
        };
        let words = format!(
            "{} entries hashed and opened, {} sealed contents compared with their digests, root {}…",
            report.values_checked,
            report.payloads_checked,
            covenant_seal::hex(report.root.get(..8).unwrap_or_default())
        );
        terminal::line(self.paper.field(
            10,
            "verify",
            &Text::of(tone, mark).add(Tone::Plain, words),
        ))?;
        Ok(terminal::line(self.paper.field(
            10,
            "against",
            &Text::of(Tone::Dim, report.against.to_string()),
        ))?)
    }

    async fn ask(&self, model: &str) -> Result<Exchange, Failure> {
        self.quickstart
            .ask(model, NOTE.trim_end())
            .await
            .map_err(Failure::cannot_open)
    }

    fn heading(&self, title: &str) -> Result<(), Failure> {
        terminal::line("")?;
        terminal::line(self.paper.heading(title))?;
        Ok(terminal::line("")?)
    }

    fn entries(&self, exchange: &Exchange) -> Result<(), Failure> {
        for (place, (index, event)) in exchange.entries.iter().enumerate() {
            let name = if place == 0 { "ledger" } else { "" };
            terminal::line(self.paper.field(10, name, &entry(*index, event)))?;
        }
        Ok(())
    }

    async fn proof(&self, exchange: &Exchange) -> Result<(), Failure> {
        let Some((index, _)) = exchange.entries.last() else {
            return Ok(());
        };
        let proof = self
            .quickstart
            .prove(*index)
            .await
            .map_err(Failure::cannot_open)?;
        let text = Text::of(Tone::Good, "✓ ")
            .add(
                Tone::Plain,
                format!(
                    "entry {} is in the signed tree of {} ",
                    proof.index, proof.size
                ),
            )
            .add(
                Tone::Dim,
                format!(
                    "({} hashes; root {}…)",
                    proof.hashes,
                    proof.root.get(..16).unwrap_or_default()
                ),
            );
        Ok(terminal::line(self.paper.field(10, "proof", &text))?)
    }
}

fn panes(exchange: &Exchange) -> [Pane; 3] {
    let arrived = exchange.arrived.as_deref().unwrap_or("nothing");
    let pane = |title: &str, note: String, body| Pane {
        title: Text::of(Tone::Bold, title).add(Tone::Dim, note),
        body,
    };
    [
        pane(
            "What the app sent",
            String::new(),
            highlight::found(&exchange.sent),
        ),
        pane(
            "What the model saw",
            format!("  {} bytes", exchange.arrived_bytes),
            highlight::tokens(arrived),
        ),
        pane(
            "What came back",
            format!("  {}", exchange.status),
            highlight::found(&exchange.back),
        ),
    ]
}

/// One line about an entry of the ledger.
fn entry(index: u64, event: &Event) -> Text {
    let mut text = Text::of(Tone::Dim, format!("{index:>3}  "))
        .add(tone(event.kind), format!("{:<10}", event.kind.as_str()));
    if let Some(what) = &event.what {
        let under = match (&what.agreement, &what.decision) {
            (Some(agreement), _) => {
                format!(
                    "under {agreement} v{}",
                    what.agreement_version.unwrap_or_default()
                )
            }
            (None, Some(decision)) => format!("sent as de-identified under {decision}"),
            (None, None) => String::new(),
        };
        if !under.is_empty() {
            text.push(Tone::Plain, format!(" {}: {under}", what.vendor));
        }
    }
    if let Some(counts) = &event.counts {
        let total = |counts: &std::collections::BTreeMap<String, u32>| counts.values().sum::<u32>();
        let parts = [
            (total(&counts.found), "found"),
            (total(&counts.removed), "taken out"),
            (total(&counts.sent), "passed"),
            (total(&counts.restored), "restored"),
            (total(&counts.invented), "invented"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        if !parts.is_empty() {
            text.push(Tone::Dim, format!("  {}", parts.join(", ")));
        }
    }
    if !event.payloads.is_empty() {
        let kinds: Vec<&str> = event
            .payloads
            .iter()
            .map(|payload| payload.kind.as_str())
            .collect();
        text.push(Tone::Dim, format!("; sealed: {}", kinds.join(", ")));
    }
    if event.kind == EventKind::Refused {
        text.push(Tone::Plain, " nothing was sent");
    }
    text
}

fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::Refused | EventKind::Failed | EventKind::Interrupted => Tone::Bad,
        _ => Tone::Good,
    }
}

async fn serve(quickstart: Quickstart, paper: &Paper, directory: &Path) -> Result<(), Failure> {
    let key = quickstart.keys.app.clone();
    let operator = quickstart.keys.operator.clone();
    let (house, config): (House, _) = quickstart.into_house();
    covenant_server::logs::begin(&config.logs);
    let running = Running::serve(house, &config)
        .await
        .map_err(Failure::cannot_open)?;
    terminal::line("")?;
    terminal::line(paper.heading(&format!(
        "Serving on http://{}  (Ctrl-C ends it)",
        running.address
    )))?;
    terminal::line("")?;
    let address = running.address;
    terminal::line(format!(
        "  curl http://{address}/v1/chat/completions \\\n    -H 'authorization: Bearer {}' \\\n    -H 'content-type: application/json' \\\n    -d '{{\"model\": \"{COVERED_MODEL}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Margaret Okafor, MRN 44719026, is afebrile.\"}}]}}'\n",
        key.expose()
    ))?;
    terminal::line(format!(
        "  from openai import OpenAI\n  client = OpenAI(base_url=\"http://{address}/v1\", api_key=\"{}\")\n  answer = client.chat.completions.create(model=\"{COVERED_MODEL}\", messages=[\n      {{\"role\": \"user\", \"content\": \"Margaret Okafor, MRN 44719026, is afebrile.\"}}])\n  print(answer.choices[0].message.content)\n",
        key.expose()
    ))?;
    let config = config_file(directory);
    terminal::line(paper.paint(&Text::of(
        Tone::Dim,
        "  and in another terminal, beside the running server:",
    )))?;
    for command in [
        "status",
        "ledger show --limit 5",
        "ledger verify",
        "policy explain --app demo --model brightpath-large",
    ] {
        terminal::line(format!(
            "  covenant --config {} {command}",
            config.display()
        ))?;
    }
    if let Some(operator) = operator {
        terminal::line(paper.paint(&Text::of(Tone::Dim, "\n  the key of operator demo-officer, shown this once, for commands that change something:")))?;
        terminal::line(format!(
            "  export COVENANT_OPERATOR_KEY={}",
            operator.expose()
        ))?;
    }
    running.until_signal().await;
    Ok(())
}
