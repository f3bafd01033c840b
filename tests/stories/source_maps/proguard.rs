//! ProGuard and R8 mappings: uploads as sentry-cli sends them, and events as the SDKs for Java and Android send them.

use std::io::Write;

use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{ask, errors, newest_frame, post_event, send_chunk, sha1, upload_key};

const ID: &str = "4226bed7-ce47-5c49-9ce5-3af113009c2e";
const OTHER: &str = "00000000-ce47-5c49-9ce5-3af113009c2e";

/// The mapping of a build that calls the cart `cart`, and its exception `thrown`.
fn mapping(cart: &str, thrown: &str) -> String {
    format!(
        "# compiler: R8\n\
         com.shop.Cart -> {cart}:\n\
         # {{\"id\":\"sourceFile\",\"fileName\":\"Cart.kt\"}}\n\
         \x20   1:1:void com.shop.Prices.check(com.shop.Item):20:20 -> a\n\
         \x20   1:1:double total():11 -> a\n\
         com.shop.NoPrice -> {thrown}:\n\
         \x20   1:1:void <init>():3:3 -> <init>\n"
    )
}

async fn assemble(faultline: &Faultline, key: &str, body: &Value) -> Answered {
    let path = "/api/0/projects/any/sample/files/difs/assemble/";
    ask(faultline, Method::POST, path, key, body.to_string()).await
}

/// Uploads a mapping as sentry-cli 3 does, and returns the final answer.
async fn upload(faultline: &Faultline, key: &str, id: &str, mapping: &str) -> Value {
    let sum = sha1(mapping.as_bytes());
    let body = json!({ &sum: { "name": format!("/proguard/{id}.txt"), "chunks": [sum] } });
    let first = assemble(faultline, key, &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    if first.body[&sum]["state"] == "not_found" {
        assert_eq!(first.body[&sum]["missingChunks"], json!([sum]));
        assert_eq!(send_chunk(faultline, key, &sum, mapping.as_bytes()).await.status, StatusCode::OK);
    }
    let second = assemble(faultline, key, &body).await.body;
    assert_eq!(assemble(faultline, key, &body).await.body, second, "uploaders ask twice");
    second[&sum].clone()
}

/// An event of `sentry.java.android` 8. `cart` and `thrown` are the obfuscated names.
fn event(id: &str, cart: &str, thrown: &str) -> Value {
    json!({
        "platform": "java",
        "level": "fatal",
        "sdk": { "name": "sentry.java.android", "version": "8.27.0" },
        "release": "com.shop@1.0+1",
        "debug_meta": { "images": [{ "type": "proguard", "uuid": id }] },
        "exception": { "values": [{
            "type": thrown.rsplit('.').next(),
            "module": thrown.rsplit_once('.').map(|(module, _)| module),
            "value": "tea",
            "mechanism": { "type": "UncaughtExceptionHandler", "handled": false },
            "stacktrace": { "frames": [
                { "filename": "Looper.java", "module": "android.os.Looper", "function": "loop", "lineno": 294, "in_app": false, "native": false },
                { "filename": "SourceFile", "module": cart, "function": "a", "lineno": 1, "native": false },
            ] },
        }] },
        "threads": { "values": [{ "id": 2, "name": "main", "current": true, "crashed": true, "main": true }] },
    })
}

/// Two builds have other names. Their events are one error, which has the original names. Without mappings, they are two.
#[tokio::test]
async fn all_builds_of_an_application_are_grouped_together() {
    for has_mappings in [true, false] {
        let faultline = Faultline::new().await;
        if has_mappings {
            let key = upload_key(&faultline).await;
            assert_eq!(upload(&faultline, &key, ID, &mapping("a.b", "a.c")).await["state"], "ok");
            assert_eq!(upload(&faultline, &key, OTHER, &mapping("x.y", "z")).await["state"], "ok");
        }
        post_event(&faultline, &event(ID, "a.b", "a.c")).await;
        post_event(&faultline, &event(OTHER, "x.y", "z")).await;
        let errors = errors(&faultline).await;
        assert_eq!(errors.len(), if has_mappings { 1 } else { 2 });
        if has_mappings {
            let error = &errors[0];
            assert_eq!((&error["count"], &error["type"]), (&json!(2), &json!("NoPrice")));
            assert_eq!(error["culprit"], "com.shop.Prices in check");
        }
    }
}

/// The inlined call is a frame of its own, and what was sent is kept.
#[tokio::test]
async fn an_obfuscated_frame_is_shown_as_it_was_written() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    upload(&faultline, &key, ID, &mapping("a.b", "a.c")).await;
    post_event(&faultline, &event(ID, "a.b", "a.c")).await;
    let error = &errors(&faultline).await[0];
    let path = format!("/projects/sample/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
    let exception = faultline.get(&path).await["error"]["event"]["exceptions"][0].clone();
    assert_eq!((&exception["type"], &exception["module"]), (&json!("NoPrice"), &json!("com.shop")));
    assert_eq!(exception["minified"], json!({ "type": "c", "module": "a" }));
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let places: Vec<_> = frames
        .iter()
        .map(|frame| json!([frame["module"], frame["function"], frame["filename"], frame["lineno"], frame["in_app"]]))
        .collect();
    assert_eq!(
        places,
        [
            json!(["android.os.Looper", "loop", "Looper.java", 294, false]),
            json!(["com.shop.Cart", "total", "Cart.kt", 11, true]),
            json!(["com.shop.Prices", "check", "Prices.kt", 20, true]),
        ]
    );
    assert_eq!(frames[1]["data"]["minified"]["module"], "a.b");
    assert_eq!((&frames[2]["data"]["inlined"], &frames[2]["data"]["mapping"]), (&json!(true), &json!(ID)));
}

/// A mapping that comes later is used when the event is read. Before, the frame says what to do.
#[tokio::test]
async fn a_mapping_may_come_after_the_event() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    post_event(&faultline, &event(ID, "a.b", "a.c")).await;
    let error = errors(&faultline).await[0].clone();
    assert_eq!(error["type"], "c");
    let frame = newest_frame(&faultline, &error).await;
    let problem = frame["data"]["sourceMapProblem"].as_str().unwrap();
    assert!(problem.contains(&format!("sentry-cli upload-proguard --uuid {ID}")), "{problem}");
    upload(&faultline, &key, ID, &mapping("a.b", "a.c")).await;
    faultline.clock.advance(31);
    let frame = newest_frame(&faultline, &error).await;
    assert_eq!((&frame["module"], &frame["data"]["sourceMapProblem"]), (&json!("com.shop.Prices"), &json!(null)));

    let list = faultline.get("/projects/sample/source-maps").await;
    let shown = &list["uploads"][0];
    assert_eq!([&shown["kind"], &shown["maps"], &shown["files"]], [&json!("proguard"), &json!(1), &json!(1)]);
    let path = format!("/projects/sample/source-maps/{}", shown["id"].as_str().unwrap());
    assert_eq!(faultline.get(&path).await["files"][0]["debugId"], ID);
    assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, "").await.status, StatusCode::NO_CONTENT);
    faultline.clock.advance(301);
    let frame = newest_frame(&faultline, &error).await;
    assert_eq!(frame["module"], "a.b", "it was stored as it was sent");
}

/// The same file with another id is another mapping.
#[tokio::test]
async fn a_mapping_can_be_uploaded_with_several_ids() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    for id in [ID, OTHER] {
        assert_eq!(upload(&faultline, &key, id, &mapping("a.b", "a.c")).await["state"], "ok");
        post_event(&faultline, &event(id, "a.b", "a.c")).await;
    }
    assert_eq!(errors(&faultline).await[0]["count"], 2);
}

#[tokio::test]
async fn other_debug_files_are_refused_with_the_reason() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let sum = sha1(b"x");
    let body = json!({ &sum: { "name": "libshop.so", "debug_id": ID, "chunks": [sum] } });
    let answer = assemble(&faultline, &key, &body).await.body;
    assert_eq!((&answer[&sum]["state"], &answer[&sum]["missingChunks"]), (&json!("error"), &json!([])));
    assert!(answer[&sum]["detail"].as_str().unwrap().contains("libshop.so is not a ProGuard mapping"), "{answer}");

    let answer = upload(&faultline, &key, ID, "<html>not found</html>").await;
    assert_eq!(answer["state"], "error");
    assert!(answer["detail"].as_str().unwrap().contains("it has no classes"), "{answer}");
    let list = faultline.get("/projects/sample/source-maps").await;
    assert!(list["uploads"][0]["failure"].as_str().unwrap().contains("it has no classes"), "{list}");

    for (path, body, status) in [
        ("/api/0/projects/any/web/files/difs/assemble/", json!({}), StatusCode::FORBIDDEN),
        ("/api/0/projects/any/sample/files/difs/assemble/", json!([]), StatusCode::BAD_REQUEST),
        (
            "/api/0/projects/any/1/files/difs/assemble/",
            json!({ "../x": { "name": format!("/proguard/{ID}.txt"), "chunks": [sum] } }),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let refused = ask(&faultline, Method::POST, path, &key, body.to_string()).await;
        assert_eq!(refused.status, status, "{}", refused.body);
    }
}

/// sentry-cli 2 sends an archive in one request.
#[tokio::test]
async fn an_archive_of_mappings_is_stored() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let send = async |archive: &[u8]| {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
        let body = [head.as_bytes(), archive, b"\r\n--b--\r\n"].concat();
        let request = Request::post("/api/0/projects/any/sample/files/dsyms/");
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        faultline.send(request.body(body.into()).unwrap()).await
    };
    let stored = send(&archive(&format!("proguard/{ID}.txt"), &mapping("a.b", "a.c"))).await;
    assert_eq!((stored.status, &stored.body[0]["uuid"]), (StatusCode::OK, &json!(ID)), "{}", stored.body);
    send(&archive(&format!("proguard/{ID}.txt"), &mapping("a.b", "a.c"))).await;
    let uploads = faultline.get("/projects/sample/source-maps").await["uploads"].clone();
    assert_eq!(uploads.as_array().unwrap().len(), 1, "the same mapping is stored once");
    post_event(&faultline, &event(ID, "a.b", "a.c")).await;
    assert_eq!(errors(&faultline).await[0]["type"], "NoPrice");
    for (archive, words) in [
        (archive("libshop.so", "x"), "must have 1 to 20 ProGuard mappings"),
        (archive(&format!("proguard/{ID}.txt"), "x"), "it has no classes"),
        (b"PK".to_vec(), "not a ZIP archive"),
    ] {
        let refused = send(&archive).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.body["detail"].as_str().unwrap().contains(words), "{}", refused.body);
    }
}

fn archive(name: &str, content: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = rawzip::ZipArchiveWriter::new(&mut bytes);
    let (mut entry, config) = writer.new_file(name).start().unwrap();
    let mut data = config.wrap(&mut entry);
    data.write_all(content.as_bytes()).unwrap();
    let (_, descriptor) = data.finish().unwrap();
    entry.finish(descriptor).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A client cannot claim that an exception was mapped.
#[tokio::test]
async fn a_client_cannot_claim_that_an_exception_was_mapped() {
    let faultline = Faultline::new().await;
    let mut sent = event(ID, "a.b", "a.c");
    sent["exception"]["values"][0]["minified"] = json!({ "type": "x" });
    sent["exception"]["values"][0]["stacktrace"]["frames"][1]["data"] = json!({ "inlined": true, "mapping": "x" });
    post_event(&faultline, &sent).await;
    let error = &errors(&faultline).await[0];
    let path = format!("/projects/sample/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
    let exception = faultline.get(&path).await["error"]["event"]["exceptions"][0].clone();
    assert_eq!(exception["minified"], json!(null));
    let data = &exception["stacktrace"]["frames"][1]["data"];
    assert_eq!([&data["inlined"], &data["mapping"]], [&json!(null); 2]);
}
