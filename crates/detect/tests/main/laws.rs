//! What holds for every text: findings are sorted, apart and on character boundaries; a stream finds what the whole
//! does, says so as soon as it promised, and never takes a word back.

use covenant_detect::{Detector, Finding, HELD_CHARS};
use proptest::prelude::*;

use crate::pieces;

fn stream(text: &str, sizes: &[usize]) -> Result<Vec<Finding>, TestCaseError> {
    let mut stream = Detector::standard().stream();
    let mut found: Vec<Finding> = Vec::new();
    let mut pushed = 0;
    let mut settled = 0;
    for piece in pieces::cut(text, sizes) {
        let fresh = stream.push(piece);
        pushed += piece.len();
        for finding in &fresh {
            prop_assert!(
                finding.start >= settled,
                "a finding at {} starts in what was settled to {settled}",
                finding.start
            );
        }
        found.extend(fresh);
        prop_assert!(
            stream.settled() >= settled,
            "what was settled is taken back"
        );
        settled = stream.settled();
        prop_assert!(settled <= pushed && text.is_char_boundary(settled));
        prop_assert!(
            found.last().is_none_or(|last| last.end <= settled),
            "a finding is reported before it is settled"
        );
        let held = text[settled..pushed].chars().count();
        prop_assert!(
            held <= HELD_CHARS,
            "{held} characters held after {pushed} bytes"
        );
    }
    found.extend(stream.finish());
    prop_assert_eq!(stream.settled(), text.len());
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_sorted_apart_and_on_character_boundaries(text in pieces::text(40)) {
        let mut before = 0;
        for finding in Detector::standard().detect(&text) {
            prop_assert!(finding.start >= before && finding.start < finding.end && finding.end <= text.len());
            prop_assert!(text.is_char_boundary(finding.start) && text.is_char_boundary(finding.end));
            prop_assert!(text[finding.start..finding.end].chars().any(char::is_alphanumeric));
            prop_assert!((0.0..=1.0).contains(&finding.confidence));
            prop_assert_eq!(finding.class, finding.kind.class());
            before = finding.end;
        }
    }

    #[test]
    fn a_stream_finds_what_the_whole_does(text in pieces::text(40), sizes in pieces::cuts()) {
        let whole = Detector::standard().detect(&text);
        prop_assert_eq!(stream(&text, &sizes)?, whole);
    }

    #[test]
    fn a_stream_of_any_characters_finds_what_the_whole_does(text in "\\PC{0,300}", sizes in pieces::cuts()) {
        let whole = Detector::standard().detect(&text);
        prop_assert_eq!(stream(&text, &sizes)?, whole);
    }

    #[test]
    fn the_same_text_gives_the_same_findings(text in pieces::text(20)) {
        prop_assert_eq!(Detector::new().detect(&text), Detector::standard().detect(&text));
    }

    #[test]
    fn a_reason_never_holds_the_value(text in pieces::text(20)) {
        for finding in Detector::standard().detect(&text) {
            let value = &text[finding.start..finding.end];
            let digits = value.chars().filter(char::is_ascii_digit).count();
            prop_assert!(digits < 3 || !finding.reason.to_string().contains(value));
        }
    }
}

#[test]
fn a_long_paragraph_and_a_long_stream_are_cut_the_same_way() {
    let sentence = "The patient was seen on 03/14/2024 by staff and MRN 00482913 was checked, call 202-555-0143 ";
    for joint in [". ", " ", "", "\n", ".\u{A0}"] {
        let text = vec![sentence; 200].join(joint);
        let whole = Detector::standard().detect(&text);
        assert!(whole.len() >= 600, "{joint:?}: {}", whole.len());
        for size in [1, 4, 7, 64, 1000] {
            assert_eq!(
                stream(&text, &[size]).unwrap(),
                whole,
                "pieces of {size} joined by {joint:?}"
            );
        }
    }
}

#[test]
fn an_address_of_three_hundred_characters_is_covered_in_adjoining_pieces() {
    let url = format!("https://portal.example.org/{}", "segment/".repeat(34));
    let text = format!("see {url} for more");
    let found = Detector::standard().detect(&text);
    let covered: usize = found
        .iter()
        .map(|finding| finding.end - finding.start)
        .sum();
    assert!(covered + 1 >= url.len(), "{covered} of {}", url.len());
    assert!(
        found.windows(2).all(|pair| pair[0].end == pair[1].start),
        "gaps between the pieces"
    );
    assert_eq!(stream(&text, &[4]).unwrap(), found);
}

#[test]
fn an_identifier_longer_than_what_is_seen_at_once_is_covered_to_its_end_in_adjoining_pieces_of_one_class()
 {
    for (before, value, after) in [
        (
            "mail ",
            "alexandra.katherine.montgomery-whitfield@cardiology.universityhospital.example.org",
            " now",
        ),
        (
            "mail ",
            "alexandra.katherine.montgomery-whitfield.department.of.cardiology@uh.example.org",
            " now",
        ),
        (
            "mail ",
            "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijx@uh.example.org",
            " now",
        ),
        (
            "MRN: ",
            "48291733-48291733-48291733-48291733-48291733-48291733-48291733-48291733",
            " seen",
        ),
        (
            "MRN: ",
            "0123456789012345678901234567890123456789012345678901234567890123456789",
            " seen",
        ),
        (
            "Member ID: ",
            "ABCD-1234-ABCD-1234-ABCD-1234-ABCD-1234-ABCD-1234-ABCD-1234-ABCD-1234",
            " on file",
        ),
        (
            "see ",
            "https://portal.example.org/p?id=aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8wX1zA4cD7&x=1",
            " now",
        ),
    ] {
        let text = format!("{before}{value}{after}");
        let found = Detector::standard().detect(&text);
        let pieces: Vec<&Finding> = found
            .iter()
            .filter(|finding| finding.end > before.len())
            .collect();
        assert!(pieces.len() > 1, "{text}: seen at once");
        assert_eq!(pieces[0].start, before.len(), "{text}");
        assert_eq!(
            pieces[pieces.len() - 1].end,
            before.len() + value.len(),
            "{text}"
        );
        for pair in pieces.windows(2) {
            assert_eq!(
                (pair[0].end, pair[0].class),
                (pair[1].start, pair[1].class),
                "{text}"
            );
        }
        for size in [1, 4, 64] {
            assert_eq!(stream(&text, &[size]).unwrap(), found);
        }
    }
}

#[test]
fn text_after_the_end_is_ignored() {
    let mut stream = Detector::standard().stream();
    stream.push("MRN 00482913");
    assert_eq!(stream.finish().len(), 1);
    assert!(stream.push("MRN 00482913").is_empty() && stream.finish().is_empty());
    assert_eq!(stream.settled(), 12);
}

/// Returns what of the text no finding covers.
fn left(text: &str) -> String {
    let mut left = String::new();
    let mut from = 0;
    for finding in Detector::standard().detect(text) {
        left.push_str(&text[from..finding.start]);
        from = finding.end;
    }
    left + &text[from..]
}

#[test]
fn a_control_character_or_terminal_sequence_hides_nothing_of_an_identifier() {
    let controls = ('\0'..='\u{9F}').filter(|c| c.is_control());
    // Tabs, line ends, page breaks and the code page's dashes and quotes are white space and signs.
    let white = ['\t', '\n', '\r', '\u{B}', '\u{C}', '\u{85}'];
    let signs = '\u{91}'..='\u{97}';
    let hidden = controls
        .filter(|c| !white.contains(c) && !signs.contains(c))
        .map(String::from);
    let sequences = [
        "\u{1B}[2J",
        "\u{1B}[1m",
        "\u{9B}0m",
        "\u{1B}(B",
        "\u{1B}[38;2;9;9;255;1;4m",
    ];
    for hidden in hidden.chain(sequences.map(str::to_owned)) {
        for (text, stays) in [
            (format!("MRN: 44{hidden}829317 was seen"), "MRN:  was seen"),
            (format!("SSN 219-{hidden}09-9999 on file"), "SSN  on file"),
            (
                format!("mail jane.roe@{hidden}example.org now"),
                "mail  now",
            ),
        ] {
            assert_eq!(left(&text), stays, "{text:?}");
        }
        let name = format!("Patient: Jane {hidden}Doe was seen");
        assert_eq!(left(&name), "Patient:  was seen", "{name:?}");
    }
    assert_eq!(
        left("Patient: Jane\u{1B}[2J Doe was seen"),
        "Patient:  was seen"
    );
}

#[test]
fn an_identifier_longer_than_a_segment_is_covered_to_its_end() {
    for (head, part, tail) in [
        (
            "https://portal.example.org/launch",
            "/chart-room",
            "/u/ellenmarsh61/4471829",
        ),
        ("", "ellen.marsh.", "x@example.org"),
    ] {
        for parts in [60, 150, 165, 170, 175, 180, 190, 200, 300, 500] {
            let value = format!("{head}{}{tail}", part.repeat(parts));
            let text = format!("see {value} end");
            let mut covered = 4;
            for finding in Detector::standard().detect(&text) {
                if finding.start <= covered + 1 {
                    covered = covered.max(finding.end);
                }
            }
            assert!(
                covered + 1 >= 4 + value.len(),
                "{parts}: {covered} of {}",
                4 + value.len()
            );
        }
    }
}
