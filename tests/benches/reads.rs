//! Benchmark of what requests read, and how long they take, in a project of 100 errors and in one of 100,000, with ten
//! occurrences of each error: `cargo bench -p faultline-tests --bench reads`. `FAULTLINE_ERRORS=10000` sets another
//! number.
//!
//! It runs in one process, on engines in a temporary directory. It prints figures and does not judge them, because
//! machines differ. The story `reads_do_not_grow_with_what_is_stored` checks the bounds of reads.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use embedded::Engines;
use faultline_tests::meter::{Meter, Reads};
use faultline_tests::{Faultline, TestClock};
use formats::segment::SegmentWriter;
use model::error::PostingBatch;
use model::error::{ErrorAggregate, Sighting};
use model::id::{ErrorUid, EventId, ProjectId, ReferenceId, SegmentId};
use model::occurrence::{Occurrence, Source};
use model::project::TimeUnit;
use model::time::Timestamp;
use server::system::Resources;

use search::Postings;
use store::clock::Clock;
use store::ports::{Commit, ErrorCommits, FramePlace, Reference, SearchIndex, Segments};

/// Number of errors in a batch.
const BATCH: usize = 500;
/// Number of occurrences of each error.
const OCCURRENCES: usize = 10;
/// Number of errors in the rare environment.
const RARE: usize = 20;
/// How often each request is sent, and for how long at most.
const TIMES: usize = 200;
const AT_MOST: Duration = Duration::from_secs(5);

const QUESTIONS: [&str; 12] = [
    "?limit=25",
    "?limit=25&status=unresolved",
    "?limit=25&sort=firstSeen",
    "?limit=25&sort=count",
    "?limit=25&sort=users",
    "?limit=25&environment=production",
    "?limit=25&environment=rare&sort=count",
    "?limit=25&text=checkout+cart",
    "?limit=25&text=seldom",
    "?limit=25&text=nowhere",
    "/number%207",
    "/number%207/occurrences?limit=10",
];

fn main() {
    let many = std::env::var("FAULTLINE_ERRORS").map_or(100_000, |number| number.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        println!("errors | request | calls | items | kB | objects | p50 ms | p99 ms");
        for errors in [100, many] {
            measure_project(errors).await;
        }
    });
}

async fn measure_project(errors: usize) {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    Resources::make(&engines).await.unwrap();
    let meter = Meter::default();
    let resources = || Resources::through(&engines, |engine| meter.around(engine));
    let clock = Arc::<TestClock>::default();
    let faultline = Faultline::builder()
        .engines(engines.clone())
        .resources(resources().await.unwrap())
        .clock(clock.clone())
        .start()
        .await;
    let project = faultline.stack.access().1.unwrap().id;
    let (began, resources) = (Instant::now(), resources().await.unwrap());
    for begin in (0..errors).step_by(BATCH) {
        fill(&resources, &clock, project, begin..errors.min(begin + BATCH), errors).await;
        clock.advance(30);
    }
    println!("{errors} errors, {} occurrences: filled in {:.0?}", errors * OCCURRENCES, began.elapsed());
    for question in QUESTIONS {
        let path = format!("/projects/sample/errors{question}");
        let (mut times, began) = (Vec::new(), Instant::now());
        while times.is_empty() || (times.len() < TIMES && began.elapsed() < AT_MOST) {
            meter.reset();
            let asked = Instant::now();
            faultline.get(&path).await;
            times.push(asked.elapsed());
        }
        times.sort();
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_micros() as f64 / 1_000.0;
        let Reads { calls, items, bytes, objects } = meter.reads();
        let (kilobytes, median, slow) = (bytes / 1_000, at(0.5), at(0.99));
        println!("{errors} | {question} | {calls} | {items} | {kilobytes} | {objects} | {median:.1} | {slow:.1}");
    }
}

/// Writes errors as the processor does, without the stages before.
async fn fill(on: &Resources, clock: &TestClock, project: ProjectId, numbers: std::ops::Range<usize>, of: usize) {
    let now = clock.now();
    let segment = SegmentId::new(project, now, clock.random());
    let postings = Postings { now, batch: PostingBatch(clock.random() as u32 | 1) };
    let expires_at = now.plus_seconds(36_500 * 86_400);
    let (mut writer, mut commits, mut posted) = (SegmentWriter::new(), Vec::new(), Vec::new());
    for number in numbers {
        let occurrences: Vec<_> = (0..OCCURRENCES).map(|_| occurrence(number, of, now, clock)).collect();
        let message = &occurrences[0].message;
        let uid = ErrorUid::new(now, clock.random());
        let mut error = ErrorAggregate::new(project, grouping::message_fingerprint(message), uid, now);
        let sightings: Vec<_> = occurrences.iter().map(|occurrence| Sighting::of(occurrence, message)).collect();
        drop(error.observe(TimeUnit::Minute, &sightings));
        error.expires_at = expires_at;
        posted.extend(postings.of(None, &mut error));
        let lines: Vec<_> = occurrences.iter().map(|occurrence| serde_json::to_vec(occurrence).unwrap()).collect();
        let references = vec![Reference {
            id: ReferenceId::new(now, clock.random()),
            frame: FramePlace::Segment {
                id: segment.clone(),
                range: writer.frame(lines.iter().map(Vec::as_slice)).unwrap(),
            },
            first: now,
            last: now,
            events: occurrences.iter().map(|occurrence| occurrence.event_id.hash()).collect(),
            attached: Vec::new(),
        }];
        let (aliases, target, history, target_history) = (Vec::new(), None, None, None);
        commits.push(Commit { error, target, references, aliases, history, target_history, expires_at });
    }
    on.bucket.put(&segment, writer.finish()).await.unwrap();
    on.table.post(postings.batch, &posted).await.unwrap();
    on.table.compact(project).await.unwrap();
    for result in on.table.commit(&commits).await {
        result.unwrap();
    }
}

fn occurrence(number: usize, of: usize, now: Timestamp, clock: &TestClock) -> Occurrence {
    let mut occurrence = Occurrence::new(EventId::from_bytes(clock.random().to_be_bytes()), Source::V1, now, now);
    let is_rare = number * RARE / of != (number + 1) * RARE / of;
    occurrence.kind = if is_rare { "Seldom" } else { "CheckoutError" }.to_owned();
    occurrence.message = format!("number {number}");
    occurrence.culprit = Some("process_cart in checkout.py".to_owned());
    occurrence.environment = Some(if is_rare { "rare" } else { "production" }.to_owned());
    occurrence.release = Some(format!("shop@1.{}", number * 20 / of));
    occurrence
}
