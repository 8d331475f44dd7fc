//! HTTP: gateway routes, admin API, configuration, TLS, jobs.
