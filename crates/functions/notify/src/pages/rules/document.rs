//! The rules as the API shows and takes them.

use axum::body::Body;
use http::header::{ETAG, IF_MATCH};
use http::{Method, Request, StatusCode};
use serde_json::Value;
use web_pages::RulesText;
use web_session::address::encoded;
use web_session::{ApiAnswer, PageRefusal, Pages, Visit};

/// The document of a project's rules, without its secrets.
pub(super) struct RulesDocument {
    /// Where it is.
    pub(super) path: String,
    /// Which one it is, for `If-Match`.
    pub(super) version: String,
    /// What is in it.
    pub(super) document: Value,
}

/// What the API said against something.
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) text: String,
    /// Where in what was sent.
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

    /// Puts `document` in the place of the one that is `seen`.
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

    /// Sends a sample to whom `wanted` names; the results.
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
    /// What is behind `begin` of the place that it is about; nothing, if it is about another.
    pub(super) fn path_below(&self, begin: &[&str]) -> &[String] {
        let is_there = self.path.iter().zip(begin).filter(|(own, wanted)| own == *wanted).count() == begin.len();
        if is_there { &self.path[begin.len()..] } else { &[] }
    }

    /// What it is about, and where that is.
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
        let text = format!("this form is damaged ({error}): load the page again, and repeat");
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
            let text = error["message"].as_str().unwrap_or("there is nothing here").to_owned();
            Err(ApiError { status: answered.status, text, path })
        }
    }
}
