//! Source lines that clients send by their numbers.

use serde_json::{Map, Value};

/// Sets the source lines of `frame`, which is at `line`, from an object of line numbers and texts.
pub(crate) fn put_code(frame: &mut Map<String, Value>, code: Map<String, Value>, line: Option<u64>) {
    let Some(line) = line else { return };
    let mut lines: Vec<_> =
        code.into_iter().filter_map(|(number, text)| Some((number.parse::<u64>().ok()?, text))).collect();
    lines.sort_by_key(|(number, _)| *number);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (number, text) in lines {
        match number.cmp(&line) {
            std::cmp::Ordering::Less => before.push(text),
            std::cmp::Ordering::Equal => drop(frame.insert("context_line".to_owned(), text)),
            std::cmp::Ordering::Greater => after.push(text),
        }
    }
    for (key, lines) in [("pre_context", before), ("post_context", after)] {
        if !lines.is_empty() {
            frame.insert(key.to_owned(), lines.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(code: Value, line: Option<u64>, expected: Value) {
        let (Value::Object(code), mut frame) = (code, Map::new()) else { panic!("an object") };
        put_code(&mut frame, code, line);
        assert_eq!(Value::Object(frame), expected);
    }

    #[test]
    fn lines_are_ordered_by_number_not_by_text() {
        let code = json!({ "9": "a", "10": "b", "11": "c", "x": "no" });
        check(code.clone(), Some(10), json!({ "pre_context": ["a"], "context_line": "b", "post_context": ["c"] }));
        check(code.clone(), Some(9), json!({ "context_line": "a", "post_context": ["b", "c"] }));
        check(code.clone(), Some(100), json!({ "pre_context": ["a", "b", "c"] }));
        check(code, None, json!({}));
    }
}
