//! The audit log: who did what in the installation, and from where; without secrets.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, Request};
use http_common::ClientAddress;
use model::user::UserRole;
use serde_json::{Value, json};

use crate::browser::Browser;

/// Sends a request from an address.
async fn call(faultline: &Faultline, method: Method, path: &str, key: &str, body: Value) -> Value {
    let body = if body.is_null() { Body::empty() } else { body.to_string().into() };
    let mut request = Request::builder().method(method).uri(path).header("x-api-key", key).body(body).unwrap();
    request.extensions_mut().insert(ClientAddress::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))));
    let answer = faultline.send(request).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body["data"].clone()
}

async fn log(faultline: &Faultline, query: &str) -> Vec<Value> {
    faultline.get(&format!("/audit-log?limit=200{query}")).await["entries"].as_array().unwrap().clone()
}

/// What was done, oldest first.
async fn actions(faultline: &Faultline, query: &str) -> Vec<String> {
    let entries = log(faultline, query).await;
    entries.iter().rev().map(|entry| entry["what"].as_str().unwrap().to_owned()).collect()
}

/// Whatever changes who may do what, or deletes something, is recorded once. What is refused is not.
#[tokio::test]
async fn every_change_of_the_installation_is_recorded() {
    let faultline = Faultline::new().await;
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    let send = async |method, path: &str, body| call(&faultline, method, path, ADMIN, body).await;

    send(Method::POST, "/projects", json!({ "name": "shop" })).await;
    send(Method::PATCH, "/projects/shop", json!({ "owner": "Ada" })).await;
    let key = send(Method::POST, "/keys", json!({ "role": "read", "name": "ci", "project": "shop" })).await;
    let path = format!("/keys/{}", id(&key["key"]["id"]));
    send(Method::PATCH, &path, json!({ "disabled": true })).await;
    let rotated = send(Method::POST, &format!("{path}/rotate"), json!({ "overlapHours": 1 })).await;
    send(Method::DELETE, &path, Value::Null).await;
    let target = json!({ "type": "webhook", "endpoint": "https://alerts.example.org/secret-path" });
    let rules = json!({ "rules": [{ "id": "all", "to": [target] }] });
    let set = faultline.call(Method::PUT, "/projects/shop/rules", ADMIN, rules.to_string()).await;
    assert!(set.status.is_success(), "{}", set.body);
    let user = faultline.new_user("Ada", json!({ "role": "owner" })).await;
    let path = format!("/users/{}", user.id);
    send(Method::PATCH, &path, json!({ "role": "member" })).await;
    send(Method::POST, &format!("{path}/end-sessions"), Value::Null).await;
    let link = send(Method::POST, &format!("{path}/sign-in-link"), Value::Null).await;
    let invited = send(Method::POST, "/invitations", json!({ "role": "viewer" })).await;
    send(Method::DELETE, &format!("/invitations/{}", id(&invited["invitation"]["id"])), Value::Null).await;
    send(Method::DELETE, "/projects/sample/errors/m", Value::Null).await;
    send(Method::POST, "/dead-letters/redrive", json!({})).await;
    send(Method::POST, "/dead-notices/redrive", json!({})).await;
    let token = faultline.new_token(&user, UserRole::Viewer).await;
    let tokens = faultline.get(&format!("{path}/tokens")).await;
    send(Method::DELETE, &format!("{path}/tokens/{}", id(&tokens["tokens"][0]["id"])), Value::Null).await;
    send(Method::DELETE, &path, Value::Null).await;
    send(Method::DELETE, "/projects/shop", Value::Null).await;
    let refused = faultline.call(Method::DELETE, "/projects/nowhere", ADMIN, "").await;
    assert_eq!(refused.status.as_u16(), 404);

    let expected = [
        "project_created",
        "project_changed",
        "key_created",
        "key_changed",
        "key_rotated",
        "key_deleted",
        "rules_changed",
        "invitation_created",
        "user_joined",
        "user_changed",
        "sessions_ended",
        "sign_in_link_created",
        "invitation_created",
        "invitation_withdrawn",
        "error_deleted",
        "dead_letters_redriven",
        "dead_notices_redriven",
        "token_deleted",
        "user_deleted",
        "project_deleted",
    ];
    let mut found = actions(&faultline, "").await;
    let mut sorted = expected.map(str::to_owned).to_vec();
    // All happened in one moment of the test's clock, so their order is by chance.
    found.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(found, sorted);

    let whole = json!(log(&faultline, "").await).to_string();
    let secrets = [
        id(&key["key"]["key"]),
        id(&rotated["key"]["key"]),
        user.sign_in_key,
        id(&invited["token"]),
        id(&link["link"]),
        token,
        "secret-path".to_owned(),
    ];
    for secret in secrets {
        assert!(!whole.contains(&secret), "{secret}: {whole}");
    }
}

/// An entry says who did it, from where, and what was before and after.
#[tokio::test]
async fn an_entry_says_who_from_where_and_what() {
    let faultline = Faultline::new().await;
    let user = faultline.new_user("Ada", json!({ "role": "owner" })).await;
    let token = faultline.new_token(&user, UserRole::Owner).await;
    call(&faultline, Method::PATCH, "/projects/sample", &token, json!({ "owner": "web team", "tier": "low" })).await;
    let entries = log(&faultline, "&what=project_changed").await;
    let entry = &entries[0];
    assert_eq!(entry["by"], json!({ "kind": "user", "id": user.id, "name": "Ada" }));
    assert_eq!((&entry["address"], &entry["project"]), (&json!("192.0.2.7"), &json!("sample")));
    assert_eq!(
        entry["changes"],
        json!([
            { "field": "owner", "before": null, "after": "web team" },
            { "field": "tier", "before": "standard", "after": "low" },
        ])
    );
    let made = call(&faultline, Method::POST, "/keys", ADMIN, json!({ "role": "client", "name": "web" })).await;
    let entry = log(&faultline, "&what=key_created").await[0].clone();
    assert_eq!(
        (&entry["by"]["kind"], &entry["subject"], &entry["name"]),
        (&json!("operator"), &made["key"]["id"], &json!("web"))
    );
}

/// Signing in and out is recorded, also on the pages, with the address of the browser.
#[tokio::test]
async fn signing_in_and_out_is_recorded() {
    let faultline = Faultline::new().await;
    let user = faultline.new_user("Ada", json!({ "role": "owner" })).await;
    faultline.clock.advance(1);
    let browser = Browser::signed_in(&faultline, &user.sign_in_key).await;
    faultline.clock.advance(1);
    let page = browser.open("/audit-log").await;
    assert!(page.status == 200 && page.text.contains("signed in"), "{}", page.text);
    let token = page.token();
    assert_eq!(browser.submit("/sign-out", &[("token", &token)]).await.status, 303);
    faultline.clock.advance(1);
    let by = format!("&by={}", user.id);
    assert_eq!(actions(&faultline, &by).await, ["user_joined", "signed_in", "signed_out"]);
    let member = faultline.new_user("Eve", json!({ "role": "member" })).await;
    assert_eq!(Browser::signed_in(&faultline, &member.sign_in_key).await.open("/audit-log").await.status, 403);
}

/// Filters and pages find the same entries as the whole list.
#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    let faultline = Faultline::new().await;
    for number in 0..25 {
        call(&faultline, Method::POST, "/projects", ADMIN, json!({ "name": format!("p{number}") })).await;
        faultline.clock.advance(86_400);
        call(&faultline, Method::POST, "/keys", ADMIN, json!({ "role": "read", "project": "p0" })).await;
        faultline.clock.advance(86_400);
    }
    let whole = log(&faultline, "").await;
    assert_eq!(whole.len(), 50);
    assert!(
        whole.is_sorted_by_key(|entry| std::cmp::Reverse(entry["at"].as_str().unwrap().to_owned())),
        "newest first"
    );
    for (query, count) in [
        ("", 50),
        ("&what=key_created", 25),
        ("&project=p0", 26),
        ("&by=admin", 50),
        ("&by=Ada", 0),
        ("&what=project_created&project=p7", 1),
        ("&start=2026-12-01T00:00:00Z", 21),
        ("&end=2026-12-01T00:00:00Z", 29),
        ("&start=2026-11-02T00:01:00Z&end=2026-11-02T00:01:00Z", 0),
    ] {
        for limit in [1, 7, 200] {
            let (mut paged, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = faultline.get(&format!("/audit-log?limit={limit}{query}{cursor}")).await;
                let entries = page["entries"].as_array().unwrap();
                assert!(entries.len() <= limit);
                paged.extend(entries.iter().map(|entry| entry["id"].clone()));
                match page["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let expected: Vec<_> = log(&faultline, query).await.iter().map(|entry| entry["id"].clone()).collect();
            assert_eq!((paged.len(), &paged), (count, &expected), "{query} by {limit}");
        }
    }
    for bad in
        ["what=nothing", "project=a b", "start=x", "cursor=x", "start=2026-12-01T00:00:00Z&end=2026-11-01T00:00:00Z"]
    {
        let answer = faultline.call(Method::GET, &format!("/audit-log?{}", bad.replace(' ', "%20")), ADMIN, "").await;
        assert_eq!(answer.body["error"], "parameter_invalid", "{bad}");
    }
    // A cursor before the range: there is nothing left.
    let oldest = log(&faultline, "").await.last().unwrap()["id"].as_str().unwrap().to_owned();
    for range in ["", "&start=2026-12-01T00:00:00Z", "&start=2026-12-01T00:00:00Z&end=2026-12-01T00:00:00Z"] {
        let page = faultline.get(&format!("/audit-log?cursor={oldest}{range}")).await;
        assert_eq!((&page["entries"], &page["nextCursor"]), (&json!([]), &json!(null)), "{range}");
    }
    // Entries are kept for 400 days.
    faultline.clock.advance(399 * 86_400);
    let kept = log(&faultline, "").await.len();
    assert!(kept < 50 && kept > 0, "{kept}");
    faultline.clock.advance(3 * 86_400);
    assert_eq!(log(&faultline, "").await.len(), 0);
}
