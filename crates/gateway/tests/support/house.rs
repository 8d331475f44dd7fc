//! The gateway of the tests: one app, three vendors, a log in memory, a clock that stands still.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use covenant_access::{App, AppKey, Engine, Purpose, key};
use covenant_detect::Detector;
use covenant_gateway::{
    AppDirectory, Body, Clock, Gateway, GatewayConfig, GatewayKeys, Log, LogRecord, PayloadKind,
    Profiles, Register, Snapshot, Unavailable, UpstreamKeys,
};
use covenant_govern::{
    Agreement, AgreementState, Dialect, Feature, Model, Vendor, minimum_necessary,
};
use covenant_ledger::{Event, EventKind};
use covenant_seal::{DataKey, HashKey, SecretString, SystemRandom, hex};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};

/// 1 March 2026.
pub const TODAY_MS: i64 = 1_772_323_200_000;

struct StandingClock;

impl Clock for StandingClock {
    fn now_ms(&self) -> i64 {
        TODAY_MS
    }
}

type Contents = Vec<(PayloadKind, Vec<u8>)>;

/// A log that keeps everything and can be told to fail.
#[derive(Default)]
pub struct MemoryLog {
    events: Mutex<Vec<(Event, Contents)>>,
    failing: AtomicBool,
    /// Records after which it fails of itself.
    fails_after: AtomicUsize,
}

impl Log for MemoryLog {
    fn record(&self, record: LogRecord) -> BoxFuture<'_, Result<(), Unavailable>> {
        let written = self.events.lock().unwrap().len();
        let after = self.fails_after.load(Ordering::SeqCst);
        if self.failing.load(Ordering::SeqCst) || (after > 0 && written >= after) {
            let unavailable = Unavailable {
                part: "ledger",
                reason: "told to fail".into(),
            };
            return async move { Err(unavailable) }.boxed();
        }
        let payloads = record
            .payloads
            .into_iter()
            .map(|payload| (payload.kind, payload.content.into_exposed()));
        self.events
            .lock()
            .unwrap()
            .push((record.event, payloads.collect()));
        async { Ok(()) }.boxed()
    }
}

struct FixedRegister(Mutex<Arc<Snapshot>>);

impl Register for FixedRegister {
    fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        Ok(Arc::clone(&self.0.lock().unwrap()))
    }
}

/// What a test may set before the house is built.
pub struct Setting {
    pub config: GatewayConfig,
    pub models: Vec<Model>,
    pub features: Vec<Feature>,
    pub app: App,
    pub decisions: Vec<covenant_govern::RouteDecision>,
}

impl Default for Setting {
    fn default() -> Setting {
        let mut app = App::new("clinic-app", "Clinic app").unwrap();
        app.purposes = vec![
            Purpose::Treatment,
            Purpose::Operations,
            Purpose::PatientRequest,
            Purpose::Research,
        ];
        app.default_purpose = Some(Purpose::Treatment);
        let mut mirror = Model::new(
            "mirror",
            "covered",
            "chat",
            "mirror-1",
            "mirror",
            Dialect::OpenAi,
        );
        mirror.route.allow = Feature::ALL.to_vec();
        let uncovered = Model::new(
            "mirror-uncovered",
            "uncovered",
            "chat",
            "mirror-1",
            "mirror",
            Dialect::OpenAi,
        );
        Setting {
            config: GatewayConfig::default(),
            models: vec![mirror, uncovered],
            features: Vec::new(),
            app,
            decisions: Vec::new(),
        }
    }
}

impl Setting {
    /// Adds a model `gpt` at an upstream.
    pub fn openai(self, upstream: &str) -> Setting {
        self.model("gpt", upstream, Dialect::OpenAi)
    }

    /// Adds a model `claude` at an upstream.
    pub fn anthropic(self, upstream: &str) -> Setting {
        self.model("claude", upstream, Dialect::Anthropic)
    }

    fn model(mut self, alias: &str, upstream: &str, dialect: Dialect) -> Setting {
        let mut model = Model::new(
            alias,
            "covered",
            "chat",
            &format!("{alias}-2026"),
            upstream,
            dialect,
        );
        model.route.allow = Feature::ALL.to_vec();
        self.models.push(model);
        self
    }

    /// Changes the last model added.
    pub fn with(mut self, change: impl FnOnce(&mut Model)) -> Setting {
        change(self.models.last_mut().unwrap());
        self
    }

    pub fn features(mut self, features: &[Feature]) -> Setting {
        self.features = features.to_vec();
        self
    }

    pub fn config(mut self, change: impl FnOnce(&mut GatewayConfig)) -> Setting {
        change(&mut self.config);
        self
    }

    pub fn app(mut self, change: impl FnOnce(&mut App)) -> Setting {
        change(&mut self.app);
        self
    }

    /// Gives the app its key, so that the test can change it.
    pub fn with_key(mut self) -> Setting {
        let plain = plain_key();
        let hash = hash_key(1).hash("app-key", &[plain.expose().as_bytes()]);
        self.app.keys.push(AppKey {
            prefix: plain.prefix().to_owned(),
            hash: hex(&hash),
            created_at_ms: TODAY_MS - 1000,
            expires_at_ms: None,
            revoked_at_ms: None,
        });
        self
    }

    pub fn build(mut self) -> House {
        let keys = GatewayKeys {
            app_key_hash: hash_key(1),
            token: hash_key(2),
            subject: hash_key(3),
            cache: hash_key(4),
        };
        let plain = plain_key();
        if self.app.keys.is_empty() {
            self = self.with_key();
        }
        let snapshot = Snapshot {
            engine: Engine::shipped().unwrap(),
            apps: AppDirectory::new([self.app.clone()]).unwrap(),
            register: register(&self),
            minimum_necessary: Profiles::from_table(minimum_necessary::Table::shipped().unwrap())
                .unwrap(),
            upstream_keys: upstream_keys(&self.models),
        };
        let log = Arc::new(MemoryLog::default());
        let register = Arc::new(FixedRegister(Mutex::new(Arc::new(snapshot))));
        let gateway = Gateway::new(
            self.config,
            Detector::standard().clone(),
            Arc::clone(&log) as Arc<dyn Log>,
            register,
            keys,
            Arc::new(StandingClock),
            Arc::new(SystemRandom),
        )
        .unwrap();
        House {
            gateway,
            log,
            key: plain.expose().to_owned(),
        }
    }
}

fn plain_key() -> key::PlainKey {
    key::generate(key::KeyKind::App, &[7; key::RANDOM_BYTES])
}

fn hash_key(seed: u8) -> Arc<HashKey> {
    Arc::new(HashKey::from(DataKey::generate(&Seeded(seed)).unwrap()))
}

/// Bytes that repeat, for keys of tests.
struct Seeded(u8);

impl covenant_seal::Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), covenant_seal::Error> {
        buffer.fill(self.0);
        Ok(())
    }
}

fn register(setting: &Setting) -> covenant_govern::Register {
    let mut register = covenant_govern::Register::default();
    register
        .insert_vendor(Vendor::new("covered", "Covered AI"))
        .unwrap();
    register
        .insert_vendor(Vendor::new("uncovered", "Uncovered AI"))
        .unwrap();
    for model in &setting.models {
        register.insert_model(model.clone()).unwrap();
    }
    register
        .insert_agreement(Agreement {
            state: AgreementState::Signed {
                on: "2025-12-20".parse().unwrap(),
                by: "R. Ames".into(),
            },
            services: vec!["chat".into()],
            models: vec!["*".into()],
            features: setting.features.clone(),
            document_digest: Some("ab".repeat(32)),
            ..Agreement::draft("covered-2026", "covered", "2026-01-01".parse().unwrap())
        })
        .unwrap();
    for decision in &setting.decisions {
        register.insert_decision(decision.clone()).unwrap();
    }
    register
}

fn upstream_keys(models: &[Model]) -> UpstreamKeys {
    let mut keys = UpstreamKeys::default();
    for model in models {
        keys.insert(
            model.alias.clone(),
            SecretString::new("vendor-secret".into()),
        );
    }
    keys
}

/// A gateway with everything around it.
pub struct House {
    pub gateway: Gateway,
    pub log: Arc<MemoryLog>,
    pub key: String,
}

/// An answer in full.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.to_vec()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The code of an error envelope of either family.
    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub fn new() -> House {
        Setting::default().build()
    }

    pub fn request(&self, path: &str, body: &serde_json::Value) -> Request<Full<Bytes>> {
        self.request_with(path, &[], body.to_string().into_bytes())
    }

    pub fn request_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Request<Full<Bytes>> {
        let mut request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(Bytes::from(body))).unwrap()
    }

    pub async fn open(&self, request: Request<Full<Bytes>>) -> Response<Body> {
        self.gateway.handle(request).await
    }

    pub async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (head, body) = self.open(request).await.into_parts();
        let bytes = body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        Answer {
            status: head.status,
            headers: head.headers,
            bytes,
        }
    }

    pub async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        self.send(self.request(path, &body)).await
    }

    pub async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: serde_json::Value,
    ) -> Answer {
        self.send(self.request_with(path, headers, body.to_string().into_bytes()))
            .await
    }

    pub fn fail_log(&self) {
        self.log.failing.store(true, Ordering::SeqCst);
    }

    pub fn fail_log_after(&self, records: usize) {
        self.log.fails_after.store(records, Ordering::SeqCst);
    }

    pub fn events(&self) -> Vec<Event> {
        self.log
            .events
            .lock()
            .unwrap()
            .iter()
            .map(|(event, _)| event.clone())
            .collect()
    }

    pub fn kinds(&self) -> Vec<EventKind> {
        self.events().iter().map(|event| event.kind).collect()
    }

    pub fn payloads(&self) -> Vec<(PayloadKind, Vec<u8>)> {
        self.log
            .events
            .lock()
            .unwrap()
            .iter()
            .flat_map(|(_, payloads)| payloads.clone())
            .collect()
    }
}
