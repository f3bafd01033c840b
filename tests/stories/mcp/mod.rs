//! MCP: coding agents read errors and work on them, with the rights of a key.

mod canaries;
mod connect;
mod conversation;
mod protocol;
mod tools;

use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};

/// A client that opens with a handshake, as most do.
struct Agent<'a> {
    faultline: &'a Faultline,
    key: String,
}

impl<'a> Agent<'a> {
    fn new(faultline: &'a Faultline, key: &str) -> Self {
        Self { faultline, key: key.to_owned() }
    }

    /// An agent with a new key.
    async fn with_role(faultline: &'a Faultline, role: &str, project: Option<&str>) -> Self {
        let body = json!({ "role": role, "project": project, "name": "ann's agent" });
        let answer = faultline.call(Method::POST, "/keys", ADMIN, body.to_string()).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        Self::new(faultline, answer.body["data"]["key"]["key"].as_str().unwrap())
    }

    async fn send(&self, body: &Value, headers: &[(&str, &str)]) -> Answered {
        let mut request = Request::post("/mcp").header("authorization", format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.faultline.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// Calls a method, and returns its result.
    async fn call(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = self.send(&body, &[("mcp-protocol-version", "2025-11-25")]).await;
        assert_eq!((answer.status.as_u16(), &answer.body["id"]), (200, &json!(7)), "{method}: {}", answer.body);
        assert!(answer.headers.get("mcp-session-id").is_none(), "sessions would need state");
        assert!(answer.body["error"].is_null(), "{method}: {}", answer.body);
        answer.body["result"].clone()
    }

    /// Calls a tool, and returns its text; the failure's text as an error.
    async fn text(&self, tool: &str, arguments: Value) -> Result<String, String> {
        let result = self.call("tools/call", json!({ "name": tool, "arguments": arguments })).await;
        let content = result["content"].as_array().unwrap();
        assert_eq!((content.len(), &content[0]["type"]), (1, &json!("text")), "{result}");
        let text = content[0]["text"].as_str().unwrap().to_owned();
        if result["isError"] == true { Err(text) } else { Ok(text) }
    }

    /// Calls a tool that succeeds.
    async fn tool(&self, tool: &str, arguments: Value) -> Value {
        let text = self.text(tool, arguments).await.unwrap_or_else(|text| panic!("{tool}: {text}"));
        serde_json::from_str(&text).unwrap()
    }

    /// Calls a tool that fails.
    async fn failure(&self, tool: &str, arguments: Value) -> String {
        self.text(tool, arguments.clone()).await.expect_err(&format!("{tool} {arguments}"))
    }
}
