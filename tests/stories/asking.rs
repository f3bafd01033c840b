//! Forms without JavaScript: deletions ask for confirmation, and typed text is not lost when the session ends.

use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use serde_json::json;

use crate::browser::{Browser, Seen, key};

async fn fingerprint(faultline: &Faultline) -> String {
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    let errors = faultline.get("/projects/sample/errors").await;
    errors["errors"][0]["fingerprint"].as_str().unwrap().to_owned()
}

/// Returns the fields of a page's only confirmation form, and its action.
fn asked(seen: &Seen) -> (String, Vec<(String, String)>) {
    let main = seen.text.split("<main").nth(1).unwrap();
    let action = main.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let value = |rest: &str| rest.split(" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut fields = Vec::new();
    for rest in main.split("type=\"hidden\" name=\"").skip(1) {
        fields.push((rest.split('"').next().unwrap().to_owned(), value(rest)));
    }
    for rest in main.split("<textarea name=\"").skip(1) {
        let text = rest.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        fields.push((rest.split('"').next().unwrap().to_owned(), text.replace("&#60;", "<").replace("&#62;", ">")));
    }
    (action, fields)
}

async fn send_again(browser: &Browser<'_>, seen: &Seen) -> Seen {
    let (action, fields) = asked(seen);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.submit_own(&action, &fields).await
}

#[tokio::test]
async fn deletions_ask_for_confirmation() {
    let faultline = Faultline::new().await;
    let print = fingerprint(&faultline).await;
    let (_, id) = key(&faultline, "read", json!("sample")).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = format!("/projects/sample/errors/{print}");
    let token = browser.open(&page).await.token();
    let comments = format!("{page}/comments");
    let comment = faultline.call(Method::POST, &comments, ADMIN, json!({ "text": "hm" }).to_string()).await;
    let comment = comment.body["data"]["comment"]["id"].as_str().unwrap().to_owned();
    let gone = async || faultline.call(Method::GET, &page, ADMIN, "").await.status == StatusCode::NOT_FOUND;

    for (path, fields, question) in [
        (format!("/pages{page}"), vec![("do", "forget"), ("comment", &*comment)], "Delete this comment?"),
        ("/pages/projects/sample/keys".to_owned(), vec![("do", "delete"), ("id", &*id)], "Delete this key?"),
        (
            "/pages/projects/sample/errors".to_owned(),
            vec![("do", "delete"), ("error", &*print)],
            "Delete the selected errors (1)",
        ),
        (format!("/pages{page}"), vec![("do", "delete")], "Delete this error"),
    ] {
        let fields = [fields, vec![("token", &*token)]].concat();
        let seen = browser.submit(&path, &fields).await;
        assert_eq!((seen.status, seen.text.contains(question)), (200, true), "{path}: {}", seen.text);
        assert!(!gone().await, "nothing is deleted before the confirmation");
        let (action, again) = asked(&seen);
        assert_eq!(action, path);
        assert!(again.iter().any(|(name, value)| name == "sure" && value == "yes"), "{again:?}");
        if !question.contains("error") && !question.contains("selected") {
            assert_eq!(send_again(&browser, &seen).await.status, 303, "{question}");
        }
    }
    let history = faultline.get(&format!("{page}/history")).await;
    assert_eq!(history["history"][0]["what"], "comment_deleted");
    let seen = browser.submit(&format!("/pages{page}"), &[("do", "delete"), ("token", &token)]).await;
    assert_eq!(send_again(&browser, &seen).await.status, 303);
    assert!(gone().await);

    // Without a token of this session, nothing is asked and nothing is done.
    let other = browser.submit("/pages/projects/sample/keys", &[("do", "delete"), ("id", &id), ("sure", "yes")]).await;
    assert_eq!(other.status, 403);
}

/// Somebody types for an hour and is signed out in the meantime. After signing in again, the text is sent unchanged.
#[tokio::test]
async fn typed_text_outlives_the_session() {
    let faultline = Faultline::new().await;
    let print = fingerprint(&faultline).await;
    let mut browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = format!("/projects/sample/errors/{print}");
    let (token, path) = (browser.open(&page).await.token(), format!("/pages{page}"));
    let text = "it happens <b>only</b>\non Mondays";
    let fields = [("token", token.as_str()), ("do", "comment"), ("comment", text)];
    browser.submit("/sign-out", &[("token", &token)]).await;
    let comments = async || {
        let history = faultline.get(&format!("{page}/history")).await;
        let entries = history["history"].as_array().unwrap().clone();
        entries.iter().filter_map(|entry| Some(entry["text"].as_str()?.to_owned())).collect::<Vec<_>>()
    };

    let foreign = browser.submit(&path, &fields).await;
    assert_eq!(foreign.status, 303, "a form of another site is not kept: {}", foreign.text);
    let kept = browser.submit_own(&path, &fields).await;
    assert_eq!(kept.status, 401);
    assert!(kept.text.contains("it happens &#60;b&#62;only") && kept.text.contains("/sign-in"), "{}", kept.text);
    assert!(kept.text.contains(&format!("href=\"{page}\"")), "the page to return to is kept, too: {}", kept.text);

    browser = Browser::signed_in(&faultline, ADMIN).await;
    let asked = send_again(&browser, &kept).await;
    assert_eq!((asked.status, comments().await.len()), (403, 0), "{}", asked.text);
    let sent = send_again(&browser, &asked).await;
    assert_eq!((sent.status, sent.location()), (303, format!("{page}?done=commented").as_str()));
    assert_eq!(comments().await, [text]);
}
