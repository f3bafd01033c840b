//! Breadcrumbs, which only the client for browsers sends.

use serde_json::{Map, Value};

use crate::translate::{Take, each_object};

/// The path of the posts of notices, which the client records, too.
const OWN_POST: &str = "/api/v3/projects/";

/// Translates `context.history`, oldest first. The client's own posts are left out.
pub(super) fn translate(mut history: Vec<Value>) -> Vec<Value> {
    history.retain(|entry| !entry["url"].as_str().is_some_and(|url| url.contains(OWN_POST)));
    each_object(history, translate_one)
}

fn translate_one(mut entry: Map<String, Value>) -> Map<String, Value> {
    let mut crumb = Map::new();
    crumb.extend(entry.take_value("date").map(|date| ("timestamp".to_owned(), date)));
    let kind = entry.take_text("type").unwrap_or_default();
    let (category, form, message) = match kind.as_str() {
        "log" => ("console", "default", join(&entry.take_list("arguments"))),
        "xhr" | "fetch" => (kind.as_str(), "http", None),
        "location" => ("navigation", "navigation", None),
        "error" => ("error", "error", entry.take_text("message")),
        "" => ("default", "default", entry.take_text("message")),
        _ => (kind.as_str(), "ui", entry.take_text("target")),
    };
    if let Some(level) = entry.take_text("severity") {
        let level = if level == "log" { "info".to_owned() } else { level };
        crumb.insert("level".to_owned(), level.into());
    }
    if let Some(status) = entry.take_value("statusCode") {
        entry.insert("status_code".to_owned(), status);
    }
    let category = if form == "ui" { format!("ui.{category}") } else { category.to_owned() };
    crumb.insert("category".to_owned(), category.into());
    crumb.insert("type".to_owned(), form.into());
    crumb.extend(message.map(|message| ("message".to_owned(), message.into())));
    if !entry.is_empty() {
        crumb.insert("data".to_owned(), entry.into());
    }
    crumb
}

fn join(arguments: &[Value]) -> Option<String> {
    let text = |argument: &Value| argument.as_str().map_or_else(|| argument.to_string(), str::to_owned);
    let text = arguments.iter().map(text).collect::<Vec<_>>().join(" ");
    Some(text).filter(|text| !text.is_empty())
}
