//! Calls the API in this process, on behalf of the signed-in visitor.

use axum::body::Body;
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

impl Pages {
    /// Sends a request to the API and returns its answer, including refusals.
    ///
    /// # Errors
    ///
    /// 502 if the answer ends early; a redirect to the same page if the project was renamed.
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

    /// Sends a request to the API and returns the `data` of its answer, or the refusal.
    pub async fn call(&self, visit: &Visit, method: Method, path: &str, body: &Value) -> Result<Value, PageRefusal> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body);
        let refused = |status, text| PageRefusal::Said { status, text, frame: Box::new(visit.frame("")) };
        let request = request.map_err(|error| refused(StatusCode::BAD_REQUEST, error.to_string()))?;
        let ApiAnswer { status, mut body, .. } = self.ask(visit, request).await?;
        match status.is_success() {
            true => Ok(body["data"].take()),
            false => Err(refused(status, body["message"].as_str().unwrap_or("the request failed").to_owned())),
        }
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
