//! A whole conversation, recorded: an agent finds an error, reads it, and closes it when it is fixed.

use faultline_tests::Faultline;
use http::Method;
use serde_json::json;

use super::Agent;
use crate::briefing::{event, only_error, post_event};

#[tokio::test]
async fn an_agent_finds_reads_and_closes_an_error() {
    let faultline = Faultline::new().await;
    post_event(&faultline, event("1.4.1", json!({ "price": 3 }))).await;
    faultline.clock.advance(3_600);
    post_event(&faultline, event("1.4.2", json!({ "price": null }))).await;
    let path = only_error(&faultline).await;
    let fingerprint = path.rsplit('/').next().unwrap();

    let agent = Agent::with_role(&faultline, "admin", Some("sample")).await;
    let mut record = String::new();
    for (tool, arguments) in [
        ("list_projects", json!({})),
        ("search_errors", json!({ "query": "price" })),
        ("get_error", json!({ "error": fingerprint })),
        ("update_error", json!({ "error": fingerprint, "action": "resolve_in_next_release" })),
        ("add_comment", json!({ "error": fingerprint, "text": "Books without a price are free: fixed in 3f2a1b." })),
    ] {
        faultline.clock.advance(60);
        let answer = agent.tool(tool, arguments.clone()).await;
        record.push_str(&format!("> {tool} {arguments}\n{}\n\n", serde_json::to_string_pretty(&answer).unwrap()));
    }
    insta::assert_snapshot!(record);

    let error = faultline.get(&path).await["error"].clone();
    assert_eq!((&error["status"], &error["resolution"]["after"]), (&json!("resolved"), &json!("1.4.2")));
    let history = faultline.get(&format!("{path}/history")).await["history"].clone();
    let names: Vec<_> =
        history.as_array().unwrap().iter().map(|entry| (&entry["what"], &entry["by"]["name"])).collect();
    let by = json!("ann's agent, by an agent");
    assert_eq!(names, [(&json!("commented"), &by), (&json!("resolved"), &by)], "{history}");
    // Setting it again changes nothing, and a comment is not lost.
    agent.tool("update_error", json!({ "error": fingerprint, "action": "resolve_in_next_release" })).await;
    let after = faultline.call(Method::GET, &format!("{path}/history"), &agent.key, String::new()).await;
    let entries = after.body["data"]["history"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["what"] == "commented").count(), 1, "{}", after.body);
}
