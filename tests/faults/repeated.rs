//! Events that are delivered twice, and hashes that errors share.

use std::collections::BTreeSet;

use store::faults::{Fault, Faults, When};

use crate::messages::Writer;
use crate::tally::tally;
use crate::turns::paused;
use crate::world::World;

/// Durable on success (promise 1 in docs/src/internals/promises.md): if two messages of a batch have the same event,
/// neither is done before the event is stored.
#[test]
fn a_repeated_event_is_done_only_when_it_is_stored() {
    paused(async {
        let world = World::new(0).await;
        let project = world.project("p").await.id;
        let mut writer = Writer::new();
        let (first, other) = (writer.v1(project, &[("a", 1)]), writer.v1(project, &[("b", 1)]));
        let again = processor::Delivery { id: "again".to_owned(), ..first.clone() };
        let process = world.process(Faults::seeded(0)).await;
        process.faults.rule(When::Always, Fault::Throttle, |call| call.operation == "TransactWriteItems");
        let failures = process.process(&[first, again, other]).await.unwrap();
        assert_eq!(failures.len(), 3, "{failures:?}");
    });
}

/// A commit that is throttled keeps its hashes for the next attempt, so a later event that shares one of them belongs
/// to the same error.
#[test]
fn a_throttled_commit_keeps_its_hashes() {
    paused(async {
        let world = World::new(0).await;
        let project = world.project("p").await.id;
        let mut writer = Writer::new();
        let process = world.process(Faults::seeded(0)).await;
        // The SDK makes three attempts.
        for nth in 0..3 {
            process.faults.rule(When::Nth(nth), Fault::Throttle, |call| call.operation == "TransactWriteItems");
        }
        assert_eq!(process.process(&[writer.sentry(project, "own", "shared", 1)]).await.unwrap(), []);
        let other = world.process(Faults::seeded(0)).await;
        other.process_all(&[writer.unmarked(project, "own", "shared", 2)]).await;
        let counts: Vec<_> = tally(&world.truth, project).await.values().map(BTreeSet::len).collect();
        assert_eq!(counts, [2], "one error has both hashes");
    });
}
