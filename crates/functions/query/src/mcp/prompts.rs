//! Prompts: what people ask agents to do with errors. Their text is faultline's own.

use serde_json::{Value, json};

use super::message::{RpcCall, RpcCode, RpcError};

pub(super) fn list() -> Value {
    json!([
        {
            "name": "fix_error",
            "title": "Fix an error",
            "description": "Finds the cause of an error in this repository, and fixes it with a test",
            "arguments": [{ "name": "error", "description": "The URL or the fingerprint of the error", "required": true }],
        },
        {
            "name": "triage",
            "title": "Triage new errors",
            "description": "Goes through what is new and what came back, and suggests what to do",
            "arguments": [{ "name": "project", "description": "The project, if the key sees several", "required": false }],
        },
    ])
}

pub(super) fn get(call: &RpcCall, may_change: bool) -> Result<Value, RpcError> {
    let name = call.params.get("name").and_then(Value::as_str).unwrap_or_default();
    let argument = |name: &str| call.params.get("arguments").and_then(|all| all.get(name)).and_then(Value::as_str);
    let text = match name {
        "fix_error" => {
            let error = argument("error").filter(|error| !error.trim().is_empty()).ok_or_else(|| {
                RpcError::new(
                    RpcCode::Params,
                    "the argument `error` is missing: the URL or the fingerprint of an error",
                )
            })?;
            let close = match may_change {
                true => {
                    "Then say with add_comment what you found, and ask me before you close the error with update_error."
                }
                false => "Then tell me what to write into the error's history; this key can only read.",
            };
            format!(
                "Fix the error {error}. Call get_error with it. Open the files of the application's frames, find the cause, \
                 write a test that fails because of it, and fix it. If the cause is not certain, say what is missing. {close}"
            )
        }
        "triage" => {
            let project = argument("project").map(|project| format!(" of the project {project}")).unwrap_or_default();
            format!(
                "Call whats_new{project} for the last day. For each error call get_error, and say in two sentences what \
                 happens and how bad it is. Order them by importance, and suggest for each: fix now, later, mute, or not an \
                 error. Change nothing."
            )
        }
        _ => {
            let shown: String = name.chars().take(80).collect();
            let message = format!("there is no prompt `{shown}`: use fix_error or triage");
            return Err(RpcError::new(RpcCode::Params, message));
        }
    };
    Ok(json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": text } }] }))
}
