//! The body of `POST /projects/{project}/errors`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;
use crate::outcome::{Reason, Refusal};

/// A parsed body: its errors, and what they share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The errors that can be stored.
    pub errors: Vec<Item>,
    /// Facts about all of them: `notifier`, `context`, `environment`, `session`, `params`; whatever was sent there.
    pub shared: Map<String, Value>,
}

/// One error of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its type; `_` if the client has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its message, in full.
    pub message: String,
    /// Everything else that was sent of it: `backtrace`, `timestamp`, and keys that v1 does not know.
    pub rest: Map<String, Value>,
}

/// The keys that are kept besides `errors`. `notifications` is not one of them: it holds tokens and webhook addresses,
/// which must not rest in the inbox unsealed.
const SHARED: [&str; 5] = ["notifier", "context", "environment", "session", "params"];

impl Post {
    /// Parses a body. An error that cannot be stored is left out and refused by name, while its neighbours are kept;
    /// if none is left the whole body is refused, with the first one's reason.
    pub fn parse(body: &[u8]) -> Result<(Self, Vec<Refusal>), Refusal> {
        let value: Value = json::parse(body).map_err(|error| {
            Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send a JSON object with a list `errors`"))
        })?;
        let Value::Object(mut body) = value else {
            return Err(invalid(format!("the body is {}: send a JSON object with a list `errors`", form(&value))));
        };
        let errors = match body.remove("errors") {
            Some(Value::Array(errors)) if !errors.is_empty() => errors,
            Some(Value::Array(_)) => return Err(at_errors("`errors` is empty: send at least one error")),
            None | Some(Value::Null) => {
                return Err(at_errors("`errors` is missing: send a list of at least one error"));
            }
            Some(other) => return Err(at_errors(&format!("`errors` is {}: send a list", form(&other)))),
        };
        let (mut kept, mut refused) = (Vec::with_capacity(errors.len()), Vec::new());
        for (index, error) in errors.into_iter().enumerate() {
            match Item::parse(error, index) {
                Ok(item) => kept.push(item),
                Err(refusal) => refused.push(refusal),
            }
        }
        if kept.is_empty() {
            return Err(Refusal { reason: Reason::BodyInvalid, ..refused.swap_remove(0) });
        }
        let shared = SHARED
            .into_iter()
            .filter_map(|key| body.remove(key).filter(|value| !value.is_null()).map(|value| (key.to_owned(), value)))
            .collect();
        Ok((Self { errors: kept, shared }, refused))
    }
}

impl Item {
    fn parse(error: Value, index: usize) -> Result<Self, Refusal> {
        let index = index.to_string();
        let refuse = |key: &str, what: String| {
            let path = ["errors", &index, key];
            let depth = if key.is_empty() { 2 } else { 3 };
            Refusal {
                reason: Reason::ItemInvalid,
                message: what,
                path: path[..depth].iter().map(|&part| part.to_owned()).collect(),
            }
        };
        let Value::Object(mut rest) = error else {
            return Err(refuse("", format!("an error is {}: send an object with a text `message`", form(&error))));
        };
        let message = match rest.remove("message") {
            Some(Value::String(message)) => message,
            None | Some(Value::Null) => return Err(refuse("message", "`message` is missing: send a text".to_owned())),
            Some(other) => return Err(refuse("message", format!("`message` is {}: send a text", form(&other)))),
        };
        let kind = match rest.remove("type") {
            Some(Value::String(kind)) if !kind.is_empty() => kind,
            // What v1's JavaScript client sends for an error without a type.
            None | Some(Value::Null | Value::String(_)) => "_".to_owned(),
            Some(other) => return Err(refuse("type", format!("`type` is {}: send a text", form(&other)))),
        };
        rest.retain(|_, value| !value.is_null());
        Ok(Self { kind, message, rest })
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message)
}

fn at_errors(message: &str) -> Refusal {
    invalid(message.to_owned()).at(["errors"])
}

/// What kind of JSON value it is, for an error message.
fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, reason: Reason, path: &[&str], says: &str) {
        let refusal = Post::parse(body.as_bytes()).unwrap_err();
        assert_eq!(refusal.reason, reason, "{body}");
        assert_eq!(refusal.path, path, "{body}");
        assert!(refusal.message.contains(says), "{body}: {}", refusal.message);
    }

    #[test]
    fn a_body_that_cannot_be_used_says_where_and_what_to_send() {
        refused("", Reason::BodyNotJson, &[], "JSON object");
        refused("{\"errors\":", Reason::BodyNotJson, &[], "line 1 column 10");
        refused("[]", Reason::BodyInvalid, &[], "is a list");
        refused("{}", Reason::BodyInvalid, &["errors"], "missing");
        refused(r#"{"errors":null}"#, Reason::BodyInvalid, &["errors"], "missing");
        refused(r#"{"errors":{}}"#, Reason::BodyInvalid, &["errors"], "is an object");
        refused(r#"{"errors":[]}"#, Reason::BodyInvalid, &["errors"], "at least one");
        refused(r#"{"errors":[7]}"#, Reason::BodyInvalid, &["errors", "0"], "is a number");
        refused(r#"{"errors":[{}]}"#, Reason::BodyInvalid, &["errors", "0", "message"], "missing");
        refused(r#"{"errors":[{"message":[]}]}"#, Reason::BodyInvalid, &["errors", "0", "message"], "is a list");
        refused(r#"{"errors":[{"message":"m","type":1}]}"#, Reason::BodyInvalid, &["errors", "0", "type"], "a number");
    }

    #[test]
    fn one_bad_error_leaves_its_neighbours() {
        let (post, refused) = Post::parse(br#"{"errors":[{"message":"a"},7,{"message":"b","type":"T"}]}"#).unwrap();
        assert_eq!(post.errors.iter().map(|item| item.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].reason, refused[0].path.join(".")), (Reason::ItemInvalid, "errors.1".to_owned()));
    }

    #[test]
    fn what_the_clients_really_send_is_accepted() {
        let body = r#"{"errors":[{"type":"","message":"","backtrace":null,"timestamp":null}],
            "notifications":null,"context":null,"session":[],"x":1}"#;
        let (post, refused) = Post::parse(body.as_bytes()).unwrap();
        assert_eq!(post.errors[0], Item { kind: "_".to_owned(), message: String::new(), rest: Map::new() });
        assert_eq!(post.shared.keys().collect::<Vec<_>>(), ["session"]);
        assert!(refused.is_empty());
    }

    /// No secret rests in the inbox: a posted notification config is not part of what is passed on.
    #[test]
    fn notification_configs_are_not_passed_on() {
        let body =
            r#"{"errors":[{"message":"m"}],"notifications":[{"type":"slack","endpoint":"https://hooks/SECRET"}]}"#;
        let (post, _) = Post::parse(body.as_bytes()).unwrap();
        assert!(!serde_json::to_string(&post).unwrap().contains("SECRET"));
    }
}
