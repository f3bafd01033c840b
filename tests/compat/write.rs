//! Writes the samples of a version, once, before it is released:
//!
//!     FAULTLINE_SAMPLES=$PWD/tests/compat/v2 cargo test -p faultline-tests --test compat -- --ignored --exact write::write
//!
//! The path must be absolute, because tests run in the folder of their crate. The folder must not exist. Each `write_…`
//! test writes a folder of its own; name it instead of `write::write`.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use embedded::Engines;
use faultline_tests::{Faultline, raw};
use formats::inbox::{self, ClaimCheck, Message, Text};
use http::Method;
use model::error::Link;
use model::id::{Key, ProjectName, SegmentId};
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::{ClaimChecks, Errors, KeyRecord, KeyRing, Links, Projects, Role, Scope};

use crate::Samples;

/// The sample keys. Each is also the key's name in the table.
const CLIENT: &str = "sample-client-key";
const OWNER: &str = "sample-owner-key";
/// The rotated key of `write_keys`. It is as long as keys that faultline creates.
const OLD: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write() {
    let samples = Samples::new();

    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    let name = ProjectName::parse("shop").unwrap();
    faultline.call(Method::POST, "/projects", "admin-key", json!({ "name": "shop" }).to_string()).await;
    let project = resources.directory.by_name(&name).await.unwrap().unwrap();
    for (key, role, scope) in
        [(CLIENT, Role::Client, Scope::Project(project.id, name.clone())), (OWNER, Role::Admin, Scope::All)]
    {
        let (named, key) = (key, Key::parse(key).unwrap());
        let record = KeyRecord::new(&key, role, scope, named, project.created_at);
        resources.directory.add(&key.hash(), &record).await.unwrap();
    }
    let mut objects = String::new();
    let rules = json!({ "scrubbing": { "additional": ["iban"], "exempt": ["password_hint"] } });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", rules.to_string()).await;

    let target = json!({ "type": "webhook", "endpoint": "https://shop.example/hook" });
    let document = json!({ "rules": [{ "id": "team", "to": [target] }] });
    faultline.call(Method::PUT, "/projects/shop/rules", "admin-key", document.to_string()).await;

    let mut texts = Vec::new();
    let store = format!("/api/{}/store/?sentry_key={CLIENT}", project.id);
    for (file, path, body) in [
        ("inbox-v1.txt", "/projects/shop/errors", v1_body("cart is empty")),
        ("inbox-v1-claimed.txt", "/projects/shop/errors", v1_body("large")),
        ("inbox-sentry.txt", &store, sentry_event()),
        ("", "/projects/shop/errors", v1_body("deleted")),
    ] {
        faultline.clock.advance(40);
        faultline.call(Method::POST, path, CLIENT, body.to_string()).await;
        let mut text = faultline.take_inbox().await.concat();
        if file == "inbox-v1-claimed.txt" {
            // As ingest does with large messages, but small enough to keep as a sample.
            let Text::Inline(body) = inbox::form(&text).unwrap() else { panic!("it is small") };
            let packed = inbox::packed(body).unwrap();
            let header = Message::unpack(&packed).unwrap().header;
            let key = ClaimCheck::of(&header, 7).unwrap().to_string();
            resources.bucket.put_claim_check(&key, packed).await.unwrap();
            object(&samples, &mut objects, "claimed.zst.base64", &key, &resources).await;
            text = inbox::claim(&key);
        }
        if !file.is_empty() {
            samples.write(file, &text);
        }
        texts.push(text);
    }
    for text in texts {
        faultline.stack.inbox().send(text).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
    faultline.call(Method::PATCH, "/projects/shop/errors/large", "admin-key", r#"{"status":"resolved"}"#).await;
    // This blanks its frames in the segment.
    faultline.call(Method::DELETE, "/projects/shop/errors/deleted", "admin-key", "").await;
    faultline.call(Method::POST, "/projects/shop/errors", CLIENT, v1_body("buried").to_string()).await;
    assert_eq!(faultline.process().await, 0);
    let all = resources.table.page(project.id, &[model::error::Status::Unresolved], None, 10).await.unwrap();
    let buried = all.items.iter().find(|error| error.message == "buried").unwrap();
    resources.table.start_purge(buried).await.unwrap();

    let mut segments = BTreeSet::new();
    for item in raw::items(&engines).await {
        let (pk, sk) = (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap());
        let Some(file) = file_of(pk, sk, &item, &project.id.to_string()) else { continue };
        segments.extend(item["segment"]["S"].as_str().map(str::to_owned));
        samples.write_item(&file, &item);
    }
    for (index, segment) in segments.iter().enumerate() {
        let key = SegmentId::parse(project.id, segment).unwrap().key();
        object(&samples, &mut objects, &format!("segment-{}.zst.base64", index + 1), &key, &resources).await;
    }
    samples.write("objects.txt", &objects);
}

/// Writes a project with settings that has reached a limit.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_limits() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let limits = json!({ "perMinute": 100, "perMonth": 3 });
    let settings = json!({ "limits": limits, "tier": "critical", "timeUnit": "hour", "owner": "team shop" });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", settings.to_string()).await;
    faultline.post("shop", &json!({ "errors": [{ "message": "a" }, { "message": "b" }, { "message": "c" }] })).await;
    assert_eq!(faultline.process().await, 0);
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json",
            ("PROJECT_ID", "2") => "project-id.json",
            ("P#2", sk) if sk.starts_with("U#") => "usage.json",
            _ => continue,
        };
        samples.write_item(file, &item);
    }
}

/// Writes a project's rules and a posted config, both sealed, a message with that config, and the key that opens them.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_sealed() {
    let samples = Samples::new();
    let data = tempfile::tempdir().unwrap();
    let engines = Engines::open(data.path()).unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let slack = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/sample", "channel": "#errors" });
    let document = json!({ "rules": [{ "id": "team", "to": [slack] }] });
    faultline.call(Method::PUT, "/projects/shop/rules", "admin-key", document.to_string()).await;
    faultline.post("shop", &json!({ "errors": [{ "message": "told" }], "notifications": [slack] })).await;
    let text = faultline.take_inbox().await.concat();
    samples.write("inbox.txt", &text);
    faultline.stack.inbox().send(text).await.unwrap();
    assert_eq!(faultline.process().await, 0);
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json",
            ("PROJECT_ID", "2") => "project-id.json",
            ("P#2", "RULES") => "rules.json",
            ("P#2", sk) if sk.starts_with("C#") => "config.json",
            ("P#2", sk) if sk.starts_with("E#") => "error.json",
            _ => continue,
        };
        samples.write_item(file, &item);
    }
    std::fs::copy(data.path().join("kms.key"), samples.0.join("kms.key")).unwrap();
}

/// Writes an error with all data that notifications are decided from, and a muted error.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_errors() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    for message in ["muted", "whole", "muted", "whole"] {
        let mut body = v1_body(message);
        body["notifications"] = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/x", "channel": "#a" }]);
        faultline.post("shop", &body).await;
        assert_eq!(faultline.process().await, 0);
        faultline.clock.advance(40);
    }
    let mute = json!({ "status": "muted", "until": "2026-11-03T00:00:00Z", "occurrences": 6 });
    faultline.call(Method::PATCH, "/projects/shop/errors/muted", "admin-key", mute.to_string()).await;
    let project = resources.directory.by_name(&ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let whole =
        Errors::get(&*resources.table, project.id, &grouping::message_fingerprint("whole")).await.unwrap().unwrap();
    let link = Link { number: 7, url: "https://github.com/o/r/issues/7".to_owned() };
    resources.table.link(&whole, "0123456789abcdef0123456789abcdef", &link).await.unwrap();
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json".to_owned(),
            ("PROJECT_ID", "2") => "project-id.json".to_owned(),
            ("P#2", sk) if sk.starts_with("E#") => format!("error-{}.json", item["message"]["S"].as_str().unwrap()),
            _ => continue,
        };
        samples.write_item(&file, &item);
    }
}

/// Writes an error with merged errors, one of which had an error merged into it before.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_merges() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let messages = ["a", "b", "c"];
    for (others, into) in [("", ""), ("c", "b"), ("b", "a")] {
        if !into.is_empty() {
            let body = json!({ "errors": [grouping::message_fingerprint(others)] }).to_string();
            faultline.call(Method::POST, &format!("/projects/shop/errors/{into}/merge"), "admin-key", body).await;
        }
        for message in messages {
            faultline.clock.advance(40);
            faultline.post("shop", &json!({ "errors": [{ "message": message }] })).await;
        }
        assert_eq!(faultline.process().await, 0);
    }
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json".to_owned(),
            ("PROJECT_ID", "2") => "project-id.json".to_owned(),
            ("P#2", sk) if sk.starts_with("E#") => format!("error-{}.json", item["message"]["S"].as_str().unwrap()),
            (_, sk) if sk.starts_with("H#") => format!("history-{}.json", &sk[sk.len() - 6..]),
            _ => continue,
        };
        samples.write_item(&file, &item);
    }
}

/// Writes the keys of a project: one that was used and rotated, its replacement, and another one with a message that
/// was sent with it.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_keys() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let project = resources.directory.by_name(&ProjectName::parse("shop").unwrap()).await.unwrap().unwrap();
    let key = Key::parse(OLD).unwrap();
    let scope = Scope::Project(project.id, project.name.clone());
    let record = KeyRecord::new(&key, Role::Read, scope.clone(), "sample", faultline.clock.now());
    resources.directory.add(&key.hash(), &record).await.unwrap();
    faultline.call(Method::GET, "/projects", OLD, "").await;
    let path = format!("/keys/{}/rotate", key.hash().id());
    faultline.call(Method::POST, &path, "admin-key", r#"{"overlapHours":24}"#).await;

    let key = Key::parse(CLIENT).unwrap();
    let client = KeyRecord::new(&key, Role::Client, scope, "client", faultline.clock.now());
    resources.directory.add(&key.hash(), &client).await.unwrap();
    faultline.call(Method::POST, "/projects/shop/errors", CLIENT, v1_body("keyed").to_string()).await;
    samples.write("inbox-keyed.txt", &faultline.take_inbox().await.concat());
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json",
            ("PROJECT_ID", "2") => "project-id.json",
            ("KEY", _) if item["name"]["S"] == "client" => "key-client.json",
            ("KEY", _) if item["name"]["S"] != "sample" => continue,
            ("KEY", _) if item["expiresAt"].is_null() => "key-new.json",
            ("KEY", _) => "key-rotated.json",
            _ => continue,
        };
        samples.write_item(file, &item);
    }
}

/// Writes the reason why a message could not be processed.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_failures() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.stack.inbox().send("9.later form".to_owned()).await.unwrap();
    assert_eq!(faultline.process().await, 1);
    for item in raw::items(&engines).await {
        if item["pk"]["S"].as_str().unwrap().starts_with("FAILED#") {
            samples.write_item("failure.json", &item);
        }
    }
}

/// Writes a project with its own retention and allowed origins, an error and its segment.
#[tokio::test]
#[ignore = "writes new samples: see the module documentation"]
async fn write_settings() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    let settings =
        json!({ "retentionDays": 365, "allowedOrigins": ["https://shop.example", "https://*.shop.example"] });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", settings.to_string()).await;
    faultline.post("shop", &json!({ "errors": [{ "message": "kept for a year" }] })).await;
    assert_eq!(faultline.process().await, 0);
    let mut objects = String::new();
    for item in raw::items(&engines).await {
        let file = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
            ("PROJECT", "shop") => "project.json",
            ("PROJECT_ID", "2") => "project-id.json",
            ("P#2", sk) if sk.starts_with("E#") => "error.json",
            (_, sk) if sk.starts_with("T#") => "timeline.json",
            (_, sk) if sk.starts_with("O#") => "reference.json",
            _ => continue,
        };
        if let Some(segment) = item["segment"]["S"].as_str() {
            let key = SegmentId::parse(model::id::ProjectId::new(2).unwrap(), segment).unwrap().key();
            object(&samples, &mut objects, "segment.zst.base64", &key, &resources).await;
        }
        samples.write_item(file, &item);
    }
    samples.write("objects.txt", &objects);
}

/// Returns the name of an item's file: its kind, and what distinguishes it from others of that kind. Returns `None` for
/// items of the sample project, which every start creates.
fn file_of(pk: &str, sk: &str, item: &Value, project: &str) -> Option<String> {
    let short = |text: &str| text.chars().take(8).collect::<String>();
    let kind = match (pk, sk.split_once('#').map_or(sk, |(kind, _)| kind)) {
        ("KEY", _) if item["name"]["S"].as_str()?.starts_with("sample-") => {
            format!("key-{}", item["role"]["S"].as_str()?)
        }
        ("KEY", _) => return None,
        ("PROJECT", "sample") => return None,
        ("PROJECT", _) => "project".to_owned(),
        ("PROJECT_ID", "LAST") => "project-id-last".to_owned(),
        ("PROJECT_ID", _) if sk == project => "project-id".to_owned(),
        ("PROJECT_ID", _) => return None,
        (_, "E") => format!("error-{}", short(&sk[2..])),
        (_, "A") => format!("alias-{}", short(&sk[2..])),
        (_, "B") => "buried".to_owned(),
        (_, "U") => format!("usage-{}", &sk[2..]),
        (_, "H") => format!("history-{}", &sk[2..]),
        (_, "C") => format!("config-{}", short(&sk[2..])),
        (_, "RULES") => "rules".to_owned(),
        (_, "T") => format!("timeline-{}-{}", &pk[pk.len().saturating_sub(6)..].replace('#', "-"), &sk[2..]),
        (_, "V") => format!("release-{}", short(&sk[2..])),
        (_, "O") => format!("reference-{}-{}", &pk[pk.len() - 6..], &sk[2..12]),
        other => panic!("no file name for items of this kind: {other:?}"),
    };
    Some(kind + ".json")
}

pub(crate) async fn object(samples: &Samples, objects: &mut String, file: &str, key: &str, resources: &Resources) {
    let encoded = BASE64.encode(resources.bucket.get_claim_check(key).await.unwrap());
    let lines: Vec<_> = encoded.as_bytes().chunks(120).map(|line| std::str::from_utf8(line).unwrap()).collect();
    samples.write(file, &(lines.join("\n") + "\n"));
    objects.push_str(&format!("{file} {key}\n"));
}

fn v1_body(message: &str) -> Value {
    json!({
        "errors": [{
            "type": "CartError",
            "message": message,
            "backtrace": [{ "file": "cart.js", "function": "total", "line": 42, "column": 7, "code": { "42": "x.y" } }],
            "timestamp": "2026-11-01T09:00:00+09:00",
        }, { "type": "CartError", "message": message }],
        "notifier": { "name": "faultline-js", "version": "1.0.0", "url": "https://example.org" },
        "context": { "environment": "production", "language": "JavaScript", "version": "1.2.3" },
        "session": { "user": 7, "password": "hunter2", "password_hint": "a fish", "iban": "DE02120300000000202051" },
        "params": { "q": ["a", null] },
        "notifications": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/x", "channel": "#errors" }],
    })
}

fn sentry_event() -> Value {
    let frame = |function: &str, in_app: bool| json!({ "function": function, "module": "shop.cart", "filename": "shop/cart.py", "lineno": 3, "in_app": in_app });
    json!({
        "event_id": "9ec79c33ec9942ab8353589fcb2e04dc",
        "timestamp": "2026-11-02T00:02:00.123456Z",
        "platform": "python",
        "release": "shop@1.2.3",
        "exception": { "values": [{
            "type": "KeyError",
            "value": "'total'",
            "stacktrace": { "frames": [frame("handle", false), frame("checkout", true)] },
        }] },
        "tags": { "browser": "none" },
        "user": { "id": "7" },
        "breadcrumbs": { "values": [{ "category": "cart", "message": "opened", "timestamp": 1793577700.5 }] },
    })
}
