//! A browser without JavaScript, for tests of pages.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::header::{ACCEPT, COOKIE, HOST, LOCATION, ORIGIN, REFERER, SET_COOKIE};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use web_session::address::encoded;

/// A browser with at most one cookie, which does not follow redirects.
pub(crate) struct Browser<'a> {
    faultline: &'a Faultline,
    pub(crate) cookie: String,
}

/// A page or other answer.
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    pub(crate) fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    /// Returns the cookie that was set.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers[SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Returns the token that every form of the page sends.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"token\" value=\"").expect("no form");
        rest.split('"').next().unwrap().to_owned()
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(faultline: &'a Faultline) -> Self {
        Self { faultline, cookie: String::new() }
    }

    pub(crate) async fn signed_in(faultline: &'a Faultline, key: &str) -> Self {
        let mut browser = Self::new(faultline);
        let seen = browser.sign_in(key).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
        browser.cookie = seen.cookie();
        browser
    }

    /// Opens the sign-in form, and sends it with a key.
    pub(crate) async fn sign_in(&self, key: &str) -> Seen {
        let form = self.open("/sign-in").await;
        let fresh = Self { faultline: self.faultline, cookie: form.cookie() };
        fresh.submit("/sign-in", &[("token", &form.token()), ("key", key)]).await
    }

    pub(crate) async fn open(&self, path: &str) -> Seen {
        self.send(
            Request::get(path)
                .header(ACCEPT, "text/html,*/*")
                .header(COOKIE, &self.cookie)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let form: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(path).header(COOKIE, &self.cookie);
        self.send(request.body(form.join("&").into()).unwrap()).await
    }

    /// Like `submit`, with the headers that a browser sends from our own pages.
    pub(crate) async fn submit_own(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let form: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let page = format!("http://errors.example{}", path.trim_start_matches("/pages"));
        let request = Request::post(path).header(COOKIE, &self.cookie).header(HOST, "errors.example");
        let request = request.header(ORIGIN, "http://errors.example").header(REFERER, page);
        self.send(request.body(form.join("&").into()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let (parts, body) = self.faultline.stack.front().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        Seen { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}

/// Creates a key of a role for a project or for the whole stack. Returns the key and its id.
pub(crate) async fn key(faultline: &Faultline, role: &str, project: Value) -> (String, String) {
    let body = json!({ "role": role, "project": project, "name": format!("{role} of the story") });
    let made = faultline.call(Method::POST, "/keys", ADMIN, body.to_string()).await.body["data"]["key"].clone();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("key"), text("id"))
}
