//! `PATCH /keys/{id}`: out of use, or back in it; and another name.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use domain::outcome::{Reason, Refusal};
use gate::{Answer, storage_failed};
use http::Request;
use serde::Deserialize;
use serde_json::json;
use store::ports::KeyChange;

use super::{check_name, entry, named, unknown};
use crate::Query;
use crate::projects::parse_body;

/// What a body should be.
const FORM: &str = "an object with `disabled`: true or false, or `name`: text, or both";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys/{id}", patch(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(update(&query, request)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    disabled: Option<bool>,
    name: Option<String>,
}

async fn update(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller(request.headers()).await?;
    let (hash, _) = named(query, &caller, request.uri()).await?;
    let Change { disabled, name } = parse_body(request, FORM).await?;
    if disabled.is_none() && name.is_none() {
        return Err(Refusal::new(Reason::BodyInvalid, format!("the body changes nothing: send {FORM}")));
    }
    name.as_deref().map_or(Ok(()), check_name)?;
    let changed = query.keys.change(&hash, &KeyChange { disabled, name }).await;
    let changed = changed.map_err(|error| storage_failed(&error))?.ok_or_else(|| unknown(hash.id()))?;
    gate::data(json!({ "key": entry(&hash, &changed) }))
}
