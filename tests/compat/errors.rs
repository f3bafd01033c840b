//! Errors: the data that notifications are decided from is read, and counting continues from it.

use embedded::Engines;
use faultline_tests::Faultline;
use grouping::message_fingerprint;
use http::Method;
use model::error::{ErrorAggregate, Link, Mute, Status};
use model::occurrence::Level;
use model::time::Timestamp;
use serde_json::json;
use server::system::Resources;
use store::ports::{Errors, Links, Projects};

use crate::Samples;
use crate::write::v1_body;

async fn error(faultline: &Faultline, message: &str) -> ErrorAggregate {
    let Resources { directory, table, .. } = Resources::make(faultline.stack.engines()).await.unwrap();
    let shop = directory.by_name(&model::id::ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    Errors::get(&*table, shop.id, &message_fingerprint(message)).await.unwrap().unwrap()
}

fn counts(error: &ErrorAggregate) -> Vec<(String, u64)> {
    error.threshold_windows.counts().map(|(start, count)| (start.to_string(), count)).collect()
}

#[tokio::test]
async fn an_errors_data_for_notifications_is_read() {
    let faultline = Samples::of("errors").restored().await;
    let whole = error(&faultline, "whole").await;
    let known = [
        ("2026-11-01T00:00:00+00:00".to_owned(), 2),
        ("2026-11-02T00:01:00+00:00".to_owned(), 1),
        ("2026-11-02T00:03:00+00:00".to_owned(), 1),
    ];
    assert_eq!((whole.count, counts(&whole)), (4, known.to_vec()));
    assert_eq!(
        whole.seen.origins().iter().map(|origin| (origin.environment.as_deref(), origin.level)).collect::<Vec<_>>(),
        [(Some("production"), Level::Error)]
    );
    assert_eq!(whole.environment.as_deref(), Some("production"));
    assert!(whole.posted.is_some());
    let link = Link { number: 7, url: "https://github.com/o/r/issues/7".to_owned() };
    assert_eq!(whole.links.into_iter().collect::<Vec<_>>(), [("0123456789abcdef0123456789abcdef".to_owned(), link)]);
    let muted = error(&faultline, "muted").await;
    let mute = Mute { until: Some(Timestamp::parse("2026-11-03T00:00:00Z").unwrap()), until_count: Some(10) };
    assert_eq!((muted.status, muted.mute), (Status::Muted, Some(mute)));
}

#[tokio::test]
async fn counting_continues() {
    let faultline = Samples::of("errors").restored().await;
    faultline.clock.advance(170);
    for message in ["whole", "muted"] {
        let item = json!({ "message": message });
        faultline.post("shop", &json!({ "errors": vec![item; 7] })).await;
    }
    assert_eq!(faultline.process().await, 0);
    let whole = error(&faultline, "whole").await;
    assert_eq!((whole.count, counts(&whole).pop().unwrap()), (11, ("2026-11-02T00:03:00+00:00".to_owned(), 8)));
    assert_eq!((whole.links.len(), whole.seen.origins()[0].environment.clone()), (1, None));
    let muted = error(&faultline, "muted").await;
    assert_eq!(
        (muted.status, muted.mute, muted.count),
        (Status::Unresolved, None, 11),
        "the tenth occurrence ended the mute"
    );
}

/// Writes an error with everything that notifications are decided from, and a muted one.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    for message in ["muted", "whole", "muted", "whole"] {
        let mut body = v1_body(message);
        body["notifications"] = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/x", "channel": "#a" }]);
        faultline.post("shop", &body).await;
        assert_eq!(faultline.process().await, 0);
        faultline.clock.advance(40);
    }
    let mute = json!({ "status": "muted", "until": "2026-11-03T00:00:00Z", "occurrences": 6 });
    faultline.call(Method::PATCH, "/projects/shop/errors/muted", "admin-key", mute.to_string()).await;
    let project = resources.directory.by_name(&model::id::ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let whole = Errors::get(&*resources.table, project.id, &message_fingerprint("whole")).await.unwrap().unwrap();
    let link = Link { number: 7, url: "https://github.com/o/r/issues/7".to_owned() };
    resources.table.link(&whole, "0123456789abcdef0123456789abcdef", &link).await.unwrap();
    samples
        .write_items(&engines, |pk, sk, item| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("E#") => Some(format!("error-{}", item["message"]["S"].as_str()?)),
            _ => None,
        })
        .await;
}
