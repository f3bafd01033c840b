//! Uploads of crash reporters (Crashpad, Breakpad, Electron): a form with a minidump and data of the application. The
//! crash is stored as an event, and the minidump and other files are its attachments.

mod form;

pub use form::CrashForm;
use serde_json::{Map, Value, json};

use model::json;

/// The most levels of nesting in names such as `sentry[tags][arch]`.
const MAX_NESTING: usize = 8;
/// The most bytes that are kept of each text outside of the event itself.
const MAX_ANNOTATION: usize = 8 << 10;

/// Returns the event of an upload. It is in the form's `sentry` field as JSON, or in one field for each value
/// (`sentry[level]`), or else empty. The other fields become the context `crashpad`, and the dump becomes the context
/// `minidump`.
pub fn event(form: &CrashForm) -> Map<String, Value> {
    let mut event = json_of(form);
    let (mut named, mut annotations) = (Map::new(), Map::new());
    for (name, text) in form.fields() {
        if let Some(path) = name.strip_prefix("sentry[") {
            insert(&mut named, path, text);
        } else if name != "sentry" && !name.starts_with("sentry__") {
            let end = text.floor_char_boundary(MAX_ANNOTATION);
            annotations.insert(name.clone(), text[..end].into());
        }
    }
    for (key, value) in named {
        event.entry(key).or_insert(value);
    }
    event.entry("platform").or_insert_with(|| "native".into());
    event.entry("level").or_insert_with(|| "fatal".into());
    let says_what = ["exception", "message", "logentry", "threads", "stacktrace"];
    if says_what.iter().all(|key| event.get(*key).is_none_or(Value::is_null)) {
        let mechanism = json!({ "type": "minidump", "handled": false, "synthetic": true });
        let value = "Fatal crash, as a minidump";
        let exception = json!({ "type": "Minidump", "value": value, "mechanism": mechanism });
        event.insert("exception".to_owned(), json!({ "values": [exception] }));
    }
    let contexts = event.entry("contexts").or_insert_with(|| json!({}));
    if let Value::Object(contexts) = contexts {
        if !annotations.is_empty() {
            contexts.entry("crashpad").or_insert(annotations.into());
        }
        if let Some(size) = form.dump_size() {
            contexts.insert("minidump".to_owned(), json!({ "size": size }));
        }
    }
    event
}

/// Returns the object in the field `sentry`, or in `sentry__1`, `sentry__2` and so on, into which Crashpad splits long
/// values.
fn json_of(form: &CrashForm) -> Map<String, Value> {
    let whole = form.fields().find(|(name, _)| *name == "sentry").map(|(_, text)| text.clone());
    let text = whole.unwrap_or_else(|| {
        let number = |name: &str| name.strip_prefix("sentry__")?.parse::<u32>().ok();
        let mut parts: Vec<_> = form.fields().filter_map(|(name, text)| Some((number(name)?, text))).collect();
        parts.sort_by_key(|(number, _)| *number);
        parts.into_iter().map(|(_, text)| text.as_str()).collect()
    });
    // Checked before it is parsed, as every event is.
    match super::peek(text.as_bytes()) {
        Ok(_) => json::parse(text.as_bytes()).unwrap_or_default(),
        Err(_) => Map::new(),
    }
}

/// Sets `text` at a path such as `tags][arch]`.
fn insert(map: &mut Map<String, Value>, path: &str, text: &str) {
    let mut keys: Vec<_> = path.trim_end_matches(']').split("][").collect();
    let Some(last) = keys.pop() else { return };
    if keys.len() > MAX_NESTING {
        return;
    }
    let mut at = map;
    for key in keys {
        let inner = at.entry(key).or_insert_with(|| json!({}));
        let Value::Object(inner) = inner else { return };
        at = inner;
    }
    at.insert(last.to_owned(), text.into());
}

#[cfg(test)]
mod tests;
