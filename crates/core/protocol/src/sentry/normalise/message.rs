//! Reads the log message.

use serde_json::{Map, Value};

use super::values::any_text;
use model::json::Fields;
use model::json::Problem;

/// The longest log message, in characters. This is a limit of the protocol.
const MAX_MESSAGE: usize = 8_192;

/// Reads the log message from `logentry` or `message`, each an object or a text. If the client did not send
/// `formatted`, it is filled from the template and its parameters.
pub(super) fn logentry(fields: &mut Fields<'_>) -> Map<String, Value> {
    let mut entry = one(fields, "logentry");
    for (key, value) in one(fields, "message") {
        // A `message` next to `logentry` is the formatted text.
        let key = if key == "message" && entry.contains_key("message") { "formatted".to_owned() } else { key };
        entry.entry(key).or_insert(value);
    }
    if !entry.contains_key("formatted")
        && let (Some(template), Some(params)) = (entry.get("message").and_then(Value::as_str), entry.get("params"))
        && let Some(text) = interpolate(template, params)
    {
        entry.insert("formatted".to_owned(), text.into());
    }
    for key in ["message", "formatted"] {
        if let Some(Value::String(text)) = entry.get_mut(key) {
            cut(text, key, fields.problems());
        }
    }
    if entry.get("formatted").is_some_and(|formatted| entry.get("message") == Some(formatted)) {
        entry.remove("formatted");
    }
    entry
}

fn one(fields: &mut Fields<'_>, key: &str) -> Map<String, Value> {
    let mut entry = match fields.value(key) {
        None => Map::new(),
        Some(Value::Object(map)) => map,
        Some(value @ (Value::Array(_) | Value::Bool(_) | Value::Null)) => {
            fields.problem(key, value, "expected a string or an object");
            Map::new()
        }
        Some(scalar @ (Value::String(_) | Value::Number(_))) => Map::from_iter([("message".to_owned(), scalar)]),
    };
    entry.retain(|_, value| !value.is_null());
    for key in ["message", "formatted"] {
        if let Some(value) = entry.remove(key) {
            let text = any_text(value);
            if !text.is_empty() {
                entry.insert(key.to_owned(), text.into());
            }
        }
    }
    entry
}

fn cut(text: &mut String, key: &str, problems: &mut Vec<Problem>) {
    if text.len() <= MAX_MESSAGE {
        return;
    }
    let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) else { return };
    let length = text.chars().count();
    text.truncate(end);
    Problem::note(problems, || Problem {
        kind: "value_too_long".to_owned(),
        name: format!("logentry.{key}"),
        value: length.into(),
        reason: format!("only the first {MAX_MESSAGE} of {length} characters are kept"),
    });
}

/// Formats a template like Python's `%` operator, with a list or an object of parameters: `%s`, `%d`, `%5.2f`,
/// `%(name)s`, `%%`. Returns `None` if a parameter is missing. Other styles (such as `{}`) must be formatted by the
/// client.
fn interpolate(template: &str, params: &Value) -> Option<String> {
    if !template.contains('%') {
        return None;
    }
    let mut out = String::with_capacity(template.len() + 32);
    let (mut rest, mut next) = (template, 0);
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let value = match rest.strip_prefix('(') {
            Some(named) => {
                let (name, after) = named.split_once(')')?;
                rest = after;
                params.get(name)?
            }
            None => {
                next += 1;
                params.get(next - 1).or_else(|| params.get((next - 1).to_string()))?
            }
        };
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (flags, conversion) = rest.split_at(end);
        write(&mut out, value, flags, conversion.chars().next()?);
        rest = &conversion[1..];
        if out.len() > 8 * MAX_MESSAGE {
            break;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Writes one parameter. The only flag that is used is the precision of a float: a width could ask for gigabytes.
fn write(out: &mut String, value: &Value, flags: &str, conversion: char) {
    let precision = || flags.split_once('.')?.1.parse::<usize>().ok();
    match (conversion, value.as_f64()) {
        ('f' | 'F', Some(float)) => {
            let precision = precision().unwrap_or(6).min(30);
            out.push_str(&format!("{float:.precision$}"));
        }
        ('x', _) if value.is_u64() => out.push_str(&format!("{:x}", value.as_u64().unwrap_or_default())),
        _ => out.push_str(&any_text(value.clone())),
    }
}

/// Returns the formatted message, or else the template.
pub(super) fn text(logentry: &Map<String, Value>) -> Option<&str> {
    let text = |key: &str| logentry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("formatted").or_else(|| text("message"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(template: &str, params: Value, expected: Option<&str>) {
        assert_eq!(interpolate(template, &params).as_deref(), expected, "{template}");
    }

    #[test]
    fn templates_are_filled_as_python_does() {
        check("no %s of %d", json!(["row", 7]), Some("no row of 7"));
        check("%5.2f%%", json!([1.239]), Some("1.24%"));
        check("%(user)s lost %(n)d", json!({"user": "ann", "n": 3}), Some("ann lost 3"));
        check("%s", json!([{"a": 1}]), Some("{\"a\":1}"));
        check("%x", json!([255]), Some("ff"));
        check("%s of %s", json!({"0": "one", "1": "two"}), Some("one of two"));
        check("%s and %s", json!(["one"]), None);
        check("%(gone)s", json!({}), None);
        check("100%", json!([1]), None);
        check("{name} left", json!({"name": "ann"}), None);
        check("%999999999d", json!([1]), Some("1"));
    }
}
