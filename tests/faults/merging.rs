//! Errors are merged and unmerged while processors run, fail and die. Each occurrence is counted once, in the right
//! error.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use faultline_tests::{ADMIN, Faultline};
use futures_util::future::{join, join_all};
use grouping::message_fingerprint;
use http::{Method, StatusCode};
use model::id::{EventId, ProjectId};
use processor::Delivery;
use proptest::prelude::*;
use serde_json::json;
use store::faults::{Call, Fault, Faults, When};

use crate::messages::Writer;
use crate::schedules::{Seeds, on_all_cores};
use crate::tally::{assert_same, listed, tally};
use crate::turns::paused;
use crate::world::{Process, World};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// One step of a test. There are few errors, so that much happens to each.
#[derive(Clone, Debug)]
enum Step {
    /// One of the two processes processes occurrences of these errors.
    Seen {
        of: Vec<(usize, i64)>,
        by: bool,
        crash: Option<(u64, bool)>,
    },
    /// A processed message is delivered again.
    Again {
        message: usize,
        by: bool,
    },
    Merge {
        into: usize,
        other: usize,
        crash: Option<(u64, bool)>,
    },
    Unmerge {
        of: usize,
        other: usize,
        crash: Option<(u64, bool)>,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || 0..NAMES.len();
    let crash = || prop::option::of((0..8u64, any::<bool>()));
    let seen = prop::collection::vec((name(), 0..180i64), 1..5);
    let step = prop_oneof![
        5 => (seen, any::<bool>(), crash()).prop_map(|(of, by, crash)| Step::Seen { of, by, crash }),
        1 => (0..20usize, any::<bool>()).prop_map(|(message, by)| Step::Again { message, by }),
        3 => (name(), name(), crash()).prop_map(|(into, other, crash)| Step::Merge { into, other, crash }),
        2 => (name(), name(), crash()).prop_map(|(of, other, crash)| Step::Unmerge { of, other, crash }),
    ];
    prop::collection::vec(step, 1..20)
}

/// The expected result, as users should see it.
#[derive(Default)]
struct Model {
    events: BTreeMap<usize, BTreeSet<EventId>>,
    /// The target that each error is merged into.
    parents: BTreeMap<usize, usize>,
}

impl Model {
    fn root(&self, of: usize) -> usize {
        self.parents.get(&of).map_or(of, |&parent| self.root(parent))
    }

    fn merge(&mut self, into: usize, other: usize) -> StatusCode {
        let into = self.root(into);
        if !self.events.contains_key(&into) || !self.events.contains_key(&other) && into != other {
            return StatusCode::NOT_FOUND;
        }
        match (into == other, self.root(other)) {
            (true, _) => StatusCode::BAD_REQUEST,
            (_, root) if root == into => StatusCode::OK,
            (_, root) if root != other => StatusCode::CONFLICT,
            _ => {
                self.parents.insert(other, into);
                StatusCode::OK
            }
        }
    }

    fn unmerge(&mut self, of: usize, other: usize) -> StatusCode {
        let of = self.root(of);
        if !self.events.contains_key(&of) || !self.events.contains_key(&other) {
            return StatusCode::NOT_FOUND;
        }
        match self.root(other) {
            root if root == of => drop(self.parents.remove(&other)),
            root if root != other => return StatusCode::CONFLICT,
            _ => {}
        }
        StatusCode::OK
    }

    fn shown(&self) -> BTreeMap<&'static str, BTreeSet<EventId>> {
        let mut shown = BTreeMap::<_, BTreeSet<_>>::new();
        for (&error, events) in &self.events {
            shown.entry(NAMES[self.root(error)]).or_default().extend(events);
        }
        shown
    }
}

struct Run {
    world: World,
    project: ProjectId,
    writer: Writer,
    processed: Vec<Delivery>,
    processes: [Process; 2],
    /// The process that serves people, and its faults.
    people: (Faultline, Faults),
    model: Model,
}

impl Run {
    async fn new() -> Self {
        let world = World::new(0).await;
        let people = people(&world).await;
        let project = world.project_named("sample").await.id;
        let processes = [world.process(Faults::seeded(0)).await, world.process(Faults::seeded(1)).await];
        let (writer, processed, model) = (Writer::new(), Vec::new(), Model::default());
        Self { world, project, writer, processed, processes, people, model }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Seen { of, by, crash } => {
                let mut batch = Vec::new();
                for &(error, second) in of {
                    let before = self.writer.accepted.clone();
                    batch.push(self.writer.v1(self.project, &[(NAMES[error], second)]));
                    self.model.events.entry(error).or_default().extend(self.writer.accepted.difference(&before));
                }
                self.process(&batch, *by, *crash).await;
                self.processed.extend(batch);
            }
            Step::Again { message, by } => {
                if let Some(delivery) = self.processed.get(*message).cloned() {
                    self.process(&[delivery], *by, None).await;
                }
            }
            Step::Merge { into, other, crash } => {
                let expected = self.model.merge(*into, *other);
                assert_eq!(self.ask("merge", *into, *other, *crash).await, expected, "merge");
            }
            Step::Unmerge { of, other, crash } => {
                let expected = self.model.unmerge(*of, *other);
                assert_eq!(self.ask("unmerge", *of, *other, *crash).await, expected, "unmerge");
            }
        }
    }

    /// Processes a batch. If the process dies, another one does it again.
    async fn process(&mut self, batch: &[Delivery], by: bool, crash: Option<(u64, bool)>) {
        let process = &mut self.processes[usize::from(by)];
        bring_about(&process.faults, crash);
        if process.process(batch).await.is_none() {
            *process = self.world.process(Faults::seeded(7)).await;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        process.process_all(batch).await;
    }

    /// Sends a request, and sends it again if the process died.
    async fn ask(&mut self, what: &str, of: usize, other: usize, crash: Option<(u64, bool)>) -> StatusCode {
        bring_about(&self.people.1, crash);
        let answered = tokio::select! {
            biased;
            status = asked(&self.people.0, "sample", what, of, other) => Some(status),
            () = self.people.1.crashed() => None,
        };
        self.people.1.heal();
        match answered {
            Some(status) => status,
            None => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                self.people = people(&self.world).await;
                asked(&self.people.0, "sample", what, of, other).await
            }
        }
    }

    /// Compares lists, counts and timelines with the model.
    async fn check(&self) {
        let seen = tally(&self.world.truth, self.project).await;
        let seen: BTreeMap<_, _> =
            seen.iter().map(|((message, _), events)| (message.as_str(), events.clone())).collect();
        assert_eq!(seen, self.model.shown());
    }
}

async fn people(world: &World) -> (Faultline, Faults) {
    let faults = Faults::seeded(0);
    let resources = world.behind(&faults).await;
    (
        Faultline::builder()
            .engines(world.engines.clone())
            .resources(resources)
            .clock(world.clock.clone())
            .start()
            .await,
        faults,
    )
}

fn bring_about(faults: &Faults, crash: Option<(u64, bool)>) {
    if let Some((call, after)) = crash {
        faults.rule(When::Nth(call), if after { Fault::CrashAfter } else { Fault::Crash }, |_| true);
    }
}

/// Sends a request `what` (`merge` or `unmerge`) for one error and another.
async fn asked(people: &Faultline, project: &str, what: &str, of: usize, other: usize) -> StatusCode {
    let path = format!("/projects/{project}/errors/{}/{what}", NAMES[of]);
    let body = json!({ "errors": [message_fingerprint(NAMES[other])] }).to_string();
    people.call(Method::POST, &path, ADMIN, body).await.status
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Promises 1 and 2 (docs/src/internals/promises.md) for errors that are merged and unmerged, while processes die.
    #[test]
    fn merged_errors_match_the_model(steps in steps()) {
        paused(async {
            let mut run = Run::new().await;
            for step in &steps {
                run.step(step).await;
                run.check().await;
            }
        });
    }
}

/// Number of schedules to run unless `FAULTLINE_SCHEDULES` is set.
const SCHEDULES: u64 = 100;

/// The same with everything concurrent: merges race each other, unmerges and processors. Each occurrence is counted
/// once, in one error. When all merges are undone, it is counted in its own error.
#[test]
fn every_event_is_counted_once_during_concurrent_merges() {
    on_all_cores(SCHEDULES, schedules);
}

async fn schedules(seeds: Seeds) {
    let mut world = World::new(0).await;
    let (people, faults) = people(&world).await;
    while let Some(seed) = seeds.next() {
        world.reseed(seed);
        let _reproduce = Reproduce(seed);
        schedule(&world, &people, &faults, seed).await;
    }
}

struct Reproduce(u64);

impl Drop for Reproduce {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("the schedule of FAULTLINE_SEED={} failed: FAULTLINE_SCHEDULES=1 runs it alone", self.0);
    }
}

async fn schedule(world: &World, people: &Faultline, faults: &Faults, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let name = format!("m{seed}");
    let project = world.project(&name).await.id;
    let mut writer = Writer::new();
    let first: Vec<_> = NAMES.iter().map(|name| writer.v1(project, &[(name, 0)])).collect();
    let processes = [world.process(Faults::seeded(seed)).await, world.process(Faults::seeded(seed + 1)).await];
    processes[0].process_all(&first).await;

    let mut pending = Vec::new();
    for _ in 0..rng.usize(1..4) {
        let mut batches = [Vec::new(), Vec::new()];
        for batch in &mut batches {
            for _ in 0..rng.usize(1..5) {
                batch.push(writer.v1(project, &[(NAMES[rng.usize(..4)], rng.i64(0..180))]));
            }
        }
        let wishes: Vec<_> = (0..rng.usize(1..5))
            .map(|_| (if rng.u8(..3) > 0 { "merge" } else { "unmerge" }, rng.usize(..4), rng.usize(..4)))
            .collect();
        for faults in processes.iter().map(|process| &process.faults).chain([faults]) {
            disturb(faults, &mut rng);
        }
        let error_commits = join_all(processes.iter().zip(&batches).map(|(process, batch)| process.process(batch)));
        let wishes = join_all(wishes.iter().map(|&(what, of, other)| asked(people, &name, what, of, other)));
        let (_, statuses) = join(error_commits, wishes).await;
        let known = [200, 400, 409, 503];
        assert!(statuses.iter().all(|status| known.contains(&status.as_u16())), "{statuses:?}");
        pending.extend(batches.concat());
        faults.heal();
        processes.iter().for_each(|process| process.faults.heal());
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    // In another order, and by processes with different caches.
    rng.shuffle(&mut pending);
    let (one, other) = pending.split_at(pending.len() / 2);
    processes[0].process_all(one).await;
    processes[1].process_all(other).await;
    assert_same(&listed(&world.truth, project).await, &writer.accepted, "after the faults");

    for other in [0, 1, 2, 3, 0, 1, 2, 3] {
        for of in 0..4 {
            asked(people, &name, "unmerge", of, other).await;
        }
    }
    let apart = tally(&world.truth, project).await;
    assert_eq!(apart.len(), 4, "{apart:?}");
    assert_same(&apart.into_values().flatten().collect(), &writer.accepted, "after unmerging");
}

/// Sets faults of a process for one round.
fn disturb(faults: &Faults, rng: &mut Rng) {
    const LOUD: [Fault; 5] = [Fault::Before, Fault::After, Fault::Throttle, Fault::Partly, Fault::Duplicate];
    faults.delay(Duration::from_millis(rng.u64(1..60)));
    if rng.bool() {
        faults.rule(When::Chance(0.2), LOUD[rng.usize(..LOUD.len())], |_: &Call| true);
    }
}
