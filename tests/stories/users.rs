//! Users: invitations, sessions, personal access tokens, and what ends them.

use std::sync::Arc;

use embedded::Engines;
use faultline_tests::{ADMIN, Faultline, TestClock};
use http::Method;
use model::user::UserRole;
use serde_json::{Value, json};
use server::system::Resources;

use crate::browser::Browser;

async fn call(faultline: &Faultline, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = faultline.call(method, path, key, body).await;
    (answer.status.as_u16(), answer.body)
}

/// The status with which a token reads.
async fn reads(faultline: &Faultline, token: &str) -> u16 {
    call(faultline, Method::GET, "/projects", token, Value::Null).await.0
}

/// The text of an element of a page.
fn element(text: &str, id: &str) -> String {
    let (_, rest) = text.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}: {text}"));
    rest.split('<').next().unwrap().to_owned()
}

/// An invitation works once, within seven days, and gives the roles that it names.
#[tokio::test]
async fn an_invitation_works_once() {
    let faultline = Faultline::new().await;
    let body = json!({ "projects": { "sample": "member" }, "note": "for Ada" });
    let (status, made) = call(&faultline, Method::POST, "/invitations", ADMIN, body).await;
    assert_eq!(status, 201, "{made}");
    let token = &made["data"]["token"];
    assert!(made["data"]["link"].as_str().unwrap().ends_with(&format!("/join/{}", token.as_str().unwrap())));
    let list = faultline.get("/invitations").await;
    assert_eq!(
        (&list["invitations"][0]["note"], list.to_string().contains(token.as_str().unwrap())),
        (&json!("for Ada"), false)
    );

    for (body, reason) in [
        (json!({ "token": token, "name": "" }), "body_invalid"),
        (json!({ "token": token, "name": "a\nb" }), "body_invalid"),
        (json!({ "token": token, "name": "Ada", "email": "nowhere" }), "body_invalid"),
        (json!({ "token": "made-up", "name": "Ada" }), "invitation_unknown"),
    ] {
        let (_, refused) = call(&faultline, Method::POST, "/invitations/accept", "", body.clone()).await;
        assert_eq!(refused["error"], reason, "{body}");
    }
    let body = json!({ "token": token, "name": "Ada", "email": "ada@example.org" });
    let (status, accepted) = call(&faultline, Method::POST, "/invitations/accept", "", body.clone()).await;
    let user = &accepted["data"]["user"];
    assert_eq!((status, &user["name"], &user["role"]), (201, &json!("Ada"), &Value::Null), "{accepted}");
    assert_eq!(user["projects"], json!([{ "project": "sample", "role": "member" }]));
    let (status, again) = call(&faultline, Method::POST, "/invitations/accept", "", body).await;
    assert_eq!((status, &again["error"]), (404, &json!("invitation_unknown")));
    assert_eq!(faultline.get("/invitations").await["invitations"], json!([]));
    let members = faultline.get("/projects/sample/members").await;
    assert_eq!(members["members"][0]["name"], "Ada");
    assert_eq!(members["members"][0]["role"], "member");
}

#[tokio::test]
async fn an_invitation_ends_and_can_be_withdrawn() {
    let faultline = Faultline::new().await;
    let invite = async || {
        let made = call(&faultline, Method::POST, "/invitations", ADMIN, json!({ "role": "viewer" })).await.1;
        (made["data"]["token"].clone(), made["data"]["invitation"]["id"].as_str().unwrap().to_owned())
    };
    let accept = async |token: &Value| {
        let body = json!({ "token": token, "name": "Ada" });
        call(&faultline, Method::POST, "/invitations/accept", "", body).await.0
    };
    let ((late, _), (in_time, _), (withdrawn, id)) = (invite().await, invite().await, invite().await);
    assert_eq!(call(&faultline, Method::DELETE, &format!("/invitations/{id}"), ADMIN, Value::Null).await.0, 204);
    assert_eq!(accept(&withdrawn).await, 404);
    assert_eq!(call(&faultline, Method::DELETE, &format!("/invitations/{id}"), ADMIN, Value::Null).await.0, 404);
    faultline.clock.advance(7 * 86_400 - 1);
    assert_eq!(accept(&in_time).await, 201);
    faultline.clock.advance(1);
    assert_eq!(accept(&late).await, 404);
    assert_eq!(faultline.get("/invitations").await["invitations"], json!([]));
}

/// Whoever loses rights does not keep them by a link.
#[tokio::test]
async fn an_invitation_ends_with_the_rights_of_its_creator() {
    for (way, expected) in [("demoted", 404), ("disabled", 404), ("deleted", 404), ("key deleted", 404), ("", 201)] {
        let faultline = Faultline::new().await;
        let owner = faultline.new_user("Grace", json!({ "role": "owner" })).await;
        let token = faultline.new_token(&owner, UserRole::Owner).await;
        let made = call(&faultline, Method::POST, "/keys", ADMIN, json!({ "role": "admin" })).await.1;
        let key = &made["data"]["key"];
        let by = if way == "key deleted" { key["key"].as_str().unwrap() } else { &token };
        let made = call(&faultline, Method::POST, "/invitations", by, json!({ "role": "owner" })).await.1;
        let path = format!("/users/{}", owner.id);
        let (method, path, body) = match way {
            "demoted" => (Method::PATCH, path, json!({ "role": "member" })),
            "disabled" => (Method::PATCH, path, json!({ "disabled": true })),
            "deleted" => (Method::DELETE, path, Value::Null),
            "key deleted" => (Method::DELETE, format!("/keys/{}", key["id"].as_str().unwrap()), Value::Null),
            _ => (Method::GET, path, Value::Null),
        };
        assert!(call(&faultline, method, &path, ADMIN, body).await.0 < 300, "{way}");
        let body = json!({ "token": made["data"]["token"], "name": "Eve" });
        assert_eq!(call(&faultline, Method::POST, "/invitations/accept", "", body).await.0, expected, "{way}");
    }
}

/// A change that is repeated is no failure; one without content is.
#[tokio::test]
async fn a_change_can_be_repeated() {
    let faultline = Faultline::new().await;
    let path = format!("/users/{}", faultline.new_user("Ada", json!({ "role": "member" })).await.id);
    for body in [json!({ "disabled": true }), json!({ "role": "viewer" }), json!({ "email": "ada@example.org" })] {
        let first = call(&faultline, Method::PATCH, &path, ADMIN, body.clone()).await;
        assert_eq!(
            (first.0, &first),
            (200, &call(&faultline, Method::PATCH, &path, ADMIN, body.clone()).await),
            "{body}"
        );
    }
    for body in [json!({}), json!({ "name": null }), json!({ "rank": 1 }), json!({ "role": "admin" })] {
        let (status, answer) = call(&faultline, Method::PATCH, &path, ADMIN, body.clone()).await;
        assert_eq!((status, &answer["error"]), (400, &json!("body_invalid")), "{body}");
    }
    assert_eq!(call(&faultline, Method::PATCH, "/users/none", ADMIN, json!({ "role": null })).await.0, 400);
}

/// Made-up tokens of invitations are not looked up without end.
#[tokio::test]
async fn guesses_of_invitations_are_limited() {
    let faultline = Faultline::new().await;
    let mut reasons = Vec::new();
    for number in 0..120 {
        let body = json!({ "token": format!("made-up-{number}"), "name": "Ada" });
        reasons.push(call(&faultline, Method::POST, "/invitations/accept", "", body).await.1["error"].clone());
    }
    assert_eq!((&reasons[0], &reasons[119]), (&json!("invitation_unknown"), &json!("key_guesses_limited")));
}

/// A person opens the link, enters a name, and is signed in. With the key that is shown once, they sign in again.
#[tokio::test]
async fn a_person_joins_by_the_link() {
    let faultline = Faultline::new().await;
    let made = call(&faultline, Method::POST, "/invitations", ADMIN, json!({ "role": "owner" })).await.1;
    let path = format!("/join/{}", made["data"]["token"].as_str().unwrap());
    let mut browser = Browser::new(&faultline);
    let form = browser.open(&path).await;
    assert!(
        form.status == 200 && form.text.contains("You are invited to this error tracker by the stack&#39;s admin"),
        "{}",
        form.text
    );
    assert_eq!(Browser::new(&faultline).open(&path).await.status, 200, "opening the link does not use it up");
    let foreign = browser.submit(&path, &[("token", &form.token()), ("name", "Ada")]).await;
    assert_eq!(foreign.status, 403, "a form of another browser");
    browser.cookie = form.cookie();
    let refused = browser.submit(&path, &[("token", &form.token()), ("name", "Ada"), ("email", "x")]).await;
    assert!(refused.status == 400 && refused.text.contains("value=\"Ada\""), "{}", refused.text);
    let joined = browser.submit(&path, &[("token", &form.token()), ("name", "Ada")]).await;
    assert_eq!(joined.status, 200, "{}", joined.text);
    let key = element(&joined.text, "made-secret");
    browser.cookie = joined.cookie();
    let users = browser.open("/users").await;
    assert!(
        users.status == 200 && users.text.contains("<strong>Ada</strong> <span class=\"quiet\">you"),
        "{}",
        users.text
    );
    assert_eq!(browser.open(&path).await.status, 404, "it works once");

    let again = Browser::signed_in(&faultline, &key).await;
    assert!(again.open("/profile").await.text.contains("value=\"Ada\""));
    let (status, refused) = call(&faultline, Method::GET, "/projects", &key, Value::Null).await;
    assert_eq!((status, &refused["error"]), (403, &json!("key_unknown")), "the API does not take it");
}

/// Whoever follows an invitation while signed in keeps the user, and gets the new roles in addition.
#[tokio::test]
async fn a_user_joins_another_project() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let user = faultline.new_user("Ada", json!({ "projects": { "sample": "owner" } })).await;
    let browser = Browser::signed_in(&faultline, &user.sign_in_key).await;
    let body = json!({ "projects": { "other": "member", "sample": "viewer" } });
    let made = call(&faultline, Method::POST, "/invitations", ADMIN, body).await.1;
    let path = format!("/join/{}", made["data"]["token"].as_str().unwrap());
    let form = browser.open(&path).await;
    assert!(form.text.contains("Join as Ada"), "{}", form.text);
    let cookie = format!("{}; {}", browser.cookie, form.cookie());
    let mut both = Browser::new(&faultline);
    both.cookie = cookie;
    assert_eq!(both.submit(&path, &[("token", &form.token())]).await.location(), "/?done=joined");
    let shown = faultline.get(&format!("/users/{}", user.id)).await;
    let expected = json!([{ "project": "sample", "role": "owner" }, { "project": "other", "role": "member" }]);
    assert_eq!(shown["user"]["projects"], expected);
    let projects = browser.open("/").await.text;
    assert!(projects.contains("/projects/sample/") && projects.contains("/projects/other/"), "{projects}");
}

/// The profile page creates a token, which is shown once and acts for the user, within its role.
#[tokio::test]
async fn a_token_acts_for_its_user() {
    let faultline = Faultline::new().await;
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    let user = faultline.new_user("Ada", json!({ "role": "owner" })).await;
    let browser = Browser::signed_in(&faultline, &user.sign_in_key).await;
    let token = browser.open("/profile").await.token();
    let fields =
        [("token", token.as_str()), ("do", "create"), ("token-name", "laptop"), ("role", "member"), ("days", "30")];
    let made = browser.submit("/pages/profile", &fields).await;
    let secret = element(&made.text, "made-secret");
    assert!(secret.starts_with("faultline_pat_"), "{secret}");
    assert!(!browser.open("/profile").await.text.contains(&secret), "it is shown once");

    let path = "/projects/sample/errors/m/comments";
    assert_eq!(call(&faultline, Method::POST, path, &secret, json!({ "text": "by hand" })).await.0, 201);
    let patch = json!({ "status": "resolved" });
    assert_eq!(call(&faultline, Method::PATCH, "/projects/sample/errors/m", &secret, patch).await.0, 200);
    assert_eq!(call(&faultline, Method::GET, "/keys", &secret, Value::Null).await.0, 403, "the token is for a member");
    let history = faultline.get("/projects/sample/errors/m/history").await;
    for entry in history["history"].as_array().unwrap() {
        assert_eq!(entry["by"], json!({ "kind": "user", "id": user.id, "name": "Ada" }), "{history}");
    }
    let me = call(&faultline, Method::GET, "/users/me", &secret, Value::Null).await.1;
    assert_eq!((&me["data"]["user"], &me["data"]["role"]), (&json!(user.id), &json!("member")));
    let listed = faultline.get(&format!("/users/{}/tokens", user.id)).await;
    assert_eq!(
        (&listed["tokens"][0]["name"], &listed["tokens"][0]["lastUsed"]),
        (&json!("laptop"), &json!("2026-11-02"))
    );
    assert!(!listed.to_string().contains(&secret));

    faultline.clock.advance(30 * 86_400 - 1);
    assert_eq!(reads(&faultline, &secret).await, 200);
    faultline.clock.advance(1);
    assert_eq!(reads(&faultline, &secret).await, 403, "it has ended");
    assert_eq!(faultline.get(&format!("/users/{}/tokens", user.id)).await["tokens"], json!([]));
}

/// Whatever takes rights away counts at once in this process, and for every change.
#[tokio::test]
async fn rights_end_with_the_user_the_token_and_the_session() {
    for way in ["disable", "delete", "delete-token", "end-sessions", "demote"] {
        let faultline = Faultline::new().await;
        let user = faultline.new_user("Ada", json!({ "role": "owner" })).await;
        let token = faultline.new_token(&user, UserRole::Owner).await;
        let browser = Browser::signed_in(&faultline, &user.sign_in_key).await;
        assert_eq!((reads(&faultline, &token).await, browser.open("/users").await.status), (200, 200), "{way}");
        let path = format!("/users/{}", user.id);
        let id = faultline.get(&format!("{path}/tokens")).await["tokens"][0]["id"].as_str().unwrap().to_owned();
        let (method, path, body) = match way {
            "disable" => (Method::PATCH, path, json!({ "disabled": true })),
            "delete" => (Method::DELETE, path, Value::Null),
            "delete-token" => (Method::DELETE, format!("{path}/tokens/{id}"), Value::Null),
            "end-sessions" => (Method::POST, format!("{path}/end-sessions"), Value::Null),
            _ => (Method::PATCH, path, json!({ "role": "viewer" })),
        };
        let (status, answer) = call(&faultline, method, &path, ADMIN, body).await;
        assert!(status == 200 || status == 204, "{way}: {status} {answer}");
        let seen = (reads(&faultline, &token).await, browser.open("/users").await.status);
        let expected = match way {
            "delete-token" => (403, 200),
            "end-sessions" => (200, 303),
            "demote" => (200, 403),
            _ => (403, 303),
        };
        assert_eq!(seen, expected, "{way}");
        let again = Browser::new(&faultline).sign_in(&user.sign_in_key).await.status;
        assert_eq!(again, if ["disable", "delete"].contains(&way) { 403 } else { 303 }, "{way}");
    }
}

/// An owner gives a link to a user who has lost the key. It signs in once, within an hour, and the user makes a new key.
#[tokio::test]
async fn a_lost_key_is_replaced() {
    let faultline = Faultline::new().await;
    let user = faultline.new_user("Ada", json!({ "role": "member" })).await;
    let owner = faultline.new_user("Grace", json!({ "role": "owner" })).await;
    let page = Browser::signed_in(&faultline, &owner.sign_in_key).await;
    let token = page.open("/users").await.token();
    let fields = [("token", token.as_str()), ("do", "sign-in-link"), ("id", user.id.as_str())];
    let made = page.submit("/pages/users", &fields).await;
    let link = element(&made.text, "made-secret");
    let path = &link[link.find("/join/").unwrap()..];
    let mut browser = Browser::new(&faultline);
    let form = browser.open(path).await;
    assert!(form.text.contains("signs you in as Ada"), "{}", form.text);
    browser.cookie = form.cookie();
    let signed_in = browser.submit(path, &[("token", &form.token())]).await;
    assert_eq!(signed_in.location(), "/profile");
    browser.cookie = signed_in.cookie();
    let token = browser.open("/profile").await.token();
    let made = browser.submit("/pages/profile", &[("token", &token), ("do", "key")]).await;
    let key = element(&made.text, "made-secret");
    Browser::signed_in(&faultline, &key).await;
    assert_eq!(Browser::new(&faultline).sign_in(&user.sign_in_key).await.status, 403, "the lost key stops working");
    assert_eq!(browser.open(path).await.status, 404, "the link works once");

    let fields = [("token", token.as_str()), ("do", "sign-in-link"), ("id", user.id.as_str())];
    assert_eq!(browser.submit("/pages/users", &fields).await.status, 403, "only owners create such links");
}

/// A member's pages show what members may do, project by project.
#[tokio::test]
async fn pages_follow_the_role_in_their_project() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    for (name, project) in [("m", "sample"), ("o", "other")] {
        faultline.post(project, &json!({ "errors": [{ "message": name }] })).await;
    }
    assert_eq!(faultline.process().await, 0);
    let roles = json!({ "projects": { "sample": "viewer", "other": "owner" } });
    let user = faultline.new_user("Ada", roles).await;
    let browser = Browser::signed_in(&faultline, &user.sign_in_key).await;
    let shows = async |project: &str, what: &str| {
        browser.open(&format!("/projects/{project}/errors?status=unresolved")).await.text.contains(what)
    };
    assert_eq!((shows("sample", "value=\"resolve\"").await, shows("other", "value=\"resolve\"").await), (false, true));
    assert_eq!((shows("sample", "/settings\"").await, shows("other", "/settings\"").await), (false, true));
    assert_eq!(browser.open("/projects/sample/settings").await.status, 403);
    assert_eq!(browser.open("/projects/other/settings").await.status, 200);
    assert_eq!(browser.open("/users").await.status, 403);
    let members = browser.open("/projects/other/members").await;
    assert!(members.status == 200 && members.text.contains("Create link"), "{}", members.text);
    let (token, path) = (members.token(), "/pages/projects/other/members");
    let invited = browser.submit(path, &[("token", &token), ("do", "invite"), ("role", "viewer")]).await;
    assert!(element(&invited.text, "made-secret").contains("/join/"));
    let elsewhere = [("token", token.as_str()), ("do", "invite"), ("role", "viewer")];
    assert_eq!(browser.submit("/pages/projects/sample/members", &elsewhere).await.status, 403);
}

/// Another process, which checked the user shortly before, refuses changes at once and reads within a minute.
#[tokio::test]
async fn a_disabled_user_is_out_everywhere_within_a_minute() {
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let here = Faultline::builder().engines(engines.clone()).start().await;
    let clock = Arc::new(TestClock::seeded(2));
    let there = Faultline::builder().engines(engines).resources(resources).clock(clock).start().await;
    let user = here.new_user("Ada", json!({ "role": "owner" })).await;
    let token = here.new_token(&user, UserRole::Owner).await;
    let browser = Browser::signed_in(&there, &user.sign_in_key).await;
    let form = browser.open("/profile").await.token();
    assert_eq!(reads(&there, &token).await, 200);
    let disable = json!({ "disabled": true });
    assert_eq!(call(&here, Method::PATCH, &format!("/users/{}", user.id), ADMIN, disable).await.0, 200);
    there.clock.advance(59);
    assert_eq!(reads(&there, &token).await, 200, "it may read for a minute, until it tries to change something");

    for (method, path, body) in [
        (Method::POST, "/keys", json!({ "role": "admin" })),
        (Method::POST, "/invitations", json!({ "role": "owner" })),
        (Method::PATCH, "/projects/sample", json!({ "tier": "low" })),
        (Method::PUT, "/projects/sample/rules", json!({ "rules": [] })),
        (Method::DELETE, "/projects/sample", Value::Null),
    ] {
        assert_eq!(call(&there, method.clone(), path, &token, body).await.0, 403, "{method} {path}");
    }
    let made = browser.submit("/pages/profile", &[("token", &form), ("do", "key")]).await;
    assert!(made.location().starts_with("/sign-in"), "a form is not taken");
    there.clock.advance(1);
    assert_eq!(reads(&there, &token).await, 403);
    assert!(browser.open("/profile").await.location().starts_with("/sign-in"));
}
