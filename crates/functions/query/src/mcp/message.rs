//! Messages of JSON-RPC 2.0.

use serde_json::{Map, Value, json};

/// A message of a client.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Call(RpcCall),
    /// A notification, or an answer to a request that was never sent. Neither is answered.
    Unanswered,
}

/// A call of a method.
#[derive(Debug, PartialEq)]
pub(super) struct RpcCall {
    /// A number or a text.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// An error of the protocol, as opposed to the failure of a tool.
#[derive(Debug, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: RpcCode,
    pub(super) message: String,
    pub(super) data: Option<Value>,
    /// Whether the request itself was wrong, so that the HTTP status is an error too.
    pub(super) is_of_request: bool,
}

/// The codes of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RpcCode {
    Parse = -32_700,
    Invalid = -32_600,
    MethodUnknown = -32_601,
    Params = -32_602,
    HeaderMismatch = -32_020,
    VersionUnknown = -32_022,
}

impl RpcError {
    /// An error that the method found.
    pub(super) fn new(code: RpcCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None, is_of_request: false }
    }

    /// An error in the request, before any method runs.
    pub(super) fn of_request(code: RpcCode, message: impl Into<String>) -> Self {
        Self { is_of_request: true, ..Self::new(code, message) }
    }
}

const FORM: &str = "send one object with `jsonrpc`: \"2.0\", `id`, `method` and `params`";

impl Message {
    pub(super) fn parse(body: &[u8]) -> Result<Self, RpcError> {
        let invalid = |message: String| RpcError::of_request(RpcCode::Invalid, message);
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| RpcError::of_request(RpcCode::Parse, format!("the body is not JSON ({error}): {FORM}")))?;
        let mut message = match value {
            Value::Object(message) => message,
            Value::Array(_) => {
                return Err(invalid("batches are not supported: send each message in a request of its own".to_owned()));
            }
            _ => return Err(invalid(format!("the body is not an object: {FORM}"))),
        };
        if message.get("jsonrpc") != Some(&json!("2.0")) {
            return Err(invalid(format!("`jsonrpc` is not \"2.0\": {FORM}")));
        }
        let method = match message.remove("method") {
            Some(Value::String(method)) => method,
            Some(_) => return Err(invalid(format!("`method` is not a string: {FORM}"))),
            None if message.contains_key("result") || message.contains_key("error") => return Ok(Self::Unanswered),
            None => return Err(invalid(format!("`method` is missing: {FORM}"))),
        };
        let id = match message.remove("id") {
            None => return Ok(Self::Unanswered),
            Some(id @ (Value::String(_) | Value::Number(_))) => id,
            Some(_) => return Err(invalid("`id` must be a string or a number".to_owned())),
        };
        let params = match message.remove("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => {
                let message = "`params` must be an object";
                return Err(RpcError { is_of_request: true, ..RpcError::new(RpcCode::Params, message) });
            }
        };
        Ok(Self::Call(RpcCall { id, method, params }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_from_what_is_not_answered_and_from_nonsense() {
        let parse = |text: &str| Message::parse(text.as_bytes());
        let call = |text: &str| match parse(text).unwrap() {
            Message::Call(call) => call,
            Message::Unanswered => panic!("{text} is not answered"),
        };
        assert_eq!(call(r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#).id, json!(0));
        assert_eq!(call(r#"{"jsonrpc":"2.0","id":"a","method":"x","params":{"b":1}}"#).params["b"], 1);
        for unanswered in [
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
        ] {
            assert_eq!(parse(unanswered), Ok(Message::Unanswered), "{unanswered}");
        }
        for (text, code) in [
            ("", RpcCode::Parse),
            ("{", RpcCode::Parse),
            ("[]", RpcCode::Invalid),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, RpcCode::Invalid),
            ("7", RpcCode::Invalid),
            (r#"{"id":1,"method":"ping"}"#, RpcCode::Invalid),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, RpcCode::Invalid),
            (r#"{"jsonrpc":"2.0","id":1}"#, RpcCode::Invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, RpcCode::Invalid),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, RpcCode::Invalid),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, RpcCode::Params),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.code, error.is_of_request), (code, true), "{text}");
        }
    }
}
