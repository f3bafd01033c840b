//! Orders of arrival: events and uploads come in any order.

use std::time::Duration;

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::json;

use super::{ID, OTHER, SOURCE, build, errors, event, newest_frame, post_event, send_event, upload, upload_key};

/// A step of a story.
#[derive(Clone, Copy, Debug)]
enum ArrivalStep {
    /// A map is uploaded that names this file.
    Map(&'static str),
    Event,
    /// The newest upload is deleted.
    Delete,
    /// Long enough that no cache says otherwise.
    Wait,
}

use ArrivalStep::{Delete, Event, Map, Wait};

/// The file that the newest occurrence shows after the steps; `None` if it is minified.
async fn shown_after(steps: &[ArrivalStep]) -> Option<String> {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    for step in steps {
        match step {
            Map(file) => {
                let mut build = build(ID, "function a(){throw 1}a()", SOURCE);
                build.map["sources"] = json!([file]);
                assert_eq!(upload(&faultline, &key, &[build]).await["state"], "ok", "{steps:?}");
            }
            Event => post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await,
            Delete => {
                let uploads = faultline.get("/projects/sample/source-maps").await;
                let path = format!("/projects/sample/source-maps/{}", uploads["uploads"][0]["id"].as_str().unwrap());
                assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, "").await.status.as_u16(), 204);
            }
            Wait => {}
        }
        // Each step has its own time.
        faultline.clock.advance(if matches!(step, Wait) { 301 } else { 1 });
    }
    let frame = newest_frame(&faultline, &errors(&faultline).await[0]).await;
    frame["data"]["minified"].is_object().then(|| frame["filename"].as_str().unwrap().to_owned())
}

/// An error that was grouped before its map came is continued, if its newest event has the same source.
#[tokio::test]
async fn events_of_a_late_map_join_the_error_of_the_minified_ones() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let file = "https://shop.test/assets/main.js";
    post_event(&faultline, &event(ID, file, "a")).await;
    let minified = errors(&faultline).await[0]["fingerprint"].clone();
    upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    faultline.clock.advance(31);
    post_event(&faultline, &event(ID, file, "a")).await;
    // Another build, of which the map came in time.
    upload(&faultline, &key, &[build(OTHER, "function z(){throw 1}z()", SOURCE)]).await;
    faultline.clock.advance(31);
    post_event(&faultline, &event(OTHER, "https://shop.test/assets/other.js", "z")).await;
    let errors = errors(&faultline).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((&errors[0]["fingerprint"], &errors[0]["count"]), (&minified, &json!(3)));
    assert_eq!(errors[0]["culprit"], "src/cart.ts in total", "it is named by its source");
}

/// Minified code of different sources can look the same. Only the same source joins.
#[tokio::test]
async fn minified_events_of_another_source_do_not_join() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let file = "https://shop.test/assets/main.js";
    post_event(&faultline, &event(ID, file, "a")).await;
    let source = SOURCE.replace("api_key", "another");
    let mut other = build(OTHER, "function a(){throw 1}a()", &source);
    other.map["sources"] = json!(["src/other.ts"]);
    upload(&faultline, &key, &[other, build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    faultline.clock.advance(31);
    post_event(&faultline, &event(OTHER, file, "a")).await;
    post_event(&faultline, &event(ID, file, "a")).await;
    let mut counts: Vec<_> = errors(&faultline).await.iter().map(|error| error["count"].as_u64().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2]);
}

/// An error of minified events, of which the map came after an event of another build made an error by its source: nobody
/// joins them, but the occurrence says so.
#[tokio::test]
async fn an_error_that_cannot_join_names_the_error_of_its_source() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
    let minified = errors(&faultline).await[0]["fingerprint"].as_str().unwrap().to_owned();
    upload(&faultline, &key, &[build(OTHER, "function z(){throw 1}z()", SOURCE)]).await;
    faultline.clock.advance(31);
    post_event(&faultline, &event(OTHER, "https://shop.test/assets/other.js", "z")).await;
    let all = errors(&faultline).await;
    let mapped = all.iter().map(|error| error["fingerprint"].as_str().unwrap().to_owned());
    let mapped: Vec<_> = mapped.filter(|fingerprint| *fingerprint != minified).collect();
    assert_eq!(mapped.len(), 1);
    let path = format!("/projects/sample/errors/{minified}/occurrences/last");
    assert!(faultline.get(&path).await["sameSource"].is_null());
    upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", SOURCE)]).await;
    faultline.clock.advance(31);
    assert_eq!(faultline.get(&path).await["sameSource"]["fingerprint"], mapped[0]);

    let merge = format!("/projects/sample/errors/{}/merge", mapped[0]);
    let merged = faultline.call(Method::POST, &merge, ADMIN, json!({ "errors": [minified] }).to_string()).await;
    assert_eq!(merged.status.as_u16(), 200, "{}", merged.body);
    assert!(faultline.get(&path).await["sameSource"].is_null(), "they are one error now");
}

#[tokio::test]
async fn the_map_is_used_in_every_order_of_arrival() {
    for (steps, expected) in [
        (&[Map("a.ts"), Event] as &[_], Some("a.ts")),
        (&[Event, Map("a.ts"), Wait], Some("a.ts")),
        // An event that was mapped is stored so.
        (&[Map("a.ts"), Event, Map("b.ts"), Wait], Some("a.ts")),
        (&[Map("a.ts"), Event, Delete, Wait], Some("a.ts")),
        // The last upload wins.
        (&[Map("a.ts"), Map("b.ts"), Event], Some("b.ts")),
        (&[Map("a.ts"), Map("b.ts"), Map("a.ts"), Event], Some("a.ts")),
        (&[Map("a.ts"), Event, Map("b.ts"), Wait, Event], Some("b.ts")),
        (&[Event, Map("a.ts"), Map("b.ts"), Wait], Some("b.ts")),
        (&[Map("a.ts"), Delete, Wait, Event], None),
        (&[Event, Map("a.ts"), Delete, Wait], None),
        // Deleting the last upload does not bring the one before back.
        (&[Map("a.ts"), Map("b.ts"), Delete, Wait, Event], None),
        (&[Map("a.ts"), Delete, Map("a.ts"), Event], Some("a.ts")),
        (&[Event], None),
    ] {
        assert_eq!(shown_after(steps).await.as_deref(), expected, "{steps:?}");
    }
}

/// An event is counted once, also if its message is delivered again and its source map came or went in the meantime.
#[tokio::test]
async fn an_event_that_is_delivered_again_is_counted_once_whatever_became_of_its_map() {
    for map_comes in [true, false] {
        let faultline = Faultline::new().await;
        let key = upload_key(&faultline).await;
        let build = build(ID, "function a(){throw 1}a()", SOURCE);
        if !map_comes {
            upload(&faultline, &key, std::slice::from_ref(&build)).await;
        }
        send_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
        // The message is processed, but not deleted.
        let inbox = faultline.stack.inbox();
        let mut received = inbox.receive(10, 1 << 20, Duration::from_secs(60)).await.unwrap();
        assert_eq!(faultline.stack.process(&mut received).await, Vec::<String>::new());
        let receipts = received.iter().map(|message| &message.receipt_handle);
        inbox.change_visibility(receipts, Duration::ZERO).await.unwrap();
        if map_comes {
            upload(&faultline, &key, &[build]).await;
        } else {
            let uploads = faultline.get("/projects/sample/source-maps").await;
            let path = format!("/projects/sample/source-maps/{}", uploads["uploads"][0]["id"].as_str().unwrap());
            assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, "").await.status.as_u16(), 204);
        }
        faultline.clock.advance(301);
        assert_eq!(faultline.process().await, 0);
        let counts: Vec<_> = errors(&faultline).await.iter().map(|error| error["count"].as_u64().unwrap()).collect();
        assert_eq!(counts, [1], "a map comes: {map_comes}");
        // Another event is grouped as maps are now: it joins the error of the same source, or makes one of minified frames.
        post_event(&faultline, &event(ID, "https://shop.test/assets/main.js", "a")).await;
        assert_eq!(errors(&faultline).await.len(), if map_comes { 1 } else { 2 }, "a map comes: {map_comes}");
    }
}
