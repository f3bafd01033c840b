//! Pages: who may see them, how their forms are protected, and what they show.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, SET_COOKIE};
use http::{Method, Request};
use http_common::ClientAddress;
use serde_json::{Value, json};
use store::clock::Clock;
use tower::ServiceExt;

use crate::browser::{Browser, key};

async fn with_an_error() -> (Faultline, String) {
    let faultline = Faultline::new().await;
    let error = json!({ "type": "KeyError", "message": "<b>price</b>", "backtrace": [
        { "file": "shop/cart.py", "function": "total", "line": 2, "code": { "1": "def total():", "2": "    cart['price']" } },
    ] });
    faultline.post("sample", &json!({ "errors": [error] })).await;
    assert_eq!(faultline.process().await, 0);
    let list = faultline.get("/projects/sample/errors").await;
    let fingerprint = list["errors"][0]["fingerprint"].as_str().unwrap().to_owned();
    (faultline, fingerprint)
}

/// The status that each kind of visitor gets: not signed in, a read key of the project, a read key of another project,
/// an admin key of the project, the operator.
const TABLE: &str = "
GET  /                                                          303 200 200 200 200
GET  /projects                                                  303 303 303 303 303
GET  /projects/sample                                           303 303 303 303 303
GET  /projects/sample/errors                                    303 200 403 200 200
GET  /projects/sample/errors/{error}                            303 200 403 200 200
GET  /projects/sample/errors/{error}/occurrences/last           303 200 403 200 200
GET  /projects/sample/connect                                   303 200 403 200 200
GET  /projects/sample/settings                                  303 403 403 200 200
GET  /projects/sample/releases                                  303 200 403 200 200
GET  /projects/sample/releases/none                             303 404 403 404 404
GET  /projects/sample/source-maps                               303 200 403 200 200
GET  /projects/sample/source-maps/check                         303 200 403 200 200
GET  /projects/sample/members                                   303 200 403 200 200
GET  /users                                                     303 403 403 403 200
GET  /audit-log                                                 303 403 403 403 200
GET  /profile                                                   303 200 200 200 200
GET  /operations                                                303 403 403 403 200
GET  /pages/projects/sample/first                               303 200 403 200 200
GET  /pages/projects/sample/errors/{error}/occurrences/last     303 200 403 200 200
GET  /pages/projects/sample/errors/{error}/occurrences/last/attachments/0 303 404 403 404 404
POST /pages/projects                                            303 403 403 403 200
POST /pages/projects/sample/client-key                          303 403 403 200 200
POST /pages/projects/sample/agent-key                           303 403 403 200 200
POST /pages/projects/sample/settings                            303 403 403 400 400
POST /pages/projects/sample/keys                                 303 303 303 303 303
POST /pages/projects/sample/source-maps                         303 303 303 303 303
POST /pages/projects/sample/delete                              303 403 403 400 400
POST /pages/projects/sample/members                             303 303 303 303 303
POST /pages/users                                               303 303 303 303 303
POST /pages/profile                                             303 303 303 303 303
POST /pages/operations/keys                                     303 303 303 303 303
POST /pages/operations/redrive                                  303 303 303 303 303
POST /pages/projects/sample/errors                              303 403 403 303 303
POST /pages/projects/sample/errors/{error}                      303 403 403 303 303
POST /sign-out                                                  303 303 303 303 303
";

#[tokio::test]
async fn every_page_and_every_visitor() {
    for row in TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| row.len() == 7) {
        let (faultline, error) = with_an_error().await;
        faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
        let mut visitors = vec![Browser::new(&faultline)];
        for (role, project) in [("read", "sample"), ("read", "other"), ("admin", "sample")] {
            let (key, _) = key(&faultline, role, json!(project)).await;
            visitors.push(Browser::signed_in(&faultline, &key).await);
        }
        visitors.push(Browser::signed_in(&faultline, ADMIN).await);
        let path = row[1].replace("{error}", &error);
        let mut statuses = Vec::new();
        for visitor in &visitors {
            let seen = match row[0] {
                "GET" => visitor.open(&path).await,
                _ if visitor.cookie.is_empty() => visitor.submit(&path, &[]).await,
                _ => {
                    let token = visitor.open("/").await.token();
                    let fields = [("token", token.as_str()), ("name", "new"), ("do", "resolve"), ("error", &error)];
                    visitor.submit(&path, &fields).await
                }
            };
            assert_eq!(seen.headers[CACHE_CONTROL], "no-store", "{path}");
            if seen.status != 303 && !path.starts_with("/pages/") {
                let policy = seen.headers.get(CONTENT_SECURITY_POLICY).expect(&path).to_str().unwrap();
                assert!(policy.contains("default-src 'self'"), "{path}: {policy}");
            }
            if visitor.cookie.is_empty() && path.starts_with("/projects/sample/") {
                assert!(seen.location().starts_with("/sign-in?next="), "{path}: {}", seen.location());
            }
            statuses.push(seen.status.to_string());
        }
        assert_eq!(statuses, row[2..], "{} {}", row[0], row[1]);
    }
}

#[tokio::test]
async fn an_invalid_key_does_not_open_the_pages() {
    let faultline = Faultline::new().await;
    let browser = Browser::new(&faultline);
    for bad in ["", "a-key-that-nobody-made", faultline.client_key()] {
        let seen = browser.sign_in(bad).await;
        assert!(seen.status >= 400 && !seen.cookie().contains("session"), "{bad}");
        assert!(seen.text.contains("role=\"alert\""), "{}", seen.text);
    }
}

/// Another site cannot sign somebody in with its own key, because it has no form of this browser.
#[tokio::test]
async fn a_sign_in_form_belongs_to_a_browser() {
    let faultline = Faultline::new().await;
    let [form, other] =
        [Browser::new(&faultline).open("/sign-in").await, Browser::new(&faultline).open("/sign-in").await];
    let (token, foreign) = (form.token(), other.token());
    for (cookie, token) in [
        (String::new(), Some(&token)),
        (form.cookie(), None),
        (form.cookie(), Some(&foreign)),
        (form.cookie(), Some(&"0".repeat(64))),
    ] {
        let mut browser = Browser::new(&faultline);
        browser.cookie = cookie;
        let fields: Vec<_> = token.map(|token| ("token", token.as_str())).into_iter().chain([("key", ADMIN)]).collect();
        let seen = browser.submit("/sign-in", &fields).await;
        assert_eq!(seen.status, 403, "{fields:?}");
        assert!(!seen.cookie().contains("session"));
        browser.cookie = seen.cookie();
        let again = browser.submit("/sign-in", &[("token", &seen.token()), ("key", ADMIN)]).await;
        assert_eq!(again.status, 303, "the form that came back works");
    }
}

/// Every answer has the security headers for browsers; over TLS also those that require TLS.
#[tokio::test]
async fn every_answer_has_security_headers() {
    let faultline = Faultline::new().await;
    for (path, accept) in [("/sign-in", "text/html"), ("/projects", "*/*"), ("/health", "*/*"), ("/nothing", "*/*")] {
        for (scheme, is_https) in [("https", true), ("HTTPS,http", true), ("http", false)] {
            let request = Request::get(path).header(ACCEPT, accept).header("x-forwarded-proto", scheme);
            let answer = faultline.stack.front().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
            assert_eq!(header("referrer-policy").as_deref(), Some("same-origin"), "{path}");
            assert!(header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(header("strict-transport-security").is_some(), is_https, "{path} {scheme}");
            if let Some(cookie) = header("set-cookie") {
                assert_eq!(cookie.starts_with("__Host-") && cookie.contains("Secure"), is_https, "{cookie}");
            }
        }
    }
}

#[tokio::test]
async fn wrong_keys_are_throttled_by_address_and_lock_nobody_out() {
    let faultline = Faultline::new().await;
    let form = Browser::new(&faultline).open("/sign-in").await;
    let sign_in = async |address: &str, key: &str| {
        let request = Request::post("/sign-in")
            .header("x-forwarded-for", format!("192.0.2.{}", faultline.clock.random() % 250))
            .extension(ClientAddress::new(address.parse().unwrap()))
            .header(COOKIE, form.cookie())
            .body(Body::from(format!("token={}&key={key}", form.token())));
        faultline.stack.front().oneshot(request.unwrap()).await.unwrap().status().as_u16()
    };
    for _ in 0..10 {
        assert_eq!(sign_in("203.0.113.7", "wrong").await, 403);
    }
    assert_eq!(sign_in("203.0.113.7", "wrong").await, 429, "whatever the request claims as its origin");
    assert_eq!(sign_in("203.0.113.7", ADMIN).await, 303, "the right key is never locked out");
    assert_eq!(sign_in("203.0.113.8", "wrong").await, 403, "another address");
    for _ in 0..20 {
        assert_eq!(sign_in("203.0.113.8", ADMIN).await, 303, "only failures count");
    }
    faultline.clock.advance(60);
    assert_eq!(sign_in("203.0.113.7", "wrong").await, 403);
}

#[tokio::test]
async fn a_session_ends_with_its_key_by_signing_out_and_by_itself() {
    let faultline = Faultline::new().await;
    let (key, id) = key(&faultline, "admin", Value::Null).await;
    let browser = Browser::signed_in(&faultline, &key).await;
    assert_eq!(browser.open("/").await.status, 200);
    faultline.call(Method::PATCH, &format!("/keys/{id}"), ADMIN, r#"{"disabled":true}"#).await;
    assert_eq!(browser.open("/").await.status, 303, "its key is disabled, and this process refuses it at once");

    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    assert!(
        browser.submit("/sign-out", &[("token", &token)]).await.headers[SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(
        browser.open("/").await.status,
        303,
        "the session was ended, although the browser still sends the cookie"
    );

    let browser = Browser::signed_in(&faultline, ADMIN).await;
    faultline.clock.advance(7 * 86_400 + 1);
    assert_eq!(browser.open("/").await.status, 303, "a week has passed");
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let (faultline, error) = with_an_error().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let other = Browser::signed_in(&faultline, ADMIN).await.open("/").await.token();
    let path = format!("/pages/projects/sample/errors/{error}");
    for fields in
        [vec![("do", "resolve")], vec![("do", "resolve"), ("token", "x")], vec![("do", "resolve"), ("token", &other)]]
    {
        assert_eq!(browser.submit(&path, &fields).await.status, 403);
    }
    assert_eq!(faultline.get("/projects/sample/errors").await["errors"][0]["status"], "unresolved");
}

#[tokio::test]
async fn an_api_client_at_the_same_url_gets_json() {
    let (faultline, error) = with_an_error().await;
    for path in
        ["/projects".to_owned(), "/projects/sample/errors".to_owned(), format!("/projects/sample/errors/{error}")]
    {
        // A program may accept HTML as well: its key shows that it is one.
        let request = Request::get(&path).header(ACCEPT, "text/html, */*").header("x-api-key", ADMIN);
        let answer = faultline.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.body["data"].is_object(), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_person_finds_an_error_reads_it_and_resolves_it() {
    let (faultline, error) = with_an_error().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let projects = browser.open("/").await.text;
    assert!(projects.contains("/projects/sample/errors?status=unresolved"), "{projects}");

    let list = browser.open("/projects/sample/errors?status=unresolved").await.text;
    assert!(list.contains(&format!("/projects/sample/errors/{error}")) && list.contains("KeyError"), "{list}");
    assert!(list.contains("&#60;b&#62;price") && !list.contains("<b>price"), "{list}");

    let page = browser.open(&format!("/projects/sample/errors/{error}")).await;
    assert!(page.text.contains("shop/cart.py:2") && page.text.contains("aria-current=\"true\""), "{}", page.text);
    let token = page.token();
    let fields = [("token", token.as_str()), ("do", "resolve")];
    let done = browser.submit(&format!("/pages/projects/sample/errors/{error}"), &fields).await;
    assert_eq!(done.location(), format!("/projects/sample/errors/{error}?done=changed"));
    assert!(browser.open(done.location()).await.text.contains("Reopen"));
    assert!(browser.open("/projects/sample/errors?status=resolved").await.text.contains(&error));
    assert!(!browser.open("/projects/sample/errors?status=unresolved").await.text.contains(&error));
}

#[tokio::test]
async fn a_new_project_shows_its_dsn_and_waits_for_the_first_event() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let token = browser.open("/").await.token();
    let made = browser.submit("/pages/projects", &[("token", &token), ("name", "shop")]).await;
    let (_, dsn) = made.text.split_once("<code id=\"dsn\">").unwrap();
    let dsn = dsn.split('<').next().unwrap();
    let (key, number) = (&dsn["http://".len()..dsn.find('@').unwrap()], dsn.rsplit('/').next().unwrap());
    assert_eq!(browser.open("/pages/projects/shop/first").await.text, "no");
    let path = format!("/api/{number}/store/?sentry_key={key}");
    let answer = faultline.send(Request::post(path).body(r#"{"message":"first"}"#.into()).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(faultline.process().await, 0);
    assert_eq!(browser.open("/pages/projects/shop/first").await.text, "yes");
    let later = browser.open("/projects/shop/connect").await.text;
    assert!(later.contains("CLIENT-KEY") && !later.contains(key), "a key is shown once");
}

#[tokio::test]
async fn an_asset_may_be_cached_forever() {
    let faultline = Faultline::new().await;
    let browser = Browser::new(&faultline);
    let page = browser.open("/sign-in").await.text;
    for path in page.split('"').filter(|text| text.starts_with("/assets/")) {
        let asset = browser.open(path).await;
        assert_eq!(
            (asset.status, asset.headers[CACHE_CONTROL].to_str().unwrap()),
            (200, web_pages::assets::CACHE_CONTROL)
        );
    }
    assert_eq!(browser.open("/assets/0.css").await.status, 404);
}

#[tokio::test]
async fn a_person_comments_merges_and_undoes_both() {
    let (faultline, error) = with_an_error().await;
    faultline.post("sample", &json!({ "errors": [{ "type": "KeyError", "message": "another" }] })).await;
    assert_eq!(faultline.process().await, 0);
    let list = faultline.get("/projects/sample/errors").await;
    let other = list["errors"].as_array().unwrap().iter().find(|entry| entry["message"] == "another").unwrap();
    let other = other["fingerprint"].as_str().unwrap();
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let (shown, forms) = (format!("/projects/sample/errors/{error}"), format!("/pages/projects/sample/errors/{error}"));
    let token = browser.open(&shown).await.token();
    let send = async |fields: &[(&str, &str)]| {
        let sent = browser.submit(&forms, &[&[("token", token.as_str())], fields].concat()).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        browser.open(sent.location()).await.text
    };

    let page = send(&[("do", "comment"), ("comment", "seen <i>on</i> staging")]).await;
    assert!(page.contains("seen &#60;i&#62;on&#60;/i&#62; staging"), "{page}");
    let (_, rest) = page.split_once("name=\"comment\" value=\"").unwrap();
    let page = send(&[("do", "forget"), ("comment", rest.split('"').next().unwrap()), ("sure", "yes")]).await;
    assert!(!page.contains("on staging") && page.contains("deleted a comment"), "{page}");

    let address = format!("http://faultline.example/projects/sample/errors/{other}?range=1h");
    let page = send(&[("do", "merge"), ("other", &address)]).await;
    assert!(page.contains(&format!("name=\"part\" value=\"{other}\"")), "{page}");
    assert_eq!(faultline.get("/projects/sample/errors").await["errors"].as_array().unwrap().len(), 1);
    send(&[("do", "unmerge"), ("part", other)]).await;
    assert_eq!(faultline.get("/projects/sample/errors").await["errors"].as_array().unwrap().len(), 2);
}
