//! Status and assignee of an error, and how occurrences change the status.

use std::time::Duration;

use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/projects/sample/errors/m";

async fn patch(faultline: &Faultline, body: Value) -> Value {
    let answer = try_patch(faultline, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"]["error"].clone()
}

async fn try_patch(faultline: &Faultline, body: Value) -> Answered {
    faultline.call(Method::PATCH, PATH, ADMIN, body.to_string()).await
}

/// Returns the error after another occurrence ten seconds later, with a release or without one.
async fn after_another(faultline: &Faultline, release: Option<&str>) -> Value {
    faultline.clock.advance(10);
    let body = json!({ "errors": [{ "type": "E", "message": "m" }], "context": { "version": release } });
    faultline.post("sample", &body).await;
    assert_eq!(faultline.process().await, 0);
    faultline.get("/projects/sample/errors").await["errors"][0].clone()
}

/// Resolving an error in the next release ignores occurrences from releases that existed before.
#[tokio::test]
async fn an_old_release_does_not_end_a_resolution_in_the_next() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("1.2.0")).await;
    let resolved = patch(&faultline, json!({ "status": "resolved", "inNextRelease": true })).await;
    assert_eq!(resolved["resolution"], json!({ "inNextRelease": true, "after": "1.2.0" }));
    for old in [Some("1.2.0"), Some("1.1.9"), Some("1.2.0-rc.1"), None] {
        let seen = after_another(&faultline, old).await;
        assert_eq!((&seen["status"], &seen["regression"]), (&json!("resolved"), &Value::Null), "{old:?}");
    }
    let seen = after_another(&faultline, Some("1.2.1")).await;
    let now = seen["lastSeen"].clone();
    assert_eq!((&seen["status"], &seen["resolution"]), (&json!("unresolved"), &Value::Null));
    assert_eq!(seen["regression"], json!({ "at": now, "release": "1.2.1", "count": 1 }));

    // Resolved in all releases: an occurrence from any release ends it.
    patch(&faultline, json!({ "status": "resolved" })).await;
    let again = after_another(&faultline, Some("1.1.9")).await;
    assert_eq!((&again["status"], &again["regression"]["release"]), (&json!("unresolved"), &json!("1.1.9")));
    assert_eq!(again["regression"]["count"], 2);
}

/// The next release is the project's, even if the error was seen only in older ones.
#[tokio::test]
async fn the_next_release_is_the_project_s() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("1.2.0")).await;
    let other = json!({ "errors": [{ "type": "E", "message": "other" }], "context": { "version": "1.4.0" } });
    faultline.post("sample", &other).await;
    assert_eq!(faultline.process().await, 0);
    let resolved = patch(&faultline, json!({ "status": "resolved", "inNextRelease": true })).await;
    assert_eq!(resolved["resolution"]["after"], "1.4.0");
    assert_eq!(after_another(&faultline, Some("1.3.0")).await["status"], "resolved");
    assert_eq!(after_another(&faultline, Some("1.4.1")).await["status"], "unresolved");
}

/// A release has the number of errors that it introduced and that it brought back.
#[tokio::test]
async fn a_release_counts_the_errors_it_introduced_and_brought_back() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("1.0")).await;
    patch(&faultline, json!({ "status": "resolved" })).await;
    after_another(&faultline, Some("2.0")).await;
    let new =
        |message: &str| json!({ "errors": [{ "type": "E", "message": message }], "context": { "version": "2.0" } });
    for message in ["n", "o"] {
        faultline.post("sample", &new(message)).await;
        assert_eq!(faultline.process().await, 0);
    }
    let counts = |release: &Value| (release["newErrors"].clone(), release["regressedErrors"].clone());
    let releases = faultline.get("/projects/sample/releases").await["releases"].clone();
    assert_eq!(counts(&releases[0]), (json!(2), json!(1)), "2.0");
    assert_eq!(counts(&releases[1]), (json!(1), json!(0)), "1.0");
    let one = faultline.get("/projects/sample/releases/2.0").await["release"].clone();
    assert_eq!(counts(&one), (json!(2), json!(1)));
    let back = faultline.get("/projects/sample/errors?regressedIn=2.0").await["errors"].clone();
    assert_eq!((back.as_array().unwrap().len(), &back[0]["message"]), (1, &json!("m")));
}

/// Commit hashes have no order: it matters whether the release existed when the error was resolved.
#[tokio::test]
async fn a_new_release_without_an_order_ends_the_resolution() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("9f3c2a1")).await;
    patch(&faultline, json!({ "status": "resolved", "inNextRelease": true })).await;
    assert_eq!(after_another(&faultline, Some("9f3c2a1")).await["status"], "resolved");
    assert_eq!(after_another(&faultline, Some("a01b2c3")).await["status"], "unresolved");
}

#[tokio::test]
async fn without_a_release_there_is_no_next_release() {
    let faultline = Faultline::new().await;
    after_another(&faultline, None).await;
    let answer = try_patch(&faultline, json!({ "status": "resolved", "inNextRelease": true })).await;
    assert_eq!((answer.status.as_u16(), &answer.body["errors"][0]["path"]), (400, &json!(["inNextRelease"])));
    assert!(answer.body["message"].as_str().unwrap().contains("send `release`"), "{}", answer.body);
}

/// Status and assignee change in one write.
#[tokio::test]
async fn an_error_is_resolved_and_assigned_at_once() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("1.0")).await;
    let both = patch(&faultline, json!({ "status": "resolved", "assignee": "Ada <ada@example.org>" })).await;
    assert_eq!((&both["status"], &both["assignee"]), (&json!("resolved"), &json!("Ada <ada@example.org>")));
    let seen = after_another(&faultline, Some("1.0")).await;
    assert_eq!((&seen["status"], &seen["assignee"]), (&json!("unresolved"), &json!("Ada <ada@example.org>")));
    let muted = patch(&faultline, json!({ "status": "muted" })).await;
    assert_eq!(muted["assignee"], "Ada <ada@example.org>", "fields that are not sent stay");
    let nobody = patch(&faultline, json!({ "assignee": null })).await;
    assert_eq!((&nobody["status"], &nobody["assignee"]), (&json!("muted"), &Value::Null));
}

#[tokio::test]
async fn an_invalid_change_is_refused_with_a_reason() {
    let faultline = Faultline::new().await;
    after_another(&faultline, None).await;
    for (body, path, says) in [
        (json!({}), json!([]), "changes nothing"),
        (json!({ "until": "2026-11-02T00:02:00Z" }), json!(["until"]), "only allowed with status `muted`"),
        (json!({ "inNextRelease": true }), json!(["inNextRelease"]), "only allowed with status `resolved`"),
        (
            json!({ "status": "muted", "inNextRelease": true }),
            json!(["inNextRelease"]),
            "only allowed with status `resolved`",
        ),
        (json!({ "assignee": "" }), json!(["assignee"]), "1 to 200 bytes"),
        (json!({ "assignee": "a".repeat(201) }), json!(["assignee"]), "1 to 200 bytes"),
        (json!({ "assignee": 7 }), json!([]), "the body is invalid"),
    ] {
        let answer = try_patch(&faultline, body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["errors"][0]["path"]), (400, &path), "{body}");
        assert!(answer.body["message"].as_str().unwrap().contains(says), "{}", answer.body);
    }
    assert_eq!(patch(&faultline, json!({ "assignee": "é".repeat(100) })).await["assignee"], "é".repeat(100));
}

/// Resolving does not lose against a storm that writes the same error all the time, and neither loses a change.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_set_while_a_storm_writes() {
    let faultline = Faultline::new().await;
    after_another(&faultline, Some("1.0")).await;
    // These messages were received before the error is resolved.
    for _ in 0..40 {
        faultline.post_message("m").await;
    }
    faultline.clock.advance(10);
    let storm = async {
        let inbox = faultline.stack.inbox();
        loop {
            let mut received = inbox.receive(1, 1 << 20, Duration::from_secs(60)).await.unwrap();
            if received.is_empty() {
                return;
            }
            let receipts: Vec<_> = received.iter().map(|message| message.receipt_handle.clone()).collect();
            assert!(faultline.stack.process(&mut received).await.is_empty());
            inbox.delete(receipts.iter()).await.unwrap();
        }
    };
    let people = async {
        for n in 0..20 {
            patch(&faultline, json!({ "status": "resolved", "assignee": format!("{n}") })).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(storm, people);
    let error = faultline.get("/projects/sample/errors").await["errors"][0].clone();
    assert_eq!((&error["count"], &error["status"], &error["assignee"]), (&json!(41), &json!("resolved"), &json!("19")));
    let history = faultline.get(&format!("{PATH}/history?limit=100")).await;
    assert_eq!(history["history"].as_array().unwrap().len(), 40, "each change has its entry");
}
