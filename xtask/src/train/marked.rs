//! Texts with marks: `[[CLASS|value]]` and `[[CLASS/kind|value]]`.

use anyhow::{Context as _, Result, bail};
use covenant_detect::Class;

/// A part of a marked text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Value {
        class: Class,
        kind: String,
        value: String,
    },
}

/// A note: its parts.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) parts: Vec<Part>,
}

/// Reads a file of notes, each behind a line `=== name`.
pub(crate) fn notes(file: &str) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for record in file.split("\n=== ") {
        let record = record.strip_prefix("=== ").unwrap_or(record);
        let Some((head, body)) = record.split_once('\n') else {
            continue;
        };
        let name = head.trim_end_matches(" free").trim().to_owned();
        let parts = parts(body.trim_end()).with_context(|| format!("note {name}"))?;
        notes.push(Note { parts });
    }
    Ok(notes)
}

/// Reads a marked text.
pub(crate) fn parts(text: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find("[[") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let Some((class, kind, value, after)) = mark(from) else {
            // Two brackets that are no mark: an array in JSON.
            plain.push_str("[[");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let Ok(class) = class.parse() else {
            bail!("unknown class {class}");
        };
        parts.push(Part::Text(std::mem::take(&mut plain)));
        parts.push(Part::Value {
            class,
            kind: kind.to_owned(),
            value: value.to_owned(),
        });
        rest = after;
    }
    plain.push_str(rest);
    parts.push(Part::Text(plain));
    Ok(parts)
}

/// Splits `[[CLASS/kind|value]]rest`.
fn mark(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (inner, after) = text.strip_prefix("[[")?.split_once("]]")?;
    let (head, value) = inner.split_once('|')?;
    let (class, kind) = head.split_once('/').unwrap_or((head, ""));
    let is_class = !class.is_empty()
        && class
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_class.then_some((class, kind, value, after))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn marks_are_read_and_other_brackets_stay() {
        let read = parts("Pt [[NAME|Ada Ochs]] of [[LOCATION/city|Rye]]: [[1,2],[3]]").unwrap();
        let values: Vec<_> = read
            .iter()
            .filter_map(|part| match part {
                Part::Value { class, kind, value } => Some((*class, kind.as_str(), value.as_str())),
                Part::Text(_) => None,
            })
            .collect();
        assert_eq!(
            values,
            [
                (Class::Name, "", "Ada Ochs"),
                (Class::Location, "city", "Rye")
            ]
        );
        assert_eq!(read.last(), Some(&Part::Text(": [[1,2],[3]]".to_owned())));
        assert!(parts("[[NOBODY|x]]").is_err());
    }

    #[test]
    fn notes_stand_behind_their_heads() {
        let read = notes("=== a-1\nOne [[NAME|Ada]].\n=== a-2 free\nNobody.\n").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(
            read.get(1).unwrap().parts,
            [Part::Text("Nobody.".to_owned())]
        );
    }
}
