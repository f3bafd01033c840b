//! Calls the API in this process, with the rights of the caller's key.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_common::{BaseUrl, Caller};
use model::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tower::ServiceExt;
use web_session::address::encoded;

use super::failure::ToolFailure;

/// The API, on behalf of a caller.
pub(super) struct Api {
    routes: Router,
    caller: Caller,
    base: BaseUrl,
    /// When the request was received.
    pub(super) now: Timestamp,
}

impl Api {
    pub(super) fn new(routes: Router, caller: Caller, base: BaseUrl, now: Timestamp) -> Self {
        Self { routes, caller: caller.by_agent(), base, now }
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The address of this installation.
    pub(super) fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Whether the caller may change errors.
    pub(super) fn may_change(&self) -> bool {
        self.caller.check_member().is_ok()
    }

    /// The URL of an error's page.
    pub(super) fn page(&self, project: &str, fingerprint: &str) -> String {
        format!("{}{}", self.address(), path(project, fingerprint))
    }

    /// Reads the `data` at a path.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ToolFailure> {
        let body = self.send(Method::GET, path, Body::empty()).await?;
        parse(&body, path)
    }

    /// Reads the `data` at a path as the text that it is.
    pub(super) async fn get_text(&self, path: &str) -> Result<String, ToolFailure> {
        let body = self.send(Method::GET, path, Body::empty()).await?;
        parse::<Box<RawValue>>(&body, path).map(|data| data.get().to_owned())
    }

    /// Sends a change, and returns the `data` of the answer.
    pub(super) async fn change(&self, method: Method, path: &str, body: &Value) -> Result<Value, ToolFailure> {
        let body = self.send(method, path, Body::from(body.to_string())).await?;
        parse(&body, path)
    }

    async fn send(&self, method: Method, path: &str, body: Body) -> Result<Vec<u8>, ToolFailure> {
        let mut request =
            Request::builder().method(method).uri(path).body(body).map_err(|_| ToolFailure::internal())?;
        request.extensions_mut().insert(self.caller.clone());
        request.extensions_mut().insert(self.base.clone());
        let response = match self.routes.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let bytes =
            axum::body::to_bytes(response.into_body(), usize::MAX).await.map_err(|_| ToolFailure::internal())?;
        match status.is_success() {
            true => Ok(bytes.to_vec()),
            false => Err(explain(status, &bytes)),
        }
    }
}

/// The path of an error.
pub(super) fn path(project: &str, error: &str) -> String {
    format!("/projects/{}/errors/{}", encoded(project), encoded(error))
}

#[derive(serde::Deserialize)]
struct Answered<T> {
    data: T,
}

fn parse<T: DeserializeOwned>(body: &[u8], path: &str) -> Result<T, ToolFailure> {
    serde_json::from_slice::<Answered<T>>(body).map(|answered| answered.data).map_err(|error| {
        tracing::error!(url.path = path, error.message = %error, "failed to parse an answer of the API for a tool");
        ToolFailure::internal()
    })
}

/// Turns a refusal of the API into words for an agent.
fn explain(status: StatusCode, body: &[u8]) -> ToolFailure {
    let refusal: Value = serde_json::from_slice(body).unwrap_or_default();
    let (reason, message) = (&refusal["error"], refusal["message"].as_str().unwrap_or("the request failed"));
    let hint = match reason.as_str().unwrap_or_default() {
        "project_unknown" | "project_name" => "; the tool list_projects lists the projects",
        "error_unknown" => "; the tool search_errors finds errors",
        "occurrence_unknown" | "occurrence_expired" => "; the tool list_occurrences lists the occurrences that exist",
        "key_role" | "key_project" => "; the tool whoami says what this key may do",
        _ if status.is_server_error() => "; try again later",
        _ => "",
    };
    ToolFailure(format!("{message}{hint}"))
}
