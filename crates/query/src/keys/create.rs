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

use super::{allow, check_name, entry};
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
    let caller = query.gate.caller(request.headers()).await?;
    caller.administers()?;
    let form = "an object with `role` (`client`, `read` or `admin`), and if you like `name` and `project`";
    let New { role, name, project } = parse_body(request, form).await?;
    let unknown = || {
        let message = format!("`{role}` is not a role: use `client`, `read` or `admin`");
        Refusal::new(Reason::BodyInvalid, message).at(["role"])
    };
    let (role, name) = (Role::parse(&role).ok_or_else(unknown)?, name.unwrap_or_default());
    check_name(&name)?;
    let scope = match project {
        None => Scope::All,
        Some(name) => {
            let name = gate::project_named(&name)?;
            caller.admin_of(&name)?;
            let project = existing(query, &name).await?;
            Scope::Project(project.id, project.name)
        }
    };
    allow(&caller, &scope)?;

    let key = Key::from_random(query.clock.random().to_be_bytes());
    let record = KeyRecord::new(&key, role, scope, name, query.clock.now());
    query.keys.add(&key.hash(), &record).await.map_err(|error| storage_failed(&error))?;
    let mut shown = entry(&key.hash(), &record);
    shown["key"] = key.reveal().into();
    gate::created(&json!({ "data": { "key": shown } }))
}
