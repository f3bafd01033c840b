//! `POST /hooks/{service}/{project}`: what GitHub, GitLab and Slack say of themselves.

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
    api.operation("post", "/hooks/{service}/{project}", "takeHook", "Takes what a service says of its issues")
        .description(
            "Signed, in the service's own way, by the secret that the project's rules have for it: no key opens it.",
        )
        .open()
        .parameter("path", "service", "who calls", services)
        .path::<ProjectName>("project", "the project's name")
        .body_as("application/json", form.clone(), json!({ "action": "closed" }))
        .body_as("application/x-www-form-urlencoded", form, json!({ "payload": "{}" }))
        .data_as(200, "what came of it", done)
        .error(Reason::SignatureInvalid, "it is not signed, or the project has no such secret")
        .error(Reason::ParameterInvalid, "it did not happen in the last day")
        .error(Reason::PathUnknown, "there is no such service")
        .error(Reason::ProjectName, "this is not a valid project name");
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
            let message = format!("`{}` is no service: use github, gitlab or slack", other.unwrap_or_default());
            return Err(Refusal::new(Reason::PathUnknown, message));
        }
    };
    let project = ProjectName::parse(&http_common::decode_segment(parts.next().unwrap_or_default()))
        .map_err(|error| Refusal::new(Reason::ProjectName, error.to_string()))?;
    // As it was sent: it is signed byte by byte, and none of them packs it.
    let body = http_common::read(request).await?;
    routes.notify.handle_hook(service, &project, &headers, &body).await
}
