//! `GET /projects`: all of them, or the one that the key is of.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::id::ProjectName;
use gate::{Answer, storage_failed};
use http::Request;
use serde_json::{Value, json};
use store::ports::{Page, Project, Scope};

use crate::Query;
use crate::list::Parameters;

/// v1 lists all projects at once; 1,000 are one page of the table.
const LIMIT: usize = 1_000;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects", get(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(list(&query, request)).await
}

async fn list(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller(request.headers()).await?;
    let scope = caller.reads()?;
    let parameters = Parameters::of(request.uri());
    let limit = parameters.limit(LIMIT, LIMIT)?;
    let after = parameters.parsed("cursor", ProjectName::parse)?;
    let page = match scope {
        Scope::All => query.projects.list(after.as_ref(), limit).await,
        Scope::Project(own, _) => {
            let found = query.projects.by_id(*own).await;
            found.map(|project| Page { items: project.into_iter().collect(), next: None })
        }
    };
    let page = page.map_err(|error| storage_failed(&error))?;
    let live = page.items.iter().filter(|project| !project.deleting);
    let projects: Vec<Value> = live.map(entry).collect();
    gate::data(json!({ "projects": projects, "nextCursor": page.next }))
}

/// A project as an entry of a list.
pub(super) fn entry(project: &Project) -> Value {
    json!({
        "name": project.name,
        "id": project.id,
        "createdAt": project.created_at,
        "scrubbing": project.scrubbing,
        "limits": project.limits,
        "tier": project.tier,
        "timeUnit": project.time_unit,
        "owner": project.owner,
        "retentionDays": project.retention,
        "allowedOrigins": project.allowed_origins,
    })
}
