//! The contract with unmodified v1 clients: what they send, and what they expect.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline, encoded};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

/// A thousand different errors in one body are a thousand errors.
#[tokio::test]
async fn a_thousand_errors_in_one_body() {
    let faultline = Faultline::new().await;
    let errors: Vec<_> = (0..1_000).map(|n| json!({ "type": "E", "message": format!("error {n}") })).collect();
    let answer = faultline.post("sample", &json!({ "errors": errors })).await;
    assert_eq!(answer["data"]["errors"]["postCount"], 1_000);
    assert_eq!(faultline.process().await, 0);
    let counts = faultline.counts().await;
    assert_eq!(counts.len(), 1_000);
    assert!(counts.values().all(|&count| count == 1));
}

/// A message may have any content, and leads to its error in full, or shortened as the list shows it.
#[tokio::test]
async fn an_error_is_found_by_any_message() {
    let faultline = Faultline::new().await;
    let long = "long ".repeat(2_000);
    let messages =
        ["a/b//c", "😀 日本語", "", "100%", "a?b#c&d=e+f", "x/occurrences", "\u{202e}rtl\n\ttab\u{0}", &long];
    for message in messages {
        faultline.post_message(message).await;
    }
    faultline.process().await;
    let listed = faultline.counts().await;
    assert_eq!(listed.len(), messages.len());
    for message in messages.into_iter().filter(|message| !message.is_empty()) {
        let path = format!("/projects/sample/errors/{}", encoded(message));
        assert_eq!(faultline.get(&path).await["error"]["message"], message, "the full message");
        assert_eq!(faultline.get(&format!("{path}/occurrences")).await["totalCount"], 1);
    }
    for (shown, _) in listed.iter().filter(|(shown, _)| !shown.is_empty()) {
        assert!(shown.len() < 720, "the list shortens messages");
        faultline.get(&format!("/projects/sample/errors/{}", encoded(shown))).await;
    }
    let all = faultline.get("/projects/sample/errors").await;
    for error in all["errors"].as_array().unwrap() {
        let fingerprint = error["fingerprint"].as_str().unwrap();
        let shown = faultline.get(&format!("/projects/sample/errors/{fingerprint}")).await;
        assert_eq!(shown["error"]["fingerprint"], fingerprint, "found by its fingerprint, too");
    }
}

/// A message that begins with its type is listed and found unchanged.
#[tokio::test]
async fn a_message_that_begins_with_its_type_is_found() {
    let faultline = Faultline::new().await;
    let errors = [("TypeError", "TypeError: x is null"), ("TypeError", "x is null")];
    let errors: Vec<_> = errors.map(|(kind, message)| json!({ "type": kind, "message": message })).into();
    faultline.post("sample", &json!({ "errors": errors })).await;
    faultline.process().await;
    for message in faultline.counts().await.into_keys() {
        let shown = faultline.get(&format!("/projects/sample/errors/{}", encoded(&message))).await;
        assert_eq!(shown["error"]["message"], message);
    }
    assert_eq!(faultline.counts().await.len(), 2);
}

/// A message with a secret is stored and listed without it, and found by both texts.
#[tokio::test]
async fn a_message_with_a_secret_is_stored_without_it_and_still_found() {
    let faultline = Faultline::new().await;
    let message = "login failed: password=hunter2 for bob";
    faultline.post_message(message).await;
    faultline.process().await;
    let listed = faultline.counts().await.into_keys().next().unwrap();
    assert!(!listed.contains("hunter2") && listed.contains("for bob"), "{listed}");
    for name in [message, &listed] {
        let shown = faultline.get(&format!("/projects/sample/errors/{}", encoded(name))).await;
        assert_eq!(shown["error"]["message"], listed);
    }
}

/// The longest project names are accepted, and a post with a key of the stack creates the project.
#[tokio::test]
async fn a_post_with_a_key_of_the_stack_creates_the_project() {
    let faultline = Faultline::new().await;
    for name in ["x".repeat(256), "é".repeat(128), "client.example_b-c".to_owned()] {
        let posted = json!({ "errors": [{ "message": "m" }] });
        faultline.post(&encoded(&name), &posted).await;
        faultline.process().await;
        let errors = faultline.get(&format!("/projects/{}/errors", encoded(&name))).await;
        assert_eq!(errors["errors"][0]["project"], name.as_str());
    }
    let projects = faultline.get("/projects").await;
    assert_eq!(projects["projects"].as_array().unwrap().len(), 4, "three projects, and the sample");
}

/// Bodies as v1's clients in each language really send them.
#[tokio::test]
async fn nulls_and_odd_shapes_of_the_clients_are_accepted() {
    let faultline = Faultline::new().await;
    let ruby = json!({
        "errors": [
            { "type": "E", "message": "cause", "backtrace": [{ "file": null, "line": null, "function": null }, null] },
            { "type": "E", "message": "outer", "backtrace": null, "timestamp": "2026-11-01T12:00:00.5Z" },
        ],
        "notifications": null,
        "session": [],
    });
    assert_eq!(faultline.post("sample", &ruby).await["data"]["errors"]["postCount"], 2);
    let javascript = json!({ "errors": [{ "type": "_", "message": "js", "backtrace": [] }], "context": { "history": [
        { "type": "click", "date": "2026-11-20T23:16:41.722Z" } ], "severity": "warning" } });
    faultline.post("sample", &javascript).await;
    faultline.process().await;
    let shown = faultline.get("/projects/sample/errors/outer").await;
    assert_eq!(shown["error"]["timestamp"], "2026-11-01T12:00:00.500+00:00");
    assert_eq!(shown["error"]["backtrace"], json!([]));
    let shown = faultline.get("/projects/sample/errors/js").await;
    assert_eq!(shown["error"]["level"], "warning");
    assert_eq!(shown["error"]["context"], javascript["context"]);
}

/// v1's JavaScript client on a page of another origin: its preflight is answered, and it can read every answer. An
/// answer settles its promise by a top-level `id` or `error`.
#[tokio::test]
async fn a_browser_of_another_origin_reads_every_answer() {
    let faultline = Faultline::new().await;
    let preflight = Request::options("/v0/projects/sample/errors")
        .header("origin", "https://shop.example")
        .header("access-control-request-headers", "content-type,x-api-key")
        .body(Body::empty())
        .unwrap();
    let answer = faultline.send(preflight).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("content-type") && allowed.contains("x-api-key"));

    for (body, status, settles) in [(r#"{"errors":[{"message":"m"}]}"#, 201, "id"), ("nope", 400, "error")] {
        let key = faultline.client_key();
        let answer = faultline.call(Method::POST, "/v0/projects/sample/errors", key, body).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.body[settles].is_string(), "{}", answer.body);
    }
}

/// Resolving an error moves it from one list to the other; the next occurrence moves it back.
#[tokio::test]
async fn an_error_is_resolved_and_seen_again() {
    let faultline = Faultline::new().await;
    faultline.post_message("m").await;
    faultline.process().await;
    let listed = async |status: &str| {
        let list = faultline.get(&format!("/projects/sample/errors?status={status}")).await;
        list["errors"].as_array().unwrap().len()
    };
    faultline.clock.advance(60);
    let resolve = r#"{"status":"resolved"}"#;
    let answer = faultline.call(Method::PATCH, "/projects/sample/errors/m", ADMIN, resolve).await;
    assert_eq!((answer.status.as_u16(), &answer.body["data"]["error"]["status"]), (200, &Value::from("resolved")));
    assert_eq!((listed("resolved").await, listed("unresolved").await), (1, 0));

    faultline.clock.advance(60);
    faultline.post_message("m").await;
    faultline.process().await;
    assert_eq!((listed("resolved").await, listed("unresolved").await), (0, 1));
}

/// The timeline accepts ranges with offsets of either sign, also with a `+` that is not encoded.
#[tokio::test]
async fn the_timeline_takes_ranges_with_offsets() {
    let faultline = Faultline::new().await;
    let errors: Vec<_> = ["2016-11-02T00:01:00+00:00", "2016-11-02T00:01:30+00:00", "2016-11-02T03:00:00+00:00"]
        .map(|timestamp| json!({ "message": "m", "timestamp": timestamp }))
        .into();
    faultline.post("sample", &json!({ "errors": errors })).await;
    faultline.process().await;
    let total = async |range: &str| {
        faultline.get(&format!("/projects/sample/errors/m?{range}")).await["timeline"]["totalCount"].as_u64().unwrap()
    };
    assert_eq!(total("start=2016-11-02T09:00:00%2B09:00&end=2016-11-02T10:00:00%2B09:00").await, 2);
    assert_eq!(total("start=2016-11-02T09:00:00+09:00&end=2016-11-02T13:00:00+09:00").await, 3);
    assert_eq!(total("start=2016-11-01T23:00:00-03:00&end=2016-11-02T00:00:01-03:00").await, 1);
    assert_eq!(total("").await, 0, "by default it is this month");
}

/// `/info` answers 201.
#[tokio::test]
async fn info() {
    let faultline = Faultline::new().await;
    let info = faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await;
    assert_eq!(info.status, StatusCode::CREATED);
    assert_eq!(info.body["data"]["version"], env!("CARGO_PKG_VERSION"));
}
