//! Requests of unmodified Sentry SDKs.

use std::io::Write;

use axum::body::Body;
use faultline_tests::{Answered, Faultline};
use http::Request;
use serde_json::{Value, json};

const ID: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

type Header<'a> = (&'a str, &'a str);

fn event() -> Value {
    json!({
        "event_id": ID,
        "timestamp": "2026-11-02T00:00:30Z",
        "platform": "python",
        "level": "error",
        "release": "shop@1.2.3",
        "environment": "production",
        "server_name": "web-1",
        "tags": { "tier": "gold" },
        "exception": { "values": [{
            "type": "ZeroDivisionError",
            "value": "division by zero",
            "stacktrace": { "frames": [
                { "filename": "lib/web.py", "function": "serve", "module": "web", "lineno": 10, "in_app": false },
                { "filename": "shop/cart.py", "function": "total", "module": "shop.cart", "lineno": 42, "in_app": true,
                  "context_line": "    return sum / count", "vars": { "count": "0", "password": "hunter2" } },
            ] },
        }] },
    })
}

fn envelope(event: &Value) -> String {
    format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{event}\n")
}

async fn send(faultline: &Faultline, path: &str, headers: &[Header<'_>], body: impl Into<Body>) -> Answered {
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    faultline.send(request.body(body.into()).unwrap()).await
}

fn auth(faultline: &Faultline) -> String {
    format!("Sentry sentry_version=7,sentry_client=test/1,sentry_key={}", faultline.client_key())
}

/// An event is accepted with every form of credentials, encoding and path that SDKs use. However often it is sent, it
/// is counted once.
#[tokio::test]
async fn an_event_is_accepted_in_every_form_and_counted_once() {
    let faultline = Faultline::new().await;
    let (key, x_auth) = (faultline.client_key().to_owned(), auth(&faultline));
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zlib = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let base64 = |bytes: &[u8]| base64(bytes).into_bytes();
    let (event, envelope) = (event().to_string().into_bytes(), envelope(&event()).into_bytes());
    let by_dsn = format!(
        "{{\"dsn\":\"https://{key}@errors.example/prod/1\"}}\n{{\"type\":\"event\",\"length\":{}}}\n",
        event.len()
    );
    let by_dsn = [by_dsn.as_bytes(), &event].concat();
    let x = ("x-sentry-auth", x_auth.as_str());
    let basic = format!("Basic {}", base64_text(&format!("{key}:")));
    let query = format!("/api/1/envelope/?sentry_key={key}&sentry_version=7");

    let requests: Vec<(&str, Vec<Header>, Vec<u8>)> = vec![
        ("/api/1/envelope/", vec![x], envelope.clone()),
        ("/prod//api/1/envelope", vec![("authorization", x_auth.as_str())], envelope.clone()),
        ("/api/1/envelope/", vec![("authorization", basic.as_str())], envelope.clone()),
        (&query, vec![("content-type", "text/plain;charset=UTF-8")], envelope.clone()),
        ("/tunnel", vec![], by_dsn.clone()),
        ("/api/1/envelope/", vec![], by_dsn),
        ("/api/1/envelope/", vec![x, ("content-encoding", "gzip")], gzip(&envelope)),
        ("/api/1/envelope/", vec![x, ("content-encoding", "")], envelope.clone()),
        ("/api/1/envelope/", vec![x, ("content-encoding", "gzip")], envelope.clone()),
        ("/api/1/store/", vec![x], event.clone()),
        ("/api/store/", vec![x], event.clone()),
        ("/api/1/store/", vec![x, ("content-encoding", "deflate")], zlib(&event)),
        ("/api/1/store/", vec![x, ("content-type", "application/octet-stream")], base64(&zlib(&event))),
        ("/api/1/store/", vec![x], base64(&event)),
        ("/api/1/store/", vec![x, ("content-type", "application/x-sentry-envelope")], envelope),
    ];
    for (path, headers, body) in requests {
        let answer = send(&faultline, path, &headers, body).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({ "id": ID })), "{path} {headers:?}");
        faultline.clock.advance(1);
        assert_eq!(faultline.process().await, 0);
    }
    let counts: Vec<_> = faultline.counts().await.into_iter().collect();
    assert_eq!(counts, [("division by zero".to_owned(), 1)]);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes.chunks(3).fold(String::new(), |mut text, chunk| {
        let bits = chunk.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= chunk.len() { char::from(DIGITS[index]) } else { '=' });
        }
        text
    })
}

fn base64_text(text: &str) -> String {
    base64(text.as_bytes())
}

/// An SDK's event reads back with its own fields, complete and scrubbed, with the explanation of its grouping.
#[tokio::test]
async fn an_sdks_event_reads_back() {
    let faultline = Faultline::new().await;
    send(&faultline, "/api/1/envelope/", &[("x-sentry-auth", &auth(&faultline))], envelope(&event())).await;
    faultline.process().await;
    let error = faultline.get("/projects/sample/errors").await["errors"][0].clone();
    assert_eq!((&error["type"], &error["message"]), (&json!("ZeroDivisionError"), &json!("division by zero")));
    assert_eq!(error["culprit"], "shop.cart in total");
    let path = format!("/projects/sample/errors/{}/occurrences", error["fingerprint"].as_str().unwrap());
    let listed = faultline.get(&path).await["errors"][0].clone();
    let occurrence = faultline.get(&format!("{path}/{}", listed["reversedUnixtime"].as_str().unwrap())).await;
    let event = &occurrence["error"]["event"];
    assert_eq!((&event["release"], &event["environment"]), (&json!("shop@1.2.3"), &json!("production")));
    assert_eq!((&event["serverName"], &event["tags"]["tier"]), (&json!("web-1"), &json!("gold")));
    let frame = &event["exceptions"][0]["stacktrace"]["frames"][1];
    assert_eq!(frame["vars"], json!({ "count": "0", "password": "[Filtered]" }));
    assert_eq!(event["scrubbed"], json!(["exceptions.0.stacktrace.frames.1.vars.password"]));
    let grouping = &occurrence["error"]["grouping"];
    assert_eq!(grouping["basis"], "exceptions");
    assert_eq!(grouping["variants"][0]["fingerprint"], error["fingerprint"]);
}

/// A project can add names of secrets, and exempt names.
#[tokio::test]
async fn a_project_adds_and_exempts_names_for_scrubbing() {
    let faultline = Faultline::new().await;
    let rules = json!({ "scrubbing": { "additional": ["count"], "exempt": ["password"] } }).to_string();
    let call =
        async |path: &str, key: &str, body: &str| faultline.call(http::Method::PATCH, path, key, body.to_owned()).await;
    let answer = call("/projects/sample", faultline_tests::ADMIN, &rules).await;
    assert_eq!(answer.body["data"]["project"]["scrubbing"], json!({ "additional": ["count"], "exempt": ["password"] }));
    send(&faultline, "/api/1/envelope/", &[("x-sentry-auth", &auth(&faultline))], envelope(&event())).await;
    faultline.process().await;
    let error = faultline.get("/projects/sample/errors").await["errors"][0]["fingerprint"].clone();
    let occurrences = faultline.get(&format!("/projects/sample/errors/{}/occurrences", error.as_str().unwrap())).await;
    let frames = &occurrences["errors"][0]["event"]["exceptions"][0]["stacktrace"]["frames"];
    assert_eq!(frames[1]["vars"], json!({ "count": "[Filtered]", "password": "hunter2" }));

    let refused = async |path: &str, key: &str, body: &str| call(path, key, body).await.body["error"].clone();
    // A list that is not given stays as it is.
    let personal = json!({ "scrubbing": { "personal": ["email"] } }).to_string();
    let answer = faultline.call(http::Method::PATCH, "/projects/sample", faultline_tests::ADMIN, personal).await;
    let expected = json!({ "additional": ["count"], "exempt": ["password"], "personal": ["email"] });
    assert_eq!(answer.body["data"]["project"]["scrubbing"], expected, "{}", answer.body);
    let none = json!({ "scrubbing": { "personal": [], "exempt": [] } }).to_string();
    let answer = faultline.call(http::Method::PATCH, "/projects/sample", faultline_tests::ADMIN, none).await;
    assert_eq!(answer.body["data"]["project"]["scrubbing"], json!({ "additional": ["count"] }), "{}", answer.body);

    let endless = json!({ "scrubbing": { "additional": vec!["x"; 101] } }).to_string();
    assert_eq!(refused("/projects/sample", faultline_tests::ADMIN, &endless).await, "body_invalid");
    assert_eq!(refused("/projects/sample", faultline_tests::ADMIN, "{}").await, "body_invalid");
    assert_eq!(refused("/projects/none", faultline_tests::ADMIN, &rules).await, "project_unknown");
    assert_eq!(refused("/projects/sample", faultline.client_key(), &rules).await, "key_role");
}

/// Events of clients with and without in-app frames belong to one error, by the hash of all frames.
#[tokio::test]
async fn an_event_belongs_to_the_error_that_has_either_hash() {
    let faultline = Faultline::new().await;
    let key = auth(&faultline);
    for (n, in_app) in [(1, json!(true)), (2, json!(false)), (3, json!(true))] {
        let mut event = event();
        event["event_id"] = json!(format!("{n:032x}"));
        event["exception"]["values"][0]["stacktrace"]["frames"][1]["in_app"] = in_app;
        let body = event.to_string();
        assert_eq!(send(&faultline, "/api/1/store/", &[("x-sentry-auth", &key)], body).await.status.as_u16(), 200);
        assert_eq!(faultline.process().await, 0);
    }
    assert_eq!(faultline.counts().await.into_values().collect::<Vec<_>>(), [3]);
}

/// A hash stays with the error that had it first, in whatever batch an event comes.
#[tokio::test]
async fn a_hash_stays_with_its_error() {
    let faultline = Faultline::new().await;
    let key = auth(&faultline);
    let event_of = |n: u32, frames: &[(&str, bool)]| {
        let mut event = event();
        event["event_id"] = json!(format!("{n:032x}"));
        let frames =
            frames.iter().map(|(function, in_app)| json!({ "function": function, "module": "m", "in_app": in_app }));
        event["exception"]["values"][0]["stacktrace"]["frames"] = frames.collect();
        event.to_string()
    };
    // All frames are the same, so the hash of all frames is the same; the in-app frames differ.
    let all = event_of(1, &[("a", false), ("b", false)]);
    let own = event_of(2, &[("a", false), ("b", true)]);
    for round in 0..2 {
        for batch in [vec![&all], vec![&own], vec![&own, &all], vec![&all, &own]] {
            for event in batch {
                send(&faultline, "/api/1/store/", &[("x-sentry-auth", &key)], event.clone()).await;
            }
            assert_eq!(faultline.process().await, 0);
        }
        assert_eq!(faultline.counts().await.into_values().sum::<u64>(), 2, "round {round}");
    }
}

/// Credentials of a proxy do not get in the way of the SDK's.
#[tokio::test]
async fn credentials_of_a_proxy_are_ignored() {
    let faultline = Faultline::new().await;
    let path = format!("/api/1/envelope/?sentry_key={}", faultline.client_key());
    let basic = format!("Basic {}", base64_text("proxy:password"));
    let answer = send(&faultline, &path, &[("authorization", &basic)], envelope(&event())).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

/// Items that are not stored are answered with success, and with a rate limit that makes the SDK stop sending them.
#[tokio::test]
async fn unsupported_items_are_stopped_by_rate_limits() {
    let faultline = Faultline::new().await;
    let body = "{}\n{\"type\":\"transaction\"}\n{\"type\":\"transaction\"}\n{\"type\":\"session\"}\n{}\n\
                {\"type\":\"client_report\"}\n{}\n{\"type\":\"some_day\"}\n{}\n";
    let answer = send(&faultline, "/api/1/envelope/", &[("x-sentry-auth", &auth(&faultline))], body).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({})));
    assert_eq!(answer.headers["x-sentry-rate-limits"], "3600:session;transaction:organization");
    let event = json!({ "type": "transaction" });
    let answer = send(&faultline, "/api/1/envelope/", &[("x-sentry-auth", &auth(&faultline))], envelope(&event)).await;
    assert_eq!(answer.headers["x-sentry-rate-limits"], "3600:transaction:organization");
    assert!(faultline.take_inbox().await.is_empty());
}

/// A faulty item is dropped alone; the event next to it is stored.
#[tokio::test]
async fn a_faulty_item_does_not_affect_the_event() {
    let faultline = Faultline::new().await;
    let body = format!("{{}}\n{{\"type\":\"attachment\",\"length\":99999}}\nx\n{{\"type\":\"event\"}}\n{}\n", event());
    let answer = send(&faultline, "/api/1/envelope/", &[("x-sentry-auth", &auth(&faultline))], body).await;
    assert_eq!(answer.body, json!({ "id": ID }));
    faultline.process().await;
    assert_eq!(faultline.counts().await.len(), 1);
}

/// SDKs understand refusals: a 429 always has headers, the body is always JSON with `detail`, and the reason is in a
/// header.
#[tokio::test]
async fn sdks_understand_refusals() {
    let faultline = Faultline::new().await;
    let (good, x_auth) = (envelope(&event()), auth(&faultline));
    let x = ("x-sentry-auth", x_auth.as_str());
    let wrong = ("x-sentry-auth", "Sentry sentry_key=00000000000000000000000000000000");
    let cases: [(&str, &[Header], &str, u16, &str); 10] = [
        ("/api/1/envelope/", &[], &good, 401, "key_missing"),
        ("/api/1/envelope/", &[wrong], &good, 403, "key_unknown"),
        ("/api/2/envelope/", &[x], &good, 403, "key_project"),
        ("/api/1/envelope/", &[x], "nope", 400, "body_not_json"),
        ("/api/1/envelope/", &[x], "[]\n", 400, "body_invalid"),
        ("/api/1/envelope/", &[x], "{}\n{\"type\":\"event\"}\n{\"a\":\n", 400, "item_invalid"),
        ("/api/1/store/", &[x], "{\"a\":", 400, "item_invalid"),
        ("/api/1/security/", &[x], "nope", 400, "body_not_json"),
        ("/api/1/minidump/", &[x], "", 400, "body_invalid"),
        ("/api/1/cron/", &[x], "", 404, "path_unknown"),
    ];
    for (path, headers, body, status, reason) in cases {
        let answer = send(&faultline, path, headers, body.to_owned()).await;
        assert_eq!((answer.status.as_u16(), answer.body["error"].as_str()), (status, Some(reason)), "{path} {body}");
        assert_eq!(answer.headers["x-sentry-error"], reason);
        assert!(answer.body["detail"].is_string());
        let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("x-sentry-error") && exposed.contains("retry-after"));
    }
    assert!(faultline.take_inbox().await.is_empty());
}

/// An event of any shape is stored. Wrong parts are noted, and are never a reason to lose it.
#[tokio::test]
async fn an_event_of_any_shape_is_stored() {
    let faultline = Faultline::new().await;
    let shapes = [
        r#"{"message":"lone \udc80 surrogate","extra":{"n":NaN}}"#,
        r#"{"message":{"message":"%s is %d","params":["x",7]},"tags":7,"user":"me","exception":{"values":null}}"#,
        r#"{"exception":[{"value":"bare list"}],"level":"WARNING","timestamp":"soon","fingerprint":["a",1,null]}"#,
        "{}",
        r#"{"unknown":{"deep":[[[1]]]},"logentry":"a text"}"#,
    ];
    for shape in shapes {
        let answer = send(&faultline, "/api/1/store/", &[("x-sentry-auth", &auth(&faultline))], shape).await;
        assert_eq!(answer.status.as_u16(), 200, "{shape}: {}", answer.body);
    }
    assert_eq!(faultline.process().await, 0);
    assert_eq!(faultline.counts().await.into_values().sum::<u64>(), shapes.len() as u64);
    faultline.clock.advance(1);
}

/// A browser's CSP report becomes an error.
#[tokio::test]
async fn a_csp_report_becomes_an_error() {
    let faultline = Faultline::new().await;
    let report = json!({ "csp-report": {
        "document-uri": "https://shop.example/cart",
        "violated-directive": "script-src 'self'",
        "effective-directive": "script-src",
        "blocked-uri": "https://evil.example/x.js",
        "original-policy": "script-src 'self'",
    } });
    let path =
        format!("/api/1/csp-report/?sentry_key={}&sentry_environment=live&sentry_release=9", faultline.client_key());
    let headers = [("content-type", "application/csp-report"), ("user-agent", "Mozilla/5.0")];
    let answer = send(&faultline, &path, &headers, report.to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));
    faultline.process().await;
    let errors = faultline.get("/projects/sample/errors").await;
    let error = &errors["errors"][0];
    assert_eq!(error["count"], 1);
    assert!(error["message"].as_str().unwrap().contains("evil.example"), "{error}");
}
