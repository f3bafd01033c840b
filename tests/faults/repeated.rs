//! Events that a batch has twice.

use store::faults::{Fault, Faults, When};

use crate::messages::Writer;
use crate::turns::paused;
use crate::world::World;

/// Promise 1: a message whose event another message of the batch brought too is not done while the event is not stored.
#[test]
fn a_repeated_event_is_done_only_when_it_is_stored() {
    paused(async {
        let world = World::new(0).await;
        let project = world.project("p").await.id;
        let mut writer = Writer::new();
        let (first, other) = (writer.v1(project, &[("a", 1)]), writer.v1(project, &[("b", 1)]));
        let again = digest::Delivery { id: "again".to_owned(), ..first.clone() };
        let process = world.process(Faults::seeded(0)).await;
        process.faults.rule(When::Always, Fault::Throttle, |call| call.operation == "TransactWriteItems");
        let failures = process.digest(&[first, again, other]).await.unwrap();
        assert_eq!(failures.len(), 3, "{failures:?}");
    });
}
