//! Merged errors: they are read, count as one, and can be unmerged.

use embedded::Engines;
use faultline_tests::Faultline;
use grouping::message_fingerprint;
use http::Method;
use serde_json::json;

use crate::Samples;

#[tokio::test]
async fn merged_errors_count_on_and_can_be_unmerged() {
    let faultline = Samples::of("merges").restored().await;
    faultline.clock.advance(600);
    let list = async || {
        let errors = faultline.get("/projects/shop/errors").await["errors"].clone();
        let mut list: Vec<_> = errors
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["message"].as_str().unwrap().to_owned(), error["count"].as_u64().unwrap()))
            .collect();
        list.sort();
        list
    };
    let expected = |entries: &[(&str, u64)]| {
        entries.iter().map(|&(message, count)| (message.to_owned(), count)).collect::<Vec<_>>()
    };
    assert_eq!(list().await, expected(&[("a", 9)]));
    for message in ["a", "c"] {
        faultline.post("shop", &json!({ "errors": [{ "message": message }] })).await;
    }
    assert_eq!(faultline.process().await, 0);
    assert_eq!(list().await, expected(&[("a", 11)]));
    for (of, other, counts) in [("a", "b", vec![("a", 4), ("b", 7)]), ("b", "c", vec![("a", 4), ("b", 3), ("c", 4)])] {
        let body = json!({ "errors": [message_fingerprint(other)] }).to_string();
        let path = format!("/projects/shop/errors/{of}/unmerge");
        assert_eq!(faultline.call(Method::POST, &path, "admin-key", body).await.status.as_u16(), 200);
        assert_eq!(list().await, expected(&counts));
    }
}

/// Writes an error with another merged into it, after a third was merged into that one, and these two.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let messages = ["a", "b", "c"];
    for (others, into) in [("", ""), ("c", "b"), ("b", "a")] {
        if !into.is_empty() {
            let body = json!({ "errors": [message_fingerprint(others)] }).to_string();
            faultline.call(Method::POST, &format!("/projects/shop/errors/{into}/merge"), "admin-key", body).await;
        }
        for message in messages {
            faultline.clock.advance(40);
            faultline.post("shop", &json!({ "errors": [{ "message": message }] })).await;
        }
        assert_eq!(faultline.process().await, 0);
    }
    samples
        .write_items(&engines, |pk, sk, item| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some(format!("error-{}", item["message"]["S"].as_str()?)),
            (_, sk) if sk.starts_with("H#") => Some(format!("history-{}", &sk[sk.len() - 6..])),
            _ => None,
        })
        .await;
}
