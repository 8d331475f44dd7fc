//! The one place where PHI and records rest.
