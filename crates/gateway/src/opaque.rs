//! Data that only a vendor can read: signatures of thinking, encrypted reasoning. Nobody can screen it, so a caller
//! may send back only what came through here: on its way out it is wrapped with a keyed hash over app and value,
//! and without one it is refused.
//!
//! A vendor checks the thinking it signed word by word, with the tokens it was written with. The wrapping carries
//! these words along, so that they come back as the vendor wrote them.

use std::sync::Arc;

use covenant_seal::{HashKey, constant_time_eq, hex, unhex};

/// Wraps and unwraps for one app and one vendor: what one vendor wrote goes to no other.
#[derive(Clone)]
pub(crate) struct Opaque {
    pub(crate) key: Arc<HashKey>,
    pub(crate) app: String,
    pub(crate) vendor: String,
}

/// What was wrapped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unwrapped {
    pub(crate) value: String,
    /// The words that belong to it, as the vendor wrote them.
    pub(crate) words: Option<String>,
}

/// How a wrapping begins.
const MARK: &str = "cov1";

impl Opaque {
    /// Wraps a value and the words that belong to it.
    pub(crate) fn wrap(&self, value: &str, words: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        let hash = hex(&self.hash(value, words));
        format!("{MARK}.{hash}.{}.{value}", hex(words.as_bytes()))
    }

    /// Returns what was wrapped for this app and vendor; `None` for anything else.
    pub(crate) fn unwrap(&self, wrapped: &str) -> Option<Unwrapped> {
        let mut parts = wrapped.splitn(4, '.');
        let (mark, hash, words, value) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let words = String::from_utf8(unhex(words)?).ok()?;
        let genuine = mark == MARK && constant_time_eq(&unhex(hash)?, &self.hash(value, &words));
        genuine.then(|| Unwrapped {
            value: value.to_owned(),
            words: Some(words).filter(|words| !words.is_empty()),
        })
    }

    fn hash(&self, value: &str, words: &str) -> [u8; 32] {
        let parts: [&[u8]; 4] = [
            self.app.as_bytes(),
            self.vendor.as_bytes(),
            value.as_bytes(),
            words.as_bytes(),
        ];
        self.key.hash("opaque", &parts)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use covenant_seal::{DataKey, SystemRandom};

    #[test]
    fn only_what_was_wrapped_for_the_app_comes_back() {
        let key = Arc::new(HashKey::from(DataKey::generate(&SystemRandom).unwrap()));
        let ours = Opaque {
            key,
            app: "one".into(),
            vendor: "acme".into(),
        };
        let wrapped = ours.wrap("EqQB.abc+/=", "see [NAME_1_7KQ4]");
        let unwrapped = Unwrapped {
            value: "EqQB.abc+/=".into(),
            words: Some("see [NAME_1_7KQ4]".into()),
        };
        assert_eq!(ours.unwrap(&wrapped), Some(unwrapped));
        assert_eq!(ours.unwrap(&ours.wrap("x", "")).unwrap().words, None);
        let other_app = Opaque {
            app: "two".into(),
            ..ours.clone()
        };
        let other_vendor = Opaque {
            vendor: "other".into(),
            ..ours.clone()
        };
        assert_eq!(
            (other_app.unwrap(&wrapped), other_vendor.unwrap(&wrapped)),
            (None, None)
        );
        for tampered in [
            wrapped.replace("abc", "abd"),
            wrapped.replacen("cov1.", "cov2.", 1),
            "EqQB".into(),
            String::new(),
        ] {
            assert_eq!(ours.unwrap(&tampered), None, "{tampered}");
        }
        assert_eq!(ours.wrap("", "words"), "");
    }
}
