//! What the verifier found, in words that say no more than was checked.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Source;
use crate::tree::Hash;

/// What was checked and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The log.
    pub origin: String,
    /// How many entries from the first on form an unbroken tree.
    pub size: u64,
    /// The root of the tree over them.
    #[serde(serialize_with = "hexadecimal")]
    pub root: Hash,
    /// How many entries were hashed.
    pub entries_checked: u64,
    /// How many events were opened; 0 without log keys.
    pub values_checked: u64,
    /// How many names of payloads were compared with what is stored.
    pub payloads_checked: u64,
    /// How many payloads are gone or changed without an event that says so.
    pub payloads_unexplained: u64,
    /// The first bad entry; `None` when the log is whole, as far as it was measured.
    pub first_bad: Option<Bad>,
    /// Payloads that are gone, by the event that says so.
    pub shredded: Vec<Shredded>,
    /// What it was measured against.
    pub against: Against,
}

impl Report {
    /// Says whether nothing bad was found.
    pub fn is_good(&self) -> bool {
        self.first_bad.is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "log {}: {} entries hashed, {} events opened, {} payload references checked",
            self.origin, self.entries_checked, self.values_checked, self.payloads_checked
        )?;
        self.shredded
            .iter()
            .try_for_each(|shredded| writeln!(f, "{shredded}"))?;
        writeln!(f, "measured against {}", self.against)?;
        match &self.first_bad {
            None => write!(
                f,
                "no bad entry found; size {}, root {}",
                self.size,
                covenant_seal::hex(&self.root)
            ),
            Some(bad) => write!(f, "first bad entry: {bad}"),
        }
    }
}

/// A bad entry and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bad {
    /// The first entry that can be the bad one.
    pub index: u64,
    /// The last entry that can be the bad one; the same as `index` when it is known exactly.
    pub last: u64,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.last > self.index {
            write!(f, "one of {} to {}: {}", self.index, self.last, self.reason)
        } else {
            write!(f, "{}: {}", self.index, self.reason)
        }
    }
}

/// Payloads that one event shredded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shredded {
    /// How many.
    pub payloads: u64,
    /// Id of the event.
    pub event: String,
}

impl fmt::Display for Shredded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.payloads == 1 {
            "payload"
        } else {
            "payloads"
        };
        write!(
            f,
            "{} {noun} shredded by event {}",
            self.payloads, self.event
        )
    }
}

/// What the log was measured against, beside itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Against {
    /// The size of the largest saved checkpoint.
    pub saved: Option<u64>,
    /// Witnesses and the largest size each has cosigned.
    pub witnesses: Vec<(String, u64)>,
}

impl Against {
    /// Says whether there was no checkpoint from elsewhere: then a log that was rewritten as a whole, or set back to
    /// an older state, cannot be told from the true one.
    pub fn is_consistency_only(&self) -> bool {
        self.saved.is_none() && self.witnesses.is_empty()
    }

    pub(super) fn add_witnesses(&mut self, size: u64, by: &[String]) {
        for name in by {
            match self.witnesses.iter_mut().find(|(known, _)| known == name) {
                Some((_, largest)) => *largest = size.max(*largest),
                None => self.witnesses.push((name.clone(), size)),
            }
        }
    }
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_consistency_only() {
            return f.write_str("consistency only: no checkpoint from elsewhere was given");
        }
        let saved = self
            .saved
            .map(|size| format!("a saved checkpoint of size {size}"));
        let witnessed = self
            .witnesses
            .iter()
            .map(|(name, size)| format!("witness {name} at size {size}"));
        f.write_str(
            &saved
                .into_iter()
                .chain(witnessed)
                .collect::<Vec<_>>()
                .join(", "),
        )
    }
}

/// The source of a checkpoint in words.
pub(super) fn words(source: &Source) -> String {
    match source {
        Source::Current => "the log's checkpoint".to_owned(),
        Source::Kept => "an older checkpoint of the log".to_owned(),
        Source::Saved => "the saved checkpoint".to_owned(),
        Source::Witnessed(by) => format!("the checkpoint cosigned by {}", by.join(", ")),
    }
}

fn hexadecimal<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&covenant_seal::hex(hash))
}
