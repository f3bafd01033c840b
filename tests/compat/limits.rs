//! Limits: settings are read, the mark of a reached limit holds, and usage is counted on.

use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::id::ProjectName;
use serde_json::json;
use server::system::Resources;
use store::clock::Clock;
use store::dynamo::ProjectData;
use store::ports::{Projects, Usage, Used};

use crate::Samples;

#[tokio::test]
async fn a_project_and_its_limits_are_read() {
    let faultline = Samples::of("limits").restored().await;
    let projects = faultline.get("/projects").await;
    let shop = projects["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!(shop["limits"], json!({ "perMinute": 100, "perMonth": 3 }));
    assert_eq!([&shop["tier"], &shop["timeUnit"], &shop["owner"]], ["critical", "hour", "team shop"]);

    let body = r#"{"errors":[{"message":"m"}]}"#;
    let answer = faultline.call(Method::POST, "/projects/shop/errors", ADMIN, body).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("quota_exceeded")));

    let Resources { directory, table, .. } = Resources::make(faultline.stack.engines()).await.unwrap();
    let shop = directory.by_name(&ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let used = ProjectData::new(&table, &directory)
        .count(shop.id, Used { in_month: 1, in_minute: Some(1) }, faultline.clock.now())
        .await
        .unwrap();
    assert_eq!((used.in_month, used.in_minute), (4, Some(4)));
}

/// Writes a project with settings that has reached a limit.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let limits = json!({ "perMinute": 100, "perMonth": 3 });
    let settings = json!({ "limits": limits, "tier": "critical", "timeUnit": "hour", "owner": "team shop" });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", settings.to_string()).await;
    faultline.post("shop", &json!({ "errors": [{ "message": "a" }, { "message": "b" }, { "message": "c" }] })).await;
    assert_eq!(faultline.process().await, 0);
    samples
        .write_items(&engines, |pk, sk, _| match (pk, sk) {
            ("P#2", sk) if sk.starts_with("U#") => Some("usage".to_owned()),
            _ => None,
        })
        .await;
}
