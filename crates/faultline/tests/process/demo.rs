use std::collections::BTreeMap;

use serde_json::Value;

use crate::shell::Shell;

/// The fields of a list of errors that depend on the seed only, by type.
fn facts(list: &Value) -> BTreeMap<String, (u64, u64, String, bool)> {
    let errors = list["errors"].as_array().unwrap().iter();
    let facts = |error: &Value| {
        let number = |name: &str| error[name].as_u64().unwrap_or_default();
        let status = error["status"].as_str().unwrap().to_owned();
        (number("count"), number("userCount"), status, error["assignee"].is_string())
    };
    errors.map(|error| (error["type"].as_str().unwrap().to_owned(), facts(error))).collect()
}

/// The demo has errors in every state, spread over its days and releases. A seed gives the same errors again.
#[tokio::test]
async fn the_demo_is_a_shop_with_a_history() {
    let shell = Shell::new();
    let sent = shell.json(&["demo", "--events", "300"]);
    let first = shell.json(&["errors", "list", "--project", "shop"]);
    let facts_of_first = facts(&first);
    assert_eq!(facts_of_first.values().map(|(count, ..)| count).sum::<u64>(), sent["events"].as_u64().unwrap());
    assert_eq!(facts_of_first.len() as u64, sent["errors"].as_u64().unwrap());
    let states: Vec<_> = facts_of_first.values().map(|(_, _, status, _)| status.as_str()).collect();
    for status in ["resolved", "unresolved", "muted"] {
        assert!(states.contains(&status), "{status}: {facts_of_first:?}");
    }
    assert!(facts_of_first.values().any(|(.., is_assigned)| *is_assigned));
    for name in ["KeyError", "JSONDecodeError"] {
        let error = first["errors"].as_array().unwrap().iter().find(|error| error["type"] == name).unwrap();
        assert_eq!(error["status"], "unresolved", "{name} came back");
        let path = format!("/projects/shop/errors/{}/history", error["fingerprint"].as_str().unwrap());
        let history = shell.running.get(&path).await.to_string();
        assert!(history.contains("regress") && history.contains("shop@1.9.1"), "{history}");
    }
    let releases = shell.running.get("/projects/shop/releases").await;
    assert_eq!(releases["data"]["releases"].as_array().unwrap().len(), 4, "{releases}");
    let days = shell.running.get("/projects/shop/timeline?unit=day").await.to_string();
    assert!(days.matches("\"count\":0").count() < 20, "events are spread over two weeks: {days}");

    shell.says(&["demo", "--events", "300", "--project", "again"]);
    assert_eq!(facts(&shell.json(&["errors", "list", "--project", "again"])), facts_of_first);
    let (_, error) = shell.fails(&["demo"]);
    assert!(error.contains("--project"), "{error}");
}
