//! Promises 1 and 3 (docs/src/internals/promises.md): a message that cannot be processed ends in the dead-letter queue,
//! alone, and can be redriven after a fix.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline, raw};
use formats::inbox::{self, Addressee, Header, Message};
use http::{Method, StatusCode};
use model::id::ProjectId;
use model::occurrence::Source;
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;

/// Processes until failing messages are in the dead-letter queue. `failing` messages fail each time.
pub(crate) async fn process_until_dead(faultline: &Faultline, failing: usize) {
    for _ in 0..5 {
        assert_eq!(faultline.process().await, failing, "it is delivered again");
    }
    assert_eq!(faultline.process().await, 0, "it is not delivered any more");
}

async fn dead_letters(faultline: &Faultline) -> Vec<Value> {
    faultline.get("/dead-letters").await["deadLetters"].as_array().unwrap().clone()
}

async fn redrive(faultline: &Faultline, which: Value) -> u64 {
    let answer = faultline.call(Method::POST, "/dead-letters/redrive", ADMIN, which.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"]["redriven"].as_u64().unwrap()
}

/// An unreadable message is delivered some times and then becomes a dead letter. Its neighbours are processed at once.
#[tokio::test]
async fn a_poison_message_goes_to_the_dead_letter_queue_alone() {
    let faultline = Faultline::new().await;
    faultline.post_message("before").await;
    for poison in ["9.later form", "1.***", "@inbox/v=1/nothing-there"] {
        faultline.stack.inbox().send(poison.to_owned()).await.unwrap();
    }
    faultline.post_message("after").await;
    assert_eq!(faultline.process().await, 3);
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["after", "before"]);
    for _ in 0..4 {
        assert_eq!(faultline.process().await, 3, "they are delivered again");
    }
    assert_eq!(faultline.process().await, 0, "they are not delivered any more");
    let mut why: Vec<_> = dead_letters(&faultline).await.iter().map(|letter| letter["unreadable"].clone()).collect();
    why.sort_by_key(Value::to_string);
    assert!(why[0].as_str().unwrap().contains("unpacked") && why[1].as_str().unwrap().contains("unknown form"));
    assert_eq!(why[2], Value::Null, "a claim check can be read although its object is missing");
    let mut reasons: Vec<_> = dead_letters(&faultline).await.iter().map(reason).collect();
    reasons.sort();
    assert!(reasons[0].contains("cannot be unpacked"), "{reasons:?}");
    assert!(reasons[1].contains("unknown form"), "{reasons:?}");
    assert!(reasons[2].contains("NoSuchKey"), "{reasons:?}");
    assert_eq!(dead_letters(&faultline).await.len(), 3, "listing removes nothing");
}

/// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): a dead letter shows its reason, and
/// nothing of its content.
#[tokio::test]
async fn a_reason_quotes_nothing_of_its_message() {
    let faultline = Faultline::new().await;
    let header = Header::new(Source::V1, Addressee::Id(ProjectId::new(1).unwrap()), faultline.clock.now(), Vec::new());
    let message = Message { header, payload: br#"{"errors":"hunter2"}"#.to_vec() };
    faultline.stack.inbox().send(inbox::inline(&message.pack())).await.unwrap();
    process_until_dead(&faultline, 1).await;
    let letters = dead_letters(&faultline).await;
    assert!(reason(&letters[0]).contains("invalid type: string"), "{letters:?}");
    assert_eq!(letters[0]["failedAt"], json!(faultline.clock.now()));
    assert!(!raw::items(faultline.stack.engines()).await.iter().any(|item| item.to_string().contains("hunter2")));
}

/// Returns a dead letter's reason.
fn reason(letter: &Value) -> String {
    letter["reason"].as_str().unwrap_or_else(|| panic!("no reason: {letter}")).to_owned()
}

/// Whichever stage fails because of a damaged item, only the affected messages become dead letters. They can be
/// redriven when the item is repaired.
#[tokio::test]
async fn each_stage_fails_alone_and_recovers() {
    // The damaged item: a part of its partition key, the first letter of its sort key, and the attribute that is
    // damaged.
    for (stage, pk, sk, attribute, wrong) in [
        ("address", "PROJECT", "shop", "v", json!({ "N": "9" })),
        ("owners", "P#", "A#", "owner", json!({ "S": "no fingerprint" })),
        ("load", "P#", "E#", "v", json!({ "N": "9" })),
        ("counted", "E#", "O#", "events", json!({ "S": "no bytes" })),
        ("commit", "E#", "T#", "m01", json!({ "S": "no number" })),
    ] {
        let faultline = Faultline::new().await;
        let engines = faultline.stack.engines().clone();
        let event = |id: u32| sentry_event(id).to_string();
        let project = faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"shop"}"#).await.body;
        let (number, key) = (&project["data"]["project"]["id"], project["data"]["project"]["clientKey"].as_str());
        let store = format!("/api/{number}/store/?sentry_key={}", key.unwrap());
        let send = async |id| {
            let answer = faultline.call(Method::POST, &store, "", event(id)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        };
        send(1).await;
        assert_eq!(faultline.process().await, 0);
        let good = raw::items(&engines).await.into_iter().find(|item| {
            item["pk"]["S"].as_str().unwrap().starts_with(pk) && item["sk"]["S"].as_str().unwrap().starts_with(sk)
        });
        let good = good.unwrap_or_else(|| panic!("{stage}: no such item"));
        let mut bad = good.clone();
        bad[attribute] = wrong;
        raw::put_item(&engines, &bad.to_string()).await;

        // Another process, with an empty cache.
        let resources = Resources::make(&engines).await.unwrap();
        let again = Faultline::builder()
            .engines(engines.clone())
            .resources(resources)
            .clock(faultline.clock.clone())
            .start()
            .await;
        send(2).await;
        again.post_message("neighbour").await;
        process_until_dead(&again, 1).await;
        assert_eq!(again.counts().await.into_iter().collect::<Vec<_>>(), [("neighbour".to_owned(), 1)], "{stage}");
        let letters = dead_letters(&again).await;
        assert_eq!(letters.len(), 1, "{stage}: {letters:?}");
        assert_eq!(letters[0]["eventIds"], json!([format!("{:032x}", 2)]), "{stage}: {letters:?}");
        assert!(!reason(&letters[0]).is_empty(), "{stage}");

        raw::put_item(&engines, &good.to_string()).await;
        assert_eq!(redrive(&again, json!({ "ids": ["none of this id"] })).await, 0);
        assert_eq!(redrive(&again, json!({ "ids": [letters[0]["id"]] })).await, 1);
        assert!(dead_letters(&again).await.is_empty());
        assert_eq!(again.process().await, 0, "{stage}");
        let list = again.get("/projects/shop/errors").await;
        assert_eq!(list["errors"][0]["count"], 2, "{stage}: {list}");
    }
}

/// An event with two hashes, the second of which is an alias.
fn sentry_event(id: u32) -> Value {
    let frame = |function: &str, in_app: bool| json!({ "function": function, "module": "m", "in_app": in_app });
    let frames = match id {
        1 => [frame("shared", false), frame("own", true)],
        // Found by the alias only.
        _ => [frame("shared", false), frame("own", false)],
    };
    json!({
        "event_id": format!("{id:032x}"),
        "platform": "python",
        "exception": { "values": [{ "type": "E", "value": "v", "stacktrace": { "frames": frames } }] },
    })
}

/// A dead letter may be redriven before its cause is fixed, any number of times: it becomes a dead letter again.
#[tokio::test]
async fn a_message_that_still_fails_becomes_a_dead_letter_again() {
    let faultline = Faultline::new().await;
    faultline.stack.inbox().send("9.later form".to_owned()).await.unwrap();
    for _ in 0..2 {
        process_until_dead(&faultline, 1).await;
        assert_eq!(redrive(&faultline, json!({})).await, 1);
    }
    process_until_dead(&faultline, 1).await;
    let answer = faultline.call(Method::GET, "/dead-letters", faultline.client_key(), Body::empty()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "only admins may redrive");
}
