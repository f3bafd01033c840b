//! The two eras of the protocol. Since 2026-07-28 each request names its version in `_meta`. Before, a client opened with a
//! handshake.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Value, json};

use super::message::{RpcCall, RpcCode, RpcError};

/// The versions of the modern era.
pub(super) const MODERN: [&str; 1] = ["2026-07-28"];
/// The versions with a handshake, newest first.
pub(super) const HANDSHAKE: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Modern,
    Handshake,
}

impl Era {
    /// Finds the era of a call: modern if `_meta` names a version. Checks what the modern era requires of headers.
    pub(super) fn of(call: &RpcCall, headers: &HeaderMap) -> Result<Self, RpcError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let version = header("mcp-protocol-version");
        let meta = call.params.get("_meta");
        let Some(claimed) = meta.and_then(|meta| meta.get(VERSION_KEY)) else {
            return match version {
                // A client that opens with a handshake has nothing to name yet.
                _ if call.method == "initialize" => Ok(Self::Handshake),
                None => Ok(Self::Handshake),
                Some(version) if HANDSHAKE.contains(&version) => Ok(Self::Handshake),
                Some(version) if MODERN.contains(&version) => Err(refuse_meta(VERSION_KEY)),
                Some(version) => Err(refuse_version(version)),
            };
        };
        let claimed = claimed.as_str().ok_or_else(|| refuse_meta(VERSION_KEY))?;
        if !MODERN.contains(&claimed) {
            return Err(refuse_version(claimed));
        }
        if version != Some(claimed) {
            return Err(refuse_header("MCP-Protocol-Version", claimed));
        }
        if !meta.and_then(|meta| meta.get(CAPABILITIES_KEY)).is_some_and(Value::is_object) {
            return Err(refuse_meta(CAPABILITIES_KEY));
        }
        if header("mcp-method") != Some(call.method.as_str()) {
            return Err(refuse_header("Mcp-Method", &call.method));
        }
        if let Some(name) = find_name(call)
            && header("mcp-name").and_then(decode).as_deref() != Some(name)
        {
            return Err(refuse_header("Mcp-Name", name));
        }
        Ok(Self::Modern)
    }
}

/// The name of the tool or prompt that a call is about.
fn find_name(call: &RpcCall) -> Option<&str> {
    let has_name = matches!(call.method.as_str(), "tools/call" | "prompts/get");
    call.params.get("name").and_then(Value::as_str).filter(|_| has_name)
}

/// Decodes a header that has the form `=?base64?…?=` if its text is not ASCII.
fn decode(header: &str) -> Option<String> {
    match header.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(coded) => String::from_utf8(STANDARD.decode(coded).ok()?).ok(),
        None => Some(header.to_owned()),
    }
}

fn refuse_version(version: &str) -> RpcError {
    let shown: String = version.chars().take(40).collect();
    let served: Vec<_> = MODERN.into_iter().chain(HANDSHAKE).collect();
    let message = format!("version `{shown}` of MCP is not supported: use one of {}", served.join(", "));
    let data = json!({ "supported": served, "requested": shown });
    RpcError { data: Some(data), ..RpcError::of_request(RpcCode::VersionUnknown, message) }
}

fn refuse_meta(key: &str) -> RpcError {
    RpcError::of_request(RpcCode::Params, format!("`params._meta[\"{key}\"]` is missing or has the wrong type"))
}

fn refuse_header(name: &str, expected: &str) -> RpcError {
    let expected: String = expected.chars().filter(|character| !character.is_control()).take(80).collect();
    let message = format!("the header `{name}` does not match the body: send `{name}: {expected}`");
    RpcError::of_request(RpcCode::HeaderMismatch, message)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const OK_META: &str =
        r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

    #[track_caller]
    fn check(method: &str, params: &str, headers: &[(&'static str, &str)], expected: Result<Era, RpcCode>) {
        let params = serde_json::from_str(params).unwrap();
        let call = RpcCall { id: json!(1), method: method.to_owned(), params };
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let found = Era::of(&call, &headers.collect());
        assert_eq!(found.map_err(|error| error.code), expected, "{call:?}");
    }

    #[test]
    fn an_old_client_names_any_known_version_or_none() {
        let version = |version| [("mcp-protocol-version", version)];
        check("tools/list", "{}", &[], Ok(Era::Handshake));
        for known in HANDSHAKE {
            check("tools/list", "{}", &version(known), Ok(Era::Handshake));
        }
        check("tools/list", "{}", &version("1999-01-01"), Err(RpcCode::VersionUnknown));
        check("tools/list", r#"{"_meta":{"progressToken":1}}"#, &[], Ok(Era::Handshake));
        check("tools/list", "{}", &version("2026-07-28"), Err(RpcCode::Params));
        check("initialize", "{}", &version("2026-07-28"), Ok(Era::Handshake));
    }

    #[test]
    fn a_modern_request_says_the_same_in_headers_and_body() {
        let list = |meta: &str| format!(r#"{{"_meta":{meta}}}"#);
        let call = |name: &str| format!(r#"{{"_meta":{OK_META},"name":"{name}"}}"#);
        let headers =
            |method, name| [("mcp-protocol-version", "2026-07-28"), ("mcp-method", method), ("mcp-name", name)];
        check("tools/list", &list(OK_META), &headers("tools/list", ""), Ok(Era::Modern));
        check("tools/call", &call("whoami"), &headers("tools/call", "whoami"), Ok(Era::Modern));
        check("prompts/get", &call("ä"), &headers("prompts/get", "=?base64?w6Q=?="), Ok(Era::Modern));
        let mismatch = Err(RpcCode::HeaderMismatch);
        check("tools/call", &call("whoami"), &headers("tools/call", "get_error"), mismatch);
        check("tools/call", &call("whoami"), &headers("tools/call", "=?base64?%?="), mismatch);
        check("tools/call", &call("whoami"), &headers("tools/call", "")[..2], mismatch);
        check("tools/list", &list(OK_META), &headers("tools/call", ""), mismatch);
        check("tools/list", &list(OK_META), &headers("tools/list", "")[..1], mismatch);
        check("tools/list", &list(OK_META), &[("mcp-method", "tools/list")], mismatch);
        let other = [("mcp-protocol-version", "2025-11-25"), ("mcp-method", "tools/list")];
        check("tools/list", &list(OK_META), &other, mismatch);
        let version = r#"{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}"#;
        check("tools/list", &list(version), &headers("tools/list", ""), Err(RpcCode::VersionUnknown));
        let alone = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
        check("tools/list", &list(alone), &headers("tools/list", ""), Err(RpcCode::Params));
        let number = r#"{"io.modelcontextprotocol/protocolVersion":7}"#;
        check("tools/list", &list(number), &headers("tools/list", ""), Err(RpcCode::Params));
    }
}
