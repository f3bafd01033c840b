//! Converts an event as Sentry's web API returns it into one as an SDK sends it.

use model::json::is_empty;
use serde_json::{Map, Value, json};

/// Tags that are fields of an event, and not tags of their own.
const FIELDS: [&str; 6] = ["environment", "level", "logger", "server_name", "transaction", "dist"];
/// Other tags that Sentry derives from fields.
const DERIVED: [&str; 2] = ["release", "user"];
/// Maximum number of lines before and after the line of a frame.
const MAX_CONTEXT: usize = 20;

/// Returns the event as an SDK would have sent it. What the API does not return (groupings, errors of processing) is
/// left out.
pub(super) fn as_sent(api: &Value) -> Map<String, Value> {
    let mut event = Map::new();
    let mut put = |key: &str, value: Value| {
        if !is_empty(&value) {
            event.insert(key.to_owned(), value);
        }
    };
    let tag = |key: &str| {
        let names = [key.to_owned(), format!("sentry:{key}")];
        let tags = api["tags"].as_array().into_iter().flatten();
        let mut tags = tags.filter(|tag| names.iter().any(|name| tag["key"] == **name));
        tags.next().map_or(Value::Null, |tag| tag["value"].clone())
    };
    put("timestamp", first([&api["dateCreated"], &api["dateReceived"]]));
    put("platform", api["platform"].clone());
    put("release", first([&api["release"]["version"], &api["release"], &tag("release")]));
    for key in FIELDS {
        put(key, first([&tag(key), &api[key]]));
    }
    let tags = api["tags"].as_array().into_iter().flatten();
    let own = tags.filter_map(|tag| {
        let key = tag["key"].as_str()?;
        let is_field = |names: &[&str]| names.contains(&key.trim_start_matches("sentry:"));
        (!is_field(&FIELDS) && !is_field(&DERIVED)).then(|| json!([key, tag["value"]]))
    });
    put("tags", own.collect());
    put(
        "user",
        pick(
            &api["user"],
            &[
                ("id", "id"),
                ("email", "email"),
                ("username", "username"),
                ("ip_address", "ip_address"),
                ("name", "name"),
            ],
        ),
    );
    put("contexts", api["contexts"].clone());
    put("extra", api["context"].clone());
    put("modules", api["packages"].clone());
    put("sdk", pick(&api["sdk"], &[("name", "name"), ("version", "version")]));
    put("message", api["message"].clone());
    for entry in api["entries"].as_array().into_iter().flatten() {
        let data = &entry["data"];
        match entry["type"].as_str().unwrap_or_default() {
            "exception" => put("exception", json!({ "values": values(data, exception) })),
            "threads" => put("threads", json!({ "values": values(data, thread) })),
            "stacktrace" => put("stacktrace", stacktrace(data)),
            "message" => {
                put("logentry", pick(data, &[("formatted", "formatted"), ("message", "message"), ("params", "params")]))
            }
            "breadcrumbs" => put("breadcrumbs", json!({ "values": data["values"] })),
            "request" => put("request", request(data)),
            "debugmeta" => put("debug_meta", json!({ "images": data["images"] })),
            _ => {}
        }
    }
    event
}

/// Returns the first text; `null` if there is none.
fn first<const N: usize>(candidates: [&Value; N]) -> Value {
    candidates.into_iter().find(|value| value.is_string() && !is_empty(value)).cloned().unwrap_or_default()
}

/// Returns an object with some keys of `from` under other names, as far as they exist.
fn pick(from: &Value, keys: &[(&str, &str)]) -> Value {
    let pairs = keys.iter().filter(|(key, _)| !is_empty(&from[*key]));
    Value::Object(pairs.map(|(key, name)| ((*name).to_owned(), from[*key].clone())).collect())
}

fn values(data: &Value, convert: fn(&Value) -> Value) -> Vec<Value> {
    data["values"].as_array().into_iter().flatten().map(convert).collect()
}

fn exception(api: &Value) -> Value {
    let mut exception = pick(
        api,
        &[
            ("type", "type"),
            ("value", "value"),
            ("module", "module"),
            ("mechanism", "mechanism"),
            ("threadId", "thread_id"),
        ],
    );
    exception["stacktrace"] = stacktrace(&api["stacktrace"]);
    exception
}

fn thread(api: &Value) -> Value {
    let mut thread = pick(api, &[("id", "id"), ("name", "name"), ("crashed", "crashed"), ("current", "current")]);
    thread["stacktrace"] = stacktrace(&api["stacktrace"]);
    thread
}

fn stacktrace(api: &Value) -> Value {
    match api["frames"].as_array() {
        Some(frames) => json!({ "frames": frames.iter().map(frame).collect::<Vec<_>>() }),
        None => Value::Null,
    }
}

fn frame(api: &Value) -> Value {
    let mut frame = pick(
        api,
        &[
            ("filename", "filename"),
            ("absPath", "abs_path"),
            ("module", "module"),
            ("package", "package"),
            ("platform", "platform"),
            ("function", "function"),
            ("rawFunction", "raw_function"),
            ("instructionAddr", "instruction_addr"),
            ("symbolAddr", "symbol_addr"),
            ("lineNo", "lineno"),
            ("colNo", "colno"),
            ("inApp", "in_app"),
            ("vars", "vars"),
        ],
    );
    let number = api["lineNo"].as_i64();
    let lines = || {
        let lines = api["context"].as_array().into_iter().flatten();
        lines.filter_map(|line| Some((line[0].as_i64()?, line[1].as_str()?)))
    };
    if let Some(number) = number
        && let Some((_, text)) = lines().find(|(line, _)| *line == number)
    {
        let before: Vec<_> = lines().filter(|(line, _)| *line < number).map(|(_, text)| text).collect();
        let after: Vec<_> =
            lines().filter(|(line, _)| *line > number).map(|(_, text)| text).take(MAX_CONTEXT).collect();
        frame["context_line"] = text.into();
        frame["pre_context"] = before[before.len().saturating_sub(MAX_CONTEXT)..].into();
        frame["post_context"] = after.into();
    }
    frame
}

fn request(api: &Value) -> Value {
    pick(
        api,
        &[
            ("url", "url"),
            ("method", "method"),
            ("data", "data"),
            ("query", "query_string"),
            ("cookies", "cookies"),
            ("headers", "headers"),
            ("env", "env"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_the_api_becomes_one_of_an_sdk() {
        let entries = json!([
            { "type": "exception", "data": { "values": [{ "type": "E", "value": "x", "module": null, "threadId": null,
                "stacktrace": { "frames": [{ "filename": "a.py", "absPath": "/srv/a.py", "function": "f", "lineNo": 7,
                    "colNo": null, "inApp": true, "vars": { "n": "1" },
                    "context": [[6, "before"], [7, "here"], [8, "after"]] }] } }] } },
            { "type": "breadcrumbs", "data": { "values": [{ "message": "click", "category": "ui" }] } },
            { "type": "request", "data": { "url": "https://a.example/", "method": "GET", "query": [["q", "1"]],
                "headers": [["Accept", "*/*"]], "cookies": [], "inferredContentType": null } },
            { "type": "csp", "data": {} },
        ]);
        let api = json!({
            "id": "5", "eventID": "9fac2ceed9344f2bbfdd1fdacb0ed9b1", "dateCreated": "2026-10-03T12:00:00Z",
            "platform": "python", "dist": null, "message": "", "title": "E: x", "type": "error",
            "release": { "version": "web@1.2", "dateCreated": "2026-10-01T00:00:00Z" },
            "tags": [{ "key": "environment", "value": "production" }, { "key": "level", "value": "fatal" },
                { "key": "sentry:release", "value": "web@1.2" }, { "key": "user", "value": "id:7" },
                { "key": "colour", "value": "red" }],
            "user": { "id": "7", "email": null, "data": {} },
            "contexts": { "runtime": { "name": "CPython" } }, "context": { "cart": 3 }, "packages": { "django": "5" },
            "sdk": { "name": "sentry.python", "version": "2.0", "upstream": {} },
            "entries": entries,
        });
        let expected = json!({
            "timestamp": "2026-10-03T12:00:00Z", "platform": "python", "release": "web@1.2",
            "environment": "production", "level": "fatal", "tags": [["colour", "red"]], "user": { "id": "7" },
            "contexts": { "runtime": { "name": "CPython" } }, "extra": { "cart": 3 }, "modules": { "django": "5" },
            "sdk": { "name": "sentry.python", "version": "2.0" },
            "exception": { "values": [{ "type": "E", "value": "x", "stacktrace": { "frames": [{ "filename": "a.py",
                "abs_path": "/srv/a.py", "function": "f", "lineno": 7, "in_app": true, "vars": { "n": "1" },
                "context_line": "here", "pre_context": ["before"], "post_context": ["after"] }] } }] },
            "breadcrumbs": { "values": [{ "message": "click", "category": "ui" }] },
            "request": { "url": "https://a.example/", "method": "GET", "query_string": [["q", "1"]],
                "headers": [["Accept", "*/*"]] },
        });
        assert_eq!(Value::Object(as_sent(&api)), expected);
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_left_out() {
        for api in [json!({}), json!({ "tags": {}, "entries": 3, "user": "x", "release": 5, "sdk": [] })] {
            assert_eq!(Value::Object(as_sent(&api)), json!({}), "{api}");
        }
        let threads = json!({ "entries": [{ "type": "threads", "data": { "values": [{ "id": 1, "crashed": true }] } },
            { "type": "stacktrace", "data": {} }] });
        let values = json!([{ "id": 1, "crashed": true, "stacktrace": null }]);
        assert_eq!(as_sent(&threads)["threads"]["values"], values);
    }
}
