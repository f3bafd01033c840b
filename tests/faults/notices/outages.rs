//! Long outages of destinations and of the key that seals rules.

use std::sync::Arc;

use notify::channels::SendError;
use serde_json::json;
use store::faults::{Fault, Faults, When};

use super::destinations::Destinations;
use super::notify_process::{NotifyProcess, Scene};
use crate::turns::paused;

const ERRORS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
const QUARTER: i64 = 900;
const DAY: i64 = 86_400;

/// Commits each of `ERRORS`, with a notification for one destination, which is down.
async fn all_wait() -> (Scene, Arc<Destinations>, NotifyProcess) {
    let mut scene = Scene::new(0).await;
    let rule = json!([{ "id": "r", "maxPerMinute": 100, "to": [{ "type": "webhook", "endpoint": "https://hook/" }] }]);
    let project = scene.project("p", &rule).await;
    let to = Arc::new(Destinations::default());
    to.breaks("hook", SendError::Transient { retry_after: None, reason: "it is down".to_owned() });
    scene.commit(&project, &ERRORS.map(|error| (error, 1)), None).await;
    let notifier = NotifyProcess::above_ports(&scene.world, Faults::seeded(0), &to);
    assert_eq!(notifier.watch(&scene.records().await).await, Some(None));
    assert_eq!(scene.waiting().await, ERRORS.len());
    (scene, to, notifier)
}

async fn sweep_for(scene: &Scene, notifier: &NotifyProcess, seconds: i64) {
    for _ in 0..seconds / QUARTER {
        scene.world.clock.advance(QUARTER);
        notifier.sweep().await;
    }
}

/// Checks that all waiting notifications are dead letters, the outbox is empty, and a redrive sends each of them once.
async fn assert_kept_and_redriven(scene: &Scene, notifier: &NotifyProcess, to: &Destinations) {
    let dead = notifier.notify.dead_notices(100).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.notices).sum::<usize>(), ERRORS.len(), "{dead:?}");
    assert_eq!(scene.waiting().await, 0, "the outbox is empty");
    assert!(to.arrived().is_empty());
    to.mends("hook");
    notifier.faults.heal();
    scene.world.clock.advance(QUARTER);
    notifier.notify.redrive(None, faultline_tests::time()).await.unwrap();
    scene.drain(notifier, 10, "redriven").await;
    assert_eq!(to.arrived().len(), ERRORS.len());
    assert!(notifier.notify.dead_notices(100).await.unwrap().is_empty());
}

/// If a destination is down for a day, all its notifications are dead letters soon after, however many there are. It is
/// not contacted for each of them all the time.
#[test]
fn after_a_day_all_waiting_notifications_are_dead_letters() {
    paused(async {
        let (scene, to, notifier) = all_wait().await;
        sweep_for(&scene, &notifier, DAY - QUARTER).await;
        assert_eq!(scene.waiting().await, ERRORS.len(), "delivery is retried for a day");
        assert!(to.requests() < 400, "{} requests in a day", to.requests());
        sweep_for(&scene, &notifier, 3 * QUARTER).await;
        assert_kept_and_redriven(&scene, &notifier, &to).await;
    });
}

/// Rules that can no longer be opened do not block the outbox forever either.
#[test]
fn a_notification_that_cannot_be_sent_for_a_day_is_a_dead_letter() {
    paused(async {
        let (scene, to, notifier) = all_wait().await;
        notifier.faults.rule(When::Always, Fault::Reject, |call| call.operation == "Sealer::open");
        sweep_for(&scene, &notifier, DAY + 3 * QUARTER).await;
        assert_kept_and_redriven(&scene, &notifier, &to).await;
    });
}

/// Nothing is lost while the key cannot be used: the stream records are repeated until it can.
#[test]
fn records_are_repeated_while_the_key_cannot_be_used() {
    paused(async {
        let mut scene = Scene::new(0).await;
        let rule =
            json!([{ "id": "r", "maxPerMinute": 100, "to": [{ "type": "webhook", "endpoint": "https://hook/" }] }]);
        let project = scene.project("p", &rule).await;
        let to = Arc::new(Destinations::default());
        scene.commit(&project, &[("a", 1)], None).await;
        let records = scene.records().await;
        let notifier = NotifyProcess::above_ports(&scene.world, Faults::seeded(0), &to);
        notifier.faults.rule(When::Always, Fault::Reject, |call| call.operation == "Sealer::open");
        let again = notifier.watch(&records).await.unwrap();
        assert!(again.is_some_and(|number| records.iter().any(|record| record.number == number)));
        assert!(notifier.notify.dead_notices(10).await.unwrap().is_empty());
        notifier.faults.heal();
        assert_eq!(notifier.watch(&records).await, Some(None));
        assert_eq!(to.arrived().len(), 1);
    });
}

/// A destination that is up again gets all waiting notifications within minutes.
#[test]
fn a_destination_that_is_up_again_gets_everything() {
    paused(async {
        let (scene, to, notifier) = all_wait().await;
        sweep_for(&scene, &notifier, 4 * QUARTER).await;
        to.mends("hook");
        scene.world.clock.advance(QUARTER);
        notifier.sweep().await;
        scene.world.clock.advance(60);
        notifier.sweep().await;
        assert_eq!(to.arrived().len(), ERRORS.len());
    });
}
