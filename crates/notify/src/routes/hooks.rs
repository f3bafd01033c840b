//! `POST /hooks/{service}/{project}`: what GitHub, GitLab and Slack say of themselves.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::id::ProjectName;
use domain::outcome::{Reason, Refusal};
use gate::Answer;
use http::Request;

use super::Routes;
use crate::hooks::Service;

pub(super) fn routes() -> Router<Arc<Routes>> {
    Router::new().route("/hooks/{service}/{project}", post(handle))
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(take(&routes, request)).await
}

async fn take(routes: &Routes, request: Request<Body>) -> Answer {
    let (headers, path) = (request.headers().clone(), request.uri().path().to_owned());
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
    let project = ProjectName::parse(&gate::decoded(parts.next().unwrap_or_default()))
        .map_err(|error| Refusal::new(Reason::ProjectName, error.to_string()))?;
    // As it was sent: it is signed byte by byte, and none of them packs it.
    let body = gate::read(request).await?;
    routes.notify.hook(service, &project, &headers, &body).await
}
