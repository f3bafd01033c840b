//! No secret is stored or logged (promise 5 in docs/src/internals/promises.md) for the content of events: after an
//! event was processed, its secrets are in no item, segment, queue, other object or log line.

use faultline_tests::Faultline;
use http::Request;
use serde_json::{Value, json};
use server::system::stored_keys;

use crate::{Log, everything};

/// Secrets in different places of an event. None of them contains another.
const SECRETS: [&str; 7] = [
    "hunter2-vars",
    "hunter3-header",
    "hunter4-cookie",
    "hunter5-query",
    "hunter6-message",
    "hunter7-crumb",
    "hunter8-extra",
];

/// Returns an event with every secret, and `padding` bytes of harmless text.
fn event(id: u32, padding: usize) -> Value {
    let [vars, header, cookie, query, message, crumb, extra] = SECRETS;
    json!({
        "event_id": format!("{id:032x}"),
        "platform": "python",
        "exception": { "values": [{
            "type": "LoginError",
            "value": format!("cannot sign in with password={message}"),
            "stacktrace": { "frames": [
                { "filename": "shop/login.py", "function": "sign_in", "in_app": true, "vars": { "password": vars } },
            ] },
        }] },
        "request": {
            "url": format!("https://shop.example/login?token={query}"),
            "headers": { "Authorization": format!("Bearer {header}"), "Cookie": format!("session={cookie}") },
        },
        "breadcrumbs": { "values": [{ "category": "http", "data": { "url": format!("/reset?api_key={crumb}") } }] },
        "extra": { "client_secret": extra, "padding": "lorem ipsum ".repeat(padding / 12) },
    })
}

/// The small event waits in the queue itself, the large one in an S3 object.
#[tokio::test]
async fn no_secret_of_an_event_is_stored_or_logged() {
    let log = Log::default();
    let _logging = log.collect();
    let faultline = Faultline::new().await;
    for (id, padding) in [(1, 0), (2, 400_000)] {
        let request = Request::post("/api/1/store/")
            .header("x-sentry-auth", format!("Sentry sentry_key={}", faultline.client_key()));
        let answered = faultline.send(request.body(event(id, padding).to_string().into()).unwrap()).await;
        assert_eq!(answered.status.as_u16(), 200, "{}", answered.body);
    }
    assert_eq!(faultline.process().await, 0);

    let everything = everything(&faultline).await;
    let log = log.text();
    assert!(everything.contains("LoginError") && everything.contains("[Filtered]"), "the stored data has the event");
    assert!(log.contains("TransactWriteItems"), "the log is captured");
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} is stored: {everything}");
        assert!(!log.contains(secret), "{secret} is logged");
    }
    assert_eq!(faultline.take_inbox().await, Vec::<String>::new(), "the queue is empty");
    let waiting = stored_keys(faultline.stack.engines(), "inbox/").await.unwrap();
    assert_eq!(waiting, Vec::<String>::new(), "no unscrubbed body is left in the bucket");
}
