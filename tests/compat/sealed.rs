//! Sealed documents: rules and posted configs can be opened, and so can those in the inbox.

use embedded::Engines;
use faultline_tests::{Faultline, raw};
use http::Method;
use model::id::{Fingerprint, ProjectName};
use serde_json::{Value, json};
use server::system::Resources;
use store::dynamo::ProjectData;
use store::ports::{Configs, Errors, Projects};

use crate::Samples;

#[tokio::test]
async fn sealed_documents_can_be_opened() {
    let samples = Samples::of("sealed");
    let data = tempfile::tempdir().unwrap();
    // Only the key that sealed a document can open it.
    std::fs::write(data.path().join("kms.key"), samples.text("kms.key")).unwrap();
    let engines = Engines::open(data.path()).unwrap();
    let Resources { directory, table, sealer, .. } = Resources::make(&engines).await.unwrap();
    for name in samples.names("items") {
        // The config expires some day, but the sample must not.
        let mut item: Value = serde_json::from_str(&samples.text(&format!("items/{name}"))).unwrap();
        if let Some(ttl) = item.get_mut("ttl") {
            *ttl = json!({ "N": "4000000000" });
        }
        raw::put_item(&engines, &item.to_string()).await;
    }
    let (sealer, name) = (sealer.unwrap(), ProjectName::parse("shop").unwrap());
    let project = directory.by_name(&name).await.unwrap().unwrap();
    let open = async |sealed| serde_json::from_slice::<Value>(&sealer.open(&name, &sealed).await.unwrap()).unwrap();
    let slack = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/sample", "channel": "#errors" });

    let data = ProjectData::new(&table, &directory);
    let rules = data.rules(project.id).await.unwrap().unwrap();
    assert_eq!((rules.version, &open(rules.document).await["rules"][0]["to"][0]), (1, &slack));
    let posted = async || {
        let error = table.get(project.id, &fingerprint()).await.unwrap().unwrap();
        let id = error.posted.unwrap().configs;
        (error.count, open(data.posted(project.id, id).await.unwrap().unwrap()).await)
    };
    assert_eq!(posted().await, (1, json!([slack])));

    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.stack.inbox().send(samples.text("inbox.txt")).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    assert_eq!(
        posted().await,
        (2, json!([slack])),
        "it is counted again, because its reference is not among the samples"
    );
}

fn fingerprint() -> Fingerprint {
    grouping::message_fingerprint("told")
}

/// Writes a project's rules and a posted config, sealed, a message that brings them, and the key that opens them.
pub(crate) async fn write(samples: &Samples) {
    let data = tempfile::tempdir().unwrap();
    let engines = Engines::open(data.path()).unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let slack = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/sample", "channel": "#errors" });
    let document = json!({ "rules": [{ "id": "team", "to": [slack] }] });
    faultline.call(Method::PUT, "/projects/shop/rules", "admin-key", document.to_string()).await;
    faultline.post("shop", &json!({ "errors": [{ "message": "told" }], "notifications": [slack] })).await;
    let text = faultline.take_inbox().await.concat();
    samples.write("inbox.txt", &text);
    faultline.stack.inbox().send(text).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", "RULES") => Some("rules".to_owned()),
            ("P#2", sk) if sk.starts_with("C#") => Some("config".to_owned()),
            ("P#2", sk) if sk.starts_with("E#") => Some("error".to_owned()),
            _ => None,
        })
        .await;
    std::fs::copy(data.path().join("kms.key"), samples.0.join("kms.key")).unwrap();
}
