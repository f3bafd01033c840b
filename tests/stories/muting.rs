//! An error is muted forever, until a time, or for a number of occurrences.

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/projects/sample/errors/m";

async fn patch(faultline: &Faultline, body: Value) -> Value {
    let answer = faultline.call(Method::PATCH, PATH, ADMIN, body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"]["error"].clone()
}

/// Returns the status after another occurrence, ten seconds later.
async fn status_after_another(faultline: &Faultline) -> String {
    faultline.clock.advance(10);
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    faultline.get("/projects/sample/errors").await["errors"][0]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mute_lasts_as_long_as_it_says() {
    let faultline = Faultline::new().await;
    assert_eq!(status_after_another(&faultline).await, "unresolved");
    patch(&faultline, json!({ "status": "muted" })).await;
    assert_eq!(status_after_another(&faultline).await, "muted");
    let listed = faultline.get("/projects/sample/errors?status=muted").await;
    assert_eq!(listed["errors"].as_array().unwrap().len(), 1);

    let muted = patch(&faultline, json!({ "status": "muted", "occurrences": 2 })).await;
    assert_eq!((&muted["count"], &muted["mutedUntilCount"]), (&json!(2), &json!(4)), "{muted}");
    assert_eq!(status_after_another(&faultline).await, "muted");
    assert_eq!(status_after_another(&faultline).await, "unresolved");

    let until = "2026-11-02T00:02:00+00:00";
    let muted = patch(&faultline, json!({ "status": "muted", "until": until })).await;
    assert_eq!((&muted["mutedUntil"], &muted["mutedUntilCount"]), (&json!(until), &Value::Null));
    assert_eq!(status_after_another(&faultline).await, "muted");
    assert_eq!(status_after_another(&faultline).await, "muted", "the mute still holds at 00:02:00 itself");
    assert_eq!(status_after_another(&faultline).await, "unresolved");

    patch(&faultline, json!({ "status": "muted", "occurrences": 100 })).await;
    let set = patch(&faultline, json!({ "status": "unresolved" })).await;
    assert_eq!([&set["status"], &set["mutedUntilCount"]], [&json!("unresolved"), &Value::Null]);
}

#[tokio::test]
async fn an_invalid_mute_is_refused_with_a_reason() {
    let faultline = Faultline::new().await;
    status_after_another(&faultline).await;
    for (body, path, says) in [
        (json!({ "status": "asleep" }), "status", "use `unresolved`, `resolved` or `muted`"),
        (json!({ "status": "muted", "until": "tomorrow" }), "until", "`tomorrow` is not an RFC 3339 time"),
        (json!({ "status": "muted", "until": "2026-11-01T00:00:00Z" }), "until", "must be later than now"),
        (json!({ "status": "muted", "occurrences": 0 }), "occurrences", "at least 1"),
        (json!({ "status": "resolved", "until": "2026-11-02T00:02:00Z" }), "until", "only allowed with status `muted`"),
    ] {
        let answer = faultline.call(Method::PATCH, PATH, ADMIN, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.body["errors"][0]["path"], json!([path]), "{body}");
        assert!(answer.body["message"].as_str().unwrap().contains(says), "{}", answer.body);
    }
}
