//! Finds protected health information in text.
