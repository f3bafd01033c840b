//! Files without debug ids: their maps are found by release, build and URL.

use faultline_tests::{Answered, Faultline};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{ID, SOURCE, build, errors, event, newest_frame, post_event, upload_key, upload_plain};

/// An event of a release, of which no file has a debug id.
fn event_of(release: &str, dist: Option<&str>) -> Value {
    let mut event = event(ID, "https://shop.test/assets/0.js?v=3", "a");
    event["release"] = json!(release);
    event["dist"] = json!(dist);
    event["debug_meta"] = json!(null);
    event
}

async fn shown_file(faultline: &Faultline, event: &Value) -> Value {
    faultline.clock.advance(1);
    post_event(faultline, event).await;
    let newest = faultline.get("/projects/sample/errors").await["errors"][0].clone();
    newest_frame(faultline, &newest).await
}

#[tokio::test]
async fn a_file_is_found_by_release_build_and_url() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let answer = upload_plain(&faultline, &key, &build(ID, "function a(){throw 1}a()", SOURCE), "~/assets/").await;
    assert_eq!(answer["state"], "ok", "{answer}");
    let frame = shown_file(&faultline, &event_of("shop@1", None)).await;
    assert_eq!((&frame["filename"], &frame["function"]), (&json!("src/cart.ts"), &json!("total")));
    for (release, dist) in [("shop@2", None), ("shop@1", Some("7"))] {
        let mut other = event_of(release, dist);
        other["exception"]["values"][0]["stacktrace"]["frames"][1]["colno"] = json!(900);
        let frame = shown_file(&faultline, &other).await;
        let problem = frame["data"]["sourceMapProblem"].as_str().unwrap();
        let expected = format!("No source map was uploaded for https://shop.test/assets/0.js?v=3 in release {release}");
        assert!(problem.starts_with(&expected), "{problem}");
    }
}

/// A project that uploads with debug ids only hears about debug ids, and no URL is looked up.
#[tokio::test]
async fn a_project_with_debug_ids_is_told_about_debug_ids() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    super::upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    let mut event = event_of("shop@1", None);
    event["exception"]["values"][0]["stacktrace"]["frames"][1]["colno"] = json!(900);
    let frame = shown_file(&faultline, &event).await;
    assert!(frame["data"]["sourceMapProblem"].as_str().unwrap().contains("registers no debug id"), "{frame}");
}

async fn post_file(faultline: &Faultline, key: &str, name: &str, content: &str, more: &[(&str, &str)]) -> Answered {
    let part = |name: &str, content: &str, file: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    let mut body = part("name", name, "") + &part("file", content, "; filename=\"x\"");
    more.iter().for_each(|(name, content)| body += &part(name, content, ""));
    let path = "/api/0/projects/any/sample/releases/shop@1/files/";
    let request = Request::post(path).header("authorization", format!("Bearer {key}"));
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    faultline.send(request.body((body + "--b--\r\n").into()).unwrap()).await
}

#[tokio::test]
async fn single_files_of_a_release_are_used() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let map = build(ID, "", SOURCE).map.to_string();
    let dist = [("dist", "7")];
    let named = [("dist", "7"), ("header", "Sourcemap: maps/x.map")];
    let early = post_file(&faultline, &key, "~/assets/0.js", "1", &named).await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST);
    let detail = early.body["detail"].as_str().unwrap();
    assert!(detail.contains("names the source map ~/assets/maps/x.map, which was not uploaded"), "{detail}");

    let stored = post_file(&faultline, &key, "~/assets/maps/x.map", &map, &dist).await;
    assert_eq!((stored.status, &stored.body["name"]), (StatusCode::CREATED, &json!("~/assets/maps/x.map")));
    assert_eq!(stored.body["size"], map.len());
    let linked = post_file(&faultline, &key, "~/assets/0.js", "1", &named).await;
    assert_eq!((linked.status, &linked.body["headers"]["Sourcemap"]), (StatusCode::CREATED, &json!("maps/x.map")));
    let frame = shown_file(&faultline, &event_of("shop@1", Some("7"))).await;
    assert_eq!(frame["filename"], "src/cart.ts");
    assert_eq!(errors(&faultline).await.len(), 1);

    // A map with the usual name needs no script.
    post_file(&faultline, &key, "https://shop.test/assets/0.js.map", &map, &[]).await;
    faultline.clock.advance(31);
    let frame = shown_file(&faultline, &event_of("shop@1", None)).await;
    assert_eq!(frame["filename"], "src/cart.ts");

    let broken = post_file(&faultline, &key, "~/b.js.map", "<html>", &[]).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(broken.body["detail"].as_str().unwrap().contains("~/b.js.map: it is not a source map"), "{}", broken.body);
    assert_eq!(post_file(&faultline, &key, "", &map, &[]).await.status, StatusCode::BAD_REQUEST);
}
