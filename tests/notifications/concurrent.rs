use std::sync::Arc;

use faultline_tests::{Faultline, time};
use futures_util::future::join_all;
use serde_json::json;

use crate::recorder::{Recorder, rules};

/// Several pollers get the same records concurrently, as after a time-out of a process that still runs. Each
/// notification is sent once, and an error has one issue.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_pollers_send_once() {
    let recorder = Recorder::new();
    let faultline = Arc::new(Faultline::builder().notifier(recorder.clone()).start().await);
    let rule = json!([{ "on": ["first", "threshold"], "threshold": 1, "interval": 1, "maxPerMinute": 100, "to": [
        { "type": "github", "userToken": "t", "owner": "o", "repo": "repository" },
        { "type": "webhook", "endpoint": "https://hook.example/" },
    ] }]);
    rules(&faultline, rule).await;
    for round in 1..=20u64 {
        faultline.post_message("m").await;
        faultline.process().await;
        let records = Arc::new(faultline.records().await);
        let pollers = (0..5).map(|_| {
            let (faultline, records) = (faultline.clone(), records.clone());
            tokio::spawn(async move { faultline.stack.notify().watch(&records, time()).await })
        });
        for poller in join_all(pollers).await {
            assert_eq!(poller.unwrap(), None);
        }
        faultline.sweep().await;
        let counts: Vec<_> =
            recorder.notifications("hook.example").iter().map(|notification| notification.count).collect();
        assert_eq!(counts, (1..=round).collect::<Vec<_>>());
        assert_eq!(recorder.notifications("repository").len(), counts.len());
    }
    assert_eq!(recorder.issues("repository"), 1);
    let error = faultline.get("/projects/sample/errors/m").await;
    assert_eq!(error["error"]["count"], 20);
    let issue = json!({ "number": 1, "url": "https://repository/1" });
    assert_eq!(error["error"]["issues"], json!([issue]), "the error links to its issue");
}

/// While a message is being sent, no other process sends from its lane. New notifications are sent after it by the same
/// sender.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_overtakes_a_message_in_flight() {
    let recorder = Recorder::new();
    let faultline = Arc::new(Faultline::builder().notifier(recorder.clone()).start().await);
    let rule = json!([{ "on": ["first", "threshold"], "threshold": 1, "interval": 1,
        "to": [{ "type": "github", "userToken": "t", "owner": "o", "repo": "repository" }] }]);
    rules(&faultline, rule).await;
    let gate = recorder.gated();
    faultline.post_message("m").await;
    faultline.process().await;
    let records = faultline.records().await;
    let sender = {
        let faultline = faultline.clone();
        tokio::spawn(async move { faultline.stack.notify().watch(&records, time()).await })
    };
    while recorder.requests("repository") == 0 {
        tokio::task::yield_now().await;
    }
    faultline.post_message("m").await;
    faultline.process().await;
    faultline.notify().await;
    assert_eq!(recorder.requests("repository"), 1, "the second waits for the first");
    gate.add_permits(2);
    sender.await.unwrap();
    let counts: Vec<_> = recorder.notifications("repository").iter().map(|notification| notification.count).collect();
    assert_eq!((counts, recorder.issues("repository")), (vec![1, 2], 1));
}

/// A destination that hangs does not delay others.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_hangs_delays_no_other() {
    let recorder = Recorder::new();
    let faultline = Arc::new(Faultline::builder().notifier(recorder.clone()).start().await);
    let rule = json!([{ "to": [{ "type": "webhook", "endpoint": "https://a.example/" },
        { "type": "webhook", "endpoint": "https://b.example/" }] }]);
    rules(&faultline, rule).await;
    let gate = recorder.gated();
    faultline.post_message("m").await;
    faultline.process().await;
    let records = faultline.records().await;
    let sender = {
        let faultline = faultline.clone();
        tokio::spawn(async move { faultline.stack.notify().watch(&records, time()).await })
    };
    while recorder.requests("a.example") + recorder.requests("b.example") < 2 {
        tokio::task::yield_now().await;
    }
    // Both requests are in flight at the same time, so one of them may hang.
    gate.add_permits(1);
    while recorder.messages("a.example").len() + recorder.messages("b.example").len() < 1 {
        tokio::task::yield_now().await;
    }
    assert!(!sender.is_finished());
    gate.add_permits(1);
    sender.await.unwrap();
}
