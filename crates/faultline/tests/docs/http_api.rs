//! Generates the reference page of the HTTP API from `openapi.json`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::markdown::{GENERATED, cell, table};
use crate::read;

/// HTTP methods, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) fn page() -> String {
    let api: Value = serde_json::from_str(&read("crates/functions/query/openapi.json")).unwrap();
    let mut out = format!(
        "{GENERATED}\n\n# HTTP API\n\n{}\n\nA key goes into the header `x-api-key`, or `Authorization: Bearer`. `{{message}}` is the \
         percent-encoded message of an error of faultline's own API, or the fingerprint of any error. `GET /openapi.json` has all \
         schemas, as OpenAPI 3.1; this page is made from it. Refusals name a [reason](error-reasons.md).\n\n",
        text(&api["info"]["description"])
    );
    for tag in api["tags"].as_array().unwrap() {
        let title = text(&tag["name"]);
        let title = title.chars().next().unwrap().to_uppercase().chain(title.chars().skip(1)).collect::<String>();
        out += &format!("## {title}\n\n{}.\n\n", text(&tag["description"]));
        for (path, operations) in api["paths"].as_object().unwrap() {
            for method in METHODS {
                let operation = &operations[method];
                if operation["tags"][0] == tag["name"] {
                    out += &section(method, path, operation);
                }
            }
        }
    }
    out.trim_end().to_owned() + "\n"
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Formats the section of one operation.
fn section(method: &str, path: &str, operation: &Value) -> String {
    let mut out = format!("### `{} {path}`\n\n{}.\n\n", method.to_uppercase(), text(&operation["summary"]));
    if let Some(description) = operation["description"].as_str() {
        out += &format!("{}\n\n", plain(description));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| {
        let name = format!("`{}`", text(&parameter["name"]));
        vec![
            name,
            text(&parameter["in"]).to_owned(),
            values(&parameter["schema"]),
            cell(text(&parameter["description"])),
        ]
    });
    out += &table(&["parameter", "in", "values", "meaning"], &parameters.collect::<Vec<_>>());
    if let Some((kind, content)) =
        operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next())
    {
        let example = match &content["example"] {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap(),
        };
        out += &format!("Body, `{kind}`, for example:\n\n```text\n{example}\n```\n\n");
    }
    let mut reasons = BTreeSet::new();
    for (status, answer) in operation["responses"].as_object().unwrap() {
        let description = text(&answer["description"]);
        if status.starts_with('2') {
            out += &format!("Answers {status}: {}.\n\n", plain(description));
        } else {
            let named = description.split("; ").filter_map(|part| part.strip_prefix('`')?.split_once("`:"));
            reasons.extend(named.map(|(reason, _)| format!("`{reason}`")));
        }
    }
    if !reasons.is_empty() {
        out += &format!("Refused with {}.\n\n", reasons.into_iter().collect::<Vec<_>>().join(", "));
    }
    out
}

/// Escapes HTML in each paragraph.
fn plain(text: &str) -> String {
    text.split("\n\n").map(cell).collect::<Vec<_>>().join("\n\n").to_owned()
}

/// Describes the values of a parameter.
fn values(schema: &Value) -> String {
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(values).find(|value| !value.is_empty()).unwrap_or_default();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(|choice| format!("`{}`", text(choice))).collect::<Vec<_>>().join(", ");
    }
    let range = match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, _) | (_, Value::Null) => String::new(),
        (least, most) => format!(" {least} to {most}"),
    };
    let default = if schema["default"].is_null() { String::new() } else { format!(", default {}", schema["default"]) };
    let kind =
        schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_else(|| text(&schema["type"]));
    format!("{kind}{range}{default}")
}
