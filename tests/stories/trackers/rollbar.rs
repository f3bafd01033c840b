//! Items of Rollbar's clients.

use faultline_tests::Faultline;
use serde_json::{Value, json};

use super::{errors, frames, only_event, refused, send};

const UUID: &str = "337fd48b-3736-4874-d820-790257879993";
const ITEM: &str = "/api/1/item/";

fn data(uuid: &str, message: &str) -> Value {
    json!({
        "uuid": uuid, "level": "critical", "language": "python 3.11.7", "framework": "flask", "environment": "production",
        "code_version": "4f2a9c1", "timestamp": 1_793_577_630,
        "notifier": { "name": "pyrollbar", "version": "1.5.0" },
        "server": { "host": "till-7", "root": "/srv/shop" },
        "person": { "id": "42", "email": "ann@example.org" },
        "request": { "url": "https://shop.example/pay", "method": "POST", "POST": { "password": "hunter2" } },
        "custom": { "tenant": "acme" },
        "body": { "trace_chain": [
            { "exception": { "class": "CartError", "message": message }, "frames": [
                { "filename": "/srv/venv/lib/python3.11/site-packages/flask/app.py", "lineno": 1511, "method": "wsgi_app" },
                { "filename": "/srv/shop/cart.py", "lineno": 12, "method": "total", "code": "raise CartError()" },
            ] },
            { "exception": { "class": "IndexError", "message": "out of range" }, "frames": [] },
        ] },
    })
}

/// An item is accepted wherever its token is, and whatever its content type says. However often it is sent, it is
/// counted once.
#[tokio::test]
async fn an_item_is_accepted_in_every_form_and_counted_once() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let item = json!({ "data": data(UUID, "no total") }).to_string();
    let with_token = json!({ "access_token": key, "data": data(UUID, "no total") }).to_string();
    let token = ("x-rollbar-access-token", key.as_str());
    let form = ("content-type", "application/x-www-form-urlencoded");
    let field = format!("payload={}", faultline_tests::encoded(&with_token));
    let requests = [
        (ITEM, vec![token, ("content-type", "application/json")], item.clone()),
        ("/prod/api/1/item", vec![token, form], item),
        (ITEM, vec![], with_token.clone()),
        (ITEM, vec![token], with_token),
        (ITEM, vec![form], field),
    ];
    for (path, headers, body) in requests {
        let answer = send(&faultline, path, &headers, body).await;
        let receipt = json!({ "err": 0, "result": { "id": null, "uuid": UUID.replace('-', "") } });
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &receipt), "{path} {headers:?}");
        faultline.clock.advance(1);
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(errors(&faultline).await, [("CartError".to_owned(), "no total".to_owned(), 1)]);
}

#[tokio::test]
async fn an_item_reads_back_without_its_secrets() {
    let faultline = Faultline::new().await;
    let body = json!({ "access_token": faultline.client_key(), "data": data(UUID, "no total") }).to_string();
    send(&faultline, ITEM, &[], body).await;
    let event = only_event(&faultline).await;
    assert_eq!(
        (&event["source"], &event["platform"], &event["level"]),
        (&json!("rollbar"), &json!("python"), &json!("fatal"))
    );
    assert_eq!(
        (&event["release"], &event["environment"], &event["serverName"]),
        (&json!("4f2a9c1"), &json!("production"), &json!("till-7"))
    );
    let library = "/srv/venv/lib/python3.11/site-packages/flask/app.py";
    assert_eq!(frames(&event), [(library.to_owned(), json!(false)), ("cart.py".to_owned(), json!(true))]);
    assert_eq!(event["request"]["data"], json!({ "password": "[Filtered]" }));
    assert_eq!((&event["extra"]["tenant"], &event["user"]["id"]), (&json!("acme"), &json!("42")));
    let text = event.to_string();
    assert!(!text.contains("hunter2") && !text.contains(faultline.client_key()), "{text}");
}

/// Rollbar groups by class and frames, not by message, and by the client's own fingerprint.
#[tokio::test]
async fn items_are_grouped_as_rollbar_does() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let post = async |data: Value| {
        let headers = [("x-rollbar-access-token", key.as_str())];
        assert_eq!(send(&faultline, ITEM, &headers, json!({ "data": data }).to_string()).await.status.as_u16(), 200);
    };
    let uuid = |number: u32| format!("00000000-0000-0000-0000-{number:012}");
    post(data(&uuid(1), "no total for cart 1")).await;
    post(data(&uuid(2), "no total for cart 2")).await;
    for (number, class) in [(3, "CartError"), (4, "TillError")] {
        let mut other = data(&uuid(number), "by the client");
        other["fingerprint"] = json!("mine");
        other["body"]["trace_chain"][0]["exception"]["class"] = json!(class);
        post(other).await;
    }
    for (number, text) in [(5, "user 17 is gone"), (6, "user 18 is gone")] {
        post(json!({ "uuid": uuid(number), "body": { "message": { "body": text } } })).await;
    }
    let counts: Vec<_> = errors(&faultline).await.into_iter().map(|(_, _, count)| count).collect();
    assert_eq!(counts, [2, 2, 2]);
}

/// Recordings of sessions are answered, so that the client is content, and counted.
#[tokio::test]
async fn recordings_are_answered_and_not_stored() {
    let faultline = Faultline::new().await;
    let headers = [("x-rollbar-access-token", "any"), ("x-rollbar-replay-id", "4137056295f02c83")];
    let answer = send(&faultline, "/api/1/session/", &headers, r#"{"resourceSpans":[]}"#).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({ "err": 0 })));
    assert_eq!(refused(&faultline).await, json!({ "item_not_stored": 1 }));
    assert_eq!(errors(&faultline).await, []);
}
