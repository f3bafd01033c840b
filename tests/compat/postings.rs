//! Version 0.1 with search: what was posted is found.

use faultline_tests::{Faultline, raw};
use serde_json::json;

use crate::Samples;

const QUESTIONS: [&str; 8] = [
    "environment=production",
    "release=shop@1.0",
    "firstRelease=shop@1.0",
    "text=carterror",
    "text=checkout",
    "sort=count",
    "sort=firstSeen",
    "sort=users",
];

async fn found(faultline: &Faultline, question: &str) -> Vec<String> {
    let all = faultline.all(&format!("/projects/shop/errors?{question}"), "cursor").await;
    all.iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_posted_is_found() {
    let faultline = Samples::of("postings").restored().await;
    for question in QUESTIONS {
        assert_eq!(found(&faultline, question).await, ["cart is empty"], "{question}");
    }
    assert!(found(&faultline, "environment=test").await.is_empty());
}

#[tokio::test]
async fn and_is_not_posted_again() {
    let faultline = Samples::of("postings").restored().await;
    let before = raw::items(faultline.stack.engines()).await.len();
    let error = json!({ "type": "CartError", "message": "cart is empty" });
    let context = json!({ "environment": "production", "version": "shop@1.0" });
    faultline.post("shop", &json!({ "errors": [error], "context": context })).await;
    assert_eq!(faultline.digest().await, 0);
    let items = raw::items(faultline.stack.engines()).await;
    let posted = |item: &&serde_json::Value| item["pk"]["S"].as_str().unwrap().starts_with("X#");
    let of_samples = Samples::of("postings").names("items").iter().filter(|name| name.starts_with("posted")).count();
    assert_eq!(items.iter().filter(posted).count(), of_samples + 1, "the step of the count");
    assert!(items.len() > before);
    for question in QUESTIONS {
        assert_eq!(found(&faultline, question).await, ["cart is empty"], "{question}: once");
    }
}
