//! `DELETE /keys/{id}`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use gate::{Answer, storage_failed};
use http::Request;

use super::named;
use crate::Query;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", delete(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(remove(&query, request)).await
}

async fn remove(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller(request.headers()).await?;
    let (hash, _) = named(query, &caller, request.uri()).await?;
    query.keys.remove(&hash).await.map_err(|error| storage_failed(&error))?;
    gate::no_content()
}
