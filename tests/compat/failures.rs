//! Failures: the recorded reason why a message could not be processed is read.

use embedded::Engines;
use faultline_tests::Faultline;
use model::time::Timestamp;
use serde_json::Value;
use server::system::Resources;
use store::ports::Failures;

use crate::Samples;

#[tokio::test]
async fn why_a_message_failed_is_read() {
    let samples = Samples::of("failures");
    let item: Value = serde_json::from_str(&samples.text("items/failure.json")).unwrap();
    let message = item["pk"]["S"].as_str().unwrap().trim_start_matches("FAILED#").to_owned();
    let faultline = samples.restored().await;
    let table = Resources::make(faultline.stack.engines()).await.unwrap().table;
    let noted = table.failures(std::slice::from_ref(&message)).await.unwrap().remove(&message).unwrap();
    assert_eq!(noted.reason, "an inbox message has an unknown form: it begins with \"…\"");
    assert_eq!(noted.at, Timestamp::parse("2026-11-02T00:01:00Z").unwrap());
}

/// Writes why a message could not be processed.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.stack.inbox().send("9.later form".to_owned()).await.unwrap();
    assert_eq!(faultline.process().await, 1);
    samples.write_items(&engines, |pk, _, _| pk.starts_with("FAILED#").then(|| "failure".to_owned())).await;
}
