//! What an expert's determination (45 CFR 164.514(b)(1)) says happens to each class of finding: an overlay on Safe
//! Harbor, so that a class it does not name is treated as Safe Harbor treats it.
//!
//! A table may be stricter than Safe Harbor anywhere. Where it is looser, it names the class; where what it keeps
//! identifies directly, it names that class a second time, so that nobody keeps names by a slip of the pen. Shifted
//! dates and stand-ins are for data that leaves for good: a gateway route cannot take them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::minimum_necessary::{CLASSES, TREATMENTS};

/// The kinds a determination may name beside whole classes.
pub const KINDS: [&str; 13] = [
    "LOCATION.street",
    "LOCATION.po_box",
    "LOCATION.city",
    "LOCATION.county",
    "LOCATION.zip",
    "LOCATION.landmark",
    "ORG.facility",
    "ORG.organisation",
    "DATE.date",
    "DATE.date_time",
    "DATE.month",
    "DATE.weekday",
    "DATE.holiday",
];

/// The subjects that are not direct identifiers by the list of 164.514(e)(2): places above the street, dates, ages,
/// and the names of organisations.
const INDIRECT: [&str; 4] = ["LOCATION", "ORG", "DATE", "AGE"];
/// Street addresses are direct identifiers though places are not.
const DIRECT_PLACES: [&str; 2] = ["LOCATION.street", "LOCATION.po_box"];

/// The treatments of a determination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Determined {
    /// Treatment by class (`DATE`) or class and kind (`LOCATION.city`).
    #[serde(deserialize_with = "each_once")]
    pub treatments: BTreeMap<String, String>,
    /// The direct identifiers that the determination names as kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps_direct: Vec<String>,
}

/// Why a table of treatments is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeterminedError {
    /// The table names nothing.
    #[error("names no class; leave it out for Safe Harbor in full")]
    Empty,
    /// A subject is no class and no class and kind.
    #[error("{0:?} is neither a class nor a class and a kind that a determination may name")]
    UnknownSubject(String),
    /// A treatment does not exist.
    #[error("{0:?} is no treatment; there are block, redact, pseudonymize, keep and generalize")]
    UnknownTreatment(String),
    /// A treatment is for data that leaves for good.
    #[error("{0} is for data that leaves for good, not for a gateway route")]
    NotOnAGateway(String),
    /// There is no coarser form of this class that a route can send.
    #[error("{0} cannot be generalized on a gateway route; only dates, ages and ZIP codes can")]
    CannotGeneralize(String),
    /// A direct identifier would be kept and is not named as kept.
    #[error("keeps {0}, a direct identifier (164.514(e)(2)), without naming it under keeps_direct")]
    KeepsDirect(String),
    /// A name under `keeps_direct` is not a direct identifier, or is not kept.
    #[error("keeps_direct names {0:?}, which is no direct identifier that the table keeps")]
    NotKept(String),
}

impl Determined {
    /// Checks the table.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), DeterminedError> {
        if self.treatments.is_empty() {
            return Err(DeterminedError::Empty);
        }
        for (subject, treatment) in &self.treatments {
            check_row(subject, treatment)?;
        }
        let kept = |subject: &str| self.treatment(subject) == Some("keep");
        let named = |subject: &str| self.keeps_direct.iter().any(|named| named == subject);
        if let Some(slip) = direct().find(|subject| kept(subject) && !named(subject)) {
            return Err(DeterminedError::KeepsDirect(slip.to_owned()));
        }
        let mut names = self.keeps_direct.iter();
        match names.find(|name| !(kept(name) && direct().any(|direct| direct == *name))) {
            Some(name) => Err(DeterminedError::NotKept(name.clone())),
            None => Ok(()),
        }
    }

    /// Returns the treatment the table gives a class, or a class and kind; `None` where Safe Harbor's holds.
    #[must_use]
    pub fn treatment(&self, subject: &str) -> Option<&str> {
        let class = subject.split_once('.').map_or(subject, |(class, _)| class);
        let row = self.treatments.get(subject);
        row.or_else(|| self.treatments.get(class))
            .map(String::as_str)
    }

    /// Returns class (or class and kind) and treatment of each row, in alphabetical order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.treatments
            .iter()
            .map(|(subject, treatment)| (subject.as_str(), treatment.as_str()))
    }
}

/// Reads a table in which nothing is named twice: a map would keep the last in silence.
fn each_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct Rows;
    impl<'de> Visitor<'de> for Rows {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("treatments by class")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut rows = BTreeMap::new();
            while let Some((subject, treatment)) = map.next_entry::<String, String>()? {
                if rows.insert(subject, treatment).is_some() {
                    return Err(A::Error::custom("a class is treated twice"));
                }
            }
            Ok(rows)
        }
    }
    deserializer.deserialize_map(Rows)
}

fn direct() -> impl Iterator<Item = &'static str> {
    CLASSES
        .into_iter()
        .filter(|class| !INDIRECT.contains(class))
        .chain(DIRECT_PLACES)
}

fn check_row(subject: &str, treatment: &str) -> Result<(), DeterminedError> {
    if !CLASSES.contains(&subject) && !KINDS.contains(&subject) {
        return Err(DeterminedError::UnknownSubject(short(subject)));
    }
    if matches!(treatment, "surrogate" | "shift") {
        return Err(DeterminedError::NotOnAGateway(treatment.to_owned()));
    }
    if !TREATMENTS.contains(&treatment) {
        return Err(DeterminedError::UnknownTreatment(short(treatment)));
    }
    let coarser = subject == "LOCATION.zip"
        || ["DATE", "AGE"].contains(&subject)
        || subject.starts_with("DATE.");
    if treatment == "generalize" && !coarser {
        return Err(DeterminedError::CannotGeneralize(subject.to_owned()));
    }
    Ok(())
}

/// What an operator wrote, short enough for a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, &str)], keeps: &[&str]) -> Result<(), String> {
        let determined = Determined {
            treatments: rows
                .iter()
                .map(|(subject, treatment)| ((*subject).to_owned(), (*treatment).to_owned()))
                .collect(),
            keeps_direct: keeps.iter().map(|name| (*name).to_owned()).collect(),
        };
        determined.check().map_err(|error| error.to_string())
    }

    #[test]
    fn dates_ages_and_places_may_be_kept_or_made_coarser() {
        let rows = [
            ("DATE", "keep"),
            ("DATE.weekday", "redact"),
            ("AGE", "generalize"),
            ("LOCATION.city", "keep"),
            ("LOCATION.zip", "generalize"),
            ("ORG", "keep"),
            ("NAME", "block"),
        ];
        assert_eq!(check(&rows, &[]), Ok(()));
    }

    #[test]
    fn direct_identifiers_are_kept_only_where_the_determination_names_them() {
        for class in direct() {
            let refused = check(&[(class, "keep")], &[]).err().unwrap_or_default();
            assert!(
                refused.contains(&format!("keeps {class},")),
                "{class}: {refused}"
            );
            assert_eq!(check(&[(class, "keep")], &[class]), Ok(()));
            assert_eq!(check(&[(class, "redact")], &[]), Ok(()));
            assert!(check(&[(class, "redact")], &[class]).is_err(), "{class}");
        }
        assert_eq!(direct().count(), 17);
        // Keeping all places keeps streets too.
        let places = [("LOCATION", "keep")];
        assert!(check(&places, &[]).is_err_and(|words| words.contains("LOCATION.street")));
        let but_streets = [
            ("LOCATION", "keep"),
            ("LOCATION.street", "pseudonymize"),
            ("LOCATION.po_box", "pseudonymize"),
        ];
        assert_eq!(check(&but_streets, &[]), Ok(()));
        assert!(check(&[("DATE", "keep")], &["DATE"]).is_err());
    }

    #[test]
    fn what_no_route_can_do_is_refused_in_words() {
        for (rows, words) in [
            (vec![], "names no class"),
            (vec![("NAMES", "keep")], "neither a class"),
            (vec![("NAME.person", "keep")], "neither a class"),
            (vec![("date", "keep")], "neither a class"),
            (vec![("DATE", "hide")], "is no treatment"),
            (vec![("DATE", "shift")], "leaves for good"),
            (vec![("NAME", "surrogate")], "leaves for good"),
            (vec![("NAME", "generalize")], "cannot be generalized"),
            (vec![("LOCATION", "generalize")], "cannot be generalized"),
        ] {
            let refused = check(&rows, &[]).err().unwrap_or_default();
            assert!(refused.contains(words), "{rows:?}: {refused}");
        }
    }
}
