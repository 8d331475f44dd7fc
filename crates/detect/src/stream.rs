//! Detection in pieces.

use std::sync::Arc;

use crate::detector::Rules;
use crate::finding::Finding;

/// Finds identifiers in a text that arrives in pieces; the same ones whatever the pieces.
pub struct Stream {
    #[allow(dead_code, reason = "the machine takes it over")]
    rules: Arc<Rules>,
    pushed: usize,
}

impl Stream {
    pub(crate) fn new(rules: Arc<Rules>) -> Stream {
        Stream { rules, pushed: 0 }
    }

    /// Takes the next piece and returns the findings that are settled by it, in bytes from the start of the text.
    pub fn push(&mut self, text: &str) -> Vec<Finding> {
        self.pushed += text.len();
        Vec::new()
    }

    /// Returns the byte before which nothing can change any more; never inside a finding, at most
    /// [`crate::HELD_CHARS`] characters behind the end of what was pushed.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.pushed
    }

    /// Ends the text and returns the findings that were still open.
    pub fn finish(&mut self) -> Vec<Finding> {
        Vec::new()
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}
