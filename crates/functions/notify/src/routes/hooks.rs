//! `POST /hooks/{service}/{project}`: webhooks from GitHub, GitLab and Slack.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use serde_json::json;

use super::Routes;
use crate::hooks::Service;

pub(super) fn routes() -> Router<Arc<Routes>> {
    Router::new().route("/hooks/{service}/{project}", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.tag("hooks");
    let done = json!({ "type": "object", "required": ["done"], "properties": { "done": { "type": "string" } } });
    let services = json!({ "type": "string", "enum": ["github", "gitlab", "slack"] });
    let form = json!({ "type": "object" });
    api.operation(
        "post",
        "/hooks/{service}/{project}",
        "takeHook",
        "Receives a webhook about an issue or a button press",
    )
    .description(
        "The service signs the request in its own way, with the secret in the project's rules. It needs no key.",
    )
    .open()
    .parameter("path", "service", "the service that calls", services)
    .path::<ProjectName>("project", "the project's name")
    .body_as("application/json", form.clone(), json!({ "action": "closed" }))
    .body_as("application/x-www-form-urlencoded", form, json!({ "payload": "{}" }))
    .data_as(200, "what was done", done)
    .error(Reason::SignatureInvalid, "the signature is missing or wrong, or the project has no secret for the service")
    .error(Reason::ParameterInvalid, "the event is older than a day")
    .error(Reason::PathUnknown, "there is no such service")
    .error(Reason::ProjectName, "the name is not a valid project name");
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(take(&routes, request)).await
}

async fn take(routes: &Routes, request: Request<Body>) -> Answer {
    let headers = request.headers().clone();
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches("/hooks/").splitn(2, '/');
    let service = match parts.next() {
        Some("github") => Service::GitHub,
        Some("gitlab") => Service::GitLab,
        Some("slack") => Service::Slack,
        other => {
            let message = format!("`{}` is not a service: use github, gitlab or slack", other.unwrap_or_default());
            return Err(Refusal::new(Reason::PathUnknown, message));
        }
    };
    let project = ProjectName::parse(&http_common::decode_segment(parts.next().unwrap_or_default()))
        .map_err(|error| Refusal::new(Reason::ProjectName, error.to_string()))?;
    // The raw bytes, because the signature covers them. None of the services compresses the body.
    let body = http_common::read(request).await?;
    routes.notify.handle_hook(service, &project, &headers, &body).await
}
