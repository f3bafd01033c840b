//! Promise 1: an event answered with success is never lost, not by a crash at any point; promise 2: nor counted twice.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::running::Running;

/// How often the process is killed, and after how many answers of each round.
const ROUNDS: [usize; 5] = [1, 40, 150, 90, 300];

/// The process is killed by SIGKILL while 8 connections post. After the last restart every answered event is listed and
/// counted once. An event that was not answered may be there or not; if it is, it too is there once.
#[tokio::test(flavor = "multi_thread")]
async fn every_answered_event_survives_sigkill() {
    let dir = tempfile::tempdir().unwrap();
    let answered = Mutex::new(BTreeSet::new());
    for kill_after in ROUNDS {
        let running = Running::start(dir.path());
        let (answers, killed) = (AtomicUsize::new(0), tokio::sync::Notify::new());
        let post = async || {
            while let Some(id) = running.post("m").await {
                answered.lock().unwrap().insert(id);
                if answers.fetch_add(1, Ordering::Relaxed) == kill_after {
                    killed.notify_one();
                }
            }
        };
        tokio::select! {
            () = killed.notified() => {}
            ((), (), (), (), (), (), (), ()) = async {
                tokio::join!(post(), post(), post(), post(), post(), post(), post(), post())
            } => panic!("it stopped answering before it was killed"),
        }
        running.kill();
    }

    let running = Running::start(dir.path());
    let answered = answered.into_inner().unwrap();
    running.wait_for_count("m", answered.len() as u64).await;
    // What was received but not answered may still be digested: wait until a stop has emptied the inbox.
    assert_eq!(running.interrupt(), Some(0));
    let running = Running::start(dir.path());
    let (listed, count) = (running.event_ids("m").await, running.count("m").await);
    let distinct: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len(), "listed once");
    assert_eq!(count, listed.len() as u64, "counted as listed");
    let lost: Vec<_> = answered.difference(&distinct).collect();
    assert!(lost.is_empty(), "{} of {} answered events are lost", lost.len(), answered.len());
}
