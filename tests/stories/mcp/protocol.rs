//! The protocol, in both eras, and what must not look like OAuth.

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};

use super::Agent;
use crate::browser::Browser;

const META: &str = "io.modelcontextprotocol/protocolVersion";

/// Sends a request of the modern era.
async fn modern(agent: &Agent<'_>, method: &str, mut params: Value) -> Answered {
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    params["_meta"] = json!({
        META: "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let body = json!({ "jsonrpc": "2.0", "id": "a", "method": method, "params": params });
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", method), ("mcp-name", name.as_str())];
    agent.send(&body, &headers[..if name.is_empty() { 2 } else { 3 }]).await
}

fn error(answer: &Answered) -> (u16, i64) {
    (answer.status.as_u16(), answer.body["error"]["code"].as_i64().unwrap_or_else(|| panic!("{}", answer.body)))
}

/// The version that the client asks for, if it is known, and otherwise the newest one with a handshake.
#[tokio::test]
async fn a_handshake_agrees_on_a_version() {
    let faultline = Faultline::new().await;
    let agent = Agent::new(&faultline, ADMIN);
    for (asked, answered) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("<script>", "2025-11-25"),
    ] {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let result = agent.call("initialize", params).await;
        assert_eq!(result["protocolVersion"], answered, "{asked}");
        assert_eq!(result["serverInfo"]["name"], "faultline");
        assert_eq!(result["capabilities"], json!({ "tools": {}, "prompts": {} }));
        assert!(result["instructions"].as_str().unwrap().contains("get_error"), "{result}");
    }
    assert_eq!(agent.call("ping", json!({})).await, json!({}));
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = agent.send(&notification, &[("mcp-protocol-version", "2025-06-18")]).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (202, &Value::Null));
    let unknown = agent.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/list" }), &[]).await;
    assert_eq!(error(&unknown), (200, -32_601));
    let version =
        agent.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }), &[("mcp-protocol-version", "1")]).await;
    assert_eq!(error(&version), (400, -32_022));
}

/// Without a handshake: each request says everything, and headers and body agree.
#[tokio::test]
async fn a_modern_client_needs_no_handshake() {
    let faultline = Faultline::new().await;
    let agent = Agent::new(&faultline, ADMIN);
    let discovered = modern(&agent, "server/discover", json!({})).await;
    let result = &discovered.body["result"];
    assert_eq!(discovered.status.as_u16(), 200, "{}", discovered.body);
    assert_eq!(result["supportedVersions"], json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]));
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")));
    assert!(result["ttlMs"].is_u64() && result["instructions"].is_string(), "{result}");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "faultline");

    let tools = modern(&agent, "tools/list", json!({})).await.body["result"].clone();
    assert_eq!((tools["tools"].as_array().unwrap().len(), &tools["resultType"]), (10, &json!("complete")));
    assert!(tools["ttlMs"].is_u64(), "{tools}");
    let called =
        modern(&agent, "tools/call", json!({ "name": "whoami", "arguments": {} })).await.body["result"].clone();
    assert_eq!((&called["resultType"], &called["isError"]), (&json!("complete"), &json!(false)));
    assert!(called["ttlMs"].is_null(), "{called}");

    for method in ["initialize", "ping", "resources/list", "logging/setLevel"] {
        assert_eq!(error(&modern(&agent, method, json!({})).await), (404, -32_601), "{method}");
    }
    let tool = modern(&agent, "tools/call", json!({ "name": "delete_everything" })).await;
    assert_eq!(error(&tool), (200, -32_602));
    let list = |meta: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    let future = agent.send(&list(json!({ META: "2031-01-01" })), &headers).await;
    assert_eq!(error(&future), (400, -32_022));
    assert_eq!(future.body["error"]["data"]["supported"][0], "2026-07-28");
    assert_eq!(error(&agent.send(&list(json!({})), &headers).await), (400, -32_602));
    let whole = json!({ META: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} });
    assert_eq!(error(&agent.send(&list(whole.clone()), &headers[..1]).await), (400, -32_020));
    let other = [("mcp-protocol-version", "2025-06-18"), ("mcp-method", "tools/list")];
    assert_eq!(error(&agent.send(&list(whole), &other).await), (400, -32_020));
}

/// Anything but one message is refused in the form of the protocol. Other methods of HTTP are not there.
#[tokio::test]
async fn nonsense_is_refused() {
    let faultline = Faultline::new().await;
    let agent = Agent::new(&faultline, ADMIN);
    let batch = agent.send(&json!([{ "jsonrpc": "2.0", "id": 1, "method": "ping" }]), &[]).await;
    assert_eq!(error(&batch), (400, -32_600));
    assert!(batch.body["error"]["message"].as_str().unwrap().contains("batches"), "{}", batch.body);
    assert_eq!(batch.body["id"], Value::Null);
    let broken = faultline.call(Method::POST, "/mcp", ADMIN, "{").await;
    assert_eq!(error(&broken), (400, -32_700));
    for method in ["GET", "DELETE", "PUT"] {
        let request = Request::builder().method(method).uri("/mcp").header("x-api-key", ADMIN);
        let request = request.header("accept", "text/event-stream").body(Body::empty()).unwrap();
        assert_eq!(faultline.send(request).await.status.as_u16(), 405, "{method}");
    }
}

/// Pages of other sites may not ask, and a browser's session does not count.
#[tokio::test]
async fn only_keys_count_and_foreign_pages_are_refused() {
    let faultline = Faultline::new().await;
    let agent = Agent::new(&faultline, ADMIN);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for (origin, status) in
        [("https://evil.example", 403), ("null", 403), ("http://localhost", 200), ("http://127.0.0.1:6274", 200)]
    {
        let answer = agent.send(&ping, &[("origin", origin)]).await;
        assert_eq!(answer.status.as_u16(), status, "{origin}: {}", answer.body);
    }
    let own = [("origin", "https://errors.example"), ("host", "errors.example"), ("x-forwarded-proto", "https")];
    assert_eq!(agent.send(&ping, &own).await.status.as_u16(), 200);
    let cookie = Browser::signed_in(&faultline, ADMIN).await.cookie;
    let request = Request::post("/mcp").header("cookie", cookie).body(ping.to_string().into()).unwrap();
    let answer = faultline.send(request).await;
    assert_eq!(answer.status.as_u16(), 401, "{}", answer.body);
    assert!(answer.headers.get("www-authenticate").is_none(), "clients would start OAuth and ignore the key");
    let preflight = Request::options("/mcp").header("origin", "http://localhost:6274").body(Body::empty()).unwrap();
    let allowed = faultline.send(preflight).await.headers["access-control-allow-headers"].to_str().unwrap().to_owned();
    for header in ["authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"] {
        assert!(allowed.split(", ").any(|one| one == header), "{header} is not in {allowed}");
    }
}

/// Clients look for OAuth at these places. Anything but a plain 404 makes them ignore the key.
#[tokio::test]
async fn nothing_looks_like_oauth() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    for prefix in ["", "/prod"] {
        for place in ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"] {
            for behind in ["", "/mcp", "/prod/mcp"] {
                let path = format!("{prefix}/.well-known/{place}{behind}");
                for key in ["", ADMIN] {
                    let request = Request::get(&path).header("x-api-key", key).header("accept", "text/html,*/*");
                    let answer = faultline.send(request.body(Body::empty()).unwrap()).await;
                    assert_eq!(
                        (answer.status.as_u16(), &answer.body["error"]),
                        (404, &json!("path_unknown")),
                        "{path}"
                    );
                    assert!(answer.headers.get("location").is_none(), "{path}");
                }
                assert_eq!(browser.open(&path).await.status, 404, "{path}");
            }
        }
    }
    for path in ["/register", "/authorize", "/token"] {
        let answer = faultline.call(Method::POST, path, "", "{}").await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
    }
}

/// A stage of API Gateway, or a folder of a reverse proxy, before the path.
#[tokio::test]
async fn a_prefix_is_left_out() {
    let faultline = Faultline::new().await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "whoami" } });
    let request = Request::post("/prod/mcp/").header("x-api-key", ADMIN).header("host", "errors.example");
    let answer = faultline.send(request.body(body.to_string().into()).unwrap()).await;
    let text = answer.body["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("\"address\":\"http://errors.example/prod\""), "{text}");
}
