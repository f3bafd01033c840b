//! Every refusal is named (promise 4 in docs/src/internals/promises.md): every refusal has a named reason and a JSON
//! body that says what to do, and stores nothing.

use std::io::Write;

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::json::MAX_DEPTH;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A request (method, path, key, body), and the status and reason of its refusal.
type Case<'a> = (Method, &'a str, &'a str, Vec<u8>, u16, &'a str);

#[tokio::test]
async fn every_refusal_is_named_and_stores_nothing() {
    let faultline = Faultline::new().await;
    let client = faultline.client_key().to_owned();
    let good = br#"{"errors":[{"message":"m"}]}"#.to_vec();
    let sample = "/projects/sample/errors";
    let cases: Vec<Case> = vec![
        (Method::POST, sample, ADMIN, b"nope".to_vec(), 400, "body_not_json"),
        (Method::POST, sample, ADMIN, Vec::new(), 400, "body_not_json"),
        (Method::POST, sample, ADMIN, b"[]".to_vec(), 400, "body_invalid"),
        (Method::POST, sample, ADMIN, b"{}".to_vec(), 400, "body_invalid"),
        (Method::POST, sample, ADMIN, br#"{"errors":"x"}"#.to_vec(), 400, "body_invalid"),
        (Method::POST, sample, ADMIN, br#"{"errors":[{"message":7}]}"#.to_vec(), 400, "body_invalid"),
        (Method::POST, sample, ADMIN, vec![b'['; 100_000], 400, "body_not_json"),
        (Method::POST, sample, ADMIN, vec![b' '; (4 << 20) + 1], 413, "body_too_large"),
        (Method::POST, sample, ADMIN, gzip(&vec![b' '; (16 << 20) + 1]), 413, "body_too_large_unpacked"),
        (Method::POST, sample, ADMIN, gzip(&good)[..20].to_vec(), 400, "body_encoding"),
        (Method::POST, sample, "", good.clone(), 401, "key_missing"),
        (Method::POST, sample, "wrong", good.clone(), 403, "key_unknown"),
        (Method::POST, "/projects/other/errors", &client, good.clone(), 403, "key_project"),
        (Method::POST, "/projects/a%23b/errors", ADMIN, good.clone(), 400, "project_name"),
        (Method::GET, sample, &client, Vec::new(), 403, "key_role"),
        (Method::GET, "/projects", &client, Vec::new(), 403, "key_role"),
        (Method::POST, "/projects", &client, Vec::new(), 403, "key_role"),
        (Method::POST, "/projects", ADMIN, br#"{"name":"sample"}"#.to_vec(), 409, "project_exists"),
        (Method::POST, "/projects", ADMIN, br#"{"name":"a b"}"#.to_vec(), 400, "project_name"),
        (Method::POST, "/projects", ADMIN, br#"{"title":"x"}"#.to_vec(), 400, "body_invalid"),
        (Method::POST, "/keys", ADMIN, br#"{"role":"king"}"#.to_vec(), 400, "body_invalid"),
        (Method::GET, "/projects/unknown/errors", ADMIN, Vec::new(), 404, "project_unknown"),
        (Method::DELETE, "/projects/unknown", ADMIN, Vec::new(), 404, "project_unknown"),
        (Method::GET, "/projects/sample/errors/unknown", ADMIN, Vec::new(), 404, "error_unknown"),
        (
            Method::PATCH,
            "/projects/sample/errors/unknown",
            ADMIN,
            br#"{"status":"resolved"}"#.to_vec(),
            404,
            "error_unknown",
        ),
        (
            Method::PATCH,
            "/projects/sample/errors/unknown",
            ADMIN,
            br#"{"status":"gone"}"#.to_vec(),
            400,
            "body_invalid",
        ),
        (Method::GET, "/projects/sample/errors/m/occurrences/7", ADMIN, Vec::new(), 404, "occurrence_unknown"),
        (Method::GET, "/projects/sample/errors?limit=0", ADMIN, Vec::new(), 400, "parameter_invalid"),
        (Method::GET, "/projects/sample/errors?cursor=x", ADMIN, Vec::new(), 400, "parameter_invalid"),
        (Method::GET, "/projects/sample/errors?status=odd", ADMIN, Vec::new(), 400, "parameter_invalid"),
        (Method::GET, "/projects/sample/errors?relase=1.2", ADMIN, Vec::new(), 400, "parameter_invalid"),
        (Method::GET, "/projects/sample/errors/m?start=then", ADMIN, Vec::new(), 400, "parameter_invalid"),
        (
            Method::GET,
            "/projects/sample/errors/m?start=1980-01-01T00:00:00Z",
            ADMIN,
            Vec::new(),
            400,
            "parameter_invalid",
        ),
        (Method::PUT, "/projects", ADMIN, Vec::new(), 405, "method_unknown"),
        (Method::POST, "/projects/sample/errors/m", ADMIN, Vec::new(), 405, "method_unknown"),
        (Method::GET, "/nothing", ADMIN, Vec::new(), 404, "path_unknown"),
    ];
    let mut expected = std::collections::BTreeMap::<&str, u64>::new();
    for (method, path, key, body, status, reason) in cases {
        let answer = faultline.call(method.clone(), path, key, body).await;
        let case = format!("{method} {path}: {}", answer.body);
        assert_eq!((answer.status.as_u16(), answer.body["error"].as_str()), (status, Some(reason)), "{case}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{case}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*", "{case}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.len() > 10 && answer.body["errors"][0]["message"] == message, "{case}");
        if !["error_unknown", "occurrence_unknown"].contains(&reason) {
            *expected.entry(reason).or_default() += 1;
        }
    }
    let info = faultline.call(Method::GET, "/info", ADMIN, Vec::new()).await;
    assert_eq!(
        info.body["data"]["refused"],
        serde_json::to_value(expected).unwrap(),
        "each refusal is counted by its reason, except requests for something that does not exist"
    );
    assert!(faultline.take_inbox().await.is_empty(), "nothing of them is stored");
}

/// One failure costs only itself (promise 3 in docs/src/internals/promises.md): one bad error in a body is refused by
/// name, and its neighbours are stored.
#[tokio::test]
async fn a_bad_error_is_named_and_its_neighbours_are_stored() {
    let faultline = Faultline::new().await;
    let body = serde_json::json!({ "errors": [{ "message": "a" }, 7, { "message": "b" }, { "type": "no message" }] });
    let answer = faultline.post("sample", &body).await;
    insta::assert_json_snapshot!(answer["refused"], @r#"
    [
      {
        "message": "an error is a number: send an object with a string `message`",
        "path": [
          "errors",
          "1"
        ],
        "reason": "item_invalid"
      },
      {
        "message": "`message` is missing: send a string",
        "path": [
          "errors",
          "3",
          "message"
        ],
        "reason": "item_invalid"
      }
    ]
    "#);
    assert_eq!(answer["data"]["errors"]["postCount"], 2);
    faultline.process().await;
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["a", "b"]);
}

/// A field of a wrong type is dropped, and the occurrence says so. The rest of the error is kept.
#[tokio::test]
async fn a_wrong_type_is_noted_in_the_occurrence() {
    let faultline = Faultline::new().await;
    let body = serde_json::json!({ "errors": [{
        "message": "m",
        "timestamp": 12,
        "backtrace": ["frame", { "file": {}, "line": "12" }],
    }], "notifier": "x" });
    faultline.post("sample", &body).await;
    faultline.process().await;
    let shown = faultline.get("/projects/sample/errors/m").await;
    assert_eq!(shown["error"]["backtrace"], serde_json::json!([{ "line": 12 }]));
    insta::assert_json_snapshot!(shown["error"]["event"]["errors"], @r#"
    [
      {
        "name": "timestamp",
        "reason": "expected an RFC 3339 time: the time of receipt is used",
        "type": "invalid_data",
        "value": 12
      },
      {
        "name": "backtrace.0",
        "reason": "expected an object",
        "type": "invalid_data",
        "value": "frame"
      },
      {
        "name": "backtrace.1.file",
        "reason": "expected a string",
        "type": "invalid_data",
        "value": {}
      },
      {
        "name": "notifier",
        "reason": "expected an object",
        "type": "invalid_data",
        "value": "x"
      }
    ]
    "#);
}

/// Storing and answering adds levels of nesting around an event. The deepest event that is accepted can be read back,
/// and a deeper one is refused instead of being lost later.
#[tokio::test]
async fn the_deepest_events_that_are_accepted_are_read_back() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key();
    let store = format!("/api/1/store/?sentry_key={key}");
    let report = format!("/api/1/security/?sentry_key={key}");
    let sample = "/projects/sample/errors";
    // The levels that are added around each.
    let around = [
        (sample, r#"{"errors":[{"message":"odd","odd":@}]}"#, 3),
        (sample, r#"{"errors":[{"message":"frame","backtrace":[{"file":"f","code":@}]}]}"#, 5),
        (sample, r#"{"errors":[{"message":"context"}],"context":{"a":@}}"#, 2),
        (&store, r#"{"message":"top","odd":@}"#, 1),
        (&store, r#"{"message":"extra","extra":{"a":@}}"#, 2),
        (&store, r#"{"exception":{"values":[{"type":"E","stacktrace":{"frames":[{"vars":{"a":@}}]}}]}}"#, 8),
        (&report, r#"{"csp-report":{"document-uri":"https://a.example","effective-directive":"img-src","odd":@}}"#, 2),
    ];
    let nested = |body: &str, depth: usize| body.replace('@', &["[".repeat(depth), "]".repeat(depth)].concat());
    for (path, body, levels) in around {
        let most = usize::from(MAX_DEPTH) - levels;
        let taken = faultline.call(Method::POST, path, key, nested(body, most)).await;
        assert!(taken.status.is_success(), "{path} {body}: {}", taken.body);
        // serde_json's parser would read the text of this key as embedded JSON.
        let hidden = body.replace('@', r#"{"$serde_json::private::RawValue":"[]"}"#);
        let refused = faultline.call(Method::POST, path, key, hidden).await;
        assert_eq!(refused.status.as_u16(), 400, "{path} {body}");
        let refused = faultline.call(Method::POST, path, key, nested(body, most + 1)).await;
        assert_eq!(refused.status.as_u16(), 400, "{path} {body}");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.contains("nested too deep") && message.contains("100 levels"), "{path} {body}: {message}");
    }
    assert_eq!(faultline.process().await, 0);
    let errors = faultline.all("/projects/sample/errors", "cursor").await;
    assert_eq!(errors.len(), around.len());
    for error in errors {
        let path = format!("/projects/sample/errors/{}/occurrences", error["fingerprint"].as_str().unwrap());
        let read = faultline.get(&path).await;
        let event = &read["errors"][0]["event"];
        assert!(event.to_string().contains(&"[".repeat(80)), "{error}");
        // An exported occurrence can be imported.
        let body = serde_json::json!({ "occurrences": [event] }).to_string();
        let taken = faultline.call(Method::POST, "/projects/sample/occurrences", ADMIN, body).await;
        assert_eq!(taken.status.as_u16(), 201, "{}", taken.body);
    }
}
