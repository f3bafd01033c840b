use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::shell::Shell;

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An export is imported completely, whatever client the events came from and however old they are. Importing it again
/// counts nothing twice.
#[tokio::test]
async fn an_export_comes_back_once() {
    let shell = Shell::new();
    for message in ["a", "b", "b"] {
        shell.says(&["send", "--message", message]);
    }
    let event = json!({ "event_id": "07".repeat(16), "platform": "python", "tags": { "k": "v" }, "user": { "id": "7" },
        "exception": { "values": [{ "type": "KeyError", "value": "k", "stacktrace": { "frames": [{ "function": "f" }] } }] } });
    let dsn = &shell.running.ready;
    let store = shell.running.url(&format!("/api/{}/store/", dsn["project"]["id"]));
    let auth = format!("Sentry sentry_version=7, sentry_key={}", dsn["clientKey"].as_str().unwrap());
    shell.running.client.post(store).header("x-sentry-auth", auth).json(&event).send().await.unwrap();
    shell.until(&["errors", "list"], |list| list["errors"].as_array().unwrap().len() == 3);

    let file = shell.path("all.ndjson");
    shell.says(&["export", "--out", file.to_str().unwrap()]);
    let mut exported = lines(&file);
    assert_eq!(exported.len(), 4);
    assert!(!shell.path("all.ndjson.part").exists());
    let one = shell.says(&["export", "--project", "sample", "--error", "b"]);
    assert_eq!(one.lines().count(), 2, "{one}");

    // Older than an SDK's event may be.
    for line in &mut exported {
        let time = line["event"]["timestamp"].as_str().unwrap();
        line["event"]["timestamp"] = format!("2025-06-01{}", &time[10..]).into();
    }
    let text: String = exported.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&file, text + "{\"project\":\"sample\"}\nnonsense\n").unwrap();
    shell.says(&["projects", "create", "copy"]);
    for _ in 0..2 {
        let said = shell.run(&["import", "--project", "copy", file.to_str().unwrap()]);
        assert_eq!(said.code, Some(1));
        assert!(said.out.contains("imported 4 occurrences"), "{}{}", said.out, said.err);
        assert!(
            said.err.contains("all.ndjson:5: `event`") && said.err.contains("all.ndjson:6: not JSON"),
            "{}",
            said.err
        );
    }
    // The event that is sent last is processed last.
    shell.says(&["send", "--project", "copy", "--message", "last"]);
    let copied = shell.until(&["errors", "list", "-p", "copy"], |list| list["errors"].as_array().unwrap().len() == 4);
    let counts = copied["errors"].as_array().unwrap().iter().map(|error| (&error["message"], error["count"].as_u64()));
    let mut counts: Vec<_> = counts.map(|(message, count)| (message.as_str().unwrap(), count.unwrap())).collect();
    counts.sort_unstable();
    assert_eq!(counts, [("a", 1), ("b", 2), ("k", 1), ("last", 1)]);

    let copy = shell.path("copy.ndjson");
    shell.says(&["export", "--project", "copy", "--out", copy.to_str().unwrap()]);
    let whole = |lines: &[Value]| {
        let mut events: Vec<_> = lines.iter().map(|line| line["event"].to_string()).collect();
        events.sort();
        events
    };
    let copied: Vec<_> = lines(&copy).into_iter().filter(|line| line["message"] != "last").collect();
    assert_eq!(whole(&copied), whole(&exported));
}

/// The state that people set on errors is imported once. A change after the import is kept if the import is repeated.
#[tokio::test]
async fn the_state_of_errors_is_restored_once() {
    let shell = Shell::new();
    for message in ["resolved", "muted", "assigned", "whole", "part", "untouched"] {
        shell.says(&["send", "--message", message]);
    }
    shell.says(&["errors", "resolve", "resolved"]);
    shell.says(&["errors", "resolve", "assigned"]);
    shell.says(&["errors", "unresolve", "assigned"]);
    shell.says(&["errors", "assign", "assigned", "--to", "ann@shop.example"]);
    shell.says(&["errors", "mute", "muted", "--until", "2030-01-01T00:00:00Z", "--occurrences", "50"]);
    let call = async |path: &str, body: Value| {
        let request = shell.running.client.post(shell.running.url(path));
        let request = request.header("x-api-key", shell.running.ready["adminKey"].as_str().unwrap());
        let answer = request.json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    };
    let print = |list: &Value, message: &str| {
        let found =
            list["errors"].as_array().unwrap().iter().find(|error| error["message"] == message).unwrap().clone();
        found["fingerprint"].as_str().unwrap().to_owned()
    };
    let list = shell.json(&["errors", "list"]);
    let (whole, part) = (print(&list, "whole"), print(&list, "part"));
    call(&format!("/projects/sample/errors/{whole}/comments"), json!({ "text": "seen <b>twice</b>\n`x`" })).await;
    call(&format!("/projects/sample/errors/{whole}/merge"), json!({ "errors": [part] })).await;
    call(&format!("/projects/sample/errors/{whole}/comments"), json!({ "text": "and merged" })).await;

    let file = shell.path("all.ndjson");
    shell.says(&["export", "--out", file.to_str().unwrap()]);
    let states: Vec<_> = lines(&file).into_iter().filter(|line| line["kind"] == "error").collect();
    assert_eq!(states.len(), 4, "one was not changed, and one was merged");
    assert!(states.iter().all(|line| line["version"] == 1));

    shell.says(&["projects", "create", "copy"]);
    let import = || shell.says(&["import", "--project", "copy", file.to_str().unwrap()]);
    let said = import();
    assert!(said.contains("restored status, assignee, comments and merges of 4 errors"), "{said}");
    let set = |project: &str| {
        let list = shell.json(&["errors", "list", "--project", project, "--limit", "100"]);
        let keys = ["message", "status", "assignee", "mutedUntil", "mutedUntilCount", "merged", "count", "resolution"];
        let set = |error: &Value| keys.map(|key| error[key].to_string()).join(" ");
        let mut set: Vec<_> = list["errors"].as_array().unwrap().iter().map(set).collect();
        set.sort();
        set
    };
    assert_eq!(set("copy"), set("sample"));
    let histories = async |project: &str| {
        let mut all = Vec::new();
        for message in ["resolved", "muted", "assigned", "whole"] {
            let history = shell.running.get(&format!("/projects/{project}/errors/{message}/history")).await;
            all.push(history["data"]["history"].as_array().unwrap().clone());
        }
        all
    };
    let (original, copied) = (histories("sample").await, histories("copy").await);
    for (original, copied) in original.iter().zip(&copied) {
        let missing: Vec<_> = original.iter().filter(|entry| !copied.contains(entry)).collect();
        assert!(missing.is_empty(), "with ids, times and authors: {missing:?}");
    }

    shell.says(&["errors", "resolve", "untouched", "--project", "copy"]);
    shell.says(&["errors", "unresolve", "resolved", "--project", "copy"]);
    let (before, histories_before) = (set("copy"), histories("copy").await);
    let said = import();
    assert!(!said.contains("restored"), "{said}");
    assert_eq!((set("copy"), histories("copy").await), (before, histories_before));

    let later = json!({ "kind": "error", "version": 2, "project": "copy" });
    let gone = json!({ "kind": "new", "version": 1, "project": "copy" });
    fs::write(&file, format!("{later}\n{gone}\n")).unwrap();
    let (code, said) = shell.fails(&["import", file.to_str().unwrap()]);
    assert!(
        code == Some(1) && said.contains("all.ndjson:1: unsupported line of kind `error`") && said.contains("newer"),
        "{said}"
    );
}

/// A typo does not create a project: with a key for all projects, `send` checks first that the project exists.
#[tokio::test]
async fn sending_to_an_unknown_project_does_not_create_it() {
    let shell = Shell::new();
    let (code, said) = shell.fails(&["send", "--project", "typo"]);
    assert!(code == Some(1) && said.contains("no project `typo`") && said.contains("--create"), "{said}");
    assert_eq!(shell.json(&["projects", "list"])["projects"].as_array().unwrap().len(), 1);
    shell.says(&["send", "--project", "typo", "--create"]);
    assert_eq!(shell.json(&["projects", "list"])["projects"].as_array().unwrap().len(), 2);
}

/// Each object in faultline v1's bucket becomes an occurrence with its original time, counted once even if it is
/// imported again. An invalid object is named with the reason.
#[tokio::test]
async fn v1_s_bucket_is_imported_once() {
    let shell = Shell::new();
    let bucket = shell.path("bucket");
    let put = |message: &str, reversed: &str, object: &str| {
        let dir = bucket.join(format!("projects/shop/errors/{message}/occurrences"));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(format!("{reversed}.json")), object).unwrap();
    };
    let object = |message: &str, time: &str| {
        json!({ "project": "shop", "message": message, "type": "E", "backtrace": [], "timestamp": time,
            "event": { "headers": { "x-api-key": "SECRET" } } })
        .to_string()
    };
    put("a/b", "9007197776696131", &object("a/b", "2016-11-02T00:01:00+00:00"));
    put("a/b", "9007197776696130", &object("a/b", "2016-11-02T09:01:01+09:00"));
    put("c", "9007197776696131", &object("c", "2016-11-02T00:01:00+00:00"));
    put("c", "9007197776696129", "{");
    fs::write(bucket.join("projects/notes.json"), "not looked at").unwrap();

    let path = bucket.to_str().unwrap();
    for _ in 0..2 {
        let said = shell.run(&["import", "--from", "v1", path]);
        assert_eq!(said.code, Some(1));
        assert!(said.out.contains("imported 3 occurrences"), "{}{}", said.out, said.err);
        assert!(said.err.contains("c/occurrences/9007197776696129.json: not JSON"), "{}", said.err);
    }
    shell.says(&["send", "--project", "shop", "--message", "last"]);
    let list = shell.until(&["errors", "list", "-p", "shop"], |list| list["errors"].as_array().unwrap().len() == 3);
    let of =
        |message: &str| list["errors"].as_array().unwrap().iter().find(|error| error["message"] == message).unwrap();
    assert_eq!((&of("a/b")["count"], &of("c")["count"]), (&json!(2), &json!(1)));
    assert_eq!(of("a/b")["firstSeen"], "2016-11-02T00:01:00+00:00");
    assert_eq!(of("a/b")["lastSeen"], "2016-11-02T00:01:01+00:00");
    assert!(!shell.says(&["export", "-p", "shop"]).contains("SECRET"));
    let (code, said) = shell.fails(&["import", "--from", "v1", shell.path("data").to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("occurrences/NUMBER.json"), "{said}");
}
