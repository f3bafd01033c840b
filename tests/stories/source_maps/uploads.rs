//! The routes of Sentry's uploaders.

use base64::Engine;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    ID, SOURCE, ask, assemble, build, bundle, event, post_event, route, send_chunk, sha1, upload, upload_bundle,
    upload_key,
};

/// The status of each route for each kind of key: none, an unknown key, client, read, upload and admin of the project, and
/// the operator's.
const TABLE: &str = "
GET    /api/0/                                                        401 403 403 403 200 200 403
GET    /api/0/organizations/any/                                      401 403 403 403 200 200 403
GET    /api/0/organizations/any/repos/                                401 403 403 403 200 200 403
GET    /api/0/organizations/any/chunk-upload/                         401 403 403 403 200 200 403
POST   /api/0/organizations/any/chunk-upload/                         401 403 403 403 400 400 403
POST   /api/0/organizations/any/artifactbundle/assemble/              401 403 403 403 400 400 403
GET    /api/0/organizations/any/releases/                             401 403 403 403 200 200 403
POST   /api/0/organizations/any/releases/                             401 403 403 403 201 201 403
GET    /api/0/organizations/any/releases/shop@1/                      401 403 403 403 200 200 403
PUT    /api/0/organizations/any/releases/shop%401/                    401 403 403 403 200 200 403
DELETE /api/0/organizations/any/releases/shop@1/                      401 403 403 403 204 404 403
GET    /api/0/organizations/any/releases/shop@1/deploys/              401 403 403 403 200 200 403
POST   /api/0/organizations/any/releases/shop@1/deploys/              401 403 403 403 400 400 403
GET    /api/0/organizations/any/releases/shop@1/commits/              401 403 403 403 200 200 403
GET    /api/0/organizations/any/releases/shop@1/files/                401 403 403 403 200 200 403
POST   /api/0/organizations/any/releases/shop@1/files/                401 403 403 403 400 400 403
GET    /api/0/organizations/any/releases/shop@1/previous-with-commits 401 403 403 403 200 200 403
POST   /api/0/projects/any/sample/releases/                           401 403 403 403 201 201 403
PUT    /api/0/projects/any/sample/releases/shop@1/                    401 403 403 403 200 200 403
GET    /api/0/projects/any/sample/releases/shop@1/files/              401 403 403 403 200 200 403
POST   /api/0/projects/any/sample/releases/shop@1/files/              401 403 403 403 400 400 403
POST   /api/0/projects/any/sample/files/difs/assemble/                401 403 403 403 400 400 403
POST   /api/0/projects/any/sample/files/dsyms/                        401 403 403 403 400 400 403
POST   /api/0/projects/any/sample/files/proguard-artifact-releases    401 403 403 403 201 201 403
GET    /api/0/organizations/any/teams/                                404 404 404 404 404 404 404
";

async fn new_key(faultline: &Faultline, role: &str) -> String {
    let body = json!({ "role": role, "project": "sample" }).to_string();
    let answer = faultline.call(Method::POST, "/keys", ADMIN, body).await;
    answer.body["data"]["key"]["key"].as_str().unwrap().to_owned()
}

/// A client key is public, so it must not upload. A refusal is one sentence, since uploaders print nothing else.
#[tokio::test]
async fn every_route_and_every_key() {
    let faultline = Faultline::new().await;
    let mut keys = vec![String::new(), "unknown".to_owned()];
    for role in ["client", "read", "upload", "admin"] {
        keys.push(new_key(&faultline, role).await);
    }
    keys.push(ADMIN.to_owned());
    for row in TABLE.lines().filter(|row| !row.is_empty()) {
        let cells: Vec<_> = row.split_whitespace().collect();
        let method: Method = cells[0].parse().unwrap();
        let mut statuses = Vec::new();
        for key in &keys {
            let body = if method == Method::POST { r#"{"version":"shop@1","projects":["sample"]}"# } else { "" };
            let answer = ask(&faultline, method.clone(), cells[1], key, body).await;
            if !answer.status.is_success() {
                let keys: Vec<_> = answer.body.as_object().unwrap().keys().collect();
                assert_eq!(keys, ["detail"], "{row}");
            }
            statuses.push(answer.status.as_u16().to_string());
        }
        assert_eq!(statuses, cells[2..], "{row}");
    }
}

/// Uploaders read the address out of the token.
#[tokio::test]
async fn an_upload_key_has_the_form_of_an_organisation_token() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let (readable, secret) = key.strip_prefix("sntrys_").unwrap().split_once('_').unwrap();
    let facts = base64::engine::general_purpose::STANDARD.decode(readable).unwrap();
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    assert_eq!(
        [&facts["url"], &facts["region_url"], &facts["org"]],
        ["http://localhost", "http://localhost", "faultline"]
    );
    assert_eq!(secret.len(), 43);
    let list = faultline.get("/keys?project=sample").await;
    let listed = list["keys"].as_array().unwrap().iter().find(|key| key["role"] == "upload").unwrap();
    assert_eq!(listed["hint"], secret[..4]);

    let path = format!("/keys/{}/rotate", listed["id"].as_str().unwrap());
    let rotated = faultline.call(Method::POST, &path, ADMIN, r#"{"overlapHours":1}"#).await;
    assert!(rotated.body["data"]["key"]["key"].as_str().unwrap().starts_with("sntrys_"), "{}", rotated.body);
    let refused = faultline.call(Method::POST, "/keys", ADMIN, r#"{"role":"upload"}"#).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body["message"].as_str().unwrap().contains("add `project`"), "{}", refused.body);
    // It uploads, and does nothing else.
    let post = faultline.call(Method::POST, "/projects/sample/errors", &key, r#"{"errors":[{"message":"m"}]}"#).await;
    assert_eq!(post.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_upload_is_listed_shown_and_deleted() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let mut without_text = build(ID, "function a(){throw 1}a()", SOURCE);
    without_text.map["sourcesContent"] = json!([null]);
    assert_eq!(upload(&faultline, &key, &[without_text]).await, json!({ "state": "ok", "missingChunks": [] }));
    let list = faultline.get("/projects/sample/source-maps").await;
    let [listed] = list["uploads"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!([&listed["release"], &listed["files"], &listed["maps"]], [&json!("shop@1"), &json!(2), &json!(1)]);
    assert_eq!([&listed["uploadedAt"], &listed["failure"]], [&json!("2026-11-02T00:01:00+00:00"), &json!(null)]);
    assert!(listed["problems"][0]["problem"].as_str().unwrap().contains("`sourcesContent`"), "{listed}");

    let path = format!("/projects/sample/source-maps/{}", listed["id"].as_str().unwrap());
    let shown = faultline.get(&path).await;
    assert_eq!(shown["files"].as_array().unwrap().len(), 2);
    assert!(shown["files"].as_array().unwrap().iter().all(|file| file["debugId"] == ID), "{shown}");
    assert_eq!(faultline.call(Method::DELETE, &path, ADMIN, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(faultline.call(Method::GET, &path, ADMIN, "").await.body["error"], "upload_unknown");
    assert_eq!(faultline.get("/projects/sample/source-maps").await["uploads"], json!([]));
}

#[tokio::test]
async fn uploads_are_paged_newest_first() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    for number in 0..5 {
        let source = format!("source {number}");
        upload(&faultline, &key, &[build(ID, "function a(){throw 1}a()", &source)]).await;
        faultline.clock.advance(60);
    }
    let (mut times, mut path) = (Vec::new(), "/projects/sample/source-maps?limit=2".to_owned());
    loop {
        let page = faultline.get(&path).await;
        times.extend(page["uploads"].as_array().unwrap().iter().map(|upload| upload["uploadedAt"].to_string()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/projects/sample/source-maps?limit=2&cursor={next}");
    }
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|a, b| a > b), "{times:?}");
}

/// The answer to a bad upload names the problem in one sentence.
#[tokio::test]
async fn a_wrong_upload_is_refused_with_its_reason() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let detail = async |body: Value| {
        let answer = assemble(&faultline, &key, &body).await;
        (answer.status.as_u16(), answer.body["detail"].as_str().unwrap_or_default().to_owned())
    };
    let sum = sha1(b"x");
    let (status, text) = detail(json!({ "checksum": sum, "chunks": [sum], "projects": ["web"] })).await;
    assert_eq!(status, 403);
    assert!(text.contains("may not upload to a project `web`: it is for `sample`"), "{text}");
    for (body, expected) in [
        (json!({ "checksum": "../../x", "chunks": [sum], "projects": ["sample"] }), "`../../x` is not a SHA-1"),
        (json!({ "checksum": sum, "chunks": ["../x"], "projects": ["sample"] }), "`../x` is not a SHA-1"),
        (json!({ "checksum": sum, "chunks": vec![&sum; 129], "projects": ["sample"] }), "1 to 128 entries"),
        (json!({ "checksum": sum, "chunks": [], "projects": ["1"] }), "1 to 128 entries"),
        (json!({ "checksum": sum, "chunks": [sum] }), "`projects` must name the project"),
        (json!([]), "does not describe a bundle"),
    ] {
        let (status, text) = detail(body).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.contains(expected), "{text}");
    }
    let damaged = send_chunk(&faultline, &key, &sum, b"y").await;
    assert_eq!(damaged.status, StatusCode::BAD_REQUEST);
    assert!(damaged.body["detail"].as_str().unwrap().contains("was damaged on the way"), "{}", damaged.body);
    let named = send_chunk(&faultline, &key, "../x", b"y").await;
    assert_eq!(named.status, StatusCode::BAD_REQUEST);
    let large = vec![0; (2 << 20) + 1];
    let large = send_chunk(&faultline, &key, &sha1(&large), &large).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);

    // The chunks are there, but in another order.
    send_chunk(&faultline, &key, &sha1(b"a"), b"a").await;
    send_chunk(&faultline, &key, &sha1(b"b"), b"b").await;
    let body = json!({ "checksum": sha1(b"ab"), "chunks": [sha1(b"b"), sha1(b"a")], "projects": ["sample"] });
    let answer = assemble(&faultline, &key, &body).await;
    assert_eq!((answer.status, &answer.body["state"]), (StatusCode::OK, &json!("error")));
    assert!(answer.body["detail"].as_str().unwrap().contains("is not its `checksum`"), "{}", answer.body);
    // It is on the page, with the reason.
    let list = faultline.get("/projects/sample/source-maps").await;
    assert!(list["uploads"][0]["failure"].as_str().unwrap().contains("is not its `checksum`"), "{list}");
}

/// A chunk belongs to the project whose key sent it: knowing its hash is not enough to use it.
#[tokio::test]
async fn a_chunk_of_another_project_cannot_be_used() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let other = faultline.call(Method::POST, "/keys", ADMIN, r#"{"role":"upload","project":"other"}"#).await;
    let other = other.body["data"]["key"]["key"].as_str().unwrap().to_owned();
    let bundle = bundle(&[build(ID, "a", SOURCE)]);
    assert_eq!(upload_bundle(&faultline, &key, &bundle).await["state"], "ok");
    let body = json!({ "checksum": sha1(&bundle), "chunks": [sha1(&bundle)], "projects": ["other"] });
    assert_eq!(assemble(&faultline, &other, &body).await.body["state"], "not_found");
    assert_eq!(faultline.get("/projects/other/source-maps").await["uploads"], json!([]));
}

/// A bundle of several chunks, one of which is there already.
#[tokio::test]
async fn only_missing_chunks_are_asked_for() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let noise = faultline_tests::noise(3 << 20);
    let bundle = bundle(&[build(ID, "function a(){throw 1}a()", &noise)]);
    let names: Vec<_> = bundle.chunks(2 << 20).map(sha1).collect();
    assert_eq!(names.len(), 2);
    send_chunk(&faultline, &key, &names[0], &bundle[..2 << 20]).await;
    let body = json!({ "checksum": sha1(&bundle), "chunks": names, "projects": ["sample"] });
    let missing = assemble(&faultline, &key, &body).await;
    assert_eq!(missing.body, json!({ "state": "not_found", "missingChunks": [names[1]] }));
    send_chunk(&faultline, &key, &names[1], &bundle[2 << 20..]).await;
    assert_eq!(assemble(&faultline, &key, &body).await.body["state"], "ok");
}

/// The options are those that every client in the field understands.
#[tokio::test]
async fn the_options_say_how_to_upload() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let options = ask(&faultline, Method::GET, &route("chunk-upload/"), &key, "").await;
    assert_eq!(options.headers["content-type"], "application/json");
    let options = options.body;
    assert_eq!(options["url"], "http://localhost/api/0/organizations/faultline/chunk-upload/");
    assert_eq!((&options["compression"], &options["hashAlgorithm"]), (&json!(["gzip"]), &json!("sha1")));
    assert!(options["chunkSize"].as_u64().unwrap().is_power_of_two());
    for needed in ["release_files", "artifact_bundles_v2"] {
        assert!(options["accept"].as_array().unwrap().contains(&json!(needed)), "{options}");
    }
}

#[tokio::test]
async fn a_release_is_answered_in_the_form_of_its_clients() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    let body = r#"{"version":"shop@1 beta","projects":["sample",1],"dateReleased":null,"refs":[]}"#;
    let made = ask(&faultline, Method::POST, &route("releases/"), &key, body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["version"], "shop@1 beta");
    assert!(made.body["dateCreated"].is_string());
    let put = ask(&faultline, Method::PUT, &route("releases/shop%401%20beta/"), &key, r#"{"commits":[]}"#).await;
    assert_eq!((put.status, &put.body["version"]), (StatusCode::OK, &json!("shop@1 beta")));
    let other = ask(&faultline, Method::POST, &route("releases/"), &key, r#"{"version":"1","projects":["web"]}"#).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let deploy = ask(&faultline, Method::POST, &route("releases/1/deploys/"), &key, r#"{"environment":"prod"}"#).await;
    assert_eq!((deploy.status, &deploy.body["environment"]), (StatusCode::CREATED, &json!("prod")));

    let mut sent = event(ID, "https://shop.test/a.js", "a");
    sent["release"] = json!("shop@1");
    post_event(&faultline, &sent).await;
    let shown = ask(&faultline, Method::GET, &route("releases/shop@1/"), &key, "").await;
    assert_eq!((shown.status, &shown.body["version"]), (StatusCode::OK, &json!("shop@1")));
}

/// Everything of a deleted project is removed, also its source maps.
#[tokio::test]
async fn a_deleted_project_leaves_no_source_map() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    upload(&faultline, &key, &[build(ID, "a", SOURCE)]).await;
    let left = async || {
        let mut left = Vec::new();
        for prefix in [store::ports::CHUNK_PREFIX, store::ports::MAP_PREFIX] {
            left.extend(server::system::stored_keys(faultline.stack.engines(), prefix).await.unwrap());
        }
        left
    };
    assert_eq!(left().await.len(), 2);
    assert_eq!(faultline.call(Method::DELETE, "/projects/sample", ADMIN, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(left().await, [""; 0]);
    let refused = ask(&faultline, Method::GET, "/api/0/", &key, "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

/// An unknown path is refused in the form that its caller understands: an uploader prints `detail` if it is the
/// only key, and everything else reads the form of all refusals. No project has the number 0.
#[tokio::test]
async fn unknown_paths_are_refused_in_the_form_of_their_caller() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    for (path, keys) in [
        ("/api/0/organizations/any/teams/", vec!["detail"]),
        ("/api/0/projects/any/sample/keys/", vec!["detail"]),
        ("/api/0/envelope/", vec!["detail", "err", "error", "errors", "message"]),
        ("/api/0/anything/else/", vec!["detail", "err", "error", "errors", "message"]),
    ] {
        let refused = ask(&faultline, Method::POST, path, &key, "").await;
        let mut found: Vec<_> = refused.body.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!((refused.status, found), (StatusCode::NOT_FOUND, keys), "{path}");
    }
}

/// A release is named by the last variable of the path, whatever an organisation or a release is called.
#[tokio::test]
async fn a_release_is_named_by_its_path() {
    let faultline = Faultline::new().await;
    let key = upload_key(&faultline).await;
    for path in [
        "/api/0/organizations/any/releases/shop@1%2F2/",
        "/api/0/organizations/releases/releases/shop@1%2F2/",
        "/api/0/projects/releases/sample/releases/shop@1%2F2/",
    ] {
        let answer = ask(&faultline, Method::PUT, path, &key, "{}").await;
        assert_eq!((answer.status, &answer.body["version"]), (StatusCode::OK, &json!("shop@1/2")), "{path}");
    }
}
