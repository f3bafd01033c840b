//! A project can send events up to its limits. Other projects are not affected, and clients learn when to send again.

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request, StatusCode};
use model::time::Timestamp;
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;

/// Seconds after which ingest reads the limits again, plus one.
const READ_AGAIN: i64 = 11;

async fn set(faultline: &Faultline, change: Value) -> Value {
    let answer = faultline.call(Method::PATCH, "/projects/sample", ADMIN, change.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"]["project"].clone()
}

fn errors(count: usize) -> Value {
    json!({ "errors": vec![json!({ "type": "E", "message": "m" }); count] })
}

/// Posts `count` errors to `sample` with a key of the project. ([`Faultline::try_post`] uses a key of the stack.)
async fn post(faultline: &Faultline, count: usize) -> Answered {
    faultline.call(Method::POST, "/projects/sample/errors", faultline.client_key(), errors(count).to_string()).await
}

async fn status(faultline: &Faultline) -> u16 {
    post(faultline, 1).await.status.as_u16()
}

/// Starts another process on the same storage.
async fn another(faultline: &Faultline) -> Faultline {
    let engines = faultline.stack.engines().clone();
    let resources = Resources::make(&engines).await.unwrap();
    Faultline::builder().engines(engines).resources(resources).clock(faultline.clock.clone()).start().await
}

async fn refused(faultline: &Faultline) -> Value {
    faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await.body["data"]["refused"].clone()
}

fn headers(answer: &Answered, names: [&str; 4]) -> [String; 4] {
    names.map(|name| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default())
}

const BACK_OFF_HEADERS: [&str; 4] =
    ["retry-after", "x-ratelimit-reset", "x-sentry-rate-limits", "access-control-allow-origin"];

/// Events over a limit per minute are refused as in v1, and accepted again in the next minute. Only posts of this
/// project are refused.
#[tokio::test]
async fn over_the_minute_is_refused_until_the_next() {
    let faultline = Faultline::new().await;
    set(&faultline, json!({ "limits": { "perMinute": 3 } })).await;
    faultline.clock.advance(20);
    assert_eq!(status(&faultline).await, 201);
    faultline.try_post("sample", &errors(1)).await;
    assert_eq!(status(&faultline).await, 201);

    for answer in [post(&faultline, 2).await, faultline.try_post("sample", &errors(2)).await] {
        assert_eq!(answer.status.as_u16(), 429);
        let minute = Timestamp::parse("2026-11-02T00:02:00Z").unwrap().seconds().to_string();
        let expected = ["40", &minute, "40:default;error;security:project:rate_limited", "*"];
        assert_eq!(headers(&answer, BACK_OFF_HEADERS), expected);
        assert_eq!(answer.body["error"], "rate_limited");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains("3 events a minute") && message.contains("00:02:00"), "{message}");
    }
    assert_eq!(refused(&faultline).await, json!({ "rate_limited": 4 }), "each refused event is counted");
    faultline.post("other", &errors(9)).await;
    faultline.get("/projects/sample/errors").await;

    faultline.clock.advance(39);
    assert_eq!(status(&faultline).await, 429);
    faultline.clock.advance(1);
    assert_eq!(status(&faultline).await, 201);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(faultline.counts().await["m"], 4);
}

/// A request is accepted or refused as a whole: one post may exceed the limit, and the next is refused.
#[tokio::test]
async fn a_post_is_accepted_or_refused_as_a_whole() {
    let faultline = Faultline::new().await;
    set(&faultline, json!({ "limits": { "perMinute": 3, "perMonth": 12 } })).await;
    assert_eq!(post(&faultline, 10).await.status.as_u16(), 201);
    assert_eq!(post(&faultline, 1).await.status.as_u16(), 429);
    faultline.clock.advance(60);
    assert_eq!(post(&faultline, 10).await.status.as_u16(), 201);
    let answer = post(&faultline, 5).await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("quota_exceeded")));
    assert_eq!(refused(&faultline).await, json!({ "rate_limited": 1, "quota_exceeded": 5 }));
}

/// A second process that has received nothing refuses as soon as it reads the mark that the processor set.
#[tokio::test]
async fn every_process_sees_that_a_limit_is_reached() {
    let faultline = Faultline::new().await;
    set(&faultline, json!({ "limits": { "perMinute": 4 } })).await;
    let second = another(&faultline).await;
    assert_eq!(post(&second, 1).await.status.as_u16(), 201, "it has read the limit, and there is no mark yet");
    assert_eq!(post(&faultline, 3).await.status.as_u16(), 201);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(status(&second).await, 201, "it caches what it read for some seconds");
    faultline.clock.advance(READ_AGAIN);
    for process in [&second, &another(&faultline).await] {
        let answer = post(process, 1).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("rate_limited")));
    }
    faultline.clock.advance(60 - READ_AGAIN);
    for process in [&faultline, &second] {
        assert_eq!(status(process).await, 201, "an expired mark needs no removal");
    }
}

/// The usage of a month is counted across restarts. Clients get a delay of an hour, so that they notice a
/// raised limit. Raising the limit removes the mark.
#[tokio::test]
async fn over_the_month_is_refused_until_the_limit_is_raised() {
    let faultline = Faultline::new().await;
    set(&faultline, json!({ "limits": { "perMonth": 5 } })).await;
    assert_eq!(post(&faultline, 3).await.status.as_u16(), 201);
    assert_eq!(faultline.process().await, 0);
    // A day later, after a restart.
    faultline.clock.advance(86_400);
    let faultline = another(&faultline).await;
    assert_eq!(post(&faultline, 2).await.status.as_u16(), 201);
    assert_eq!(faultline.process().await, 0);
    faultline.clock.advance(READ_AGAIN);
    let faultline = another(&faultline).await;
    let answer = post(&faultline, 1).await;
    let reset = (faultline.clock.now().seconds() + 3_600).to_string();
    let expected = ["3600", &reset, "3600:default;error;security:project:quota_exceeded", "*"];
    assert_eq!((answer.status.as_u16(), headers(&answer, BACK_OFF_HEADERS)), (429, expected.map(str::to_owned)));

    set(&faultline, json!({ "limits": { "perMonth": 7 } })).await;
    faultline.clock.advance(READ_AGAIN);
    assert_eq!(post(&faultline, 2).await.status.as_u16(), 201, "the limit was raised");
    assert_eq!(faultline.process().await, 0);
    faultline.clock.advance(READ_AGAIN);
    assert_eq!(status(&faultline).await, 429, "the limit is reached again");
    set(&faultline, json!({ "limits": { "perMonth": null } })).await;
    faultline.clock.advance(READ_AGAIN);
    assert_eq!(post(&faultline, 100).await.status.as_u16(), 201, "the limit was removed");

    set(&faultline, json!({ "limits": { "perMonth": 1 } })).await;
    faultline.clock.advance(READ_AGAIN);
    assert_eq!(status(&faultline).await, 429, "the project has already sent more");
    faultline.clock.advance(31 * 86_400);
    assert_eq!(status(&faultline).await, 201, "a new month");
}

/// SDKs get the headers of their protocol for backing off. Requests without events are answered as usual.
#[tokio::test]
async fn sdks_get_the_headers_for_backing_off() {
    let faultline = Faultline::new().await;
    set(&faultline, json!({ "limits": { "perMinute": 1 } })).await;
    let event = |n: u32| format!("{{\"type\":\"event\"}}\n{{\"event_id\":\"{n:032x}\",\"message\":\"m\"}}\n");
    let session = "{\"type\":\"session\"}\n{}\n";
    let send = async |path: &str, body: String| {
        let request = Request::post(format!("{path}?sentry_key={}", faultline.client_key()));
        faultline.send(request.body(Body::from(body)).unwrap()).await
    };
    let envelope = "/api/1/envelope/";
    assert_eq!(send(envelope, format!("{{}}\n{}", event(1))).await.status.as_u16(), 200);
    let report = r#"{"csp-report":{"document-uri":"https://a.example","effective-directive":"img-src"}}"#;
    for (path, body) in [
        (envelope, format!("{{}}\n{}{session}", event(2))),
        ("/api/1/store/", json!({ "message": "m" }).to_string()),
        ("/api/1/security/", report.to_owned()),
    ] {
        let answer = send(path, body).await;
        assert_eq!(answer.status.as_u16(), 429, "{path}: {}", answer.body);
        assert_eq!(answer.headers["x-sentry-rate-limits"], "60:default;error;security:project:rate_limited", "{path}");
        assert_eq!(
            (&answer.headers["retry-after"], &answer.headers["x-sentry-error"]),
            (&"60".parse().unwrap(), &"rate_limited".parse().unwrap())
        );
    }
    let other = send(envelope, format!("{{}}\n{session}")).await;
    assert_eq!(other.status.as_u16(), 200, "it contains no event");
    assert_eq!(refused(&faultline).await, json!({ "rate_limited": 3, "item_not_stored": 2 }));
}

/// Settings are returned as they are set and changed one by one. An invalid one is refused with a reason.
#[tokio::test]
async fn settings_are_changed_one_by_one() {
    let faultline = Faultline::new().await;
    let project =
        set(&faultline, json!({ "limits": { "perMinute": 10 }, "owner": "team a", "tier": "critical" })).await;
    assert_eq!(project["limits"], json!({ "perMinute": 10, "perMonth": null }));
    set(&faultline, json!({ "limits": { "perMonth": 1_000 } })).await;
    set(&faultline, json!({ "timeUnit": "hour", "scrubbing": { "additional": ["iban"] } })).await;
    set(&faultline, json!({ "limits": { "perMinute": null } })).await;
    let listed = faultline.get("/projects").await["projects"][0].clone();
    let settings = ["limits", "owner", "tier", "timeUnit", "scrubbing"].map(|name| listed[name].clone());
    let limits = json!({ "perMinute": null, "perMonth": 1_000 });
    let scrubbing = json!({ "additional": ["iban"] });
    assert_eq!(settings, [limits, json!("team a"), json!("critical"), json!("hour"), scrubbing]);
    assert_eq!(set(&faultline, json!({ "owner": null })).await["owner"], Value::Null);
    let origins = json!(["https://shop.example", "https://*.shop.example"]);
    let project = set(&faultline, json!({ "retentionDays": 30, "allowedOrigins": origins })).await;
    assert_eq!([&project["retentionDays"], &project["allowedOrigins"]], [&json!(30), &origins]);
    let project = set(&faultline, json!({ "retentionDays": null, "allowedOrigins": null })).await;
    assert_eq!([&project["retentionDays"], &project["allowedOrigins"]], [&Value::Null, &Value::Null]);
    let repository =
        json!({ "url": "https://git.example/{path}", "branch": "main", "paths": [{ "from": "/app/", "to": "" }] });
    assert_eq!(set(&faultline, json!({ "repository": repository })).await["repository"], repository);
    assert_eq!(faultline.get("/projects/sample").await["project"]["repository"], repository);
    assert_eq!(set(&faultline, json!({ "repository": null })).await["repository"], Value::Null);

    for (body, named) in [
        (json!({}), "changes nothing"),
        (json!({ "limits": {} }), "`limits` is empty"),
        (json!({ "limit": { "perMinute": 1 } }), "`limit`"),
        (json!({ "limits": { "perHour": 1 } }), "`perHour`"),
        (json!({ "limits": { "perMinute": 0 } }), "`perMinute`: 0 is not a limit"),
        (json!({ "limits": { "perMonth": 1_000_000_001 } }), "`perMonth`: 1000000001 is not a limit"),
        (json!({ "limits": { "perMonth": "9" } }), "\"9\""),
        (json!({ "tier": "gold" }), "`gold`"),
        (json!({ "timeUnit": "week" }), "`week`"),
        (json!({ "owner": "" }), "`owner`"),
        (json!({ "retentionDays": 31 }), "`retentionDays`: 31 is not a possible retention"),
        (json!({ "retentionDays": -7 }), "`-7`"),
        (json!({ "allowedOrigins": ["https://shop.example/"] }), "`https://shop.example/` is not an origin"),
        (json!({ "allowedOrigins": "https://shop.example" }), "\"https://shop.example\""),
        (json!({ "allowedOrigins": vec!["null"; 51] }), "51 origins are too many"),
        (json!({ "owner": "x".repeat(201) }), "`owner`"),
        (
            json!({ "repository": { "url": "https://git.example/x", "branch": "main", "paths": [] } }),
            "`repository`: `url` must contain `{path}`",
        ),
        (
            json!({ "repository": { "url": "javascript:{path}", "branch": "main", "paths": [] } }),
            "`url` must begin with https://",
        ),
        (
            json!({ "repository": { "url": "https://git.example/{path}", "branch": "", "paths": [] } }),
            "`branch` must have",
        ),
        (json!({ "repository": { "url": "https://git.example/{path}", "branch": "b", "path": [] } }), "`path`"),
        (json!({ "repository": { "url": "https://git.example/{path}", "branch": "b" } }), "`paths`"),
        (json!({ "scrubbing": { "aditional": [] } }), "`aditional`"),
        (json!({ "scrubbing": { "additional": [""] } }), "`additional`"),
    ] {
        let answer = faultline.call(Method::PATCH, "/projects/sample", ADMIN, body.to_string()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (400, &json!("body_invalid")), "{body}");
        assert!(answer.body["message"].as_str().unwrap().contains(named), "{body}: {}", answer.body["message"]);
    }
}
