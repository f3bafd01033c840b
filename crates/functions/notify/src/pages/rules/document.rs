//! Reads and writes rules through the API.

use axum::body::Body;
use http::header::{ETAG, IF_MATCH};
use http::{Method, Request, StatusCode};
use serde_json::Value;
use web_pages::RulesText;
use web_session::address::encoded;
use web_session::{ApiAnswer, PageRefusal, Pages, Visit};

/// The document of a project's rules, without its secrets.
pub(super) struct RulesDocument {
    /// Path of the rules in the API.
    pub(super) path: String,
    /// Version of the rules, for `If-Match`.
    pub(super) version: String,
    pub(super) document: Value,
}

/// A refusal of the API.
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) text: String,
    /// The place in the request that the refusal is about.
    path: Vec<String>,
}

impl RulesDocument {
    pub(super) async fn read(pages: &Pages, visit: &Visit, project: &str) -> Result<Self, PageRefusal> {
        let path = format!("/projects/{}/rules", encoded(project));
        let answered = pages.ask(visit, build_request(visit, Method::GET, &path, None, &Value::Null)?).await?;
        let version = answered.headers.get(ETAG).and_then(|version| version.to_str().ok()).unwrap_or("*").to_owned();
        match parse_answer(answered) {
            Ok(document) => Ok(Self { path, version, document }),
            Err(said) => Err(said.refused(visit)),
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
    ) -> Result<Result<Value, ApiError>, PageRefusal> {
        let request = build_request(visit, Method::PUT, &self.path, Some(seen), document)?;
        pages.ask(visit, request).await.map(parse_answer)
    }

    /// Sends a test message to the targets in `wanted`. Returns the results.
    pub(super) async fn test(
        &self,
        pages: &Pages,
        visit: &Visit,
        wanted: &Value,
    ) -> Result<Result<Value, ApiError>, PageRefusal> {
        let request = build_request(visit, Method::POST, &format!("{}/test", self.path), None, wanted)?;
        let answered = pages.ask(visit, request).await?;
        Ok(parse_answer(answered).map(|mut data| data["results"].take()))
    }
}

impl ApiError {
    /// Returns the part of the refusal's path after `begin`; empty if the path does not start with it.
    pub(super) fn path_below(&self, begin: &[&str]) -> &[String] {
        let is_there = self.path.iter().zip(begin).filter(|(own, wanted)| own == *wanted).count() == begin.len();
        if is_there { &self.path[begin.len()..] } else { &[] }
    }

    /// Returns the message with the place that it is about.
    pub(super) fn with_place(&self) -> String {
        match self.path.as_slice() {
            [] => self.text.clone(),
            path => format!("At {}: {}", path.join("."), self.text),
        }
    }

    fn refused(self, visit: &Visit) -> PageRefusal {
        PageRefusal::Said { status: self.status, text: self.text, frame: Box::new(visit.frame("")) }
    }
}

pub(super) fn build_request(
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

pub(super) fn parse_answer(mut answered: ApiAnswer) -> Result<Value, ApiError> {
    match answered.status.is_success() {
        true => Ok(answered.body["data"].take()),
        false => {
            let error = &answered.body["errors"][0];
            let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
            let path = error["path"].as_array().into_iter().flatten().map(part).collect();
            let text = error["message"].as_str().unwrap_or("not found").to_owned();
            Err(ApiError { status: answered.status, text, path })
        }
    }
}
