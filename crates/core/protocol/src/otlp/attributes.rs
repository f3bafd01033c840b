//! Attributes and values of OTLP's JSON.

use serde_json::{Map, Value};

/// Returns the attributes of a resource, a record or a span as an object.
pub(super) fn attributes(list: Option<&Value>) -> Map<String, Value> {
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    let entry = |entry: &Value| {
        let value = any(entry.get("value")?);
        (!value.is_null()).then(|| Some((entry.get("key")?.as_str()?.to_owned(), value)))?
    };
    entries.filter_map(entry).collect()
}

/// Returns a value of any type as plain JSON. A value without a type is `null`.
pub(super) fn any(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|map| map.iter().next()) else { return Value::Null };
    let values = || inner.get("values").and_then(Value::as_array).into_iter().flatten();
    match kind.as_str() {
        // A number with 64 bits may be a text.
        "intValue" => integer(inner).map_or_else(|| inner.clone(), Value::from),
        "arrayValue" => values().map(any).collect(),
        "kvlistValue" => Value::Object(attributes(inner.get("values"))),
        "stringValue" | "boolValue" | "doubleValue" | "bytesValue" => inner.clone(),
        _ => Value::Null,
    }
}

/// Reads a whole number, which may be a text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

/// Reads a count of nanoseconds, which may be a text.
pub(super) fn nanos(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
    .filter(|nanos| *nanos > 0)
}

/// Takes the first of these attributes that is a text or a number.
pub(super) fn take_first(map: &mut Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| crate::translate::Take::take_text(map, name))
}
