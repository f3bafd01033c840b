//! `POST /projects/{project}/errors`: faultline's own JSON API.

mod notifications;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::inbox::{Header, Message};
use domain::occurrence::Source;
use domain::outcome::{Reason, Refusal};
use domain::v1::{Parsed, Post};
use gate::Answer;
use http::Request;
use serde_json::{Value, json};

use crate::{Ingest, accept};

/// The route.
pub(crate) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/projects/{project}/errors", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let caller = ingest.gate.caller(request.headers()).await?;
    let name = gate::project_in(request.uri().path())?;
    let project = caller.post_to(&name)?;
    ingest.check_origin(&project, request.headers()).await?;
    let trace = accept::trace(request.headers());

    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    let body = gate::read(Request::from_parts(parts, body)).await?;
    let Parsed { post, notifications, mut refused } = Post::parse(&gate::unpack(&headers, &body)?)?;
    let notifications = match ingest.seal(&name, &notifications).await {
        Ok(sealed) => sealed,
        Err(not_sealed) => {
            refused.push(not_sealed);
            None
        }
    };
    for refusal in &refused {
        ingest.outcomes.count(refusal.reason);
    }

    let event_ids = post.errors.iter().map(|_| ingest.event_id()).collect::<Vec<_>>();
    let answer = answer(&event_ids[0].to_string(), event_ids.len(), &refused);
    let received_at = ingest.clock.now();
    let key = caller.key();
    let header = Header { key, trace, notifications, ..Header::new(Source::V1, project, received_at, event_ids) };
    let payload = serde_json::to_vec(&post)
        .map_err(|error| Refusal::new(Reason::Internal, format!("the body cannot be written down: {error}")))?;
    ingest.accept(&Message { header, payload }).await?;
    gate::created(&answer)
}

/// v1's answer, and `id`, without which v1's JavaScript client waits for ever. What was refused beside it is named.
fn answer(id: &str, count: usize, refused: &[Refusal]) -> Value {
    let mut answer = json!({ "data": { "errors": { "postCount": count } }, "id": id });
    if !refused.is_empty() {
        answer["refused"] = refused
            .iter()
            .map(|refusal| json!({ "message": refusal.message, "path": refusal.path, "reason": refusal.reason.name() }))
            .collect();
    }
    answer
}
