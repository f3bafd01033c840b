//! Version 0.1 with a retention and allowed origins of projects: they hold, and an occurrence kept for a year is found.

use faultline_tests::ADMIN;
use http::{Method, Request};
use serde_json::json;

use crate::Samples;

#[tokio::test]
async fn a_project_and_its_occurrences_are_read() {
    let faultline = Samples::of("settings").restored().await;
    let projects = faultline.get("/projects").await;
    let shop = projects["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!(shop["retentionDays"], 365);
    assert_eq!(shop["allowedOrigins"], json!(["https://shop.example", "https://*.shop.example"]));

    let listed = faultline.get("/projects/shop/errors/kept%20for%20a%20year/occurrences").await;
    assert_eq!((&listed["totalCount"], &listed["errors"][0]["message"]), (&json!(1), &json!("kept for a year")));

    let post = async |origin: &str| {
        let request = Request::builder().method(Method::POST).uri("/projects/shop/errors").header("x-api-key", ADMIN);
        let body = json!({ "errors": [{ "message": "m" }] }).to_string();
        faultline.send(request.header("origin", origin).body(body.into()).unwrap()).await.status.as_u16()
    };
    assert_eq!([post("https://www.shop.example").await, post("https://other.example").await], [201, 403]);
}
