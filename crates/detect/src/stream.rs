//! Detection in pieces: holds what is not decided yet, and nothing else.

use std::sync::Arc;

use crate::detector::Rules;
use crate::finding::Finding;
use crate::machine::Machine;
use crate::normalise::Normaliser;

/// Normalised text that is decided is dropped once there is this much of it.
const DRAIN_BYTES: usize = 8192;

/// Finds identifiers in a text that arrives in pieces; the same ones whatever the pieces.
///
/// ```
/// use covenant_detect::Detector;
///
/// let mut stream = Detector::standard().stream();
/// let mut found = stream.push("SSN 219-0");
/// found.extend(stream.push("9-9999 on file"));
/// found.extend(stream.finish());
/// assert_eq!((found[0].start, found[0].end), (4, 15));
/// ```
pub struct Stream {
    rules: Arc<Rules>,
    normaliser: Normaliser,
    machine: Machine,
    /// The end of what was pushed, where the normaliser waits for more.
    waiting: String,
    finished: bool,
}

impl Stream {
    pub(crate) fn new(rules: Arc<Rules>) -> Stream {
        Stream {
            rules,
            normaliser: Normaliser::default(),
            machine: Machine::default(),
            waiting: String::new(),
            finished: false,
        }
    }

    /// Takes the next piece and returns the findings that are settled by it, in bytes from the start of the text.
    ///
    /// Text pushed after [`Stream::finish`] is ignored.
    pub fn push(&mut self, text: &str) -> Vec<Finding> {
        if self.finished {
            return Vec::new();
        }
        if self.waiting.is_empty() {
            let taken = self.normaliser.take(text, false);
            self.waiting.push_str(text.get(taken..).unwrap_or_default());
        } else {
            self.waiting.push_str(text);
            let taken = self.normaliser.take(&self.waiting, false);
            self.waiting.drain(..taken);
        }
        self.advance(false)
    }

    /// Returns the byte before which nothing can change any more; never inside a finding that is not reported yet, at
    /// most [`crate::HELD_CHARS`] characters behind the end of what was pushed.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.machine.settled(self.normaliser.source(self.finished))
    }

    /// Ends the text and returns the findings that were still open.
    pub fn finish(&mut self) -> Vec<Finding> {
        if self.finished {
            return Vec::new();
        }
        self.finished = true;
        let waiting = std::mem::take(&mut self.waiting);
        self.normaliser.take(&waiting, true);
        self.advance(true)
    }

    fn advance(&mut self, last: bool) -> Vec<Finding> {
        let mut found = Vec::new();
        self.machine
            .advance(&self.rules, self.normaliser.source(last), &mut found);
        let passed = self.machine.needed_from();
        if passed >= DRAIN_BYTES && !last {
            self.normaliser.drain(passed);
            self.machine.drained(passed);
        }
        found
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

#[cfg(test)]
mod tests {
    use crate::Detector;

    #[test]
    fn what_is_kept_does_not_grow_with_the_text() {
        for piece in [
            "a",
            " ",
            "\n",
            "é",
            "\u{200B}",
            "ab cd ",
            "ab\n",
            "\\",
            "%",
            "=\n",
            "&amp;",
            "1-",
            "https://x.org/",
            "... ",
        ] {
            let mut stream = Detector::standard().stream();
            let mut most = 0;
            for _ in 0..400 {
                stream.push(&piece.repeat(128));
                most = most.max(stream.waiting.len() + stream.normaliser.source(false).text.len());
            }
            assert!(most < 40_000, "{piece:?}: {most} bytes kept");
        }
    }
}
