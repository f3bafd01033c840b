//! A project's rules over the API: they are stored sealed, and shown without their secrets.

use axum::body::Body;
use embedded::Engines;
use faultline_tests::{ADMIN, Answered, Faultline, project_data, raw};
use futures_util::future::join_all;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use server::system::Resources;
use store::ports::Configs;

const RULES: &str = "/projects/sample/rules";
/// Must not be shown to anybody.
const SECRET: &str = "T0SECRET";

fn slack(secret: &str) -> Value {
    json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/services/{secret}"), "channel": "#errors" })
}

fn github(token: &str) -> Value {
    json!({ "type": "github", "userToken": token, "owner": "o", "repo": "r" })
}

fn document(to: Value) -> Value {
    json!({ "rules": [{ "id": "team", "to": to }] })
}

async fn put(faultline: &Faultline, document: &Value) -> Answered {
    faultline.call(Method::PUT, RULES, ADMIN, document.to_string()).await
}

async fn put_if(faultline: &Faultline, version: &str, document: &Value) -> Answered {
    let request = Request::put(RULES).header("x-api-key", ADMIN).header("if-match", version);
    faultline.send(request.body(Body::from(document.to_string())).unwrap()).await
}

async fn get(faultline: &Faultline) -> Answered {
    faultline.call(Method::GET, RULES, ADMIN, Body::empty()).await
}

fn version(answer: &Answered) -> &str {
    answer.headers["etag"].to_str().unwrap()
}

/// Returns the rules as notify reads them.
async fn opened(faultline: &Faultline) -> Value {
    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let sample = faultline.stack.access().1.unwrap();
    let stored = project_data(&resources).rules(sample.id).await.unwrap().unwrap();
    let opened = resources.sealer.unwrap().open(&sample.name, &stored.document).await.unwrap();
    serde_json::from_slice(&opened).unwrap()
}

/// `GET` returns what was `PUT`, with `[sealed]` for every secret. Putting that again keeps the secrets.
#[tokio::test]
async fn rules_are_set_and_shown_without_their_secrets() {
    let faultline = Faultline::new().await;
    let none = get(&faultline).await;
    assert_eq!((none.status, &none.body["data"], version(&none)), (StatusCode::OK, &json!({ "rules": [] }), "\"0\""));

    let set = put(&faultline, &document(json!([slack(SECRET), github(SECRET)]))).await;
    assert_eq!((set.status, version(&set)), (StatusCode::OK, "\"1\""), "{}", set.body);
    let got = get(&faultline).await;
    assert_eq!((&got.body, version(&got)), (&set.body, "\"1\""));
    let mut shown = got.body["data"].clone();
    assert_eq!(shown["rules"][0]["to"][0]["endpoint"], "[sealed]");
    assert_eq!(shown["rules"][0]["to"][0]["channel"], "#errors");
    assert_eq!(shown["rules"][0]["to"][1]["userToken"], "[sealed]");
    let items = serde_json::to_string(&raw::items(faultline.stack.engines()).await).unwrap();
    assert!(items.contains("RULES") && !items.contains(SECRET), "rules are stored sealed");

    shown["rules"][0]["to"][0]["channel"] = "#other".into();
    assert_eq!(put(&faultline, &shown).await.status, StatusCode::OK);
    let kept = opened(&faultline).await;
    assert_eq!(kept["rules"][0]["to"][0]["endpoint"], slack(SECRET)["endpoint"]);
    assert_eq!(kept["rules"][0]["to"][0]["channel"], "#other");
    assert_eq!(kept["rules"][0]["to"][1]["userToken"], SECRET);

    put(&faultline, &document(json!([slack("other"), github("[sealed]")]))).await;
    let kept = opened(&faultline).await;
    assert_eq!(kept["rules"][0]["to"][0]["endpoint"], slack("other")["endpoint"], "a new secret replaces the old one");
}

/// A rule without an id gets one, which identifies its secrets when it is put again.
#[tokio::test]
async fn a_rule_is_given_an_id() {
    let faultline = Faultline::new().await;
    put(&faultline, &json!({ "rules": [{ "to": [slack(SECRET)] }] })).await;
    let got = get(&faultline).await.body["data"].clone();
    assert!(got["rules"][0]["id"].as_str().is_some_and(|id| !id.is_empty()), "{got}");
    assert_eq!(put(&faultline, &got).await.status, StatusCode::OK);
    assert_eq!(opened(&faultline).await["rules"][0]["to"][0]["endpoint"], slack(SECRET)["endpoint"]);
}

/// With `If-Match`, a change by somebody else that was not seen is not overwritten.
#[tokio::test]
async fn a_change_that_was_not_seen_is_not_undone() {
    let faultline = Faultline::new().await;
    let first = put_if(&faultline, "\"0\"", &document(json!([slack("a")]))).await;
    assert_eq!(version(&first), "\"1\"");
    let seen = version(&first).to_owned();
    put(&faultline, &document(json!([slack("b")]))).await;
    let late = put_if(&faultline, &seen, &document(json!([slack("c")]))).await;
    assert_eq!((late.status, &late.body["error"]), (StatusCode::CONFLICT, &json!("rules_changed")));
    let odd = put_if(&faultline, "yesterday", &document(json!([slack("c")]))).await;
    assert_eq!((odd.status, &odd.body["error"]), (StatusCode::BAD_REQUEST, &json!("parameter_invalid")));
    assert_eq!(put_if(&faultline, "*", &document(json!([slack("d")]))).await.status, StatusCode::OK);

    let documents: Vec<_> = (0..4).map(|n| document(json!([slack(&format!("e{n}"))]))).collect();
    let answers = join_all(documents.iter().map(|document| put_if(&faultline, "\"3\"", document))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == StatusCode::OK).count(),
        1,
        "only one of the writers that read the same version"
    );
}

/// Invalid rules are refused with a reason and change nothing. No refusal quotes a secret.
#[tokio::test]
async fn invalid_rules_are_refused_with_a_reason() {
    let faultline = Faultline::new().await;
    put(&faultline, &document(json!([slack(SECRET)]))).await;
    let mut insecure = slack(SECRET);
    insecure["endpoint"] = format!("http://hooks.slack.com/{SECRET}").into();
    let large = document(json!([slack(SECRET), { "type": "email", "to": ["x".repeat(65_536)] }]));
    for (body, status, reason) in [
        ("nope".to_owned(), 400, "body_not_json"),
        (format!("{{\"rules\":[{{\"to\":[\"{SECRET}"), 400, "body_not_json"),
        (r#"{"rule":[]}"#.to_owned(), 400, "body_invalid"),
        (document(json!([insecure])).to_string(), 400, "body_invalid"),
        (document(json!([{ "type": "carrier pigeon", "secret": SECRET }])).to_string(), 400, "body_invalid"),
        (
            json!({ "rules": [{ "id": "new", "to": [slack(SECRET), github("[sealed]")] }] }).to_string(),
            400,
            "body_invalid",
        ),
        (large.to_string(), 413, "body_too_large"),
    ] {
        let answer = faultline.call(Method::PUT, RULES, ADMIN, body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(reason)), "{body:.300}");
        assert!(!answer.body.to_string().contains(SECRET), "{}", answer.body);
    }
    assert_eq!(version(&get(&faultline).await), "\"1\"");
}

/// Rules are deleted with their project, and a new project of the same name has none.
#[tokio::test]
async fn rules_are_deleted_with_their_project() {
    let faultline = Faultline::new().await;
    put(&faultline, &document(json!([slack(SECRET)]))).await;
    let deleted = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(get(&faultline).await.body["error"], "project_unknown");
    let items = raw::items(faultline.stack.engines()).await;
    assert!(items.iter().all(|item| item["sk"]["S"] != "RULES"));
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"sample"}"#).await;
    assert_eq!(get(&faultline).await.body["data"], json!({ "rules": [] }));
    // A document without rules means the same.
    let empty = put(&faultline, &json!({})).await;
    assert_eq!((empty.status, &empty.body["data"]), (StatusCode::OK, &json!({ "rules": [] })));
}

/// The result of `POST /encrypt` can be posted in place of a config, as v1 documents.
#[tokio::test]
async fn a_config_is_encrypted_for_whoever_posts_it() {
    let faultline = Faultline::new().await;
    let encrypt = async |body: String| faultline.call(Method::POST, "/encrypt", ADMIN, body).await;
    let answer = encrypt(slack(SECRET).to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let encrypted = answer.body["data"]["encrypted"].as_str().unwrap();
    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let opened = resources.sealer.unwrap().open_foreign(encrypted).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&opened).unwrap(), slack(SECRET));

    let mut large = slack(SECRET);
    large["username"] = "x".repeat(4_096).into();
    for (body, status, reason) in [
        ("nope".to_owned(), 400, "body_not_json"),
        ("[]".to_owned(), 400, "body_invalid"),
        (json!({ "type": "slack" }).to_string(), 400, "body_invalid"),
        (large.to_string(), 413, "body_too_large"),
    ] {
        let answer = encrypt(body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(reason)), "{body:.100}");
        assert!(!answer.body.to_string().contains(SECRET));
    }
}

/// Without a key, every call says how to get one.
#[tokio::test]
async fn without_a_sealing_key_every_call_says_how_to_get_one() {
    let engines = Engines::memory().unwrap();
    let resources = Resources { sealer: None, ..Resources::make(&engines).await.unwrap() };
    let faultline = Faultline::builder().engines(engines).resources(resources).start().await;
    for (method, path) in [
        (Method::GET, RULES),
        (Method::PUT, RULES),
        (Method::POST, "/projects/sample/rules/test"),
        (Method::POST, "/encrypt"),
    ] {
        let answer = faultline.call(method, path, ADMIN, slack(SECRET).to_string()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (501, &json!("sealing_key_missing")), "{path}");
        assert!(answer.body["message"].as_str().unwrap().contains("SealingKey=create"));
    }
}
