//! `POST /encrypt`: v1's way to seal a notification config.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::outcome::{Reason, Refusal};
use gate::Answer;
use http::Request;

use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/encrypt", post(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(seal(&query, request)).await
}

async fn seal(query: &Query, request: Request<Body>) -> Answer {
    query.gate.caller(request.headers()).await?.admin()?;
    let message = "notification configs cannot be sealed yet: this version sends no notifications";
    Err(Refusal::new(Reason::NotImplemented, message))
}
