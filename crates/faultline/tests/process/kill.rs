//! Tests promises 1 and 2 (docs/src/internals/promises.md): an event that was answered with success is not lost, even
//! if the process crashes at any point, and is not counted twice.
//!
//!     FAULTLINE_KILLS=500 FAULTLINE_SEED=3 cargo test -p faultline --test process kill
//!
//! kills the process that many times, at moments that depend on the seed.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::running::Running;

/// How many times the process is killed, if `FAULTLINE_KILLS` is not set.
const KILLS: u64 = 6;
/// Maximum number of answers in a round before the kill. Processing goes on at the same time, in batches of a few tens,
/// so the kill can happen in any part of it.
const ANSWERS: u64 = 500;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// In each round, the process is killed with SIGKILL at a random moment while 8 connections post. In some rounds this
/// is soon after the start, while it processes the events of the round before. After the last restart every answered
/// event is listed and counted once. An event that was not answered may exist or not; if it does, it is there once too.
#[tokio::test(flavor = "multi_thread")]
async fn every_answered_event_survives_sigkill() {
    let seed = variable("FAULTLINE_SEED").unwrap_or_else(|| std::process::id().into());
    // The output is shown if the test fails.
    eprintln!("FAULTLINE_SEED={seed}: the moments of the kills");
    let mut rng = fastrand::Rng::with_seed(seed);
    let dir = tempfile::tempdir().unwrap();
    let answered = Mutex::new(BTreeSet::new());
    for _ in 0..variable("FAULTLINE_KILLS").unwrap_or(KILLS) {
        // In every third round it is killed soon after the start.
        let kill_after = if rng.u8(..3) == 0 { rng.u64(1..4) } else { rng.u64(1..ANSWERS) };
        let running = Running::start(dir.path());
        let (answers, due) = (AtomicU64::new(0), tokio::sync::Notify::new());
        let post = async || {
            while let Some(id) = running.post("m").await {
                answered.lock().unwrap().insert(id);
                if answers.fetch_add(1, Ordering::Relaxed) + 1 == kill_after {
                    due.notify_one();
                }
            }
        };
        tokio::select! {
            () = due.notified() => {}
            ((), (), (), (), (), (), (), ()) = async {
                tokio::join!(post(), post(), post(), post(), post(), post(), post(), post())
            } => panic!("it stopped answering before it was killed"),
        }
        running.kill();
    }

    let running = Running::start(dir.path());
    let answered = answered.into_inner().unwrap();
    running.wait_for_count("m", answered.len() as u64).await;
    // Events that were received but not answered may still be processed: a clean stop empties the inbox.
    assert_eq!(running.interrupt(), Some(0));
    let running = Running::start(dir.path());
    let (listed, count) = (running.event_ids("m").await, running.count("m").await);
    let distinct: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len(), "listed once");
    assert_eq!(count, listed.len() as u64, "counted as listed");
    let lost: Vec<_> = answered.difference(&distinct).collect();
    assert!(lost.is_empty(), "{} of {} answered events are lost", lost.len(), answered.len());
}
