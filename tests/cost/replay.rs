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

use super::workload::{Kind, Rate, envelope};
use super::{assumed, template};
use crate::meter::{Counted, Meter};
use crate::turns::{Turns, held};
use crate::{Faultline, TestClock, time};

/// Seconds between events that come alone.
const APART: i64 = 30;
/// Seconds in which a full batch is collected: the batching window of the event source.
const WINDOW: i64 = 2;
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
    /// Number of messages in a batch, or `None` for full batches.
    pub batch: Option<usize>,
    /// How often each error occurred before.
    pub before: usize,
}

impl Workload {
    /// A workload whose figures docs/src/operate/cost.md has.
    pub fn told(kind: Kind, rate: Rate) -> Self {
        let (batches, batch) = match rate {
            Rate::Low => (200, Some(1)),
            Rate::High => (2, None),
        };
        Self { kind, rate, batches, batch, before: BEFORE }
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
        for _ in 0..workload.batches {
            replay.batch().await;
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
    /// Number of messages in a batch. `errors` is the number of different errors.
    batch: usize,
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
            None => full_batch(&faultline, &meter).await,
        };
        let errors = if workload.rate == Rate::Low { workload.batches.min(100) } else { batch };
        Self { workload, faultline, engines, meter, batch, errors, sent: 0, done: Replayed::default() }
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
                Kind::Mixed => 100.min(self.errors),
                _ => self.errors,
            };
            for _ in 0..self.workload.before {
                self.post(errors).await;
                self.faultline.clock.advance(WINDOW);
                assert_eq!(self.faultline.process().await, 0);
            }
            std::mem::swap(&mut self.faultline, &mut other);
        }
        let warm = if self.workload.rate == Rate::Low { self.errors } else { self.batch };
        self.post(warm).await;
        self.faultline.clock.advance(WINDOW);
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
            let body = envelope(self.sent, error, second);
            self.sent += 1;
            self.done.events += 1;
            self.done.bytes += body.len() as u64;
            self.done.requests += (body.len() as u64).div_ceil(super::prices::HTTP_API_BYTES);
            post(&self.faultline, body).await;
        }
    }

    async fn batch(&mut self) {
        let [ingest, processor, notify] = &mut [Duration::ZERO; 3];
        let began = Instant::now();
        self.post(self.batch).await;
        *ingest += began.elapsed();
        self.faultline.clock.advance(if self.workload.rate == Rate::Low { APART } else { WINDOW });

        let began = Instant::now();
        assert_eq!(self.faultline.process().await, 0);
        *processor += began.elapsed();
        self.done.batches += 1;
        self.done.polls += 2 * (self.batch as u64).div_ceil(assumed::POLLED);

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
