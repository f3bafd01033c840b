//! Calls the API in this process, on behalf of the signed-in visitor.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use crate::{PageRefusal, Pages, Visit};

/// An answer of the API.
#[derive(Debug)]
pub struct ApiAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The JSON body; `null` if the body is not JSON.
    pub body: Value,
}

/// A refusal of the API.
#[derive(Debug)]
pub struct ApiRefusal {
    pub status: StatusCode,
    /// The name of the reason.
    pub reason: String,
    /// The problem, in the words of the API.
    pub text: String,
    /// The place in the request that the refusal is about.
    pub path: Vec<String>,
}

impl ApiAnswer {
    /// Returns the `data` of the answer, or the refusal.
    ///
    /// # Errors
    ///
    /// The refusal of the API.
    pub fn into_data(mut self) -> Result<Value, ApiRefusal> {
        if self.status.is_success() {
            return Ok(self.body["data"].take());
        }
        let error = &self.body["errors"][0];
        let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
        Err(ApiRefusal {
            status: self.status,
            reason: error["reason"].as_str().unwrap_or_default().to_owned(),
            text: error["message"].as_str().unwrap_or("the request failed").to_owned(),
            path: error["path"].as_array().into_iter().flatten().map(part).collect(),
        })
    }
}

impl ApiRefusal {
    /// Whether the visitor can fix the problem on the page with the form.
    pub fn is_fixable(&self) -> bool {
        matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::CONFLICT)
    }

    /// Returns the part of the path after `begin`; empty if the path does not start with it.
    pub fn path_below(&self, begin: &[&str]) -> &[String] {
        let is_there = self.path.iter().zip(begin).filter(|(own, wanted)| own == *wanted).count() == begin.len();
        if is_there { &self.path[begin.len()..] } else { &[] }
    }

    /// Returns the message with the place that it is about.
    pub fn with_place(&self) -> String {
        match self.path.as_slice() {
            [] => self.text.clone(),
            path => format!("At {}: {}", path.join("."), self.text),
        }
    }

    /// Turns it into a page of its own.
    pub fn into_page(self, visit: &Visit) -> PageRefusal {
        PageRefusal::Said { status: self.status, text: self.text, frame: Box::new(visit.frame("")) }
    }
}

impl Pages {
    /// Sends a request to the API and returns its answer, including refusals.
    ///
    /// # Errors
    ///
    /// 502 if the answer ends early; a redirect to the same page if the project was renamed.
    pub async fn ask(&self, visit: &Visit, request: Request<Body>) -> Result<ApiAnswer, PageRefusal> {
        let response = self.send(visit, request).await;
        Self::read(visit, response).await
    }

    /// Sends a GET request to the API and returns its answer as it is. A refusal becomes a page of its own.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask), and the refusal of the API.
    pub async fn fetch(&self, visit: &Visit, path: &str) -> Result<Response, PageRefusal> {
        let response = self.send(visit, build(visit, Method::GET, path, Body::empty())?).await;
        if response.status().is_success() {
            return Ok(response);
        }
        match Self::read(visit, response).await?.into_data() {
            Ok(_) => Err(PageRefusal::Said {
                status: StatusCode::BAD_GATEWAY,
                text: "the API gave no answer".to_owned(),
                frame: Box::new(visit.frame("")),
            }),
            Err(refusal) => Err(refusal.into_page(visit)),
        }
    }

    async fn send(&self, visit: &Visit, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(visit.caller.clone());
        request.extensions_mut().insert(visit.base.clone());
        match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn read(visit: &Visit, response: Response) -> Result<ApiAnswer, PageRefusal> {
        let (parts, body) = response.into_parts();
        let broken =
            |text| PageRefusal::Said { status: StatusCode::BAD_GATEWAY, text, frame: Box::new(visit.frame("")) };
        let bytes = body.collect().await.map_err(|error| broken(error.to_string()))?.to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(path) = body["renamedTo"].as_str().and_then(|name| visit.under(name)) {
            return Err(PageRefusal::Renamed(path));
        }
        Ok(ApiAnswer { status: parts.status, headers: parts.headers, body })
    }

    /// Sends a request to the API and returns the `data` of its answer. A refusal becomes a page of its own.
    pub async fn call(&self, visit: &Visit, method: Method, path: &str, body: &Value) -> Result<Value, PageRefusal> {
        self.try_call(visit, method, path, body).await?.map_err(|refusal| refusal.into_page(visit))
    }

    /// Sends a request to the API and returns the `data` of its answer, or the refusal, which the caller shows next to
    /// the form.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub async fn try_call(
        &self,
        visit: &Visit,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, ApiRefusal>, PageRefusal> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        Ok(self.ask(visit, build(visit, method, path, body)?).await?.into_data())
    }

    /// Sends a GET request to the API and parses the `data` of its answer as `T`.
    pub async fn get<T: DeserializeOwned>(&self, visit: &Visit, path: &str) -> Result<T, PageRefusal> {
        let data = self.call(visit, Method::GET, path, &Value::Null).await?;
        serde_json::from_value(data).map_err(|error| {
            tracing::error!(url.path = path, error.message = %error, "failed to parse an answer of the API for a page");
            let text = "internal error: see faultline's log".to_owned();
            PageRefusal::Said { status: StatusCode::INTERNAL_SERVER_ERROR, text, frame: Box::new(visit.frame("")) }
        })
    }
}

fn build(visit: &Visit, method: Method, path: &str, body: Body) -> Result<Request<Body>, PageRefusal> {
    Request::builder().method(method).uri(path).body(body).map_err(|error| PageRefusal::Said {
        status: StatusCode::BAD_REQUEST,
        text: error.to_string(),
        frame: Box::new(visit.frame("")),
    })
}
