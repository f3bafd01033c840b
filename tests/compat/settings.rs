//! Settings: the retention, the allowed origins and the repository of a project hold, and an occurrence kept for a year is found.

use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use serde_json::json;

use crate::Samples;
use crate::write::in_nine_minutes;

#[tokio::test]
async fn a_project_and_its_occurrences_are_read() {
    let faultline = Samples::of("settings").restored().await;
    let projects = faultline.get("/projects").await;
    let shop = projects["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!(shop["retentionDays"], 365);
    assert_eq!(shop["allowedOrigins"], json!(["https://shop.example", "https://*.shop.example"]));
    assert_eq!(shop["repository"], repository());

    let listed = faultline.get("/projects/shop/errors/kept%20for%20a%20year/occurrences").await;
    assert_eq!((&listed["totalCount"], &listed["errors"][0]["message"]), (&json!(9), &json!("kept for a year")));

    let post = async |origin: &str| {
        let request = Request::builder().method(Method::POST).uri("/projects/shop/errors").header("x-api-key", ADMIN);
        let body = json!({ "errors": [{ "message": "m" }] }).to_string();
        faultline.send(request.header("origin", origin).body(body.into()).unwrap()).await.status.as_u16()
    };
    assert_eq!([post("https://www.shop.example").await, post("https://other.example").await], [201, 403]);
}

fn repository() -> serde_json::Value {
    json!({ "url": "https://git.example/{path}", "branch": "main", "paths": [{ "from": "/app/", "to": "shop/" }] })
}

/// Writes a project with its own retention, allowed origins and repository, and an error of it with its segment.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let settings = json!({
        "retentionDays": 365,
        "allowedOrigins": ["https://shop.example", "https://*.shop.example"],
        "repository": repository(),
    });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", settings.to_string()).await;
    faultline.post("shop", &in_nine_minutes("kept for a year")).await;
    assert_eq!(faultline.process().await, 0);
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some("error".to_owned()),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("T#") => Some("timeline".to_owned()),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("O#") => Some(format!("reference-{}", &sk[2..12])),
            _ => None,
        })
        .await;
}
