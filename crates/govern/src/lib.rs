//! The law as data; vendors, agreements, models and decisions as states.
