//! Releases as `sentry-cli releases` and bundler plugins announce them.

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ID, ask, event, post_event, route, upload_key};
use crate::browser::Browser;

/// The requests of sentry-cli for `releases new`, `set-commits --local`, `finalize` and `deploys new`.
async fn announce(faultline: &Faultline, key: &str, version: &str) {
    let path = route(&format!("releases/{}/", version.replace('@', "%40")));
    let body = json!({ "version": version, "projects": ["sample"], "url": "https://ci.test/7", "dateReleased": null });
    let made = ask(faultline, Method::POST, &route("releases/"), key, body.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let commits = json!({ "commits": [
        { "id": "a01b2c3d4e5f", "message": "Fix <b>cart</b>\n\nmore", "author_name": "Ada", "author_email": "ada@shop.test",
          "timestamp": "2026-11-01T23:00:00+01:00", "repository": "shop/web", "patch_set": [{ "path": "a", "type": "M" }] },
        { "id": "9f3c2a1", "message": null, "author_name": null, "timestamp": "yesterday" },
        { "message": "without an id" },
    ] });
    let put = ask(faultline, Method::PUT, &path, key, commits.to_string()).await;
    assert_eq!((put.status, &put.body["commitCount"]), (StatusCode::OK, &json!(2)), "{}", put.body);
    let refs = json!({ "refs": [{ "repository": "shop/web", "commit": "a01b2c3d4e5f", "previousCommit": "0000" }] });
    ask(faultline, Method::PUT, &path, key, refs.to_string()).await;
    let finalized = json!({ "projects": ["sample"], "dateReleased": "2026-11-02T00:00:30Z" }).to_string();
    let put = ask(faultline, Method::PUT, &path, key, finalized).await;
    assert_eq!(put.body["dateReleased"], "2026-11-02T00:00:30+00:00", "{}", put.body);
    let deploy =
        json!({ "environment": "production", "name": "blue", "url": "https://shop.test/", "dateStarted": null });
    let deployed = ask(faultline, Method::POST, &format!("{path}deploys/"), key, deploy.to_string()).await;
    assert_eq!((deployed.status, &deployed.body["environment"]), (StatusCode::CREATED, &json!("production")));
}

/// An announced release is listed before its first event and with it, in the API, on the page and for the tools.
#[tokio::test]
async fn an_announced_release_is_listed_with_its_commits_and_deploys() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    announce(&faultline, &key, "shop@1.2.0").await;
    let listed = faultline.get("/projects/sample/releases").await;
    assert_eq!(listed["releases"], json!([]));
    let entry = &listed["announced"][0];
    assert_eq!((&entry["release"], &entry["firstSeen"]), (&json!("shop@1.2.0"), &Value::Null));
    assert_eq!((&entry["commits"], &entry["lastDeploy"]["environment"]), (&json!(2), &json!("production")));

    post_event(&faultline, &with_release("shop@1.2.0")).await;
    let listed = faultline.get("/projects/sample/releases").await;
    assert_eq!(listed["announced"], json!([]));
    let entry = &listed["releases"][0];
    assert!(entry["firstSeen"].is_string() && entry["releasedAt"].is_string(), "{entry}");
    let shown = faultline.get("/projects/sample/releases/shop@1.2.0").await;
    let first = json!({
        "id": "a01b2c3d4e5f", "message": "Fix <b>cart</b>\n\nmore", "author": "Ada", "at": "2026-11-01T22:00:00+00:00",
        "repository": "shop/web",
    });
    assert_eq!((&shown["commits"][0], shown["commits"].as_array().unwrap().len()), (&first, 2));
    assert_eq!(shown["refs"], json!([{ "repository": "shop/web", "commit": "a01b2c3d4e5f", "previous": "0000" }]));
    assert_eq!((&shown["deploys"][0]["name"], &shown["release"]["newErrors"]), (&json!("blue"), &json!(1)));
    assert!(!shown.to_string().contains("ada@shop.test"), "addresses of authors are not stored");

    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = browser.open("/projects/sample/releases").await.text;
    assert!(page.contains("/projects/sample/releases/shop%401%2E2%2E0") && page.contains("production"), "{page}");
    let page = browser.open("/projects/sample/releases/shop%401.2.0").await.text;
    assert!(
        page.contains("Fix &#60;b&#62;cart") && !page.contains("<b>cart") && page.contains("a01b2c3d4e5f"),
        "{page}"
    );

    let tool = ask(&faultline, Method::GET, &route("releases/"), &key, "").await;
    assert_eq!((&tool.body[0]["version"], &tool.body[0]["deployCount"]), (&json!("shop@1.2.0"), &json!(1)));
    let info = ask(&faultline, Method::GET, &route("releases/shop@1.2.0/"), &key, "").await;
    assert!(info.body["firstEvent"].is_string(), "{}", info.body);
    let deploys = ask(&faultline, Method::GET, &route("releases/shop@1.2.0/deploys/"), &key, "").await;
    assert_eq!(deploys.body[0]["url"], "https://shop.test/");
}

fn with_release(release: &str) -> Value {
    let mut sent = event(ID, "https://shop.test/a.js", "a");
    sent["release"] = json!(release);
    sent
}

/// A release that is out may have the error, although no event of it came yet: the error is fixed in the release after it.
#[tokio::test]
async fn the_next_release_is_after_those_that_are_out() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    post_event(&faultline, &with_release("shop@1.1.0")).await;
    announce(&faultline, &key, "shop@1.2.0").await;
    let new = json!({ "version": "shop@1.3.0", "projects": ["sample"] }).to_string();
    ask(&faultline, Method::POST, &route("releases/"), &key, new).await;
    let listed = faultline.get("/projects/sample/errors").await;
    let path = format!("/projects/sample/errors/{}", listed["errors"][0]["fingerprint"].as_str().unwrap());
    let body = json!({ "status": "resolved", "inNextRelease": true }).to_string();
    let answer = faultline.call(Method::PATCH, &path, ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let shown = faultline.get(&path).await;
    assert_eq!(shown["error"]["resolution"]["after"], "shop@1.2.0", "1.3.0 is neither finalised nor deployed");
}

/// Deleting what was announced leaves what is known from events. A project's releases are deleted with it.
#[tokio::test]
async fn an_announced_release_can_be_deleted() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    announce(&faultline, &key, "shop@1.2.0").await;
    post_event(&faultline, &with_release("shop@1.2.0")).await;
    let path = route("releases/shop@1.2.0/");
    assert_eq!(ask(&faultline, Method::DELETE, &path, &key, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&faultline, Method::DELETE, &path, &key, "").await.status, StatusCode::NOT_FOUND);
    let shown = faultline.get("/projects/sample/releases/shop@1.2.0").await;
    assert_eq!((&shown["release"]["announcedAt"], &shown["commits"]), (&Value::Null, &json!([])));

    announce(&faultline, &key, "shop@1.3.0").await;
    assert_eq!(faultline.call(Method::DELETE, "/projects/sample", ADMIN, "").await.status, StatusCode::NO_CONTENT);
    let items = faultline_tests::raw::items(faultline.stack.engines()).await;
    assert!(!items.iter().any(|item| item["pk"]["S"].as_str().unwrap().starts_with("AR#")), "{items:?}");
}

/// Bodies of other forms are refused with a sentence, and long lists are cut.
#[tokio::test]
async fn an_announcement_is_bounded() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let commit = |number: usize| json!({ "id": number.to_string(), "message": "m".repeat(2_000) });
    let commits = json!({ "commits": (0..300).map(commit).collect::<Vec<_>>() }).to_string();
    let put = ask(&faultline, Method::PUT, &route("releases/1.0/"), &key, commits).await;
    assert_eq!((put.status, &put.body["commitCount"]), (StatusCode::OK, &json!(300)), "{}", put.body);
    let shown = faultline.get("/projects/sample/releases/1.0").await;
    let kept = shown["commits"].as_array().unwrap();
    assert_eq!((kept.len(), kept[0]["message"].as_str().unwrap().len()), (100, 500));
    let many = json!({ "commits": (0..10_001).map(|_| json!({})).collect::<Vec<_>>() }).to_string();
    for (method, rest, body) in [
        (Method::PUT, "releases/1.0/", many.as_str()),
        (Method::PUT, "releases/1.0/", "7"),
        (Method::PUT, "releases/1.0/", r#"{"commits":"x"}"#),
        (Method::POST, "releases/", "{}"),
        (Method::POST, "releases/1.0/deploys/", "{}"),
    ] {
        let refused = ask(&faultline, method, &route(rest), &key, body.to_owned()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{rest}");
        assert!(refused.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", refused.body);
    }
}
