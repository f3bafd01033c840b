//! Inbound webhooks: people close an issue, reopen it, or press a button, and the error follows.

use std::sync::Arc;

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request};
use ring::hmac;
use serde_json::{Value, json};
use store::clock::Clock;

use crate::recorder::Recorder;

const SECRET: &str = "what-hooks-are-signed-with";

/// Sets up a project whose errors become issues, with inbound webhooks. Its error `m` is issue 1.
async fn with_an_issue() -> (Arc<Recorder>, Faultline, String) {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let document = json!({
        "rules": [{ "to": [{ "type": "github", "userToken": "t", "owner": "o", "repo": "repository" }] }],
        "hooks": { "github": { "secret": SECRET }, "gitlab": { "secret": SECRET }, "slack": { "signingSecret": SECRET } },
    });
    let set = faultline.call(Method::PUT, "/projects/sample/rules", ADMIN, document.to_string()).await;
    assert!(set.status.is_success(), "{}", set.body);
    faultline.post_message("m").await;
    faultline.process().await;
    faultline.notify().await;
    assert_eq!(recorder.issues("repository"), 1);
    let fingerprint = recorder.notifications("repository")[0].fingerprint.to_string();
    (recorder, faultline, fingerprint)
}

fn signed(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::sign(&key, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends GitHub's webhook for `action` on an issue.
async fn github(faultline: &Faultline, fingerprint: &str, action: &str, number: u64) -> Answered {
    let body = json!({
        "action": action,
        "issue": {
            "number": number,
            "html_url": format!("https://repository/{number}"),
            "updated_at": faultline.clock.now().to_string(),
            "body": format!("something\n<!-- faultline:sample/{fingerprint} -->\n"),
        },
        "sender": { "login": "ada" },
    })
    .to_string();
    let request = Request::post("/hooks/github/sample")
        .header("x-github-event", "issues")
        .header("x-hub-signature-256", format!("sha256={}", signed(&body)));
    faultline.send(request.body(Body::from(body)).unwrap()).await
}

async fn status(faultline: &Faultline) -> Value {
    faultline.get("/projects/sample/errors").await["errors"][0]["status"].clone()
}

/// Returns what was done to the error, and by whom.
async fn history(faultline: &Faultline) -> Vec<String> {
    let page = faultline.get("/projects/sample/errors/m/history").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entry = |entry: &Value| {
        let (what, by) = (text(&entry["what"]), &entry["by"]);
        format!("{what} by {} at {}", text(&by["user"]), text(&by["service"]))
    };
    page["history"].as_array().unwrap().iter().map(entry).collect()
}

#[tokio::test]
async fn closing_the_issue_resolves_the_error() {
    let (recorder, faultline, fingerprint) = with_an_issue().await;
    faultline.clock.advance(60);
    let answer = github(&faultline, &fingerprint, "closed", 1).await;
    assert_eq!((answer.status.as_u16(), &answer.body["data"]["done"]), (200, &json!("resolved")));
    assert_eq!(status(&faultline).await, "resolved");
    faultline.clock.advance(60);
    assert_eq!(github(&faultline, &fingerprint, "reopened", 1).await.body["data"]["done"], "unresolved");
    assert_eq!(status(&faultline).await, "unresolved");
    faultline.notify().await;
    assert_eq!(recorder.notifications("repository").len(), 1, "changes by people are not announced");
    assert_eq!(history(&faultline).await, ["unresolved by ada at github", "resolved by ada at github"]);
}

/// A marker that somebody wrote into another issue changes nothing; nor does a webhook that comes too late.
#[tokio::test]
async fn only_its_own_issue_changes_an_error() {
    let (_, faultline, fingerprint) = with_an_issue().await;
    faultline.clock.advance(60);
    assert_eq!(github(&faultline, &fingerprint, "closed", 2).await.body["data"]["done"], "no such error");
    assert_eq!(status(&faultline).await, "unresolved");
    github(&faultline, &fingerprint, "closed", 1).await;
    // Somebody unresolves the error in faultline, and then GitHub repeats its old webhook.
    let (old, now) = (faultline.clock.now(), 60);
    faultline.clock.advance(now);
    let body = json!({ "status": "unresolved" }).to_string();
    faultline.call(Method::PATCH, "/projects/sample/errors/m", ADMIN, body).await;
    let body = json!({ "action": "closed", "issue": { "number": 1, "html_url": "https://repository/1",
        "updated_at": old.to_string(), "body": format!("<!-- faultline:sample/{fingerprint} -->") } })
    .to_string();
    let replay = Request::post("/hooks/github/sample")
        .header("x-github-event", "issues")
        .header("x-hub-signature-256", format!("sha256={}", signed(&body)));
    let answer = faultline.send(replay.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.body["data"]["done"], "the error was changed later");
    assert_eq!(status(&faultline).await, "unresolved");
}

/// Without a valid signature a caller learns neither whether the project has a secret nor whether it exists.
#[tokio::test]
async fn unsigned_calls_all_get_the_same_answer() {
    let (_, faultline, _) = with_an_issue().await;
    faultline.call(Method::POST, "/projects", ADMIN, json!({ "name": "bare" }).to_string()).await;
    let mut said = Vec::new();
    for path in
        ["/hooks/github/sample", "/hooks/gitlab/sample", "/hooks/slack/sample", "/hooks/github/bare", "/hooks/slack/no"]
    {
        let answer = faultline.send(Request::post(path).body(Body::from("{}")).unwrap()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["error"]), (401, &json!("signature_invalid")), "{path}");
        said.push(answer.body.to_string());
    }
    assert!(said.iter().all(|body| *body == said[0]), "{said:?}");
    let unknown = faultline.send(Request::post("/hooks/pigeon/sample").body(Body::empty()).unwrap()).await;
    assert_eq!(unknown.status.as_u16(), 404);
}

#[tokio::test]
async fn buttons_resolve_and_mute() {
    let (recorder, faultline, fingerprint) = with_an_issue().await;
    let press = async |action: &str| {
        let actions = json!([{ "action_id": action, "value": format!("sample|{fingerprint}") }]);
        let payload = json!({ "user": { "id": "U1", "username": "grace" }, "actions": actions,
            "response_url": "https://hooks.slack.com/actions/T/1/x" });
        let body = format!("payload={}", faultline_tests::encoded(&payload.to_string()));
        let at = faultline.clock.now().seconds();
        let request = Request::post("/hooks/slack/sample")
            .header("x-slack-request-timestamp", at.to_string())
            .header("x-slack-signature", format!("v0={}", signed(&format!("v0:{at}:{body}"))));
        faultline.send(request.body(Body::from(body)).unwrap()).await.body["data"]["done"].clone()
    };
    faultline.clock.advance(60);
    assert_eq!(press("faultline_mute").await, "muted");
    assert_eq!(status(&faultline).await, "muted");
    assert_eq!(press("faultline_mute").await, "the error already has this status");
    faultline.clock.advance(60);
    assert_eq!(press("faultline_resolve").await, "resolved");
    assert_eq!(status(&faultline).await, "resolved");
    assert_eq!(history(&faultline).await, ["resolved by grace at slack", "muted by grace at slack"]);
    let replies = recorder.replies();
    assert!(replies.iter().all(|(url, _)| url == "https://hooks.slack.com/actions/T/1/x"), "{replies:?}");
    let words: Vec<_> = replies.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        [
            "Muted by grace until somebody reopens it.",
            "Nothing to do: the error is already muted.",
            "Resolved by grace. The next event reopens it.",
        ]
    );
}
