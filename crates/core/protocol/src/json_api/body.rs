//! The body of `POST /projects/{project}/errors`.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use model::json::{self, CappedList};
use model::outcome::{Reason, Refusal};
use rules::posted::{self, PostedConfig};

/// A parsed body: the errors to store, the notification configs, and the parts that are refused.
#[derive(Debug)]
pub struct Parsed {
    /// The errors to store.
    pub taken: Taken,
    /// The valid notification configs. They are not stored with the errors, since they contain secrets.
    pub notifications: Vec<PostedConfig>,
    /// The parts of the body that are in neither of the two, and why.
    pub refused: Vec<Refusal>,
}

/// The errors of a body, and the data that they share. Its serialised form is a [`Post`](super::Post).
///
/// Values that ingest does not look into stay JSON text: only the processor parses them.
#[derive(Debug, Serialize)]
pub struct Taken {
    errors: Vec<BodyError>,
    shared: BTreeMap<&'static str, Box<RawValue>>,
}

/// One error of a body.
#[derive(Debug, Serialize)]
struct BodyError {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    rest: Object,
}

type Object = BTreeMap<String, Box<RawValue>>;

/// The keys that are kept in addition to `errors`. `notifications` is not one of them: it contains tokens and webhook
/// addresses, which must not be in the inbox unsealed.
const SHARED: [&str; 5] = ["notifier", "context", "environment", "session", "params"];

/// The most errors in one body.
pub const MAX_ERRORS: usize = 1_000;
/// The largest error, and the largest shared data, in bytes of JSON. An occurrence contains both, and must fit into one
/// answer.
const MAX_ITEM: usize = 1 << 20;
/// The largest shared data multiplied by the number of errors, in bytes of JSON, since each occurrence contains a copy.
const MAX_SHARED: usize = 32 << 20;
/// The most memory that a parsed error may take, in bytes. A typical error takes ten times the size of its JSON.
const MAX_ITEM_MEMORY: usize = 32 << 20;
/// The most memory that a parsed body may take, and that all copies of its shared data may take, in bytes.
const MAX_MEMORY: usize = 128 << 20;
/// The most configs of a body that are read, and the largest of them, in bytes as sent (with white space and escapes).
const MAX_CONFIGS: usize = 10;
const MAX_CONFIG: usize = 64 << 10;

impl Parsed {
    /// Parses a body. An error that cannot be stored, or a config that cannot be used, is left out and listed in
    /// `refused`; the others are kept. If no error is left, the whole body is refused with the reason of the first one.
    pub fn of(body: &[u8]) -> Result<Self, Refusal> {
        let not_json = |error: &dyn Display| {
            let most = json::MAX_DEPTH;
            let what =
                format!("the body is {error}: send a JSON object with a list `errors`, at most {most} levels deep");
            Refusal::new(Reason::BodyNotJson, what)
        };
        let (text, memory) = json::measure(body, json::MAX_DEPTH).map_err(|error| not_json(&error))?;
        if memory > MAX_MEMORY {
            let message = format!(
                "the body has too many values: they take {memory} bytes of memory, more than {MAX_MEMORY}: send fewer errors at once"
            );
            return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
        }
        let text = std::str::from_utf8(&text).map_err(|error| not_json(&error))?;
        if form(text) != BodyForm::Object {
            let message = format!("the body is {}: send a JSON object with a list `errors`", form(text).said());
            return Err(invalid(message));
        }
        let mut body: Object = read(text)?;
        let errors = body.remove("errors").filter(|errors| form(errors.get()) != BodyForm::Null);
        let errors = errors.ok_or_else(|| at_errors("`errors` is missing: send a list of at least one error"))?;
        if form(errors.get()) != BodyForm::List {
            return Err(at_errors(&format!("`errors` is {}: send a list", form(errors.get()).said())));
        }
        let CappedList { first: errors, count } = read::<CappedList<MAX_ERRORS>>(errors.get())?;
        if errors.is_empty() {
            return Err(at_errors("`errors` is empty: send at least one error"));
        }
        if count > MAX_ERRORS {
            return Err(at_errors(&format!("`errors` has {count} entries: send at most {MAX_ERRORS} at once")));
        }
        let (mut kept, mut refused) = (Vec::with_capacity(errors.len()), Vec::new());
        for (index, error) in errors.iter().enumerate() {
            let size = size(error)?;
            if size.written > MAX_ITEM || size.memory > MAX_ITEM_MEMORY {
                refused.push(too_large(index));
                continue;
            }
            match BodyError::parse(error, index) {
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
        let shared: BTreeMap<_, _> = shared.filter(|(_, value)| form(value.get()) != BodyForm::Null).collect();
        let (mut sum, mut memory) = (0, 0);
        for value in shared.values() {
            let size = size(value)?;
            (sum, memory) = (sum + size.written, memory + size.memory);
        }
        if sum > MAX_ITEM || sum * kept.len() > MAX_SHARED || memory * kept.len() > MAX_MEMORY {
            let message = format!(
                "the data that the {} errors share has {sum} bytes, and each error gets a copy: send fewer errors at once, or less shared data",
                kept.len()
            );
            return Err(Refusal::new(Reason::BodyTooLargeUnpacked, message));
        }
        let (notifications, unusable) = configs(body.remove("notifications").as_deref())?;
        refused.extend(unusable);
        Ok(Self { taken: Taken { errors: kept, shared }, notifications, refused })
    }
}

impl Taken {
    /// The number of errors to store, at least one.
    pub fn count(&self) -> usize {
        self.errors.len()
    }
}

impl BodyError {
    fn parse(error: &RawValue, index: usize) -> Result<Self, Refusal> {
        let index = index.to_string();
        let refuse = |key: &str, what: String| {
            let path = ["errors", &index, key];
            let depth = if key.is_empty() { 2 } else { 3 };
            let path = path[..depth].iter().map(|&part| part.to_owned()).collect();
            Refusal { path, ..Refusal::new(Reason::ItemInvalid, what) }
        };
        if form(error.get()) != BodyForm::Object {
            let message = format!("an error is {}: send an object with a string `message`", form(error.get()).said());
            return Err(refuse("", message));
        }
        let mut rest: Object = read(error.get())?;
        rest.retain(|_, value| form(value.get()) != BodyForm::Null);
        let message = match rest.remove("message") {
            Some(message) if form(message.get()) == BodyForm::Text => read(message.get())?,
            Some(other) => {
                return Err(refuse("message", format!("`message` is {}: send a string", form(other.get()).said())));
            }
            None => return Err(refuse("message", "`message` is missing: send a string".to_owned())),
        };
        let kind = match rest.remove("type") {
            Some(kind) if form(kind.get()) == BodyForm::Text => read(kind.get())?,
            Some(other) => {
                return Err(refuse("type", format!("`type` is {}: send a string", form(other.get()).said())));
            }
            None => String::new(),
        };
        // v1's JavaScript client sends an empty type for an error that has none.
        let kind = if kind.is_empty() { "_".to_owned() } else { kind };
        Ok(Self { kind, message, rest })
    }
}

/// Returns the size of a value as the processor parses and writes it.
fn size(value: &RawValue) -> Result<json::Size, Refusal> {
    json::size(value.get()).map_err(|error| invalid(format!("the body is {error}")))
}

/// Returns the notification configs of a body, and refusals for those that cannot be used. At most [`MAX_CONFIGS`] are
/// parsed.
fn configs(posted: Option<&RawValue>) -> Result<(Vec<PostedConfig>, Vec<Refusal>), Refusal> {
    let text = posted.map_or("null", RawValue::get);
    if form(text) != BodyForm::List {
        // For any other type, the refusal says what is expected.
        return Ok(posted::parse(if form(text) == BodyForm::Null { Value::Null } else { Value::Bool(true) }));
    }
    let CappedList { first, count } = read::<CappedList<MAX_CONFIGS>>(text)?;
    let mut refused = Vec::new();
    if count > MAX_CONFIGS {
        let message = format!("there are {count} notifications: only the first {MAX_CONFIGS} are used");
        refused.push(Refusal::new(Reason::ItemInvalid, message).at(["notifications"]));
    }
    let mut values = Vec::with_capacity(first.len());
    for (index, config) in first.iter().enumerate() {
        if config.get().len() > MAX_CONFIG {
            let message = format!("a notification config has more than {MAX_CONFIG} bytes: send a smaller one");
            refused.push(Refusal::new(Reason::ItemTooLarge, message).at(["notifications", &index.to_string()]));
            values.push(Value::Null);
        } else {
            values.push(read(config.get())?);
        }
    }
    let (posted, unusable) = posted::parse(Value::Array(values));
    refused.extend(unusable);
    Ok((posted, refused))
}

/// Parses JSON that was measured before, so that its size and depth are limited.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| invalid(format!("the body cannot be read: {error}")))
}

fn too_large(index: usize) -> Refusal {
    let message = format!("an error has more than {MAX_ITEM} bytes of JSON, or too many values: send less");
    Refusal::new(Reason::ItemTooLarge, message).at(["errors", &index.to_string()])
}

fn invalid(message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message)
}

fn at_errors(message: &str) -> Refusal {
    invalid(message.to_owned()).at(["errors"])
}

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyForm {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

fn form(value: &str) -> BodyForm {
    match value.trim_ascii_start().as_bytes() {
        [b'n', ..] => BodyForm::Null,
        [b't' | b'f', ..] => BodyForm::Bool,
        [b'"', ..] => BodyForm::Text,
        [b'[', ..] => BodyForm::List,
        [b'{', ..] => BodyForm::Object,
        _ => BodyForm::Number,
    }
}

impl BodyForm {
    /// Returns the type as it is named in error messages.
    fn said(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests;
