//! `GET /info` and `GET /health`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use gate::Answer;
use http::Request;
use serde_json::json;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().route("/info", get(info)).route("/health", get(health))
}

async fn info(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(version(&query, request)).await
}

/// 201, as v1 answered it.
async fn version(query: &Query, request: Request<Body>) -> Answer {
    query.gate.caller(request.headers()).await?.admin()?;
    gate::created(&json!({ "data": { "version": env!("CARGO_PKG_VERSION"), "refused": query.outcomes.counts() } }))
}

/// Open to all: says nothing but that it is there.
async fn health(State(query): State<Arc<Query>>) -> Response {
    query.answer(async { gate::data(json!({ "status": "ok" })) }).await
}
