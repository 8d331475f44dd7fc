//! The detector: built once, shared, used from any thread.

use std::sync::{Arc, LazyLock};

use crate::finding::Finding;
use crate::names::NameTagger;
use crate::stream::Stream;

/// Finds identifiers in text. Cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct Detector {
    rules: Arc<Rules>,
}

/// Everything that is built once.
pub(crate) struct Rules {
    pub(crate) names: NameTagger,
}

impl Detector {
    /// Builds a detector with the shipped rules and lexicon.
    #[must_use]
    pub fn new() -> Detector {
        Detector { rules: Arc::new(Rules { names: NameTagger::new() }) }
    }

    /// Returns the detector every caller can share; built at first use.
    pub fn standard() -> &'static Detector {
        static STANDARD: LazyLock<Detector> = LazyLock::new(Detector::new);
        &STANDARD
    }

    /// Returns the identifiers in `text`, sorted, not overlapping.
    #[must_use]
    pub fn detect(&self, text: &str) -> Vec<Finding> {
        let mut stream = self.stream();
        let mut found = stream.push(text);
        found.extend(stream.finish());
        found
    }

    /// Returns a stream that finds in pieces of a text what [`Detector::detect`] finds in the whole.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new(Arc::clone(&self.rules))
    }
}

impl Default for Detector {
    fn default() -> Detector {
        Detector::new()
    }
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Detector")
    }
}
