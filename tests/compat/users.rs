//! Users: their roles, tokens, invitations and sessions, what is assigned to them, and the audit log are read.

use embedded::Engines;
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::user::UserRole;
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::{Session, SessionHolder, Sessions};

use crate::Samples;

/// Tokens of the samples, which are used for nothing else.
const TOKEN: &str = "faultline_pat_00000000000000000000000000000007";
const SESSION: &str = "a-session-of-the-samples";

async fn call(faultline: &Faultline, method: Method, path: &str, key: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = faultline.call(method, path, key, body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body["data"].clone()
}

#[tokio::test]
async fn users_and_what_belongs_to_them_are_read() {
    let samples = Samples::of("users");
    let faultline = samples.restored().await;
    let users = faultline.get("/users").await["users"].clone();
    let user = &users[0];
    let shown = ["name", "email", "role", "projects", "disabled", "hasSignInKey"].map(|field| user[field].clone());
    let projects = json!([{ "project": "shop", "role": "owner" }]);
    assert_eq!(json!(shown), json!(["Ada", "ada@example.org", "member", projects, false, true]), "{users}");
    let id = user["id"].as_str().unwrap();

    let token = &faultline.get(&format!("/users/{id}/tokens")).await["tokens"][0];
    assert_eq!(json!([token["name"], token["role"], token["hint"]]), json!(["test", "member", "0000"]));
    let me = call(&faultline, Method::GET, "/users/me", TOKEN, Value::Null).await;
    assert_eq!((&me["user"], &me["role"]), (&json!(id), &json!("member")));
    let mine = call(&faultline, Method::GET, "/projects/shop/errors?assignee=me", TOKEN, Value::Null).await;
    assert_eq!((&mine["errors"][0]["assignee"], &mine["errors"][0]["assigneeUser"]), (&json!("Ada"), &json!(id)));
    let history = faultline.get("/projects/shop/errors/m/history").await;
    let entry = &history["history"][0];
    assert_eq!((&entry["user"], &entry["by"]), (&json!(id), &json!({ "kind": "user", "id": id, "name": "Ada" })));

    let mut invitations = faultline.get("/invitations").await["invitations"].as_array().unwrap().clone();
    invitations.sort_by_key(|one| one["signsIn"].is_null());
    assert_eq!(invitations.len(), 2, "{invitations:?}");
    assert_eq!(invitations[0]["signsIn"], json!(id));
    assert_eq!(json!([invitations[1]["role"], invitations[1]["note"]]), json!(["viewer", "for Alan"]));
    let key = model::id::Key::parse(SESSION).unwrap();
    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let session = resources.directory.session(&key.hash(), faultline.clock.now()).await.unwrap().unwrap();
    assert!(matches!(session.holder, SessionHolder::User { epoch: 0, .. }), "{session:?}");

    let log = faultline.get("/audit-log?what=user_changed").await;
    let entry = &log["entries"][0];
    assert_eq!(entry["changes"], json!([{ "field": "email", "before": null, "after": "ada@example.org" }]));
}

/// Writes a user with a token, a session, an assigned error and invitations, and an entry of the audit log.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    call(&faultline, Method::POST, "/projects", ADMIN, json!({ "name": "shop" })).await;
    faultline.post("shop", &json!({ "errors": [{ "type": "E", "message": "m" }] })).await;
    assert_eq!(faultline.process().await, 0);
    let user = faultline.new_user("Ada", json!({ "role": "member", "projects": { "shop": "owner" } })).await;
    let path = format!("/users/{}", user.id);
    call(&faultline, Method::PATCH, &path, ADMIN, json!({ "email": "ada@example.org" })).await;
    let key = model::id::Key::parse(TOKEN).unwrap();
    faultline.add_token(&user, &key, UserRole::Member).await;
    call(&faultline, Method::PATCH, "/projects/shop/errors/m", TOKEN, json!({ "assigneeUser": "me" })).await;
    call(&faultline, Method::POST, "/invitations", ADMIN, json!({ "role": "viewer", "note": "for Alan" })).await;
    call(&faultline, Method::POST, &format!("{path}/sign-in-link"), ADMIN, Value::Null).await;
    let session = model::id::Key::parse(SESSION).unwrap();
    let holder = SessionHolder::User { id: model::id::UserId::parse(&user.id).unwrap(), epoch: 0 };
    let ends_at = faultline.clock.now().plus_seconds(7 * 86_400);
    resources.directory.begin(&session.hash(), &Session { holder, ends_at }).await.unwrap();
    let mut links = 0;
    samples
        .write_items(&engines, |pk, sk, item| {
            let of_log = |item: &Value| item["entry"]["S"].as_str().is_some_and(|entry| entry.contains("user_changed"));
            match (pk, sk.chars().next().unwrap_or_default()) {
                ("USER", _) => Some("user".to_owned()),
                ("TOKEN", _) => Some("token".to_owned()),
                ("INVITATION", _) => {
                    links += 1;
                    Some(format!("invitation-{links}"))
                }
                (pk, _) if pk.starts_with("SESSION#") => Some("session".to_owned()),
                (pk, _) if pk.starts_with("AUDIT#") && of_log(item) => Some("audit".to_owned()),
                ("P#2", 'E') => Some("error".to_owned()),
                (pk, 'H') if pk.starts_with("E#2#") => Some("history".to_owned()),
                (pk, 'O') if pk.starts_with("E#2#") => Some("reference".to_owned()),
                (pk, _) if pk.starts_with("I#2#") => Some(format!("postings-{}", &sk[sk.len() - 13..])),
                _ => None,
            }
        })
        .await;
}
