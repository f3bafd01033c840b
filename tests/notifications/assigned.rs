//! Somebody who is assigned to an error is announced, by rules that ask for it.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::recorder::{Recorder, rules};

async fn assign(faultline: &Faultline, body: Value) {
    faultline.clock.advance(10);
    let answer = faultline.call(Method::PATCH, "/projects/sample/errors/m", ADMIN, body.to_string()).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    faultline.notify().await;
}

#[tokio::test]
async fn an_assignment_is_announced_once() {
    let recorder = Recorder::new();
    let faultline = Faultline::builder().notifier(recorder.clone()).start().await;
    let webhook = |host: &str| json!({ "type": "webhook", "endpoint": format!("https://{host}/x") });
    let (on_call, tracker) = (
        json!({ "type": "pagerduty", "routingKey": "0".repeat(32) }),
        json!({ "type": "github", "userToken": "t", "owner": "acme", "repo": "shop" }),
    );
    rules(
        &faultline,
        json!([
            { "id": "assigned", "on": ["assigned"], "to": [webhook("assigned.example"), on_call, tracker] },
            { "id": "all", "on": ["first", "assigned"], "to": [webhook("all.example")] },
            { "id": "tier", "to": [webhook("tier.example")] },
            { "id": "other", "on": ["assigned"], "environments": ["staging"], "to": [webhook("other.example")] },
        ]),
    )
    .await;
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
    let user = faultline.new_user("Ada", json!({ "role": "member" })).await;
    assign(&faultline, json!({ "assigneeUser": user.id })).await;
    assign(&faultline, json!({ "assigneeUser": user.id })).await;
    assign(&faultline, json!({ "assignee": "Ada" })).await;
    assign(&faultline, json!({ "assignee": null })).await;
    assign(&faultline, json!({ "status": "muted" })).await;
    assign(&faultline, json!({ "assignee": "the night shift" })).await;
    let said = ["assigned to Ada", "assigned to Ada", "assigned to the night shift"];
    assert_eq!(recorder.brief("assigned.example"), said, "to a user, to a name, and to another name");
    assert_eq!(recorder.brief("all.example")[1..], said);
    assert_eq!(recorder.brief("tier.example").len(), 1, "a rule without triggers does not announce it");
    assert_eq!(recorder.brief("other.example"), Vec::<String>::new(), "the error was not seen there");
    for silent in ["pagerduty", "shop"] {
        assert_eq!(recorder.brief(silent), Vec::<String>::new(), "{silent}");
    }
    // A later occurrence announces nothing about the assignment.
    assign(&faultline, json!({ "status": "unresolved" })).await;
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
    assert_eq!(recorder.brief("assigned.example").len(), 3);
}
