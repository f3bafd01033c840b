//! `POST /keys`: a new key, shown this once.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::id::Key;
use domain::outcome::{Reason, Refusal};
use gate::{Answer, storage_failed};
use http::Request;
use serde::Deserialize;
use serde_json::json;
use store::ports::{KeyRecord, Role, Scope};

use crate::Query;
use crate::projects::{existing, parse_body};

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys", post(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(create(&query, request)).await
}

#[derive(Deserialize)]
struct New {
    role: String,
    name: Option<String>,
    project: Option<String>,
}

async fn create(query: &Query, request: Request<Body>) -> Answer {
    query.gate.caller(request.headers()).await?.admin()?;
    let form = "an object with `role` (`client` or `admin`), and if you like `name` and `project`";
    let new: New = parse_body(request, form).await?;
    let unknown = || {
        let message = format!("`{}` is not a role: use `client` or `admin`", new.role);
        Refusal::new(Reason::BodyInvalid, message).at(["role"])
    };
    let role = Role::parse(&new.role).ok_or_else(unknown)?;
    let scope = match &new.project {
        None => Scope::All,
        Some(name) => {
            let project = existing(query, &gate::project_named(name)?).await?;
            Scope::Project(project.id, project.name)
        }
    };
    let key = Key::from_random(query.clock.random().to_be_bytes());
    let record =
        KeyRecord { role, scope, name: new.name.unwrap_or_default(), disabled: false, created_at: query.clock.now() };
    query.keys.add(&key.hash(), &record).await.map_err(|error| storage_failed(&error))?;
    gate::created(&json!({ "data": { "key": {
        "key": key.reveal(),
        "role": record.role.as_str(),
        "name": record.name,
        "project": new.project,
        "createdAt": record.created_at,
    } } }))
}
