//! Reads and writes rules through the API.

use axum::body::Body;
use http::header::{ETAG, IF_MATCH};
use http::{Method, Request, StatusCode};
use serde_json::Value;
use web_pages::RulesText;
use web_session::address::encoded;
use web_session::{ApiAnswer, ApiRefusal, PageRefusal, Pages, Visit};

/// The document of a project's rules, without its secrets.
pub(super) struct RulesDocument {
    /// Path of the rules in the API.
    pub(super) path: String,
    /// Version of the rules, for `If-Match`.
    pub(super) version: String,
    pub(super) document: Value,
}

impl RulesDocument {
    pub(super) async fn read(pages: &Pages, visit: &Visit, project: &str) -> Result<Self, PageRefusal> {
        let path = format!("/projects/{}/rules", encoded(project));
        let answered = pages.ask(visit, build_request(visit, Method::GET, &path, None, &Value::Null)?).await?;
        let version = answered.headers.get(ETAG).and_then(|version| version.to_str().ok()).unwrap_or("*").to_owned();
        match answered.into_data() {
            Ok(document) => Ok(Self { path, version, document }),
            Err(said) => Err(said.into_page(visit)),
        }
    }

    pub(super) fn text(&self) -> RulesText {
        let json = serde_json::to_string_pretty(&self.document).unwrap_or_default();
        RulesText { json, version: self.version.clone(), problem: None }
    }

    /// Replaces the rules with `document`, if their version still is `seen`.
    pub(super) async fn replace(
        &self,
        pages: &Pages,
        visit: &Visit,
        seen: &str,
        document: &Value,
    ) -> Result<Result<Value, ApiRefusal>, PageRefusal> {
        let request = build_request(visit, Method::PUT, &self.path, Some(seen), document)?;
        pages.ask(visit, request).await.map(ApiAnswer::into_data)
    }

    /// Sends a test message to the targets in `wanted`. Returns the results.
    pub(super) async fn test(
        &self,
        pages: &Pages,
        visit: &Visit,
        wanted: &Value,
    ) -> Result<Result<Value, ApiRefusal>, PageRefusal> {
        let answered = pages.try_call(visit, Method::POST, &format!("{}/test", self.path), wanted).await?;
        Ok(answered.map(|mut data| data["results"].take()))
    }
}

fn build_request(
    visit: &Visit,
    method: Method,
    path: &str,
    seen: Option<&str>,
    body: &Value,
) -> Result<Request<Body>, PageRefusal> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(seen) = seen {
        request = request.header(IF_MATCH, seen);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    request.body(body).map_err(|error| {
        let text = format!("this form is damaged ({error}): reload the page and try again");
        PageRefusal::Said { status: StatusCode::BAD_REQUEST, text, frame: Box::new(visit.frame("")) }
    })
}
