//! Promise 6: a caller can only reach what its key allows.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};

/// Every route with every kind of key: client keys only post, keys of a project reach only it, and with no key nothing
/// is open but `/`, `/health` and preflights.
#[tokio::test]
async fn every_route_and_every_key() {
    let faultline = Faultline::new().await;
    let new_key = async |body: &str| {
        let answer = faultline.call(Method::POST, "/keys", ADMIN, body.to_owned()).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        answer.body["data"]["key"]["key"].as_str().unwrap().to_owned()
    };
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let keys = [
        String::new(),
        faultline.client_key().to_owned(),
        new_key(r#"{"role":"client"}"#).await,
        new_key(r#"{"role":"admin","project":"sample"}"#).await,
        new_key(r#"{"role":"admin","project":"other"}"#).await,
        new_key(r#"{"role":"admin","name":"all"}"#).await,
    ];
    // What each of the keys above is answered: nobody, client of sample, client of all, admin of sample, admin of
    // another, admin of all.
    let post = r#"{"errors":[{"message":"m"}]}"#;
    let resolve = r#"{"status":"resolved"}"#;
    let routes: [(Method, &str, &str, [u16; 6]); 18] = [
        (Method::POST, "/projects/sample/errors", post, [401, 201, 201, 201, 403, 201]),
        (Method::GET, "/projects", "", [401, 403, 403, 403, 403, 200]),
        (Method::POST, "/projects", "{}", [401, 403, 403, 403, 403, 400]),
        (Method::DELETE, "/projects/none", "", [401, 403, 403, 403, 403, 404]),
        (Method::GET, "/projects/sample/errors", "", [401, 403, 403, 200, 403, 200]),
        (Method::GET, "/projects/sample/errors/m", "", [401, 403, 403, 200, 403, 200]),
        (Method::PATCH, "/projects/sample/errors/m", resolve, [401, 403, 403, 200, 403, 200]),
        (Method::DELETE, "/projects/sample/errors/none", "", [401, 403, 403, 404, 403, 404]),
        (Method::GET, "/projects/sample/errors/m/occurrences", "", [401, 403, 403, 200, 403, 200]),
        (Method::POST, "/keys", "{}", [401, 403, 403, 403, 403, 400]),
        (Method::POST, "/encrypt", "{}", [401, 403, 403, 403, 403, 400]),
        (Method::GET, "/projects/sample/rules", "", [401, 403, 403, 200, 403, 200]),
        (Method::PUT, "/projects/sample/rules", "{}", [401, 403, 403, 200, 403, 200]),
        (Method::POST, "/projects/sample/rules/test", "{}", [401, 403, 403, 400, 403, 400]),
        (Method::GET, "/dead-letters", "", [401, 403, 403, 403, 403, 200]),
        (Method::POST, "/dead-letters/redrive", "{}", [401, 403, 403, 403, 403, 200]),
        (Method::GET, "/info", "", [401, 403, 403, 403, 403, 201]),
        (Method::GET, "/health", "", [200; 6]),
    ];
    for (method, path, body, expected) in routes {
        let mut statuses = [0; 6];
        for (status, key) in statuses.iter_mut().zip(&keys) {
            *status = faultline.call(method.clone(), path, key, body).await.status.as_u16();
            faultline.digest().await;
        }
        assert_eq!(statuses, expected, "{method} {path}");
    }
}

/// A key may also come as a bearer token.
#[tokio::test]
async fn a_key_may_be_a_bearer_token() {
    let faultline = Faultline::new().await;
    let request = Request::get("/projects").header("authorization", format!("Bearer {ADMIN}")).body(Body::empty());
    assert_eq!(faultline.send(request.unwrap()).await.status.as_u16(), 200);
}

/// Promise 5: what a key opens is stored, not the key; and a posted notification config is not stored at all.
#[tokio::test]
async fn no_secret_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let faultline = Faultline::in_directory(dir.path()).await;
    let body = r#"{"role":"client","name":"for the shop"}"#;
    let key = faultline.call(Method::POST, "/keys", ADMIN, body).await.body["data"]["key"]["key"].clone();
    let post = serde_json::json!({ "errors": [{ "message": "m" }],
        "notifications": [{ "type": "slack", "endpoint": "https://hooks.example/SECRET-HOOK" }] });
    faultline.post("sample", &post).await;
    let inbox = faultline.take_inbox().await;
    let unpacked = domain::inbox::packed(inbox[0].strip_prefix("1.").unwrap()).unwrap();
    let message = domain::inbox::Message::unpack(&unpacked).unwrap();
    assert!(!String::from_utf8_lossy(&message.payload).contains("SECRET-HOOK"));
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [key.as_str().unwrap(), ADMIN, "SECRET-HOOK"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
}

/// The DSN that comes with a new project leads back to where it was asked for, behind whatever prefix.
#[tokio::test]
async fn a_dsn_has_the_address_that_was_asked() {
    let faultline = Faultline::new().await;
    for (path, name, expected) in [
        ("/projects", "plain", "https://KEY@errors.example/2"),
        ("/tools/faultline/projects", "behind", "https://KEY@errors.example/tools/faultline/3"),
    ] {
        let request = Request::post(path)
            .header("x-api-key", ADMIN)
            .header("host", "errors.example")
            .header("x-forwarded-proto", "https")
            .body(Body::from(format!(r#"{{"name":"{name}"}}"#)));
        let made = faultline.send(request.unwrap()).await;
        let project = &made.body["data"]["project"];
        let key = project["clientKey"].as_str().unwrap();
        assert_eq!(project["dsn"].as_str().unwrap().replace(key, "KEY"), expected);
    }
}
