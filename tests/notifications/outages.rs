use faultline_tests::{Faultline, time};
use serde_json::json;

use crate::recorder::{Break, Recorder, rules};

async fn seen(faultline: &Faultline, message: &str) {
    faultline.post_message(message).await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
}

fn every_time() -> serde_json::Value {
    json!([{ "id": "every", "on": ["first", "threshold"], "threshold": 1, "interval": 1, "to": [
        { "type": "webhook", "endpoint": "https://down.example/" },
        { "type": "webhook", "endpoint": "https://up.example/" },
    ] }])
}

/// A destination is down for an hour, while an error crosses its threshold every minute. Afterwards each crossing was
/// announced once, in order. The other destination got each at once, and the one that was down was not contacted all
/// the time.
#[tokio::test]
async fn after_an_hour_s_outage_each_notification_is_sent_once() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, every_time()).await;
    recorder.breaks("down.example", Break::Down);
    let mut expected = vec!["first 1".to_owned()];
    for minute in 0..60 {
        seen(&faultline, "m").await;
        assert_eq!(recorder.notifications("up.example").len(), minute + 1, "the other destination gets it at once");
        for _ in 0..6 {
            faultline.clock.advance(10);
            faultline.sweep().await;
        }
        if minute > 0 {
            expected.push("threshold 1".to_owned());
        }
    }
    assert!(recorder.messages("down.example").is_empty());
    let knocked = recorder.requests("down.example");
    assert!(knocked < 60, "{knocked} requests in an hour");
    recorder.mends("down.example");
    for _ in 0..90 {
        faultline.clock.advance(10);
        faultline.sweep().await;
    }
    let sent = recorder.notifications("down.example");
    assert_eq!(recorder.brief("down.example"), expected);
    let counts: Vec<_> = sent.iter().map(|notification| notification.count).collect();
    assert_eq!(counts, (1..=60).collect::<Vec<_>>(), "in order, each with the count of its time");
    let names: std::collections::HashSet<_> = sent.iter().map(|notification| &notification.token).collect();
    assert_eq!(names.len(), 60);
    faultline.clock.advance(3_600);
    faultline.sweep().await;
    assert_eq!(recorder.notifications("down.example").len(), 60, "nothing is left to send");
}

/// A destination that sends `Retry-After` is left alone until then.
#[tokio::test]
async fn retry_after_is_respected() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, every_time()).await;
    recorder.breaks("down.example", Break::Busy(1_800));
    seen(&faultline, "m").await;
    recorder.mends("down.example");
    for _ in 0..29 {
        faultline.clock.advance(60);
        faultline.sweep().await;
        assert_eq!(recorder.requests("down.example"), 1);
    }
    faultline.clock.advance(300);
    faultline.sweep().await;
    assert_eq!(recorder.brief("down.example"), ["first 1"]);
}

/// A permanently refused notification becomes a dead letter at once and blocks nothing. After the cause is fixed, a
/// redrive sends it once, however often it is called.
#[tokio::test]
async fn a_permanently_refused_notification_is_kept_and_redriven() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, every_time()).await;
    recorder.breaks("down.example", Break::Gone);
    seen(&faultline, "m").await;
    recorder.mends("down.example");
    seen(&faultline, "m").await;
    assert_eq!(recorder.brief("down.example"), ["threshold 2"]);
    let notify = faultline.stack.notify();
    let dead = notify.dead_notices(10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].notices, dead[0].reason.as_str()), (1, "it is gone"));
    assert_eq!(notify.redrive(None, time()).await.unwrap().notices, 1);
    assert_eq!(recorder.brief("down.example"), ["threshold 2", "first 1"]);
    assert_eq!(notify.redrive(None, time()).await.unwrap().notices, 0);
    assert!(notify.dead_notices(10).await.unwrap().is_empty());
}

/// A redriven notification goes to the rule's current target, at once, and not to destinations that already got it.
#[tokio::test]
async fn a_redrive_follows_a_rule_that_was_fixed() {
    let webhook = |host: &str| json!({ "type": "webhook", "endpoint": format!("https://{host}/") });
    let to =
        |hosts: &[&str]| json!([{ "id": "first", "to": hosts.iter().map(|host| webhook(host)).collect::<Vec<_>>() }]);
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, to(&["old.example", "up.example"])).await;
    recorder.breaks("old.example", Break::Gone);
    seen(&faultline, "m").await;
    let notify = faultline.stack.notify();
    rules(&faultline, to(&["up.example", "new.example"])).await;
    assert_eq!(notify.redrive(None, time()).await.unwrap().notices, 1);
    assert_eq!((recorder.brief("new.example"), recorder.requests("up.example")), (vec!["first 1".to_owned()], 1));
    assert!(notify.dead_notices(10).await.unwrap().is_empty());

    // Also back to the destination that refused it before.
    rules(&faultline, to(&["old.example"])).await;
    seen(&faultline, "n").await;
    rules(&faultline, to(&["lost.example"])).await;
    recorder.breaks("lost.example", Break::Gone);
    notify.redrive(None, time()).await.unwrap();
    recorder.mends("old.example");
    rules(&faultline, to(&["old.example"])).await;
    notify.redrive(None, time()).await.unwrap();
    assert_eq!(recorder.brief("old.example"), ["first 1"]);
    assert!(notify.dead_notices(10).await.unwrap().is_empty());
}

/// If a destination is down for more than a day, older notifications become dead letters, and newer ones are sent
/// later.
#[tokio::test]
async fn after_a_day_a_notification_is_a_dead_letter() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, every_time()).await;
    recorder.breaks("down.example", Break::Down);
    seen(&faultline, "m").await;
    faultline.clock.advance(43_200);
    seen(&faultline, "m").await;
    faultline.clock.advance(43_201);
    faultline.sweep().await;
    let notify = faultline.stack.notify();
    let dead = notify.dead_notices(10).await.unwrap();
    assert_eq!(
        dead.iter().map(|letter| letter.notices).collect::<Vec<_>>(),
        [1],
        "the other notification is half a day old"
    );
    recorder.mends("down.example");
    notify.redrive(None, time()).await.unwrap();
    for _ in 0..20 {
        faultline.clock.advance(60);
        faultline.sweep().await;
    }
    let mut counts: Vec<_> =
        recorder.notifications("down.example").iter().map(|notification| notification.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2]);
}
