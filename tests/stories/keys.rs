//! Keys: how they are created, shown, used, revoked and replaced. `access` has what each may do.

use std::sync::Arc;

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Faultline, TestClock};
use http::{Method, Request};
use serde_json::{Value, json};
use server::system::Resources;

/// A key may also be sent as a bearer token.
#[tokio::test]
async fn a_key_may_be_a_bearer_token() {
    let faultline = Faultline::new().await;
    let request = Request::get("/projects").header("authorization", format!("Bearer {ADMIN}")).body(Body::empty());
    assert_eq!(faultline.send(request.unwrap()).await.status.as_u16(), 200);
}

/// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): only the hash of a key is stored, and a
/// posted notification config is not stored in clear.
#[tokio::test]
async fn no_secret_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let faultline = Faultline::builder().directory(dir.path()).start().await;
    let body = r#"{"role":"client","name":"for the shop"}"#;
    let key = faultline.call(Method::POST, "/keys", ADMIN, body).await.body["data"]["key"]["key"].clone();
    let post = serde_json::json!({ "errors": [{ "message": "m" }],
        "notifications": [{ "type": "slack", "endpoint": "https://hooks.example/SECRET-HOOK" }] });
    faultline.post("sample", &post).await;
    let inbox = faultline.take_inbox().await;
    let unpacked = formats::inbox::packed(inbox[0].strip_prefix("1.").unwrap()).unwrap();
    let message = formats::inbox::Message::unpack(&unpacked).unwrap();
    assert!(!String::from_utf8_lossy(&message.payload).contains("SECRET-HOOK"));
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [key.as_str().unwrap(), ADMIN, "SECRET-HOOK"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
}

/// A new project's DSN has the address that the request was sent to, including any path prefix.
#[tokio::test]
async fn a_dsn_has_the_address_of_the_request() {
    let faultline = Faultline::new().await;
    for (path, name, expected) in [
        ("/projects", "plain", "https://KEY@errors.example/2"),
        ("/tools/faultline/projects", "behind", "https://KEY@errors.example/tools/faultline/3"),
    ] {
        let request = Request::post(path)
            .header("x-api-key", ADMIN)
            .header("host", "errors.example")
            .header("x-forwarded-proto", "https")
            .body(Body::from(format!(r#"{{"name":"{name}"}}"#)));
        let made = faultline.send(request.unwrap()).await;
        let project = &made.body["data"]["project"];
        let key = project["clientKey"].as_str().unwrap();
        assert_eq!(project["dsn"].as_str().unwrap().replace(key, "KEY"), expected);
    }
}

async fn call(faultline: &Faultline, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
    let answer = faultline.call(method, path, key, body.to_string()).await;
    (answer.status.as_u16(), answer.body)
}

/// Creates a key with the key `by`.
async fn new_key(faultline: &Faultline, by: &str, body: Value) -> Value {
    let (status, body) = call(faultline, Method::POST, "/keys", by, body).await;
    assert_eq!(status, 201, "{body}");
    body["data"]["key"].clone()
}

async fn listed(faultline: &Faultline, by: &str, query: &str) -> Value {
    let (status, body) = call(faultline, Method::GET, &format!("/keys{query}"), by, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["data"].clone()
}

fn ids(list: &Value) -> Vec<&str> {
    list["keys"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A key is shown once. After that only its id, name and first characters are shown, to distinguish keys.
#[tokio::test]
async fn a_key_is_shown_once() {
    let faultline = Faultline::new().await;
    let made = new_key(&faultline, ADMIN, json!({ "role": "read", "project": "sample", "name": "dashboard" })).await;
    let expected = json!({
        "id": made["id"],
        "hint": &text(&made["key"])[..4],
        "role": "read",
        "project": "sample",
        "name": "dashboard",
        "createdAt": "2026-11-02T00:01:00+00:00",
        "disabled": false,
        "lastUsed": null,
        "expiresAt": null,
    });
    let list = listed(&faultline, ADMIN, "").await;
    let shown = list["keys"].as_array().unwrap().iter().find(|key| key["id"] == made["id"]);
    assert_eq!(shown, Some(&expected));
    assert!(!list.to_string().contains(text(&made["key"])));
    assert!(!list.to_string().contains(faultline.client_key()));
    assert_eq!(ids(&list).len(), 2, "with the sample project's client key; the operator's own key is not listed");

    let own = model::id::Key::parse(ADMIN).unwrap().hash().id();
    for (method, path) in [(Method::PATCH, format!("/keys/{own}")), (Method::DELETE, format!("/keys/{own}"))] {
        let (status, body) = call(&faultline, method, &path, ADMIN, json!({ "disabled": true })).await;
        assert_eq!((status, &body["error"]), (404, &json!("key_id_unknown")), "the operator's key cannot be disabled");
    }
}

/// An admin of a project sees and creates keys of the project. The operator sees all keys. Both lists are paged.
#[tokio::test]
async fn keys_are_listed_by_pages_and_by_project() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let own = new_key(&faultline, ADMIN, json!({ "role": "admin", "project": "sample" })).await;
    let own = text(&own["key"]);
    for role in ["client", "read", "admin"] {
        new_key(&faultline, own, json!({ "role": role, "project": "sample" })).await;
    }
    new_key(&faultline, ADMIN, json!({ "role": "read" })).await;
    let (status, body) = call(&faultline, Method::POST, "/keys", own, json!({ "role": "client" })).await;
    assert_eq!((status, &body["error"]), (403, &json!("key_project")), "only in its own project");

    for (by, query, expected) in [
        (own, "", 5),
        (own, "project=sample&", 5),
        (ADMIN, "project=sample&", 5),
        (ADMIN, "project=other&", 1),
        (ADMIN, "", 7),
    ] {
        let whole = listed(&faultline, by, &format!("?{query}limit=100")).await;
        assert_eq!((ids(&whole).len(), &whole["nextCursor"]), (expected, &Value::Null), "{query}");
        let (mut paged, mut page) = (Vec::new(), listed(&faultline, by, &format!("?{query}limit=2")).await);
        loop {
            assert!(ids(&page).len() <= 2);
            paged.extend(ids(&page).iter().map(|id| (*id).to_owned()));
            match page["nextCursor"].as_str() {
                Some(next) => page = listed(&faultline, by, &format!("?{query}limit=2&cursor={next}")).await,
                None => break,
            }
        }
        assert_eq!(paged, ids(&whole), "{query}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x"] {
        let (status, body) = call(&faultline, Method::GET, &format!("/keys?{query}"), ADMIN, Value::Null).await;
        assert_eq!((status, &body["error"]), (400, &json!("parameter_invalid")), "{query}");
    }
    let (status, _) = call(&faultline, Method::GET, "/keys?project=other", own, Value::Null).await;
    assert_eq!(status, 403);
}

/// A reader's list of projects has only the projects that the key may read.
#[tokio::test]
async fn a_reader_of_one_project_sees_one_project() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    for (body, expected) in [
        (json!({ "role": "read", "project": "other" }), json!(["other"])),
        (json!({ "role": "admin", "project": "other" }), json!(["other"])),
        (json!({ "role": "read" }), json!(["other", "sample"])),
    ] {
        let key = new_key(&faultline, ADMIN, body).await;
        let (_, list) = call(&faultline, Method::GET, "/projects?limit=3", text(&key["key"]), Value::Null).await;
        let names: Vec<_> = list["data"]["projects"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(json!(names), expected, "{list}");
        assert_eq!(list["data"]["nextCursor"], Value::Null);
    }
}

/// A disabled key is refused after at most a minute, and works again when it is enabled. A deleted key is gone.
#[tokio::test]
async fn a_key_is_disabled_enabled_and_deleted() {
    let faultline = Faultline::new().await;
    let key = new_key(&faultline, ADMIN, json!({ "role": "read", "name": "a" })).await;
    let path = format!("/keys/{}", text(&key["id"]));
    let reads = async || call(&faultline, Method::GET, "/projects", text(&key["key"]), Value::Null).await.0;
    assert_eq!(reads().await, 200);
    for (change, name, disabled, expected) in [
        (json!({ "disabled": true }), "a", true, 403),
        (json!({ "name": "b" }), "b", true, 403),
        (json!({ "disabled": false, "name": "" }), "", false, 200),
    ] {
        let (status, body) = call(&faultline, Method::PATCH, &path, ADMIN, change).await;
        let shown = &body["data"]["key"];
        assert_eq!((status, &shown["name"], &shown["disabled"]), (200, &json!(name), &json!(disabled)), "{body}");
        faultline.clock.advance(60);
        assert_eq!(reads().await, expected);
    }
    for (body, at) in [
        (json!({}), Value::Null),
        (json!({ "disabled": "yes" }), Value::Null),
        (json!({ "role": "admin" }), Value::Null),
        (json!({ "name": "x".repeat(201) }), json!("name")),
        (json!({ "name": "a\nb" }), json!("name")),
    ] {
        let (status, answer) = call(&faultline, Method::PATCH, &path, ADMIN, body.clone()).await;
        assert_eq!((status, &answer["error"]), (400, &json!("body_invalid")), "{body}");
        assert_eq!(answer["errors"][0]["path"][0], at, "{body}");
    }
    assert_eq!(call(&faultline, Method::DELETE, &path, ADMIN, Value::Null).await.0, 204);
    faultline.clock.advance(60);
    assert_eq!(reads().await, 403);
    for method in [Method::DELETE, Method::PATCH] {
        let (status, _) = call(&faultline, method, &path, ADMIN, json!({ "disabled": false })).await;
        assert_eq!(status, 404);
    }
    let (status, body) = call(&faultline, Method::DELETE, "/keys/none", ADMIN, Value::Null).await;
    assert_eq!((status, &body["error"]), (400, &json!("parameter_invalid")));
}

/// A rotated key and its replacement both work until the overlap ends. Then the old one is unknown at once, even if it
/// was just used.
#[tokio::test]
async fn a_rotated_key_works_during_the_overlap() {
    let faultline = Faultline::new().await;
    let old = new_key(&faultline, ADMIN, json!({ "role": "client", "project": "sample", "name": "shop" })).await;
    let path = format!("/keys/{}/rotate", text(&old["id"]));
    let posts = async |key: &Value| {
        let body = json!({ "errors": [{ "message": "m" }] });
        call(&faultline, Method::POST, "/projects/sample/errors", text(&key["key"]), body).await.0
    };
    for hours in [json!(-1), json!(2_161), json!(1.5), json!("1"), Value::Null] {
        let (status, body) = call(&faultline, Method::POST, &path, ADMIN, json!({ "overlapHours": hours })).await;
        assert_eq!((status, &body["error"]), (400, &json!("body_invalid")), "{hours}");
    }
    let (status, body) = call(&faultline, Method::POST, &path, ADMIN, json!({ "overlapHours": 24 })).await;
    assert_eq!(status, 201, "{body}");
    let (new, replaced) = (&body["data"]["key"], &body["data"]["replaced"]);
    for (attribute, expected) in [("role", "client"), ("project", "sample"), ("name", "shop")] {
        assert_eq!(new[attribute], expected);
    }
    assert_ne!(new["key"], old["key"]);
    let end = "2026-11-03T00:01:00+00:00";
    assert_eq!((&replaced["id"], &replaced["expiresAt"]), (&old["id"], &json!(end)));
    assert_eq!(new["expiresAt"], Value::Null);

    let (status, body) = call(&faultline, Method::POST, &path, ADMIN, json!({ "overlapHours": 48 })).await;
    assert_eq!((status, &body["error"]), (409, &json!("key_rotated")), "a key can be rotated once");
    assert!(text(&body["message"]).contains(end), "{body}");

    faultline.clock.advance(24 * 3_600 - 1);
    assert_eq!((posts(&old).await, posts(new).await), (201, 201));
    let list = listed(&faultline, ADMIN, "?project=sample").await;
    assert_eq!(ids(&list).len(), 3);
    faultline.clock.advance(1);
    assert_eq!((posts(&old).await, posts(new).await), (403, 201));
    let list = listed(&faultline, ADMIN, "?project=sample").await;
    assert!(ids(&list).len() == 2 && !ids(&list).contains(&text(&old["id"])), "{list}");
    assert_eq!(call(&faultline, Method::POST, &path, ADMIN, json!({ "overlapHours": 1 })).await.0, 404);
}

/// The list has the day of a key's last use. For reads it is recorded at the read, for posts when they are processed. A
/// refused use counts, too.
#[tokio::test]
async fn the_day_of_the_last_use_is_recorded() {
    let faultline = Faultline::new().await;
    let client = new_key(&faultline, ADMIN, json!({ "role": "client", "project": "sample" })).await;
    let reader = new_key(&faultline, ADMIN, json!({ "role": "read", "project": "sample" })).await;
    let idle = new_key(&faultline, ADMIN, json!({ "role": "admin", "project": "sample" })).await;
    let last_used = async || {
        let list = listed(&faultline, ADMIN, "").await;
        let of = |key: &Value| {
            let found = list["keys"].as_array().unwrap().iter().find(|one| one["id"] == key["id"]);
            found.unwrap()["lastUsed"].clone()
        };
        json!([of(&client), of(&reader), of(&idle)])
    };
    let post = async || {
        let (id, auth) = (1, format!("Sentry sentry_version=7, sentry_key={}", text(&client["key"])));
        let request = Request::post(format!("/api/{id}/store/")).header("x-sentry-auth", auth);
        let answer = faultline.send(request.body(Body::from(r#"{"message":"m"}"#)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), 200);
    };
    let read = async || call(&faultline, Method::GET, "/projects", text(&reader["key"]), Value::Null).await.0;

    post().await;
    assert_eq!(last_used().await, json!([null, null, null]), "ingest writes nothing");
    assert_eq!(faultline.process().await, 0);
    assert_eq!(read().await, 200);
    assert_eq!(last_used().await, json!(["2026-11-02", "2026-11-02", null]));
    faultline.clock.advance(86_400);
    assert_eq!(read().await, 200);
    post().await;
    assert_eq!(last_used().await, json!(["2026-11-02", "2026-11-03", null]));
    faultline.clock.advance(3 * 86_400);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(last_used().await, json!(["2026-11-03", "2026-11-03", null]), "the day when it was sent, not processed");

    let body = json!({ "errors": [{ "message": "m" }] });
    assert_eq!(call(&faultline, Method::POST, "/projects/sample/errors", text(&idle["key"]), body).await.0, 201);
    assert_eq!(faultline.process().await, 0);
    let (status, _) = call(&faultline, Method::GET, "/projects", text(&client["key"]), Value::Null).await;
    assert_eq!(status, 403);
    assert_eq!(last_used().await, json!(["2026-11-06", "2026-11-03", "2026-11-06"]));
}

/// A revoked key is useless from that moment: it creates no other key and changes nothing, even if another process
/// checked it shortly before.
#[tokio::test]
async fn a_revoked_key_changes_nothing_from_then_on() {
    for way in ["delete", "disable"] {
        let engines = Engines::memory().unwrap();
        let resources = Resources::make(&engines).await.unwrap();
        let here = Faultline::builder().engines(engines.clone()).start().await;
        let there = Faultline::builder()
            .engines(engines)
            .resources(resources)
            .clock(Arc::new(TestClock::seeded(2)))
            .start()
            .await;
        let body = json!({ "role": "admin", "name": "lost" }).to_string();
        let made = here.call(Method::POST, "/keys", ADMIN, body).await.body["data"]["key"].clone();
        let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
        for process in [&here, &there] {
            assert_eq!(process.call(Method::GET, "/projects", key, Body::empty()).await.status.as_u16(), 200);
        }
        let path = format!("/keys/{id}");
        let (method, body) = match way {
            "delete" => (Method::DELETE, String::new()),
            _ => (Method::PATCH, json!({ "disabled": true }).to_string()),
        };
        assert!(here.call(method, &path, ADMIN, body).await.status.is_success());
        for process in [&here, &there] {
            for (method, path, body) in [
                (Method::POST, "/keys", json!({ "role": "admin", "name": "successor" })),
                (Method::POST, "/projects", json!({ "name": "another" })),
                (Method::PATCH, "/projects/sample", json!({ "timeUnit": "hour" })),
                (Method::DELETE, "/projects/sample", json!({})),
                (Method::DELETE, "/projects/sample/errors/any", json!({})),
                (Method::PUT, "/projects/sample/rules", json!({})),
                (Method::POST, "/projects/sample/occurrences", json!({ "occurrences": [] })),
                (Method::POST, "/dead-letters/redrive", json!({})),
                (Method::POST, path.as_str(), json!({})),
            ] {
                let answer = process.call(method.clone(), path, key, body.to_string()).await;
                let refused = answer.status.as_u16();
                assert!(refused == 403 || refused == 405, "{way}: {method} {path}: {refused} {}", answer.body);
            }
        }
        let read = here.call(Method::GET, "/projects", key, Body::empty()).await.status.as_u16();
        assert_eq!(read, 403, "{way}: this process refuses it at once");
        let keys = here.get("/keys").await;
        assert!(!keys.to_string().contains("successor"), "{keys}");
    }
}
