//! Errors are assigned to users, or to anybody by name, and found again.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use model::user::UserRole;
use serde_json::{Value, json};

use crate::browser::Browser;

const ERRORS: &str = "/projects/sample/errors";

async fn patch(faultline: &Faultline, key: &str, error: &str, body: Value) -> (u16, Value) {
    let answer = faultline.call(Method::PATCH, &format!("{ERRORS}/{error}"), key, body.to_string()).await;
    (answer.status.as_u16(), answer.body)
}

/// The messages of the errors that a search finds.
async fn found(faultline: &Faultline, key: &str, query: &str) -> Vec<String> {
    let answer = faultline.call(Method::GET, &format!("{ERRORS}?{query}"), key, "").await;
    assert_eq!(answer.status.as_u16(), 200, "{query}: {}", answer.body);
    let errors = answer.body["data"]["errors"].as_array().unwrap();
    errors.iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect()
}

async fn with_errors() -> Faultline {
    let faultline = Faultline::new().await;
    for message in ["a", "b", "c"] {
        faultline.post_message(message).await;
    }
    assert_eq!(faultline.process().await, 0);
    faultline
}

#[tokio::test]
async fn an_error_is_assigned_to_a_user_or_to_a_name() {
    let faultline = with_errors().await;
    let user = faultline.new_user("Ada", json!({ "projects": { "sample": "member" } })).await;
    let token = faultline.new_token(&user, UserRole::Owner).await;
    let (status, body) = patch(&faultline, &token, "a", json!({ "assigneeUser": "me" })).await;
    let error = &body["data"]["error"];
    assert_eq!((status, &error["assignee"], &error["assigneeUser"]), (200, &json!("Ada"), &json!(user.id)), "{body}");
    assert_eq!(patch(&faultline, ADMIN, "b", json!({ "assignee": "Ada" })).await.0, 200);
    assert_eq!(found(&faultline, &token, "assignee=me").await, ["a"], "a name is not a user");
    assert_eq!(found(&faultline, &token, "assignee=Ada").await.len(), 2);
    assert_eq!(found(&faultline, ADMIN, &format!("assignee=user:{}", user.id)).await, ["a"]);

    let history = faultline.get(&format!("{ERRORS}/a/history")).await;
    let entry = &history["history"][0];
    assert_eq!(
        (&entry["what"], &entry["user"], &entry["by"]["name"]),
        (&json!("assigned"), &json!(user.id), &json!("Ada"))
    );

    // Where the name is changed, errors are found as before.
    let renamed = faultline.call(Method::PATCH, &format!("/users/{}", user.id), &token, r#"{"name":"Ada L."}"#).await;
    assert_eq!(renamed.status.as_u16(), 200);
    assert_eq!(found(&faultline, &token, "assignee=me").await, ["a"]);
    // An occurrence does not take the assignee away.
    faultline.post_message("a").await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(found(&faultline, &token, "assignee=me").await, ["a"]);
    let bulk = json!({ "where": { "assignee": "me" }, "change": { "assignee": null } });
    let answer = faultline.call(Method::PATCH, ERRORS, &token, bulk.to_string()).await;
    assert_eq!(answer.body["data"]["results"].as_array().map(Vec::len), Some(1), "{}", answer.body);
    assert_eq!(found(&faultline, &token, "assignee=me").await, Vec::<String>::new());
}

#[tokio::test]
async fn only_users_of_the_project_are_assignees() {
    let faultline = with_errors().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let stranger = faultline.new_user("Eve", json!({ "projects": { "other": "owner" } })).await;
    let disabled = faultline.new_user("Joe", json!({ "role": "member" })).await;
    faultline.call(Method::PATCH, &format!("/users/{}", disabled.id), ADMIN, r#"{"disabled":true}"#).await;
    for (body, status, reason) in [
        (json!({ "assigneeUser": stranger.id }), 404, "user_unknown"),
        (json!({ "assigneeUser": disabled.id }), 404, "user_unknown"),
        (json!({ "assigneeUser": "0123456789abcdef" }), 404, "user_unknown"),
        (json!({ "assigneeUser": "Ada" }), 400, "body_invalid"),
        (json!({ "assigneeUser": "me" }), 400, "body_invalid"),
        (json!({ "assigneeUser": stranger.id, "assignee": "Eve" }), 400, "body_invalid"),
    ] {
        let (found, answer) = patch(&faultline, ADMIN, "a", body.clone()).await;
        assert_eq!((found, &answer["error"]), (status, &json!(reason)), "{body}");
    }
    let answer = faultline.call(Method::GET, &format!("{ERRORS}?assignee=me"), ADMIN, "").await;
    assert_eq!(answer.body["error"], "parameter_invalid", "a key has no errors of its own");
}

/// On the page of an error, a user takes it, or chooses a member by name. The list shows what is the visitor's own.
#[tokio::test]
async fn pages_assign_to_members() {
    let faultline = with_errors().await;
    let list = faultline.get(ERRORS).await;
    let fingerprint = |message: &str| {
        let errors = list["errors"].as_array().unwrap();
        let error = errors.iter().find(|error| error["message"] == message).unwrap();
        error["fingerprint"].as_str().unwrap().to_owned()
    };
    let ada = faultline.new_user("Ada", json!({ "role": "member" })).await;
    faultline.new_user("Grace", json!({ "role": "viewer" })).await;
    let browser = Browser::signed_in(&faultline, &ada.sign_in_key).await;
    let page = browser.open(&format!("{ERRORS}/{}", fingerprint("a"))).await;
    assert!(page.text.contains("<option value=\"Grace\">") && page.text.contains("Assign to me"), "{}", page.text);
    assert!(!page.text.contains("value=\"delete\""), "members delete no errors");
    let token = page.token();
    let submit = async |message: &str, fields: &[(&str, &str)]| {
        let fields: Vec<_> = [("token", token.as_str())].iter().chain(fields).copied().collect();
        let seen = browser.submit(&format!("/pages{ERRORS}/{}", fingerprint(message)), &fields).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
    };
    submit("a", &[("do", "assign-me")]).await;
    submit("b", &[("do", "assign"), ("assignee", "Grace")]).await;
    submit("c", &[("do", "assign"), ("assignee", "the night shift")]).await;
    let assigned = |message: &str| {
        let path = format!("{ERRORS}/{message}");
        let faultline = &faultline;
        async move {
            let error = faultline.get(&path).await["error"].clone();
            (error["assignee"].clone(), error["assigneeUser"].is_string())
        }
    };
    assert_eq!(assigned("a").await, (json!("Ada"), true));
    assert_eq!(assigned("b").await, (json!("Grace"), true));
    assert_eq!(assigned("c").await, (json!("the night shift"), false));
    let mine = browser.open(&format!("{ERRORS}?status=unresolved&q=assignee%3Ame")).await.text;
    assert!(mine.contains("aria-current=\"page\">Mine") && mine.contains(&fingerprint("a")), "{mine}");
    assert!(!mine.contains(&fingerprint("b")), "{mine}");
}

/// Members delete their own comments, and no others.
#[tokio::test]
async fn members_delete_their_own_comments() {
    let faultline = with_errors().await;
    let path = format!("{ERRORS}/a/comments");
    let mut authors = Vec::new();
    for name in ["Ada", "Grace"] {
        let user = faultline.new_user(name, json!({ "role": "member" })).await;
        let token = faultline.new_token(&user, UserRole::Owner).await;
        let made = faultline.call(Method::POST, &path, &token, json!({ "text": name }).to_string()).await;
        authors.push((token, made.body["data"]["comment"]["id"].as_str().unwrap().to_owned()));
    }
    let delete = async |token: &str, id: &str| {
        faultline.call(Method::DELETE, &format!("{path}/{id}"), token, "").await.status.as_u16()
    };
    assert_eq!(delete(&authors[0].0, &authors[1].1).await, 403);
    assert_eq!(delete(&authors[0].0, &authors[0].1).await, 204);
    assert_eq!(delete(ADMIN, &authors[1].1).await, 204);
}
