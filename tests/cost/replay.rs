//! Replays workloads through the real code: requests through the router, batches as Lambda's event source creates them,
//! and the stream through its filter to notify.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use embedded::Engines;
use http::{Request, StatusCode};
use model::id::ProjectId;
use notify::Record;
use server::system::Resources;
use store::clock::Clock;
use tokio::time::Instant;

use super::month::SteadyRate;
use super::uploaded::upload_map;
use super::workload::{Kind, Rate, envelope, envelope_of};
use super::{assumed, template};
use crate::meter::{Counted, Meter};
use crate::turns::{Turns, held};
use crate::{Faultline, TestClock, time};

/// Seconds between events that come alone.
const APART: f64 = 30.0;
/// Seconds in which a full batch is collected: the batching window of the event source.
const WINDOW: f64 = 2.0;
/// How long a steady rate is replayed, in seconds: an error has a slot of the index for ten minutes.
const STEADY_SECONDS: f64 = 1_200.0;
/// The least batches of a steady rate, and the most events.
const MOST_EVENTS: f64 = 4_000.0;
const LEAST_BATCHES: f64 = 200.0;
/// Number of events that existing errors have had before, so that their figures have reached their final size.
const BEFORE: usize = 16;
/// Number of records in a batch of the stream, as in template.yaml.
const RECORDS: usize = 100;

/// A workload to replay.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// How alike the events are.
    pub kind: Kind,
    /// How fast they come.
    pub rate: Rate,
    /// Number of batches to measure.
    pub batches: usize,
    /// Mean number of messages in a batch, or `None` for full batches.
    pub batch: Option<f64>,
    /// The number of seconds between two batches.
    pub apart: f64,
    /// How often each error occurred before.
    pub before: usize,
}

impl Workload {
    /// A workload whose figures docs/src/operate/cost.md has.
    pub fn told(kind: Kind, rate: Rate) -> Self {
        let (batches, batch) = match rate {
            Rate::Low => (200, Some(1.0)),
            Rate::High => (2, None),
        };
        let apart = if rate == Rate::Low { APART } else { WINDOW };
        Self { kind, rate, batches, batch, apart, before: BEFORE }
    }

    /// A workload of 100 errors at a steady rate. It lasts so long that each error is written in more than one slot of
    /// the index, but at most so long that it can be replayed.
    pub fn steady(steady: SteadyRate) -> Self {
        let batch = steady.batch();
        let apart = batch / steady.rate;
        let batches = (STEADY_SECONDS / apart).max(LEAST_BATCHES).min(MOST_EVENTS / batch) as usize;
        // A run takes a tenth of a second, so one environment of the processor runs nearly all batches.
        Self { kind: Kind::Mixed, rate: Rate::Low, batches, batch: Some(batch), apart, before: BEFORE }
    }
}

/// The result of a replay.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// Number of events, each in its own request.
    pub events: u64,
    /// Bytes of the requests' bodies.
    pub bytes: u64,
    /// Number of requests that the HTTP API charges.
    pub requests: u64,
    /// Invocations of the processor.
    pub batches: u64,
    /// Number of requests with which Lambda received and deleted messages.
    pub polls: u64,
    pub notified: u64,
    /// Number of errors in each batch, summed over all batches.
    pub errors: u64,
    pub counted: Counted,
    /// How long ingest, the processor and notify waited for calls.
    pub waits: [Duration; 3],
}

/// Replays a workload, on a clock that advances only while calls are waited for.
pub fn replay(workload: Workload) -> Replayed {
    crate::turns::paused(async {
        let mut replay = Replay::new(workload).await;
        replay.fill().await;
        for number in 0..workload.batches {
            replay.batch(number).await;
        }
        replay.done.counted = replay.meter.counted();
        replay.done
    })
}

struct Replay {
    workload: Workload,
    faultline: Faultline,
    engines: Engines,
    meter: Meter,
    /// Mean number of messages in a batch. `errors` is the number of different errors.
    batch: f64,
    /// The time that has passed, as far as the clock, which counts seconds, has not.
    seconds: f64,
    errors: usize,
    sent: usize,
    done: Replayed,
}

impl Replay {
    async fn new(workload: Workload) -> Self {
        let engines = Engines::memory().unwrap();
        held(Resources::make(&engines)).await.unwrap();
        let meter = Meter::weighing().waiting(assumed::wait);
        let clock = Arc::new(TestClock::seeded(1));
        let resources = Resources::through(&engines, |engine| meter.around(engine)).await.unwrap();
        let faultline = Faultline::builder().engines(engines.clone()).resources(resources).clock(clock).start().await;
        let batch = match workload.batch {
            Some(batch) => batch,
            None => full_batch(&faultline, &meter).await as f64,
        };
        let errors = match workload.rate {
            Rate::Low if workload.batch != Some(1.0) => 100,
            Rate::Low => workload.batches.min(100),
            Rate::High => batch as usize,
        };
        if workload.kind == Kind::Mapped {
            let project = faultline.stack.access().1.unwrap().id;
            upload_map(&engines, project, faultline.clock.now()).await;
        }
        let done = Replayed::default();
        Self { workload, faultline, engines, meter, batch, seconds: 0.0, errors, sent: 0, done }
    }

    /// Writes existing errors with another process, which is not measured. Then writes one batch with the measured one to
    /// warm it up.
    async fn fill(&mut self) {
        if self.workload.kind != Kind::New {
            let turns = Turns::default();
            let resources = Resources::through(&self.engines, |engine| turns.around(engine)).await.unwrap();
            let clock = self.faultline.clock.clone();
            let mut other =
                Faultline::builder().engines(self.engines.clone()).resources(resources).clock(clock).start().await;
            std::mem::swap(&mut self.faultline, &mut other);
            let errors = match self.workload.kind {
                Kind::Like => 1,
                Kind::Mixed | Kind::Mapped => 100.min(self.errors),
                _ => self.errors,
            };
            for _ in 0..self.workload.before {
                self.post(errors).await;
                self.advance(WINDOW);
                assert_eq!(self.faultline.process().await, 0);
            }
            std::mem::swap(&mut self.faultline, &mut other);
        }
        let warm = if self.workload.rate == Rate::Low { self.errors } else { self.batch as usize };
        self.post(warm).await;
        self.advance(WINDOW);
        assert_eq!(self.faultline.process().await, 0);
        drop(self.faultline.records().await);
        // A process uses its cache of an error from the next minute on.
        self.faultline.clock.advance(2 * 60);
        self.done = Replayed::default();
        self.meter.reset();
    }

    async fn post(&mut self, events: usize) {
        let second = self.faultline.clock.now().seconds();
        for _ in 0..events {
            let error = self.workload.kind.error_of(self.sent, self.errors);
            let body = envelope_of(self.workload.kind, self.sent, error, second);
            self.sent += 1;
            self.done.events += 1;
            self.done.bytes += body.len() as u64;
            self.done.requests += (body.len() as u64).div_ceil(super::prices::HTTP_API_BYTES);
            post(&self.faultline, body).await;
        }
    }

    fn advance(&mut self, seconds: f64) {
        self.seconds += seconds;
        let whole = self.seconds.floor();
        self.seconds -= whole;
        self.faultline.clock.advance(whole as i64);
    }

    async fn batch(&mut self, number: usize) {
        let [ingest, processor, notify] = &mut [Duration::ZERO; 3];
        // Batches of whole messages, with the right mean.
        let up_to = |batches: usize| (batches as f64 * self.batch).round() as usize;
        let messages = up_to(number + 1) - up_to(number);
        let began = Instant::now();
        self.post(messages).await;
        *ingest += began.elapsed();
        self.advance(self.workload.apart);

        let began = Instant::now();
        assert_eq!(self.faultline.process().await, 0);
        *processor += began.elapsed();
        self.done.batches += 1;
        self.done.polls += 2 * (messages as u64).div_ceil(assumed::POLLED);

        let records = self.faultline.records().await;
        let wakes: Vec<_> = records.into_iter().filter(wakes_notify).collect();
        self.done.errors += wakes.len() as u64;
        let began = Instant::now();
        for records in wakes.chunks(RECORDS) {
            assert_eq!(self.faultline.stack.notify().watch(records, time()).await, None);
            self.done.notified += 1;
        }
        *notify += began.elapsed();
        for (all, one) in self.done.waits.iter_mut().zip([ingest, processor, notify]) {
            *all += *one;
        }
    }
}

/// Posts an envelope as an SDK does.
pub(super) async fn post(faultline: &Faultline, body: String) {
    let project: ProjectId = faultline.stack.access().1.unwrap().id;
    let path = format!("/api/{project}/envelope/?sentry_key={}", faultline.client_key());
    let answer = faultline.send(Request::post(path).body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// Returns the size of the largest batch: the event source's limit, or as many messages as fit into the payload.
pub(super) async fn full_batch(faultline: &Faultline, meter: &Meter) -> usize {
    meter.reset();
    const SAMPLE: usize = 20;
    for event in 0..SAMPLE {
        post(faultline, envelope(usize::MAX - event, event, faultline.clock.now().seconds())).await;
    }
    assert_eq!(faultline.take_inbox().await.len(), SAMPLE);
    let sends = meter.counted().of("SQS", "SendMessage");
    let record = sends.sent / sends.calls + assumed::RECORD;
    template::number("ProcessorFunction", "BatchSize").min(assumed::PAYLOAD / record) as usize
}

/// The stream filter of template.yaml, without its part for projects that reach a limit.
fn wakes_notify(record: &Record) -> bool {
    let part = |name: &str| record.new.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    part("pk").starts_with("P#") && part("sk").starts_with("E#")
}
