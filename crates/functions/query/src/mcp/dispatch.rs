//! The methods of the protocol that this server has.

use serde_json::{Map, Value, json};

use super::api::Api;
use super::era::{Era, HANDSHAKE, MODERN};
use super::failure::ToolFailure;
use super::instructions::instructions;
use super::message::{RpcCall, RpcCode, RpcError};
use super::reply::{RpcResult, server_info};
use super::tool::ToolKind;
use super::{prompts, tools};

/// Runs the method of a call.
pub(super) async fn run(api: &Api, era: Era, call: &RpcCall) -> Result<RpcResult, RpcError> {
    match (era, call.method.as_str()) {
        (Era::Modern, "server/discover") => Ok(cacheable(json!({
            "supportedVersions": MODERN.into_iter().chain(HANDSHAKE).collect::<Vec<_>>(),
            "capabilities": capabilities(),
            "instructions": instructions(api.may_change()),
        }))),
        (Era::Handshake, "initialize") => {
            let wanted = call.params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
            let known = HANDSHAKE.into_iter().find(|version| *version == wanted);
            Ok(once(json!({
                "protocolVersion": known.unwrap_or(HANDSHAKE[0]),
                "capabilities": capabilities(),
                "serverInfo": server_info(),
                "instructions": instructions(api.may_change()),
            })))
        }
        (Era::Handshake, "ping") => Ok(once(json!({}))),
        (_, "tools/list") => {
            let tools = tools::ALL.iter().filter(|tool| tool.kind == ToolKind::Reads || api.may_change());
            Ok(cacheable(json!({ "tools": tools.map(|tool| tool.describe()).collect::<Vec<_>>() })))
        }
        (_, "tools/call") => call_tool(api, call).await,
        (_, "prompts/list") => Ok(cacheable(json!({ "prompts": prompts::list() }))),
        (_, "prompts/get") => prompts::get(call, api.may_change()).map(once),
        (_, method) => {
            let shown: String = method.chars().take(80).collect();
            let message = format!("there is no method `{shown}`: this server has tools and prompts");
            Err(RpcError::new(RpcCode::MethodUnknown, message))
        }
    }
}

/// Lists do not change while a client is connected, and there is nothing to subscribe to.
fn capabilities() -> Value {
    json!({ "tools": {}, "prompts": {} })
}

async fn call_tool(api: &Api, call: &RpcCall) -> Result<RpcResult, RpcError> {
    let name = call.params.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| RpcError::new(RpcCode::Params, "`name` is missing: name the tool to call"))?;
    let Some(tool) = tools::ALL.iter().find(|tool| tool.name == name) else {
        let shown: String = name.chars().take(80).collect();
        let known: Vec<_> = tools::ALL.iter().map(|tool| tool.name).collect();
        let message = format!("there is no tool `{shown}`: use one of {}", known.join(", "));
        return Err(RpcError::new(RpcCode::Params, message));
    };
    let arguments = match call.params.get("arguments") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(arguments)) => arguments.clone(),
        Some(_) => return Err(RpcError::new(RpcCode::Params, "`arguments` must be an object")),
    };
    let outcome = match tool.kind {
        ToolKind::Sets | ToolKind::Adds if !api.may_change() => Err(ToolFailure::new(
            "this key can only read: ask for an admin key of the project, or make the change on the error's page",
        )),
        _ => (tool.run)(api, arguments).await,
    };
    let (text, is_error) = match outcome {
        Ok(text) => (text, false),
        Err(ToolFailure(text)) => (text, true),
    };
    Ok(once(json!({ "content": [{ "type": "text", "text": text }], "isError": is_error })))
}

fn cacheable(fields: Value) -> RpcResult {
    RpcResult { is_cacheable: true, ..once(fields) }
}

fn once(fields: Value) -> RpcResult {
    let fields = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    RpcResult { fields, is_cacheable: false }
}
