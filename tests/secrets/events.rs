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

/// Clients of other trackers send their key in the body, and sometimes with each event.
#[tokio::test]
async fn no_key_of_a_client_is_stored_or_logged() {
    let log = Log::default();
    let _logging = log.collect();
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let url = format!("https://errors.example/api/v3/projects/1/notices?key={key}");
    let item = json!({ "access_token": key, "data": { "body": { "message": { "body": "an item" } } } });
    let history = json!([{ "type": "xhr", "method": "POST", "url": url, "date": "2026-11-02T00:00:30Z" }]);
    let notice = json!({ "errors": [{ "type": "E", "message": "a notice" }], "context": { "history": history } });
    let event = json!({ "apiKey": key, "exceptions": [{ "errorClass": "E", "message": "an event" }] });
    let report = json!({ "apiKey": key, "events": [event] });
    for (path, body) in [
        ("/api/1/item/".to_owned(), item),
        (format!("/api/v3/projects/1/notices?key={key}"), notice),
        ("/bugsnag/notify".to_owned(), report),
    ] {
        let answered = faultline.send(Request::post(path).body(body.to_string().into()).unwrap()).await;
        assert!(answered.status.is_success(), "{}", answered.body);
    }
    let queued = faultline.stack.inbox().receive(10, 1 << 20, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(queued.len(), 3);
    for message in &queued {
        let Ok(formats::inbox::Text::Inline(text)) = formats::inbox::form(&message.body) else { panic!("inline") };
        let packed = formats::inbox::packed(text).unwrap();
        let payload = formats::inbox::Message::unpack(&packed).unwrap().payload;
        let has_key = String::from_utf8_lossy(&payload).contains(&key);
        // The client for browsers records its own posts. This is left out when the notice is processed.
        assert_eq!(has_key, String::from_utf8_lossy(&payload).contains("history"));
    }
    assert_eq!(faultline.process().await, 0);
    let everything = everything(&faultline).await;
    assert!(everything.contains("a notice") && !everything.contains(&key), "{everything}");
    assert!(!log.text().contains(&key), "a key is logged");
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
