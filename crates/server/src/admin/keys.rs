//! Keys of apps and operators: made here, shown once, kept as keyed hashes.

use super::access::KEY_DOMAIN;
use super::{Admin, Error, ShownOnce};
use covenant_access::key::{self, AppKey, KeyKind, RANDOM_BYTES};
use covenant_seal::{Zeroizing, hex};

impl Admin {
    /// A fresh key: what is shown, and what is kept.
    pub(super) fn fresh_key(
        &self,
        kind: KeyKind,
        expires_in_ms: Option<i64>,
    ) -> Result<(ShownOnce, AppKey), Error> {
        let now = self.now_ms();
        if expires_in_ms.is_some_and(|span| span <= 0) {
            return Err(Error::Invalid("a key expires after it was made".to_owned()));
        }
        let mut random = Zeroizing::new([0; RANDOM_BYTES]);
        self.random
            .fill(random.as_mut())
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let plain = key::generate(kind, &random);
        let kept = AppKey {
            prefix: plain.prefix().to_owned(),
            hash: hex(&self.app_keys.hash(KEY_DOMAIN, &[plain.expose().as_bytes()])),
            created_at_ms: now,
            expires_at_ms: expires_in_ms.map(|span| now.saturating_add(span)),
            revoked_at_ms: None,
        };
        Ok((ShownOnce::new(plain.expose().to_owned()), kept))
    }
}
