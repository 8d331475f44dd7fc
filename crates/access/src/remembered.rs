//! Decisions already taken. Cedar is a function of the policies and the question: while the policies stay, the same
//! question has the same answer, and a route that is asked about a thousand times a second is decided once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Ask;
use crate::engine::Verdict;

/// The most decisions that are kept. When they are that many, all are forgotten and taken anew.
const MOST: usize = 1024;

/// The decisions of one set of policies.
#[derive(Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<HashMap<Ask, Verdict>>>);

impl Remembered {
    /// Returns the decision on this very question, taking it when it is asked for the first time.
    pub(crate) fn or_decide(&self, ask: &Ask, decide: impl FnOnce() -> Verdict) -> Verdict {
        let known = |decisions: &HashMap<Ask, Verdict>| decisions.get(ask).cloned();
        if let Some(verdict) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return verdict;
        }
        let verdict = decide();
        let mut decisions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if decisions.len() >= MOST {
            decisions.clear();
        }
        decisions.insert(ask.clone(), verdict.clone());
        verdict
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}
