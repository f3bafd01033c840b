//! Checks that an occurrence has everything that an SDK sent. `clients/check/compare.py` does the same for live
//! clients.

use model::time::Timestamp;
use serde_json::{Map, Value};

/// Names of fields in an event and in an occurrence, where they differ.
const RENAMED: [(&str, &str); 3] =
    [("server_name", "serverName"), ("exception", "exceptions"), ("message", "logentry")];

/// Returns the seconds since 1970 of a time in any form.
#[expect(clippy::cast_precision_loss, reason = "microseconds of this century have 51 bits")]
pub(crate) fn seconds(time: &Value) -> f64 {
    let Some(text) = time.as_str() else { return time.as_f64().unwrap() };
    let zone = if text.ends_with('Z') || text.contains('+') { "" } else { "Z" };
    Timestamp::parse(&format!("{text}{zone}")).unwrap().micros() as f64 / 1e6
}

/// Returns where the occurrence differs from the event, in words, and where it was scrubbed, as it should be.
pub(crate) fn lost(sent: &Value, stored: &Value) -> (Vec<String>, Vec<String>) {
    let mut found = Comparison::default();
    for (key, value) in sent.as_object().unwrap() {
        let name = RENAMED.iter().find(|(sent, _)| sent == key).map_or(key.as_str(), |(_, stored)| stored);
        // Look into `other` first: an unknown attribute may have the name of one of the occurrence's own fields.
        let kept = stored["other"].get(name).unwrap_or(&stored[name]);
        match key.as_str() {
            "event_id" => {
                let sent: Value = value.as_str().unwrap().replace('-', "").into();
                found.compare(key, &sent, &stored["eventId"]);
            }
            "tags" => found.compare(key, &texts(value), kept),
            "exception" | "threads" | "breadcrumbs" => {
                found.compare(key, value.get("values").unwrap_or(value), kept);
            }
            // A formatted text, or one with parameters.
            "message" if value.is_string() && value != "" => {
                let kept = kept.get("formatted").unwrap_or(&kept["message"]);
                found.compare(key, value, kept);
            }
            _ => found.compare(key, value, kept),
        }
    }
    (found.faults, found.filtered)
}

/// Tags are stored as texts, whatever type they were sent with.
fn texts(tags: &Value) -> Value {
    let pairs = tags.as_object().unwrap().iter();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // As Sentry does.
        Value::Bool(yes) => if *yes { "True" } else { "False" }.to_owned(),
        other => other.to_string(),
    };
    pairs.map(|(key, value)| (key.clone(), text(value).into())).collect::<Map<_, Value>>().into()
}

#[derive(Default)]
struct Comparison {
    faults: Vec<String>,
    filtered: Vec<String>,
}

impl Comparison {
    /// Compares recursively. An empty value may be missing, and more may be stored than was sent.
    fn compare(&mut self, path: &str, sent: &Value, stored: &Value) {
        let empty = match sent {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        match (sent, stored) {
            _ if sent.is_null() || empty && stored.is_null() => {}
            (Value::Object(map), Value::Object(_)) => {
                for (key, value) in map {
                    self.compare(&format!("{path}.{key}"), value, place(path, key, value, stored));
                }
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                for (index, (one, other)) in one.iter().zip(other).enumerate() {
                    self.compare(&format!("{path}.{index}"), one, other);
                }
            }
            (_, Value::String(text)) if text.contains("[Filtered]") && sent != stored => {
                self.filtered.push(path.to_owned());
            }
            _ if path.ends_with("timestamp") && !stored.is_null() => {
                if (seconds(sent) - seconds(stored)).abs() > 0.002 {
                    self.faults.push(format!("{path}: sent {sent}, stored {stored}"));
                }
            }
            (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
            _ if sent == stored => {}
            _ => self.faults.push(format!("{path}: sent {sent}, stored {stored}")),
        }
    }
}

/// Returns where `key` is stored, if that differs from where the SDK sent it.
fn place<'a>(path: &str, key: &str, sent: &'a Value, stored: &'a Value) -> &'a Value {
    let same = &stored[key];
    match (path, key) {
        (_, "filename") if same != sent && sent.as_str().is_some_and(|name| name.contains("://")) => {
            &stored["abs_path"]
        }
        // "?" is how the protocol says that there is no name.
        (_, "function") if sent == "?" && same.is_null() => sent,
        ("user", _) if same.is_null() => &stored["data"][key],
        _ => same,
    }
}
