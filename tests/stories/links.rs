//! Frames link to their line in the project's repository.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::briefing::{event, only_error, post_event};
use crate::browser::Browser;

async fn with_repository() -> Faultline {
    let faultline = Faultline::new().await;
    let repository = json!({ "url": "https://git.example/acme/{revision}/{path}#L{line}", "branch": "main",
        "paths": [{ "from": "shop/", "to": "services/shop/" }] });
    let answer =
        faultline.call(Method::PATCH, "/projects/sample", ADMIN, json!({ "repository": repository }).to_string()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    faultline
}

/// The application's frames have links, with the commit of the release; those of libraries have none.
#[tokio::test]
async fn frames_of_the_application_link_to_their_line() {
    let faultline = with_repository().await;
    post_event(&faultline, event("shop@1.4.2+3f2a1b9", json!({ "price": null }))).await;
    let path = only_error(&faultline).await;
    let link = "https://git.example/acme/3f2a1b9/services/shop/cart.py#L42";
    let page = Browser::signed_in(&faultline, ADMIN).await.open(&path).await;
    assert!(
        page.text.contains(&format!("<a href=\"{link}\" rel=\"noopener noreferrer\">Open in the repository</a>")),
        "{}",
        page.text
    );
    assert_eq!(page.text.matches("Open in the repository").count(), 1, "only the application's frame");
    let briefing = faultline.get(&format!("{path}/briefing")).await;
    let frames = &briefing["reported"]["exceptions"][0]["frames"];
    assert_eq!((&frames[0]["link"], &frames[1]["link"]), (&json!(link), &Value::Null));
}

/// A file's name cannot change where a link leads.
#[tokio::test]
async fn a_hostile_file_stays_in_the_repository() {
    let faultline = with_repository().await;
    for file in [
        "javascript:alert(1)",
        "//evil.example/x",
        "../../../x",
        "https://evil.example/",
        "shop/../../x",
        "shop/\"><script>",
    ] {
        let mut event = event("1", json!({}));
        event["exception"]["values"][0]["stacktrace"]["frames"][1]["filename"] = file.into();
        event["fingerprint"] = json!(["one"]);
        faultline.clock.advance(60);
        post_event(&faultline, event).await;
        let path = only_error(&faultline).await;
        let page = Browser::signed_in(&faultline, ADMIN).await.open(&path).await.text;
        for href in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let is_own = href.starts_with('/') && !href.starts_with("//") || href.starts_with('#');
            assert!(is_own || href.starts_with("https://git.example/acme/main/services/shop/"), "{file}: {href}");
        }
    }
}
