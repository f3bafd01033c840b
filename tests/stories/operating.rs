//! The operator's pages: settings, keys, health.

use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Seen, key};
use crate::poison::process_until_dead;

/// Returns the key that a page shows this once.
fn made(seen: &Seen) -> String {
    let (_, rest) = seen.text.split_once("<code id=\"made-key\">").expect("the page shows no key");
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn settings_are_saved_and_mistakes_are_shown_next_to_the_input() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = browser.open("/projects/sample/settings").await;
    let token = page.token();
    let mut fields = vec![
        ("token", token.as_str()),
        ("owner", "Team <b>Checkout</b>"),
        ("tier", "critical"),
        ("timeUnit", "hour"),
        ("retentionDays", "30"),
        ("perMinute", "100"),
        ("perMonth", ""),
        ("additional", "iban\r\npin"),
        ("exempt", ""),
        ("personal", "email, ip"),
        ("origins", "https://shop.example\r\nhttps://*.shop.example"),
        ("repositoryUrl", "https://git.example/{revision}/{path}#L{line}"),
        ("repositoryBranch", ""),
        ("repositoryPaths", "/app/ => src/\r\n/lib/ =>"),
    ];
    let saved = browser.submit("/pages/projects/sample/settings", &fields).await;
    assert_eq!((saved.status, saved.location()), (303, "/projects/sample/settings?done=changed"), "{}", saved.text);
    let project = faultline.get("/projects/sample").await["project"].clone();
    let expected = json!({
        "owner": "Team <b>Checkout</b>",
        "tier": "critical",
        "timeUnit": "hour",
        "retentionDays": 30,
        "limits": { "perMinute": 100, "perMonth": null },
        "scrubbing": { "additional": ["iban", "pin"], "personal": ["email", "ip"] },
        "allowedOrigins": ["https://shop.example", "https://*.shop.example"],
        "repository": {
            "url": "https://git.example/{revision}/{path}#L{line}",
            "branch": "main",
            "paths": [{ "from": "/app/", "to": "src/" }, { "from": "/lib/", "to": "" }],
        },
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&project[key], value, "{key}");
    }
    let page = browser.open(saved.location()).await.text;
    assert!(page.contains("Changes saved.") && page.contains("Team &#60;b&#62;Checkout"), "{page}");

    fields[5].1 = "many";
    let refused = browser.submit("/pages/projects/sample/settings", &fields).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("value=\"many\""), "{}", refused.text);
    assert_eq!(faultline.get("/projects/sample").await["project"]["limits"]["perMinute"], 100);

    fields[5].1 = "";
    fields[10].1 = "none";
    browser.submit("/pages/projects/sample/settings", &fields).await;
    let project = faultline.get("/projects/sample").await["project"].clone();
    assert_eq!((&project["allowedOrigins"], &project["limits"]["perMinute"]), (&json!([]), &Value::Null));
    assert!(browser.open("/projects/sample/settings").await.text.contains(">none</textarea>"));
}

#[tokio::test]
async fn a_key_is_shown_once_and_is_rotated_disabled_and_deleted_on_the_page() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    for (page, forms) in
        [("/projects/sample/settings", "/pages/projects/sample/keys"), ("/operations", "/pages/operations/keys")]
    {
        let token = browser.open(page).await.token();
        let send = async |fields: &[(&str, &str)]| {
            browser.submit(forms, &[&[("token", token.as_str())], fields].concat()).await
        };
        let new = send(&[("do", "create"), ("name", "dashboard"), ("role", "read")]).await;
        let key = made(&new);
        let shown = browser.open(page).await.text;
        assert!(shown.contains("dashboard") && !shown.contains(&key), "{shown}");
        let good =
            async |key: &str| faultline.call(Method::GET, "/projects/sample/errors", key, "").await.status.as_u16();
        assert_eq!(good(&key).await, 200);

        let list = faultline.get("/keys").await;
        // A key that was rotated on another page has the same name.
        let is_new = |entry: &&Value| entry["hint"].as_str().is_some_and(|hint| key.starts_with(hint));
        let entry = list["keys"].as_array().unwrap().iter().find(is_new).unwrap();
        assert_eq!(entry["name"], "dashboard");
        assert_eq!(entry["project"].is_null(), page == "/operations");
        let id = entry["id"].as_str().unwrap().to_owned();
        let other = made(&send(&[("do", "rotate"), ("id", &id)]).await);
        assert_eq!((good(&other).await, good(&key).await), (200, 200), "both work for a day");
        send(&[("do", "disable"), ("id", &id)]).await;
        faultline.clock.advance(61);
        assert_eq!((good(&other).await, good(&key).await), (200, 403));
        send(&[("do", "enable"), ("id", &id)]).await;
        faultline.clock.advance(61);
        assert_eq!(good(&key).await, 200);
        send(&[("do", "delete"), ("id", &id), ("sure", "yes")]).await;
        faultline.clock.advance(61);
        assert_eq!(good(&key).await, 403);
    }
}

#[tokio::test]
async fn a_reader_creates_no_key_and_redrives_nothing() {
    let faultline = Faultline::new().await;
    let (reader, _) = key(&faultline, "read", Value::Null).await;
    let browser = Browser::signed_in(&faultline, &reader).await;
    let token = browser.open("/").await.token();
    let new = [("token", token.as_str()), ("do", "create"), ("role", "admin"), ("name", "mine")];
    let all = [("token", token.as_str()), ("do", "all")];
    for (path, fields) in [
        ("/pages/projects/sample/keys", &new[..]),
        ("/pages/operations/keys", &new),
        ("/pages/operations/redrive", &all),
    ] {
        assert_eq!(browser.submit(path, fields).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_project_is_deleted_by_typing_its_name() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    let path = "/pages/projects/sample/delete";
    assert_eq!(browser.submit(path, &[("token", &token), ("name", "simple")]).await.status, 400);
    assert!(faultline.get("/projects/sample").await["project"].is_object());
    assert_eq!(browser.submit(path, &[("token", &token), ("name", "sample")]).await.location(), "/?done=deleted");
    assert_eq!(faultline.call(Method::GET, "/projects/sample", ADMIN, "").await.status, 404);
}

#[tokio::test]
async fn health_shows_waiting_events_and_their_age() {
    let faultline = Faultline::new().await;
    let post = async || faultline.post("sample", &json!({ "errors": [{ "type": "E", "message": "m" }] })).await;
    assert_eq!(faultline.get("/operations").await["inbox"], json!({ "waiting": 0, "inFlight": 0, "age": 0 }));
    post().await;
    assert_eq!(faultline.get("/operations").await["inbox"]["age"], Value::Null, "nothing was stored yet");
    assert_eq!(faultline.process().await, 0);
    let start = faultline.get("/operations").await;
    assert_eq!((&start["inbox"]["age"], &start["month"]["events"]), (&json!(0), &json!(1)));
    faultline.clock.advance(1_000);
    post().await;
    let late = faultline.get("/operations").await;
    assert_eq!(late["inbox"], json!({ "waiting": 1, "inFlight": 0, "age": 1_000 }));
    let page = Browser::signed_in(&faultline, ADMIN).await.open("/operations").await.text;
    assert!(page.contains("<strong class=\"error\">about 16 min</strong>"), "{page}");
}

#[tokio::test]
async fn refusals_are_on_the_page_by_reason() {
    let faultline = Faultline::new().await;
    let answer = faultline.call(Method::POST, "/projects/sample/errors", faultline.client_key(), "no json").await;
    assert_eq!(answer.status, 400);
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let page = browser.open("/operations").await.text;
    assert!(page.contains("<dt><code>body_not_json</code></dt><dd class=\"number\">1</dd>"), "{page}");
}

/// Receiving dead letters hides them from others for a while, so the page receives once, and counts without receiving.
#[tokio::test]
async fn the_page_shows_and_redrives_every_dead_letter() {
    let faultline = Faultline::new().await;
    for text in ["not ours", "1.broken", "2.of a later version"] {
        faultline.stack.inbox().send(text.to_owned()).await.unwrap();
    }
    process_until_dead(&faultline, 3).await;
    assert_eq!(faultline.get("/operations").await["deadLetters"], 3);
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    for _ in 0..3 {
        let page = browser.open("/operations").await.text;
        assert_eq!(page.matches("aria-label=\"Select dead letter ").count(), 3, "{page}");
    }
    let token = browser.open("/operations").await.token();
    let sent = browser.submit("/pages/operations/redrive", &[("token", &token), ("do", "all")]).await;
    assert_eq!(sent.location(), "/operations?done=redriven");
    let after = faultline.get("/operations").await;
    assert_eq!((&after["deadLetters"], &after["inbox"]["waiting"]), (&json!(0), &json!(3)));
}
