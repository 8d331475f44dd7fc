//! The one way out: identify, authorise, screen, record, forward, inspect, restore.
