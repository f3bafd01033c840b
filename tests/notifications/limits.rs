use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use rules::Message;
use serde_json::json;

use crate::recorder::{Recorder, rules};

/// A project over its limit is announced once a day, however many minutes are over the limit. In quiet hours it is
/// announced afterwards.
#[tokio::test]
async fn a_project_over_its_limit_is_announced_once() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let limits = json!({ "limits": { "perMinute": 3 } }).to_string();
    let set = faultline.call(Method::PATCH, "/projects/sample", ADMIN, limits).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    let quiet = json!({ "from": "00:00", "to": "06:00", "timezone": "UTC" });
    let rule = json!([{ "on": ["limited"], "quiet": quiet, "to": [
        { "type": "webhook", "endpoint": "https://hook.example/" },
        { "type": "email", "to": ["on-call@example.org"] },
    ] }]);
    rules(&faultline, rule).await;
    for _ in 0..3 {
        for n in 0..5 {
            faultline.try_post("sample", &json!({ "errors": [{ "message": format!("m{n}") }] })).await;
        }
        faultline.process().await;
        faultline.notify().await;
        faultline.clock.advance(60);
    }
    for to in ["hook.example", "on-call@example.org"] {
        assert_eq!(recorder.messages(to), [], "quiet hours");
    }
    faultline.clock.advance(6 * 3_600);
    faultline.sweep().await;
    for to in ["hook.example", "on-call@example.org"] {
        let sent = recorder.messages(to);
        assert_eq!(sent.len(), 1, "{sent:?}");
        let Message::Limited { project, limit, .. } = &sent[0] else { panic!("{sent:?}") };
        assert_eq!((project.as_str(), limit.as_str()), ("sample", "3 events a minute"));
    }
    faultline.clock.advance(86_400);
    for n in 0..5 {
        faultline.try_post("sample", &json!({ "errors": [{ "message": format!("m{n}") }] })).await;
    }
    faultline.process().await;
    faultline.notify().await;
    faultline.clock.advance(6 * 3_600);
    faultline.sweep().await;
    assert_eq!(recorder.messages("hook.example").len(), 2, "again on the next day");
}
