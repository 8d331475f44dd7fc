//! Findings, tokens and stand-ins, shown in a text.

use crate::terminal::{Text, Tone};
use covenant_detect::{Class, Detector, Finding};

/// The tone of a class.
pub(crate) fn tone(class: Class) -> Tone {
    match class {
        Class::Name => Tone::Name,
        Class::Location | Class::Org => Tone::Place,
        Class::Date | Class::Age => Tone::Date,
        Class::Phone | Class::Fax | Class::Email | Class::Url | Class::Ip => Tone::Contact,
        _ => Tone::Number,
    }
}

/// The text with what identifies somebody in the tone of its class.
pub(crate) fn found(text: &str) -> Text {
    let findings = Detector::standard().detect(text);
    spans(
        text,
        findings
            .iter()
            .map(|finding| (finding.start, finding.end, tone(finding.class))),
    )
}

/// The text with its tokens marked, such as `[NAME_1_7KQ4]`.
pub(crate) fn tokens(text: &str) -> Text {
    spans(
        text,
        token_spans(text)
            .into_iter()
            .map(|(start, end)| (start, end, Tone::Token)),
    )
}

/// The text with findings marked by words too, for where there is no colour.
pub(crate) fn marked(text: &str, findings: &[Finding], colour: bool) -> Text {
    let mut marked = Text::new();
    let mut at = 0;
    for finding in findings {
        let (Some(before), Some(inside)) = (
            text.get(at..finding.start),
            text.get(finding.start..finding.end),
        ) else {
            continue;
        };
        let unsure = if finding.is_unsure() { "?" } else { "" };
        marked.push(Tone::Plain, before);
        match colour {
            true => {
                marked.push(tone(finding.class), inside);
                marked.push(Tone::Dim, format!("‹{}{unsure}›", finding.class));
            }
            false => marked.push(
                Tone::Plain,
                format!("⟦{inside}⟧‹{}{unsure}›", finding.class),
            ),
        }
        at = finding.end;
    }
    marked.add(Tone::Plain, text.get(at..).unwrap_or_default())
}

fn spans(text: &str, spans: impl Iterator<Item = (usize, usize, Tone)>) -> Text {
    let mut shown = Text::new();
    let mut at = 0;
    for (start, end, tone) in spans {
        let (Some(before), Some(inside)) = (text.get(at..start), text.get(start..end)) else {
            continue;
        };
        shown.push(Tone::Plain, before);
        shown.push(tone, inside);
        at = end;
    }
    shown.add(Tone::Plain, text.get(at..).unwrap_or_default())
}

/// Where tokens stand: a bracket, capitals, digits and underscores, a bracket.
fn token_spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut open = None;
    for (at, character) in text.char_indices() {
        match character {
            '[' => open = Some(at),
            ']' => {
                if let Some(start) = open.take()
                    && text
                        .get(start + 1..at)
                        .is_some_and(|inside| inside.contains('_') || inside == "REDACTED")
                {
                    spans.push((start, at + 1));
                }
            }
            'A'..='Z' | '0'..='9' | '_' => {}
            _ => open = None,
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_marked_and_brackets_are_not() {
        let shown = tokens("[NAME_1_7KQ4] said [sic] [A]");
        let marked: Vec<&str> = shown
            .runs()
            .filter(|(tone, _)| *tone == Tone::Token)
            .map(|(_, run)| run)
            .collect();
        assert_eq!(marked, ["[NAME_1_7KQ4]"]);
    }
}
