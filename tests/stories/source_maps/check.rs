//! The check of the set-up: what the newest events and uploads say.

use faultline_tests::Faultline;
use serde_json::json;

use super::{ID, SOURCE, build, event, post_event, upload, upload_key};

/// The findings as `state: text`, problems first.
async fn findings(faultline: &Faultline) -> Vec<String> {
    let answer = faultline.get("/projects/sample/source-maps/check").await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().map(|finding| format!("{}: {}", text(&finding["state"]), text(&finding["text"]))).collect()
}

#[track_caller]
fn assert_starts(found: &[String], expected: &[&str]) {
    let fits = found.len() == expected.len() && found.iter().zip(expected).all(|(one, start)| one.starts_with(start));
    assert!(fits, "{found:#?}");
}

#[tokio::test]
async fn the_check_says_what_is_wrong_until_it_is_right() {
    let faultline = Faultline::new().await;
    assert_starts(&findings(&faultline).await, &["note: Nothing was uploaded", "note: None of the newest errors"]);

    post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
    let missing = format!("problem: No source map was uploaded for debug id {ID}");
    assert_starts(&findings(&faultline).await, &["problem: Nothing was uploaded", &missing]);

    let key = upload_key(&faultline).await;
    let mut broken = build(ID, "a", SOURCE);
    broken.map = json!({ "version": 4, "mappings": "" });
    upload(&faultline, &key, &[broken]).await;
    faultline.clock.advance(31);
    assert_starts(&findings(&faultline).await, &["problem: The newest upload, of ", &missing]);

    upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    faultline.clock.advance(301);
    let expected = ["good: The newest upload, of ", "good: Events of JavaScript are shown as the code was written."];
    assert_starts(&findings(&faultline).await, &expected);
    let answer = faultline.get("/projects/sample/source-maps/check").await;
    assert_eq!((&answer["findings"][0]["events"], &answer["findings"][1]["events"]), (&json!(0), &json!(1)));
    assert!(answer["findings"][1]["example"].is_string(), "{answer}");
}

#[tokio::test]
async fn an_old_sdk_is_named() {
    let faultline = Faultline::new().await;
    let mut sent = event(ID, "https://shop.test/assets/main.js", "a");
    sent["debug_meta"] = json!(null);
    sent["sdk"] = json!({ "name": "sentry.javascript.browser", "version": "7.40.0" });
    post_event(&faultline, &sent).await;
    let found = findings(&faultline).await;
    assert!(
        found.iter().any(|one| one.starts_with("problem: sentry.javascript.browser 7.40.0 sends no debug ids")),
        "{found:#?}"
    );
}
