//! Figures: an error's tags, users and hours are read and counting continues. So it does for releases and the timelines
//! of a project and of the stack.

use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::Samples;

/// Posts an event with a user and one of nine values of the tag `request`, of which eight are kept. All are in one
/// minute.
async fn post(faultline: &Faultline, project: &Value, key: &str, event: usize) {
    let event = json!({
        "timestamp": "2026-11-02T00:00:30Z",
        "platform": "python",
        "message": "whole",
        "release": "shop@1.2.3",
        "environment": "production",
        "tags": { "request": format!("r{}", event % 9) },
        "user": { "id": event % 3 },
    });
    let path = format!("/api/{project}/store/?sentry_key={key}");
    let answer = faultline.call(Method::POST, &path, "", event.to_string()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

#[tokio::test]
async fn figures_are_read_and_counting_continues() {
    let faultline = Samples::of("figures").restored().await;
    let range = "unit=minute&start=2026-11-02T00:00:00Z&end=2026-11-02T00:01:00Z";
    let seen = async || {
        let error = faultline.get("/projects/shop/errors").await["errors"][0].clone();
        let path = format!("/projects/shop/errors/{}", error["fingerprint"].as_str().unwrap());
        let tags = faultline.get(&format!("{path}/tags")).await["tags"].clone();
        let request = tags.as_array().unwrap().iter().find(|tag| tag["key"] == "request").unwrap().clone();
        let mut totals = Vec::new();
        for timeline in [format!("{path}/timeline"), "/projects/shop/timeline".to_owned(), "/timeline".to_owned()] {
            totals.push(faultline.get(&format!("{timeline}?{range}")).await["totalCount"].as_u64().unwrap());
        }
        (
            error["users"].as_u64().unwrap(),
            error["hours"][0]["count"].as_u64().unwrap(),
            request["total"].clone(),
            totals,
        )
    };
    assert_eq!(seen().await, (3, 10, json!(10), vec![10, 10, 10]));
    let release = faultline.get("/projects/shop/releases/shop%401.2.3").await["release"].clone();
    assert_eq!(release["firstSeen"], "2026-11-02T00:01:00+00:00");

    let id =
        faultline.get("/projects").await["projects"].as_array().unwrap().iter().find(|p| p["name"] == "shop").unwrap()
            ["id"]
            .clone();
    let key = json!({ "role": "client", "project": "shop" });
    let key = faultline.call(Method::POST, "/keys", ADMIN, key.to_string()).await.body["data"]["key"]["key"].clone();
    post(&faultline, &id, key.as_str().unwrap(), 100).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(seen().await, (3, 11, json!(11), vec![11, 11, 11]));
}

/// Writes an error of a project with figures.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    let made =
        faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"shop"}"#).await.body["data"]["project"].clone();
    for event in 0..10 {
        post(&faultline, &made["id"], made["clientKey"].as_str().unwrap(), event).await;
    }
    assert_eq!(faultline.process().await, 0);
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some("error".to_owned()),
            ("P#2", sk) if sk.starts_with("V#") => Some("release".to_owned()),
            ("PT#2", _) => Some("timeline-project".to_owned()),
            ("STACK", _) => Some("timeline-stack".to_owned()),
            (pk, sk) if pk.starts_with("E#2") && sk.starts_with("T#") => Some("timeline-error".to_owned()),
            _ => None,
        })
        .await;
}
