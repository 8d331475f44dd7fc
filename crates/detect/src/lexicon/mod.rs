//! The compiled lexicon.
