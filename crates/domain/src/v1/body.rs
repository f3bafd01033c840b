//! The body of `POST /projects/{project}/errors`.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json;
use crate::notify::posted::{self, Posted};
use crate::outcome::{Reason, Refusal};

/// A body, parsed: what is stored of it, whom to tell, and what is refused.
#[derive(Debug)]
pub struct Parsed {
    /// What is stored.
    pub taken: Taken,
    /// The notification configs that can be used. They are not part of what is stored, since they hold secrets.
    pub notifications: Vec<Posted>,
    /// What is left out of the two, with the reasons.
    pub refused: Vec<Refusal>,
}

/// What is stored of a body: its errors, and what they share. Written down it is a [`Post`](super::Post).
///
/// What is not looked into stays text: it is read once, by digest, and need not be built here.
#[derive(Debug, Serialize)]
pub struct Taken {
    errors: Vec<Item>,
    shared: BTreeMap<&'static str, Box<RawValue>>,
}

/// One error of a body.
#[derive(Debug, Serialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    rest: Object,
}

type Object = BTreeMap<String, Box<RawValue>>;

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

impl Parsed {
    /// Parses a body. An error that cannot be stored, or a config that cannot be used, is left out and refused by name,
    /// while its neighbours are kept; if no error is left the whole body is refused, with the first one's reason.
    pub fn of(body: &[u8]) -> Result<Self, Refusal> {
        let not_json = |error: &dyn Display| {
            let most = json::MAX_DEPTH;
            let what =
                format!("the body is {error}: send a JSON object with a list `errors`, at most {most} levels deep");
            Refusal::new(Reason::BodyNotJson, what)
        };
        let text = json::check(body, json::MAX_DEPTH).map_err(|error| not_json(&error))?;
        let text = std::str::from_utf8(&text).map_err(|error| not_json(&error))?;
        if form(text) != Form::Object {
            let message = format!("the body is {}: send a JSON object with a list `errors`", form(text).said());
            return Err(invalid(message));
        }
        let mut body: Object = read(text)?;
        let errors = body.remove("errors").filter(|errors| form(errors.get()) != Form::Null);
        let errors = errors.ok_or_else(|| at_errors("`errors` is missing: send a list of at least one error"))?;
        if form(errors.get()) != Form::List {
            return Err(at_errors(&format!("`errors` is {}: send a list", form(errors.get()).said())));
        }
        let errors: Vec<Box<RawValue>> = read(errors.get())?;
        if errors.is_empty() {
            return Err(at_errors("`errors` is empty: send at least one error"));
        }
        if errors.len() > MAX_ERRORS {
            return Err(at_errors(&format!(
                "`errors` has {} entries: send at most {MAX_ERRORS} at once",
                errors.len()
            )));
        }
        let (mut kept, mut refused) = (Vec::with_capacity(errors.len()), Vec::new());
        for (index, error) in errors.iter().enumerate() {
            match Item::parse(error, index) {
                Ok(_) if written(error, MAX_ITEM)? > MAX_ITEM => refused.push(too_large(index)),
                Ok(item) => kept.push(item),
                Err(refusal) => refused.push(refusal),
            }
        }
        if kept.is_empty() {
            let first = refused.swap_remove(0);
            let reason = if first.reason == Reason::ItemInvalid { Reason::BodyInvalid } else { first.reason };
            return Err(Refusal { reason, ..first });
        }
        let shared = SHARED.into_iter().filter_map(|key| Some((key, body.remove(key)?)));
        let shared: BTreeMap<_, _> = shared.filter(|(_, value)| form(value.get()) != Form::Null).collect();
        let most = MAX_ITEM.min(MAX_SHARED / kept.len());
        let size = shared.values().map(|value| written(value, most)).sum::<Result<usize, _>>()?;
        if size > MAX_ITEM || size * kept.len() > MAX_SHARED {
            let message = format!(
                "what the {} errors share has {size} bytes, and each takes it along: send fewer at once, or less of it",
                kept.len()
            );
            return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
        }
        let notifications = body.remove("notifications").map(|configs| read(configs.get())).transpose()?;
        let (notifications, unusable) = posted::parse(notifications.unwrap_or_default());
        refused.extend(unusable);
        Ok(Self { taken: Taken { errors: kept, shared }, notifications, refused })
    }
}

impl Taken {
    /// How many errors are stored; never none.
    pub fn count(&self) -> usize {
        self.errors.len()
    }
}

impl Item {
    fn parse(error: &RawValue, index: usize) -> Result<Self, Refusal> {
        let index = index.to_string();
        let refuse = |key: &str, what: String| {
            let path = ["errors", &index, key];
            let depth = if key.is_empty() { 2 } else { 3 };
            let path = path[..depth].iter().map(|&part| part.to_owned()).collect();
            Refusal { path, ..Refusal::new(Reason::ItemInvalid, what) }
        };
        if form(error.get()) != Form::Object {
            let message = format!("an error is {}: send an object with a text `message`", form(error.get()).said());
            return Err(refuse("", message));
        }
        let mut rest: Object = read(error.get())?;
        rest.retain(|_, value| form(value.get()) != Form::Null);
        let message = match rest.remove("message") {
            Some(message) if form(message.get()) == Form::Text => read(message.get())?,
            Some(other) => {
                return Err(refuse("message", format!("`message` is {}: send a text", form(other.get()).said())));
            }
            None => return Err(refuse("message", "`message` is missing: send a text".to_owned())),
        };
        let kind = match rest.remove("type") {
            Some(kind) if form(kind.get()) == Form::Text => read(kind.get())?,
            Some(other) => return Err(refuse("type", format!("`type` is {}: send a text", form(other.get()).said()))),
            None => String::new(),
        };
        // What v1's JavaScript client sends for an error without a type is empty.
        let kind = if kind.is_empty() { "_".to_owned() } else { kind };
        Ok(Self { kind, message, rest })
    }
}

/// How many bytes a value has as digest writes it, if that may be near `limit`; as it was sent otherwise. Escapes become
/// characters and spaces vanish; `1e15` becomes four times as long.
fn written(value: &RawValue, limit: usize) -> Result<usize, Refusal> {
    let sent = value.get();
    if sent.len() > limit / SWELLS { Ok(read::<Value>(sent)?.to_string().len()) } else { Ok(sent.len()) }
}

/// How many times as long a value becomes at the most, and so many values may be near a limit together.
const SWELLS: usize = 5 * SHARED.len();

/// What was gone through already, so that it can be read.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| invalid(format!("the body cannot be read: {error}")))
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

/// What kind of JSON value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

fn form(value: &str) -> Form {
    match value.trim_ascii_start().as_bytes() {
        [b'n', ..] => Form::Null,
        [b't' | b'f', ..] => Form::Bool,
        [b'"', ..] => Form::Text,
        [b'[', ..] => Form::List,
        [b'{', ..] => Form::Object,
        _ => Form::Number,
    }
}

impl Form {
    /// In an error message.
    fn said(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::v1::post::{self, Post};

    /// As digest reads it.
    fn stored(taken: &Taken) -> Post {
        json::parse(&serde_json::to_vec(taken).unwrap()).unwrap()
    }

    #[track_caller]
    fn refused(body: &str, reason: Reason, path: &[&str], says: &str) {
        let refusal = Parsed::of(body.as_bytes()).unwrap_err();
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
        assert!(Parsed::of(body(1_000, "").as_bytes()).is_ok());
        refused(&body(1_001, ""), Reason::BodyInvalid, &["errors"], "at most 1000");
        let half = "x".repeat(500_000);
        assert!(Parsed::of(body(60, &half).as_bytes()).is_ok());
        refused(&body(1_000, &half), Reason::BodyTooLargeUnpacked, &[], "send fewer");
        let note = "x".repeat(1 << 20);
        // What counts is what digest writes: numbers grow, escapes shrink.
        let numbers = vec!["1e15"; 60_000].join(",");
        refused(
            &format!(r#"{{"errors":[{{"message":"m","n":[{numbers}]}}]}}"#),
            Reason::ItemTooLarge,
            &["errors", "0"],
            "",
        );
        let escapes = "\\u0442".repeat(250_000);
        assert!(Parsed::of(format!(r#"{{"errors":[{{"message":"{escapes}"}}]}}"#).as_bytes()).is_ok());
        let large = format!(r#"{{"errors":[{{"message":"m","note":"{note}"}},{{"message":"small"}}]}}"#);
        let Parsed { taken, refused, .. } = Parsed::of(large.as_bytes()).unwrap();
        assert_eq!((taken.count(), refused[0].reason), (1, Reason::ItemTooLarge));
    }

    #[test]
    fn one_bad_error_leaves_its_neighbours() {
        let Parsed { taken, refused, .. } =
            Parsed::of(br#"{"errors":[{"message":"a"},7,{"message":"b","type":"T"}]}"#).unwrap();
        let post = stored(&taken);
        assert_eq!(post.errors.iter().map(|item| item.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].reason, refused[0].path.join(".")), (Reason::ItemInvalid, "errors.1".to_owned()));
    }

    #[test]
    fn what_the_clients_really_send_is_accepted() {
        let body = r#"{"errors":[{"type":"","message":"","backtrace":null,"timestamp":null}],
            "notifications":null,"context":null,"session":[],"x":1}"#;
        let Parsed { taken, refused, notifications } = Parsed::of(body.as_bytes()).unwrap();
        let post = stored(&taken);
        assert_eq!(post.errors[0], post::Item { kind: "_".to_owned(), message: String::new(), rest: Map::new() });
        assert_eq!(post.shared.keys().collect::<Vec<_>>(), ["session"]);
        assert!(refused.is_empty() && notifications.is_empty());
    }

    /// No secret rests in the inbox: a posted notification config is not part of what is stored.
    #[test]
    fn notification_configs_are_kept_apart() {
        let slack = r##"{"type":"slack","endpoint":"https://hooks.slack.com/services/SECRET","channel":"#x"}"##;
        let body = format!(r#"{{"errors":[{{"message":"m"}}],"notifications":[{slack},7]}}"#);
        let Parsed { taken, notifications, refused } = Parsed::of(body.as_bytes()).unwrap();
        assert!(!serde_json::to_string(&taken).unwrap().contains("SECRET"));
        assert_eq!(notifications, [Posted::Plain(serde_json::from_str(slack).unwrap())]);
        assert_eq!(refused.iter().map(|refusal| refusal.path.join(".")).collect::<Vec<_>>(), ["notifications.1"]);
    }
}
