//! Search: an error is found by its postings.

use embedded::Engines;
use faultline_tests::{Faultline, raw};
use http::Method;
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
async fn postings_are_found() {
    let faultline = Samples::of("postings").restored().await;
    for question in QUESTIONS {
        assert_eq!(found(&faultline, question).await, ["cart is empty"], "{question}");
    }
    assert!(found(&faultline, "environment=test").await.is_empty());
}

#[tokio::test]
async fn an_error_is_not_posted_again_under_the_same_terms() {
    let faultline = Samples::of("postings").restored().await;
    let before = raw::items(faultline.stack.engines()).await.len();
    let error = json!({ "type": "CartError", "message": "cart is empty" });
    let context = json!({ "environment": "production", "version": "shop@1.0" });
    faultline.post("shop", &json!({ "errors": [error], "context": context })).await;
    assert_eq!(faultline.process().await, 0);
    let items = raw::items(faultline.stack.engines()).await;
    let posted = |item: &&serde_json::Value| is_posting(item["pk"]["S"].as_str().unwrap());
    let of_samples = Samples::of("postings").names("items").iter().filter(|name| name.starts_with("posted")).count();
    assert_eq!(items.iter().filter(posted).count(), of_samples + 1, "only the new step of the count was posted");
    assert!(items.len() > before);
    for question in QUESTIONS {
        assert_eq!(found(&faultline, question).await, ["cart is empty"], "{question}: found once");
    }
}

fn is_posting(pk: &str) -> bool {
    pk.starts_with("X#") || pk.starts_with("I#")
}

/// Writes an error with a posting for each of its terms.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let frame = json!({ "file": "src/cart.js", "function": "checkOut", "line": 7 });
    let error = json!({ "type": "CartError", "message": "cart is empty", "backtrace": [frame] });
    let context = json!({ "environment": "production", "version": "shop@1.0" });
    faultline.post("shop", &json!({ "errors": [error], "context": context })).await;
    assert_eq!(faultline.process().await, 0);
    let mut posted = 0;
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some("error".to_owned()),
            (pk, _) if is_posting(pk) => {
                posted += 1;
                Some(format!("posted-{posted:02}"))
            }
            _ => None,
        })
        .await;
}
