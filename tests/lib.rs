//! Test harness for the whole system: a faultline in this process that does nothing by itself.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

pub mod cost;
pub mod fakes;
pub mod meter;
pub mod raw;
pub mod turns;
pub mod users;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use embedded::Engines;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use model::time::Timestamp;
use notify::channels::Notifier;
use notify::guard::Destinations;
use notify::{Deadline, Record};
use serde_json::{Value, json};
use server::system::{DataLocation, Resources, Stack, Stream, SystemSettings};
use store::clock::Clock;
use store::dynamo::ProjectData;
use tower::ServiceExt;

/// A text that cannot be compressed, of this many characters. An event with enough of it is stored in a segment.
pub fn noise(characters: usize) -> String {
    let mut random = fastrand::Rng::with_seed(characters as u64);
    std::iter::repeat_with(|| random.alphanumeric()).take(characters).collect()
}

/// Enough [`noise`] for an occurrence that is stored in a segment.
pub const LARGE: usize = 8_000;

/// The items of projects in both tables.
pub fn project_data(on: &Resources) -> ProjectData {
    ProjectData::new(&on.table, &on.directory)
}

/// faultline in this process. Requests are answered, but events are processed only by [`Faultline::process`].
pub struct Faultline {
    pub stack: Stack,
    /// The clock that all of it uses.
    pub clock: Arc<TestClock>,
    stream: tokio::sync::Mutex<Stream>,
}

/// A clock that moves only by `advance`. Its random numbers are a sequence, so that a test does the same each
/// time.
pub struct TestClock {
    now: Mutex<Timestamp>,
    random: Mutex<u128>,
}

impl Default for TestClock {
    fn default() -> Self {
        let now = Timestamp::parse("2026-11-02T00:01:00Z").unwrap();
        Self { now: Mutex::new(now), random: Mutex::new(1) }
    }
}

impl TestClock {
    /// Creates a clock with the random numbers of `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self { random: Mutex::new(u128::from(seed) << 64 | 1), ..Self::default() }
    }

    /// Advances the clock by `seconds`.
    pub fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus_seconds(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn random(&self) -> u128 {
        let mut random = self.random.lock().unwrap();
        *random += 1;
        // Spread over all bits, as random numbers are.
        random.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }
}

/// The admin key in every test.
pub const ADMIN: &str = "admin-key";

/// An answer, read completely.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as JSON, or `null` if there is none.
    pub body: Value,
}

/// Options to start a [`Faultline`]. By default it runs in memory, with its own clock.
pub struct Builder {
    settings: SystemSettings,
    clock: Arc<TestClock>,
    engines: Option<Engines>,
    resources: Option<Resources>,
}

impl Builder {
    /// Stores everything in `dir`.
    pub fn directory(mut self, dir: &Path) -> Self {
        self.settings.place = DataLocation::Directory(dir.to_owned());
        self
    }

    pub fn engines(mut self, engines: Engines) -> Self {
        self.engines = Some(engines);
        self
    }

    /// Reaches the engines through these resources, which may fail.
    pub fn resources(mut self, resources: Resources) -> Self {
        self.resources = Some(resources);
        self
    }

    pub fn clock(mut self, clock: Arc<TestClock>) -> Self {
        self.settings.clock = clock.clone();
        self.clock = clock;
        self
    }

    /// Sets the retention, in days, of projects without a setting of their own.
    pub fn retention_days(mut self, days: u32) -> Self {
        self.settings.retention_days = days;
        self
    }

    /// Sends messages with `notifier` instead of the channels.
    pub fn notifier(mut self, notifier: Arc<dyn Notifier>) -> Self {
        self.settings.channels = Some(notifier);
        self
    }

    pub async fn start(self) -> Faultline {
        let stack = match self.engines {
            None => Stack::open(&self.settings).await,
            Some(engines) => {
                let resources = match self.resources {
                    Some(resources) => resources,
                    None => Resources::make(&engines).await.unwrap(),
                };
                Stack::on(engines, resources, &self.settings).await
            }
        };
        let stack = stack.unwrap();
        let stream = tokio::sync::Mutex::new(stack.stream().unwrap());
        Faultline { stack, clock: self.clock, stream }
    }
}

impl Faultline {
    /// Starts a new faultline in memory.
    pub async fn new() -> Self {
        Self::builder().start().await
    }

    pub fn builder() -> Builder {
        let clock = Arc::default();
        Builder { settings: settings(DataLocation::Memory, &clock), clock, engines: None, resources: None }
    }

    /// Returns the client key of the project `sample`.
    pub fn client_key(&self) -> &str {
        &self.stack.access().1.unwrap().client_key
    }

    /// Sends a request unchanged.
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.stack.front().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = || String::from_utf8_lossy(&body).into_owned();
        let is_json = parts.headers.get("content-type").is_none_or(|kind| !kind.as_bytes().starts_with(b"text/"));
        let body = match body.is_empty() {
            true => Value::Null,
            false if is_json => serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {}", text())),
            false => text().into(),
        };
        Answered { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request with a key and a body.
    pub async fn call(&self, method: Method, path: &str, key: &str, body: impl Into<Body>) -> Answered {
        let request = Request::builder().method(method).uri(path).header("x-api-key", key);
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Reads `path` as an admin. Panics if the answer is not 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, ADMIN, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body["data"].clone()
    }

    /// Posts `body` to a project. Panics if the answer is not 201.
    pub async fn post(&self, project: &str, body: &Value) -> Value {
        let answer = self.try_post(project, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// Posts `body` to a project, and returns the answer whatever its status is.
    pub async fn try_post(&self, project: &str, body: &Value) -> Answered {
        self.call(Method::POST, &format!("/projects/{project}/errors"), ADMIN, body.to_string()).await
    }

    /// Posts one error with this message to the project `sample`.
    pub async fn post_message(&self, message: &str) {
        self.post("sample", &json!({ "errors": [{ "type": "E", "message": message }] })).await;
    }

    /// Processes the messages in the inbox, and deletes those that were processed. Failed messages can be received
    /// again at once. Returns the number of failed messages.
    pub async fn process(&self) -> usize {
        let inbox = self.stack.inbox();
        let mut received = inbox.receive(10_000, 64 << 20, Duration::from_secs(60)).await.unwrap();
        let failed = self.stack.process(&mut received).await;
        let (again, done): (Vec<_>, Vec<_>) =
            received.into_iter().partition(|message| failed.contains(&message.message_id));
        inbox.delete(done.iter().map(|message| &message.receipt_handle)).await.unwrap();
        inbox.change_visibility(again.iter().map(|message| &message.receipt_handle), Duration::ZERO).await.unwrap();
        again.len()
    }

    /// Returns the table's stream records since the last call.
    pub async fn records(&self) -> Vec<Record> {
        let (mut stream, mut records) = (self.stream.lock().await, Vec::new());
        loop {
            let more = stream.next().await.unwrap();
            let Some(last) = more.last() else { return records };
            stream.taken(&last.number).unwrap();
            records.extend(more);
        }
    }

    /// Passes the stream records since the last call to notify.
    pub async fn notify(&self) {
        let records = self.records().await;
        assert_eq!(self.stack.notify().watch(&records, time()).await, None);
    }

    /// Sends the notifications that are due.
    pub async fn sweep(&self) {
        self.stack.notify().sweep(time()).await.unwrap();
    }

    /// Removes the messages from the inbox and returns their texts.
    pub async fn take_inbox(&self) -> Vec<String> {
        let inbox = self.stack.inbox();
        let received = inbox.receive(10_000, 64 << 20, Duration::from_secs(60)).await.unwrap();
        inbox.delete(received.iter().map(|message| &message.receipt_handle)).await.unwrap();
        received.into_iter().map(|message| message.body).collect()
    }

    /// Returns the count of each error of the project `sample`, by message.
    pub async fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        let mut counts = std::collections::BTreeMap::new();
        for error in self.all("/projects/sample/errors?limit=100", "cursor").await {
            counts.insert(error["message"].as_str().unwrap().to_owned(), error["count"].as_u64().unwrap());
        }
        counts
    }

    /// Returns all pages of a list of errors or occurrences. `parameter` is the query parameter for the next page's
    /// cursor.
    pub async fn all(&self, path: &str, parameter: &str) -> Vec<Value> {
        let (mut all, mut page) = (Vec::new(), self.get(path).await);
        loop {
            all.extend(page["errors"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => page = self.get(&format!("{path}&{parameter}={next}")).await,
                None => return all,
            }
        }
    }
}

/// A deadline that no test reaches.
pub fn time() -> Deadline {
    Deadline::within(Duration::from_secs(600))
}

fn settings(place: DataLocation, clock: &Arc<TestClock>) -> SystemSettings {
    SystemSettings {
        admin_key: Some(ADMIN.to_owned()),
        // A test's clock is in the past for the engines, which expire items by the system's clock: nothing may expire
        // during the test.
        retention_days: 36_500,
        destinations: Destinations::default().and_loopback(),
        clock: clock.clone(),
        ..SystemSettings::at(place)
    }
}

/// Percent-encodes everything but letters and digits of `text`, for a path segment.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |path, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => path + &char::from(byte).to_string(),
        _ => path + &format!("%{byte:02X}"),
    })
}
