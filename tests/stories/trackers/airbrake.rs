//! Notices of Airbrake's and Errbit's clients.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{errors, frames, only_event, refused, send};

fn notice(message: &str) -> Value {
    json!({
        "errors": [
            { "type": "CartError", "message": message, "backtrace": [
                { "file": "/PROJECT_ROOT/cart.rb", "line": 12, "function": "total", "code": { "11": "a", "12": "raise", "13": "b" } },
                { "file": "/GEM_ROOT/gems/rack/call.rb", "line": 7, "function": "call" },
            ] },
            { "type": "IndexError", "message": "out of range", "backtrace": [] },
        ],
        "context": {
            "notifier": { "name": "airbrake-ruby", "version": "6.2.2" }, "language": "ruby/3.1.2", "severity": "error",
            "environment": "production", "version": "1.2.3", "hostname": "till-7", "rootDirectory": "/srv/shop",
            "component": "carts", "action": "total", "user": { "id": 42 },
        },
        "params": { "password": "hunter2", "id": 7 },
    })
}

/// A notice is accepted with every form of credentials, whatever project the path names, since the key has one.
#[tokio::test]
async fn a_notice_is_accepted_with_every_form_of_credentials() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let bearer = format!("Bearer {key}");
    let by_query = |project: &str| format!("/api/v3/projects/{project}/notices?key={key}");
    let requests = [
        (by_query("1"), vec![("content-type", "text/plain;charset=UTF-8")]),
        (by_query("105138"), vec![]),
        (format!("/errbit{}", by_query("any%20text")), vec![]),
        ("/api/v3/projects/1/notices".to_owned(), vec![("authorization", bearer.as_str())]),
        ("/api/v3/projects/1/notices/".to_owned(), vec![("x-airbrake-token", key.as_str())]),
        (by_query("1"), vec![("authorization", "Bearer of-a-proxy")]),
        ("/api/v3/projects/1/notices?key=wrong".to_owned(), vec![("authorization", bearer.as_str())]),
        (format!("/api/v3/projects/1/create-notice?key={key}"), vec![]),
        // As in Errbit, the project may be the key.
        (format!("/api/v3/projects/{key}/notices"), vec![]),
    ];
    let count = requests.len() as u64;
    for (path, mut headers) in requests {
        headers.push(("host", "errors.example"));
        let answer = send(&faultline, &path, &headers, notice("no total").to_string()).await;
        assert_eq!(answer.status.as_u16(), 201, "{path} {headers:?}: {}", answer.body);
        assert_eq!(answer.body["id"].as_str().unwrap().len(), 32);
        let url = answer.body["url"].as_str().unwrap();
        assert!(url.starts_with("http://errors.example") && url.ends_with("/projects/sample/errors"), "{url}");
    }
    assert_eq!(errors(&faultline).await, [("CartError".to_owned(), "no total".to_owned(), count)]);
}

/// A key for all projects needs the name of one.
#[tokio::test]
async fn a_key_for_all_projects_names_the_project_in_the_path() {
    let faultline = Faultline::new().await;
    let path = |project: &str| format!("/api/v3/projects/{project}/notices?key={ADMIN}");
    assert_eq!(send(&faultline, &path("sample"), &[], notice("m").to_string()).await.status.as_u16(), 201);
    let refused = send(&faultline, &path("1"), &[], notice("m").to_string()).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]), (401, &json!("key_project")));
    assert_eq!(errors(&faultline).await.len(), 1);
}

#[tokio::test]
async fn a_notice_reads_back_without_its_secrets() {
    let faultline = Faultline::new().await;
    let path = format!("/api/v3/projects/1/notices?key={}", faultline.client_key());
    send(&faultline, &path, &[], notice("no total").to_string()).await;
    let event = only_event(&faultline).await;
    assert_eq!(
        (&event["source"], &event["platform"], &event["transaction"]),
        (&json!("airbrake"), &json!("ruby"), &json!("carts#total"))
    );
    assert_eq!(
        (&event["release"], &event["environment"], &event["serverName"]),
        (&json!("1.2.3"), &json!("production"), &json!("till-7"))
    );
    assert_eq!(frames(&event), [("gems/rack/call.rb".to_owned(), json!(false)), ("cart.rb".to_owned(), json!(true))]);
    assert_eq!(event["exceptions"][0]["type"], "IndexError", "the cause comes first");
    assert_eq!(event["contexts"]["params"], json!({ "password": "[Filtered]", "id": 7 }));
    assert_eq!(event["user"], json!({ "id": "42" }));
}

/// Errors of the same frames are one error, whatever their messages.
#[tokio::test]
async fn notices_are_grouped_by_their_frames() {
    let faultline = Faultline::new().await;
    let path = format!("/api/v3/projects/1/notices?key={}", faultline.client_key());
    let mut other = notice("no total for cart 3");
    other["errors"][0]["backtrace"][0]["function"] = json!("pay");
    for notice in [notice("no total for cart 1"), notice("no total for cart 2"), other] {
        assert_eq!(send(&faultline, &path, &[], notice.to_string()).await.status.as_u16(), 201);
    }
    let counts: Vec<_> = errors(&faultline).await.into_iter().map(|(_, _, count)| count).collect();
    assert_eq!(counts, [2, 1]);
}

/// Figures about performance and notes about deployments are answered and counted. The settings switch the former off.
#[tokio::test]
async fn what_is_not_stored_is_answered_and_counted() {
    let faultline = Faultline::new().await;
    let statistics = "/api/v5/projects/1/routes-stats?key=any";
    for (method, path, status) in [
        (Method::POST, statistics, 204),
        (Method::PUT, statistics, 204),
        (Method::PUT, "/api/v5/projects/1/queries-stats", 204),
        (Method::POST, "/api/v5/projects/1/queues-stats", 204),
        (Method::POST, "/api/v5/projects/1/routes-breakdowns", 204),
        (Method::POST, "/api/v4/projects/1/deploys?key=any", 201),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::from("{}")).unwrap();
        assert_eq!(faultline.send(request).await.status.as_u16(), status, "{path}");
    }
    assert_eq!(refused(&faultline).await, json!({ "item_not_stored": 6 }));
    assert_eq!(errors(&faultline).await, []);

    let path =
        "/2020-06-18/config/7/config.json?&notifier_name=airbrake-ruby&notifier_version=6.2.2&os=x&language=ruby";
    let settings = faultline.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!((settings.status.as_u16(), &settings.body["project_id"]), (200, &json!(7)));
    assert_eq!(
        settings.body["settings"],
        json!([
            { "name": "errors", "enabled": true, "endpoint": null }, { "name": "apm", "enabled": false, "endpoint": null },
        ])
    );
    assert_eq!(settings.body["config_route"], "2020-06-18/config/7/config.json");
}
