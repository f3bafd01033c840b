//! Errors are found by their properties.

mod model;
mod rare;
mod reads;

use faultline_tests::{ADMIN, Answered, Faultline, raw};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Sends an event of a Sentry SDK to the project `sample`.
async fn event(faultline: &Faultline, event: Value) {
    let sample = faultline.stack.access().1.unwrap();
    let path = format!("/api/{}/store/?sentry_key={}", sample.id, sample.client_key);
    let answer = faultline.call(Method::POST, &path, "", event.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn asked(faultline: &Faultline, parameters: &str) -> Answered {
    faultline.call(Method::GET, &format!("/projects/sample/errors?{parameters}"), ADMIN, "").await
}

/// Returns the messages of the errors that are found, in order.
async fn found(faultline: &Faultline, parameters: &str) -> Vec<String> {
    let all = faultline.all(&format!("/projects/sample/errors?{parameters}"), "cursor").await;
    all.iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect()
}

/// Three errors of a shop. Each query finds some of them.
async fn shop() -> Faultline {
    let faultline = Faultline::new().await;
    let cart = json!({
        "message": "cart is empty", "level": "warning", "platform": "python", "environment": "production",
        "release": "shop@1.0", "transaction": "/checkout", "tags": { "plan": "gold" }, "user": { "id": "1" },
    });
    let mut cart_again = cart.clone();
    cart_again["environment"] = "staging".into();
    cart_again["user"]["id"] = "2".into();
    let frames =
        json!([{ "function": "handleTap", "module": "shop.cards", "filename": "src/card_form.js", "in_app": true }]);
    let card = json!({
        "platform": "javascript", "environment": "production", "release": "shop@1.1",
        "exception": { "values": [{ "type": "TypeError", "value": "card is null", "stacktrace": { "frames": frames } }] },
    });
    for body in [&cart, &card, &cart_again] {
        event(&faultline, body.clone()).await;
        assert_eq!(faultline.process().await, 0);
        faultline.clock.advance(60);
    }
    faultline.post_message("from v1").await;
    assert_eq!(faultline.process().await, 0);
    faultline.call(Method::PATCH, "/projects/sample/errors/from%20v1", ADMIN, r#"{"status":"resolved"}"#).await;
    faultline
}

/// Errors are found by status, level, environment, release, platform, tag, time range and text.
#[tokio::test]
async fn errors_are_found_by_their_properties() {
    let faultline = shop().await;
    let all = ["from v1", "cart is empty", "card is null"];
    for (parameters, expected) in [
        ("", &all[..]),
        ("status=unresolved", &all[1..]),
        ("level=warning", &all[1..2]),
        ("environment=production", &all[1..]),
        ("environment=staging", &all[1..2]),
        ("release=shop@1.1", &all[2..]),
        ("platform=python", &all[1..2]),
        ("tag=plan:gold", &all[1..2]),
        ("tag=plan:gold&environment=staging", &all[1..2]),
        ("tag=plan:gold&release=shop@1.1", &[]),
        ("tag=plan:silver", &[]),
        ("firstRelease=shop@1.0", &all[1..2]),
        ("firstSeenFrom=2026-11-02T00:02:00Z", &["from v1", "card is null"]),
        ("firstSeenTo=2026-11-02T00:02:00Z", &all[1..2]),
        ("lastSeenFrom=2026-11-02T00:03:00Z&lastSeenTo=2026-11-02T00:04:00Z", &all[1..2]),
        ("text=cart", &all[1..2]),
        ("text=TypeError", &all[2..]),
        ("text=handletap", &all[2..]),
        ("text=card+form", &all[2..]),
        ("text=checkout", &all[1..2]),
        ("text=is", &all[1..]),
        ("text=car", &all[1..]),
        ("text=null+cart", &[]),
        ("text=nobody", &[]),
        ("sort=count", &["cart is empty", "card is null", "from v1"][..]),
        ("sort=users&limit=1", &["cart is empty"]),
        ("sort=firstSeen", &["from v1", "card is null", "cart is empty"]),
        ("sort=firstSeen&environment=production", &["card is null", "cart is empty"]),
    ] {
        let mut messages = found(&faultline, parameters).await;
        if parameters == "sort=count" {
            // They have one occurrence each, so they are in the order of their fingerprints.
            messages[1..].sort();
        }
        if parameters.starts_with("sort=users") {
            messages.truncate(1);
        }
        assert_eq!(messages, expected, "{parameters}");
    }
}

/// A refusal names the parameter and what to do.
#[tokio::test]
async fn an_invalid_query_is_refused_with_a_reason() {
    let faultline = shop().await;
    let cursor = asked(&faultline, "limit=1&sort=count").await.body["data"]["nextCursor"].as_str().unwrap().to_owned();
    for (parameters, name, way_out) in [
        ("level=bad", "level", "`warning`"),
        ("tag=plan", "tag", "`key:value`"),
        ("lastSeenTo=now", "lastSeenTo", "RFC 3339"),
        ("text=%2B%2B", "text", "letters or digits"),
        ("sort=newest", "sort", "`lastSeen`"),
        ("limit=101", "limit", "100"),
        ("cursor=abc", "cursor", "nextCursor"),
        (&format!("cursor={cursor}"), "cursor", "sort=count"),
    ] {
        let answer = asked(&faultline, parameters).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{parameters}: {}", answer.body);
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.starts_with(name) && message.contains(way_out), "{parameters}: {message}");
    }
}

/// A deleted error is no longer found. If it occurs again, it is a new error with only its new properties.
#[tokio::test]
async fn a_deleted_error_is_not_found() {
    let faultline = Faultline::new().await;
    let posted = |kind: &str| json!({ "errors": [{ "type": kind, "message": "m" }] });
    faultline.post("sample", &posted("OldKind")).await;
    faultline.process().await;
    assert_eq!(found(&faultline, "text=oldkind").await, ["m"]);
    faultline.call(Method::DELETE, "/projects/sample/errors/m", ADMIN, "").await;
    let questions = ["text=oldkind", "level=error", "sort=count", "sort=firstSeen", "sort=users", ""];
    for question in questions {
        assert!(found(&faultline, question).await.is_empty(), "{question}");
    }
    faultline.post("sample", &posted("NewKind")).await;
    faultline.process().await;
    for question in &questions[1..] {
        assert_eq!(found(&faultline, question).await, ["m"], "{question}");
    }
    assert_eq!(found(&faultline, "text=newkind").await, ["m"]);
}

fn is_posting(item: &Value) -> bool {
    let pk = item["pk"]["S"].as_str().unwrap();
    pk.starts_with("X#") || pk.starts_with("I#")
}

/// An error is found as long as it exists: its postings expire, and are renewed in time.
#[tokio::test]
async fn an_error_is_found_as_long_as_it_exists() {
    let faultline = Faultline::new().await;
    let terms = async || {
        let items = raw::items(faultline.stack.engines()).await;
        let posted = |item: &&Value| is_posting(item);
        let mut expiries: Vec<_> =
            items.iter().filter(posted).map(|item| item["ttl"]["N"].as_str().unwrap().to_owned()).collect();
        expiries.sort();
        expiries
    };
    let seen = async || {
        faultline.post_message("m").await;
        assert_eq!(faultline.process().await, 0);
        terms().await
    };
    let first = seen().await;
    // The retention in tests is 36,500 days, so this is the time after which postings are renewed.
    faultline.clock.advance(12_165 * 86_400);
    let before = seen().await;
    assert_eq!(before.len(), first.len() + 1, "only a step of the count was posted");
    faultline.clock.advance(3 * 86_400);
    let again = seen().await;
    assert_eq!(again.len(), before.len() + first.len(), "all terms were posted again");
    assert!(again.last() > first.last());
    for question in ["text=m", "level=error", "sort=count", "sort=firstSeen", "sort=users"] {
        assert_eq!(found(&faultline, question).await, ["m"], "{question}: found once");
    }
}

/// An error that cannot be read is missing in lists, and does not affect others.
#[tokio::test]
async fn a_damaged_error_does_not_affect_others() {
    let faultline = Faultline::new().await;
    for message in ["good", "bad"] {
        faultline.post_message(message).await;
    }
    faultline.process().await;
    let engines = faultline.stack.engines();
    let items = raw::items(engines).await;
    let mut bad = items.into_iter().find(|item| item["message"]["S"] == "bad").unwrap();
    bad["count"] = json!({ "S": "many" });
    raw::put_item(engines, &bad.to_string()).await;
    for question in ["", "level=error", "sort=count"] {
        assert_eq!(found(&faultline, question).await, ["good"], "{question}");
    }
}

/// A storm of one error posts nothing: only new properties of an error are posted.
#[tokio::test]
async fn only_new_properties_of_an_error_are_posted() {
    let faultline = Faultline::new().await;
    let blocks = async || {
        let items = raw::items(faultline.stack.engines()).await;
        items.iter().filter(|item| is_posting(item)).count()
    };
    let storm = vec![json!({ "type": "E", "message": "storm" }); 1_000];
    faultline.post("sample", &json!({ "errors": storm })).await;
    faultline.process().await;
    let first = blocks().await;
    for _ in 0..4 {
        faultline.post_message("storm").await;
        faultline.process().await;
    }
    assert_eq!(blocks().await, first);
    let alike: Vec<_> = (0..100).map(|n| json!({ "type": "E", "message": format!("alike {n}") })).collect();
    faultline.post("sample", &json!({ "errors": alike })).await;
    faultline.process().await;
    let more = blocks().await - first;
    assert!(more <= 4, "{more} items for a hundred new errors: one for each order, and one for all other terms");
}

/// A merged group is found by the properties of each of its errors, and sorted by their sum. After unmerging, each
/// error is found by its own properties.
#[tokio::test]
async fn a_merge_target_is_found_by_the_properties_of_its_merged_errors() {
    let faultline = shop().await;
    let print = async |message: &str| {
        let all = faultline.get("/projects/sample/errors").await;
        let error = all["errors"].as_array().unwrap().iter().find(|error| error["message"] == message).unwrap().clone();
        error["fingerprint"].as_str().unwrap().to_owned()
    };
    let (cart, card) = (print("cart is empty").await, print("card is null").await);
    let change = async |verb: &str| {
        let body = json!({ "errors": [cart] }).to_string();
        let answer = faultline.call(Method::POST, &format!("/projects/sample/errors/{card}/{verb}"), ADMIN, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    };
    change("merge").await;
    for question in ["environment=staging", "tag=plan:gold", "release=shop@1.0", "firstRelease=shop@1.0"] {
        assert_eq!(found(&faultline, question).await, ["card is null"], "{question}");
    }
    for order in ["count", "users", "firstSeen", "lastSeen"] {
        let mut messages = found(&faultline, &format!("sort={order}&status=unresolved")).await;
        assert_eq!(messages.pop().as_deref(), Some("card is null"), "{order}");
        assert!(messages.is_empty(), "{order}");
    }
    change("unmerge").await;
    assert_eq!(found(&faultline, "environment=staging").await, ["cart is empty"]);
    assert_eq!(found(&faultline, "sort=count&status=unresolved").await, ["cart is empty", "card is null"]);
    assert_eq!(found(&faultline, "sort=firstSeen&status=unresolved").await, ["card is null", "cart is empty"]);
}

/// A newly assigned error is found at once, also after a bulk change by filter.
#[tokio::test]
async fn an_assigned_error_is_found() {
    let faultline = shop().await;
    let body = json!({ "where": { "environment": "production" }, "change": { "assignee": "ann" } }).to_string();
    let answer = faultline.call(Method::PATCH, "/projects/sample/errors", ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(found(&faultline, "assignee=ann").await, ["cart is empty", "card is null"]);
    assert_eq!(found(&faultline, "assignee=ann&level=warning").await, ["cart is empty"]);
    faultline.call(Method::PATCH, "/projects/sample/errors/from%20v1", ADMIN, r#"{"assignee":"ann"}"#).await;
    assert_eq!(found(&faultline, "assignee=ann").await.len(), 3);
    faultline.call(Method::PATCH, "/projects/sample/errors/from%20v1", ADMIN, r#"{"assignee":null}"#).await;
    assert_eq!(found(&faultline, "assignee=ann").await.len(), 2);
}
