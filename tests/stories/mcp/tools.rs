//! The tools: what they answer, who may use them, and what they say when they cannot.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use super::Agent;
use crate::briefing::{event, only_error, post_event};

const READING: [&str; 8] = [
    "get_error",
    "search_errors",
    "whats_new",
    "get_occurrence",
    "list_occurrences",
    "get_timeline",
    "list_projects",
    "whoami",
];

async fn names(agent: &Agent<'_>) -> Vec<String> {
    let tools = agent.call("tools/list", json!({})).await["tools"].clone();
    tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Each tool has a closed schema with explained arguments, and says whether it changes anything.
#[tokio::test]
async fn tools_describe_themselves() {
    let faultline = Faultline::new().await;
    let agent = Agent::new(&faultline, ADMIN);
    let listed = agent.call("tools/list", json!({})).await;
    assert!(
        listed.to_string().len() < 16_000,
        "the list is in the context of every conversation: {}",
        listed.to_string().len()
    );
    for tool in listed["tools"].as_array().unwrap() {
        let (name, schema) = (tool["name"].as_str().unwrap(), &tool["inputSchema"]);
        assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)), "{name}");
        for (argument, schema) in schema["properties"].as_object().unwrap() {
            assert!(schema["description"].is_string() && schema["type"].is_string(), "{name} {argument}: {schema}");
        }
        let hints = &tool["annotations"];
        assert_eq!(hints["readOnlyHint"], READING.contains(&name), "{name}");
        assert_eq!(hints["destructiveHint"], false, "{name}");
        assert_eq!(hints["idempotentHint"], name != "add_comment", "{name}");
        assert!(!tool["description"].as_str().unwrap().is_empty());
    }
    assert_eq!(names(&agent).await, [&READING[..], &["update_error", "add_comment"]].concat());
}

/// One call is enough to start: the URL that a person pasted is all that is needed.
#[tokio::test]
async fn one_call_shows_an_error() {
    let faultline = Faultline::new().await;
    post_event(&faultline, event("1.4.2", json!({ "price": null }))).await;
    let agent = Agent::with_role(&faultline, "read", Some("sample")).await;
    let path = only_error(&faultline).await;
    let fingerprint = path.rsplit('/').next().unwrap();
    let url = format!("https://errors.example{path}?range=1h");
    let shown = agent.tool("get_error", json!({ "error": url })).await;
    assert_eq!(shown["facts"]["fingerprint"], fingerprint);
    assert_eq!(shown["reported"]["exceptions"][0]["frames"][0]["source"][1], "   42>     return price * count");
    assert_eq!(shown["untrusted"], json!(["reported"]));
    assert_eq!(agent.tool("get_error", json!({ "error": fingerprint })).await, shown);
    assert_eq!(agent.tool("get_error", json!({ "error": fingerprint, "project": null })).await, shown);

    let occurrence = agent.tool("get_occurrence", json!({ "error": url, "everything": true })).await;
    let event_id = occurrence["facts"]["eventId"].clone();
    assert_eq!(occurrence["facts"]["error"], fingerprint);
    let by_event = agent.tool("get_occurrence", json!({ "occurrence": event_id })).await;
    assert_eq!(by_event["facts"]["id"], occurrence["facts"]["id"]);
    let listed = agent.tool("list_occurrences", json!({ "error": url, "release": "1.4.2" })).await;
    assert_eq!(listed["facts"]["occurrences"][0]["id"], occurrence["facts"]["id"]);
    let none = agent.tool("list_occurrences", json!({ "error": url, "release": "2" })).await;
    assert_eq!((&none["facts"]["occurrences"], &none["facts"]["totalCount"]), (&json!([]), &json!(1)));
    let timeline = agent.tool("get_timeline", json!({ "error": url, "unit": "minute" })).await;
    assert_eq!(timeline["facts"]["points"], json!([["2026-11-02T00:01:00+00:00", 1]]));
    assert_eq!(timeline["reported"]["releasesFirstSeen"][0][1], "1.4.2");
    let whole = agent.tool("get_timeline", json!({})).await;
    assert_eq!(whole["facts"]["totalCount"], 1);
}

/// New errors, and errors that came back, since a time or in a release.
#[tokio::test]
async fn news_are_new_errors_and_regressions() {
    let faultline = Faultline::new().await;
    for message in ["old", "back"] {
        post_event(&faultline, json!({ "message": message, "release": "1" })).await;
    }
    faultline.call(Method::PATCH, "/projects/sample/errors/back", ADMIN, r#"{"status":"resolved"}"#).await;
    let list = faultline.get("/projects/sample/errors").await;
    let back = list["errors"].as_array().unwrap().iter().find(|error| error["message"] == "back").unwrap();
    let path = format!("/projects/sample/errors/{}", back["fingerprint"].as_str().unwrap());
    let patched = faultline.call(Method::PATCH, &path, ADMIN, r#"{"status":"resolved"}"#).await;
    assert_eq!(patched.status.as_u16(), 200, "{}", patched.body);
    faultline.clock.advance(2 * 86_400);
    for message in ["new", "back"] {
        post_event(&faultline, json!({ "message": message, "release": "2" })).await;
    }
    let agent = Agent::with_role(&faultline, "read", Some("sample")).await;
    let message = |news: &Value, kind: &str| {
        let errors = news["facts"][kind].as_array().unwrap();
        let text = |error: &Value| news["reported"][error["fingerprint"].as_str().unwrap()]["message"].clone();
        errors.iter().map(text).collect::<Vec<_>>()
    };
    for arguments in [json!({}), json!({ "release": "2" }), json!({ "since": "2026-11-03T00:00:00Z" })] {
        let news = agent.tool("whats_new", arguments.clone()).await;
        assert_eq!(
            (message(&news, "new"), message(&news, "cameBack")),
            (vec![json!("new")], vec![json!("back")]),
            "{arguments}"
        );
    }
    let projects = agent.tool("list_projects", json!({})).await["facts"]["projects"].clone();
    assert_eq!(
        projects,
        json!([{ "name": "sample", "openErrors": 3, "hasMoreOpenErrors": false, "eventsLastDay": 2, "newLastDay": 1, "cameBackLastDay": 1 }])
    );
    let found = agent.tool("search_errors", json!({ "query": "release:2 new" })).await;
    assert_eq!(message(&found, "errors"), [json!("new")]);
    let misspelt = agent.tool("search_errors", json!({ "query": "relase:2" })).await;
    assert!(misspelt["facts"]["hint"].as_str().unwrap().contains("tag:key=value"), "{misspelt}");
    let page = agent.tool("search_errors", json!({ "limit": 2, "status": "all", "sort": "firstSeen" })).await;
    let rest = json!({ "limit": 2, "status": "all", "sort": "firstSeen", "cursor": page["facts"]["nextCursor"] });
    assert_eq!(agent.tool("search_errors", rest).await["facts"]["errors"].as_array().unwrap().len(), 1);
}

/// A key of one project reads that project and nothing else, whatever the arguments say.
#[tokio::test]
async fn a_read_key_of_a_project_can_do_no_more_than_read_it() {
    let faultline = Faultline::new().await;
    post_event(&faultline, event("1", json!({}))).await;
    let path = only_error(&faultline).await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"secret"}"#).await;
    faultline.post("secret", &json!({ "errors": [{ "message": "hidden" }] })).await;
    assert_eq!(faultline.process().await, 0);

    let agent = Agent::with_role(&faultline, "read", Some("sample")).await;
    assert_eq!(names(&agent).await, READING);
    let projects = agent.tool("list_projects", json!({})).await;
    assert_eq!(projects["facts"]["projects"].as_array().unwrap().len(), 1, "{projects}");
    assert!(!projects.to_string().contains("secret"));
    let me = agent.tool("whoami", json!({})).await["facts"].clone();
    assert_eq!(
        (&me["project"], &me["mayRead"], &me["mayChange"]),
        (&json!("sample"), &json!("this project"), &json!("nothing"))
    );
    for (tool, mut arguments) in [
        ("get_error", json!({ "error": "hidden" })),
        ("get_error", json!({ "error": "https://h/projects/secret/errors/hidden" })),
        ("search_errors", json!({})),
        ("whats_new", json!({})),
        ("get_occurrence", json!({ "error": "hidden" })),
        ("get_occurrence", json!({ "occurrence": "00".repeat(16) })),
        ("list_occurrences", json!({ "error": "hidden" })),
        ("get_timeline", json!({})),
        ("get_timeline", json!({ "error": "hidden" })),
    ] {
        arguments["project"] = "secret".into();
        let text = agent.failure(tool, arguments.clone()).await;
        assert!(text.contains("this key is for another project"), "{tool} {arguments}: {text}");
    }
    for (tool, arguments) in [
        ("update_error", json!({ "error": path, "action": "resolve" })),
        ("add_comment", json!({ "error": path, "text": "x" })),
    ] {
        let text = agent.failure(tool, arguments).await;
        assert!(text.contains("this key can only read: ask for an admin key"), "{text}");
    }
    assert_eq!(faultline.get(&path).await["error"]["status"], "unresolved");
    assert_eq!(faultline.get(&format!("{path}/history")).await["history"], json!([]));

    let admin = Agent::with_role(&faultline, "admin", Some("sample")).await;
    let other = json!({ "error": "hidden", "project": "secret", "action": "resolve" });
    assert!(admin.failure("update_error", other).await.contains("another project"));
    assert_eq!(faultline.get("/projects/secret/errors/hidden").await["error"]["status"], "unresolved");
}

/// A failure says what to do instead. It is a result, so that the agent reads it.
#[tokio::test]
async fn failures_name_the_fix() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let agent = Agent::new(&faultline, ADMIN);
    for (tool, arguments, fix) in [
        ("get_error", json!({}), "missing field `error`"),
        ("get_error", json!({ "error": "x", "proj": "y" }), "unknown field `proj`"),
        ("get_error", json!({ "error": "x" }), "this key sees several projects: the tool list_projects"),
        ("get_error", json!({ "error": "x", "project": "sample" }), "the tool search_errors finds errors"),
        ("get_error", json!({ "error": "x", "project": "nowhere" }), "the tool list_projects lists the projects"),
        (
            "get_error",
            json!({ "error": "http://h/projects/sample/errors/x", "project": "other" }),
            "leave `project` out",
        ),
        ("search_errors", json!({ "project": "sample", "limit": 26 }), "`limit` must be 1 to 25 (got 26)"),
        ("search_errors", json!({ "project": "sample", "limit": "many" }), "invalid type"),
        ("search_errors", json!({ "project": "sample", "sort": "age" }), "expected one of `lastSeen`, `firstSeen`"),
        ("search_errors", json!({ "project": "sample", "query": "firstSeenFrom:yesterday" }), "firstSeenFrom"),
        (
            "list_occurrences",
            json!({ "project": "sample", "error": "x", "limit": 0 }),
            "`limit` must be 1 to 20 (got 0)",
        ),
        ("get_occurrence", json!({ "project": "sample" }), "`error` is missing"),
        ("get_timeline", json!({ "project": "sample", "timezone": "Mars" }), "timezone"),
        ("whats_new", json!({ "project": "sample", "since": "1 day" }), "`since`"),
        ("whats_new", json!({ "project": "sample", "since": "2026-11-01T00:00:00Z", "release": "1" }), "leave one out"),
        ("update_error", json!({ "project": "sample", "error": "x", "action": "delete" }), "expected one of `resolve`"),
        ("update_error", json!({ "project": "sample", "error": "x", "action": "assign" }), "`assignee` is missing"),
        (
            "update_error",
            json!({ "project": "sample", "error": "x", "action": "resolve", "until": "x" }),
            "only for the action `mute`",
        ),
        (
            "update_error",
            json!({ "project": "sample", "error": "x", "action": "mute", "assignee": "x" }),
            "only for the action `assign`",
        ),
        ("add_comment", json!({ "project": "sample", "error": "x", "text": "" }), "`text` must have 1 to 10000 bytes"),
    ] {
        let text = agent.failure(tool, arguments.clone()).await;
        assert!(text.contains(fix), "{tool} {arguments}: {text}");
    }
}

/// People ask for these by name in their client.
#[tokio::test]
async fn prompts_ask_an_agent_to_fix_an_error() {
    let faultline = Faultline::new().await;
    let agent = Agent::with_role(&faultline, "read", Some("sample")).await;
    let prompts = agent.call("prompts/list", json!({})).await;
    assert_eq!(prompts["prompts"][0]["name"], "fix_error");
    let prompt = agent.call("prompts/get", json!({ "name": "fix_error", "arguments": { "error": "0f1e" } })).await;
    let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("Fix the error 0f1e.") && text.contains("can only read"), "{text}");
    let triage = agent.call("prompts/get", json!({ "name": "triage" })).await;
    assert!(
        triage["messages"][0]["content"]["text"].as_str().unwrap().contains("whats_new for the last day"),
        "{triage}"
    );
    for params in [json!({ "name": "fix_error" }), json!({ "name": "other" })] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": params });
        assert_eq!(agent.send(&body, &[]).await.body["error"]["code"], -32_602);
    }
}
