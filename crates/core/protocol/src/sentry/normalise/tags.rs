//! Tags: searchable names and values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::values::{cut, pairs};
use model::json::Fields;
use model::json::Problem;

/// The most tags of an event.
const MAX_TAGS: usize = 500;
/// The longest name of a tag, in bytes.
const MAX_NAME: usize = 200;

/// Reads the tags, an object or a list of pairs. If a name is repeated, the first value is used.
pub(super) fn tags(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let Some(value) = fields.value("tags") else { return tags };
    let at = fields.path();
    let path = at.key("tags");
    let problems = fields.problems();
    let mut pairs = pairs(value, path, problems);
    cut(&mut pairs, MAX_TAGS, 0, path, problems);
    for (name, value) in pairs {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            // Relay writes booleans like this.
            Value::Bool(true) => Ok("True".to_owned()),
            Value::Bool(false) => Ok("False".to_owned()),
            other @ (Value::Array(_) | Value::Object(_)) => Err(other),
        };
        let checked = match text {
            Ok(text) if text.contains('\n') => Err((text.into(), "expected a string without line breaks")),
            Ok(text) if !is_name(&name) => {
                Err((text.into(), "expected a name of at most 200 characters (a-z A-Z 0-9 _ . : -)"))
            }
            Ok(text) => Ok(text),
            Err(value) => Err((value, "expected a string")),
        };
        match checked {
            Ok(text) => drop(tags.entry(name.replace(' ', "-")).or_insert(text)),
            Err((value, reason)) => {
                Problem::note(problems, || Problem::invalid(path.key(&name).to_string(), value, reason));
            }
        }
    }
    tags
}

/// Returns whether a tag may have this name. Spaces are allowed, and are replaced by dashes.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b' '))
}
