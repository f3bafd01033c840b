//! Seeded schedules: several processes get the same stream records, sweep concurrently, fail and die, while
//! destinations go down and come back.
//!
//! Run any number of schedules, or one seed again:
//!
//!     FAULTLINE_SCHEDULES=10000 cargo test -p faultline-tests --test faults notices::schedules
//!     FAULTLINE_SEED=17 FAULTLINE_SCHEDULES=1 cargo test -p faultline-tests --test faults notices::schedules

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use notify::Record;
use notify::channels::SendError;
use serde_json::json;
use store::faults::{Call, Fault, Faults, When};
use store::ports::Project;

use super::destinations::{Arrived, Destinations, SEND};
use super::notify_process::{NotifyProcess, Scene};
use crate::schedules::{Seeds, on_all_cores};

/// Number of schedules to run unless `FAULTLINE_SCHEDULES` is set.
const SCHEDULES: u64 = 100;
/// After this many schedules, a new stack is created.
const RENEWED: u64 = 50;
/// Maximum number of rounds with faults.
const ROUNDS: usize = 5;
const DESTINATIONS: [&str; 3] = ["hook", "tracker", "collected"];
const ERRORS: [&str; 3] = ["a", "b", "c"];

/// However processes fail and die, and whatever destinations do, each notification reaches its destinations in order,
/// and once if nothing fails. An error has one issue. A refused notification becomes a dead letter and is sent when it
/// is redriven.
#[test]
fn every_notification_is_sent_whatever_fails() {
    on_all_cores(SCHEDULES, schedules);
}

async fn schedules(seeds: Seeds) {
    let mut scene = Scene::new(0).await;
    for run in 1.. {
        let Some(seed) = seeds.next() else { return };
        if run % RENEWED == 0 {
            scene = Scene::new(0).await;
        }
        scene.reseed(seed).await;
        let _reproduce = Reproduce(seed);
        schedule(&mut scene, seed).await;
    }
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
             cargo test -p faultline-tests --test faults notices::schedules"
        );
    }
}

/// What has happened so far, and the notifications that are expected from it.
struct Story {
    project: Project,
    counts: BTreeMap<&'static str, u64>,
    expected: BTreeSet<String>,
    records: Vec<Record>,
    /// Number of records that were processed.
    taken: usize,
}

impl Story {
    async fn begin(scene: &Scene, seed: u64) -> Self {
        let always = |id: &str| {
            json!({ "id": id, "on": ["first", "threshold"], "threshold": 1, "interval": 1,
            "maxPerMinute": 100 })
        };
        let (mut now, mut later) = (always("now"), always("later"));
        let tracker = json!({ "type": "github", "userToken": "t", "owner": "o", "repo": "tracker" });
        now["to"] = json!([{ "type": "webhook", "endpoint": "https://hook/" }, tracker]);
        later["to"] = json!([{ "type": "webhook", "endpoint": "https://collected/" }]);
        later["collect"] = json!({ "minutes": 5 });
        let project = scene.project(&format!("p{seed}"), &json!([now, later])).await;
        let (counts, expected, records, taken) = Default::default();
        Self { project, counts, expected, records, taken }
    }

    async fn goes_on(&mut self, scene: &mut Scene, rng: &mut Rng) {
        for _ in 0..rng.usize(..5) {
            let (error, times) = (ERRORS[rng.usize(..ERRORS.len())], rng.usize(1..4));
            scene.commit(&self.project, &[(error, times)], None).await;
            let count = self.counts.entry(error).or_default();
            let why = if *count == 0 { "first" } else { "threshold" };
            *count += times as u64;
            self.expected.extend(DESTINATIONS.map(|to| format!("{to} {error} {why} {count}")));
        }
        self.records.extend(scene.records().await);
    }
}

async fn schedule(scene: &mut Scene, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    // In every fourth schedule only destinations fail, so nothing may be sent twice.
    let storage_fails = !seed.is_multiple_of(4);
    let to = Arc::new(Destinations::default());
    let mut story = Story::begin(scene, seed).await;
    let (mut alive, mut struck): (Vec<NotifyProcess>, usize) = (Vec::new(), 0);
    for _ in 0..rng.usize(2..=ROUNDS) {
        story.goes_on(scene, &mut rng).await;
        for destination in DESTINATIONS {
            match rng.u8(..6) {
                0 => to.breaks(destination, SendError::Transient { retry_after: None, reason: "down".to_owned() }),
                1 if rng.bool() => to.breaks(destination, SendError::Permanent { reason: "gone".to_owned() }),
                _ => to.mends(destination),
            }
        }
        alive.retain(|_| rng.u8(..4) > 0);
        while alive.is_empty() || (alive.len() < 3 && rng.bool()) {
            alive.push(NotifyProcess::over_lines(&scene.world, Faults::seeded(rng.u64(..)), &to).await);
        }
        let end = rng.usize(story.taken..=story.records.len());
        // The first process reads the stream. The others get records that another process got before, as after a
        // time-out.
        let work = alive.iter().enumerate().map(|(index, notifier)| {
            let from = if index == 0 { story.taken } else { rng.usize(..=story.taken) };
            if storage_fails {
                bring_about(&notifier.faults, &mut rng);
            }
            (notifier, from..rng.usize(from.max(if index == 0 { end } else { from })..=end), rng.bool())
        });
        let work: Vec<_> = work.collect();
        let records = &story.records;
        let outcomes = join_all(work.into_iter().map(|(notifier, range, sweeps)| async move {
            let sweep = async { if sweeps { notifier.sweep().await } else { Some(()) } };
            let (watched, swept) = futures_util::future::join(notifier.watch(&records[range]), sweep).await;
            swept.and(watched)
        }));
        let outcomes = outcomes.await;
        match &outcomes[0] {
            Some(None) => story.taken = end,
            Some(Some(number)) => {
                story.taken = story.records.iter().position(|record| record.number == *number).unwrap();
            }
            None => {}
        }
        struck += alive.iter().map(|notifier| notifier.faults.count(|call| call.fault.is_some())).sum::<usize>();
        let mut outcomes = outcomes.into_iter();
        alive.retain(|notifier| {
            notifier.faults.heal();
            outcomes.next().unwrap().is_some()
        });
        scene.world.clock.advance(rng.i64(0..150));
    }
    // Let requests in flight arrive.
    tokio::time::sleep(Duration::from_secs(60)).await;

    let when = format!("seed {seed}");
    DESTINATIONS.iter().for_each(|destination| to.mends(destination));
    let heir = NotifyProcess::over_lines(&scene.world, Faults::seeded(0), &to).await;
    assert_eq!(heir.watch(&story.records[story.taken..]).await, Some(None), "{when}");
    assert_eq!(heir.watch(&story.records).await, Some(None), "{when}");
    scene.drain(&heir, 60, &when).await;
    let mut redriven = false;
    while !heir.notify.dead_notices(100).await.unwrap().is_empty() {
        redriven = true;
        heir.notify.redrive(None, faultline_tests::time()).await.unwrap();
        scene.drain(&heir, 60, &when).await;
    }
    let arrived = to.arrived();
    assert_sent(&story.expected, &arrived, struck, &when);
    if !redriven {
        assert_in_order(&arrived, &when);
    }
    to.assert_orderly(&when);
}

/// Checks that everything expected was accepted, that nothing else arrived, and that nothing was repeated more often
/// than calls were `struck` by faults.
fn assert_sent(expected: &BTreeSet<String>, arrived: &[Arrived], struck: usize, when: &str) {
    let taken: BTreeSet<_> = arrived.iter().filter(|one| one.taken).map(|one| one.what.clone()).collect();
    assert_eq!(&taken, expected, "{when}");
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for one in arrived {
        *times.entry(&one.what).or_default() += 1;
    }
    for (what, times) in times {
        assert!(times <= 1 + struck, "{when}: {what} was sent {times} times, and {struck} calls failed");
    }
}

/// Checks that notifications about an error arrived in order, each always with the same id.
fn assert_in_order(arrived: &[Arrived], when: &str) {
    let mut sent: BTreeMap<_, Vec<(u64, &str)>> = BTreeMap::new();
    for one in arrived {
        let sent = sent.entry(&one.lane).or_default();
        match sent.iter().find(|(count, _)| *count == one.count) {
            Some((_, token)) => assert_eq!(*token, one.token, "{when}: {} has two ids", one.what),
            None => sent.push((one.count, &one.token)),
        }
    }
    for (lane, sent) in sent {
        assert!(sent.is_sorted_by_key(|(count, _)| *count), "{when}: {lane:?} received {sent:?}");
    }
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
    const OF_DESTINATIONS: [Fault; 4] = [Fault::Before, Fault::After, Fault::Throttle, Fault::Reject];
    faults.delay(Duration::from_millis(rng.u64(1..60)));
    if rng.bool() {
        let crash = if rng.bool() { Fault::Crash } else { Fault::CrashAfter };
        let of = if rng.bool() { Call::is_write } else { |_: &Call| true };
        faults.rule(When::Nth(rng.u64(..12)), crash, of);
    }
    for _ in 0..rng.u8(..3) {
        let chance = When::Chance([0.05, 0.3][rng.usize(..2)]);
        faults.rule(chance, LOUD[rng.usize(..LOUD.len())], |call| call.operation != SEND);
    }
    if rng.bool() {
        let fault = OF_DESTINATIONS[rng.usize(..OF_DESTINATIONS.len())];
        faults.rule(When::Chance(0.3), fault, |call| call.operation == SEND);
    }
}
