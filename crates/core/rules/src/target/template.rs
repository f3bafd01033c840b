//! The body of a webhook as a template: JSON whose strings contain placeholders.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// Maximum size of a template as JSON, in bytes.
const MAX_TEMPLATE_BYTES: usize = 8_192;
/// Maximum number of placeholders, which bounds the size of a body.
const MAX_PLACEHOLDERS: usize = 32;

/// The names that a placeholder may have. The fields of one error are those of the first in the message.
pub const PLACEHOLDERS: [&str; 21] = [
    "summary",
    "text",
    "link",
    "project",
    "event",
    "delivery",
    "why",
    "at",
    "type",
    "message",
    "culprit",
    "level",
    "platform",
    "environment",
    "release",
    "fingerprint",
    "count",
    "firstSeen",
    "lastSeen",
    "frames",
    "more",
];

/// JSON with placeholders such as `{{summary}}` in its strings.
///
/// Values are put into strings of a JSON tree, and the tree is written afterwards. So no text of an event can change the
/// structure of the body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Template(Value);

/// A mistake in a template: its place, and a message.
pub(super) struct TemplateError {
    pub(super) path: Vec<String>,
    pub(super) message: String,
}

impl Template {
    /// Checks a template when a rule is saved.
    pub(super) fn parse(template: &Value) -> Result<Self, TemplateError> {
        let wrong = |message: String| TemplateError { path: Vec::new(), message };
        if !template.is_object() {
            return Err(wrong(
                "`template` is not a JSON object: send one, such as `{ \"text\": \"{{text}}\" }`".to_owned(),
            ));
        }
        let size = template.to_string().len();
        if size > MAX_TEMPLATE_BYTES {
            return Err(wrong(format!("`template` has {size} bytes: send at most {MAX_TEMPLATE_BYTES}")));
        }
        let mut count = 0;
        check(template, &mut count).map_err(|mut error| {
            error.path.reverse();
            error
        })?;
        if count > MAX_PLACEHOLDERS {
            return Err(wrong(format!("`template` has {count} placeholders: use at most {MAX_PLACEHOLDERS}")));
        }
        Ok(Self(template.clone()))
    }

    /// Replaces each placeholder by the value that `value` returns for its name. A string that is nothing but a
    /// placeholder becomes that value; in other strings a list becomes lines, and `null` nothing.
    pub fn render(&self, value: impl Fn(&str) -> Value) -> Value {
        render(&self.0, &value)
    }
}

/// The template as JSON.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A part of a string: text, or the name of a placeholder.
enum TemplatePart<'a> {
    Text(&'a str),
    Name(&'a str),
    /// A placeholder that does not end.
    Open,
}

fn parts(text: &str) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        parts.push(TemplatePart::Text(before));
        let Some((name, after)) = after.split_once("}}") else {
            parts.push(TemplatePart::Open);
            return parts;
        };
        parts.push(TemplatePart::Name(name.trim()));
        rest = after;
    }
    parts.push(TemplatePart::Text(rest));
    parts.retain(|part| !matches!(part, TemplatePart::Text("")));
    parts
}

/// Counts the placeholders, and refuses unknown ones. The path of an error is in reverse order.
fn check(value: &Value, count: &mut usize) -> Result<(), TemplateError> {
    let below = |key: String| {
        move |mut error: TemplateError| {
            error.path.push(key);
            error
        }
    };
    match value {
        Value::String(text) => parts(text).iter().try_for_each(|part| match part {
            TemplatePart::Text(_) => Ok(()),
            TemplatePart::Name(name) if PLACEHOLDERS.contains(name) => {
                *count += 1;
                Ok(())
            }
            TemplatePart::Name(_) => Err(TemplateError {
                path: Vec::new(),
                message: format!("a placeholder is not known: use {}", PLACEHOLDERS.join(", ")),
            }),
            TemplatePart::Open => Err(TemplateError {
                path: Vec::new(),
                message: "a placeholder does not end: write it as `{{summary}}`".to_owned(),
            }),
        }),
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(index, value)| check(value, count).map_err(below(index.to_string())))
        }
        Value::Object(map) => map.iter().try_for_each(|(key, value)| check(value, count).map_err(below(key.clone()))),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn render(template: &Value, value: &dyn Fn(&str) -> Value) -> Value {
    match template {
        Value::String(text) => match parts(text).as_slice() {
            [TemplatePart::Name(name)] => value(name),
            parts => parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text) => (*text).to_owned(),
                    TemplatePart::Name(name) => as_text(&value(name)),
                    TemplatePart::Open => String::new(),
                })
                .collect::<String>()
                .into(),
        },
        Value::Array(list) => list.iter().map(|entry| render(entry, value)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, entry)| (key.clone(), render(entry, value))).collect())
        }
        other => other.clone(),
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(as_text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_replaced_in_strings() {
        let value = |name: &str| match name {
            "count" => json!(3),
            "link" => Value::Null,
            "frames" => json!(["a", "b"]),
            "message" => json!("\"}, {{summary}} \\"),
            other => json!(other),
        };
        let check = |template: Value, expected: Value| {
            let Ok(parsed) = Template::parse(&template) else { panic!("{template}") };
            assert_eq!(parsed.render(value), expected, "{template}");
        };
        check(json!({ "text": "{{summary}}: {{ count }}×" }), json!({ "text": "summary: 3×" }));
        check(json!({ "a": ["{{count}}", "{{link}}", "{{frames}}"] }), json!({ "a": [3, null, ["a", "b"]] }));
        check(json!({ "a": "<{{link}}>", "b": "{{frames}}!" }), json!({ "a": "<>", "b": "a\nb!" }));
        check(
            json!({ "a": [{ "b": ["", true, 7, null, "} }}"] }] }),
            json!({ "a": [{ "b": ["", true, 7, null, "} }}"] }] }),
        );
        // A text that looks like a template, or like JSON, stays text.
        check(
            json!({ "a": "{{message}}", "b": "x{{message}}" }),
            json!({ "a": "\"}, {{summary}} \\", "b": "x\"}, {{summary}} \\" }),
        );
    }

    #[test]
    fn mistakes_are_found_when_a_template_is_saved() {
        let check = |template: Value, path: &[&str], says: &str| {
            let Err(error) = Template::parse(&template) else { panic!("{template}") };
            assert_eq!(error.path, path, "{template}");
            assert!(error.message.contains(says), "{}", error.message);
        };
        check(json!("{{summary}}"), &[], "not a JSON object");
        check(json!({ "a": [1, { "b": "{{sumary}}" }] }), &["a", "1", "b"], "use summary, text");
        check(json!({ "a": "{{summary" }), &["a"], "does not end");
        check(json!({ "a": "x".repeat(9_000) }), &[], "at most 8192");
        check(json!({ "a": "{{text}}".repeat(33) }), &[], "at most 32");
    }
}
