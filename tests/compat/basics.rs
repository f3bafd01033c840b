//! Projects, errors and occurrences: errors are listed and counted, occurrences are read in full, and nothing is counted
//! twice.

use std::collections::BTreeMap;

use axum::body::Body;
use embedded::Engines;
use faultline_tests::Faultline;
use formats::inbox::{self, ClaimCheck, Message, Text};
use formats::segment;
use http::{Method, StatusCode};
use model::error::Status;
use model::id::{Key, ProjectId, ProjectName};
use model::occurrence::{Occurrence, Source};
use serde_json::{Value, json};
use server::system::Resources;
use store::ports::{ClaimChecks, Errors, KeyRecord, KeyRing, Projects, Role, Scope};

use crate::Samples;
use crate::write::{CLIENT, in_nine_minutes, v1_body};

const OWNER: &str = "sample-owner-key";
const INBOX: [&str; 3] = ["inbox-v1.txt", "inbox-v1-claimed.txt", "inbox-sentry.txt"];

/// Returns status, count and the sum of the timeline, by message.
async fn errors(faultline: &Faultline) -> BTreeMap<String, (String, u64, u64)> {
    let listed = faultline.get("/projects/shop/errors").await;
    let mut errors = BTreeMap::new();
    for error in listed["errors"].as_array().unwrap() {
        let fingerprint = error["fingerprint"].as_str().unwrap();
        let shown = faultline.get(&format!("/projects/shop/errors/{fingerprint}?start=2026-10-31T00:00:00Z")).await;
        let minutes = shown["timeline"]["errors"].as_array().unwrap();
        let sum = minutes.iter().map(|minute| minute["count"].as_u64().unwrap()).sum();
        let text = |key: &str| error[key].as_str().unwrap().to_owned();
        errors.insert(text("message"), (text("status"), error["count"].as_u64().unwrap(), sum));
    }
    errors
}

fn expected() -> BTreeMap<String, (String, u64, u64)> {
    let error = |message: &str, status: &str, count| (message.to_owned(), (status.to_owned(), count, count));
    [error("cart is empty", "unresolved", 2), error("large", "resolved", 2), error("'total'", "unresolved", 1)].into()
}

async fn deliver_inbox(faultline: &Faultline, samples: &Samples) {
    for name in INBOX {
        faultline.stack.inbox().send(samples.text(name)).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
}

/// Errors, references, timelines, keys, projects and their settings.
#[tokio::test]
async fn items_are_read() {
    let faultline = Samples::of("basics").restored().await;
    assert_eq!(errors(&faultline).await, expected());
    let answer = faultline.call(Method::GET, "/projects/shop/errors", OWNER, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "the admin key is valid");
    let projects = faultline.get("/projects").await;
    let shop = projects["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!(shop["scrubbing"], json!({ "additional": ["iban"], "exempt": ["password_hint"] }), "{shop}");
    let made = faultline.call(Method::POST, "/projects", OWNER, r#"{"name":"new"}"#).await;
    let sample: u64 = 3;
    assert_eq!(made.body["data"]["project"]["id"], sample + 1, "the next number follows the last one: {}", made.body);

    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let buried = resources.table.pending_purges(ProjectId::new(2).unwrap(), 10).await.unwrap();
    assert_eq!(buried.len(), 1, "the pending purge is known");
}

/// Reads occurrences through the references to their frames, skipping frames that were blanked.
#[tokio::test]
async fn occurrences_are_read_from_their_segments() {
    let samples = Samples::of("basics");
    let faultline = samples.restored().await;
    let path = |fingerprint: &str| format!("/projects/shop/errors/{fingerprint}/occurrences?limit=100");
    let v1 = faultline.all(&path("cart%20is%20empty"), "after").await;
    assert_eq!(v1.len(), 2);
    for occurrence in &v1 {
        assert_eq!(occurrence["session"]["password"], "[Filtered]");
        assert_eq!(occurrence["session"]["password_hint"], "a fish");
    }
    assert_eq!(v1[1]["backtrace"][0]["function"], "total", "{}", v1[1]);
    let listed = faultline.get("/projects/shop/errors").await;
    let sentry = listed["errors"].as_array().unwrap().iter().find(|error| error["message"] == "'total'").unwrap();
    let sentry = faultline.all(&path(sentry["fingerprint"].as_str().unwrap()), "after").await;
    assert_eq!((sentry.len(), &sentry[0]["eventId"]), (1, &json!("9ec79c33ec9942ab8353589fcb2e04dc")));

    let segments = samples.objects().into_iter().filter(|(key, _)| key.starts_with("segments/"));
    let lines = segments.map(|(_, whole)| -> Vec<Occurrence> {
        segment::lines(&whole).map(|line| serde_json::from_slice(&line.unwrap()).unwrap()).collect()
    });
    let is_sentrys = |line: &Occurrence| line.source == Source::Sentry;
    let lines = lines.into_iter().find(|lines| lines.iter().any(is_sentrys)).unwrap();
    assert_eq!(lines.len(), 5, "the segment can be decompressed as one stream");
    let sentry = lines.into_iter().find(is_sentrys).unwrap();
    assert_eq!((sentry.kind.as_str(), sentry.release.as_deref()), ("KeyError", Some("shop@1.2.3")));
    assert_eq!(sentry.exceptions[0].stacktrace.as_ref().unwrap().frames.len(), 2);
    assert_eq!(sentry.breadcrumbs[0]["message"], "opened");
    assert_eq!((&sentry.tags["browser"], &sentry.user["id"]), (&"none".to_owned(), &json!("7")));
}

/// Queue messages of v1 clients and of Sentry SDKs, inline and with a claim check. They may have waited for days.
#[tokio::test]
async fn messages_of_the_inbox_are_processed() {
    let samples = Samples::of("basics");
    let faultline = samples.restored().await;
    faultline.call(Method::DELETE, "/projects/shop/errors/large", OWNER, Body::empty()).await;
    deliver_inbox(&faultline, &samples).await;
    let mut again = expected();
    again.get_mut("large").unwrap().0 = "unresolved".to_owned();
    assert_eq!(errors(&faultline).await, again);
}

/// Counted once (promise 2 in docs/src/internals/promises.md) across versions: events that an older version counted are
/// recognised by the event hashes in its references, and errors by the hashes in its aliases.
#[tokio::test]
async fn what_was_counted_is_not_counted_again() {
    let samples = Samples::of("basics");
    let faultline = samples.restored().await;
    deliver_inbox(&faultline, &samples).await;
    assert_eq!(errors(&faultline).await, expected());
    // An event without in-app frames has only the hash that the alias names.
    let frame = |function: &str| json!({ "function": function, "module": "shop.cart", "filename": "shop/cart.py", "in_app": false });
    let stack = json!({ "frames": [frame("handle"), frame("checkout")] });
    let event = json!({
        "event_id": "11111111111111111111111111111111",
        "platform": "python",
        "exception": { "values": [{ "type": "KeyError", "value": "'total'", "stacktrace": stack }] },
    });
    let path = format!("/api/2/store/?sentry_key={CLIENT}");
    let answer = faultline.call(Method::POST, &path, CLIENT, event.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "the client key is valid: {}", answer.body);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(errors(&faultline).await["'total'"], ("unresolved".to_owned(), 2, 2));
}

/// Writes a project with errors of a v1 client and of Sentry's SDKs, their messages in the inbox, a deleted error whose
/// frames are blanked, and one whose contents are yet to be removed.
pub(crate) async fn write(samples: &Samples) {
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
    let rules = json!({ "scrubbing": { "additional": ["iban"], "exempt": ["password_hint"] } });
    faultline.call(Method::PATCH, "/projects/shop", "admin-key", rules.to_string()).await;

    let mut texts = Vec::new();
    let store = format!("/api/{}/store/?sentry_key={CLIENT}", project.id);
    for (file, path, body) in [
        ("inbox-v1.txt", "/projects/shop/errors", v1_body("cart is empty")),
        ("inbox-v1-claimed.txt", "/projects/shop/errors", v1_body("large")),
        ("inbox-sentry.txt", &store, sentry_event()),
        ("", "/projects/shop/errors", in_nine_minutes("deleted")),
    ] {
        faultline.clock.advance(40);
        faultline.call(Method::POST, path, CLIENT, body.to_string()).await;
        let mut text = faultline.take_inbox().await.concat();
        if file == "inbox-v1-claimed.txt" {
            // ingest does this with larger messages. This one is small enough for a sample.
            let Text::Inline(body) = inbox::form(&text).unwrap() else { panic!("it is small") };
            let packed = inbox::packed(body).unwrap();
            let header = Message::unpack(&packed).unwrap().header;
            let key = ClaimCheck::of(&header, 7).unwrap().to_string();
            resources.bucket.put_claim_check(&key, packed).await.unwrap();
            samples.write_object(&engines, "claimed.zst.base64", &key).await;
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
    // This blanks its frames in the segment. The next batch is small enough for frames in the references.
    faultline.call(Method::DELETE, "/projects/shop/errors/deleted", "admin-key", "").await;
    faultline.call(Method::POST, "/projects/shop/errors", CLIENT, v1_body("buried").to_string()).await;
    assert_eq!(faultline.process().await, 0);
    let all = resources.table.page(project.id, &[Status::Unresolved], None, 10).await.unwrap();
    let buried = all.items.iter().find(|error| error.message == "buried").unwrap();
    resources.table.start_purge(buried).await.unwrap();

    let client = Key::parse(CLIENT).unwrap().hash().id();
    samples
        .write_items(&engines, |pk, sk, item| match (pk, sk.split_once('#')) {
            ("KEY", _) if item["name"]["S"].as_str()?.starts_with("sample-") => {
                Some(format!("key-{}", item["role"]["S"].as_str()?))
            }
            ("KEY_USE", _) if sk == client.to_string() => Some("key-use".to_owned()),
            ("PROJECT_ID", _) if sk == "LAST" => Some("project-id-last".to_owned()),
            ("P#2", Some(("E", fingerprint))) => Some(format!("error-{}", &fingerprint[..8])),
            ("P#2", Some(("A", hash))) => Some(format!("alias-{}", &hash[..8])),
            ("P#2", Some(("B", _))) => Some("buried".to_owned()),
            ("P#2", Some(("V", hash))) => Some(format!("release-{}", &hash[..8])),
            (uid, Some(("T", hour))) if uid.starts_with("E#2#") => Some(format!("timeline-{}-{hour}", &uid[24..])),
            (uid, Some(("O", id))) if uid.starts_with("E#2#") => {
                Some(format!("reference-{}-{}", &uid[24..], &id[..10]))
            }
            _ => None,
        })
        .await;
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
