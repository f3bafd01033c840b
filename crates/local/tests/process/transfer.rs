use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::shell::Shell;

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What was exported comes back whole, whatever client it came from and however old it is, and is counted once however
/// often it is imported.
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

    // Longer ago than SDKs may say.
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
            said.err.contains("all.ndjson:5: its `event`") && said.err.contains("all.ndjson:6: not JSON"),
            "{}",
            said.err
        );
    }
    // What is sent last is digested last.
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

/// faultline v1's bucket: each object is an occurrence of the time it happened at, counted once however often it is
/// imported; what is none is named with its reason.
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
