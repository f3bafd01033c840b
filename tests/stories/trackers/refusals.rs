//! Refusals that clients of other trackers understand: they neither crash nor try forever.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use http_body_util::StreamBody;
use serde_json::{Value, json};

use super::{errors, refused, send};

/// A request to each route that stores: path, header with the key, and a body without a key.
fn requests(key: &str) -> [(String, &'static str, String); 3] {
    [
        (
            "/api/1/item/".to_owned(),
            "x-rollbar-access-token",
            r#"{"data":{"body":{"message":{"body":"m"}}}}"#.to_owned(),
        ),
        (format!("/api/v3/projects/1/notices?key={key}"), "x-other", r#"{"errors":[{"message":"m"}]}"#.to_owned()),
        (
            "/bugsnag/notify".to_owned(),
            "bugsnag-api-key",
            r#"{"events":[{"exceptions":[{"errorClass":"E"}]}]}"#.to_owned(),
        ),
    ]
}

/// Clients of Rollbar look for `err`, those of Airbrake for `message`. The client of Airbrake for Ruby sends again after
/// 400 and 403, which are not used for it.
#[tokio::test]
async fn a_refusal_has_what_each_client_looks_for() {
    for (body, statuses, reason) in [
        (None, [403, 401, 403], "key_unknown"),
        (Some("no JSON"), [400, 422, 400], "body_not_json"),
        (Some("{}"), [400, 422, 400], "body_invalid"),
    ] {
        let faultline = Faultline::new().await;
        let key = if body.is_some() { faultline.client_key().to_owned() } else { "wrong".to_owned() };
        for ((path, header, good), status) in requests(&key).into_iter().zip(statuses) {
            let body = body.map_or(good, str::to_owned);
            let answer = send(&faultline, &path, &[(header, &key)], body).await;
            let found = (answer.status.as_u16(), &answer.body["error"], &answer.body["err"]);
            assert_eq!(found, (status, &json!(reason), &json!(1)), "{path}");
            assert!(answer.body["message"].is_string() && answer.headers["access-control-allow-origin"] == "*");
        }
        assert_eq!(refused(&faultline).await, json!({ reason: 3 }));
        assert_eq!(errors(&faultline).await, []);
    }
}

#[tokio::test]
async fn a_request_without_a_key_is_told_where_to_put_it() {
    let faultline = Faultline::new().await;
    for (path, header, body) in requests("") {
        let answer = send(&faultline, &path, &[], body).await;
        if header == "x-other" {
            // The project in the path may be the key, as in Errbit.
            assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("key_unknown")));
        } else {
            assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("key_missing")), "{path}");
            assert!(answer.body["message"].as_str().unwrap().contains(header), "{}", answer.body);
        }
    }
}

/// Over a limit, each client learns from its own header when to send again.
#[tokio::test]
async fn limits_are_announced_to_each_client() {
    let faultline = Faultline::new().await;
    let limits = json!({ "limits": { "perMinute": 3 } }).to_string();
    faultline.call(Method::PATCH, "/projects/sample", ADMIN, limits).await;
    faultline.clock.advance(20);
    let key = faultline.client_key().to_owned();
    for expected in [[200, 201, 200], [429, 429, 429]] {
        for ((path, header, body), status) in requests(&key).into_iter().zip(expected) {
            let answer = send(&faultline, &path, &[(header, &key)], body).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
            let names =
                ["retry-after", "x-ratelimit-delay", "x-rate-limit-remaining", "x-rate-limit-remaining-seconds"];
            let values = names.map(|name| answer.headers.get(name).map(|value| value.to_str().unwrap()));
            let announced = if status == 429 { [Some("40"), Some("40"), Some("0"), Some("40")] } else { [None; 4] };
            assert_eq!(values, announced, "{path}");
            let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
            assert!(names.iter().all(|name| exposed.contains(name)), "{exposed}");
        }
    }
    assert_eq!(refused(&faultline).await, json!({ "rate_limited": 3 }));
}

/// Someone who guesses keys is refused in each client's form, too.
#[tokio::test]
async fn guesses_are_limited_with_the_statuses_of_each_client() {
    let faultline = Faultline::new().await;
    let guess = async || {
        let mut request = Request::post("/api/v3/projects/1/notices?key=wrong").body(Body::from("{}")).unwrap();
        request.extensions_mut().insert(http_common::ClientAddress::new([203, 0, 113, 7].into()));
        faultline.send(request).await
    };
    for _ in 0..30 {
        assert_eq!(guess().await.status.as_u16(), 401);
    }
    let answer = guess().await;
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (429, &json!("key_guesses_limited")));
}

/// A browser may send every header that these clients send.
#[tokio::test]
async fn preflights_allow_what_browsers_ask_for() {
    let faultline = Faultline::new().await;
    for (path, asked) in [
        ("/api/1/item/", "content-type,x-rollbar-access-token"),
        ("/api/1/session/", "content-type,x-rollbar-access-token,x-rollbar-replay-id"),
        ("/bugsnag/notify", "bugsnag-api-key,bugsnag-integrity,bugsnag-payload-version,bugsnag-sent-at,content-type"),
        ("/2020-06-18/config/1/config.json", "cache-control"),
    ] {
        let request = Request::builder().method(Method::OPTIONS).uri(path);
        let answer = faultline.send(request.body(Body::empty()).unwrap()).await;
        let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
        let allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
        assert!(asked.split(',').all(|header| allowed.contains(&header)), "{path}: {allowed:?}");
    }
}

/// A body that arrives in pieces, and counts the bytes that were read.
fn counted(bytes: Vec<u8>, piece: usize) -> (Body, Arc<AtomicUsize>) {
    let (read, pieces) =
        (Arc::new(AtomicUsize::new(0)), bytes.chunks(piece).map(Bytes::copy_from_slice).collect::<Vec<_>>());
    let counter = read.clone();
    let frames = pieces.into_iter().map(move |piece| {
        counter.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(http_body::Frame::data(piece))
    });
    (Body::new(StreamBody::new(futures_util::stream::iter(frames))), read)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The key decides before the body is unpacked: a body that cannot be unpacked is not noticed without a valid key. A key
/// in the body is looked for at its beginning only.
#[tokio::test]
async fn the_key_is_checked_before_the_body_is_unpacked() {
    let faultline = Faultline::new().await;
    let broken = gzip(&vec![b' '; 1 << 20])[..100].to_vec();
    for (path, header, _) in requests("wrong") {
        let headers = [(header, "wrong"), ("content-encoding", "gzip")];
        let answer = send(&faultline, &path, &headers, broken.clone()).await;
        assert_eq!(answer.body["error"], "key_unknown", "{path}");
    }
    for (path, name) in [("/api/1/item/", "access_token"), ("/bugsnag/notify", "apiKey")] {
        // The key comes too late: it is neither reached nor is the rest unpacked.
        let late =
            gzip(format!(r#"{{"x":"{}","{name}":"{}"}}"#, "x".repeat(8 << 20), faultline.client_key()).as_bytes());
        let answer = send(&faultline, path, &[("content-encoding", "gzip")], late).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("key_missing")), "{path}");
        // A wrong key at the beginning ends it, although the rest is broken.
        let mut early = gzip(format!(r#"{{"{name}":"wrong","x":"{}"#, "x".repeat(1 << 20)).as_bytes());
        early.truncate(early.len() - 20);
        let answer = send(&faultline, path, &[("content-encoding", "gzip")], early).await;
        assert_eq!(answer.body["error"], "key_unknown", "{path}");
    }
}

/// A body in tiny pieces takes no longer than another, although its key is looked for in what has arrived.
#[tokio::test]
async fn a_body_in_tiny_pieces_is_read_in_linear_time() {
    let faultline = Faultline::new().await;
    let body = format!(
        r#"{{"data":{{"body":{{"message":{{"body":"m","x":"{}"}}}}}},"access_token":"{}"}}"#,
        "[".repeat(400_000),
        faultline.client_key()
    );
    let (pieces, read) = counted(body.clone().into_bytes(), 7);
    let answer = faultline.send(Request::post("/api/1/item/").body(pieces).unwrap()).await;
    assert_eq!((answer.status.as_u16(), read.load(Ordering::Relaxed)), (200, body.len()), "{}", answer.body);
    assert_eq!(errors(&faultline).await, [(String::new(), "m".to_owned(), 1)]);
}

/// Hostile bodies are refused by name.
#[tokio::test]
async fn hostile_bodies_are_refused_by_name() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    let deep = "[".repeat(100_000);
    let many = "{},".repeat(1_000);
    let (bomb, values) = ("x".repeat(17 << 20), "0,".repeat(3 << 20));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("/api/1/item/", deep.clone().into_bytes(), "body_not_json"),
        ("/api/1/item/", format!(r#"{{"data":{{"body":{{}},"x":[{values}0]}}}}"#).into_bytes(), "body_too_large"),
        ("/api/1/item/", gzip(format!(r#"{{"data":{{"body":{{}},"x":[{values}0]}}}}"#).as_bytes()), "item_too_large"),
        ("/api/1/item/", gzip(bomb.as_bytes()), "body_too_large_unpacked"),
        ("/bugsnag/notify", deep.clone().into_bytes(), "body_not_json"),
        ("/bugsnag/notify", format!(r#"{{"events":[{many}{{}}]}}"#).into_bytes(), "body_invalid"),
        ("/bugsnag/notify", gzip(bomb.as_bytes()), "body_too_large_unpacked"),
        ("/api/v3/projects/1/notices", deep.into_bytes(), "body_not_json"),
        ("/api/v3/projects/1/notices", gzip(bomb.as_bytes()), "body_too_large_unpacked"),
        ("/api/v3/projects/1/notices", vec![b' '; (4 << 20) + 1], "body_too_large"),
    ];
    for (path, body, reason) in cases {
        let headers = [("x-rollbar-access-token", key.as_str()), ("bugsnag-api-key", &key), ("x-airbrake-token", &key)];
        let shown = format!("{path} {:?}", &body[..body.len().min(20)]);
        let answer = send(&faultline, path, &headers, body).await;
        assert_eq!(answer.body["error"], Value::from(reason), "{shown}");
    }
    assert_eq!(errors(&faultline).await, []);
}
