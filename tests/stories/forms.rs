//! Rejected forms of the web UI: the page is shown again with the problem in its own words and what was typed. The page
//! of a merged error.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::json;

use crate::browser::{Browser, Seen};

/// Stores an error for each message. Returns their fingerprints.
async fn errors<const N: usize>(faultline: &Faultline, messages: [&str; N]) -> [String; N] {
    for message in messages {
        faultline.post_message(message).await;
    }
    assert_eq!(faultline.process().await, 0);
    messages.map(|message| grouping::message_fingerprint(message).to_string())
}

/// Checks that a form was answered by its page, with this status and the problem at the top, without words of the API.
fn rejected(seen: &Seen, status: u16, problem: &str) {
    assert_eq!(seen.status, status, "{}", seen.text);
    let note = seen.text.split("<p class=\"note bad\"").nth(1).expect(&seen.text).split("</p>").next().unwrap();
    assert!(note.contains(problem), "{note}");
    for word in ["POST", "GET /", "send ", "`errors`", "null"] {
        assert!(!note.contains(word), "{word}: {note}");
    }
}

#[tokio::test]
async fn the_list_of_errors_keeps_the_selection() {
    let faultline = Faultline::new().await;
    let [a, b] = errors(&faultline, ["a", "b"]).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    let send = async |fields: &[(&str, &str)]| {
        let view = [("token", token.as_str()), ("status", "unresolved"), ("q", "level:error"), ("sort", "count")];
        browser.submit("/pages/projects/sample/errors", &[&view, fields].concat()).await
    };
    let seen = send(&[("do", "merge"), ("error", &a)]).await;
    rejected(&seen, 400, "select two or more errors");
    assert!(seen.text.contains(&format!("value=\"{a}\" checked")), "{}", seen.text);
    assert!(!seen.text.contains(&format!("value=\"{b}\" checked")), "{}", seen.text);
    assert!(seen.text.contains("value=\"level:error\"") && seen.text.contains("value=\"count\" selected"));

    rejected(&send(&[("do", "resolve")]).await, 400, "select one or more errors");
    let seen = send(&[("do", "resolve"), ("error", &a), ("error", &"0".repeat(32))]).await;
    rejected(&seen, 409, "00000000: This error does not exist any more.");
    assert_eq!(send(&[("do", "merge"), ("error", &a), ("error", &b)]).await.status, 303);
}

#[tokio::test]
async fn the_page_of_an_error_keeps_its_input() {
    let faultline = Faultline::new().await;
    let [a, b, c] = errors(&faultline, ["a", "b", "c"]).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    let send = async |fields: &[(&str, &str)]| {
        browser.submit(&format!("/pages/projects/sample/errors/{a}"), &[&[("token", &*token)], fields].concat()).await
    };
    for (other, status, problem) in [
        ("E: b", 400, "paste the URL"),
        (&*a, 400, "the error itself"),
        (&"0".repeat(32), 404, "The project has no such error"),
    ] {
        let seen = send(&[("do", "merge"), ("other", other)]).await;
        rejected(&seen, status, problem);
        assert!(seen.text.contains(&format!("name=\"other\" value=\"{other}\"")), "{}", seen.text);
    }
    let body = json!({ "errors": [c] }).to_string();
    let merged = faultline.call(Method::POST, &format!("/projects/sample/errors/{b}/merge"), ADMIN, body).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    rejected(&send(&[("do", "merge"), ("other", &c)]).await, 409, "merged into another one");

    rejected(&send(&[("do", "resolve-next")]).await, 400, "No release of this project is known yet");
    let long = "x".repeat(201);
    let seen = send(&[("do", "assign"), ("assignee", &long)]).await;
    rejected(&seen, 400, "The assignee is too long");
    assert!(seen.text.contains(&format!("name=\"assignee\" value=\"{long}\"")), "{}", seen.text);
    let long = "y".repeat(10_001);
    let seen = send(&[("do", "comment"), ("comment", &long)]).await;
    rejected(&seen, 400, "The comment is too long");
    assert!(seen.text.contains(&format!("{long}</textarea>")));
}

#[tokio::test]
async fn settings_and_new_projects_keep_their_input() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    let seen = browser.submit("/pages/projects", &[("token", &token), ("name", "sample")]).await;
    rejected(&seen, 409, "A project has or had this name: choose another name.");
    assert!(seen.text.contains("name=\"name\" value=\"sample\""), "{}", seen.text);
    rejected(
        &browser.submit("/pages/projects", &[("token", &token), ("name", "a b")]).await,
        400,
        "Project name `a b`",
    );

    let fields =
        [("token", token.as_str()), ("name", "sample"), ("tier", "standard"), ("timeUnit", "minute"), ("owner", "ann")];
    for (name, typed, problem) in [
        ("personal", "email, names", "Personal data to replace: `names`"),
        ("perMinute", "0", "Events per minute: use a whole number"),
        ("perMonth", "many", "Events per month: use a whole number"),
        ("origins", "shop", "Allowed origins: `shop` is not an origin"),
        ("name", "a b", "Project name `a b`"),
    ] {
        let mut fields: Vec<_> = fields.into_iter().filter(|(other, _)| *other != name).collect();
        fields.push((name, typed));
        let seen = browser.submit("/pages/projects/sample/settings", &fields).await;
        rejected(&seen, 400, problem);
        assert!(seen.text.contains(typed) && seen.text.contains("value=\"ann\""), "{name}: {}", seen.text);
    }
    let seen =
        browser.submit("/pages/projects/sample/keys", &[("token", &token), ("do", "disable"), ("id", "none")]).await;
    assert!(seen.status == 400 || seen.status == 404, "{}", seen.text);
    assert!(seen.text.contains("<h2 id=\"keys-of\">Keys</h2>"), "the page with the form: {}", seen.text);
}

/// The URL of a merged error leads to the error that it was merged into. The page says so, and deleting says what it
/// deletes.
#[tokio::test]
async fn the_page_of_a_merged_error_says_where_it_went_and_what_deleting_deletes() {
    let faultline = Faultline::new().await;
    let [a, b] = errors(&faultline, ["first <b>", "second"]).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = async |error: &str| browser.open(&format!("/projects/sample/errors/{error}")).await;
    let token = page(&a).await.token();
    let delete = [("token", token.as_str()), ("do", "delete")];
    let ask = async |error: &str, more: &[(&str, &str)]| {
        browser.submit(&format!("/pages/projects/sample/errors/{error}"), &[&delete, more].concat()).await.text
    };
    assert!(ask(&a, &[("merged", "0")]).await.contains("Delete this error and all its occurrences?"));

    let body = json!({ "errors": [b] }).to_string();
    let merged = faultline.call(Method::POST, &format!("/projects/sample/errors/{a}/merge"), ADMIN, body).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    let notice = "was merged into this error";
    assert!(!page(&a).await.text.contains(notice));
    for name in [&*b, "second"] {
        let seen = page(name).await.text;
        assert!(seen.contains(&format!("<strong>E: second</strong> (<code>{}</code>) {notice}", &b[..8])), "{seen}");
        assert!(seen.contains(&format!("/projects/sample/errors/{a}/occurrences/first")), "{seen}");
    }
    let question = "Delete this error, the error that is merged into it, and all their occurrences?";
    let seen = page(&a).await.text;
    assert!(
        seen.contains(&format!("data-sure=\"{question}\"")) && seen.contains("name=\"merged\" value=\"1\""),
        "{seen}"
    );
    assert!(ask(&a, &[("merged", "1")]).await.contains(question));
    let fields = [&delete[..], &[("error", &*a)]].concat();
    let asked = browser.submit("/pages/projects/sample/errors", &fields).await.text;
    assert!(asked.contains("the errors merged into them"), "{asked}");
}

/// A filter that does not exist is explained, and searched as words.
#[tokio::test]
async fn an_unknown_filter_is_explained() {
    let faultline = Faultline::new().await;
    errors(&faultline, ["total of cart:7 is missing", "https://shop.example failed"]).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let search = async |text: &str| {
        browser.open(&format!("/projects/sample/errors?q={}", faultline_tests::encoded(text))).await.text
    };
    let seen = search("foo:bar").await;
    assert!(seen.contains("`foo:` is not a filter") && seen.contains("tag:foo=bar"), "{seen}");
    for (text, found) in [("https://shop.example", "shop.example failed"), ("\"cart:7\"", "total of cart:7")] {
        let seen = search(text).await;
        assert!(seen.contains(found) && !seen.contains("is not a filter"), "{text}: {seen}");
    }
    let answer = faultline.call(Method::GET, "/projects/sample/errors?foo=bar", ADMIN, "").await;
    let message = answer.body["message"].as_str().unwrap();
    assert!(answer.status == 400 && message.contains("foo: ") && message.contains("`firstRelease`"), "{message}");
}
