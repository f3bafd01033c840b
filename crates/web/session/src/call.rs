//! Calling the API in this process, as whoever is signed in.

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use crate::{PageRefusal, Pages, Visit};

/// As the API answered.
#[derive(Debug)]
pub struct ApiAnswer {
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
    pub async fn ask(&self, visit: &Visit, mut request: Request<Body>) -> Result<ApiAnswer, PageRefusal> {
        request.extensions_mut().insert(visit.caller.clone());
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
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

    /// What the API answers under `data`, or why not.
    pub async fn call(&self, visit: &Visit, method: Method, path: &str, body: &Value) -> Result<Value, PageRefusal> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body);
        let refused = |status, text| PageRefusal::Said { status, text, frame: Box::new(visit.frame("")) };
        let request = request.map_err(|error| refused(StatusCode::BAD_REQUEST, error.to_string()))?;
        let ApiAnswer { status, mut body, .. } = self.ask(visit, request).await?;
        match status.is_success() {
            true => Ok(body["data"].take()),
            false => Err(refused(status, body["message"].as_str().unwrap_or("there is nothing here").to_owned())),
        }
    }

    /// What the API answers to a GET, read as `T`.
    pub async fn get<T: DeserializeOwned>(&self, visit: &Visit, path: &str) -> Result<T, PageRefusal> {
        let data = self.call(visit, Method::GET, path, &Value::Null).await?;
        serde_json::from_value(data).map_err(|error| {
            tracing::error!(url.path = path, error.message = %error, "a page cannot read what the API answers");
            let text = "internal error: see faultline's log".to_owned();
            PageRefusal::Said { status: StatusCode::INTERNAL_SERVER_ERROR, text, frame: Box::new(visit.frame("")) }
        })
    }
}
