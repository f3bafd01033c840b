//! Reads lists and pairs in the forms that clients use.

use serde_json::{Map, Value};

use model::json::Problem;
use model::json::{Fields, Path, is_list, list_of, text_of};

/// Reads the list at `key`: `{"values": […]}`, the list itself, or a single entry. Either list may be an object whose
/// keys are numbers. Other keys of the wrapper are kept in `other`. `null` entries are dropped.
pub(super) fn values(fields: &mut Fields<'_>, key: &str) -> Vec<Value> {
    let list = match fields.value(key) {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(Value::Object(map)) if is_list(&map) => list_of(Value::Object(map)).unwrap_or_default(),
        Some(Value::Object(mut wrapper)) => match wrapper.remove("values") {
            None => vec![Value::Object(wrapper)],
            Some(values) => {
                wrapper.retain(|_, value| !value.is_null());
                if !wrapper.is_empty() {
                    fields.keep(key, Value::Object(wrapper));
                }
                match list_of(values) {
                    Ok(list) => list,
                    Err(Value::Null) => Vec::new(),
                    Err(values @ Value::Object(_)) => vec![values],
                    Err(values) => {
                        fields.problem(key, values, "expected a list");
                        Vec::new()
                    }
                }
            }
        },
        Some(other) => {
            fields.problem(key, other, "expected a list");
            Vec::new()
        }
    };
    list.into_iter().filter(|value| !value.is_null()).collect()
}

/// Cuts out the middle of `list` if it has more than `first` plus `last` entries, and reports it.
pub(super) fn cut<T>(list: &mut Vec<T>, first: usize, last: usize, path: Path<'_>, problems: &mut Vec<Problem>) {
    let length = list.len();
    if length > first + last {
        list.drain(first..length - last);
        Problem::note(problems, || Problem {
            kind: "value_too_long".to_owned(),
            name: path.to_string(),
            value: length.into(),
            reason: match (first, last) {
                (first, 0) => format!("only the first {first} of {length} entries are kept"),
                (0, last) => format!("only the last {last} of {length} entries are kept"),
                (first, last) => format!("only the first {first} and the last {last} of {length} entries are kept"),
            },
        });
    }
}

/// Reads the names and values at `path`: an object, a list of `[name, value]` pairs, or a list of objects with `name`
/// (or `key`) and `value`.
pub(super) fn pairs(value: Value, path: Path<'_>, problems: &mut Vec<Problem>) -> Vec<(String, Value)> {
    let value = match value {
        // A list of pairs that PHP serialised as an object with numbers as keys, not an object with numbers as names.
        Value::Object(map) if is_list(&map) && map.values().all(|entry| is_pair(entry) || entry.is_null()) => {
            list_of(Value::Object(map)).map_or_else(|value| value, Value::Array)
        }
        other => other,
    };
    match value {
        Value::Object(map) => map.into_iter().collect(),
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .filter(|(_, entry)| !entry.is_null())
            .filter_map(|(index, entry)| match pair(entry) {
                Ok(pair) => Some(pair),
                Err(entry) => {
                    Problem::note(problems, || {
                        Problem::invalid(path.index(index).to_string(), entry, "expected a pair of name and value")
                    });
                    None
                }
            })
            .collect(),
        other => {
            Problem::note(problems, || {
                Problem::invalid(path.to_string(), other, "expected an object or a list of pairs")
            });
            Vec::new()
        }
    }
}

fn is_pair(entry: &Value) -> bool {
    match entry {
        Value::Array(pair) => pair.len() == 2,
        Value::Object(map) if is_list(map) => map.len() == 2,
        Value::Object(map) => map.contains_key("value") && (map.contains_key("name") || map.contains_key("key")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn pair(entry: Value) -> Result<(String, Value), Value> {
    let entry = match entry {
        Value::Object(map) if is_list(&map) => list_of(Value::Object(map)).map_or_else(|value| value, Value::Array),
        other => other,
    };
    match entry {
        Value::Array(mut pair) if pair.len() == 2 => {
            let value = pair.pop().unwrap_or_default();
            match pair.pop().map(text_of) {
                Some(Ok(name)) => Ok((name, value)),
                Some(Err(name)) => Err(Value::Array(vec![name, value])),
                None => Err(value),
            }
        }
        Value::Object(mut map) => match (map.remove("name").or_else(|| map.remove("key")), map.remove("value")) {
            (Some(Value::String(name)), Some(value)) => Ok((name, value)),
            (name, value) => {
                map.extend(name.map(|name| ("name".to_owned(), name)));
                map.extend(value.map(|value| ("value".to_owned(), value)));
                Err(Value::Object(map))
            }
        },
        other => Err(other),
    }
}

/// Returns `value` as text. Objects and lists become JSON.
pub(super) fn any_text(value: Value) -> String {
    text_of(value).unwrap_or_else(|value| value.to_string())
}

/// Returns the objects in `list`, and reports all other entries.
pub(super) fn objects(list: Vec<Value>, path: Path<'_>, problems: &mut Vec<Problem>) -> Vec<Map<String, Value>> {
    list.into_iter()
        .enumerate()
        .filter_map(|(index, entry)| match entry {
            Value::Object(map) => Some(map),
            Value::Null => None,
            other => {
                Problem::note(problems, || {
                    Problem::invalid(path.index(index).to_string(), other, "expected an object")
                });
                None
            }
        })
        .collect()
}
