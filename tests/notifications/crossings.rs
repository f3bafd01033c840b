use serde_json::json;

use faultline_tests::Faultline;

use crate::recorder::{Recorder, brief, rules};

/// Posts `count` events of one error in one request.
async fn post(faultline: &Faultline, message: &str, count: usize) {
    let errors = vec![json!({ "type": "E", "message": message }); count];
    faultline.post("sample", &json!({ "errors": errors })).await;
}

/// «Notify at 30 occurrences, then at every 5», over 10,000 events of two errors in batches of any size. The stream
/// repeats some of the records, in other batches. Exactly the messages of the rule are sent, each once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn each_threshold_is_sent_once_in_order() {
    for seed in 0..3 {
        let recorder = Recorder::new();
        let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
        let rule = json!([{ "id": "r", "on": ["threshold"], "threshold": 30, "interval": 5, "maxPerMinute": 100,
            "to": [{ "type": "webhook", "endpoint": "https://hook.example/a" }] }]);
        rules(&faultline, rule).await;
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut counts, mut expected, mut minute) = ([0u64; 2], [Vec::new(), Vec::new()], 0);
        let mut events = 0;
        while events < 10_000 {
            let batch = random.usize(1..60);
            events += batch;
            let error = random.usize(..2);
            post(&faultline, ["a", "b"][error], batch).await;
            assert_eq!(faultline.process().await, 0);
            let (before, after) = (counts[error], counts[error] + batch as u64);
            counts[error] = after;
            // The very first commit sends nothing: the rule has only the trigger `threshold`.
            if after >= 30 && after / 5 > before.max(29) / 5 {
                expected[error].push(format!("threshold {after}"));
            }
            if random.u8(..4) == 0 {
                let records = faultline.records().await;
                let again = random.usize(..=records.len());
                let notify = faultline.stack.notify();
                assert_eq!(notify.watch(&records[..again], faultline_tests::time()).await, None);
                assert_eq!(notify.watch(&records, faultline_tests::time()).await, None);
                assert_eq!(notify.watch(&records[again..], faultline_tests::time()).await, None);
            }
            if random.u8(..12) == 0 {
                minute += 1;
                faultline.clock.advance(60);
                counts = [0; 2];
            }
        }
        faultline.notify().await;
        let sent = recorder.notifications("hook.example");
        for (error, expected) in ["a", "b"].into_iter().zip(expected) {
            let sent: Vec<_> = sent.iter().filter(|notification| notification.message == error).map(brief).collect();
            assert_eq!(sent, expected, "seed {seed}, {minute} minutes");
        }
        let names: std::collections::HashSet<_> = sent.iter().map(|notification| notification.token.clone()).collect();
        assert_eq!(names.len(), sent.len(), "each message has its own id");
    }
}

/// A new error and a regression are announced, and nothing in between. Changes by people are not announced.
#[tokio::test]
async fn new_errors_and_regressions_are_announced() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let rule = json!([{ "to": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x" }] }]);
    rules(&faultline, rule).await;
    for _ in 0..3 {
        post(&faultline, "m", 2).await;
        faultline.process().await;
        faultline.notify().await;
        faultline.clock.advance(60);
    }
    assert_eq!(recorder.brief("hooks.slack.com"), ["first 2"]);
    let body = json!({ "status": "resolved" }).to_string();
    let path = "/projects/sample/errors/m";
    faultline.call(http::Method::PATCH, path, faultline_tests::ADMIN, body).await;
    faultline.notify().await;
    faultline.clock.advance(60);
    post(&faultline, "m", 1).await;
    faultline.process().await;
    faultline.notify().await;
    assert_eq!(recorder.brief("hooks.slack.com"), ["first 2", "regression 7"]);
    let sent = &recorder.notifications("hooks.slack.com")[1];
    assert_eq!((sent.message.as_str(), sent.kind.as_str(), sent.project.as_str()), ("m", "E", "sample"));
    assert!(sent.occurrence.as_ref().unwrap().message == "m", "with its newest occurrence");
}

/// A posted config decides as in v1: always at the first occurrence, then by threshold and interval.
#[tokio::test]
async fn a_posted_config_decides_as_in_v1() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let config = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x", "channel": "#a",
        "threshold": 3, "notifyInterval": 2 }]);
    for _ in 0..8 {
        let body = json!({ "errors": [{ "type": "E", "message": "m" }], "notifications": config });
        faultline.post("sample", &body).await;
        faultline.process().await;
        faultline.notify().await;
    }
    assert_eq!(recorder.brief("hooks.slack.com"), ["first 1", "threshold 4", "threshold 6", "threshold 8"]);
}

/// A config posted with an occurrence of a merged error uses the merged error's own count. The target has occurrences
/// of others.
#[tokio::test]
async fn a_config_posted_with_a_merged_error_uses_its_own_count() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    for message in ["whole", "part"] {
        post(&faultline, message, 1).await;
        faultline.process().await;
    }
    let list = faultline.get("/projects/sample/errors").await;
    let part = list["errors"].as_array().unwrap().iter().find(|error| error["message"] == "part").unwrap();
    let body = json!({ "errors": [part["fingerprint"]] }).to_string();
    let merged =
        faultline.call(http::Method::POST, "/projects/sample/errors/whole/merge", faultline_tests::ADMIN, body).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    let config = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x", "channel": "#a",
        "threshold": 3, "notifyInterval": 2 }]);
    // The merged error had one occurrence in this minute before it was merged.
    for _ in 0..5 {
        let body = json!({ "errors": [{ "type": "E", "message": "part" }], "notifications": config });
        faultline.post("sample", &body).await;
        faultline.process().await;
        faultline.notify().await;
    }
    assert_eq!(recorder.brief("hooks.slack.com"), ["threshold 4", "threshold 6"]);
    assert!(recorder.notifications("hooks.slack.com").iter().all(|notification| notification.message == "part"));
}

/// Notifications of an error that was deleted in the meantime are dropped, and block nothing.
#[tokio::test]
async fn a_deleted_error_is_not_announced() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, json!([{ "to": [{ "type": "webhook", "endpoint": "https://hook.example/" }] }])).await;
    post(&faultline, "gone", 1).await;
    faultline.process().await;
    let path = "/projects/sample/errors/gone";
    faultline.call(http::Method::DELETE, path, faultline_tests::ADMIN, axum::body::Body::empty()).await;
    post(&faultline, "there", 1).await;
    faultline.process().await;
    faultline.notify().await;
    let sent: Vec<_> =
        recorder.notifications("hook.example").iter().map(|notification| notification.message.clone()).collect();
    assert_eq!(sent, ["there"]);
}
