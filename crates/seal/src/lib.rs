//! Keys, envelope encryption, keyed hashes, signatures and secret types.
