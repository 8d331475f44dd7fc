//! What screening one request costs beside detection alone: `screen_rate [BYTES] [ROUNDS]` prints microseconds.

use std::sync::Arc;
use std::time::Instant;

use covenant_deid::{Plan, Profile, Screener, Tokens};
use covenant_detect::Detector;
use covenant_formats::json::Json;
use covenant_seal::{DataKey, HashKey, Phi, SystemRandom};

const SENTENCES: [&str; 4] = [
    "Robert Delgado is a 57-year-old man seen on 03/14/2024 for chest tightness on exertion that resolves with rest. ",
    "Blood pressure 142/88, heart rate 76, oxygen saturation 97% on room air; MRN 1000481, reachable at (555) 555-0147. ",
    "He takes metoprolol 25 mg twice daily, atorvastatin 40 mg at night and aspirin 81 mg daily. ",
    "Plan: stress echocardiogram within the week, continue beta blocker, return precautions given. ",
];

fn main() -> Result<(), covenant_seal::Error> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise| {
        arguments
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or(otherwise)
    };
    let (bytes, rounds) = (number(1024), number(2000));
    let text: String = SENTENCES
        .iter()
        .cycle()
        .copied()
        .scan(0, |length, sentence| {
            (*length < bytes).then(|| {
                *length += sentence.len();
                sentence
            })
        })
        .collect();
    let detector = Detector::standard();
    let detected = quick(rounds, || detector.detect(&text).len());
    let key = Arc::new(HashKey::from(DataKey::generate(&SystemRandom)?));
    let profile = Profile::safe_harbor();
    let screened = quick(rounds, || {
        let mut tokens = Tokens::new(Arc::clone(&key), "app");
        let mut screener = Screener::new(detector, &profile, &mut tokens);
        let document = Phi::new(Json::from(text.as_str()));
        let done = screener.document(document, &Plan::Text);
        usize::from(done.is_ok()) + tokens.map().is_empty() as usize
    });
    println!(
        "{} bytes: detection {detected} us, screening {screened} us",
        text.len()
    );
    Ok(())
}

/// The time of many rounds that one in twenty undercuts, in microseconds.
fn quick(rounds: usize, mut work: impl FnMut() -> usize) -> u128 {
    let mut times: Vec<u128> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(work());
            begun.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    times.get(rounds / 20).copied().unwrap_or_default() / 1000
}
