//! Calling the API in this process, as whoever is signed in.

use axum::body::Body;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use http_body_util::BodyExt;
use model::outcome::Refusal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::StoreError;
use tower::ServiceExt;
use web_pages::{Frame, Message};

use crate::address::encoded;
use crate::{Pages, Visit};

/// A page, or why there is none.
pub type Shown = Result<Response, Refused>;

/// Why there is no page, or where it is instead.
#[derive(Debug)]
pub enum Refused {
    /// Nobody is signed in: first sign in, then come back to this address.
    SignedOut(String),
    /// The project has another name: the same page of it is there.
    Renamed(String),
    /// The API refused, or there is nothing.
    Said {
        /// As the API answered.
        status: StatusCode,
        /// What is the matter, and the way out.
        text: String,
        /// What is around the page that says so.
        frame: Box<Frame>,
    },
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        http_common::log_cause(&refusal);
        let status = StatusCode::from_u16(refusal.reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::Said { status, text: refusal.message, frame: Box::default() }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut(path) => Redirect::to(&format!("/sign-in?next={}", encoded(&path))).into_response(),
            Self::Renamed(path) => Redirect::to(&path).into_response(),
            Self::Said { status, text, mut frame } => {
                let title = match status {
                    StatusCode::NOT_FOUND => "There is nothing here",
                    StatusCode::FORBIDDEN => "This key may not",
                    StatusCode::NOT_IMPLEMENTED => "This stack cannot do that",
                    _ => "That did not work",
                };
                frame.title = title.to_owned();
                (status, page(&Message { frame: *frame, title: title.to_owned(), text })).into_response()
            }
        }
    }
}

impl Refused {
    /// What was said, in the frame of the visit.
    pub fn within(self, visit: &Visit) -> Self {
        match self {
            Self::Said { status, text, .. } => Self::Said { status, text, frame: Box::new(visit.frame("")) },
            elsewhere => elsewhere,
        }
    }
}

/// As the API answered.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The JSON; `null` if it is none.
    pub body: Value,
}

impl Pages {
    /// What the API answers to a request, refusals too.
    ///
    /// # Errors
    ///
    /// 502 if the answer breaks off; where the page is, if its project has another name now.
    pub async fn ask(&self, visit: &Visit, mut request: Request<Body>) -> Result<Answered, Refused> {
        request.extensions_mut().insert(visit.caller.clone());
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let broken = |text| Refused::Said { status: StatusCode::BAD_GATEWAY, text, frame: Box::new(visit.frame("")) };
        let bytes = body.collect().await.map_err(|error| broken(error.to_string()))?.to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(path) = body["renamedTo"].as_str().and_then(|name| visit.under(name)) {
            return Err(Refused::Renamed(path));
        }
        Ok(Answered { status: parts.status, headers: parts.headers, body })
    }

    /// What the API answers under `data`, or why not.
    pub async fn call(&self, visit: &Visit, method: Method, path: &str, body: &Value) -> Result<Value, Refused> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body);
        let refused = |status, text| Refused::Said { status, text, frame: Box::new(visit.frame("")) };
        let request = request.map_err(|error| refused(StatusCode::BAD_REQUEST, error.to_string()))?;
        let Answered { status, mut body, .. } = self.ask(visit, request).await?;
        match status.is_success() {
            true => Ok(body["data"].take()),
            false => Err(refused(status, body["message"].as_str().unwrap_or("there is nothing here").to_owned())),
        }
    }

    /// What the API answers to a GET, read as `T`.
    pub async fn get<T: DeserializeOwned>(&self, visit: &Visit, path: &str) -> Result<T, Refused> {
        let data = self.call(visit, Method::GET, path, &Value::Null).await?;
        serde_json::from_value(data).map_err(|error| {
            tracing::error!(url.path = path, error.message = %error, "a page cannot read what the API answers");
            let text = "a fault of faultline's own: its log has the details".to_owned();
            Refused::Said { status: StatusCode::INTERNAL_SERVER_ERROR, text, frame: Box::new(visit.frame("")) }
        })
    }
}

/// A page with the headers that guard it.
pub fn page(page: &impl web_pages::Page) -> Response {
    match web_pages::page(page) {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, web_pages::CONTENT_SECURITY_POLICY),
                (REFERRER_POLICY, "same-origin"),
                (HeaderName::from_static("x-content-type-options"), "nosniff"),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(error.message = %error, "a page cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain")], "a fault of faultline's own")
                .into_response()
        }
    }
}
