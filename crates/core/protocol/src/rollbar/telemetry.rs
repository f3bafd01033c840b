//! Breadcrumbs: `telemetry`, and the log messages that the client for Python sends.

use serde_json::{Map, Value};

use crate::translate::Take;

/// Translates `telemetry`, oldest first. The entry for the item itself, which has its `uuid`, is left out.
pub(super) fn translate(telemetry: Vec<Value>, uuid: Option<&str>) -> Vec<Value> {
    let is_own = |entry: &Value| uuid.is_some() && entry.get("uuid").and_then(Value::as_str) == uuid;
    let others = telemetry.into_iter().filter(|entry| !is_own(entry));
    others
        .map(|entry| match entry {
            Value::Object(entry) => Value::Object(translate_one(entry)),
            other => other,
        })
        .collect()
}

fn translate_one(mut entry: Map<String, Value>) -> Map<String, Value> {
    let mut crumb = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            crumb.insert(key.to_owned(), value);
        }
    };
    put("timestamp", entry.take_value("timestamp_ms"));
    put("level", entry.take_text("level").map(|level| if level == "log" { "info".into() } else { level.into() }));
    let kind = entry.take_text("type").unwrap_or_default();
    let mut body = entry.take_object("body");
    let subtype = body.get("subtype").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (category, kind) = match kind.as_str() {
        "network" => (if subtype.is_empty() { "http".to_owned() } else { subtype }, "http"),
        "dom" => (format!("ui.{subtype}").trim_end_matches('.').to_owned(), "ui"),
        "navigation" => (kind, "navigation"),
        "error" => (kind, "error"),
        "log" => ("console".to_owned(), "default"),
        _ => (kind, "default"),
    };
    put("type", Some(kind.into()));
    put("category", Some(category).filter(|category| !category.is_empty()).map(Value::from));
    let message = body.take_text("message").or_else(|| (kind == "ui").then(|| body.take_text("element")).flatten());
    put("message", message.map(Value::from));
    entry.remove("uuid");
    for (key, value) in entry {
        body.entry(key).or_insert(value);
    }
    put("data", Some(body).filter(|data| !data.is_empty()).map(Value::from));
    crumb
}

/// Translates `server.history`, the log messages that the Python client sent before. `uuid` is that of the item itself.
pub(super) fn translate_history(history: Vec<Value>, uuid: Option<&str>) -> Vec<Value> {
    let is_own = |entry: &Map<String, Value>| uuid.is_some() && entry.get("uuid").and_then(Value::as_str) == uuid;
    let objects = history.into_iter().filter_map(|entry| match entry {
        Value::Object(entry) if !is_own(&entry) => Some(entry),
        _ => None,
    });
    objects
        .map(|mut entry| {
            let mut crumb = Map::from_iter([("category".to_owned(), "log".into())]);
            crumb.extend(entry.take_value("timestamp").map(|at| ("timestamp".to_owned(), at)));
            crumb.extend(entry.take_text("format").map(|text| ("message".to_owned(), text.into())));
            if !entry.is_empty() {
                crumb.insert("data".to_owned(), entry.into());
            }
            Value::Object(crumb)
        })
        .collect()
}
