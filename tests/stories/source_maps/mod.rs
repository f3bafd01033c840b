//! Source maps: uploads by the routes of Sentry's uploaders, and what becomes of events.

mod check;
mod mapping;
mod orders;
mod proguard;
mod releases;
mod uploads;
mod urls;

use std::io::Write;

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

pub(super) const ID: &str = "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce";

pub(super) const OTHER: &str = "00000000-8a72-5b7d-9d2a-0f6b0ae8a4ce";

/// The path of an uploader's route.
fn route(rest: &str) -> String {
    format!("/api/0/organizations/faultline/{rest}")
}

async fn upload_key(faultline: &Faultline) -> String {
    let body = json!({ "role": "upload", "project": "sample" }).to_string();
    let answer = faultline.call(Method::POST, "/keys", ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.body["data"]["key"]["key"].as_str().unwrap().to_owned()
}

/// Sends a request as uploaders do.
async fn ask(faultline: &Faultline, method: Method, path: &str, key: &str, body: impl Into<Body>) -> Answered {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
    faultline.send(request.body(body.into()).unwrap()).await
}

fn sha1(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends one chunk. `name` is the SHA-1 that the form names.
async fn send_chunk(faultline: &Faultline, key: &str, name: &str, chunk: &[u8]) -> Answered {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(chunk).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file_gzip\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let body = [head.as_bytes(), &packed, b"\r\n--b--\r\n"].concat();
    let request = Request::post(route("chunk-upload/")).header("authorization", format!("Bearer {key}"));
    let request = request.header("content-type", "multipart/form-data; boundary=b");
    faultline.send(request.body(body.into()).unwrap()).await
}

async fn assemble(faultline: &Faultline, key: &str, body: &Value) -> Answered {
    ask(faultline, Method::POST, &route("artifactbundle/assemble/"), key, body.to_string()).await
}

/// A script, its map, and the debug id of both.
#[derive(Clone, Debug)]
pub(super) struct Build<'a> {
    pub(super) id: &'a str,
    pub(super) script: &'a str,
    pub(super) map: Value,
}

/// A bundle as uploaders write it.
fn bundle(builds: &[Build<'_>]) -> Vec<u8> {
    bundle_at("~/", true, builds)
}

/// A bundle of scripts at this URL, with or without debug ids.
fn bundle_at(url: &str, has_ids: bool, builds: &[Build<'_>]) -> Vec<u8> {
    let mut files = serde_json::Map::new();
    let mut contents = Vec::new();
    for (number, Build { id, script, map }) in builds.iter().enumerate() {
        let mut headers = json!({ "debug-id": id, "sourcemap": format!("{number}.js.map") });
        if !has_ids {
            headers.as_object_mut().unwrap().remove("debug-id");
        }
        let name = format!("files/_/_/{number}.js");
        files.insert(
            name.clone(),
            json!({ "type": "minified_source", "url": format!("{url}{number}.js"), "headers": headers }),
        );
        contents.push((name.clone(), script.as_bytes().to_vec()));
        let headers = if has_ids { json!({ "debug-id": id }) } else { json!({}) };
        let name = format!("{name}.map");
        files.insert(
            name.clone(),
            json!({ "type": "source_map", "url": format!("{url}{number}.js.map"), "headers": headers }),
        );
        contents.push((name, map.to_string().into_bytes()));
    }
    contents.push(("manifest.json".to_owned(), json!({ "files": files }).to_string().into_bytes()));
    let mut bytes = b"SYSB\x02\0\0\0".to_vec();
    let mut writer = rawzip::ZipArchiveWriter::builder().with_offset(8).build(&mut bytes);
    for (name, content) in &contents {
        let (mut entry, config) = writer.new_file(name.as_str()).start().unwrap();
        let mut data = config.wrap(&mut entry);
        data.write_all(content).unwrap();
        let (_, descriptor) = data.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// Uploads builds in one bundle, and returns the final answer.
pub(super) async fn upload(faultline: &Faultline, key: &str, builds: &[Build<'_>]) -> Value {
    let bundle = bundle(builds);
    upload_bundle(faultline, key, &bundle).await
}

/// Uploads a build without debug ids, for a script at this URL.
async fn upload_plain(faultline: &Faultline, key: &str, build: &Build<'_>, url: &str) -> Value {
    upload_bundle(faultline, key, &bundle_at(url, false, std::slice::from_ref(build))).await
}

async fn upload_bundle(faultline: &Faultline, key: &str, bundle: &[u8]) -> Value {
    let chunks: Vec<_> = bundle.chunks(2 << 20).map(|chunk| (sha1(chunk), chunk)).collect();
    let names: Vec<_> = chunks.iter().map(|(name, _)| name).collect();
    let body = json!({ "checksum": sha1(bundle), "chunks": names, "projects": ["sample"], "version": "shop@1" });
    let first = assemble(faultline, key, &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    if first.body["state"] != "not_found" {
        return first.body;
    }
    assert_eq!(first.body["missingChunks"], json!(names));
    for (name, chunk) in chunks {
        let sent = send_chunk(faultline, key, &name, chunk).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    }
    let second = assemble(faultline, key, &body).await;
    assert_eq!(assemble(faultline, key, &body).await.body, second.body, "uploaders ask twice");
    second.body
}

/// A build of `src/cart.ts` that throws in `total`, called by the top of the file. `names` are the minified ones.
pub(super) fn build<'a>(id: &'a str, script: &'a str, source: &str) -> Build<'a> {
    // 0: `function total()`, 9: its name, 13: `throw`, 22: the call.
    let map = json!({
        "version": 3, "sources": ["webpack://shop/./src/cart.ts"], "sourcesContent": [source], "names": ["total"],
        "mappings": "AAAA,SAASA,IACP,SAEFA",
    });
    Build { id, script, map }
}

pub(super) const SOURCE: &str =
    "function total() {\n  throw new Error('api_key=sk_live_1234567890abcdef');\n}\ntotal();\n";

/// An event of a build: the frames of `build`, with an image for the script.
pub(super) fn event(id: &str, file: &str, function: &str) -> Value {
    let frame = |column: u32, function: &str| json!({ "filename": file, "function": function, "lineno": 1, "colno": column, "in_app": true });
    json!({
        "platform": "javascript",
        "exception": { "values": [{ "type": "Error", "value": "boom", "stacktrace": { "frames": [frame(23, "?"), frame(14, function)] } }] },
        "debug_meta": { "images": [{ "type": "sourcemap", "code_file": file, "debug_id": id }] },
    })
}

pub(super) async fn post_event(faultline: &Faultline, event: &Value) {
    send_event(faultline, event).await;
    assert_eq!(faultline.process().await, 0);
}

/// Posts an event without processing it.
async fn send_event(faultline: &Faultline, event: &Value) {
    let auth = format!("Sentry sentry_version=7,sentry_key={}", faultline.client_key());
    let request = Request::post("/api/1/store/").header("x-sentry-auth", auth);
    let answer = faultline.send(request.body(event.to_string().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// The errors of the project, newest first.
async fn errors(faultline: &Faultline) -> Vec<Value> {
    faultline.all("/projects/sample/errors?limit=100", "cursor").await
}

/// The frame that threw, of the newest occurrence of an error.
async fn newest_frame(faultline: &Faultline, error: &Value) -> Value {
    let path = format!("/projects/sample/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
    let shown = faultline.get(&path).await;
    shown["error"]["event"]["exceptions"][0]["stacktrace"]["frames"].as_array().unwrap().last().unwrap().clone()
}
