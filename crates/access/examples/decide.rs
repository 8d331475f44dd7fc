//! Measures how long a decision of the shipped policies takes: `cargo run --release -p covenant-access --example decide`.

use std::hint::black_box;
use std::time::Instant;

use covenant_access::{Action, App, Ask, Context, Engine, Purpose, Resource};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::shipped()?;
    let mut app = App::new("demo", "Demo")?;
    app.purposes = Purpose::ALL.to_vec();
    app.models = (0..20).map(|number| format!("model-{number}")).collect();
    let ask = Ask {
        principal: app.principal(),
        purpose: Purpose::Treatment,
        action: Action::InvokeModel,
        resource: Resource::Model {
            alias: "model-7".into(),
            vendor: "acme".into(),
            features: vec!["web-search".into()],
            agreement_in_force: true,
            deidentified_route: false,
            research_basis: None,
        },
        context: Context {
            patients_named: 1,
            ..Context::default()
        },
    };
    let mut micros: Vec<f64> = (0..20_000)
        .map(|_| {
            let start = Instant::now();
            let decision = black_box(engine.authorize(black_box(&ask)));
            assert!(decision.is_ok());
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    let at = |share: usize| {
        micros
            .get(micros.len() * share / 1000)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "authorize: p50 {:.1} us, p99 {:.1} us, p99.9 {:.1} us",
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}
