//! Reads and writes the formats health data travels in.
