//! Screening: the request as the caller sent it goes in as PHI; what may leave comes out as
//! [`Screened`], with the map that brings the caller's words back.

use std::sync::Arc;
use std::time::Instant;

use covenant_deid::{Profile, Report, Screened, Screener, TokenMap, Tokens};
use covenant_detect::Detector;
use covenant_formats::json::Json;
use covenant_seal::{HashKey, Phi};

use crate::read::{Bare, Reading};
use crate::refusal::Refusal;

/// What screening needs; owned, so that long texts can be screened on a thread of their own.
pub(crate) struct Screening {
    pub(crate) detector: Detector,
    pub(crate) profile: Profile,
    pub(crate) key: Arc<HashKey>,
    pub(crate) app: String,
}

/// What leaves, and what brings it back.
pub(crate) struct Outgoing {
    pub(crate) body: Screened<Vec<u8>>,
    pub(crate) map: Arc<TokenMap>,
    pub(crate) report: Report,
    pub(crate) detect_us: u64,
}

/// Bodies above this are screened on a thread of their own, so that other requests do not wait for them.
pub(crate) const INLINE_BYTES: usize = 8 << 10;

/// Screens a body.
pub(crate) async fn screen(
    screening: Screening,
    body: Phi<Json>,
    reading: Reading,
    bytes: usize,
) -> Result<Outgoing, Refusal> {
    if bytes <= INLINE_BYTES {
        return screening.run(body, &reading);
    }
    let done = tokio::task::spawn_blocking(move || screening.run(body, &reading)).await;
    done.unwrap_or_else(|_| Err(Refusal::unavailable("the detector")))
}

impl Screening {
    fn run(&self, body: Phi<Json>, reading: &Reading) -> Result<Outgoing, Refusal> {
        let begun = Instant::now();
        for bare in &reading.bare {
            self.check_bare(bare)?;
        }
        let mut tokens = Tokens::new(Arc::clone(&self.key), self.app.as_str());
        let mut screener = Screener::new(&self.detector, &self.profile, &mut tokens);
        let body = screener.document(body, &reading.plan)?.to_bytes();
        let report = screener.finish();
        let detect_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(Outgoing {
            body,
            map: Arc::new(tokens.map()),
            report,
            detect_us,
        })
    }

    /// Refuses a text in which no token can stand and which holds something that would have to become one.
    fn check_bare(&self, bare: &Bare) -> Result<(), Refusal> {
        let passes = |finding: &covenant_detect::Finding| {
            let kept = self.profile.treatment(finding.class, finding.kind)
                == covenant_deid::Treatment::Keep;
            bare.kept_may_stay && kept
        };
        match self
            .detector
            .detect(bare.text.expose())
            .iter()
            .find(|finding| !passes(finding))
        {
            Some(finding) => {
                let reason = format!(
                    "{} found in {}, where a token cannot stand",
                    finding.class, bare.what
                );
                Err(Refusal::field("token_cannot_stand", &bare.path, reason))
            }
            None => Ok(()),
        }
    }
}
