//! Deleted data is gone.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline, LARGE, noise, raw};
use formats::segment;
use http::Method;
use model::id::{ProjectId, SegmentId};
use serde_json::json;
use server::system::Resources;
use store::clock::Clock;
use store::ports::Segments;

/// Deleting an error removes it from the list, and its occurrences from their segment; its neighbours in the segment
/// stay. If it occurs again, it is a new error.
#[tokio::test]
async fn a_deleted_error_is_gone_and_its_neighbours_stay() {
    let faultline = Faultline::new().await;
    for message in ["gone", "kept", "gone"] {
        faultline.post_message(message).await;
    }
    faultline.process().await;
    let old = faultline.get("/projects/sample/errors/gone/occurrences").await;
    let id = old["errors"][0]["reversedUnixtime"].as_str().unwrap();

    let answer = faultline.call(Method::DELETE, "/projects/sample/errors/gone", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["kept"]);
    let kept = faultline.get("/projects/sample/errors/kept/occurrences").await;
    assert_eq!(kept["errors"][0]["message"], "kept");

    faultline.post_message("gone").await;
    faultline.process().await;
    let new = faultline.get("/projects/sample/errors/gone/occurrences").await;
    assert_eq!((new["totalCount"].as_u64(), new["errors"].as_array().unwrap().len()), (Some(1), 1));
    let path = format!("/projects/sample/errors/gone/occurrences/{id}");
    assert_eq!(faultline.call(Method::GET, &path, ADMIN, Body::empty()).await.status.as_u16(), 404);
    let shown = faultline.get("/projects/sample/errors/gone").await;
    assert_eq!(shown["timeline"]["totalCount"], 1, "deleted occurrences are not counted");
}

/// Deleting a project removes everything in it, including its keys. A new project of the same name starts empty.
#[tokio::test]
async fn a_deleted_project_is_gone() {
    let faultline = Faultline::new().await;
    let key = faultline.client_key().to_owned();
    for n in 0..150 {
        faultline.post_message(&format!("error {n}")).await;
    }
    faultline.process().await;
    let answer = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    assert_eq!(faultline.get("/projects").await["projects"].as_array().unwrap().len(), 0);

    let created = faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"sample"}"#).await;
    assert_ne!(created.body["data"]["project"]["id"], 1, "a number is never reused");
    assert!(faultline.counts().await.is_empty());
    faultline.clock.advance(61);
    let answer = faultline.call(Method::POST, "/projects/sample/errors", &key, r#"{"errors":[{"message":"m"}]}"#).await;
    assert_eq!(answer.body["error"], "key_unknown");
}

/// Nobody who reads the bucket or the table finds anything of a deleted error, raw or unpacked, but everything of its
/// neighbours in the same segments. After the engines are closed, the bucket's file has no byte of it either.
/// `tests/deleted` does the same with other tools.
#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_deleted_error_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let faultline = Faultline::builder().directory(dir.path()).start().await;
    let mark = |error: &str| format!("{error}-mark");
    for n in 0..6 {
        for error in ["gone", "kept"] {
            let mark = mark(error);
            let frame = json!({ "function": mark, "module": mark, "vars": { "v": mark } });
            let event = json!({
                "message": mark, "fingerprint": [error], "tags": { "t": mark }, "user": { "username": mark },
                // So that frames differ in more than the mark.
                "extra": { "e": mark, "noise": faultline.clock.random().to_string(), "load": noise(LARGE) },
                "exception": { "values": [{ "type": mark, "value": mark, "stacktrace": { "frames": [frame] } }] },
            });
            let path = format!("/api/1/store/?sentry_key={}", faultline.client_key());
            let answer = faultline.call(Method::POST, &path, faultline.client_key(), event.to_string()).await;
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        }
        if n % 3 == 2 {
            assert_eq!(faultline.process().await, 0);
        }
    }
    let bucket = Resources::make(faultline.stack.engines()).await.unwrap().bucket;
    let mut segments: Vec<_> = raw::items(faultline.stack.engines())
        .await
        .into_iter()
        .filter_map(|item| Some(item["segment"]["S"].as_str()?.to_owned()))
        .collect();
    segments.sort();
    segments.dedup();
    assert_eq!(segments.len(), 2, "each has both errors");
    let read = async || {
        let mut objects = Vec::new();
        for segment in &segments {
            let id = SegmentId::parse(ProjectId::new(1).unwrap(), segment).unwrap();
            objects.push(bucket.get(&id).await.unwrap().0);
        }
        objects
    };
    let lines = |objects: &[Vec<u8>], mark: &str| {
        let lines = objects.iter().flat_map(|object| segment::lines(object)).map(Result::unwrap);
        lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
    };
    let before = read().await;
    assert_eq!([lines(&before, &mark("gone")), lines(&before, &mark("kept"))], [6, 6]);

    let listed = faultline.get("/projects/sample/errors").await;
    let gone = listed["errors"].as_array().unwrap().iter().find(|error| error["message"] == mark("gone")).unwrap();
    let path = format!("/projects/sample/errors/{}", gone["fingerprint"].as_str().unwrap());
    assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await.status.as_u16(), 204);
    let after = read().await;
    assert_eq!([lines(&after, &mark("gone")), lines(&after, &mark("kept"))], [0, 6]);
    let items = serde_json::to_string(&raw::items(faultline.stack.engines()).await).unwrap();
    assert!(!items.contains(&mark("gone")) && items.contains(&mark("kept")));

    drop((faultline, bucket));
    let file = std::fs::read(dir.path().join("s3.db")).unwrap();
    let within = |whole: &[u8], part: &[u8]| whole.windows(part.len()).any(|window| window == part);
    let kept = |part: &[u8]| after.iter().any(|object| within(object, part));
    for (before, after) in before.iter().zip(&after) {
        let parts = || before.chunks_exact(32).zip(after.chunks_exact(32));
        // After the header that marks it as blank, a blanked frame is a run of zeros.
        let blank = parts().filter(|(_, after)| **after == [0; 32]).map(|(before, _)| before);
        // Frames of alike events may have bytes in common.
        let blank: Vec<_> = blank.filter(|part| !kept(part)).collect();
        let same: Vec<_> = parts().filter(|(before, after)| before == after).map(|(_, after)| after).collect();
        assert!(blank.len() > 1 && same.len() > 1, "{} {}", blank.len(), same.len());
        assert_eq!(blank.iter().filter(|part| within(&file, part)).count(), 0, "of {} deleted", blank.len());
        assert!(same.iter().all(|part| within(&file, part)), "the kept frames are in the file");
    }
}
