//! What is deleted is gone.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::Method;

/// Deleting an error takes it from the list, and its occurrences from where they rest; its neighbours in the same
/// segment stay. When the error comes again it is a new one.
#[tokio::test]
async fn a_deleted_error_is_gone_and_its_neighbours_stay() {
    let faultline = Faultline::new().await;
    for message in ["gone", "kept", "gone"] {
        faultline.post_message(message).await;
    }
    faultline.digest().await;
    let old = faultline.get("/projects/sample/errors/gone/occurrences").await;
    let id = old["errors"][0]["reversedUnixtime"].as_str().unwrap();

    let answer = faultline.call(Method::DELETE, "/projects/sample/errors/gone", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["kept"]);
    let kept = faultline.get("/projects/sample/errors/kept/occurrences").await;
    assert_eq!(kept["errors"][0]["message"], "kept");

    faultline.post_message("gone").await;
    faultline.digest().await;
    let new = faultline.get("/projects/sample/errors/gone/occurrences").await;
    assert_eq!((new["totalCount"].as_u64(), new["errors"].as_array().unwrap().len()), (Some(1), 1));
    let path = format!("/projects/sample/errors/gone/occurrences/{id}");
    assert_eq!(faultline.call(Method::GET, &path, ADMIN, Body::empty()).await.status.as_u16(), 404);
    let shown = faultline.get("/projects/sample/errors/gone").await;
    assert_eq!(shown["timeline"]["totalCount"], 1, "of the deleted ones nothing is counted");
}

/// Deleting a project takes all of it, and the keys to it; a new one of the same name starts empty.
#[tokio::test]
async fn a_deleted_project_is_gone() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    for n in 0..150 {
        faultline.post_message(&format!("error {n}")).await;
    }
    faultline.digest().await;
    let answer = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    assert_eq!(faultline.get("/projects").await["projects"].as_array().unwrap().len(), 0);

    let created = faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"sample"}"#).await;
    assert_ne!(created.body["data"]["project"]["id"], 1, "a number is never given again");
    assert!(faultline.counts().await.is_empty());
    faultline.clock.advance(61);
    let answer = faultline.call(Method::POST, "/projects/sample/errors", &key, r#"{"errors":[{"message":"m"}]}"#).await;
    assert_eq!(answer.body["error"], "key_unknown");
}
