//! A flood of new errors sends as many messages as the rule allows, and one summary.

use faultline_tests::{Faultline, time};
use rules::Message;
use serde_json::{Value, json};

use crate::recorder::{Break, Recorder, rules};

async fn flood(faultline: &Faultline, name: &str, count: usize) {
    let errors: Vec<Value> = (0..count).map(|n| json!({ "type": "E", "message": format!("{name} {n}") })).collect();
    for errors in errors.chunks(20) {
        faultline.post("sample", &json!({ "errors": errors })).await;
    }
    assert_eq!(faultline.process().await, 0);
}

/// Returns the number of single messages, and the counts that the summaries report.
fn shape(sent: &[Message]) -> (usize, Vec<u64>) {
    let alone = sent.iter().filter(|message| matches!(message, Message::One(_))).count();
    let held = sent.iter().filter_map(|message| match message {
        Message::Several { notifications, more, overflow: Some(_), .. } => Some(notifications.len() as u64 + more),
        _ => None,
    });
    (alone, held.collect())
}

#[tokio::test]
async fn sixty_new_errors_send_ten_messages_and_a_summary() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(
        &faultline,
        json!([{ "id": "chat", "to": [{ "type": "slack", "endpoint": "https://chat.example/x" },
            { "type": "github", "userToken": "t", "owner": "o", "repo": "issues" }] },
            { "id": "more", "maxPerMinute": 25, "to": [{ "type": "webhook", "endpoint": "https://more.example/x" }] }]),
    )
    .await;
    flood(&faultline, "a", 60).await;
    // The stream delivers the records again, in part and all of them.
    let records = faultline.records().await;
    let notify = faultline.stack.notify();
    for records in [&records[..records.len() / 2], &records[..], &records[records.len() / 3..]] {
        assert_eq!(notify.watch(records, time()).await, None);
    }
    assert_eq!(shape(&recorder.messages("chat.example")), (10, vec![]));
    faultline.clock.advance(61);
    faultline.sweep().await;
    assert_eq!(shape(&recorder.messages("chat.example")), (10, vec![50]));
    assert_eq!(shape(&recorder.messages("issues")), (5, vec![55]), "the default of a tracker is lower");
    assert_eq!(shape(&recorder.messages("more.example")), (25, vec![35]), "the rule's own maximum");
    assert_eq!(notify.watch(&records, time()).await, None);
    faultline.clock.advance(61);
    faultline.sweep().await;
    assert_eq!(shape(&recorder.messages("chat.example")), (10, vec![50]), "nothing is sent again");

    flood(&faultline, "b", 3).await;
    faultline.notify().await;
    assert_eq!(shape(&recorder.messages("chat.example")), (13, vec![50]), "the next minute has its own maximum");
}

/// If a destination is down when the summary is due, it gets the summary later, once.
#[tokio::test]
async fn a_summary_that_fails_is_sent_later_once() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    rules(&faultline, json!([{ "to": [{ "type": "webhook", "endpoint": "https://hook.example/x" }] }])).await;
    flood(&faultline, "a", 40).await;
    faultline.notify().await;
    recorder.breaks("hook.example", Break::Down);
    for _ in 0..30 {
        faultline.clock.advance(10);
        faultline.sweep().await;
    }
    recorder.mends("hook.example");
    for _ in 0..90 {
        faultline.clock.advance(10);
        faultline.sweep().await;
    }
    assert_eq!(shape(&recorder.messages("hook.example")), (10, vec![30]));
}
