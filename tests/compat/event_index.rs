//! The event index: events are found by their ids.

use embedded::Engines;
use faultline_tests::Faultline;
use http::Method;
use serde_json::json;

use crate::Samples;

#[tokio::test]
async fn an_event_is_found_by_its_id() {
    let samples = Samples::of("event-index");
    let faultline = samples.restored().await;
    let events = samples.text("events.txt");
    assert_eq!(events.lines().count(), 2);
    for line in events.lines() {
        let (message, event) = line.split_once(' ').unwrap();
        let found = faultline.get(&format!("/projects/shop/occurrences/{event}")).await;
        assert_eq!((&found["error"]["eventId"], &found["belongsTo"]["message"]), (&event.into(), &message.into()));
    }
}

/// Writes an event with its own entry, and a block that contains another event, with their errors and occurrences.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    for (message, many) in [("alone", 1), ("storm", 17)] {
        faultline.post("shop", &json!({ "errors": vec![json!({ "message": message }); many] })).await;
        assert_eq!(faultline.process().await, 0);
    }
    let occurrences = async |message: &str| {
        faultline.get(&format!("/projects/shop/errors/{message}/occurrences?limit=1")).await["errors"][0].clone()
    };
    let mut events = String::new();
    for message in ["alone", "storm"] {
        let occurrence = occurrences(message).await;
        events.push_str(&format!("{message} {}\n", occurrence["eventId"].as_str().unwrap()));
    }
    samples.write("events.txt", &events);
    samples
        .write_items(&engines, |pk, sk, item| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some(format!("error-{}", item["message"]["S"].as_str()?)),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("O#") => Some(format!("reference-{}", &sk[20..])),
            (pk, _) if pk.starts_with("D#2#") => Some(format!("index-{}", pk[4..].replace('#', "-"))),
            _ => None,
        })
        .await;
}
