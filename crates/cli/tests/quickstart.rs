//! The quickstart: what a newcomer sees first, on a fresh directory and again.

use super::support::{Place, bytes_in, holds, key_in};
use std::os::unix::fs::PermissionsExt as _;

/// Everything in the bundled note that identifies somebody.
const IDENTIFIERS: [&str; 8] = [
    "Okafor",
    "44719026",
    "6620",
    "218 Alder Court",
    "937-555-0142",
    "denise.okafor@example.com",
    "Whitfield",
    "03/14/1951",
];

#[test]
fn the_demonstration_shows_sent_seen_refused_and_opened() {
    let place = Place::new();
    let said = place.done(&["quickstart", "--once"]);
    for part in [
        "What the app sent",
        "What the model saw",
        "What came back",
        "refused, 403   0 bytes reached brightpath",
        "no-agreement-in-force",
        "164.504(e)",
        "covenant baa sign",
        "sent as de-identified under demo-summaries",
        "is in the signed tree of",
        "consistency only",
        "not secured",
    ] {
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&part), "{part} is missing in:\n{said}");
    }
    assert!(
        !said.contains('\u{1b}'),
        "colour where there is no terminal"
    );
}

#[test]
fn the_model_sees_tokens_and_under_the_decision_years_only() {
    let said = Place::new().done(&["quickstart", "--once"]);
    let columns: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(" │ "))
        .map(|(_, seen)| seen)
        .collect();
    let under_decision = columns
        .iter()
        .rposition(|line| line.contains("What the model saw"))
        .unwrap();
    assert!(
        columns.iter().any(|line| line.contains("[NAME_1_")),
        "{said}"
    );
    for identifier in ["Margaret", "44719026", "937-555-0142"] {
        assert!(
            columns.iter().all(|line| !line.contains(identifier)),
            "{identifier} was seen:\n{said}"
        );
    }
    let decided = columns[under_decision..].join("\n");
    assert!(
        decided.contains("Admitted 2026") && decided.contains("DOB: 1951"),
        "{decided}"
    );
    assert!(
        !decided.contains("02/11/2026") && !decided.contains("45402"),
        "{decided}"
    );
}

#[test]
fn nothing_of_the_note_rests_in_the_clear() {
    let place = Place::new();
    place.done(&["quickstart", "--once"]);
    let data = place.path().join("covenant-data");
    assert_eq!(
        std::fs::metadata(&data).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let bytes = bytes_in(&data);
    for identifier in IDENTIFIERS {
        assert!(
            !holds(&bytes, identifier),
            "{identifier} rests in the clear"
        );
    }
}

#[test]
fn a_second_run_works_with_a_new_key_and_the_old_one_ends() {
    let place = Place::new();
    let first = key_in(&place.done(&["quickstart", "--once"]), "cov_");
    let again = place.done(&["quickstart", "--once"]);
    let second = key_in(&again, "cov_");
    assert_ne!(first, second);
    assert!(
        again.contains("refused, 403"),
        "the route of the first run stayed open:\n{again}"
    );
    let apps = place.done(&["app", "show", "demo"]);
    assert!(
        apps.contains("expires_at_ms") && !apps.contains("\"hash\""),
        "{apps}"
    );
}

#[test]
fn the_commands_it_names_work_on_its_data() {
    let place = Place::new();
    place.done(&["quickstart", "--once"]);
    assert!(
        place
            .done(&["ledger", "verify"])
            .contains("no bad entry found")
    );
    assert!(place.done(&["status"]).contains("not secured"));
    let denied = place.run(
        &[
            "policy",
            "explain",
            "--app",
            "demo",
            "--model",
            "northwind-large",
        ],
        "",
    );
    assert_eq!(denied.status, 0, "{}{}", denied.stdout, denied.stderr);
}

#[test]
fn the_decision_accepts_the_miss_rate_that_is_published() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/DETECTION.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let published = docs
        .lines()
        .find_map(|line| line.strip_prefix("## Published miss rate: "))
        .unwrap();
    let said = Place::new().done(&["quickstart", "--once"]);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(&format!("the published miss rate of {published};")),
        "{published}:\n{said}"
    );
}
