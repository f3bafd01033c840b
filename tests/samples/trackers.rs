//! Requests of clients of other trackers (`trackers/`, see README.md) are posted as they were sent.

use std::path::{Path, PathBuf};

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use serde_json::{Value, json};
use store::clock::Clock;

/// The placeholder for the key.
const KEY: &str = "CLIENT-KEY";
/// The password that the clients send, where they do not replace it themselves.
const SECRET: &str = "correct-horse-battery";
/// When the newest of the requests was sent.
const NEWEST: i64 = 1_795_897_200;

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/trackers");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "http")).collect();
    files.sort();
    files
}

fn request(file: &Path, key: &str) -> Request<Body> {
    let text = std::fs::read_to_string(file).unwrap().replace(KEY, key);
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut request = Request::post(lines.next().unwrap().strip_prefix("POST ").unwrap());
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        request = request.header(name, value);
    }
    request.body(body.to_owned().into()).unwrap()
}

/// Every request is answered with success, and becomes what `expected.snap` next to the requests says: one occurrence,
/// or nothing. No secret, and no key, is in what is stored.
#[tokio::test]
async fn requests_of_other_trackers_become_the_expected_occurrences() {
    let files = files();
    assert!(files.len() >= 20, "{files:?}");
    let mut table = serde_json::Map::new();
    for file in &files {
        let faultline = Faultline::new().await;
        faultline.clock.advance(NEWEST - faultline.clock.now().seconds());
        let answer = faultline.send(request(file, faultline.client_key())).await;
        assert_eq!(faultline.process().await, 0);
        let mut row = json!({ "answer": answer.status.as_u16() });
        let errors = faultline.all("/projects/sample/errors?limit=100", "cursor").await;
        if let [error] = errors.as_slice() {
            let path = format!("/projects/sample/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
            let event = faultline.get(&path).await["error"]["event"].clone();
            let text = event.to_string();
            assert!(!text.contains(faultline.client_key()) && !text.contains(SECRET), "{}: {text}", file.display());
            row["occurrence"] = described(&event);
        } else {
            let info = faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await;
            row["refused"] = info.body["data"]["refused"].clone();
            assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        }
        table.insert(file.file_stem().unwrap().to_str().unwrap().to_owned(), row);
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/trackers");
    insta::with_settings!({ snapshot_path => here, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!("expected", Value::Object(table));
    });
}

/// Summarises an occurrence: its facts, the names in its objects, and a line for each frame.
fn described(event: &Value) -> Value {
    let frames = |of: &Value| -> Vec<String> {
        let frames = of["stacktrace"]["frames"].as_array().cloned().unwrap_or_default();
        let line = |frame: &Value| {
            let text = |key: &str| frame[key].as_str().unwrap_or("?").to_owned();
            let own = if frame["in_app"] == true { "own" } else { "library" };
            let own = if frame["in_app"].is_null() { "unmarked" } else { own };
            format!("{}:{}:{} {} ({own})", text("filename"), frame["lineno"], frame["colno"], text("function"))
        };
        frames.iter().map(line).collect()
    };
    let exceptions = event["exceptions"].as_array().cloned().unwrap_or_default();
    let exceptions = exceptions.iter().map(|one| {
        json!({ "type": one["type"], "value": one["value"], "mechanism": one["mechanism"], "frames": frames(one) })
    });
    let names = |key: &str| match &event[key] {
        Value::Object(map) => map.keys().cloned().collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let crumbs = event["breadcrumbs"].as_array().cloned().unwrap_or_default();
    let crumbs = crumbs.iter().map(|crumb| {
        let text = |key: &str| crumb[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("category"), text("message")).trim().to_owned()
    });
    let mut row = json!({
        "exceptions": exceptions.collect::<Vec<_>>(),
        "breadcrumbs": crumbs.collect::<Vec<_>>(),
        "stack": frames(event),
    });
    for key in [
        "type",
        "message",
        "level",
        "platform",
        "source",
        "timestamp",
        "release",
        "environment",
        "serverName",
        "transaction",
        "culprit",
        "fingerprint",
        "tags",
        "user",
        "errors",
        "scrubbed",
        "traceId",
    ] {
        row[key] = event[key].clone();
    }
    for key in ["request", "contexts", "extra", "modules", "sdk", "other"] {
        row[key] = names(key).into();
    }
    if let Value::Object(row) = &mut row {
        row.retain(|_, value| !value.is_null() && *value != json!([]) && *value != "");
    }
    row
}
