//! The lines that visitors copy to connect a coding agent.

use web_pages::{Connect, Frame};

fn connect() -> Connect {
    Connect {
        frame: Frame::default(),
        project: "warehouse".to_owned(),
        dsn: "https://CLIENT-KEY@faultline.example/2".to_owned(),
        key: "CLIENT-KEY".to_owned(),
        url: "https://faultline.example".to_owned(),
        is_new: false,
        has_events: false,
        agent_key: None,
    }
}

/// An address that a client sent cannot leave the command or the files that visitors copy.
#[test]
fn the_lines_for_agents_are_quoted() {
    let url = "https://h\"$(id)'".to_owned();
    let html = web_pages::page(&Connect { url, agent_key: Some("k1".to_owned()), ..connect() }).unwrap();
    let text = html.replace("&#34;", "\"").replace("&#39;", "'");
    for part in [
        r#"faultline 'https://h"$(id)'\'''\''/mcp' --header 'Authorization: Bearer k1'"#.replace(r"'\'''\''", r"'\''"),
        r#"url = "https://h\"$(id)'/mcp""#.to_owned(),
        "It is <strong>shown only once</strong>: <code id=\"agent-key\">k1</code>".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
    assert!(!html.contains("READ-KEY"), "{html}");
}
