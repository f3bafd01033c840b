//! A key reaches only what it allows (promise 6 in docs/src/internals/promises.md): a caller can only reach what its
//! key allows. Every route, and every kind of key.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use faultline_tests::{ADMIN, Faultline};
use http::header::{ALLOW, CACHE_CONTROL};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The status that each caller gets. The first three columns are: no key, an unknown key, a disabled key. The others
/// are keys of a role, for the project in the path, for another project, and for the whole stack. Inbound webhooks need
/// a signature, so no key helps.
const TABLE: &str = "
                                                              nobody       client       read         member       admin        upload
                                                              no  ?   off  own oth all  own oth all  own oth all  own oth all  own
GET    /health                                                200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
GET    /health/ingest                                         200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
GET    /operations                                            401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
GET    /openapi.json                                          200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
GET    /info                                                  401 403 403  403 403 403  403 403 403  403 403 403  403 403 201  403

POST   /projects/{project}/errors                             401 403 403  201 403 201  403 403 403  403 403 403  201 403 201  403
POST   /projects/{project}/occurrences                        401 403 403  403 403 403  403 403 403  403 403 403  201 403 201  403
POST   /api/{number}/envelope                                 401 403 403  200 403 403  403 403 403  403 403 403  200 403 403  403
POST   /api/{number}/store                                    401 403 403  200 403 403  403 403 403  403 403 403  200 403 403  403
POST   /api/{number}/security                                 401 403 403  200 403 403  403 403 403  403 403 403  200 403 403  403
POST   /api/{number}/csp-report                               401 403 403  200 403 403  403 403 403  403 403 403  200 403 403  403
POST   /api/{number}/nel                                      401 403 403  200 403 403  403 403 403  403 403 403  200 403 403  403
POST   /api/{number}/minidump                                 401 403 403  400 403 403  403 403 403  403 403 403  400 403 403  403
POST   /api/store                                             401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /tunnel                                                401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /api/1/item                                            401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /api/1/session                                         200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
POST   /bugsnag/notify                                        401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /bugsnag/sessions                                      202 202 202  202 202 202  202 202 202  202 202 202  202 202 202  202
POST   /api/v3/projects/{project}/notices                     401 401 401  201 201 201  401 401 401  401 401 401  201 201 201  401
POST   /api/v3/projects/{project}/create-notice               401 401 401  201 201 201  401 401 401  401 401 401  201 201 201  401
POST   /api/v4/projects/{project}/deploys                     201 201 201  201 201 201  201 201 201  201 201 201  201 201 201  201
POST   /api/v5/projects/{project}/routes-stats                204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
PUT    /api/v5/projects/{project}/routes-stats                204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
POST   /api/v5/projects/{project}/routes-breakdowns           204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
PUT    /api/v5/projects/{project}/routes-breakdowns           204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
POST   /api/v5/projects/{project}/queries-stats               204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
PUT    /api/v5/projects/{project}/queries-stats               204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
POST   /api/v5/projects/{project}/queues-stats                204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
PUT    /api/v5/projects/{project}/queues-stats                204 204 204  204 204 204  204 204 204  204 204 204  204 204 204  204
POST   /v1/logs                                               401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /otlp/v1/logs                                          401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /v1/traces                                             401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /otlp/v1/traces                                        401 403 403  200 200 403  403 403 403  403 403 403  200 200 403  403
POST   /v1/metrics                                            200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
POST   /otlp/v1/metrics                                       200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200
GET    /2020-06-18/config/{project}/config.json               200 200 200  200 200 200  200 200 200  200 200 200  200 200 200  200

GET    /projects                                              401 403 403  403 403 403  200 200 200  200 200 200  200 200 200  403
POST   /projects                                              401 403 403  403 403 403  403 403 403  403 403 403  403 403 201  403
GET    /projects/{project}                                    401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
PATCH  /projects/{project}                                    401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
DELETE /projects/{project}                                    401 403 403  403 403 403  403 403 403  403 403 403  403 403 204  403

GET    /projects/{project}/errors                             401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
PATCH  /projects/{project}/errors                             401 403 403  403 403 403  403 403 403  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}                   401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
PATCH  /projects/{project}/errors/{message}                   401 403 403  403 403 403  403 403 403  200 403 200  200 403 200  403
POST   /projects/{project}/errors/{message}                   401 403 403  403 403 403  403 403 403  405 403 405  405 403 405  403
DELETE /projects/{project}/errors/{message}                   401 403 403  403 403 403  403 403 403  403 403 403  204 403 204  403
GET    /projects/{project}/errors/{message}/timeline          401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}/briefing          401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}/tags              401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}/occurrences       401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}/occurrences/{id}  401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/errors/{message}/occurrences/{id}/attachments/{number} 401 403 403  403 403 403  404 403 404  404 403 404  404 403 404  403
GET    /projects/{project}/errors/{message}/history           401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
POST   /projects/{project}/errors/{message}/comments          401 403 403  403 403 403  403 403 403  201 403 201  201 403 201  403
DELETE /projects/{project}/errors/{message}/comments/{id}     401 403 403  403 403 403  403 403 403  403 403 403  204 403 204  403
POST   /projects/{project}/errors/{message}/merge             401 403 403  403 403 403  403 403 403  200 403 200  200 403 200  403
POST   /projects/{project}/errors/{message}/unmerge           401 403 403  403 403 403  403 403 403  200 403 200  200 403 200  403
POST   /projects/{project}/errors/{message}/restore           401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403

GET    /projects/{project}/occurrences/{event}                401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403

GET    /timeline                                              401 403 403  403 403 403  403 403 200  403 403 200  403 403 200  403
GET    /projects/{project}/timeline                           401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/releases                           401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/releases/{release}                 401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403

GET    /projects/{project}/source-maps                        401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/source-maps/check                  401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /projects/{project}/source-maps/{upload}               401 403 403  403 403 403  404 403 404  404 403 404  404 403 404  403
DELETE /projects/{project}/source-maps/{upload}               401 403 403  403 403 403  403 403 403  403 403 403  404 403 404  403

GET    /keys                                                  401 403 403  403 403 403  403 403 403  403 403 403  200 200 200  403
POST   /keys                                                  401 403 403  403 403 403  403 403 403  403 403 403  201 403 201  403
PATCH  /keys/{id}                                             401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
DELETE /keys/{id}                                             401 403 403  403 403 403  403 403 403  403 403 403  204 403 204  403
POST   /keys/{id}/rotate                                      401 403 403  403 403 403  403 403 403  403 403 403  201 403 201  403

GET    /projects/{project}/members                            401 403 403  403 403 403  200 403 200  200 403 200  200 403 200  403
GET    /users                                                 401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
GET    /users/me                                              401 403 403  403 403 403  200 200 200  200 200 200  200 200 200  403
GET    /users/{id}                                            401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
PATCH  /users/{id}                                            401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
DELETE /users/{id}                                            401 403 403  403 403 403  403 403 403  403 403 403  403 403 204  403
POST   /users/{id}/end-sessions                               401 403 403  403 403 403  403 403 403  403 403 403  403 403 204  403
POST   /users/{id}/sign-in-key                                401 403 403  403 403 403  403 403 403  403 403 403  403 403 403  403
POST   /users/{id}/sign-in-link                               401 403 403  403 403 403  403 403 403  403 403 403  403 403 201  403
GET    /users/{id}/tokens                                     401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
POST   /users/{id}/tokens                                     401 403 403  403 403 403  403 403 403  403 403 403  403 403 403  403
DELETE /users/{id}/tokens/{token}                             401 403 403  403 403 403  403 403 403  403 403 403  403 403 404  403

GET    /audit-log                                              401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403

GET    /invitations                                           401 403 403  403 403 403  403 403 403  403 403 403  200 200 200  403
POST   /invitations                                           401 403 403  403 403 403  403 403 403  403 403 403  201 403 201  403
DELETE /invitations/{id}                                      401 403 403  403 403 403  403 403 403  403 403 403  204 403 204  403
POST   /invitations/accept                                    404 404 404  404 404 404  404 404 404  404 404 404  404 404 404  404

GET    /projects/{project}/rules                              401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
PUT    /projects/{project}/rules                              401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
POST   /projects/{project}/rules/test                         401 403 403  403 403 403  403 403 403  403 403 403  400 403 400  403
GET    /projects/{project}/rules/failed                       401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
POST   /projects/{project}/rules/retry                        401 403 403  403 403 403  403 403 403  403 403 403  200 403 200  403
POST   /encrypt                                               401 403 403  403 403 403  403 403 403  403 403 403  403 403 400  403

POST   /hooks/github/{project}                                401 401 401  401 401 401  401 401 401  401 401 401  401 401 401  401

POST   /mcp                                                   401 403 403  403 403 403  200 200 200  200 200 200  200 200 200  403

GET    /dead-letters                                          401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
POST   /dead-letters/redrive                                  401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
GET    /dead-notices                                          401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
POST   /dead-notices/redrive                                  401 403 403  403 403 403  403 403 403  403 403 403  403 403 200  403
";

/// Only a user in a session of the pages may do this, so every key and every token is refused.
pub(crate) const SESSION_ONLY: [&str; 2] = ["/users/{id}/sign-in-key", "/users/{id}/tokens"];

/// Returns the rows: method, route and statuses.
pub(crate) fn rows() -> Vec<(Method, &'static str, Vec<u16>)> {
    let cells = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    let rows = TABLE.lines().map(cells).filter(|cells| cells.len() == 18);
    rows.map(|cells| {
        let statuses = cells[2..].iter().map(|status| status.parse().unwrap()).collect();
        (cells[0].parse().unwrap(), cells[1], statuses)
    })
    .collect()
}

/// Returns a body that the route accepts. Where that would need more, one that is refused only for its content.
fn body(method: &Method, route: &str) -> Value {
    match (method.as_str(), route) {
        ("POST", "/projects/{project}/errors") => json!({ "errors": [{ "message": "m" }] }),
        ("POST", "/projects/{project}/occurrences") => {
            let moment = "2016-11-02T00:01:00Z";
            json!({ "occurrences": [{ "v": 1, "eventId": "07".repeat(16), "source": "v1", "timestamp": moment,
                "receivedAt": moment, "type": "E", "message": "m", "level": "error", "platform": "other" }] })
        }
        ("POST", "/api/{number}/store" | "/api/store") => json!({ "message": "m" }),
        ("POST", "/api/{number}/security" | "/api/{number}/csp-report" | "/api/{number}/nel") => {
            json!({ "csp-report": { "document-uri": "http://a.example", "violated-directive": "script-src" } })
        }
        ("POST", "/api/1/item") => json!({ "data": { "body": { "message": { "body": "m" } } } }),
        ("POST", "/bugsnag/notify") => json!({ "events": [{ "exceptions": [{ "errorClass": "E", "message": "m" }] }] }),
        ("POST", "/api/v3/projects/{project}/notices" | "/api/v3/projects/{project}/create-notice") => {
            json!({ "errors": [{ "type": "E", "message": "m" }] })
        }
        ("POST", "/projects") => json!({ "name": "new" }),
        ("PATCH", "/projects/{project}") => json!({ "owner": "somebody" }),
        ("PATCH", "/projects/{project}/errors/{message}") => json!({ "status": "resolved" }),
        ("PATCH", "/projects/{project}/errors") => json!({ "errors": ["m"], "change": { "status": "resolved" } }),
        ("POST", "/projects/{project}/errors/{message}/comments") => json!({ "text": "a comment" }),
        ("POST", "/projects/{project}/errors/{message}/merge" | "/projects/{project}/errors/{message}/unmerge") => {
            json!({ "errors": [grouping::message_fingerprint("other")] })
        }
        ("POST", "/projects/{project}/errors/{message}/restore") => {
            let entry = json!({ "id": "01KGZ3M5V00000000000000007", "at": "2026-11-02T00:01:00Z" });
            let mut entry = entry.as_object().cloned().unwrap_or_default();
            entry.extend([("by".to_owned(), json!({ "kind": "operator" })), ("what".to_owned(), json!("resolved"))]);
            json!({ "history": [entry] })
        }
        ("POST", "/mcp") => json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }),
        ("POST", "/keys") => json!({ "role": "client", "project": "sample" }),
        ("PATCH", "/keys/{id}") => json!({ "disabled": true }),
        ("POST", "/keys/{id}/rotate") => json!({ "overlapHours": 1 }),
        ("PATCH", "/users/{id}") => json!({ "projects": { "sample": "member" } }),
        ("POST", "/users/{id}/tokens") => json!({ "name": "t" }),
        ("POST", "/invitations") => json!({ "projects": { "sample": "viewer" } }),
        ("POST", "/invitations/accept") => json!({ "token": "made-up", "name": "n" }),
        _ => json!({}),
    }
}

async fn new_key(faultline: &Faultline, body: Value) -> Value {
    let answer = faultline.call(Method::POST, "/keys", ADMIN, body.to_string()).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    answer.body["data"]["key"].clone()
}

/// Creates the keys of the table's columns, in this order.
async fn keys(faultline: &Faultline) -> Vec<String> {
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let off = new_key(faultline, json!({ "role": "admin" })).await;
    let path = format!("/keys/{}", off["id"].as_str().unwrap());
    faultline.call(Method::PATCH, &path, ADMIN, r#"{"disabled":true}"#).await;
    let mut keys = vec![json!(""), json!("a-key-that-nobody-made"), off["key"].clone()];
    for role in ["client", "read", "member", "admin"] {
        for project in [json!("sample"), json!("other"), Value::Null] {
            keys.push(new_key(faultline, json!({ "role": role, "project": project })).await["key"].clone());
        }
    }
    keys.push(new_key(faultline, json!({ "role": "upload", "project": "sample" })).await["key"].clone());
    keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// Returns the route's path, with names and ids of existing things.
pub(crate) async fn path(faultline: &Faultline, route: &str) -> String {
    if route.contains("{message}") || route.contains("{event}") {
        faultline.post_message("m").await;
        faultline.post_message("other").await;
        assert_eq!(faultline.process().await, 0);
    }
    let occurrence = match route.contains("/occurrences/{") {
        true => faultline.get("/projects/sample/errors/m/occurrences").await["errors"][0].clone(),
        false => Value::Null,
    };
    let id = match route.starts_with("/keys/{id}") {
        true => new_key(faultline, json!({ "role": "read", "project": "sample" })).await["id"].clone(),
        false => occurrence["reversedUnixtime"].clone(),
    };
    let id = match route.split("/{id}").next() {
        Some(way) if way.ends_with("/comments") => new_comment(faultline).await,
        Some("/users") => faultline.new_user("Eve", json!({ "role": "viewer" })).await.id.into(),
        Some("/invitations") => {
            let body = json!({ "projects": { "sample": "viewer" } }).to_string();
            faultline.call(Method::POST, "/invitations", ADMIN, body).await.body["data"]["invitation"]["id"].take()
        }
        _ => id,
    };
    if route.contains("{release}") {
        let post = json!({ "errors": [{ "message": "m" }], "context": { "version": "1.0" } });
        faultline.post("sample", &post).await;
        assert_eq!(faultline.process().await, 0);
    }
    let filled = route
        .replace("{project}", "sample")
        .replace("{release}", "1.0")
        .replace("{number}", "1")
        .replace("{upload}", "1793577660000000-da39a3ee5e6b4b0d3255bfef95601890afd80709")
        .replace("{token}", "0123456789abcdef")
        .replace("{message}", "m")
        .replace("{event}", occurrence["eventId"].as_str().unwrap_or_default());
    filled.replace("{id}", id.as_str().unwrap_or_default())
}

async fn new_comment(faultline: &Faultline) -> Value {
    let path = "/projects/sample/errors/m/comments";
    let answer = faultline.call(Method::POST, path, ADMIN, json!({ "text": "a comment" }).to_string()).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    answer.body["data"]["comment"]["id"].clone()
}

pub(crate) async fn call(faultline: &Faultline, request: Request<Body>) -> (u16, HeaderMap, Bytes) {
    let (parts, body) = faultline.stack.front().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, body.collect().await.unwrap().to_bytes())
}

/// A request to a route, with the key in every way: each route reads one of them.
pub(crate) fn request(method: &Method, route: &str, path: &str, key: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !key.is_empty() {
        let auth = format!("Sentry sentry_version=7, sentry_key={key}");
        request = request.header("x-api-key", key).header("x-sentry-auth", auth);
        for name in ["x-rollbar-access-token", "bugsnag-api-key", "x-airbrake-token"] {
            request = request.header(name, key);
        }
    }
    let body = match route {
        "/api/{number}/envelope" | "/tunnel" => "{}\n{\"type\":\"event\"}\n{\"message\":\"m\"}".to_owned(),
        _ => body(method, route).to_string(),
    };
    request.body(body.into()).unwrap()
}

/// Checks each row of the table. Answers must not be cached, and refusals all have one form.
#[tokio::test]
async fn every_route_and_every_key() {
    for (method, route, expected) in rows() {
        let faultline = Faultline::new().await;
        let mut statuses = Vec::new();
        for key in keys(&faultline).await {
            let path = path(&faultline, route).await;
            let (status, headers, body) = call(&faultline, request(&method, route, &path, &key)).await;
            assert_eq!(headers[CACHE_CONTROL], "no-store", "{method} {path}");
            if status == 405 {
                assert!(headers.contains_key(ALLOW), "{method} {path}: no `Allow` header");
            }
            if status >= 400 {
                let body: Value = serde_json::from_slice(&body).unwrap();
                let (message, reason) = (&body["errors"][0]["message"], &body["errors"][0]["reason"]);
                assert!(message.is_string() && reason.is_string(), "{method} {path}: {body}");
                let short = [&body["message"], &body["detail"], &body["error"]];
                assert_eq!(short, [message, message, reason], "{method} {path}");
            }
            statuses.push(status);
        }
        assert_eq!(statuses, expected, "{method} {route}");
    }
}

/// Every route has a row, and every row has a route.
#[tokio::test]
async fn every_route_has_a_row() {
    let faultline = Faultline::new().await;
    let mut routes = BTreeSet::new();
    for route in routes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")) {
        let route = route.replace("{*", "{").replace("/api/{project}", "/api/{number}").replace("{service}", "github");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let path = route.replace("{number}", "1").replace(['{', '}'], "");
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let (status, _, _) = call(&faultline, request).await;
            if status != 405 {
                routes.insert(format!("{method} {route}"));
            }
        }
    }
    let rows: BTreeSet<_> = rows().iter().map(|(method, route, _)| format!("{method} {route}")).collect();
    let without_row: Vec<_> = routes.difference(&rows).collect();
    assert!(without_row.is_empty(), "add rows to the table for {without_row:?}");
    // The handler, not the router, distinguishes routes behind a message.
    let behind = |row: &str| {
        let part = |row: &str| row.split_once("{message}/").is_some();
        part(row) && routes.contains("GET /projects/{project}/errors/{message}")
    };
    let without_route: Vec<_> = rows.difference(&routes).filter(|row| !behind(row)).collect();
    assert!(without_route.is_empty(), "these rows have no route: {without_route:?}");
}

/// Returns the paths of all routes in the sources under `folder`.
fn routes_in(folder: &Path) -> BTreeSet<String> {
    let (mut routes, mut left) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(path) = left.pop() {
        // Pages need a session, not a key: `pages` and `rules_page` have their own tables.
        // The routes of uploaders answer in another form: `uploads` has their table.
        let has_table = ["query/src/pages", "notify/src/pages", "symbols/src"];
        if has_table.iter().any(|folder| path.ends_with(folder)) {
            continue;
        }
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            routes.extend(routes_of(&path));
        }
    }
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

fn routes_of(source: &PathBuf) -> Vec<String> {
    let text = std::fs::read_to_string(source).unwrap();
    let behind = text.split(".route(").skip(1).map(str::trim_start);
    let literal = |text: &str| Some(text.strip_prefix('"')?.split('"').next()?.to_owned());
    behind
        .map(|text| literal(text).unwrap_or_else(|| panic!("{}: a route is not a literal", source.display())))
        .collect()
}
