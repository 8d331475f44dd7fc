//! The detector: built once, shared, used from any thread.

use std::sync::{Arc, LazyLock};

use crate::finding::Finding;
use crate::machine::{Machine, Source};
use crate::names::NameTagger;
use crate::normalise::{self, Map, Normaliser, Place};
use crate::recognise::Patterns;
use crate::stream::Stream;
use crate::term::Terms;

/// Finds identifiers in text. Cheap to clone, `Send` and `Sync`.
#[derive(Clone)]
pub struct Detector {
    rules: Arc<Rules>,
}

/// Everything that is built once.
pub(crate) struct Rules {
    pub(crate) terms: Terms,
    pub(crate) patterns: Patterns,
    pub(crate) names: NameTagger,
}

impl Rules {
    fn new() -> Rules {
        let mut terms = Terms::new();
        let patterns = Patterns::new(&mut terms);
        Rules {
            terms,
            patterns,
            names: NameTagger::new(),
        }
    }
}

impl Detector {
    /// Builds a detector with the shipped rules and lexicon.
    #[must_use]
    pub fn new() -> Detector {
        Detector {
            rules: Arc::new(Rules::new()),
        }
    }

    /// Returns the detector every caller can share; built at first use.
    pub fn standard() -> &'static Detector {
        static STANDARD: LazyLock<Detector> = LazyLock::new(Detector::new);
        &STANDARD
    }

    /// Returns the identifiers in `text`, sorted, not overlapping.
    #[must_use]
    pub fn detect(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        if normalise::is_plain(text) {
            let map = Map::default();
            let known = Place {
                raw: text.len(),
                reach: text.len(),
            };
            Machine::default().advance(
                &self.rules,
                Source {
                    text,
                    map: &map,
                    known,
                    last: true,
                },
                &mut found,
            );
        } else {
            let mut normaliser = Normaliser::default();
            normaliser.take(text, true);
            Machine::default().advance(&self.rules, normaliser.source(true), &mut found);
        }
        found
    }

    /// Returns a detector with another model of the tagger; `None` when the bytes are no model.
    #[cfg(feature = "training")]
    #[must_use]
    pub fn with_model(bytes: &'static [u8]) -> Option<Detector> {
        crate::tagger::Tagger::with_model(bytes).map(Detector::with_tagger)
    }

    /// Builds a detector with its rules alone, without the learned tagger: for words that stand in no text, such as ids
    /// and the names of things, where the tagger has nothing to judge by.
    #[must_use]
    pub fn rules_alone() -> Detector {
        Detector::with_tagger(crate::tagger::Tagger::silent())
    }

    fn with_tagger(tagger: crate::tagger::Tagger) -> Detector {
        let mut rules = Rules::new();
        rules.names = NameTagger::with_tagger(tagger);
        Detector {
            rules: Arc::new(rules),
        }
    }

    /// Records what the tagger would see, without asking it.
    #[cfg(feature = "training")]
    pub(crate) fn record(&self, text: &str) -> Vec<crate::tagger::training::Recorded> {
        let mut normaliser = Normaliser::default();
        normaliser.take(text, true);
        let mut machine = Machine::default();
        machine.carried.tags.recorded = Some(Vec::new());
        machine.advance(&self.rules, normaliser.source(true), &mut Vec::new());
        machine.carried.tags.recorded.unwrap_or_default()
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
