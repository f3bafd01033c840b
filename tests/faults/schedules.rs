//! Seeded schedules: processors run, fail and die. Messages are redelivered in other batches, and to several processors
//! at once.
//!
//! Run any number of schedules, or one seed again:
//!
//!     FAULTLINE_SCHEDULES=100000 cargo test -p faultline-tests --test faults schedules
//!     FAULTLINE_SEED=17 FAULTLINE_SCHEDULES=1 cargo test -p faultline-tests --test faults schedules

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use processor::Delivery;
use store::faults::{Call, Fault, Faults, When};

use crate::messages::Writer;
use crate::tally::{assert_same, listed};
use crate::turns::paused;
use crate::world::World;

/// Number of schedules to run unless `FAULTLINE_SCHEDULES` is set.
const SCHEDULES: u64 = 100;
/// Maximum number of rounds with faults. After them, nothing fails any more.
const ROUNDS: usize = 4;
/// After this many schedules, a new stack is created. Each schedule has its own project in it.
const RENEWED: u64 = 200;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Promises 1 and 2 (docs/src/internals/promises.md): however processes fail and die, each accepted event is stored,
/// listed and counted once.
#[test]
fn every_event_is_counted_once_whatever_fails() {
    on_all_cores(SCHEDULES, schedules);
}

/// Runs `schedules` on every core, over the seeds that the environment gives, or the first `default`. Each call takes
/// seeds until none are left.
pub(crate) fn on_all_cores<F: Future<Output = ()>>(default: u64, schedules: impl Fn(Seeds) -> F + Sync) {
    let first = variable("FAULTLINE_SEED").unwrap_or(0);
    let end = first + variable("FAULTLINE_SCHEDULES").unwrap_or(default);
    let seeds = Seeds { next: Arc::new(AtomicU64::new(first)), end };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| paused(schedules(seeds.clone())));
        }
    });
}

/// The seeds that are still to be run.
#[derive(Clone)]
pub(crate) struct Seeds {
    next: Arc<AtomicU64>,
    end: u64,
}

impl Seeds {
    pub(crate) fn next(&self) -> Option<u64> {
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|&seed| seed < self.end)
    }
}

async fn schedules(seeds: Seeds) {
    let mut world = World::new(0).await;
    for run in 1.. {
        let Some(seed) = seeds.next() else { return };
        if run % RENEWED == 0 {
            world = World::new(0).await;
        }
        world.reseed(seed);
        let _reproduce = Reproduce(seed);
        schedule(&world, seed).await;
    }
}

/// A seed leads to the same calls each time, so a failure can be reproduced. For about one schedule in 60 it does not;
/// the reason is not known yet.
#[test]
fn a_schedule_is_almost_always_reproducible() {
    let run = |seed| {
        paused(async {
            let mut world = World::new(0).await;
            world.reseed(seed);
            schedule(&world, seed).await
        })
    };
    let different: Vec<_> = (0..20).filter(|&seed| run(seed) != run(seed)).collect();
    assert!(different.len() <= 2, "these schedules are not the same each time: {different:?}");
}

/// Prints how to reproduce a failure when a panic drops it.
struct Reproduce(u64);

impl Drop for Reproduce {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let seed = self.0;
        eprintln!(
            "schedule {seed} failed; to run it again:\n    FAULTLINE_SEED={seed} FAULTLINE_SCHEDULES=1 \
             cargo test -p faultline-tests --test faults schedules"
        );
    }
}

/// Runs the schedule of a seed. Returns the calls of its processes, round by round.
async fn schedule(world: &World, seed: u64) -> Vec<Vec<Call>> {
    let mut log = Vec::new();
    let mut rng = Rng::with_seed(seed);
    let project = world.project(&format!("p{seed}")).await.id;
    let mut writer = Writer::new();
    let mut pending: Vec<Delivery> = Vec::new();
    for _ in 0..rng.usize(1..8) {
        pending.push(writer.any(world, project, &mut rng).await);
    }
    let all = pending.clone();

    let mut alive = Vec::new();
    for _ in 0..rng.usize(1..=ROUNDS) {
        // Some processes stay alive, with their caches.
        alive.retain(|_| rng.u8(..4) > 0);
        while alive.is_empty() || (alive.len() < 3 && rng.bool()) {
            alive.push(world.process(Faults::seeded(rng.u64(..))).await);
        }
        // Sometimes a process has two batches at once, which share its cache.
        let batches: Vec<_> = alive
            .iter()
            .map(|_| [part(&pending, &mut rng), if rng.bool() { part(&pending, &mut rng) } else { Vec::new() }])
            .collect();
        for process in &alive {
            bring_about(&process.faults, &mut rng);
        }
        let error_commits = alive.iter().zip(&batches).map(|(process, [one, other])| async {
            let (one, other) = futures_util::future::join(process.process(one), process.process(other)).await;
            Some([one?, other?])
        });
        let outcomes = join_all(error_commits).await;
        log.extend(alive.iter().map(|process| process.faults.log()));
        let mut survivors = Vec::new();
        for ((process, batches), outcome) in alive.into_iter().zip(&batches).zip(outcomes) {
            process.faults.heal();
            let Some(outcomes) = outcome else { continue };
            survivors.push(process);
            for (batch, failures) in batches.iter().zip(outcomes) {
                for delivery in batch {
                    let failed = failures.iter().any(|failure| failure.id == delivery.id);
                    // Delete a processed message, or not: the queue may deliver it again.
                    if !failed && rng.u8(..5) > 0 {
                        pending.retain(|other| other.id != delivery.id);
                    }
                }
            }
        }
        alive = survivors;
    }
    // Let requests in flight arrive.
    tokio::time::sleep(Duration::from_secs(60)).await;

    if alive.is_empty() {
        alive.push(world.process(Faults::seeded(0)).await);
    }
    rng.shuffle(&mut pending);
    alive[0].process_all(&pending).await;
    let stored = listed(&world.truth, project).await;
    assert_same(&stored, &writer.accepted, "after the faults");

    if rng.bool() {
        world.process(Faults::seeded(0)).await.process_all(&part(&all, &mut rng)).await;
        assert_same(&listed(&world.truth, project).await, &writer.accepted, "after delivering everything again");
    }
    log
}

/// Returns some of the messages, in any order, sometimes one of them twice.
fn part(messages: &[Delivery], rng: &mut Rng) -> Vec<Delivery> {
    let mut part: Vec<_> = messages.iter().filter(|_| rng.u8(..4) > 0).cloned().collect();
    if let (Some(twice), 0) = (part.first().cloned(), rng.u8(..6)) {
        part.push(Delivery { id: format!("{} again", twice.id), ..twice });
    }
    rng.shuffle(&mut part);
    part
}

/// Sets faults of a process for this round.
fn bring_about(faults: &Faults, rng: &mut Rng) {
    const LOUD: [Fault; 7] = [
        Fault::Before,
        Fault::After,
        Fault::TimeOut,
        Fault::TimeOutAfter,
        Fault::Throttle,
        Fault::Partly,
        Fault::Duplicate,
    ];
    faults.delay(Duration::from_millis(rng.u64(1..60)));
    if rng.u8(..3) > 0 {
        let crash = if rng.bool() { Fault::Crash } else { Fault::CrashAfter };
        let of = if rng.bool() { Call::is_write } else { |_: &Call| true };
        faults.rule(When::Nth(rng.u64(..8)), crash, of);
    }
    for _ in 0..rng.u8(..3) {
        let chance = [0.05, 0.3, 0.7][rng.usize(..3)];
        faults.rule(When::Chance(chance), LOUD[rng.usize(..LOUD.len())], |_| true);
    }
}
