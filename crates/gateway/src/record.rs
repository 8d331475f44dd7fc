//! The events of one request, each durable before the step it names; and [`Recorded`], the proof that the record of
//! what is about to leave is on disk.
//!
//! A [`Trail`] knows what became of its request. When it is dropped in the middle, because the caller has gone or
//! because something broke, it closes the request with a `failed` event of its own accord.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use covenant_access::Permit;
use covenant_deid::{Report, Screened, TokenMap};
use covenant_detect::Class;
use covenant_govern::{ContentKept, Coverage, Feature};
use covenant_ledger::{
    Counts, Event, EventKind, Outcome, PolicyDecision, Sizes, What, Who, Why, new_id,
};
use covenant_seal::{Phi, hex, sha256};

use crate::gateway::Inner;
use crate::inspect::Tally;
use crate::metrics::Stage;
use crate::ports::{LogRecord, Payload, PayloadKind};
use crate::refusal::Refusal;

/// Proof that `forwarded` is durable: for which route, which profile and which bytes.
///
/// Only [`Trail::forwarded`] makes one.
pub(crate) struct Recorded {
    model: String,
    vendor: String,
    profile: String,
    digest: [u8; 32],
}

impl Recorded {
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    pub(crate) fn vendor(&self) -> &str {
        &self.vendor
    }

    /// Says whether these are the bytes, screened under the profile, that the record tells of.
    pub(crate) fn tells_of(&self, screened: &Screened<Vec<u8>>) -> bool {
        self.profile == screened.profile() && self.digest == sha256(screened.get())
    }
}

/// What the events of a request say, as far as it is known.
pub(crate) struct Trail {
    gateway: Arc<Inner>,
    request_id: String,
    started: Instant,
    who: Who,
    subjects: Vec<[u8; 32]>,
    what: What,
    why: Option<Why>,
    policy: Option<PolicyDecision>,
    counts: Counts,
    sizes: Sizes,
    kept: ContentKept,
    note: Option<String>,
    state: State,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was sent.
    Open,
    /// `forwarded` is being written or durable; an end must follow.
    Forwarded,
    /// The end is durable.
    Closed,
}

impl Trail {
    /// Begins the trail of a request whose caller is known.
    pub(crate) fn new(
        gateway: Arc<Inner>,
        request_id: String,
        started: Instant,
        app: &str,
        endpoint: &str,
    ) -> Trail {
        Trail {
            who: Who {
                principal: Some(app.to_owned()),
                app: Some(app.to_owned()),
                ..Who::default()
            },
            subjects: Vec::new(),
            what: What {
                endpoint: endpoint.to_owned(),
                region: gateway.config.region.clone(),
                ..What::default()
            },
            why: None,
            policy: None,
            counts: Counts::default(),
            sizes: Sizes::default(),
            kept: ContentKept::Off,
            note: None,
            state: State::Open,
            gateway,
            request_id,
            started,
        }
    }

    /// Notes why the request is made, and for whom.
    pub(crate) fn intends(&mut self, purpose: &str, citation: &str, subjects: &[[u8; 32]]) {
        self.why = Some(Why {
            purpose: purpose.to_owned(),
            legal_basis: citation.to_owned(),
        });
        self.subjects = subjects.to_vec();
    }

    /// Notes the bytes of the body.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.sizes.request_bytes = bytes as u64;
    }

    /// Notes what is asked.
    pub(crate) fn asks(&mut self, change: impl FnOnce(&mut What)) {
        change(&mut self.what);
    }

    /// Notes what the policies decided.
    pub(crate) fn decided(&mut self, decision: PolicyDecision) {
        self.policy = Some(decision);
    }

    /// Notes under what it may go, how long its content is kept, and what of it leaves unscreened.
    pub(crate) fn covered(
        &mut self,
        coverage: &Coverage,
        kept: ContentKept,
        unscreened: &BTreeMap<Feature, u32>,
    ) {
        self.what.agreement = coverage.agreement().map(|(id, _)| id.to_owned());
        self.what.agreement_version = coverage.agreement().map(|(_, version)| version);
        self.what.decision = coverage.decision().map(|(id, _)| id.to_owned());
        self.what.features = coverage
            .features()
            .iter()
            .map(|feature| feature.as_str().to_owned())
            .collect();
        self.note = Some(described(coverage, unscreened));
        self.counts.unscreened = unscreened
            .iter()
            .map(|(feature, count)| (feature.as_str().to_owned(), *count))
            .collect();
        self.kept = kept;
    }

    /// Notes what screening found and did.
    pub(crate) fn screened(&mut self, report: &Report, detect_us: u64) {
        self.counts.found = named(&report.found);
        self.counts.sent = named(&report.kept);
        self.counts.removed = named(&report.removed);
        for (class, count) in &report.generalised {
            *self
                .counts
                .removed
                .entry(class.as_str().to_owned())
                .or_default() += count;
        }
        self.counts.unsure = report.unsure;
        self.sizes.detect_us = detect_us;
    }

    /// Notes what was seen in the answer.
    pub(crate) fn inspected(&mut self, tally: &Tally, answer_bytes: usize, restoring: Duration) {
        self.counts.restored = named(&tally.restored);
        self.counts.invented = named(&tally.invented());
        self.counts.never_issued = tally.never_issued;
        self.sizes.answer_bytes = answer_bytes as u64;
        self.sizes.restore_us = u64::try_from(restoring.as_micros()).unwrap_or(u64::MAX);
    }

    /// Writes that the request is about to leave, with what the caller sent and the token map.
    pub(crate) async fn forwarded(
        &mut self,
        permit: &Permit,
        screened: &Screened<Vec<u8>>,
        prompt: Phi<Vec<u8>>,
        map: &TokenMap,
    ) -> Result<Recorded, Refusal> {
        self.sizes.sent_bytes = screened.get().len() as u64;
        let mut payloads = self.payload(PayloadKind::Prompt, || prompt.into_exposed());
        if !map.is_empty() {
            payloads.extend(self.payload(PayloadKind::Map, || map.to_bytes().to_vec()));
        }
        let record = self.record(EventKind::Forwarded, None, payloads)?;
        // From here on something may be in the log, so an end must follow, whatever happens.
        self.state = State::Forwarded;
        if let Err(refusal) = self.commit(record).await {
            self.state = State::Open;
            return Err(refusal);
        }
        Ok(Recorded {
            model: permit.model().unwrap_or_default().to_owned(),
            vendor: permit.vendor().unwrap_or_default().to_owned(),
            profile: screened.profile().to_owned(),
            digest: sha256(screened.get()),
        })
    }

    /// Writes that a stream is about to answer.
    pub(crate) async fn answering(&mut self) -> Result<(), Refusal> {
        self.write(EventKind::Answering, None, Vec::new()).await
    }

    /// Writes that the answer is complete, with what the caller gets.
    pub(crate) async fn answered(
        &mut self,
        status: u16,
        answer: &Phi<Vec<u8>>,
    ) -> Result<(), Refusal> {
        let payloads = self.payload(PayloadKind::Answer, || answer.expose().clone());
        let outcome = Outcome {
            status,
            ..Outcome::default()
        };
        self.write(EventKind::Answered, Some(outcome), payloads)
            .await?;
        self.state = State::Closed;
        Ok(())
    }

    /// Writes the end of a request that gets no answer: `refused` where nothing was sent, `failed` after that.
    pub(crate) async fn stopped(
        &mut self,
        refusal: &Refusal,
        partial: Option<&Phi<Vec<u8>>>,
    ) -> Result<(), Refusal> {
        let kind = match self.state {
            State::Open => EventKind::Refused,
            State::Forwarded => EventKind::Failed,
            State::Closed => return Ok(()),
        };
        let payloads = partial
            .map(|answer| self.payload(PayloadKind::Answer, || answer.expose().clone()))
            .unwrap_or_default();
        self.write(kind, Some(outcome_of(refusal)), payloads)
            .await?;
        self.state = State::Closed;
        Ok(())
    }

    async fn write(
        &mut self,
        kind: EventKind,
        outcome: Option<Outcome>,
        payloads: Vec<Payload>,
    ) -> Result<(), Refusal> {
        let record = self.record(kind, outcome, payloads)?;
        self.commit(record).await
    }

    /// Waits until a record is durable.
    async fn commit(&self, record: LogRecord) -> Result<(), Refusal> {
        let begun = Instant::now();
        let committed = self.gateway.log.record(record).await;
        self.gateway.metrics.stage(Stage::Record, begun.elapsed());
        committed.map_err(|unavailable| {
            tracing::error!(
                part = unavailable.part,
                reason = unavailable.reason,
                "the record is not durable"
            );
            Refusal::unavailable("the ledger")
        })
    }

    fn record(
        &self,
        kind: EventKind,
        outcome: Option<Outcome>,
        payloads: Vec<Payload>,
    ) -> Result<LogRecord, Refusal> {
        let now = self.gateway.clock.now_ms();
        let id = new_id(now, self.gateway.random.as_ref())
            .map_err(|_| Refusal::unavailable("randomness"))?;
        let mut sizes = self.sizes.clone();
        sizes.latency_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let event = Event {
            request: Some(self.request_id.clone()),
            who: self.who.clone(),
            subjects: self.subjects.iter().map(|subject| hex(subject)).collect(),
            what: Some(self.what.clone()),
            why: self.why.clone(),
            policy: self.policy.clone(),
            counts: Some(self.counts.clone()),
            sizes: Some(sizes),
            outcome,
            note: self.note.clone(),
            ..Event::new(kind, id, now)
        };
        Ok(LogRecord { event, payloads })
    }

    /// Returns the content as a payload where the route keeps content.
    fn payload(&self, kind: PayloadKind, content: impl FnOnce() -> Vec<u8>) -> Vec<Payload> {
        const DAY_MS: i64 = 86_400_000;
        match self.kept {
            ContentKept::Off | ContentKept::Days(0) => Vec::new(),
            ContentKept::Days(days) => vec![Payload {
                kind,
                content: Phi::new(content()),
                subjects: self.subjects.clone(),
                keep_until_ms: self
                    .gateway
                    .clock
                    .now_ms()
                    .saturating_add(i64::from(days) * DAY_MS),
            }],
        }
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if self.state != State::Forwarded {
            return;
        }
        let refusal = Refusal::new(
            499,
            "caller_gone",
            "the connection to the caller ended before the answer was complete",
        );
        let Ok(record) = self.record(EventKind::Failed, Some(outcome_of(&refusal)), Vec::new())
        else {
            return;
        };
        let gateway = Arc::clone(&self.gateway);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Where this fails too, the store closes the request at its next start.
            runtime.spawn(async move { gateway.log.record(record).await });
        }
    }
}

fn outcome_of(refusal: &Refusal) -> Outcome {
    Outcome {
        status: refusal.status,
        code: refusal.code.to_owned(),
        message: refusal.message.clone(),
    }
}

/// Says under what a request goes, and what of it nobody looked into.
fn described(coverage: &Coverage, unscreened: &BTreeMap<Feature, u32>) -> String {
    let mut words = coverage.describe();
    for (place, (feature, count)) in unscreened.iter().enumerate() {
        words.push_str(if place == 0 { "; not screened: " } else { ", " });
        words.push_str(&format!("{feature} {count}"));
    }
    words
}

fn named(counts: &BTreeMap<Class, u32>) -> BTreeMap<String, u32> {
    counts
        .iter()
        .map(|(class, count)| (class.as_str().to_owned(), *count))
        .collect()
}
