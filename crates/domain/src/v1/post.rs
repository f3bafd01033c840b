//! The body of `POST /projects/{project}/errors`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;
use crate::notify::posted::{self, Posted};
use crate::outcome::{Reason, Refusal};

/// A body, parsed: what is stored of it, whom to tell, and what is refused.
#[derive(Debug)]
pub struct Parsed {
    /// What is stored.
    pub post: Post,
    /// The notification configs that can be used. They are not part of the post, since they hold secrets.
    pub notifications: Vec<Posted>,
    /// What is left out of the two, with the reasons.
    pub refused: Vec<Refusal>,
}

/// What is stored of a body: its errors, and what they share.
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

/// The most errors of a body.
pub const MAX_ERRORS: usize = 1_000;
/// The largest error, and the largest of what errors share, in bytes of JSON: an occurrence of both must be shown in one
/// answer.
const MAX_ITEM: usize = 1 << 20;
/// The most that all errors of a body together may take along of what they share, in bytes of JSON: each occurrence
/// holds it.
const MAX_SHARED: usize = 32 << 20;
/// No limit can be reached by a body below this, in bytes: it need not be measured.
const MAY_BE_LARGE: usize = MAX_SHARED / MAX_ERRORS;

impl Post {
    /// Parses a body. An error that cannot be stored, or a config that cannot be used, is left out and refused by name,
    /// while its neighbours are kept; if no error is left the whole body is refused, with the first one's reason.
    pub fn parse(body: &[u8]) -> Result<Parsed, Refusal> {
        let may_be_large = body.len() > MAY_BE_LARGE;
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
        if errors.len() > MAX_ERRORS {
            return Err(at_errors(&format!(
                "`errors` has {} entries: send at most {MAX_ERRORS} at once",
                errors.len()
            )));
        }
        let (mut kept, mut refused) = (Vec::with_capacity(errors.len()), Vec::new());
        for (index, error) in errors.into_iter().enumerate() {
            let large = may_be_large && error.to_string().len() > MAX_ITEM;
            match Item::parse(error, index) {
                Ok(_) if large => refused.push(too_large(index)),
                Ok(item) => kept.push(item),
                Err(refusal) => refused.push(refusal),
            }
        }
        if kept.is_empty() {
            let first = refused.swap_remove(0);
            let reason = if first.reason == Reason::ItemInvalid { Reason::BodyInvalid } else { first.reason };
            return Err(Refusal { reason, ..first });
        }
        let shared: Map<_, _> = SHARED
            .into_iter()
            .filter_map(|key| body.remove(key).filter(|value| !value.is_null()).map(|value| (key.to_owned(), value)))
            .collect();
        if may_be_large {
            let size = Value::Object(shared.clone()).to_string().len();
            if size > MAX_ITEM || size * kept.len() > MAX_SHARED {
                let message = format!(
                    "what the {} errors share has {size} bytes, and each takes it along: send fewer at once, or less of it",
                    kept.len()
                );
                return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
            }
        }
        let (notifications, unusable) = posted::parse(body.remove("notifications").unwrap_or_default());
        refused.extend(unusable);
        Ok(Parsed { post: Self { errors: kept, shared }, notifications, refused })
    }
}

impl Item {
    fn parse(error: Value, index: usize) -> Result<Self, Refusal> {
        let index = index.to_string();
        let refuse = |key: &str, what: String| {
            let path = ["errors", &index, key];
            let depth = if key.is_empty() { 2 } else { 3 };
            let path = path[..depth].iter().map(|&part| part.to_owned()).collect();
            Refusal { path, ..Refusal::new(Reason::ItemInvalid, what) }
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

fn too_large(index: usize) -> Refusal {
    let message = format!("an error has more than {MAX_ITEM} bytes of JSON: send less of it");
    Refusal::new(Reason::ItemTooLarge, message).at(["errors", &index.to_string()])
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

    /// What a body may cost further on is bounded where it comes in.
    #[test]
    fn a_body_that_would_grow_is_refused() {
        let errors = |n: usize| vec![r#"{"message":"m"}"#; n].join(",");
        let body = |n: usize, note: &str| format!(r#"{{"errors":[{}],"params":{{"note":"{note}"}}}}"#, errors(n));
        assert!(Post::parse(body(1_000, "").as_bytes()).is_ok());
        refused(&body(1_001, ""), Reason::BodyInvalid, &["errors"], "at most 1000");
        let half = "x".repeat(500_000);
        assert!(Post::parse(body(60, &half).as_bytes()).is_ok());
        refused(&body(1_000, &half), Reason::BodyTooLargeUnpacked, &[], "send fewer");
        let note = "x".repeat(1 << 20);
        let large = format!(r#"{{"errors":[{{"message":"m","note":"{note}"}},{{"message":"small"}}]}}"#);
        let Parsed { post, refused, .. } = Post::parse(large.as_bytes()).unwrap();
        assert_eq!((post.errors.len(), refused[0].reason), (1, Reason::ItemTooLarge));
    }

    #[test]
    fn one_bad_error_leaves_its_neighbours() {
        let Parsed { post, refused, .. } =
            Post::parse(br#"{"errors":[{"message":"a"},7,{"message":"b","type":"T"}]}"#).unwrap();
        assert_eq!(post.errors.iter().map(|item| item.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].reason, refused[0].path.join(".")), (Reason::ItemInvalid, "errors.1".to_owned()));
    }

    #[test]
    fn what_the_clients_really_send_is_accepted() {
        let body = r#"{"errors":[{"type":"","message":"","backtrace":null,"timestamp":null}],
            "notifications":null,"context":null,"session":[],"x":1}"#;
        let Parsed { post, refused, notifications } = Post::parse(body.as_bytes()).unwrap();
        assert_eq!(post.errors[0], Item { kind: "_".to_owned(), message: String::new(), rest: Map::new() });
        assert_eq!(post.shared.keys().collect::<Vec<_>>(), ["session"]);
        assert!(refused.is_empty() && notifications.is_empty());
    }

    /// No secret rests in the inbox: a posted notification config is not part of what is stored.
    #[test]
    fn notification_configs_are_kept_apart() {
        let slack = r##"{"type":"slack","endpoint":"https://hooks.slack.com/services/SECRET","channel":"#x"}"##;
        let body = format!(r#"{{"errors":[{{"message":"m"}}],"notifications":[{slack},7]}}"#);
        let Parsed { post, notifications, refused } = Post::parse(body.as_bytes()).unwrap();
        assert!(!serde_json::to_string(&post).unwrap().contains("SECRET"));
        assert_eq!(notifications, [Posted::Plain(serde_json::from_str(slack).unwrap())]);
        assert_eq!(refused.iter().map(|refusal| refusal.path.join(".")).collect::<Vec<_>>(), ["notifications.1"]);
    }
}
