//! What source maps make of events.

use faultline_tests::Faultline;
use serde_json::json;

use super::{Build, ID, OTHER, SOURCE, build, errors, event, newest_frame, post_event, upload, upload_key};

/// Two builds of one source have other names, files and debug ids. Their events are one error, which shows the source.
/// The same events without maps are two errors.
#[tokio::test]
async fn all_builds_of_a_source_are_grouped_together() {
    for has_maps in [true, false] {
        let faultline = Faultline::new().await;
        if has_maps {
            let key = upload_key(&faultline).await;
            let builds =
                [build(ID, "function a(){throw 1}a()", SOURCE), build(OTHER, "function z(){throw 1}z()", SOURCE)];
            assert_eq!(upload(&faultline, &key, &builds).await["state"], "ok");
        }
        post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
        post_event(&faultline, &event(OTHER, "https://shop.test/assets/other.js", "z")).await;
        let errors = errors(&faultline).await;
        assert_eq!(errors.len(), if has_maps { 1 } else { 2 });
        if has_maps {
            assert_eq!((&errors[0]["count"], &errors[0]["culprit"]), (&json!(2), &json!("src/cart.ts in total")));
        }
    }
}

/// The frame is as it was written, secrets of source lines are scrubbed, and the minified frame is kept.
#[tokio::test]
async fn a_mapped_frame_shows_its_source_without_secrets() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
    let frame = newest_frame(&faultline, &errors(&faultline).await[0]).await;
    let place = [&frame["filename"], &frame["function"], &frame["lineno"], &frame["colno"]];
    assert_eq!(place, [&json!("src/cart.ts"), &json!("total"), &json!(2), &json!(3)]);
    assert_eq!(frame["pre_context"], json!(["function total() {"]));
    let line = frame["context_line"].as_str().unwrap();
    assert!(line.contains("throw new Error") && !line.contains("sk_live"), "{line}");
    assert_eq!(frame["data"]["minified"]["filename"], "/assets/main.js");
    assert_eq!(
        [&frame["data"]["minified"]["function"], &frame["data"]["minified"]["colno"]],
        [&json!("a"), &json!(14)]
    );
}

/// A client cannot claim that a frame was mapped.
#[tokio::test]
async fn a_client_cannot_claim_that_a_frame_was_mapped() {
    let faultline = Faultline::new().await;
    let mut sent = event(ID, "https://shop.test/assets/main.js", "a");
    let frame = &mut sent["exception"]["values"][0]["stacktrace"]["frames"][1];
    frame["data"] = json!({ "minified": { "filename": "x" }, "sourceMapProblem": "call 555-1234", "kept": 1 });
    post_event(&faultline, &sent).await;
    let frame = newest_frame(&faultline, &errors(&faultline).await[0]).await;
    assert_eq!((&frame["data"]["minified"], &frame["data"]["kept"]), (&json!(null), &json!(1)));
    assert!(!frame["data"]["sourceMapProblem"].as_str().unwrap().contains("555"));
}

/// A frame that cannot be mapped says why, and what to do.
#[tokio::test]
async fn a_frame_that_cannot_be_mapped_says_why() {
    let faultline = Faultline::new().await;
    let file = "https://shop.test/assets/main.js";
    let problem = async |sent: &serde_json::Value| {
        // So that the error of this event is the newest.
        faultline.clock.advance(1);
        post_event(&faultline, sent).await;
        let shown = faultline.get("/projects/sample/errors").await["errors"][0].clone();
        let frame = newest_frame(&faultline, &shown).await;
        frame["data"]["sourceMapProblem"].as_str().unwrap_or_default().to_owned()
    };
    let missing = problem(&event(ID, file, "a")).await;
    assert!(missing.contains(&format!("No source map was uploaded for debug id {ID}")), "{missing}");

    let key = upload_key(&faultline).await;
    let map = json!({ "version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA" });
    upload(&faultline, &key, &[Build { id: ID, script: "a", map }]).await;
    faultline.clock.advance(60);
    let without_text = problem(&event(ID, file, "b")).await;
    assert!(without_text.contains("no text of a.ts") && without_text.contains("sourcesContent"), "{without_text}");

    let mut outside = event(ID, file, "c");
    outside["exception"]["values"][0]["stacktrace"]["frames"][1]["lineno"] = json!(7);
    let outside = problem(&outside).await;
    assert!(outside.contains("it is for another build"), "{outside}");

    let mut no_column = event(ID, file, "d");
    no_column["exception"]["values"][0]["stacktrace"]["frames"][1]["colno"] = json!(null);
    assert!(problem(&no_column).await.contains("The frame has no column"));

    let mut no_id = event(ID, file, "e");
    no_id["debug_meta"] = json!(null);
    no_id["exception"]["values"][0]["stacktrace"]["frames"][1]["colno"] = json!(9_000);
    assert!(problem(&no_id).await.contains("registers no debug id"));
}
