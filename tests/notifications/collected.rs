use faultline_tests::Faultline;
use rules::Message;
use serde_json::json;

use crate::recorder::{Recorder, rules};

async fn seen(faultline: &Faultline, messages: &[&str]) {
    for message in messages {
        faultline.post_message(message).await;
    }
    faultline.process().await;
    faultline.notify().await;
}

fn listed(message: &Message) -> Vec<String> {
    let Message::Several { notifications, more: 0, .. } = message else { panic!("{message:?}") };
    notifications.iter().map(|notification| notification.message.clone()).collect()
}

/// A collecting rule sends one message with everything from its interval. Later notifications go into the next message.
#[tokio::test]
async fn notifications_of_an_interval_are_sent_together() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let rule = json!([{ "collect": { "minutes": 10 },
        "to": [{ "type": "webhook", "endpoint": "https://hook.example/" }] }]);
    rules(&faultline, rule).await;
    seen(&faultline, &["a", "b"]).await;
    faultline.clock.advance(300);
    seen(&faultline, &["c"]).await;
    faultline.sweep().await;
    assert!(recorder.messages("hook.example").is_empty(), "it is not due yet");
    faultline.clock.advance(300);
    faultline.sweep().await;
    let sent = recorder.messages("hook.example");
    assert_eq!(sent.len(), 1);
    let mut first = listed(&sent[0]);
    first[..2].sort();
    assert_eq!(first, ["a", "b", "c"]);
    seen(&faultline, &["d", "e"]).await;
    faultline.clock.advance(599);
    faultline.sweep().await;
    assert_eq!(recorder.messages("hook.example").len(), 1);
    faultline.clock.advance(1);
    faultline.sweep().await;
    assert_eq!(recorder.messages("hook.example").len(), 2);
}

/// During quiet hours nothing is sent. Afterwards, everything is sent in one message. The clock of a test starts at
/// 00:01 UTC.
#[tokio::test]
async fn nothing_is_sent_in_quiet_hours() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let rule = json!([{ "quiet": { "from": "22:00", "to": "06:00", "timezone": "UTC" }, "to": [
        { "type": "webhook", "endpoint": "https://hook.example/" },
        { "type": "github", "userToken": "t", "owner": "o", "repo": "repository" },
    ] }]);
    rules(&faultline, rule).await;
    seen(&faultline, &["a", "b"]).await;
    faultline.clock.advance(5 * 3_600 + 58 * 60);
    faultline.sweep().await;
    assert_eq!(recorder.requests("hook.example") + recorder.requests("repository"), 0, "05:59");
    faultline.clock.advance(60);
    faultline.sweep().await;
    assert_eq!(recorder.messages("hook.example").len(), 1, "06:00");
    assert_eq!(recorder.issues("repository"), 2, "each error has its own issue, also in quiet hours");
    seen(&faultline, &["c"]).await;
    assert_eq!(recorder.messages("hook.example").len(), 2, "outside of quiet hours it is sent at once");
}
