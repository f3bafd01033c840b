//! From the page Connect to a connected agent.

use faultline_tests::{ADMIN, Faultline};
use serde_json::json;

use super::Agent;
use crate::browser::{Browser, key};

/// The page creates a read key of the project, shows it once, and its lines have the address by which the visitor came.
#[tokio::test]
async fn a_visitor_connects_an_agent() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let before = browser.open("/projects/sample/connect").await;
    assert!(
        before.text.contains("Bearer READ-KEY") && !before.text.contains(faultline.client_key()),
        "{}",
        before.text
    );
    let made = browser.submit("/pages/projects/sample/agent-key", &[("token", &before.token())]).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let (_, new) = made.text.split_once("<code id=\"agent-key\">").unwrap();
    let new = new.split('<').next().unwrap();
    let (_, line) = made.text.split_once("<pre id=\"claude\" class=\"card\">").unwrap();
    let line = line.split("</pre>").next().unwrap().replace("&#39;", "'");
    let expected = "claude mcp add --transport http faultline http://localhost/mcp --header 'Authorization: Bearer ";
    assert_eq!(line, format!("{expected}{new}'"));
    for id in ["codex", "cursor", "vscode"] {
        let (_, lines) = made.text.split_once(&format!("<pre id=\"{id}\"")).unwrap();
        let lines = lines.split("</pre>").next().unwrap();
        assert!(lines.contains("http://localhost/mcp") && !lines.contains(new), "files may be committed: {lines}");
    }
    let me = Agent::new(&faultline, new).tool("whoami", json!({})).await["facts"].clone();
    assert_eq!((&me["project"], &me["mayChange"]), (&json!("sample"), &json!("nothing")));
    assert!(!browser.open("/projects/sample/connect").await.text.contains(new), "a key is shown once");
    let (reader, _) = key(&faultline, "read", json!("sample")).await;
    let page = Browser::signed_in(&faultline, &reader).await.open("/projects/sample/connect").await;
    assert!(page.text.contains("claude mcp add") && !page.text.contains("agent-key\"><input"), "{}", page.text);
}
